# SPDX-License-Identifier: MIT
"""What the tests of the Python package share: a fresh store for each test, on the engine that
CRUDDUR_TEST_STORE names, and people.

CRUDDUR_TEST_STORE is a URL in which {name} stands for a fresh name, as for the conformance suite;
without it stores are SQLite files. CRUDDUR_LIBRARY is the library.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
import uuid
import warnings
from collections.abc import Callable
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "python"
sys.path.insert(0, str(PACKAGE))

import cruddur  # noqa: E402

ADA = cruddur.User("5ae290ed-55d1-47a0-bc6d-fe2bc2700399", "Ada", "ada")
BEN = cruddur.User("ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", "Bén", "ben")
CEM = cruddur.User("0c5a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", "Cem", "cem")
EVE = "00000000-0000-4000-8000-000000000001"
NOWHERE = "12345678-0000-4000-8000-0000000000ac"
SECRET = "xyzzy-the-secret"
GUARD_S = 600  # only against hanging; also of the calls of stores that tests open

IS_SQLITE = "dynamodb:" not in os.environ.get("CRUDDUR_TEST_STORE", "")


def sqlite_only(test: Callable[..., None]) -> Any:
    """For a test of what is the same on every engine: it exists on SQLite alone, so that no other run
    has a skipped test."""
    return test if IS_SQLITE else None


class StoreTest(unittest.TestCase):
    """A test with a store that is empty at first: self.dm, at self.url."""

    options: dict[str, object] = {}

    def setUp(self) -> None:
        self.dm = self.open_fresh(**self.options)
        self.url = self.dm.url

    def tearDown(self) -> None:
        if not self.dm.is_closed:
            self.check()

    def open_fresh(self, **options: object) -> cruddur.Store:
        """A new store, which is closed at the end of the test."""
        template = os.environ.get("CRUDDUR_TEST_STORE", "sqlite:{dir}/store.db")
        folder = ""
        if "{dir}" in template:
            made = tempfile.TemporaryDirectory()
            self.addCleanup(made.cleanup)
            folder = made.name
        url = template.replace("{dir}", folder).replace("{name}", f"python-{uuid.uuid4().hex[:16]}")
        dm = cruddur.open(url, **{"timeout": GUARD_S, **options})  # type: ignore[arg-type]
        self.addCleanup(dm.close)
        dm.schema_load()
        return dm

    def check(self) -> None:
        """The invariants hold."""
        breaches: list[cruddur.CheckEvent] = []

        def observe(event: cruddur.CheckEvent) -> None:
            if event.is_breach:
                breaches.append(event)

        self.dm.check(observe=observe)
        self.assertEqual(breaches, [])

    def talk(self, count: int) -> str:
        """The direct group of Ada and Ben, with the messages "m0" to "m<count - 1>"."""
        group = self.dm.create_group(ADA, BEN, "m0").uuid
        for number in range(1, count):
            self.dm.append((ADA, BEN)[number % 2], group, f"m{number}")
        return group

    def refused(self, kind: type[cruddur.Error], status: cruddur.Status,
                argument: str | None = None) -> "Refused":
        return Refused(self, kind, status, argument)


class Refused:
    """Exactly this class of exceptions, with this status and argument; the error tells no secret."""

    def __init__(self, test: unittest.TestCase, kind: type[cruddur.Error], status: cruddur.Status,
                 argument: str | None) -> None:
        self.test, self.kind, self.status, self.argument = test, kind, status, argument
        self.error: cruddur.Error | None = None

    def __enter__(self) -> "Refused":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.test.assertIsNotNone(error, f"nothing was raised instead of {self.status!r}")
        if not isinstance(error, cruddur.Error):
            return False
        self.test.assertIs(type(error), self.kind, repr(error))
        self.test.assertEqual(error.status, self.status, str(error))
        self.test.assertEqual(error.argument, self.argument, str(error))
        self.test.assertNotIn(SECRET, str(error))
        self.test.assertTrue(str(error))
        self.error = error
        return True


def fork() -> int:
    """os.fork(), in a process with threads on purpose, of which newer versions of Python warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs code with the package in a process of its own, warnings being errors."""
    return subprocess.run([sys.executable, "-B", "-W", "error", "-c", code], text=True,
                          capture_output=True, timeout=GUARD_S,
                          env=os.environ | {"PYTHONPATH": str(PACKAGE)} | environment)


def run_threads(function: object, count: int) -> None:
    """Runs a function of the thread's number in threads; raises what the first that failed raised."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            function(number)  # type: ignore[operator]
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD_S)
        if thread.is_alive():
            raise AssertionError("a thread hangs")
    if failures:
        raise failures[0]


def main() -> None:
    unittest.main(verbosity=2)
