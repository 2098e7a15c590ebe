#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The original application on a table whose conversations use everything that the library offers: its
pages show them, and what its stream handler breaks is what docs/data-model.md says.

    read_by_original.py CRUDDUR_COMMAND    run by run_with_service.py
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from compare_processors import make_name  # noqa: E402
from dynamodb_local import ask, make_table, read_stream, scan  # noqa: E402
from original import NAMES, Original, Pages  # noqa: E402

COMMAND = sys.argv.pop(1)
ENDPOINT = os.environ["CRUDDUR_TEST_DYNAMODB"]
CHECKER = HERE.parent / "support" / "check_table.py"
IS_STREAMED = os.environ["CRUDDUR_TEST_MODE"] == "stream"

ANN = {"uuid": "a0000000-0000-4000-8000-00000000000a", "handle": "ann", "display_name": "Ann Arbor"}
BOB = {"uuid": "b0000000-0000-4000-8000-00000000000b", "handle": "bob", "display_name": "Bób Ross"}
CEM = {"uuid": "c0000000-0000-4000-8000-00000000000c", "handle": "cem", "display_name": "جم"}
DAN = {"uuid": "d0000000-0000-4000-8000-00000000000d", "handle": "dan", "display_name": "Dan"}
SHOWN = ("uuid", "display_name", "handle", "message", "created_at")


def late(kinds):
    """Where a processor moves the rows, it is given a minute, in which they lag and are left to it."""
    return {"row_stale" if IS_STREAMED and kind == "row_lagging" else kind for kind in kinds}


