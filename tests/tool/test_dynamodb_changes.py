#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is done to messages and groups, on DynamoDB Local in each mode."""
import json
import random
import subprocess
import time
import unittest
from uuid import uuid4

from cli import COMMAND, LAYLA, MAREN, MAREN_TEO, SECRET, TEO
from dynamodb import AwsTest, local, setUpModule, tearDownModule  # noqa: F401


class Changes(AwsTest):
    def use_mode(self, mode):
        """A table of its own, with a message of Maren's and one of Téo's."""
        self.mode = mode
        self.use(local.url, f"changes-{mode}", mode=mode)
        self.ok("schema", "load")
        self.addCleanup(local.call, "DeleteTable", TableName=f"changes-{mode}")
        self.ok("new", "--as", "@maren", "--to", "@teo", "one")
        sent = self.ok_json("send", "--as", "@teo", MAREN_TEO, "two")
        self.uuid, self.created_at = sent["uuid"], sent["created_at"]
        self.settle()

    def settle(self):
        if self.mode == "stream":
            self.ok("stream", "follow", "--once")

    def group(self, user, uuid=MAREN_TEO):
        return self.ok_json("group", "info", "--as", user, uuid)

    def change(self, command, user, *arguments, uuid=None):
        return self.ok_json(command, "--as", user, MAREN_TEO, uuid or self.uuid, *arguments)

    def test_in_transactions(self):
        for mode in ("atomic", "stream"):
            with self.subTest(mode):
                self.use_mode(mode)
                self.check_messages()
                self.check_reading()
                self.check_settings()
                self.check_members()
                self.check_expiry()

    def check_messages(self):
        edited = self.change("edit", "@teo", "2", "--data", "{}")
        self.assertEqual((edited["message"], edited["data"]), ("2", "{}"))
        self.assertEqual(self.group("@maren")["message"], "2")
        self.fails(2, "changed since", "edit", "--as", "@teo", MAREN_TEO, self.uuid, SECRET,
                   "--if-version", "")
        self.fails(2, "author", "delete", "--as", "@maren", MAREN_TEO, self.uuid)
        reacted = self.change("react", "@maren", "👍", "--at", self.created_at)
        self.assertEqual(reacted["reactions"], [{"reaction": "👍", "user_uuids": [MAREN]}])
        reacted.pop("changed")
        self.assertEqual(self.ok_json("show", "--as", "@maren", MAREN_TEO, self.uuid), reacted)
        self.assertEqual(
            self.ok_json("show", MAREN_TEO, self.uuid, "--around")["messages"][1], reacted)
        self.fails(2, "--at: ", "show", MAREN_TEO, str(uuid4()))
        self.fails(3, "MESSAGE: ", "show", MAREN_TEO, str(uuid4()), "--at", self.created_at)

    def check_reading(self):
        self.assertEqual((self.group("@maren")["unread"], self.group("@teo")["unread"]), (1, 0))
        self.assertIn("(1)", self.ok("groups", "@maren").out)
        self.assertEqual(self.ok_json("mark", "--as", "@maren", MAREN_TEO)["unread"], 0)
        self.assertIn("✓ read by Maren Solvik", self.ok("messages", "--as", "@teo", MAREN_TEO).out)
        marked = self.ok_json("mark", "--as", "@maren", MAREN_TEO, "--unread-from", self.uuid)
        self.assertEqual(marked["unread"], 1)
        self.assertEqual(len(self.ok_json("groups", "@maren", "--unread")["groups"]), 1)
        deleted = self.change("delete", "@teo")
        self.assertEqual((deleted["message"], deleted["reactions"]), ("", []))
        self.assertEqual(self.group("@maren")["unread"], 0)
        self.assertEqual(self.group("@maren")["message"], "")

    def set(self, *options):
        return self.ok_json("group", "set", "--as", "@maren", MAREN_TEO, *options)

    def check_settings(self):
        group = self.set("--pin", "--mute", "8h", "--archive")
        self.assertTrue(group["pinned"] and group["archived"] and group["muted_until"])
        self.assertEqual(self.ok_json("groups", "@maren")["groups"], [])
        self.assertEqual(len(self.ok_json("groups", "@maren", "--archived")["groups"]), 1)
        self.set("--unmute")
        self.ok("send", "--as", "@teo", MAREN_TEO, "three")
        self.settle()
        group = self.ok_json("groups", "@maren")["groups"][0]
        self.assertEqual((group["message"], group["pinned"], group["unread"]), ("three", True, 1))
        self.set("--block")
        self.fails(2, "block", "send", "--as", "@teo", MAREN_TEO, SECRET)
        self.set("--unblock", "--hide")
        self.assertEqual(self.ok_json("groups", "@maren")["groups"], [])
        self.assertEqual(self.ok_json("messages", "--as", "@maren", MAREN_TEO)["messages"], [])

    def check_members(self):
        crew = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--to", "@layla", "Hi")["uuid"]
        group = ("group", "rename", "--as", "@teo", crew, "Crew", "--data", "x")
        self.assertEqual(self.ok_json(*group)["name"], "Crew")
        self.assertEqual(self.ok_json("group", "leave", "--as", "@layla", crew),
                         {"uuid": crew, "left": True})
        self.fails(3, "GROUP", "messages", "--as", "@layla", crew)
        self.fails(2, "two members", "group", "leave", "--as", "@teo", crew)
        self.ok("group", "add", "--as", "@teo", "--member", "@layla", crew)
        self.assertEqual(self.ok_json("messages", "--as", "@layla", crew)["messages"], [])
        self.assertEqual([member["uuid"] for member in self.group("@layla", crew)["members"]],
                         sorted([MAREN, TEO, LAYLA]))
        self.assertEqual(self.group("@layla", crew)["data"], "x")

    def check_expiry(self):
        sent = self.ok_json("send", "--as", "@maren", MAREN_TEO, "goes", "--expires-in", "1h",
                            "--reply-to", self.uuid)
        self.assertEqual(sent["reply_to"], self.uuid)
        self.settle()
        local.call("UpdateItem", TableName=f"changes-{self.mode}",
                   Key={"pk": {"S": "MSG#" + MAREN_TEO}, "sk": {"S": sent["sort_key"]}},
                   UpdateExpression="SET expires_at = :past",
                   ExpressionAttributeValues={":past": {"N": "1000000000"}})
        self.assertNotIn("goes", self.ok("messages", MAREN_TEO).out)
        self.assertEqual(self.ok_json("purge")["removed"], 1)
        self.assertNotIn("goes", [row.get("message") for row in self.ok_json("scan")["rows"]
                                  if row["pk"].startswith("MSG#")])

    def test_in_steps(self):
        """What changes rows in place is refused; the rest works."""
        self.use_mode("steps")
        before = self.ok("scan", "--json").out
        for command in (
                ("mark", "--as", "@maren", MAREN_TEO),
                ("edit", "--as", "@teo", MAREN_TEO, self.uuid, SECRET),
                ("delete", "--as", "@teo", MAREN_TEO, self.uuid),
                ("react", "--as", "@maren", MAREN_TEO, self.uuid, "👍"),
                ("group", "set", "--as", "@maren", MAREN_TEO, "--pin"),
                ("group", "set", "--as", "@maren", MAREN_TEO, "--block"),
                ("purge",)):
            self.fails(2, "in steps", *command)
        self.assertEqual(self.ok("scan", "--json").out, before)
        crew = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--to", "@layla", "Hi",
                            "--expires-in", "1h", "--data", "x")["uuid"]
        before = self.ok("scan", "--json").out
        for command in (
                ("group", "rename", "--as", "@maren", crew, "Crew"),
                ("group", "add", "--as", "@maren", crew, "--member", str(uuid4())),
                ("group", "remove", "--as", "@maren", crew, "--member", "@teo"),
                ("group", "leave", "--as", "@maren", crew)):
            self.fails(2, "in steps", *command)
        self.assertEqual(self.ok("scan", "--json").out, before)
        sent = self.ok_json("send", "--as", "@maren", MAREN_TEO, "yes", "--reply-to", self.uuid,
                            "--data", "{}", "--expires-in", "1h")
        self.assertEqual(self.ok_json("show", MAREN_TEO, sent["uuid"]), sent)
        self.assertEqual(
            self.ok_json("show", MAREN_TEO, sent["uuid"], "--around")["messages"][-1], sent)
        self.assertEqual(self.group("@teo")["unread"], 1)
        self.assertEqual(len(self.ok_json("groups", "@teo", "--unread")["groups"]), 2)


