#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The original application's stream handler and ours, side by side under the same disturbances: what
becomes of the inboxes. Prints the table in docs/reliability.md.

    run_with_service.py compare_processors.py LIBRARY [--rounds N]

CRUDDUR_TEST_SEED chooses other conversations and other orders. Exits with 1 where ours leaves anything
wrong, or where a known defect of the original does not show: then the comparison itself is broken.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import random
import sys
import uuid

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import check_table  # noqa: E402
from doors import Door  # noqa: E402
from dynamodb_local import make_table, read_stream  # noqa: E402
from library import load  # noqa: E402
from original import Original  # noqa: E402
from processor import Processor  # noqa: E402

MEMBERS = (2, 2, 3, 4)  # of the groups
MESSAGES = 36
BATCH = 12
OLD = 6  # records of the late batch
CHILD_S = 120
REQUESTS_MAX = 60

# On every group row, and of no concern to whoever moves it.
UNKNOWN = {"starred": {"BOOL": True}, "labels": {"SS": ["family", "urgent"]}, "unread": {"N": "3"}}
DEFECTS = ("lost", "duplicated", "stale", "attributes")

FORK = multiprocessing.get_context("fork")


# ---- the processors, each a function that applies batches in a process of its own ----

def apply_original(table_name, endpoint, batches):
    original = Original(boto3.client("dynamodb", endpoint_url=endpoint), table_name)
    for records in batches:
        original.apply_all(records)


def apply_ours(library, table_name, endpoint, batches):
    ours = Processor(library, f"dynamodb:{table_name}?endpoint={endpoint}&mode=stream")
    for records in batches:
        ours.apply_all(records)
    ours.close()


# ---- a world: groups, their conversation, and the stream's records of it ----

def make_name():
    return f"compare-{uuid.uuid4()}"


def sort_key(number):
    return f"2026-03-01T12:00:00.{number:06}+00:00"


def person(owner):
    return {"user_uuid": {"S": owner}, "user_display_name": {"S": f"Person {owner[:4]}"},
            "user_handle": {"S": owner[:8]}}


class World:
    """`records[i]` tells of `messages[i]`; the first of each group open it."""

    def __init__(self, client, source):
        self.source = source
        self.groups = {self.make_uuid(): [self.make_uuid() for _ in range(members)]
                       for members in MEMBERS}
        self.messages = self.converse()
        self.records = self.record(client)

    def make_uuid(self):
        return str(uuid.UUID(int=self.source.getrandbits(128), version=4))

    def converse(self):
        """Every group is opened, has an old message, and has the last word once."""
        groups = list(self.groups)
        order = groups + groups
        order += self.source.choices(groups, k=MESSAGES - 3 * len(groups))
        order += self.source.sample(groups, len(groups))
        return [self.make_message(number, group) for number, group in enumerate(order)]

    def make_message(self, number, group):
        author = self.source.choice(self.groups[group])
        return {"pk": {"S": "MSG#" + group}, "sk": {"S": sort_key(number)},
                "message": {"S": f"message {number}"}, "message_uuid": {"S": self.make_uuid()},
                **person(author)}

    def group_rows(self):
        """As the openings left them."""
        for message in self.messages[:len(self.groups)]:
            group = message["pk"]["S"].removeprefix("MSG#")
            members = sorted(self.groups[group])
            for place, owner in enumerate(members):
                other = members[(place + 1) % len(members)]
                row = {"pk": {"S": "GRP#" + owner}, "sk": message["sk"],
                       "message_group_uuid": {"S": group}, "message": message["message"],
                       **person(other), **UNKNOWN}
                if len(members) > 2:
                    row["member_uuids"] = {"SS": members}
                yield row

    def record(self, client):
        """What the service itself tells of these messages."""
        made = make_table(client.meta.endpoint_url, make_name())
        for message in self.messages:
            client.put_item(TableName=made["TableName"], Item=message)
        records = read_stream(client.meta.endpoint_url, made["LatestStreamArn"])
        client.delete_table(TableName=made["TableName"])
        by_key = {record["dynamodb"]["Keys"]["sk"]["S"]: record for record in records}
        return [by_key[message["sk"]["S"]] for message in self.messages]


# ---- one run: a table as the openings left it, and what a processor makes of it ----

