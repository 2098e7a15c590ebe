#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints how long calls wait for DynamoDB: their waves, requests, read and write units, and
milliseconds, on a DynamoDB Local whose answers come 5 ms later; the first time that a handle makes the call
(cold: connections included), and again (warm, the median). Beside them the same done with boto3 in the
manner of the application that the library grew out of, which does less: nothing is checked, and no row moves.
Then threads of one handle that append at the same time.

    waves.py LIBRARY THREADS_PROGRAM [PART]

The parts are calls and threads; and, if it is asked for, submitted: appends to one group that return at
once. docs/performance.md says what is compared. Exits with 1 if a call waits for
more waves than docs/performance.md promises, or if a goal for threads is missed that counts.
"""
import ctypes
import itertools
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
from costs import PAGE, TEXT, Service, Store, person  # noqa: E402
from library import default, load  # noqa: E402

DELAY_MS = 5
ROUNDS = 15
MEMBERS = 3
TIME = "2026-01-31T09:30:{:02}.000000+00:00"


# ---- the library ----

class Calls:
    """The rows of the table: each a call of a store, with a group that has messages."""

    def __init__(self, service, library, name):
        mode, parameters = MODES[name]
        self.make = lambda: Store(service, library, mode, f"waves-{name}", parameters)
        self.is_ours = parameters != ""
        self.first = self.make()
        self.people = itertools.count(1000, 10)
        self.group = self.first.create(MEMBERS, 0, False)
        self.names = [self.first.append(self.group, 0, False) for _ in range(PAGE)]
        self.first.settle()

    def create(self, store):
        store.create(MEMBERS, next(self.people), False)

    def create_claimed(self, store):
        store.create(MEMBERS, next(self.people), True)

    def append(self, store):
        store.append(self.group, 0, False)

    def append_claimed(self, store):
        store.append(self.group, 0, True, has_names=False)

    def messages(self, store):
        store.list(self.group, person(0).uuid)

    def groups(self, store):
        store.list_groups(person(1).uuid)

    def mark(self, store):
        """Somebody else's messages, one after the other."""
        options = default(store.library, "mark_options_init")
        options.up_to_message_uuid, options.up_to_created_at_us = self.names.pop(0)
        store.measure_quietly("group_mark_read", person(2).uuid, self.group, ctypes.byref(options))

    def mark_all(self, store):
        """A message of somebody else's comes before."""
        writer = store if self.is_ours else self.first
        writer.append(self.group, 0, False)
        store.measure_quietly("group_mark_read", person(2).uuid, self.group, None)

    def edit(self, store):
        store.about_message("msg_edit", self.group, 0, self.names[-1], TEXT + str(time.time()).encode())

    def react(self, store):
        self.added = not getattr(self, "added", False)
        store.about_message("msg_react", self.group, 1, self.names[-1], "👍".encode(), self.added)

    def delete(self, store):
        writer = store if self.is_ours else self.first
        store.about_message("msg_delete", self.group, 0, writer.append(self.group, 0, False))

    def warm(self, store):
        """Where it matters, the handle writes to the group."""
        if self.is_ours:
            self.names.append(store.append(self.group, 0, False))


# Mode, and more of the store's URL. Where all writers are ours, a handle goes by what it wrote last.
MODES = {"atomic": ("atomic", ""), "ours": ("atomic", "&writers=ours"), "stream": ("stream", ""),
         "steps": ("steps", "")}

