#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/count_tests.py makes of Meson's logs."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

COUNTER = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "count_tests.py"


def criterion(tested, passing, failing):
    return f"[====] Synthesis: Tested: {tested} | Passing: {passing} | Failing: {failing} | Crashing: 0"


class Count(unittest.TestCase):
    def count(self, *results, options=(), log="plain.json"):
        """(exit code, lines) for programs (name, result, output)."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "plain.json"
            path.write_text("".join(json.dumps({"name": name, "result": result, "stdout": output})
                                    + "\n" for name, result, output in results))
            done = subprocess.run([sys.executable, COUNTER, *options, pathlib.Path(folder) / log],
                                  capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def test_all_passed(self):
        code, lines = self.count(("a", "OK", criterion(7, 7, 0)), ("p:b+c / b", "OK", "Ran 3 tests\n\nOK"))
        self.assertEqual((code, lines), (0, ["plain: 8 passed, 0 failed", "8 passed, 0 failed"]))

    def test_failures(self):
        code, lines = self.count(("a", "FAIL", criterion(7, 5, 2)), ("p:x+y / b", "TIMEOUT", ""),
                                 ("c", "OK", criterion(0, 0, 0)), ("d", "FAIL", criterion(2, 2, 0)),
                                 ("e", "OK", "\nRan 0 tests in 0.000s\n\nOK\n"))
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["plain: 7 passed, 6 failed: a, b, c, d, e", "7 passed, 6 failed"])

    def test_skipped_ones_are_told_with_their_reason(self):
        results = (("a", "OK", ""), ("b", "SKIP", "x\nskipped: no network\n"),
                   ("c", "SKIP", "skipped: no network"), ("d", "SKIP", ""),
                   ("e", "OK", "skipped: no java\nRan 5 tests\n\nOK (skipped=4)\n"),
                   ("f", "OK", """test_x (f.X.test_x) ... skipped "it's dark"\n"""
                               "test_y (f.X.test_y) ... skipped 'no wind'\n"
                               "Ran 3 tests\n\nOK (skipped=2)\n"),
                   ("g", "OK", "Ran 7 tests in 1.000s\n\nOK\nsetUpModule (g) ... skipped 'no light'\n"
                               "Ran 0 tests in 0.000s\n\nOK (skipped=1)\n"))
        code, lines = self.count(*results)
        self.assertEqual(code, 0)
        self.assertEqual(lines, [
            "plain: 4 passed, 0 failed, 10 skipped", "  skipped (no network): b, c",
            "  skipped (no reason given): d", "  skipped (no java): e",
            "  skipped (it's dark; no wind): f", "  skipped (no light): g",
            "4 passed, 0 failed, 10 skipped"])
        code, lines = self.count(*results, options=["--no-skip"])
        self.assertEqual((code, lines[-1]), (1, "4 passed, 10 failed"))

    def test_nothing_ran(self):
        code, lines = self.count(("a", "SKIP", ""))
        self.assertEqual((code, lines[-1]), (1, "0 passed, 0 failed, 1 skipped"))
        code, lines = self.count(log="asan.json", options=["--failed-setups=asan"])
        self.assertEqual((code, lines), (1, ["asan: no test ran", "0 passed, 1 failed"]))
        code, lines = self.count(("a", "OK", ""), options=["--failed-setups=lint"])
        self.assertEqual((code, lines[-2:]), (1, ["lint: failed", "1 passed, 1 failed"]))


if __name__ == "__main__":
    unittest.main()