class Run:
    def __init__(self, bench, world, apply):
        self.bench = bench
        self.client = bench.client
        self.world = world
        self.apply = apply
        self.table = make_name()
        make_table(self.client.meta.endpoint_url, self.table)
        self.stored = 0
        for row in world.group_rows():
            self.client.put_item(TableName=self.table, Item=row)

    def store(self, count):
        """The conversation's first messages are there."""
        for message in self.world.messages[self.stored:count]:
            self.client.put_item(TableName=self.table, Item=message)
        self.stored = max(self.stored, count)

    def store_all(self):
        self.store(len(self.world.messages))

    def start(self, door, batches):
        child = FORK.Process(target=self.apply, args=(self.table, door.url, batches),
                             daemon=True)
        child.start()
        return child

    @staticmethod
    def finish(child):
        child.join(CHILD_S)
        if child.exitcode != 0:
            child.kill()
            raise RuntimeError(f"a processor ended with {child.exitcode}")

    def deliver(self, batches):
        self.finish(self.start(self.bench.doors[0], batches))

    def deliver_as_written(self, batches):
        """Each batch when its messages are there, and no later ones."""
        numbers = {id(record): number for number, record in enumerate(self.world.records)}
        for records in batches:
            self.store(1 + max(numbers[id(record)] for record in records))
            self.deliver([records])

    def count(self):
        """Of the inbox rows that should be there: how many are wrong, and how."""
        rows = list(check_table.read_dynamodb(
            f"{self.table}?endpoint={self.client.meta.endpoint_url}"))
        counts = collections.Counter(runs=1)
        inboxes = collections.defaultdict(list)
        heads = {}
        for row in sorted(rows, key=lambda row: row["sk"]):
            if row["pk"].startswith("MSG#"):
                heads[row["pk"][4:]] = row
            else:
                inboxes[row["message_group_uuid"], row["pk"][4:]].append(row)
        for group, members in self.world.groups.items():
            for member in members:
                counts.update(judge(inboxes[group, member], heads[group]))
        self.client.delete_table(TableName=self.table)
        checker = check_table.Checker(accept_unknown=True)
        counts["violations"] = len(checker.check(rows))
        return counts


def judge(rows, head):
    """What is wrong with somebody's rows of a group, which are in order."""
    found = {"rows": 1}
    if not rows:
        return found | {"lost": 1}
    newest = rows[-1]
    if newest["sk"] != head["sk"] or newest["message"] != head["message"]:
        found["stale"] = 1
    if any(newest.get(name) != value for name, value in UNKNOWN.items()):
        found["attributes"] = 1
    return found | {"duplicated": len(rows) - 1}


# ---- the scenarios: each a generator of what was counted after each run ----

def group_of(record):
    return record["dynamodb"]["Keys"]["pk"]["S"]


def numbers_of_largest(records):
    """Which records are of the last group, which has the most members."""
    largest = group_of(records[len(MEMBERS) - 1])
    return [number for number, record in enumerate(records) if group_of(record) == largest]


def newest_of_others(records):
    newest = {group_of(record): record for record in records}
    del newest[group_of(records[len(MEMBERS) - 1])]
    return list(newest.values())


def one_at_a_time(make_run, records, _source):
    run = make_run()
    run.deliver_as_written([[record] for record in records])
    yield run.count()


def in_batches(make_run, records, _source):
    run = make_run()
    run.deliver_as_written([records[i:i + BATCH] for i in range(0, len(records), BATCH)])
    yield run.count()


def killed(make_run, records, is_applied):
    """At each request of the work on one batch, which then comes again. It begins with a message to
    the largest group, as the original goes no further."""
    number = numbers_of_largest(records)[-1]
    batch = [records[number], *newest_of_others(records[:number])]
    for first in make_run.places():
        run = make_run()
        run.store(number + 1)
        door = run.bench.doors[1]
        door.rules({"fault": "silent", "applied": is_applied, "first": first})
        child = run.start(door, [batch])
        was_reached = door.wait_for("fault.silent", lambda: child.exitcode is not None)
        if was_reached and is_applied:
            door.wait_for("applied", lambda: False, first)
        child.kill()
        child.join()
        run.deliver([batch, *([record] for record in batch[1:])])
        if not was_reached:
            return
        yield run.count()


def killed_before(make_run, records, _source):
    yield from killed(make_run, records, False)


def killed_after(make_run, records, _source):
    yield from killed(make_run, records, True)


def shuffled(make_run, records, source):
    run = make_run()
    run.store_all()
    run.deliver([[record] for record in source.sample(records, len(records))])
    yield run.count()


def twice(make_run, records, source):
    """Each comes again some time later, the first of all at the very end."""
    order = list(records)
    for record in records[1:]:
        order.insert(source.randrange(order.index(record) + 1, len(order) + 1), record)
    order.append(records[0])
    run = make_run()
    run.store_all()
    run.deliver([[record] for record in order])
    yield run.count()


def split(make_run, records, source):
    """A batch comes whole, then in two parts, then each of its records alone."""
    batches = []
    for i in range(0, len(records), BATCH):
        batch = records[i:i + BATCH]
        at = source.randrange(1, len(batch))
        batches += [batch, batch[:at], batch[at:], *([record] for record in batch)]
    run = make_run()
    run.store_all()
    run.deliver(batches)
    yield run.count()


def replayed(make_run, records, _source):
    run = make_run()
    run.store_all()
    run.deliver([[record] for record in records + records])
    yield run.count()


