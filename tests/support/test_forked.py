#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The runner of the setup valgrind (forked.c): each test counts, and so does what valgrind finds.

    test_forked.py FORKED SCENES
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

FORKED, SCENES = sys.argv[1:3]
SUMMARY = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")


def run(*arguments, tool=()):
    """Exit code, the four numbers of the summary, everything that was printed."""
    done = subprocess.run([*tool, SCENES, *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "LD_PRELOAD": FORKED, "CRUDDUR_TEST_FORKED": "2"})
    printed = done.stdout + done.stderr
    return done.returncode, [int(n) for n in SUMMARY.search(printed).groups()], printed


class Forked(unittest.TestCase):
    def test_good(self):
        self.assertEqual(run("--filter", "good/*")[:2], (0, [2, 2, 0, 0]))

    def test_bad(self):
        code, counts, printed = run("--filter", "bad/*")
        self.assertEqual((code, counts), (1, [4, 0, 4, 1]))
        for said in ("the assertion 1", "the expectation", "bad/asserts failed: exit code 1",
                     "bad/expects failed: exit code 1", "bad/ends failed: exit code 3",
                     "bad/crashes failed: signal 6"):
            self.assertIn(said, printed)

    def test_no_test(self):
        self.assertEqual(run("--filter", "none/*")[:2], (1, [0, 0, 0, 0]))

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_under_valgrind(self):
        code, counts, printed = run("--filter", "memory/*",
                                    tool=("valgrind", "-q", "--leak-check=full"))
        self.assertEqual((code, counts), (1, [2, 0, 2, 2]), printed)
        self.assertIn("definitely lost", printed)
        self.assertIn("uninitialised value", printed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
