#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stream's own records in whatever order and number: the table is in the end, row by row and with
every attribute, the one that an undisturbed run of the same conversation leaves.

    run_with_service.py shuffle_stream.py LIBRARY [--rounds N]

CRUDDUR_TEST_SEED chooses other conversations and other disturbances. Each conversation is applied with
transactions and in steps, with an index that is up to date and with one that lags behind.
"""
import argparse
import itertools
import os
import random
import sys

import boto3

from compare_processors import World, check_table, make_name
from doors import Door
from dynamodb_local import make_table, read_stream
from library import load
from processor import Processor

BATCH_MAX = 15
PARTS_MAX = 4  # of a conversation, each processed before the next one is written
AGAIN = 0.3  # of the records that have come before
MODES = ("stream", "steps")
INDEXES = ("fresh", "lagging")


class Conversation(World):
    """With people who change their names, as far as their messages tell."""

    def make_message(self, number, group):
        message = super().make_message(number, group)
        if number >= len(self.groups):
            message["user_display_name"] = {"S": f"Name {number}"}
        return message

    def record(self, client):
        return []  # each table has a stream of its own


def cut(source, things, size_max):
    """In pieces of random sizes."""
    at = 0
    while at < len(things):
        size = source.randint(1, size_max)
        yield things[at:at + size]
        at += size


class Table:
    """A conversation's, as the openings left it, with a processor behind the door."""

    def __init__(self, client, library, door, world, mode):
        self.client = client
        self.door = door
        self.name = make_name()
        self.arn = make_table(client.meta.endpoint_url, self.name)["LatestStreamArn"]
        self.processor = Processor(
            library, f"dynamodb:{self.name}?endpoint={door.url}&mode={mode}")
        for row in world.group_rows():
            client.put_item(TableName=self.name, Item=row)

    def write(self, messages):
        for message in messages:
            self.client.put_item(TableName=self.name, Item=message)

    def records(self):
        """All that the stream has, what the processor did included."""
        return [record | {"eventSourceARN": self.arn}
                for record in read_stream(self.client.meta.endpoint_url, self.arn)]

    def apply(self, records):
        self.processor.apply_all(records)

    def rows(self):
        rows = check_table.read_dynamodb(f"{self.name}?endpoint={self.client.meta.endpoint_url}")
        return {(row["pk"], row["sk"]): row for row in rows}

    def drop(self):
        self.processor.close()
        self.client.delete_table(TableName=self.name)


# ---- what becomes of a conversation: each a generator of what its table is at moments when
# everything has been delivered ----

def undisturbed(table, world, _source, _index):
    """Every message is written, and its record applied, one after the other."""
    known = 0
    for message in world.messages:
        table.write([message])
        records = table.records()
        table.apply(records[known:])
        known = len(records)
    yield "undisturbed", table.rows()


def disturbed(table, world, source, index):
    """Part after part: its records in another order, some of the earlier ones again, in batches of all
    sizes, of which some come whole and then in pieces. Then the stream from its start."""
    known = 0
    parts = list(cut(source, world.messages, len(world.messages) // PARTS_MAX * 2))
    for part in parts:
        if index == "lagging":
            table.door.order("freeze-index", table=table.name)
        table.write(part)
        records = table.records()
        again = source.sample(records, int(AGAIN * len(records)))
        for batch in cut(source, shuffle(source, records[known:] + again), BATCH_MAX):
            table.apply(batch)
            if source.random() < AGAIN:
                for piece in cut(source, batch, len(batch)):
                    table.apply(piece)
        known = len(records)
    yield "shuffled", table.rows()
    for batch in cut(source, table.records(), BATCH_MAX):
        table.apply(batch)
    yield "replayed", table.rows()


def shuffle(source, things):
    return source.sample(things, len(things))


# ---- all of it ----

class Bed:
    def __init__(self, library):
        self.client = boto3.client("dynamodb", endpoint_url=os.environ["CRUDDUR_TEST_DYNAMODB"])
        self.library = load(library)
        self.door = Door()

    def run(self, happening, seed, mode, index):
        """What its tables were, by moment."""
        world = Conversation(self.client, random.Random(seed))
        table = Table(self.client, self.library, self.door, world, mode)
        source = random.Random(f"{seed}/{mode}/{index}")
        found = dict(happening(table, world, source, index))
        self.door.order("thaw-index")
        table.drop()
        return found


def differences(wanted, found):
    """Keys and names of attributes alone. Each put has another version."""
    for key in sorted(wanted.keys() | found.keys()):
        if key not in found:
            yield f"lacks the row {key}"
        elif key not in wanted:
            yield f"has the row {key}"
        else:
            names = (wanted[key].keys() | found[key].keys()) - {"version"}
            for name in sorted(names):
                if wanted[key].get(name) != found[key].get(name):
                    yield f"has another {name} in the row {key}"


def judge(bed, seed):
    """What is wrong, with which of one conversation's tables."""
    wanted = bed.run(undisturbed, seed, MODES[0], INDEXES[0])["undisturbed"]
    for violation in check_table.Checker(accept_unknown=True).check(list(wanted.values())):
        yield f"undisturbed: {violation}"
    for mode, index in itertools.product(MODES, INDEXES):
        stale = bed.door.count("stale")
        for moment, found in bed.run(disturbed, seed, mode, index).items():
            for difference in differences(wanted, found):
                yield f"{moment}, mode {mode}, {index} index: {difference}"
        if (bed.door.count("stale") > stale) != (index == "lagging"):
            yield f"mode {mode}: the index was not {index}"


def main():
    parser = argparse.ArgumentParser(description="Applies a stream's records in any order.")
    parser.add_argument("library")
    parser.add_argument("--rounds", type=int, default=3, help="conversations")
    options = parser.parse_args()
    bed = Bed(options.library)
    first = os.environ.get("CRUDDUR_TEST_SEED", "1")
    has_failed = False
    for number in range(options.rounds):
        complaints = list(judge(bed, f"{first}/{number}"))
        print(f"conversation {number}: {len(complaints) or 'no'} differences", flush=True)
        for complaint in complaints:
            print(f"  {complaint}")
        has_failed = has_failed or bool(complaints)
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
