#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the service says beside its codes decides nothing: every refusal comes to the same status
under its own words, under others, under none, and under the words of all other refusals.

    words.py CRUDDUR_COMMAND    run by run_with_service.py
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import uuid

import doors
import faults

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import dynamodb_local  # noqa: E402
from dynamodb_local import INDEX_KEYS, KEYS  # noqa: E402

COMMAND = sys.argv.pop(1)
DYNAMODB = os.environ["CRUDDUR_TEST_DYNAMODB"]
ITEM_MAX = 400 * 1024
METRICS = re.compile(r"^cruddur \w+: (\w+): (\w+) in ", re.MULTILINE)
ANN = "a0000000-0000-4000-8000-00000000000a"
PEOPLE = [ANN] + [f"b0000000-0000-4000-8000-0000000000{i:02}" for i in range(48)]
USERS = json.dumps([{"uuid": person, "handle": f"user{i}", "display_name": f"User {i}"}
                    for i, person in enumerate(PEOPLE)])
OTHER_INDEX_KEYS = (("group", "S"), ("sk", "S"))
NUMBERED_INDEX_KEYS = (("message_group_uuid", "N"), ("sk", "S"))


class Words(unittest.TestCase):
    def setUp(self):
        self.door = doors.Door()
        self.table = None

    def run_command(self, *arguments, mode="auto"):
        store = f"dynamodb:{self.table}?endpoint={self.door.url}&mode={mode}"
        done = subprocess.run([COMMAND, *arguments, "--store", store, "--users", "/dev/stdin",
                               "--verbose", "--timeout", "30"],
                              input=USERS, capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def status(self, *arguments, **how):
        """What the first call that failed came to, or the last one."""
        done = self.run_command(*arguments, **how)
        found = [status for _, status in METRICS.findall(done.stderr)]
        self.assertTrue(found, done.stderr)
        return next((status for status in found if status != "OK"), found[-1])

    def under_all_words(self, expected, make_table, act):
        """`act` returns a status, or a list of them."""
        for words in faults.WORDS:
            with self.subTest(words=words):
                self.table = f"words-{uuid.uuid4()}"
                make_table(self.table)
                self.door.order("words", words=words)
                self.assertEqual(act(), expected)

    @staticmethod
    def table_of(keys=KEYS, indexes=((INDEX_KEYS, "ALL"),)):
        return lambda name: dynamodb_local.make_table(DYNAMODB, name, keys, indexes)

    def new(self, **how):
        return self.status("new", "--as", ANN, "--to", PEOPLE[1], "hello", **how)

    def send(self, **how):
        return self.status("send", "--as", ANN, str(uuid.uuid4()), "hello", **how)

    def groups(self, **how):
        return self.status("groups", ANN, **how)

    # ---- tables ----

    def test_no_table(self):
        self.under_all_words(
            ["E_TABLE_MISSING"] * 6, lambda name: None,
            lambda: [self.new(), self.new(mode="steps"), self.send(), self.groups(),
                     self.status("scan"), self.status("schema", "drop", "--yes")])

    def test_other_keys(self):
        self.under_all_words(
            ["E_TABLE_SHAPE"] * 4, self.table_of((("id", "S"), ("at", "S")), ()),
            lambda: [self.new(), self.new(mode="steps"), self.send(), self.groups()])

    def test_no_sort_key(self):
        """Opening a group goes well, and no more than that."""
        def act():
            self.new()
            return self.new()
        self.under_all_words("E_TABLE_SHAPE", self.table_of((("pk", "S"),), ()), act)

    def test_a_number_as_sort_key(self):
        self.under_all_words(["E_TABLE_SHAPE"] * 2, self.table_of((("pk", "S"), ("sk", "N")), ()),
                             lambda: [self.new(), self.new(mode="steps")])

    def test_no_index(self):
        """Appending in steps looks for others' rows in the index."""
        def act():
            self.new(mode="steps")
            return self.new(mode="steps")
        self.under_all_words("E_TABLE_SHAPE", self.table_of(indexes=()), act)

    def test_an_index_of_other_keys(self):
        def act():
            self.new(mode="steps")
            return self.new(mode="steps")
        self.under_all_words("E_TABLE_SHAPE",
                             self.table_of(indexes=((OTHER_INDEX_KEYS, "ALL"),)), act)

    def test_an_index_of_numbers(self):
        self.under_all_words(["E_TABLE_SHAPE"] * 2,
                             self.table_of(indexes=((NUMBERED_INDEX_KEYS, "ALL"),)),
                             lambda: [self.new(), self.new(mode="steps")])

    def test_a_protected_table(self):
        def make(name):
            self.table_of()(name)
            dynamodb_local.ask(DYNAMODB, "UpdateTable", TableName=name,
                               DeletionProtectionEnabled=True)

        def act():
            done = self.run_command("schema", "drop", "--yes")
            return METRICS.findall(done.stderr), "is protected from deletion" in done.stderr
        self.under_all_words(([("schema_drop", "E_REFUSED")], True), make, act)

    # ---- sizes ----

    def group(self, people):
        """Opens a group, and returns its uuid and its first author's row."""
        to = [part for person in people for part in ("--to", person)]
        self.assertEqual(self.status("new", "--as", ANN, *to, "hello"), "OK")
        rows = [row for row in dynamodb_local.scan(DYNAMODB, self.table)
                if row["pk"]["S"] == f"GRP#{ANN}"]
        self.assertEqual(len(rows), 1)
        return rows[0]["message_group_uuid"]["S"], rows[0]

    def test_a_row_that_is_full(self):
        """To the byte: with one more the row is not even sent."""
        def act():
            group, row = self.group(PEOPLE[1:2])
            message = "x" * 100
            size = sum(len(name) + len(value.get("S", "N1")) for name, value in row.items())
            # A number of one digit counts two bytes.
            filler = ITEM_MAX - (size - len(row["message"]["S"]) + len(message)) - len("filler")
            row["filler"] = {"S": "y" * filler}
            dynamodb_local.ask(DYNAMODB, "PutItem", TableName=self.table, Item=row)
            self.door.rules()
            larger = self.status("send", "--as", ANN, group, message + "x")
            sent = self.door.count("received.TransactWriteItems")
            return larger, sent, self.status("send", "--as", ANN, group, message)
        self.under_all_words(("E_ITEM_TOO_LARGE", 0, "OK"), self.table_of(), act)

    def test_a_transaction_that_is_full(self):
        """The rows that are put come to less than 4 MB; with those that are removed, to more."""
        def act():
            group, _ = self.group(PEOPLE[1:])
            for row in list(dynamodb_local.scan(DYNAMODB, self.table)):
                if row["pk"]["S"].startswith("GRP#"):
                    row["filler"] = {"S": "y" * 43000}
                    dynamodb_local.ask(DYNAMODB, "PutItem", TableName=self.table, Item=row)
            self.door.rules()
            status = self.status("send", "--as", ANN, group, "hello")
            return status, self.door.count("received.TransactWriteItems") > 0
        self.under_all_words(("E_ITEM_TOO_LARGE", True), self.table_of(), act)


if __name__ == "__main__":
    unittest.main()
