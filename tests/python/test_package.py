# SPDX-License-Identifier: MIT
"""The package itself: its types, its installation without a network, its wheel, and what it says when
the library is missing or another one."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

import support  # before the package, which it finds
import cruddur
from support import PACKAGE, ROOT, run_python

USE = "import cruddur; print(cruddur.library_version(), cruddur.__version__)"


def run(*command: str | pathlib.Path, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | environment, timeout=600)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class TypesTest(unittest.TestCase):
    def test_mypy(self) -> None:
        if shutil.which("mypy") is None:
            self.skipTest("mypy is not installed")
        with tempfile.TemporaryDirectory() as cache:
            print(run("mypy", "--strict", "--cache-dir", cache, "--python-version", "3.11",
                      PACKAGE / "cruddur", PACKAGE / "build_backend.py",
                      *sorted((ROOT / "tests" / "python").glob("*.py")),
                      *sorted((ROOT / "examples" / "python").glob("*.py")), MYPYPATH=f"{PACKAGE}:{ROOT}/examples/python"))

    def test_everything_public_is_documented(self) -> None:
        import cruddur.aio
        for owner in (cruddur, cruddur.Store, cruddur.aio, cruddur.aio.AsyncStore):
            names = getattr(owner, "__all__", [name for name in vars(owner) if name[0] != "_"])
            for name in names:
                documented = getattr(owner, name)
                if callable(documented) or isinstance(documented, property):
                    self.assertTrue(documented.__doc__, f"{owner}.{name}")

    def test_both_stores_have_the_same_calls(self) -> None:
        import cruddur.aio
        sync = {name for name in vars(cruddur.Store) if name[0] != "_"} - {"schema_table"}
        self.assertEqual(sync, {name for name in vars(cruddur.aio.AsyncStore) if name[0] != "_"})


class InstallTest(unittest.TestCase):
    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.python = self.folder / "venv" / "bin" / "python"

    def make_venv(self) -> None:
        try:
            run(sys.executable, "-m", "venv", self.folder / "venv")
        except AssertionError as error:
            self.skipTest(f"venv is not installed: {error}")

    def expect_use(self) -> None:
        out = run(self.python, "-B", "-W", "error", "-c", USE, PYTHONPATH="")
        self.assertEqual(out, f"{cruddur.library_version()} {cruddur.__version__}\n")

    def test_from_the_tree_without_a_network(self) -> None:
        self.make_venv()
        tree = self.folder / "tree"
        shutil.copytree(PACKAGE, tree, ignore=shutil.ignore_patterns("__pycache__"))
        for options in ((), ("--editable",)):
            run(self.python, "-m", "pip", "install", "--no-index", "--no-cache-dir",
                "--disable-pip-version-check", "--force-reinstall", *options, tree, PYTHONPATH="",
                PIP_CONFIG_FILE=os.devnull)
            self.expect_use()
        run(self.python, "-m", "pip", "uninstall", "--yes", "cruddur", PYTHONPATH="")
        self.assertNotEqual(subprocess.run([self.python, "-c", USE], stderr=subprocess.DEVNULL,
                                           env=os.environ | {"PYTHONPATH": ""}).returncode, 0)

    def test_the_wheel(self) -> None:
        wheels = [run(ROOT / "scripts" / "wheel", self.folder / name).split()[-1]
                  for name in ("one", "two")]
        first, second = (pathlib.Path(wheel).read_bytes() for wheel in wheels)
        self.assertEqual(first, second)
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = set(wheel.namelist())
            wheel.extractall(self.folder / "site")
        of_tree = {str(path.relative_to(PACKAGE)) for path in (PACKAGE / "cruddur").glob("*.py")}
        self.assertLessEqual(of_tree | {"cruddur/py.typed"}, names)
        out = run(sys.executable, "-B", "-c", USE, PYTHONPATH=str(self.folder / "site"))
        self.assertEqual(out.split()[1], cruddur.__version__)

    def test_versions_agree(self) -> None:
        meson = (ROOT / "meson.build").read_text(encoding="utf-8")
        project = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
        found = {re.search(pattern, text).group(1)  # type: ignore[union-attr]
                 for pattern, text in ((r"version: '([^']+)'", meson), (r'version = "([^"]+)"', project))}
        self.assertEqual(found, {cruddur.__version__})


class LibraryTest(unittest.TestCase):
    """Each way in which the library can be wrong is told in one line of an ImportError."""

    def expect_refusal(self, library: str, *words: str) -> None:
        done = run_python("import cruddur", CRUDDUR_LIBRARY=library)
        self.assertEqual(done.returncode, 1, done.stderr)
        last = done.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("ImportError: "), done.stderr)
        for word in words:
            self.assertIn(word, last)

    def build(self, code: str) -> str:
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("there is no compiler")
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        path = pathlib.Path(made.name) / "library.so"
        done = subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", path], input=code,
                              text=True)
        self.assertEqual(done.returncode, 0)
        return str(path)

    def test_missing(self) -> None:
        self.expect_refusal("/nonexistent/libcruddur.so", "libcruddur.so.0.2", "/nonexistent/",
                            "CRUDDUR_LIBRARY")

    def test_no_library(self) -> None:
        self.expect_refusal(__file__, "could not be loaded")

    def test_another_library(self) -> None:
        path = self.build("int other;")
        self.expect_refusal(path, path, "is not libcruddur")

    def test_another_abi(self) -> None:
        path = self.build("unsigned cruddur_version_number(void) { return 301; }")
        self.expect_refusal(path, "libcruddur 0.3.1", "version 0.2", "another ABI")

    def test_functions_that_are_missing(self) -> None:
        path = self.build("unsigned cruddur_version_number(void) { return 200; }")
        self.expect_refusal(path, "has no function cruddur_", "older")


if __name__ == "__main__":
    support.main()
