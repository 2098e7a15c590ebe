# SPDX-License-Identifier: MIT
"""A table on the DynamoDB Local that run_with_service.py has started, with its stream: rows are
written as a store in mode `stream` writes them, and events are built from the stream's own records,
which arrive in Lambda as GetRecords has them."""
import copy
import os
import pathlib
import subprocess
import sys
import uuid

HERE = pathlib.Path(__file__).resolve().parent
SUPPORT = HERE.parent / "support"
sys.path.insert(0, str(SUPPORT))
from dynamodb_local import ask, make_table, read_stream, scan  # noqa: E402

CHECKER = SUPPORT / "check_table.py"
SERVICE = os.environ.get("CRUDDUR_TEST_DYNAMODB")
STORE = os.environ.get("CRUDDUR_TEST_STORE", "")

PEOPLE = [f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abcdef"]


def sort_key(number):
    """The first is 0; each next one is a second later."""
    return f"2024-05-06T{7 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000+00:00"


def attributes(**values):
    return {name: {"SS": sorted(value)} if isinstance(value, set) else {"S": value}
            for name, value in values.items()}


class Table:
    """As `cruddur schema load` makes it. `door` is None for the runner's own."""

    def __init__(self, door=None):
        self.name = f"cruddur-test-{uuid.uuid4()}"
        self.store = STORE.replace("{name}", self.name)
        if door is not None:
            endpoint = STORE.partition("endpoint=")[2].partition("&")[0]
            self.store = self.store.replace(endpoint, door.url)
        self.stream = make_table(SERVICE, self.name)["LatestStreamArn"]

    def drop(self):
        ask(SERVICE, "DeleteTable", TableName=self.name)

    def put(self, **values):
        ask(SERVICE, "PutItem", TableName=self.name, Item=attributes(**values))

    def send(self, group, author, number, text):
        """The message alone, as mode `stream` does it."""
        self.put(pk="MSG#" + group, sk=sort_key(number), message=text, user_uuid=author,
                 message_uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{group}{number}")),
                 user_display_name="Somebody", user_handle="somebody")

    def open_group(self, group, members, number, text, **more):
        """The message, and the group rows."""
        if len(members) > 2:
            more["member_uuids"] = set(members)
        for member in members:
            other = members[0] if member != members[0] else members[1]
            self.put(pk="GRP#" + member, sk=sort_key(number), message=text, user_uuid=other,
                     message_group_uuid=group, user_display_name="Somebody",
                     user_handle="somebody", **more)
        self.send(group, members[0], number, text)

    def rows(self):
        """All of them, by key."""
        return sorted(scan(SERVICE, self.name), key=lambda row: (row["pk"]["S"], row["sk"]["S"]))

    def records(self):
        """All that the stream has, from its beginning."""
        return read_stream(SERVICE, self.stream)

    def event(self, records):
        return {"Records": [record | {"eventSourceARN": self.stream} for record in records]}

    def check(self, *options):
        """What the checker has to complain about; empty where every invariant holds."""
        done = subprocess.run([sys.executable, "-B", CHECKER, *options, self.store], text=True,
                              stdout=subprocess.PIPE, check=False)
        return "" if done.returncode == 0 else done.stdout


def messages_of(records):
    """Those that are inserts of messages."""
    return [record for record in records if record["eventName"] == "INSERT" and
            record["dynamodb"]["Keys"]["pk"]["S"].startswith("MSG#")]


def number_of(record):
    return record["dynamodb"]["SequenceNumber"]


def poisoned(record):
    """The same record without the new image, as a stream of another view has it."""
    bad = copy.deepcopy(record)
    del bad["dynamodb"]["NewImage"]
    return bad


def foreign(record):
    """The same record of a row that is another program's: a note beside the messages."""
    other = copy.deepcopy(record)
    for part in ("Keys", "NewImage"):
        other["dynamodb"][part]["sk"] = {"S": "NOTE"}
    return other
