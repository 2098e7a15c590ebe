#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program world: the same seed tells the same story, and wrong arguments are refused."""
import re
import subprocess
import sys
import unittest

PROGRAM = None


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=600)


def story(done):
    """Without what a sanitizer says of the coroutines' stacks."""
    return [line for line in done.stderr.splitlines() if not line.startswith("==")]


def trace(done):
    return re.search("^trace ([0-9a-f]{16})$", done.stdout, re.MULTILINE).group(1)


class World(unittest.TestCase):
    def test_tells_a_story_again(self):
        arguments = ("--mode", "atomic", "--table", "alone", "--replay")
        first, second, other = run(*arguments, "7"), run(*arguments, "7"), run(*arguments, "8")
        self.assertIn("TransactWriteItems", first.stderr)
        self.assertEqual(story(first), story(second))
        self.assertEqual(trace(first), trace(second))
        self.assertNotEqual(trace(first), trace(other))
        self.assertEqual(first.returncode, 0, first.stdout)

    def test_prints_a_line_for_each_mode(self):
        done = run("--seeds", "2", "--from", "5", "--table", "alone")
        lines = [line.split() for line in done.stdout.splitlines() if "alone" in line]
        self.assertEqual([line[1] for line in lines], ["atomic", "stream", "steps", "mixed"])
        self.assertEqual([line[5] for line in lines], ["2"] * 4)
        self.assertIn("| answer garbled |", done.stdout)

    def test_refuses_wrong_arguments(self):
        for arguments in (("--seeds", "many"), ("--seeds", "0"), ("--mode", "atomics"),
                          ("--table", "own"), ("--minutes", "-1"), ("more",)):
            self.assertEqual(run(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