def late_batch(make_run, records, _source):
    run = make_run()
    run.store_all()
    run.deliver([[record] for record in records + records[:OLD]])
    yield run.count()


def two_at_once(make_run, records, _source):
    """One processor is held at each of its requests for one message of a group, while another one
    does all its work for the next, the one before, or the same."""
    older, newer = numbers_of_largest(records)[-2:]
    for one, other in ((older, newer), (newer, older), (newer, newer)):
        for first in make_run.places():
            run = make_run()
            run.store(newer + 1)
            door = run.bench.doors[1]
            door.rules({"fault": "held", "first": first})
            child = run.start(door, [[records[one]]])
            was_reached = door.wait_for("fault.held", lambda: child.exitcode is not None)
            run.deliver([[records[other]]])
            door.order("let-go")
            run.finish(child)
            run.deliver([[record] for record in newest_of_others(records[:newer])])
            if not was_reached:
                break
            yield run.count()


def stale_index(make_run, records, _source):
    """An index that still shows the rows as the openings left them."""
    run = make_run()
    run.store_all()
    door = run.bench.doors[1]
    door.rules()
    door.order("freeze-index", table=run.table)
    run.finish(run.start(door, [[record] for record in records]))
    door.order("thaw-index")
    yield run.count()


SCENARIOS = (
    ("one record at a time", one_at_a_time, {"attributes"}),
    (f"in batches of {BATCH}", in_batches, {"stale"}),
    ("killed before a request, sent again", killed_before, {"lost"}),
    ("killed after a request, sent again", killed_after, {"lost"}),
    ("in another order", shuffled, {"stale"}),
    ("each record again, later", twice, {"stale"}),
    ("batches, then parts of them", split, {"attributes"}),
    ("all, then all from the start", replayed, {"attributes"}),
    ("an old batch after newer ones", late_batch, {"stale"}),
    ("two processors at once", two_at_once, {"duplicated"}),
    ("an index that lags", stale_index, {"duplicated"}),
)


# ---- all of it ----

class Runs:
    """Makes the runs of one processor on one world."""

    def __init__(self, bench, world, apply):
        self.arguments = (bench, world, apply)
        self.every = bench.every

    def __call__(self):
        return Run(*self.arguments)

    def places(self):
        """The requests at which a processor is killed or held."""
        return range(1, REQUESTS_MAX, self.every)


class Bench:
    def __init__(self, library, rounds, every, seed):
        self.client = boto3.client("dynamodb", endpoint_url=os.environ["CRUDDUR_TEST_DYNAMODB"])
        self.doors = (Door(), Door())
        loaded = load(library)
        self.processors = {
            "original": apply_original,
            "ours": lambda *arguments: apply_ours(loaded, *arguments)}
        self.rounds = rounds
        self.every = every
        self.seed = seed

    def measure(self, scenario, apply):
        """Every processor meets the same conversations and orders."""
        total = collections.Counter()
        for number in range(self.rounds):
            world = World(self.client, random.Random(f"{self.seed}/{number}"))
            source = random.Random(f"{self.seed}/{number}/order")
            for counts in scenario(Runs(self, world, apply), world.records, source):
                total.update(counts)
        return total


def print_head():
    titles = [defect.replace("attributes", "attributes lost") for defect in DEFECTS]
    columns = [f"{name}: {title}" if title == titles[0] else title
               for name in ("original", "ours") for title in titles]
    print("| | runs, original / ours | inbox rows | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 3) + "|", flush=True)


def print_line(name, original, ours):
    cells = [f"{original['runs']} / {ours['runs']}", f"{original['rows']} / {ours['rows']}"]
    cells += [str(counts[defect]) for counts in (original, ours) for defect in DEFECTS]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def complain(name, known, original, ours):
    for defect in DEFECTS + ("violations",):
        if ours[defect] > 0:
            yield f"{name}: ours has {ours[defect]} {defect}"
    if original["runs"] == 0 or ours["runs"] == 0:
        yield f"{name}: nothing was run"
    for defect in sorted(known):
        if original[defect] == 0:
            yield f"{name}: the original has none {defect}, which it is known for"


def main():
    parser = argparse.ArgumentParser(description="Compares two processors of the stream.")
    parser.add_argument("library")
    parser.add_argument("--rounds", type=int, default=1, help="conversations for each scenario")
    parser.add_argument("--every", type=int, default=1,
                        help="of the requests at which a processor is killed or held, every Nth")
    parser.add_argument("--only", default="", help="scenarios with this in their names")
    options = parser.parse_args()
    seed = os.environ.get("CRUDDUR_TEST_SEED", "1")
    bench = Bench(options.library, options.rounds, options.every, seed)
    complaints = []
    print_head()
    for name, scenario, known in SCENARIOS:
        if options.only in name:
            counts = {who: bench.measure(scenario, apply)
                      for who, apply in bench.processors.items()}
            print_line(name, **counts)
            complaints += complain(name, known, **counts)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