class KilledRepair(AwsTest):
    GROUPS = 40
    KILLS = 4

    def put_groups(self, table):
        """Groups as the original application opens them, each without the row of one member."""
        first = "0a000000-0000-4000-8000-00000000000a"
        for index in range(self.GROUPS):
            group = f"{index:08}-1111-4000-8000-000000000000"
            time_text = f"2024-01-01T00:00:00.{index:06}+00:00"
            message = {"sk": time_text, "message": "hello", "user_display_name": "Name",
                       "user_handle": "handle"}
            rows = ({"pk": "MSG#" + group, "user_uuid": first,
                     "message_uuid": f"{index:08}-3333-4000-8000-000000000000"},
                    {"pk": "GRP#" + first, "user_uuid": f"{index:08}-2222-4000-8000-000000000000",
                     "message_group_uuid": group})
            local.call("BatchWriteItem", RequestItems={table: [
                {"PutRequest": {"Item": {name: {"S": value} for name, value in
                                         {**message, **row}.items()}}} for row in rows]})

    def test_is_completed_by_the_next(self):
        self.use(local.url, "repair")
        self.ok("schema", "load")
        self.addCleanup(local.call, "DeleteTable", TableName="repair")
        self.put_groups("repair")
        result = self.run_command("check", "--json")
        self.assertEqual(json.loads(result.lines[-1])["breaches"], self.GROUPS)
        for _ in range(self.KILLS):
            with subprocess.Popen([COMMAND, "check", "--repair"], env=self.environment,
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(random.uniform(0.05, 0.5))
                process.kill()
        self.ok("check", "--repair")
        self.assertRegex(self.ok("check").out, f"groups {self.GROUPS}, breaches 0, ")
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"]), "")


if __name__ == "__main__":
    unittest.main()
