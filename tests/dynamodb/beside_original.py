#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writers beside the original application's stream handler, which deletes group rows before it puts
them again, goes back with late records, drops attributes that it does not know, and is killed again
and again between a delete and its put. No member may be refused meanwhile, and nothing may be missing
in the end.

    run_with_service.py beside_original.py LIBRARY [--kills N]

CRUDDUR_TEST_SEED chooses other conversations and other moments.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import random
import sys
import threading
import time
from ctypes import byref

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import check_table  # noqa: E402
from compare_processors import make_name  # noqa: E402
from doors import Door  # noqa: E402
from dynamodb_local import make_table, read_stream  # noqa: E402
from library import Failed, User, call, default, load  # noqa: E402
from original import Original  # noqa: E402
from processor import Processor  # noqa: E402

PEOPLE = 6
DIRECT = 5  # groups of two
LARGER = ((0, 1, 2), (1, 2, 3, 4))
WRITERS = 3
PAUSE_S = 0.005
MOVES_MAX = 8  # of the handler before it is killed
KILLS_MAX = 30  # until one of them has left a member without a row
POLL_S = 0.01
WAIT_S = 300
TIMEOUT_MS = 60000

FORK = multiprocessing.get_context("fork")


# ---- the original ----

def run_original(table, arn, url, position):
    """Goes on behind the position, which moves when a record was handled."""
    original = Original(boto3.client("dynamodb", endpoint_url=url), table)
    streams = boto3.client("dynamodbstreams", endpoint_url=os.environ["CRUDDUR_TEST_DYNAMODB"])
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where = {"ShardIteratorType": "TRIM_HORIZON"}
    if position.value:
        where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                 "SequenceNumber": position.value.decode()}
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                          **where)["ShardIterator"]
    while True:
        answer = streams.get_records(ShardIterator=iterator)
        iterator = answer["NextShardIterator"]
        for record in answer["Records"]:
            original.apply_all([record])
            position.value = record["dynamodb"]["SequenceNumber"].encode()
        if not answer["Records"]:
            time.sleep(POLL_S)


class Handler:
    def __init__(self, table, arn):
        self.table = table
        self.arn = arn
        self.door = Door()
        self.position = FORK.Array("c", 64)
        self.process = None

    def start(self, puts):
        """Its put of this number, counted from now on, gets lost."""
        self.door.rules({"fault": "silent", "operation": "PutItem", "first": puts, "times": 0,
                         "applied": False})
        self.process = FORK.Process(target=run_original, daemon=True, args=(
            self.table, self.arn, self.door.url, self.position))
        self.process.start()

    def kill_between(self):
        """Behind a delete, before its put."""
        if not self.door.wait_for("fault.silent", lambda: self.process.exitcode is not None):
            raise RuntimeError(f"the handler ended with {self.process.exitcode}")
        self.process.kill()
        self.process.join()
        self.door.close_connections()


# ---- the writers ----

class Group:
    def __init__(self, members):
        self.members = members
        self.uuid = None
        self.acknowledged = []  # texts
        self.lock = threading.Lock()


class Writers:
    """Threads that write to all groups as all of their members, and read as these."""

    def __init__(self, library, store, seed):
        self.library = library
        self.seed = seed
        options = default(library, "options_init")
        options.timeout_ms = TIMEOUT_MS
        self.dm = self.call("open", store.encode(), byref(options))
        self.people = [User(f"00000000-0000-4000-8000-00000000000{i}".encode(),
                            f"Person {i}".encode(), f"person{i}".encode()) for i in range(PEOPLE)]
        self.groups = [Group((i, i + 1)) for i in range(DIRECT)] + [Group(m) for m in LARGER]
        self.problems = []
        self.counts = collections.Counter()
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,))
                        for number in range(WRITERS)]

    def call(self, name, *arguments):
        return call(self.library, name, *arguments)

    def create(self, group, author, text):
        others = [self.people[i] for i in group.members if i != author]
        made = self.call("group_create", self.dm, byref(self.people[author]),
                         (User * len(others))(*others), len(others), text.encode(), None)
        group.uuid = self.library.cruddur_group_uuid(made)
        self.library.cruddur_group_free(made)

    def append(self, group, author, text):
        message = self.call("msg_append", self.dm, byref(self.people[author]), group.uuid,
                            text.encode(), None)
        self.library.cruddur_msg_free(message)

    def read(self, group, reader):
        page = self.call("msg_list", self.dm, self.people[reader].uuid, group.uuid, None)
        if self.library.cruddur_msg_page_count(page) == 0:
            raise Failed("no message")
        self.library.cruddur_msg_page_free(page)

    def write(self, group, author, text, source):
        """To the group, or to the other party as if for the first time."""
        if len(group.members) == 2 and source.random() < 0.2:
            self.create(group, author, text)
        else:
            self.append(group, author, text)
        with group.lock:
            group.acknowledged.append(text)

    def work(self, number):
        source = random.Random(f"{self.seed}/{number}")
        count = 0
        while not self.is_over.is_set():
            group = source.choice(self.groups)
            person = source.choice(group.members)
            try:
                self.write(group, person, f"{number}-{count}", source)
                self.read(group, source.choice(group.members))
                self.counts["written"] += 1
            except Failed as problem:
                self.problems.append(f"person {person}: {problem}")
            count += 1
            time.sleep(PAUSE_S)

    def open_groups(self):
        for group in self.groups:
            self.create(group, group.members[0], "opened")
            group.acknowledged.append("opened")

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def wait_for_each_group(self):
        """Until somebody has written to each group once more."""
        before = [len(group.acknowledged) for group in self.groups]
        give_up_at = time.monotonic() + WAIT_S
        while not all(len(group.acknowledged) > count + 1
                      for group, count in zip(self.groups, before)):
            if time.monotonic() > give_up_at or self.problems:
                return
            time.sleep(POLL_S)