# What it is called, the call, the most waves by mode; None: no limit is stated.
ROWS = (
    ("open a group", Calls.create, {"atomic": 2, "ours": 2, "stream": 2, "steps": 6}),
    ("open a group, the caller's uuid", Calls.create_claimed, {"atomic": 2, "ours": 2, "stream": 2,
                                                               "steps": 8}),
    ("append", Calls.append, {"atomic": 2, "ours": 1, "stream": 2, "steps": 5}),
    ("append, the caller's uuid, no names", Calls.append_claimed, {"atomic": 2, "ours": 1,
                                                                   "stream": 3, "steps": 6}),
    (f"{PAGE} messages for a viewer", Calls.messages, {"atomic": 2, "ours": 1, "stream": 2,
                                                       "steps": 2}),
    ("groups of a user, one unread", Calls.groups, {"atomic": 2, "ours": 2, "stream": 2, "steps": 2}),
    ("mark as read, up to a message", Calls.mark, {"atomic": 2, "ours": 1, "stream": 2}),
    ("mark as read, all", Calls.mark_all, {"atomic": 2, "ours": 1, "stream": 2}),
    ("react", Calls.react, {"atomic": 2, "ours": 1, "stream": 2}),
    ("edit", Calls.edit, {"atomic": 2, "ours": 1, "stream": 2}),
    ("delete the newest", Calls.delete, {"atomic": 2, "ours": 1, "stream": 2}),
)


def timed(calls, perform, store):
    began = time.perf_counter()
    perform(calls, store)
    return (time.perf_counter() - began) * 1000, store.cost


def measure(calls, perform):
    """The first call of a handle, and the median of those after it."""
    store = calls.make()
    cold = timed(calls, perform, store)
    calls.warm(store)
    warm = [timed(calls, perform, store) for _ in range(ROUNDS)]
    store.close()
    costs = sorted(tuple(cost) for _, cost in warm)
    return cold, (statistics.median(ms for ms, _ in warm), costs[len(costs) // 2])


# ---- boto3 ----

class Seed:
    """The requests of the application: one PutItem, one BatchWriteItem, one Query."""

    def __init__(self, port):
        self.client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}",
                                   region_name="us-east-1", aws_access_key_id="x",
                                   aws_secret_access_key="x")
        self.table = "waves-atomic"
        self.numbers = itertools.count()

    def row(self, pk, number, **more):
        texts = {"pk": pk, "sk": TIME.format(number % 60), "message": TEXT.decode(),
                 "user_uuid": person(0).uuid.decode(), "user_display_name": "User 0",
                 "user_handle": "user0", **more}
        return {name: {"S": text} for name, text in texts.items()}

    def open(self):
        number = next(self.numbers)
        rows = [self.row(f"MSG#seed-{number}", number)]
        rows += [self.row(f"GRP#seed-{number}-{i}", number, message_group_uuid=f"seed-{number}")
                 for i in range(MEMBERS)]
        self.client.batch_write_item(
            RequestItems={self.table: [{"PutRequest": {"Item": row}} for row in rows]})

    def append(self):
        self.client.put_item(TableName=self.table,
                             Item=self.row("MSG#seed", next(self.numbers)))

    def query(self, pk):
        self.client.query(TableName=self.table, ScanIndexForward=False, Limit=PAGE,
                          KeyConditionExpression="pk = :pk",
                          ExpressionAttributeValues={":pk": {"S": pk}})

    def rows(self):
        return (("open a group: BatchWriteItem", self.open),
                ("append: PutItem", self.append),
                (f"{PAGE} messages: Query", lambda: self.query("MSG#seed")),
                ("groups of a user: Query", lambda: self.query("GRP#seed-0-0")))


def measure_seed(what, perform):
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        perform()
        times.append((time.perf_counter() - began) * 1000)
    print(f"| boto3 | {what} | 1 | 1 | | | {times[0]:.1f} | {statistics.median(times[1:]):.1f} |",
          flush=True)


# ---- threads ----

ONE_GROUP = "one group"

# For 16 threads on one group: what, the limit, whether it is the most or the least, and whether the
# script fails where it is missed.
GOALS = (
    ("requests an append", 0.5, max, True),
    ("times the rate of one thread", 4, min, True),
    ("waves that the slowest call takes", 20, max, True),
)
GOALS_THREADS = 16