class ReadByOriginal(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.table = make_name()
        self.arn = make_table(ENDPOINT, self.table)["LatestStreamArn"]
        self.store = os.environ["CRUDDUR_TEST_STORE"].replace("{name}", self.table)
        self.client = boto3.client("dynamodb", endpoint_url=ENDPOINT)
        self.pages = Pages(self.client, self.table)
        self.users = json.dumps([ANN, BOB, CEM, DAN])
        self.make_conversations()

    def tearDown(self):
        ask(ENDPOINT, "DeleteTable", TableName=self.table)
        self.client.close()

    def cruddur(self, *arguments):
        done = subprocess.run([COMMAND, "--store", self.store, "--users", "/dev/stdin", "--json",
                               *arguments], input=self.users, stdout=subprocess.PIPE, text=True,
                              check=True)
        return json.loads(done.stdout)

    def settle(self):
        """Where a processor moves the groups."""
        if IS_STREAMED:
            subprocess.run([COMMAND, "--store", self.store, "stream", "follow", "--once"],
                           stdout=subprocess.DEVNULL, check=True)

    def send(self, group, user, text, *options):
        return self.cruddur("send", "--as", user, group, text, *options)["uuid"]

    def make_conversations(self):
        """A direct group and one of three, with all that can be done to them."""
        self.direct = self.cruddur("new", "--as", "ann", "--to", "bob", "first")["uuid"]
        self.edited = self.send(self.direct, "bob", "second", "--data", '{"picture": "x"}')
        self.deleted = self.send(self.direct, "ann", "third", "--reply-to", self.edited)
        self.send(self.direct, "ann", "last", "--expires-in", "7d")
        self.cruddur("edit", "--as", "bob", self.direct, self.edited, "2nd")
        self.cruddur("delete", "--as", "ann", self.direct, self.deleted)
        self.cruddur("react", "--as", "ann", self.direct, self.edited, "👍")
        self.crew = self.cruddur("new", "--as", "ann", "--to", "bob", "--to", "cem", "--name",
                                 "Crew", "hello")["uuid"]
        self.send(self.crew, "bob", "one")
        self.newest = self.send(self.crew, "bob", "two")
        self.settle()
        self.cruddur("mark", "--as", "ann", self.crew)
        self.cruddur("mark", "--as", "ann", self.crew, "--unread-from", self.newest)
        self.cruddur("group", "set", "--as", "ann", self.crew, "--mute", "forever", "--pin",
                     "--archive")
        self.cruddur("group", "rename", "--as", "bob", self.crew, "The crew", "--data", "{}")
        self.cruddur("group", "add", "--as", "bob", "--member", "dan", self.crew)
        self.cruddur("group", "remove", "--as", "bob", "--member", "cem", self.crew)
        self.cruddur("group", "set", "--as", "bob", self.direct, "--hide")

    def row(self, user, group):
        return next(row for row in scan(ENDPOINT, self.table) if row["pk"]["S"] == "GRP#" + user["uuid"]
                    and row["message_group_uuid"]["S"] == group)

    def messages(self, group):
        page = self.cruddur("messages", group)["messages"]
        return [{name: message[name] for name in SHOWN} for message in reversed(page)]

    def groups(self, user):
        page = self.cruddur("groups", user["uuid"], "--archived", "--hidden")["groups"]
        return [{name: group[name] for name in SHOWN} for group in page]

    def handle(self, is_wanted):
        """Has the original's handler work on such records of messages."""
        original = Original(self.client, self.table)
        for record in read_stream(ENDPOINT, self.arn):
            if record["dynamodb"]["Keys"]["pk"]["S"].startswith("MSG#") and is_wanted(record):
                original.apply_all([record])

    # ---- its pages ----

    def test_messages(self):
        """All of them, in order; of one that was deleted the text is empty."""
        for group in (self.direct, self.crew):
            self.assertEqual(self.pages.messages(group), self.messages(group))
        self.assertEqual([message["message"] for message in self.pages.messages(self.direct)],
                         ["last", "", "2nd", "first"])

    def test_groups(self):
        """All of them, also archived and hidden ones; none of a group that one has left."""
        for user in (ANN, BOB, CEM, DAN):
            self.assertEqual(self.pages.groups(user["uuid"]), self.groups(user))
        self.assertEqual([group["uuid"] for group in self.pages.groups(BOB["uuid"])],
                         [self.crew, self.direct])
        self.assertEqual(self.pages.groups(CEM["uuid"]), [])

    def test_what_has_expired_is_shown_until_it_is_removed(self):
        self.client.update_item(TableName=self.table, Key={
            "pk": {"S": "MSG#" + self.direct}, "sk": self.row(ANN, self.direct)["sk"]},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": {"N": "1000000000"}})
        self.assertEqual(self.pages.messages(self.direct)[0]["message"], "last")
        self.assertNotIn("last", [message["message"] for message in self.messages(self.direct)])

    # ---- checks ----

    def check(self, *options):
        """The exit status of a check, and the kinds of what it found: with a + what it repaired."""
        done = subprocess.run([COMMAND, "--store", self.store, "--json", "check", *options],
                              stdout=subprocess.PIPE, text=True, check=False)
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(findings.pop()["kind"], "summary")
        return done.returncode, [("+" if finding["repaired"] else "") + finding["kind"]
                                 for finding in findings]

    def assert_table(self, *accepted):
        """The checker that knows nothing of the library agrees."""
        done = subprocess.run([sys.executable, "-B", CHECKER, self.store, *accepted],
                              stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_check_finds_what_the_handler_did(self):
        self.assertEqual(self.check(), (0, []))
        self.handle(lambda record: True)
        code, kinds = self.check()
        self.assertEqual(code, 1)
        self.assertEqual(late(kinds), {"foreign_writer", "row_stale", "members_differ",
                                       "card_contradicted"})
        self.assertEqual(kinds.count("foreign_writer"), 5)
        code, repaired = self.check("--repair")
        self.assertEqual((code, late(kind.lstrip("+") for kind in repaired)), (0, late(kinds)))
        self.assertEqual(len(repaired), len(kinds))
        self.settle()
        self.assertEqual(self.check(), (0, []))
        self.assertEqual(self.row(ANN, self.crew)["message"]["S"], "two")
        self.assert_table()

    def put(self, **attributes):
        self.client.put_item(TableName=self.table,
                             Item={name: {"S": value} for name, value in attributes.items()})

    def write_as_original(self, group, times):
        """A group of Ann's and Bob's; no handler has run behind the last of these messages."""
        for number, time in enumerate(times):
            self.put(pk="MSG#" + group, sk=time, message=f"m{number}", user_uuid=ANN["uuid"],
                     user_display_name="Ann Arbor", user_handle="ann",
                     message_uuid=f"{number:08}-0000-4000-8000-000000000000")
        for user, other in ((ANN, BOB), (BOB, ANN)):
            self.put(pk="GRP#" + user["uuid"], sk=times[-2], message=f"m{len(times) - 2}",
                     message_group_uuid=group, user_uuid=other["uuid"],
                     user_display_name=other["display_name"], user_handle=other["handle"])

    def test_a_table_that_the_original_has_written(self):
        group = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
        self.write_as_original(group, ["2023-04-01T10:00:00+02:00", "2023-04-01T10:01:00.500+02:00",
                                       "2023-04-01T10:02:00.250000+02:00"])
        code, kinds = self.check()
        self.assertEqual(code, 1)
        self.assertEqual(sorted(kinds), 5 * ["key_not_canonical"] + 2 * ["row_stale"])
        self.assertEqual(self.check("--old-keys"), (1, 2 * ["row_stale"]))
        self.assertEqual(self.check("--old-keys", "--repair"), (0, 2 * ["+row_stale"]))
        self.assertEqual(self.check("--old-keys"), (0, []))
        self.assertEqual(self.row(BOB, group)["message"]["S"], "m2")
        self.assertEqual(self.row(BOB, group)["user_handle"]["S"], "ann")
        self.assert_table("--old-keys")

    # ---- its handler ----

    def test_handler_drops_what_it_does_not_know(self):
        own = {"read_sk", "muted_until", "archived", "pinned"}
        shared = {"rev", "version", "member_uuids", "group_name", "group_data"}
        before = self.row(ANN, self.crew)
        self.assertEqual(set(before) - set(NAMES) - {"sk", "message"}, own | shared)
        self.assertIn("visible_sk", self.row(DAN, self.crew))
        self.assertIn("visible_sk", self.row(BOB, self.direct))
        self.handle(lambda record: record["eventName"] == "INSERT")
        for user in (ANN, BOB, DAN):
            self.assertEqual(set(self.row(user, self.crew)), set(NAMES) | {"sk", "message"})
        self.assertEqual(self.cruddur("groups", ANN["uuid"])["groups"][0]["unread"], 0)
        self.assertEqual(len(self.cruddur("messages", self.crew, "--as", "dan")["messages"]), 3)

    def test_the_next_message_brings_back_what_members_share(self):
        self.handle(lambda record: record["eventName"] == "INSERT")
        self.send(self.crew, "bob", "three")
        self.settle()
        for user in (ANN, BOB, DAN):
            row = self.row(user, self.crew)
            self.assertEqual(row["message"]["S"], "three")
            self.assertLessEqual({"rev", "version", "member_uuids", "group_name", "group_data"},
                                 set(row))
        group = self.cruddur("groups", ANN["uuid"])["groups"][0]
        self.assertEqual((group["name"], group["data"], group["unread"]), ("The crew", "{}", 1))
        self.assertFalse(group["pinned"] or group["archived"] or group["muted_until"])

    def test_handler_goes_back_with_a_change(self):
        """A changed message is a new one to it."""
        self.handle(lambda record: record["eventName"] == "MODIFY" and
                    record["dynamodb"]["NewImage"]["message"]["S"] == "2nd")
        self.assertEqual(self.pages.groups(ANN["uuid"])[-1]["message"], "2nd")
        self.assertEqual(self.row(ANN, self.direct)["sk"]["S"],
                         self.messages(self.direct)[2]["created_at"])


if __name__ == "__main__":
    unittest.main()
