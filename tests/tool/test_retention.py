#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages that expire: send and new with --expires-in, purge."""
import datetime
import unittest

from cli import MAREN, MAREN_TEO, SECRET, TEO, CommandTest

SEND = ("send", "--as", "@teo", MAREN_TEO)
A_LONG_TIME_AGO = 1000000000


class Expiry(CommandTest):
    def setUp(self):
        super().setUp()
        self.ok("new", "--as", "@maren", "--to", "@teo", "stays")

    def expire(self, text):
        """As if it had been sent long ago."""
        self.database().execute(
            "UPDATE cruddur_messages SET expires_at = ? WHERE message = ? AND pk LIKE 'MSG#%'",
            (A_LONG_TIME_AGO, text))
        self.database().execute(
            "UPDATE cruddur_messages SET head_expires_at = ? WHERE message = ? AND pk LIKE 'GRP#%'",
            (A_LONG_TIME_AGO, text))

    def texts(self):
        return [message["message"] for message in self.ok_json("messages", MAREN_TEO)["messages"]]

    def test_expires_in(self):
        for given, seconds in (("90", 90), ("90s", 90), ("15m", 900), ("8h", 28800), ("7d", 604800),
                               ("2w", 1209600)):
            sent = self.ok_json(*SEND, "Code: 4711", "--expires-in", given)
            self.assert_expires(sent, seconds)
        self.assertIsNone(self.ok_json(*SEND, "x", "--expires-in", "never")["expires_at"])
        self.assertIn("(expires ", self.ok("messages", MAREN_TEO).out)
        opened = self.ok_json("new", "--as", "@maren", "--to", "@layla", "Hi", "--expires-in", "1h")
        shown = self.ok_json("show", opened["uuid"], opened["message_uuid"])
        self.assert_expires(shown, 3600)

    def assert_expires(self, message, seconds):
        """So long after its time, in whole seconds."""
        start, end = (datetime.datetime.fromisoformat(message[key])
                      for key in ("created_at", "expires_at"))
        self.assertEqual(end.microsecond, 0)
        self.assertAlmostEqual((end - start).total_seconds(), seconds, delta=1)

    def test_what_has_expired_is_not_shown(self):
        uuid = self.ok_json(*SEND, "goes", "--expires-in", "1h")["uuid"]
        self.assertEqual(self.ok_json("groups", MAREN)["groups"][0]["unread"], 1)
        self.expire("goes")
        self.assertEqual(self.texts(), ["stays"])
        self.fails(3, "MESSAGE", "show", MAREN_TEO, uuid)
        for user in (MAREN, TEO):
            group = self.ok_json("groups", user)["groups"][0]
            self.assertEqual((group["message"], group["unread"]), ("", 0))
        self.assertNotIn("goes", self.ok("groups", "@maren").out)

    def test_purge(self):
        self.ok(*SEND, "goes", "--expires-in", "1h")
        self.ok(*SEND, "last")
        self.expire("goes")
        self.assertIn('"goes"', self.ok("scan", "--json").out)
        purged = self.ok_json("purge")
        self.assertEqual(list(purged), ["rows", "removed", "emptied"])
        self.assertEqual((purged["removed"], purged["emptied"]), (0, 1))
        self.assertNotIn('"goes"', self.ok("scan", "--json").out)
        self.assertEqual(self.texts(), ["stays", "last"])
        self.assertRegex(self.ok("purge").out,
                         r"\A\d+ rows; 0 removed, 0 emptied\n\Z")
        self.assertEqual(self.texts(), ["stays", "last"])

    def test_progress(self):
        code, text = self.on_terminal(80, "purge", "--verbose")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"cruddur purge: \d+ rows; 0 removed, 0 emptied\n")
        self.assertRegex(text, r"cruddur purge: purge: OK in ")

    def test_refused(self):
        for seconds in ("0", "0m", "-1", "1.5h", "1y", "h", "", "soon", "99999999999999999999"):
            self.fails(2, "--expires-in: ", *SEND, SECRET, "--expires-in", seconds)
        self.fails(2, "--expires-in: ", *SEND, SECRET, "--expires-in", "500000w")
        self.fails(2, "not known", "edit", "--as", "@maren", MAREN_TEO, MAREN_TEO, SECRET,
                   "--expires-in=1h")
        self.assertEqual(self.texts(), ["stays"])

    def test_purge_refused(self):
        self.fails(2, "it takes no arguments", "purge", SECRET)
        self.fails(2, "--cursor", "purge", "--cursor", "x")
        cursor = self.ok_json("messages", MAREN_TEO)["newer"]
        self.fails(2, "--cursor", "purge", "--cursor", cursor)
        self.fails(1, "CRUDDUR_STORE", "purge", env={"CRUDDUR_STORE": "sqlite:none.db"})
        self.fails(2, "not known", "purge", "--all")


if __name__ == "__main__":
    unittest.main()
