#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the stream processor: cruddur_stream_apply() against the algorithm of the application that
the library grew out of, on one DynamoDB Local.

    stream.py LIBRARY SERVICE_URL spread|some|busy|away

Every contender has a table of its own, to which the same messages are written in mode `stream`; what
is measured is the processing of the records that the table's stream then has. The contenders take
turns, round after round; a ratio is taken within a round, and its median over the rounds is printed.
docs/performance.md says what is compared and why.
"""
import asyncio
import multiprocessing
import os
import pathlib
import statistics
import sys
import time
import urllib.parse
import uuid
from ctypes import byref

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
from dynamodb_local import STREAMS, ask, read_stream  # noqa: E402
from library import User, load  # noqa: E402
from original import Original  # noqa: E402
from processor import Processor  # noqa: E402

ROUNDS = 5
BATCH = 100
AWAY_MS = 5
# What, in how many groups, and whether the service is away.
SPREADS = {
    "spread": ("each record is of another group of two", 100, False),
    "some": ("10 records of each group of two", 10, False),
    "busy": ("all records are of one group of two", 1, False),
    "away": (f"each of another group, and each answer comes {AWAY_MS} ms later", 100, True),
}


# ---- the library ----

def somebody():
    return User(str(uuid.uuid4()).encode(), b"Somebody", b"somebody")


class Store(Processor):
    """A handle of a table, which it writes as well."""

    def __init__(self, library, service, table, workers=1):
        super().__init__(library, f"dynamodb:{table}?mode=stream&endpoint={service}",
                         workers=workers)
        self.table = table

    def open_group(self):
        ann, bob = somebody(), somebody()
        group = self.call("group_create", self.handle, byref(ann), byref(bob), 1, b"Hello", None)
        name = self.library.cruddur_group_uuid(group)
        self.library.cruddur_group_free(group)
        return name, ann

    def append(self, group):
        name, author = group
        message = self.call("msg_append", self.handle, byref(author), name, b"See you there", None)
        self.library.cruddur_msg_free(message)


# ---- the stream ----

class Stream:
    """The records of a table's stream, from now on."""

    def __init__(self, service, table):
        self.service = service
        (made,) = ask(service, "ListStreams", STREAMS, TableName=table)["Streams"]
        self.stream = made["StreamArn"]
        self.known = len(read_stream(service, self.stream))

    def next_messages(self, count):
        records = read_stream(self.service, self.stream)[self.known:]
        self.known += len(records)
        found = [record for record in records if record["eventName"] == "INSERT" and
                 record["dynamodb"]["Keys"]["pk"]["S"].startswith("MSG#")]
        if len(found) != count:
            sys.exit(f"the stream has {len(found)} new messages, and not {count}")
        return found


# ---- a service that is some way off ----

async def relay(port, told):
    """Passes bytes on to a port; those that come back wait first."""
    async def copy(reader, writer, wait_s):
        while data := await reader.read(65536):
            await asyncio.sleep(wait_s)
            writer.write(data)
        writer.close()

    async def serve(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, back, 0), copy(there, writer, AWAY_MS / 1000),
                             return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def start_relay(service):
    here, there = multiprocessing.Pipe()
    multiprocessing.Process(target=lambda port: asyncio.run(relay(port, there)), daemon=True,
                            args=(urllib.parse.urlsplit(service).port,)).start()
    return f"http://127.0.0.1:{here.recv()}"


# ---- the contenders ----

def make_client(service):
    return boto3.client("dynamodb", endpoint_url=service, region_name=os.environ["AWS_REGION"])


class Contender:
    """Processes the records at `away`; everything else happens at the service itself."""

    def __init__(self, name, library, service, away, workers):
        self.name = name
        self.store = Store(library, service, "bench-" + uuid.uuid4().hex)
        self.store.call("schema_load", self.store.handle, None)
        self.processor = Store(library, away, self.store.table, workers) if workers else \
            Original(make_client(away), self.store.table, is_thorough=True)
        self.service = service

    def begin(self, groups):
        self.seconds, self.processor_seconds = [], []
        self.groups = [self.store.open_group() for _ in range(groups)]
        self.stream = Stream(self.service, self.store.table)
        self.run_round()
        self.seconds, self.processor_seconds = [], []

    def run_round(self):
        """Returns how many requests the records took."""
        for i in range(BATCH):
            self.store.append(self.groups[i % len(self.groups)])
        records = self.stream.next_messages(BATCH)
        self.processor.requests = 0
        started, processor = time.perf_counter(), time.process_time()
        self.processor.apply_all(records)
        self.seconds.append(time.perf_counter() - started)
        self.processor_seconds.append(time.process_time() - processor)
        return self.processor.requests


def middle(values):
    return statistics.median(values)


def report(contenders, requests):
    base = contenders[0]
    print(f"{'':24}{'records/s':>10}{'ratio':>8}{'CPU us/record':>15}{'ratio':>8}"
          f"{'requests/record':>17}")
    for one in contenders:
        rate = middle([b / s for b, s in zip(base.seconds, one.seconds)])
        processor = middle([s / b for b, s in zip(base.processor_seconds, one.processor_seconds)])
        print(f"  {one.name:22}{BATCH / middle(one.seconds):10.0f}{rate:7.2f}x"
              f"{1e6 * middle(one.processor_seconds) / BATCH:15.0f}{processor:7.3f}x"
              f"{requests[one.name] / BATCH:17.2f}")
    print()


def compare(contenders, groups):
    requests = {}
    for one in contenders:
        one.begin(groups)
    for number in range(ROUNDS):
        for one in contenders if number % 2 == 0 else contenders[::-1]:
            requests[one.name] = one.run_round()
    report(contenders, requests)


def main(arguments):
    path, service, name = arguments
    title, groups, is_away = SPREADS[name]
    library = load(path)
    away = start_relay(service) if is_away else service
    print(f"{title}; batches of {BATCH}, medians of {ROUNDS} rounds")
    compare([Contender("the original's way", library, service, away, 0),
             Contender("library, 1 worker", library, service, away, 1),
             Contender("library, 8 workers", library, service, away, 8)], groups)


if __name__ == "__main__":
    main(sys.argv[1:])
