#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The runner of tests (runner.c): each test counts, and so does what valgrind finds.

    test_runner.py SCENES
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

SCENES = sys.argv[1]
SUMMARY = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")


# All of its tests, whatever the setup samples.
WHOLE = {name: value for name, value in os.environ.items() if name != "CRUDDUR_TEST_EVERY"}


def run(*arguments, tool=(), environment=WHOLE):
    """Exit code, the four numbers of the summary, everything that was printed."""
    done = subprocess.run([*tool, SCENES, *arguments], env=environment, capture_output=True, text=True,
                          check=False)
    printed = done.stdout + done.stderr
    return done.returncode, [int(n) for n in SUMMARY.search(printed).groups()], printed


def with_valgrind(test):
    """For a test that exists only where valgrind does: the setup plain has no need of it, and should
    have no skipped test."""
    return test if shutil.which("valgrind") else None


class Forked(unittest.TestCase):
    def test_good(self):
        self.assertEqual(run("--filter", "good/*")[:2], (0, [2, 2, 0, 0]))

    def test_bad(self):
        code, counts, printed = run("--filter", "bad/*")
        self.assertEqual((code, counts), (1, [5, 0, 5, 2]))
        for said in ("the assertion 1", "the expectation", "bad/asserts failed: exit code 1",
                     "bad/expects failed: exit code 1", "bad/ends failed: exit code 3",
                     "bad/crashes failed: signal 6", "bad/hangs failed: signal 14"):
            self.assertIn(said, printed)

    def test_no_test(self):
        self.assertEqual(run("--filter", "none/*")[:2], (1, [0, 0, 0, 0]))

    def test_pattern_with_alternatives(self):
        self.assertEqual(run("-j1", "--filter", "@(good/passes|bad/ends)")[:2], (1, [2, 1, 1, 0]))

    def test_parameters(self):
        code, counts, printed = run("--filter", "parameters/*")
        self.assertEqual((code, counts), (1, [3, 2, 1, 0]))
        self.assertIn("2 is even", printed)

    def test_sample(self):
        for every, ran in (("1", 3), ("2", 2), ("3", 1), ("9", 1)):
            self.assertEqual(run("--filter", "parameters/*",
                                 environment=WHOLE | {"CRUDDUR_TEST_EVERY": every})[1][0], ran)

    def test_list(self):
        listed = subprocess.run([SCENES, "--list", "--filter", "good/*"], capture_output=True, text=True,
                                check=True)
        self.assertEqual(sorted(listed.stdout.split()), ["good/passes", "good/skips"])

    def test_misuse(self):
        for every in ("0", "", "x"):
            done = subprocess.run([SCENES], env=WHOLE | {"CRUDDUR_TEST_EVERY": every}, capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 2, every)
            self.assertIn("CRUDDUR_TEST_EVERY", done.stderr)
        for arguments in (["--filter"], ["-j0"], ["-j17"], ["-jx"], ["--verbose"]):
            done = subprocess.run([SCENES, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("usage:", done.stderr)

    @with_valgrind
    def test_under_valgrind(self):
        code, counts, printed = run("--filter", "memory/*",
                                    tool=("valgrind", "-q", "--leak-check=full", "--error-exitcode=99"))
        self.assertEqual((code, counts), (1, [2, 0, 2, 0]), printed)
        self.assertIn("definitely lost", printed)
        self.assertIn("uninitialised value", printed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