class Run:
    """One of bench/threads.c. `alone` is that of one thread that came before it."""

    def __init__(self, line, alone):
        what, *numbers = line.split("\t")
        self.what = what
        (threads, appends, self.requests, self.rate, self.median_ms, self.slowest_ms, self.wave_ms,
         failed) = map(float, numbers)
        self.threads, self.appends, self.failed = int(threads), int(appends), int(failed)
        alone = self if self.threads == 1 else alone
        self.times = self.rate / alone.rate
        self.slowest_waves = self.slowest_ms / self.wave_ms

    def row(self):
        return (f"| {self.what} | {self.threads} | {self.appends} | {self.requests:.2f} | {self.rate:.1f} | "
                f"{self.times:.2f} | {self.median_ms:.1f} | {self.slowest_ms:.1f} | "
                f"{self.slowest_waves:.1f} | {self.failed} |")

    def measured(self):
        """What the goals are about, in their order."""
        return self.requests, self.times, self.slowest_waves


def meets_goals(run):
    """Prints how a run compares with the goals; false if one is missed that counts."""
    is_good = True
    print(f"\nGoals for {run.threads} threads, {run.what}")
    for (what, limit, extreme, counts), measured in zip(GOALS, run.measured()):
        is_met = extreme(measured, limit) == limit
        sign = "<=" if extreme is max else ">="
        print(f"  {what:<40} {sign} {limit:<5} measured {measured:7.2f}  "
              f"{'met' if is_met else 'MISSED'}{'' if counts or is_met else ', does not count yet'}")
        is_good = is_good and (is_met or not counts)
    return is_good


def run_threads(to, threads, *command):
    """Prints the table; returns whether the program succeeded, and the run that has goals."""
    print(f"| {to} | {threads} | appends | requests each | appends/s | x one thread | median ms | "
          "slowest ms | in waves | failed |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    alone = goals = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            run = Run(line.rstrip("\n"), alone)
            alone = run if run.threads == 1 else alone
            print(run.row(), flush=True)
            if (run.what, run.threads) == (ONE_GROUP, GOALS_THREADS):
                goals = run
    return process.returncode == 0, goals


def on_service(service, program):
    """The program delays the answers itself, with less processor time than Service takes."""
    return program, service.local.rpartition(":")[2], str(DELAY_MS * 1000), "atomic"


def measure_threads(program):
    with Service() as service:
        is_good, goals = run_threads("to", "threads", *on_service(service, program))
    return is_good and meets_goals(goals)


def measure_submitted(program):
    columns = "to one group", "threads, or in flight"
    with Service() as service:
        is_good, _ = run_threads(*columns, *on_service(service, program), "submitted")
    print("\nOn SQLite:\n")
    with tempfile.TemporaryDirectory(dir=pathlib.Path(program).parent) as folder:
        is_good &= run_threads(*columns, program, f"sqlite:{folder}/store", "submitted")[0]
    return is_good


# ---- the table ----

def number(value):
    return f"{value:g}"


def report(mode, what, most, cold, warm):
    cold_ms, (cold_waves, *_) = cold
    warm_ms, (waves, requests, read, write) = warm
    print(f"| `{mode}` | {what} | {cold_waves} / {waves} | {requests} | {number(read)} | "
          f"{number(write)} | {cold_ms:.1f} | {warm_ms:.1f} |", flush=True)
    if most is not None and waves > most:
        print(f"{mode}, {what}: {waves} waves instead of {most}", file=sys.stderr)
        return False
    return True


def measure_calls(library):
    is_good = True
    print("| | call | waves, cold / warm | requests | read units | write units | ms cold | ms warm |")
    print("|---|---|---|---|---|---|---|---|")
    with Service(DELAY_MS) as service:
        for mode in MODES:
            calls = Calls(service, library, mode)
            for what, perform, most in ROWS:
                if mode in most:
                    is_good &= report(mode, what, most[mode], *measure(calls, perform))
            calls.first.close()
        for what, perform in Seed(service.server.server_port).rows():
            measure_seed(what, perform)
    return is_good


def main():
    library, program, *chosen = sys.argv[1:]
    parts = {"calls": lambda: measure_calls(load(library)), "threads": lambda: measure_threads(program),
             "submitted": lambda: measure_submitted(program)}
    is_good = [parts[name]() for name in chosen or ("calls", "threads")]
    return 0 if all(is_good) else 1


if __name__ == "__main__":
    sys.exit(main())
