# SPDX-License-Identifier: MIT
"""What the tests of the `cruddur` command share: running it, in a pipe or on a terminal."""
import csv
import fcntl
import json
import os
import pty
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import termios
import unicodedata
import unittest

COMMAND = os.environ["CRUDDUR_TEST_COMMAND"]
EXAMPLES = os.environ["CRUDDUR_TEST_EXAMPLES"]

MAREN = "1ffa6a99-36bf-40ac-846a-32cacca30827"
TEO = "2ef016f1-8ae6-4c87-a0d7-0548acec244c"
LAYLA = "ff2649d1-c365-46c4-9f82-6532fb86cb6d"
NOBODY = "00000000-0000-4000-8000-000000000000"
MAREN_TEO = "a28a9f41-6212-573e-9965-24cb2b977b25"

# Stands in the texts of messages; no error may repeat it.
SECRET = "xyzzy-the-secret"

STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return self.out.splitlines()


class CommandTest(unittest.TestCase):
    """A folder, a store and a users file for each test."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cruddur-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LESS")},
            "CRUDDUR_STORE": "sqlite:" + self.path("messages.db") + "?synchronous=normal",
            "CRUDDUR_USERS": os.path.join(EXAMPLES, "users.json"),
            "CRUDDUR_PAGER": "", "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm",
        }
        for name in ("PAGER", "NO_COLOR", "COLUMNS"):
            self.environment.pop(name, None)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """Writes a file, and returns its path."""
        if isinstance(content, str):
            content = content.encode()
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def run_command(self, *arguments, stdin="", env=None):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, timeout=600,
                              check=False, cwd=self.folder,
                              env={**self.environment, **(env or {})})
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *arguments, **how):
        """Runs it, expects success and silence on stderr."""
        result = self.run_command(*arguments, **how)
        self.assertEqual((result.code, result.err), (0, ""), arguments)
        return result

    def ok_json(self, *arguments, **how):
        return self.ok(*arguments, "--json", **how).json

    def fails(self, code, message, *arguments, **how):
        """Expects an exit status, and one line on stderr that has this in it."""
        result = self.run_command(*arguments, **how)
        self.assertEqual(result.code, code, (arguments, result.err))
        self.assertIn(message, result.err, arguments)
        self.assertRegex(result.err, r"\Acruddur.*: .*\n\Z", arguments)
        self.assertEqual(result.err.count("\n"), 1, arguments)
        self.assertEqual(result.out, "", arguments)
        self.assertNotIn(SECRET, result.err, arguments)
        return result

    def commands(self):
        """The names of all commands, as `cruddur help` lists them."""
        listed = self.ok("help").out.split("\nCommands:\n")[1].split("\n\n")[0]
        return [line.split()[0] for line in listed.splitlines()]

    def on_terminal(self, columns, *arguments, env=None):
        """Runs it with a terminal as stdout and stderr; returns its exit status and the text."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=follower,
                              stderr=follower, cwd=self.folder, start_new_session=True,
                              env={**self.environment, **(env or {})}) as process:
            os.close(follower)
            output = b""
            while True:
                try:
                    chunk = os.read(leader, 65536)
                except OSError:  # EIO: the other end is closed
                    break
                if not chunk:
                    break
                output += chunk
            code = process.wait(timeout=600)
        os.close(leader)
        return code, output.decode().replace("\r\n", "\n")

    def database(self):
        """The store's file, for reading and writing rows behind the command's back."""
        connection = sqlite3.connect(self.path("messages.db"), isolation_level=None)
        self.addCleanup(connection.close)
        return connection

    def users_file(self, users, name="users.csv"):
        """Writes a users file of (uuid, handle, display name), and names it from now on."""
        path = self.path(name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("uuid", "handle", "display_name"))
            writer.writerows(users)
        self.environment["CRUDDUR_USERS"] = path

    def conversation(self, count, name="conversation.txt"):
        """Writes a conversation of so many messages."""
        return self.write(name, "".join(
            f"Person {1 + i % 2}: message {i:05}\n" for i in range(count)))

    def seed(self, count):
        """Brings a conversation of Maren and Teo into the store."""
        return self.ok_json("seed", self.conversation(count), "--me", "@maren", "--other", "@teo")


def display_width(text):
    """The columns that a line takes on a terminal that does not join emoji."""
    width = last = 0
    for char in text:
        if char == "\ufe0f":
            width += 2 - last if last else 0
        elif unicodedata.category(char) not in ("Mn", "Me", "Cf"):
            last = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            width += last
    return width


def visible(text):
    return STYLE.sub("", text)
