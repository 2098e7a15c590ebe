#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command on dynalite, a service that has no transactions, no streams, no time to live, no
backups and no protection from deletion.

    run_with_service.py --service dynalite limited.py COMMAND
"""
import json
import os
import subprocess
import sys
import unittest

COMMAND = sys.argv.pop()
ANN, BOB = "a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"


class Limited(unittest.TestCase):
    def setUp(self):
        template = os.environ["CRUDDUR_TEST_STORE"]
        self.store = template.replace("{name}", f"limited-{self.id().rpartition('.')[2]}")

    def run_command(self, *arguments, mode="auto"):
        store = self.store.replace("mode=auto", f"mode={mode}")
        return subprocess.run([COMMAND, "--store", store, *arguments], text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def succeed(self, *arguments, **more):
        done = self.run_command(*arguments, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def fail_with(self, words, *arguments, **more):
        done = self.run_command(*arguments, **more)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, done.stdout + done.stderr)

    def load(self):
        self.succeed("schema", "load", "--no-stream")

    def test_a_table_without_a_stream(self):
        self.fail_with("--no-stream says that none is wanted", "schema", "load")
        self.load()
        self.succeed("schema", "verify", "--no-stream")
        self.fail_with("has no stream", "schema", "verify")
        self.fail_with("has no stream", "schema", "verify", mode="stream")
        self.fail_with("has no stream", "stream", "follow", "--once", mode="stream")

    def test_what_else_the_service_does_not_offer(self):
        for option, words in (("--deletion-protection", "does not protect the table"),
                              ("--point-in-time-recovery", "keeps no backups")):
            self.fail_with(words, "schema", "load", "--no-stream", option)

    def test_time_to_live_is_missing_in_the_log_only(self):
        self.load()
        for action in ("load", "verify"):
            done = self.run_command("schema", action, "--no-stream", "--verbose")
            self.assertEqual(done.returncode, 0)
            self.assertIn("warning: the service has no time to live", done.stderr)

    def test_mode_auto_finds_out_that_there_are_no_transactions(self):
        self.load()
        opened = json.loads(self.succeed("new", "--as", ANN, "--to", BOB, "--json", "Hello"))
        group = opened["uuid"]
        self.succeed("send", "--as", BOB, group, "Hello yourself")
        listed = self.succeed("messages", group, "--as", ANN, "--json")
        self.assertLess(listed.index("Hello"), listed.index("Hello yourself"))
        inbox = self.succeed("groups", ANN, "--json")
        self.assertEqual(inbox.count(group), 1)
        self.assertIn("Hello yourself", inbox)

    def test_mode_atomic_writes_nothing_and_says_why(self):
        self.load()
        self.fail_with("the service has no transactions; without mode=atomic",
                       "new", "--as", ANN, "--to", BOB, "Hello", mode="atomic")
        self.assertEqual(json.loads(self.succeed("scan", "--json")), {"rows": []})


if __name__ == "__main__":
    unittest.main()
