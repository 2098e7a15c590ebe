#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends messages and opens groups where requests get lost, and arrive seconds later: after the call
that made them has failed, and maybe after its repeat has succeeded. A search for earlier copies
cannot see what is still on its way.

    run_with_service.py --mode MODE late_delivery.py LIBRARY [--sends N] [--openings N] …

Several clients repeat each call under its uuid until it is acknowledged. When everything late has
arrived, and in mode `stream` has been processed, the table is read and the faults in it are counted;
and once more after another message to each group, which mends some of them. Sends and openings are
in different groups, so that each fault belongs to one of the two.

Exits with 1 if there are faults. In mode `steps` an inbox may have a row too many until the next
message; no listing shows it. CRUDDUR_TEST_SEED chooses other conversations and delays.
"""
import argparse
import collections
import heapq
import itertools
import os
import pathlib
import queue
import random
import re
import sys
import threading
import time
import uuid
from ctypes import byref

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import check_table  # noqa: E402
from doors import Door  # noqa: E402
from dynamodb_local import Tail, ask, make_table  # noqa: E402
from library import AppendOptions, CreateOptions, Failed, User, call, default, load  # noqa: E402
from processor import Processor  # noqa: E402

SENDS, OPENINGS = "sends", "openings"
DIRECT = 5  # groups of two, of people who are in several groups
LARGER = ((0, 1, 2), (1, 2, 3, 4))
OPENED_PEOPLE = 1000  # the people of openings have numbers from here on
PAUSE_MAX_S = 2  # before a call is repeated; half of the repeats follow at once
POLL_S = 0.05
WAIT_S = 600
TIMEOUT_MS = 60000
BATCH_MAX = 100
GROUP = re.compile(f"group ({check_table.UUID.pattern})")

# What can be wrong: a title of each, in the order of the table.
LOST, TWICE, ELSEWHERE = "messages lost", "messages stored twice", "messages at another key"
REFUSED = "calls refused"
EXTRA, HOLLOW, MISSING = "inbox rows too many", "inbox rows without message", "inboxes without group"
UNSOUND = "groups that the checker rejects"
FAULTS = (REFUSED, LOST, TWICE, ELSEWHERE, EXTRA, HOLLOW, MISSING, UNSOUND)
MENDED_IN_STEPS = (EXTRA, UNSOUND)  # by the next message; the checker rejects the former, too


# ---- people, and what they do ----

def person(number):
    return f"00000000-0000-4000-8000-{number:012}"


def user(number):
    return User(person(number).encode(), f"Person {number}".encode(), f"person{number}".encode())


def make_uuid(source):
    """Of version 7, as an application makes it, or 4."""
    bits = source.getrandbits(128)
    if source.random() < 0.5:
        return str(uuid.UUID(int=bits, version=4))
    bits = time.time_ns() // 1000000 << 80 | bits & (1 << 80) - 1
    return str(uuid.UUID(int=bits & ~(0xf << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62))


class Group:
    def __init__(self, side, members):
        self.side = side
        self.members = members
        self.uuid = None


class Job:
    """A call that is repeated under one uuid until it is acknowledged."""

    def __init__(self, group, author, given_group=None, is_opening=False):
        self.group = group
        self.author = author
        self.given_group = given_group  # the uuid of a larger group
        self.is_opening = is_opening
        self.message = None  # its uuid
        self.sort_key = None  # that was acknowledged, of sends
        self.is_acknowledged = False


def opening_jobs(source, count):
    """Direct groups, half of them opened by both at once; and larger ones under given uuids."""
    number = itertools.count(OPENED_PEOPLE)
    jobs = []
    for kind in itertools.cycle((2, 2, 3, 5)):
        if len(jobs) >= count:
            return jobs[:count]
        group = Group(OPENINGS, tuple(itertools.islice(number, kind)))
        given = str(uuid.UUID(int=source.getrandbits(128), version=4)) if kind > 2 else None
        jobs.append(Job(group, group.members[0], given, True))
        if kind == 2 and source.random() < 0.5:
            jobs.append(Job(group, group.members[1], None, True))
    return jobs


def send_jobs(source, groups, count):
    chosen = [source.choice(groups) for _ in range(count)]
    return [Job(group, source.choice(group.members)) for group in chosen]


def mix(source, sends, openings):
    """At random; but both openings of a group are neighbours."""
    jobs = []
    sends, openings = collections.deque(sends), collections.deque(openings)
    while sends or openings:
        is_opening = source.randrange(len(sends) + len(openings)) < len(openings)
        jobs.append((openings if is_opening else sends).popleft())
        while is_opening and openings and openings[0].group is jobs[-1].group:
            jobs.append(openings.popleft())
    return jobs


# ---- the clients ----

class Client:
    """A handle, and the calls on it."""

    def __init__(self, library, store):
        self.library = library
        options = default(library, "options_init")
        options.timeout_ms = TIMEOUT_MS
        self.handle = call(library, "open", store.encode(), byref(options))

    def make(self, job):
        if job.is_opening:
            self.open_group(job)
        else:
            self.send(job)
        job.is_acknowledged = True

    def options(self, name, job):
        options = default(self.library, name)
        options.message_uuid = job.message.encode()
        return options

    def open_group(self, job):
        options = self.options("create_options_init", job)
        options.group_uuid = job.given_group and job.given_group.encode()
        others = [user(number) for number in job.group.members if number != job.author]
        made = call(self.library, "group_create", self.handle, byref(user(job.author)),
                    (User * len(others))(*others), len(others), b"opened", byref(options))
        job.group.uuid = self.library.cruddur_group_uuid(made).decode()
        self.library.cruddur_group_free(made)

    def send(self, job):
        options = self.options("append_options_init", job)
        made = call(self.library, "msg_append", self.handle, byref(user(job.author)),
                    job.group.uuid.encode(), b"sent", byref(options))
        found = self.library.cruddur_msg_uuid(made).decode()
        job.sort_key = self.library.cruddur_msg_sort_key(made).decode()
        self.library.cruddur_msg_free(made)
        if found != job.message:
            raise AssertionError(f"message {job.message} was sent, and {found} acknowledged")

    def close(self):
        self.library.cruddur_close(self.handle)


class Worker(threading.Thread):
    """A client that goes on with other calls before it repeats one."""

    def __init__(self, client, jobs, seed, counts):
        super().__init__(daemon=True)
        self.client = client
        self.jobs = jobs
        self.source = random.Random(seed)
        self.counts = counts
        self.waiting = []  # (when, number, job)
        self.refused = []  # (job, reason)
        self.failure = None

    def next_job(self):
        """None when there are no more."""
        if self.waiting and self.waiting[0][0] <= time.monotonic():
            return heapq.heappop(self.waiting)[2]
        try:
            return self.jobs.get_nowait()
        except queue.Empty:
            pass
        if not self.waiting:
            return None
        due, _, job = heapq.heappop(self.waiting)
        time.sleep(max(0, due - time.monotonic()))
        return job

    def attempt(self, job, number):
        job.message = job.message or make_uuid(self.source)
        try:
            self.counts["calls"] += 1
            self.client.make(job)
        except Failed as failure:
            if not self.client.library.cruddur_status_is_retryable(failure.status):
                self.refused.append((job, str(failure)))
                return
            pause = self.source.choice((0, self.source.uniform(0, PAUSE_MAX_S)))
            heapq.heappush(self.waiting, (time.monotonic() + pause, number, job))

    def run(self):
        try:
            for number in itertools.count():
                job = self.next_job()
                if job is None:
                    return
                self.attempt(job, number)
        except BaseException as failure:  # the main thread raises it
            self.failure = failure
            raise


# ---- the table, and its stream's processor ----

class Table:
    def __init__(self):
        self.endpoint = os.environ["CRUDDUR_TEST_DYNAMODB"]
        self.name = f"late-{uuid.uuid4()}"
        self.arn = make_table(self.endpoint, self.name)["LatestStreamArn"]

    def store(self, door, more=""):
        mode = os.environ["CRUDDUR_TEST_MODE"]
        return f"dynamodb:{self.name}?endpoint={door.url}&mode={mode}{more}"

    def rows(self):
        return list(check_table.read_dynamodb(f"{self.name}?endpoint={self.endpoint}"))

    def drop(self):
        ask(self.endpoint, "DeleteTable", TableName=self.name)


class Follower:
    """Brings the stream's records to the processor; again, those that fail."""

    def __init__(self, library, table, door):
        self.table = table
        self.tail = Tail(table.endpoint, table.arn)
        self.processor = Processor(library, table.store(door), TIMEOUT_MS)
        self.pending = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.failure = None

    def turn(self):
        """Whether there was anything to do."""
        self.pending += [record | {"eventSourceARN": self.table.arn} for record in self.tail.read()]
        batch = self.pending[:BATCH_MAX]
        if batch:
            failed = set(self.processor.apply(batch))
            self.pending[:BATCH_MAX] = [record for record in batch
                                        if record["dynamodb"]["SequenceNumber"] in failed]
        return bool(batch)

    def run(self):
        try:
            while not self.is_over.is_set():
                if not self.turn():
                    time.sleep(POLL_S)
        except BaseException as failure:  # the main thread raises it
            self.failure = failure
            raise

    def stop(self):
        """Ends the thread; turn() is the caller's from now on."""
        self.is_over.set()
        self.thread.join()
        if self.failure is not None:
            raise self.failure


