#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cruddur watch: what it shows, how it ends, and how it continues."""
import json
import select
import signal
import subprocess
import unittest

from cli import COMMAND, LAYLA, MAREN, MAREN_TEO, NOBODY, TEO, CommandTest


class Watch(CommandTest):
    def watch(self, *arguments):
        """Starts it."""
        process = subprocess.Popen([COMMAND, "watch", *arguments], cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def end(self, process, by=signal.SIGTERM):
        process.send_signal(by)
        out, err = process.communicate(timeout=600)
        self.assertEqual((process.returncode, err), (0, ""))
        return out

    def cursor_of_now(self, name):
        """Watches until a message is seen; the last line of the output has the cursor."""
        process = self.watch(name)
        while not select.select([process.stdout], [], [], 0.2)[0]:
            self.ok("send", MAREN_TEO, "--as", "@teo", "Are you there?")
        last = self.end(process, signal.SIGINT).splitlines()[-1]
        self.assertTrue(last.startswith("to continue: --cursor "), last)
        return last.split()[-1]

    def test_events(self):
        self.seed(2)
        cursor = self.cursor_of_now("@maren")
        group = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--to", "@layla", "--name",
                             "Films", "Tonight?")["uuid"]
        uuid = self.ok_json("send", group, "--as", "@maren", "At nine")["uuid"]
        self.ok("edit", group, uuid, "At ten", "--as", "@maren")
        self.ok("react", group, uuid, "\U0001f44d", "--as", "@layla")
        self.ok("delete", group, uuid, "--as", "@maren")
        self.ok("mark", group, "--as", "@teo")
        self.ok("group", "set", group, "--as", "@maren", "--pin")
        self.ok("group", "rename", group, "Plays", "--as", "@maren")
        self.ok("group", "remove", group, "--member", "@layla", "--as", "@maren")
        wanted = ["group-opened", "message", "message", "edit", "reaction", "deletion", "read",
                  "group-changed", "group-changed", "member-removed"]

        process = self.watch("@maren", "--json", "--cursor", cursor)
        events = []
        while len(events) < len(wanted):
            event = json.loads(process.stdout.readline())
            if event["event"] != "read" or event["user_uuid"] != MAREN:
                events.append(event)
        self.assertEqual([event["event"] for event in events], wanted)
        self.assertEqual({event["group_uuid"] for event in events}, {group})
        self.assertEqual(events[6]["user_uuid"], TEO)
        self.assertIn("read_up_to", events[6])
        self.assertEqual([event["user_uuid"] for event in events[7:]], [MAREN, "", LAYLA])
        self.assertEqual(self.end(process), "")

        process = self.watch("@maren", "--cursor", events[-2]["cursor"])
        self.assertEqual([process.stdout.readline() for _ in range(2)],
                         [f"group {group}\n", f"member removed: {LAYLA}\n"])
        self.end(process)
        process = self.watch("@maren", "--cursor", cursor)
        shown = ""
        while "member removed" not in shown:
            shown += process.stdout.readline()
        for line in ("group created", "edited:", "reactions changed:", "deleted:",
                     f"read by {TEO}", f"settings changed by {MAREN}", "group changed"):
            self.assertIn(f"\n{line}\n", shown)
        self.end(process)

    def test_its_reader_goes_away(self):
        self.seed(1)
        cursor = self.cursor_of_now(MAREN_TEO)
        process = self.watch(MAREN_TEO, "--cursor", cursor, "--json")
        process.stdout.close()
        while process.poll() is None:
            self.ok("send", MAREN_TEO, "--as", "@teo", "Still there?")
        process.stdout = None

    def test_refusals(self):
        self.seed(1)
        self.fails(2, "USER|GROUP is missing", "watch")
        self.fails(2, "too many arguments", "watch", "@maren", "@teo")
        self.fails(2, "--cursor", "watch", "@maren", "--cursor", "x")
        self.fails(2, "--as: this option is not known", "watch", "@maren", "--as", "@teo")
        self.fails(3, "no user with handle nobody", "watch", "@nobody")
        foreign = self.cursor_of_now("@maren")
        for other in ("@teo", MAREN_TEO, NOBODY):
            self.fails(2, "--cursor", "watch", other, "--cursor", foreign)


if __name__ == "__main__":
    unittest.main()
