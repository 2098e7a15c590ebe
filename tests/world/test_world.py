#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program simulate: the same seed tells the same story, and wrong arguments are refused."""
import subprocess
import sys
import unittest

PROGRAM = None


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=600)


def story(done):
    """Without what a sanitizer says of the coroutines' stacks."""
    return [line for line in done.stderr.splitlines() if not line.startswith("==")]


class Simulate(unittest.TestCase):
    def test_tells_a_story_again(self):
        arguments = ("--calls", "1", "--seed", "7", "--mode", "atomic", "--table", "alone", "--story")
        first, second = run(*arguments), run(*arguments)
        self.assertIn("TransactWriteItems", first.stderr)
        self.assertEqual(story(first), story(second))
        self.assertEqual(first.returncode, 0, first.stdout)

    def test_other_seeds_tell_other_stories(self):
        arguments = ("--calls", "1", "--mode", "atomic", "--table", "alone", "--story", "--seed")
        self.assertNotEqual(story(run(*arguments, "7")), story(run(*arguments, "8")))

    def test_prints_a_line_for_each_mode(self):
        done = run("--calls", "200", "--table", "alone")
        lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
        self.assertEqual([line.split()[1] for line in lines],
                         ["mode", "atomic", "stream", "steps", "mixed"])

    def test_refuses_wrong_arguments(self):
        for arguments in (("--calls", "many"), ("--mode", "atomics"), ("--table", "own"), ("more",)):
            self.assertEqual(run(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