# ---- judging ----

def place(row):
    """The key of the message that a group row shows."""
    return row.get("head_sk", row["sk"])


class Judge:
    """Counts faults by side, in the rows of a table."""

    def __init__(self, jobs, groups):
        self.jobs = jobs
        self.groups = {group.uuid: group for group in groups if group.uuid is not None}

    def count(self, rows):
        self.found = {side: collections.Counter() for side in (SENDS, OPENINGS)}
        self.read(rows)
        self.count_messages()
        self.count_inboxes()
        rejected = {match[1] for violation in check_table.Checker().check(rows)
                    if (match := GROUP.match(violation))}
        for group in rejected:
            self.add(group, UNSOUND)
        return self.found

    def read(self, rows):
        self.keys = collections.defaultdict(set)  # group -> keys of its messages
        self.copies = collections.defaultdict(list)  # message uuid -> keys
        self.inboxes = collections.defaultdict(list)  # (group, member) -> places
        for row in rows:
            kind = check_table.kind_of(row)
            if kind == "MSG#":
                self.keys[row["pk"][4:]].add(row["sk"])
                self.copies[row["message_uuid"]].append((row["pk"][4:], row["sk"]))
            elif kind == "GRP#":
                self.inboxes[row["message_group_uuid"], row["pk"][4:]].append(place(row))

    def add(self, group, fault, count=1):
        known = self.groups.get(group)  # an opening's is not, before it is acknowledged
        self.found[OPENINGS if known is None else known.side][fault] += count

    def count_messages(self):
        for job in self.jobs:
            copies = self.copies[job.message]
            side = self.found[job.group.side]
            side[LOST] += job.is_acknowledged and not copies
            side[TWICE] += len(copies) > 1
            acknowledged = (job.group.uuid, job.sort_key)
            side[ELSEWHERE] += (job.sort_key is not None and bool(copies)
                                and acknowledged not in copies)

    def count_inboxes(self):
        for (group, _), places in self.inboxes.items():
            self.add(group, EXTRA, len(places) - 1)
            self.add(group, HOLLOW, sum(key not in self.keys[group] for key in places))
        for group in self.groups.values():
            self.add(group.uuid, MISSING, sum((group.uuid, person(number)) not in self.inboxes
                                              for number in group.members))


