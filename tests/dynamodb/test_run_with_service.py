#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run_with_service.py --every: what counts as passed when a program runs in parts. No service is needed:
the program and the runs of its parts are played."""
import argparse
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run_with_service  # noqa: E402

LIST = "first/a\nfirst/b\nsecond/c\n"


def synthesis(tested, passing, failing=0, crashing=0):
    return (f"[====] Synthesis: Tested: {tested} | Passing: {passing} | Failing: {failing} "
            f"| Crashing: {crashing}\n")


class Parts(unittest.TestCase):
    def play(self, parts, listed=LIST, every=2):
        """Plays parts of (exit code, output); returns the exit code and what was printed."""
        folder = tempfile.TemporaryDirectory(prefix="cruddur-")
        self.addCleanup(folder.cleanup)
        program = pathlib.Path(folder.name, "program")
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}END\n", encoding="utf-8")
        program.chmod(0o700)
        options = argparse.Namespace(program=str(program), arguments=["-j1"], every=every)
        self.filters = []
        parts = iter(parts)

        def run(given, arguments, heard):
            self.assertEqual((given, arguments[:2]), (options, ["-j1", "--filter"]))
            self.filters.append(arguments[2])
            code, output = next(parts)
            for line in output.splitlines():
                heard(line)
            return code

        original, run_with_service.run = run_with_service.run, run
        self.addCleanup(setattr, run_with_service, "run", original)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = run_with_service.run_in_parts(options)
        self.assertEqual(list(parts), [])
        return code, printed.getvalue()

    def test_sum(self):
        code, printed = self.play([(0, synthesis(2, 2)), (0, "a line\n" + synthesis(1, 1))])
        self.assertEqual((code, printed), (0, synthesis(3, 3)))
        self.assertEqual(self.filters, ["@(first/a|first/b)", "@(second/c)"])

    def test_failure_in_the_first_part(self):
        code, printed = self.play([(1, synthesis(2, 1, 1)), (0, synthesis(1, 1))])
        self.assertEqual((code, printed), (1, synthesis(3, 2, 1)))

    def test_part_without_a_summary(self):
        code, printed = self.play([(0, synthesis(2, 2)), (0, "nothing of the kind\n")])
        self.assertEqual(code, 1)
        self.assertIn("ended without a summary", printed)

    def test_skipped_part(self):
        self.assertEqual(self.play([(0, synthesis(2, 2)), (77, "")])[0], 77)

    def test_program_without_tests(self):
        code, printed = self.play([], listed="")
        self.assertEqual(code, 1)
        self.assertIn("has no tests", printed)


if __name__ == "__main__":
    unittest.main(verbosity=2)
