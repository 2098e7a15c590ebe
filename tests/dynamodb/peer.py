#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Another client on the same table: AWS's SDK for Python reads what the library wrote, and writes
rows as the original application does, which the library reads and goes on with.

    peer.py CRUDDUR_COMMAND    run by run_with_service.py
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

import boto3
from boto3.dynamodb.conditions import Key

HERE = pathlib.Path(__file__).resolve().parent
CHECKER = HERE.parent / "support" / "check_table.py"
COMMAND = sys.argv.pop(1)
STORE = os.environ["CRUDDUR_TEST_STORE"]
ENDPOINT = STORE.partition("endpoint=")[2].partition("&")[0]
INDEX = "message-group-sk-index"

ANN = {"uuid": "a0000000-0000-4000-8000-00000000000a", "handle": "ann", "display_name": "Ann Arbor"}
BOB = {"uuid": "b0000000-0000-4000-8000-00000000000b", "handle": "bob", "display_name": "Bób Ross"}
CEM = {"uuid": "c0000000-0000-4000-8000-00000000000c", "handle": "cem", "display_name": "جم"}
MESSAGE = {"pk", "sk", "message", "message_uuid", "user_uuid", "user_display_name", "user_handle"}
GROUP = {"pk", "sk", "message", "message_group_uuid", "user_uuid", "user_display_name",
         "user_handle", "rev", "version"}