def print_table(columns):
    """[(title, counter)]"""
    width = max(map(len, FAULTS))
    print(f"| {'':{width}} | " + " | ".join(title for title, _ in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for fault in FAULTS:
        cells = [f"{counts[fault]:{len(title)}}" for title, counts in columns]
        print(f"| {fault:{width}} | " + " | ".join(cells) + " |")


# ---- all of it ----

class Story:
    def __init__(self, options, library, table):
        self.options = options
        self.library = library
        self.table = table
        self.seed = os.environ.get("CRUDDUR_TEST_SEED", "1")
        self.source = random.Random(self.seed)
        self.door, self.quiet = Door(), Door()
        self.doors = [self.door]
        self.follower = None
        if os.environ["CRUDDUR_TEST_MODE"] == "stream":
            self.doors.append(Door())
            self.follower = Follower(library, table, self.doors[1])
        self.counts = collections.Counter()
        self.refused = []

    def set_rules(self, *rules):
        for door in self.doors:
            door.order("rules", rules=list(rules), seed=f"{self.seed}/{door.number}")

    def settle(self):
        """Until everything late has arrived, and the processor has seen what came of it."""
        give_up_at = time.monotonic() + WAIT_S
        while True:
            is_late = any(door.count("late.delivered") < door.count("fault.late")
                          for door in self.doors)
            is_busy = self.follower is not None and self.follower.turn()
            if not is_late and not is_busy:
                return
            if time.monotonic() > give_up_at:
                raise TimeoutError("it does not come to an end")
            time.sleep(0 if is_busy else POLL_S)

    def prepare(self):
        """Opens the groups that sends go to, and plans the calls."""
        groups = [Group(SENDS, (i, i + 1)) for i in range(DIRECT)]
        groups += [Group(SENDS, members) for members in LARGER]
        first = [Job(group, group.members[0], None, True) for group in groups]
        self.make_all(first)
        openings = opening_jobs(self.source, self.options.openings)
        sends = send_jobs(self.source, groups, self.options.sends)
        self.jobs = mix(self.source, sends, openings)
        self.groups = groups + list({id(job.group): job.group for job in openings}.values())

    def make_all(self, jobs):
        """Without disturbances."""
        client = Client(self.library, self.table.store(self.quiet))
        for job in jobs:
            job.message = make_uuid(self.source)
            client.make(job)
        client.close()

    def disturb(self):
        """Every other client makes a single attempt of each request."""
        jobs = queue.SimpleQueue()
        for job in self.jobs:
            jobs.put(job)
        clients = [Client(self.library, self.table.store(self.door, "&attempts=1" * (i % 2)))
                   for i in range(self.options.clients)]
        workers = [Worker(client, jobs, f"{self.seed}/{i}", self.counts)
                   for i, client in enumerate(clients)]
        self.set_rules({"fault": "late", "operation": "write", "times": 0,
                        "chance": self.options.chance})
        if self.follower is not None:
            self.follower.thread.start()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            self.refused += worker.refused
        for failure in (worker.failure for worker in workers if worker.failure is not None):
            raise failure
        if self.follower is not None:
            self.follower.stop()
        self.set_rules()
        self.settle()
        for client in clients:
            client.close()

    def judge(self):
        found = Judge(self.jobs, self.groups).count(self.table.rows())
        for job, _ in self.refused:
            found[job.group.side][REFUSED] += 1
        return found

    def mend(self):
        """Another message to each group."""
        self.make_all([Job(group, group.members[-1]) for group in self.groups
                       if group.uuid is not None])
        self.settle()

    def report(self, moments, began):
        late = {of: sum(door.count(of) for door in self.doors)
                for of in ("late.delivered", "late.succeeded")}
        print(f"mode {os.environ['CRUDDUR_TEST_MODE']}: {self.options.sends} sends and "
              f"{self.options.openings} openings by {self.options.clients} clients in "
              f"{self.counts['calls']} calls; {late['late.delivered']} requests arrived late, and "
              f"{late['late.succeeded']} of these got an answer of success; "
              f"{time.monotonic() - began:.0f} s")
        print_table([(side + suffix, found[side]) for side in (SENDS, OPENINGS)
                     for suffix, found in moments.items()])
        for _, reason in self.refused[:10]:
            print(f"refused: {reason}")
        return late["late.delivered"]


def find_complaints(moments, mode):
    """What makes the run fail."""
    for suffix, found in moments.items():
        waits = MENDED_IN_STEPS if mode == "steps" and suffix == "" else ()
        for side, counts in found.items():
            for fault in FAULTS:
                if counts[fault] > 0 and fault not in waits:
                    yield f"{side}{suffix}: {fault}: {counts[fault]}"


def parse_arguments():
    parser = argparse.ArgumentParser(description="Counts what late requests leave in a table.")
    parser.add_argument("library")
    parser.add_argument("--sends", type=int, default=60)
    parser.add_argument("--openings", type=int, default=24)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--chance", type=float, default=0.5, help="that a write is late")
    return parser.parse_args()


def main():
    options = parse_arguments()
    began = time.monotonic()
    table = Table()
    story = Story(options, load(options.library), table)
    story.prepare()
    story.disturb()
    moments = {"": story.judge()}
    story.mend()
    moments[", mended"] = story.judge()
    delivered = story.report(moments, began)
    complaints = list(find_complaints(moments, os.environ["CRUDDUR_TEST_MODE"]))
    if delivered == 0:
        complaints.append("nothing was late")
    for complaint in complaints:
        print(complaint)
    if story.follower is not None:
        story.follower.processor.close()
    table.drop()
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
