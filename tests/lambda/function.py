# SPDX-License-Identifier: MIT
"""What the tests of the Lambda function share: the program as a process, with its log."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "dynamodb"))
from doors import Door  # noqa: E402,F401
from run_with_service import make_environment  # noqa: E402

PROGRAM = os.environ.get("CRUDDUR_TEST_LAMBDA")
EXIT_S = 60

# Stands in the texts of messages; no line of the log may repeat it.
SECRET = "xyzzy-the-secret"


class Function:
    """The program, started; its log is read by lines(), and when it has ended."""

    def __init__(self, address, store, command=None, **environment):
        self.log = tempfile.TemporaryFile()
        given = make_environment() | {"AWS_LAMBDA_RUNTIME_API": address, "CRUDDUR_STORE": store}
        given |= environment
        self.process = subprocess.Popen(
            command or [PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log, env={name: value for name, value in given.items()
                                  if value is not None})

    def lines(self):
        """The log so far: dictionaries."""
        self.log.seek(0)
        text = self.log.read().decode()
        if SECRET in text:
            raise AssertionError(f"the log has a message's text: {text}")
        try:
            return [json.loads(line) for line in text.splitlines()]
        except ValueError:
            raise AssertionError(f"the log has a line that is not JSON: {text}") from None

    def wait(self):
        """Its exit status."""
        return self.process.wait(EXIT_S)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.terminate()
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.lines()
        self.log.close()


class FunctionTest(unittest.TestCase):
    maxDiff = None

    def line_with(self, function, **members):
        """The only line of the log that has these."""
        found = [line for line in function.lines() if members.items() <= line.items()]
        self.assertEqual(len(found), 1, function.lines())
        return found[0]

    def assert_answer(self, post, *sequence_numbers):
        self.assertEqual((post.kind, post.body), ("response", post.body))
        self.assertEqual(post.json, {"batchItemFailures": [
            {"itemIdentifier": number} for number in sequence_numbers]})
