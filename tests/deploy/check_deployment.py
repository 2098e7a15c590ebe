#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The template against a service: its table is the library's, its filter lets the right records of a
real stream through, and its role has exactly the rights that the processor needs.

    check_deployment.py TEMPLATE CRUDDUR_COMMAND LIBRARY    run by run_with_service.py

Exits with 77, and the reason, where there is no PyYAML.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

import boto3

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("support", "dynamodb"):
    sys.path.insert(0, str(HERE.parent / folder))
try:
    from template import Template
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import check_table  # noqa: E402
from doors import Door  # noqa: E402
from dynamodb_local import read_stream  # noqa: E402
from event_filter import passes  # noqa: E402
from library import load  # noqa: E402
from processor import Processor  # noqa: E402

TEMPLATE, COMMAND, LIBRARY = (sys.argv.pop(1) for _ in range(3))
ENDPOINT = os.environ["CRUDDUR_TEST_DYNAMODB"]
ANN = "a0000000-0000-4000-8000-00000000000a"
BOB = "b0000000-0000-4000-8000-00000000000b"
CEM = "c0000000-0000-4000-8000-00000000000c"


class Deployment(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.door = Door()
        cls.library = load(LIBRARY)

    def setUp(self):
        self.name = f"deployed-{uuid.uuid4()}"
        self.resources = Template(TEMPLATE).render(TableName=self.name).resources()
        self.client = boto3.client("dynamodb", endpoint_url=ENDPOINT)
        self.make_table()
        self.store = f"dynamodb:{self.name}?endpoint={self.door.url}&mode=stream"
        self.users = json.dumps([
            {"uuid": person, "handle": handle, "display_name": handle.title()}
            for person, handle in ((ANN, "ann"), (BOB, "bob"), (CEM, "cem"))])

    def tearDown(self):
        self.client.delete_table(TableName=self.name)
        self.client.close()

    def make_table(self):
        """As CloudFormation does, less what this service has not."""
        properties = dict(self.resources["Table"])
        del properties["PointInTimeRecoverySpecification"], properties["DeletionProtectionEnabled"]
        properties["StreamSpecification"] = {"StreamEnabled": True,
                                             **properties["StreamSpecification"]}
        expiry = properties.pop("TimeToLiveSpecification")
        made = self.client.create_table(**properties)
        self.client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=expiry)
        self.stream = made["TableDescription"]["LatestStreamArn"]

    def cruddur(self, *arguments):
        done = subprocess.run([COMMAND, "--store", self.store, "--users", "/dev/stdin", "--json",
                               *arguments], input=self.users, stdout=subprocess.PIPE, text=True,
                              check=True)
        return json.loads(done.stdout)

    def records(self):
        return read_stream(ENDPOINT, self.stream)

    def passed(self, records):
        patterns = [json.loads(one["Pattern"])
                    for one in self.resources["Trigger"]["FilterCriteria"]["Filters"]]
        return [record for record in records
                if any(passes(pattern, record) for pattern in patterns)]

    def apply(self, records):
        ours = Processor(self.library, self.store)
        ours.apply_all(records)
        ours.close()

    def check(self):
        rows = check_table.read_dynamodb(f"{self.name}?endpoint={ENDPOINT}")
        self.assertEqual(check_table.Checker().check(rows), [])

    def test_the_table_is_the_librarys(self):
        self.assertEqual(self.cruddur("schema", "verify")["differences"], [])

    def test_the_filter_lets_messages_through(self):
        group = self.cruddur("new", "--as", "ann", "--to", "bob", "1")["uuid"]
        self.cruddur("send", "--as", "bob", group, "2")
        message = {"pk": {"S": "MSG#" + group}, "sk": {"S": "2020-01-01T00:00:00.000000+00:00"}}
        self.client.put_item(TableName=self.name, Item=message | {"message": {"S": "old"}})
        self.client.put_item(TableName=self.name, Item=message | {"message": {"S": "changed"}})
        self.client.delete_item(TableName=self.name, Key=message)
        records = self.records()
        kinds = {(record["eventName"], record["dynamodb"]["Keys"]["pk"]["S"].split("#")[0])
                 for record in records}
        self.assertEqual(kinds, {("INSERT", "CARD"), ("INSERT", "CLAIM"), ("INSERT", "GRP"),
                                 ("INSERT", "MSG"), ("MODIFY", "MSG"), ("REMOVE", "MSG")})
        passed = self.passed(records)
        self.assertEqual([record["dynamodb"]["NewImage"]["message"]["S"] for record in passed],
                         ["1", "2", "old", "changed"])
        self.apply(passed)
        self.check()
        self.assertEqual(self.passed(self.records()[len(records):]), [])  # no event of its own

    def rights(self):
        """Of the role, on the table and on the index."""
        table = f"arn:aws:dynamodb:eu-central-1:123456789012:table/{self.name}"
        found = {table: set(), table + "/index/message-group-sk-index": set()}
        for policy in self.resources["Role"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                if statement["Resource"] in found:
                    found[statement["Resource"]] |= (
                        {actions} if isinstance(actions, str) else set(actions))
        return tuple(found.values())

    def move(self, group, disturb=lambda: None):
        """A message is sent and its record applied."""
        seen = len(self.records())
        self.cruddur("send", "--as", "bob", group, "next")
        disturb()
        self.door.rules()
        before = self.door.before
        self.apply(self.passed(self.records()[seen:]))
        counts = self.door.report()
        self.check()
        return {name.removeprefix("right.") for name in counts
                if name.startswith("right.") and counts[name] > before.get(name, 0)}

    def lose_a_row(self, group):
        """As somebody's interrupted rewrite leaves it."""
        row = self.client.query(
            TableName=self.name, IndexName="message-group-sk-index",
            KeyConditionExpression="message_group_uuid = :group",
            ExpressionAttributeValues={":group": {"S": group}})["Items"][0]
        self.client.delete_item(TableName=self.name, Key={"pk": row["pk"], "sk": row["sk"]})

    def lose_all_rows(self, group):
        """As another program may: the card and the messages are left."""
        for row in self.client.query(
                TableName=self.name, IndexName="message-group-sk-index",
                KeyConditionExpression="message_group_uuid = :group",
                ExpressionAttributeValues={":group": {"S": group}})["Items"]:
            self.client.delete_item(TableName=self.name, Key={"pk": row["pk"], "sk": row["sk"]})

    def test_the_role_has_the_rights_that_are_needed(self):
        group = self.cruddur("new", "--as", "ann", "--to", "bob", "--to", "cem", "1")["uuid"]
        needed = self.move(group)
        self.assertEqual(needed, {"Query.index", "BatchGetItem", "Query", "PutItem", "DeleteItem",
                                  "ConditionCheckItem"})
        direct = self.cruddur("new", "--as", "ann", "--to", "bob", "1")["uuid"]
        needed |= self.move(direct, lambda: self.lose_a_row(direct))
        needed |= self.move(direct, lambda: self.lose_all_rows(direct))
        self.door.order("freeze-index", table=self.name)
        for _ in range(2):
            needed |= self.move(direct)
        self.door.order("thaw-index")
        # A function that looked for the fence less than two seconds ago asks for one key alone; here
        # each run is a new process, which has not looked yet.
        needed.add("GetItem")
        on_table, on_index = self.rights()
        self.assertEqual({"dynamodb:" + right for right in needed if "." not in right}, on_table)
        self.assertEqual({"dynamodb:" + right.removesuffix(".index")
                          for right in needed if "." in right}, on_index)

    def test_the_lambda_service_may_read_the_stream(self):
        actions = []
        for policy in self.resources["Role"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Sid"] in ("ReadStream", "FindStream"):
                    named = statement["Action"]
                    actions += [named] if isinstance(named, str) else named
        self.assertEqual(sorted(actions), ["dynamodb:DescribeStream", "dynamodb:GetRecords",
                                           "dynamodb:GetShardIterator", "dynamodb:ListStreams"])


if __name__ == "__main__":
    unittest.main()
