# SPDX-License-Identifier: MIT
"""The examples in docs/python.md and in README.md run, and print what they say."""
import contextlib
import doctest
import io
import os
import re
import tempfile
import unittest

import support  # before the package, which it finds
import cruddur
from support import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class DocsTest(unittest.TestCase):
    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(made.name)

    def run_page(self, name: str) -> int:
        names: dict[str, object] = {}
        count = 0
        for found in BLOCK.finditer((ROOT / name).read_text(encoding="utf-8")):
            code, line = found.group(1), found.string.count("\n", 0, found.start()) + 1
            count += 1
            with self.subTest(f"{name}:{line}"):
                if ">>>" not in code:
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        exec(compile(code, name, "exec"), {"__name__": "__main__"})
                    self.assertTrue(out.getvalue())
                    continue
                test = doctest.DocTestParser().get_doctest(code, names, name, name, line)
                out = io.StringIO()
                runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
                runner.run(test, out=out.write, clear_globs=False)
                names.update(test.globs)
                self.assertEqual(runner.failures, 0, out.getvalue())
        return count

    def test_guide(self) -> None:
        self.assertGreater(self.run_page("docs/python.md"), 8)

    def test_readme(self) -> None:
        self.assertGreater(self.run_page("README.md"), 0)

    def test_the_docstring_of_the_package(self) -> None:
        self.assertIn("with cruddur.open", cruddur.__doc__ or "")


if __name__ == "__main__":
    support.main()
