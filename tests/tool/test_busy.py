#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A store that another process keeps locked: the command gives up at its deadline."""
import unittest

from cli import MAREN_TEO, SECRET, CommandTest


class Busy(CommandTest):
    def test_locked(self):
        self.seed(1)
        database = self.database()
        database.execute("BEGIN IMMEDIATE")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 1)
        self.fails(4, "locked", "send", "--as", "@maren", MAREN_TEO, SECRET)
        database.execute("ROLLBACK")
        self.ok("send", "--as", "@maren", MAREN_TEO, SECRET)


if __name__ == "__main__":
    unittest.main()