def make_table():
    """As the original application's script makes it."""
    service = boto3.resource("dynamodb", endpoint_url=ENDPOINT)
    provisioned = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    return service.create_table(
        TableName=f"cruddur-test-{uuid.uuid4()}",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"}
                              for name in ("message_group_uuid", "pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                   {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": INDEX,
            "KeySchema": [{"AttributeName": "message_group_uuid", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": provisioned}],
        BillingMode="PROVISIONED", ProvisionedThroughput=provisioned)


class Peer(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.table = make_table()
        self.store = STORE.replace("{name}", self.table.name)
        self.users = json.dumps([ANN, BOB, CEM])

    def tearDown(self):
        self.table.delete()
        self.table.meta.client.close()

    def cruddur(self, *arguments):
        """What the command prints as JSON."""
        done = subprocess.run([COMMAND, "--store", self.store, "--users", "/dev/stdin", "--json",
                               *arguments], input=self.users, stdout=subprocess.PIPE, text=True,
                              check=True)
        return json.loads(done.stdout)

    def check(self, *options):
        done = subprocess.run([sys.executable, "-B", CHECKER, *options, self.store], text=True,
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def partition(self, pk, index=None):
        if index is None:
            return self.table.query(KeyConditionExpression=Key("pk").eq(pk),
                                    ConsistentRead=True)["Items"]
        return self.table.query(IndexName=index,
                                KeyConditionExpression=Key("message_group_uuid").eq(pk))["Items"]

    def texts(self, group):
        return [row["message"] for row in self.cruddur("messages", group)["messages"]]

    def put_as_the_application_does(self, group, sk, writer, reader, text, **more):
        """A new group: both group rows and the message, in one batch."""
        with self.table.batch_writer() as batch:
            for owner, other in ((writer, reader), (reader, writer)):
                batch.put_item(Item={
                    "pk": "GRP#" + owner["uuid"], "sk": sk, "message_group_uuid": group,
                    "message": text, "user_uuid": other["uuid"],
                    "user_display_name": other["display_name"], "user_handle": other["handle"],
                    **more})
            self.put_message(batch, group, sk, writer, text)

    @staticmethod
    def put_message(table, group, sk, writer, text):
        table.put_item(Item={
            "pk": "MSG#" + group, "sk": sk, "message": text, "message_uuid": str(uuid.uuid4()),
            "user_uuid": writer["uuid"], "user_display_name": writer["display_name"],
            "user_handle": writer["handle"]})

    def test_reads_what_the_library_wrote(self):
        text = 'naïve café 😀 "quoted" \\ \u2028 tab\t end'
        group = self.cruddur("new", "--as", "ann", "--to", "bob", "first")["uuid"]
        self.cruddur("send", "--as", "bob", group, text)
        messages = self.partition("MSG#" + group)
        self.assertEqual([row["message"] for row in messages], ["first", text])
        self.assertEqual([row["user_handle"] for row in messages], ["ann", "bob"])
        for row in messages:
            self.assertEqual(row.keys(), MESSAGE)
            self.assertRegex(row["sk"], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
        for owner, other in ((ANN, BOB), (BOB, ANN)):
            rows = self.partition("GRP#" + owner["uuid"])
            self.assertRegex(rows[0].pop("version"), "^[0-9a-f]{16}$")
            # Ann has read her own message, Bob has read all.
            self.assertEqual(rows[0].pop("read_sk", None),
                             messages[0]["sk"] if owner is ANN else None)
            self.assertEqual(rows, [{
                "pk": "GRP#" + owner["uuid"], "sk": messages[1]["sk"], "message": text,
                "message_group_uuid": group, "user_uuid": other["uuid"],
                "user_display_name": other["display_name"], "user_handle": other["handle"],
                "rev": 1}])
        self.assertEqual({row["pk"] for row in self.partition(group, INDEX)},
                         {"GRP#" + ANN["uuid"], "GRP#" + BOB["uuid"]})
        self.check()

    def test_reads_a_large_group(self):
        group = self.cruddur("new", "--as", "ann", "--to", "bob", "--to", "cem", "--name", "All",
                             "hello")["uuid"]
        everybody = {person["uuid"] for person in (ANN, BOB, CEM)}
        rows = self.partition(group, INDEX)
        self.assertEqual({row["pk"][4:] for row in rows}, everybody)
        for row in rows:
            self.assertEqual(row.keys() - {"read_sk"}, GROUP | {"member_uuids", "group_name"})
            self.assertEqual(row["member_uuids"], everybody)
            self.assertEqual(row["group_name"], "All")
        self.check()

    def test_writes_what_the_stream_tells_of(self):
        group = self.cruddur("new", "--as", "ann", "--to", "bob", "first")["uuid"]
        self.table.meta.client.update_table(TableName=self.table.name, StreamSpecification={
            "StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        for text in ("one", "two", "three"):
            now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
            self.put_message(self.table, group, now, BOB, text)
        subprocess.run([COMMAND, "--store", self.store, "stream", "follow", "--once"], check=True,
                       stdout=subprocess.DEVNULL)
        self.assertEqual([row["message"] for row in self.partition(group, INDEX)], ["three"] * 2)
        self.check()

    def test_writes_what_the_library_goes_on_with(self):
        forms = ["2023-04-17T10:30:00.123456-05:00", "2023-04-17T15:30:00+00:00",
                 "2023-04-17T15:30:00.5Z", "2023-04-17T15:30:00.123456"]
        for number, sk in enumerate(forms):
            with self.subTest(sk=sk):
                group = f"5ae290ed-55d1-47a0-bc6d-fe2bc270{number:04}"
                self.put_as_the_application_does(group, sk, ANN, BOB, "from there")
                self.assertEqual(self.texts(group), ["from there"])
                self.cruddur("send", "--as", "bob", group, "from here")
                self.assertEqual(self.texts(group), ["from there", "from here"])
                messages = self.partition("MSG#" + group)
                self.assertEqual([row["message"] for row in messages], ["from there", "from here"])
                self.assertEqual(messages[0]["sk"], sk)
                rows = self.partition(group, INDEX)
                self.assertEqual([row["sk"] for row in rows], [messages[1]["sk"]] * 2)
        self.assertEqual(len(self.cruddur("groups", "ann")["groups"]), len(forms))
        self.check("--old-keys")

    def test_sees_both_write_in_turns(self):
        group = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
        self.put_as_the_application_does(group, "2023-04-17T15:30:00.000001+00:00", ANN, BOB, "1")
        self.cruddur("send", "--as", "bob", group, "2")
        # The application puts the message alone; its trigger moves the group rows, later or never.
        newest = datetime.datetime.fromisoformat(self.partition("MSG#" + group)[-1]["sk"])
        later = (newest + datetime.timedelta(microseconds=1)).isoformat(timespec="microseconds")
        self.put_message(self.table, group, later, ANN, "3")
        self.assertEqual(self.texts(group), ["1", "2", "3"])
        self.cruddur("send", "--as", "bob", group, "4")
        self.assertEqual(self.texts(group), ["1", "2", "3", "4"])
        self.check()

    def test_keeps_its_own_attributes(self):
        group = "5ae290ed-55d1-47a0-bc6d-fe2bc2700499"
        own = {"starred": True, "unread": 3, "labels": {"work", "urgent"}, "raw": b"\x00\xff",
               "nested": {"list": [1, "two", None]}}
        self.put_as_the_application_does(group, "2023-04-17T15:30:00.000001+00:00", ANN, BOB, "1",
                                         **own)
        before = self.partition("GRP#" + ANN["uuid"])[0]
        self.cruddur("send", "--as", "bob", group, "2")
        after = self.partition("GRP#" + ANN["uuid"])[0]
        self.assertEqual({name: after[name] for name in own}, {name: before[name] for name in own})
        self.assertEqual(after["message"], "2")
        self.check("--unknown-attributes")


if __name__ == "__main__":
    unittest.main()