# ---- the table ----

class Table:
    def __init__(self):
        self.endpoint = os.environ["CRUDDUR_TEST_DYNAMODB"]
        self.name = make_name()
        self.arn = make_table(self.endpoint, self.name)["LatestStreamArn"]
        self.store = os.environ["CRUDDUR_TEST_STORE"].replace("{name}", self.name)

    def rows(self):
        return list(check_table.read_dynamodb(f"{self.name}?endpoint={self.endpoint}"))

    def settle(self, processor):
        """The library's own processor goes over all that has happened."""
        processor.apply_all([record | {"eventSourceARN": self.arn}
                             for record in read_stream(self.endpoint, self.arn)])

    def drop(self):
        boto3.client("dynamodb", endpoint_url=self.endpoint).delete_table(TableName=self.name)


def count_inboxes(rows):
    return len({(row["pk"], row["message_group_uuid"]) for row in rows
                if row["pk"].startswith("GRP#")})


def find_losses(rows, groups):
    """What was acknowledged and is not there, or is there twice; members without the group."""
    texts = collections.Counter((row["pk"][4:], row["message"]) for row in rows
                                if row["pk"].startswith("MSG#"))
    for group in groups:
        uuid = group.uuid.decode()
        for text in group.acknowledged:
            if texts[uuid, text] != 1:
                yield f"group {uuid}: message {text} is there {texts[uuid, text]} times"


# ---- all of it ----

def disturb(table, writers, handler, processor, kills, source):
    """The handler works and is killed, so often and until that has been seen to leave a member without
    a row: the next append to the group may put the row again before it is looked for."""
    expected = sum(len(group.members) for group in writers.groups)
    done = lost = 0
    is_streamed = os.environ["CRUDDUR_TEST_MODE"] == "stream"
    while done < kills or (lost == 0 and done < KILLS_MAX and not writers.problems):
        handler.start(source.randint(1, MOVES_MAX))
        handler.kill_between()
        done += 1
        lost += 1 if count_inboxes(table.rows()) < expected else 0
        writers.wait_for_each_group()
        if is_streamed:
            table.settle(processor)  # where no append moves rows, nothing else brings them back
    return done, lost


def main():
    parser = argparse.ArgumentParser(description="Writes beside the original stream handler.")
    parser.add_argument("library")
    parser.add_argument("--kills", type=int, default=6)
    options = parser.parse_args()
    seed = os.environ.get("CRUDDUR_TEST_SEED", "1")
    library = load(options.library)
    table = Table()
    handler = Handler(table.name, table.arn)
    writers = Writers(library, table.store, seed)
    processor = Processor(library, table.store, TIMEOUT_MS)
    writers.open_groups()
    writers.start()
    try:
        kills, lost = disturb(table, writers, handler, processor, options.kills,
                              random.Random(f"{seed}/kills"))
    finally:
        writers.stop()
    complaints = writers.problems[:20]
    table.settle(processor)
    for group in writers.groups:
        writers.append(group, group.members[-1], "last")
        group.acknowledged.append("last")
    table.settle(processor)
    rows = table.rows()
    complaints += find_losses(rows, writers.groups)
    complaints += check_table.Checker().check(rows)
    print(f"{writers.counts['written']} messages; the handler was killed {kills} times, and "
          f"left a member without a row {lost} times; {len(writers.problems)} calls failed")
    if lost == 0:
        complaints.append("the handler was not killed where it matters")
    for complaint in complaints:
        print(complaint)
    processor.close()
    table.drop()
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
