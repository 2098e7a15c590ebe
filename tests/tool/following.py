# SPDX-License-Identifier: MIT
"""`cruddur stream follow` on a stream that follows a script."""
import json
import os
import signal
import subprocess
import threading
import time

from cli import COMMAND
from dynamodb import AwsTest
from streams import Script


class ScriptTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.table = self.id().rsplit(".", 1)[1]
        self.script = Script()
        self.addCleanup(self.script.stop)
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.addCleanup(self.released.set)
        self.use_script()

    def use_script(self):
        self.use(self.script.url, self.table, attempts="1")

    def follow(self, *options, code=0):
        """Follows once; returns what happened."""
        result = self.run_command("stream", "follow", "--once", "--json", *options)
        self.assertEqual(result.code, code, (result.err, result.out))
        return [json.loads(line) for line in result.lines]

    def start(self, *options, **streams):
        """Begins to follow."""
        return subprocess.Popen([COMMAND, "stream", "follow", *options], **{
            "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
            "text": True, "cwd": self.folder, "env": self.environment, **streams})

    def hang_at(self, name):
        """Lets such requests wait until `released` is set; `hanging` tells of the first."""
        def hang(operation, _):
            if operation == name:
                self.hanging.set()
                self.released.wait(600)

        return hang

    def wait_for(self, condition):
        until = time.monotonic() + 600
        while not condition():
            self.assertLess(time.monotonic(), until, "it did not come to pass")
            time.sleep(0.02)

    def stop_and_wait(self, process, number=signal.SIGTERM):
        """Stops a process whose one request hangs, and returns when it knows: the threads for the
        other three shards are gone, those that wait, tell of events and hang are left."""
        self.assertTrue(self.hanging.wait(600))
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps:
            left = 3 + ("/libtsan." in maps.read())  # it has a thread of its own
        tasks = f"/proc/{process.pid}/task"
        self.wait_for(lambda: len(os.listdir(tasks)) == left + 3)
        process.send_signal(number)
        self.wait_for(lambda: len(os.listdir(tasks)) == left)

    @staticmethod
    def of_kind(events, kind):
        return [event for event in events if event["event"] == kind]

    def shards_read(self):
        """In the order in which they were first asked for."""
        return list(dict.fromkeys(request["ShardId"]
                                  for request in self.script.asked("GetShardIterator")))
