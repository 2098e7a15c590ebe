# SPDX-License-Identifier: MIT
"""How `cruddur stream follow` ends, and what it shows meanwhile on a terminal."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unittest

from cli import display_width
from dynamodb import setUpModule, tearDownModule  # noqa: F401
from following import ScriptTest
from streams import removal


class Stopping(ScriptTest):
    """A request hangs; whoever follows is told to stop meanwhile."""

    def setUp(self):
        super().setUp()
        self.script.add("s", None, [removal(1), removal(2)], closed=False)
        self.script.on_request = self.hang_at("GetRecords")

    def stop(self, *options, release=True):
        """Returns how it ended, what it told, and what its checkpoint says of shards."""
        with self.start("--checkpoint", self.path("position"), *options) as process:
            self.stop_and_wait(process)
            if release:
                self.released.set()
            out, err = process.communicate(timeout=600)
        with open(self.path("position"), encoding="ascii") as file:
            return process.returncode, out, err, file.read().splitlines()[2:-1]

    def test_what_was_not_begun_with_is_dropped(self):
        self.assertEqual(self.stop(), (0, "0 records, 0 messages, group rows moved 0 times\n", "",
                                       []))
        self.script.on_request = None
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["records"], 2)

    def test_a_request_that_hangs_ends_at_its_deadline(self):
        self.assertEqual(self.stop("--timeout", "1", release=False),
                         (0, "0 records, 0 messages, group rows moved 0 times\n", "", []))

    def test_once_is_not_done(self):
        told = "cruddur stream: it was stopped before it had caught up\n"
        self.assertEqual(self.stop("--once"), (
            4, "0 records, 0 messages, group rows moved 0 times\n", told, []))
        self.hanging.clear()
        self.released.clear()
        code, out, err, _ = self.stop("--once", "--json")
        self.assertEqual((code, err), (4, told))
        self.assertEqual([json.loads(line)["event"] for line in out.splitlines()],
                         ["shard_opened"])

    def test_once_is_not_done_when_its_reader_goes_away(self):
        self.script.after_records = lambda shard: shard.records.append(
            removal(len(shard.records) + 1))  # there is always more
        with self.start("--once", "--json") as process:
            self.assertTrue(self.hanging.wait(600))
            process.stdout.close()
            self.released.set()
            self.assertEqual(process.wait(timeout=600), 4)
            self.assertIn("it was stopped before it had caught up", process.stderr.read())

    def test_the_second_signal_ends_it(self):
        for first, second in ((signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM),
                              (signal.SIGTERM, signal.SIGTERM)):
            self.hanging.clear()
            with self.start("--checkpoint", self.path("position")) as process:
                self.stop_and_wait(process, first)
                process.send_signal(second)
                self.assertEqual(process.wait(timeout=600), -second)


class OnTerminal(ScriptTest):
    """The line that is written over and over."""

    def setUp(self):
        super().setUp()
        self.leader, self.follower = pty.openpty()
        self.addCleanup(os.close, self.leader)
        self.addCleanup(os.close, self.follower)
        self.seen = ""

    def read_until(self, pattern):
        until = time.monotonic() + 600
        while not re.search(pattern, self.seen):
            self.assertLess(time.monotonic(), until, self.seen)
            if select.select([self.leader], [], [], 1)[0]:
                self.seen += os.read(self.leader, 65536).decode()

    def test_it_is_shown_before_and_between_events(self):
        self.script.add("s", None, [removal(1)], closed=False)
        self.script.on_request = self.hang_at("DescribeTable")
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        with self.start(stdout=self.follower, stderr=self.follower) as process:
            self.read_until(r"\r0 shards: 0 records, 0 messages, group rows moved 0 times\x1b\[K")
            self.released.set()
            self.read_until(r"\r1 shard: 1 record, .*, lag 36\d\d s\x1b\[K")
            self.read_until(r", lag 36\d\d s \([2-9]\d* s ago\)\x1b\[K")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=600), 0)

    def test_it_fits(self):
        self.script.add("s", None, [removal(1)], closed=False)
        code, text = self.on_terminal(40, "stream", "follow", "--once")
        self.assertEqual(code, 0)
        lines = re.findall(r"\r([^\r\x1b]+)\x1b\[K", text)
        self.assertTrue(any("1 shard: 1 record, " in line for line in lines), text)
        for line in lines:
            self.assertLess(display_width(line), 40)


if __name__ == "__main__":
    unittest.main()
