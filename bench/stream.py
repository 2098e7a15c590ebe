#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the stream processor: cruddur_stream_apply() against the algorithm of the application that
the library grew out of, on one DynamoDB Local.

    stream.py LIBRARY SERVICE_URL

Every contender has a table of its own, to which the same messages are written in mode `stream`; what
is measured is the processing of the records that the table's stream then has. The contenders take
turns, round after round; a ratio is taken within a round, and its median over the rounds is printed.
docs/performance.md says what is compared and why.
"""
import ctypes
import json
import os
import statistics
import sys
import time
import uuid
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, \
    c_uint32, c_void_p

import boto3

ROUNDS = 7
BATCH = 100
INDEX = "message-group-sk-index"
SPREADS = (("spread: each record is of another group", 100), ("10 messages of each group", 10),
           ("busy: all records are of one group", 1))


# ---- the library ----

class Metrics(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("operation", c_int), ("status", c_int), ("us", c_int64),
                ("attempts", c_uint32), ("rows_read", c_uint32), ("rows_written", c_uint32),
                ("requests", c_uint32), ("read_units", c_double), ("write_units", c_double)]


METRICS_FN = CFUNCTYPE(None, c_void_p, POINTER(Metrics))


class Options(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("max_text_chars", c_uint32), ("reserved", c_uint32), ("log", c_void_p),
                ("log_data", c_void_p), ("metrics", METRICS_FN), ("metrics_data", c_void_p)]


class User(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("uuid", c_char_p), ("display_name", c_char_p),
                ("handle", c_char_p)]

    def __init__(self, person):
        super().__init__(ctypes.sizeof(User), person.encode(), b"Somebody", b"somebody")


class StreamOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("timeout_ms", c_uint32), ("workers", c_uint32)]


def load(path):
    library = ctypes.CDLL(path)
    for name in ("cruddur_error_message", "cruddur_group_uuid"):
        getattr(library, name).restype = c_char_p
        getattr(library, name).argtypes = [c_void_p]
    for name in ("stream_result_failure_count", "stream_result_moved_count"):
        getattr(library, "cruddur_" + name).restype = c_size_t
        getattr(library, "cruddur_" + name).argtypes = [c_void_p]
    for name in ("close", "group_free", "msg_free", "stream_result_free", "error_free"):
        getattr(library, "cruddur_" + name).argtypes = [c_void_p]
        getattr(library, "cruddur_" + name).restype = None
    return library


class Store:
    """A table of its own, made by the library."""

    def __init__(self, library, service):
        self.library = library
        self.table = "bench-" + uuid.uuid4().hex
        self.requests = 0
        self.hook = METRICS_FN(self.note)
        options = Options()
        library.cruddur_options_init(byref(options), c_size_t(ctypes.sizeof(options)))
        options.metrics = self.hook
        options.timeout_ms = 60000
        self.dm = c_void_p()
        url = f"dynamodb:{self.table}?mode=stream&endpoint={service}"
        self.call("open", url.encode(), byref(options), output=self.dm)
        self.call("schema_load", self.dm, None)

    def note(self, _, metrics):
        self.requests += metrics.contents.requests

    def call(self, name, *arguments, output=None):
        error = c_void_p()
        more = [] if output is None else [byref(output)]
        status = getattr(self.library, "cruddur_" + name)(*arguments, *more, byref(error))
        if status != 0:
            sys.exit(f"{name}: {self.library.cruddur_error_message(error).decode()}")

    def open_group(self):
        ann, bob = User(str(uuid.uuid4())), User(str(uuid.uuid4()))
        group = c_void_p()
        self.call("group_create", self.dm, byref(ann), byref(bob), c_size_t(1), b"Hello", None,
                  output=group)
        name = self.library.cruddur_group_uuid(group)
        self.library.cruddur_group_free(group)
        return name, ann

    def append(self, group):
        message = c_void_p()
        self.call("msg_append", self.dm, byref(group[1]), group[0], b"See you there", None,
                  output=message)
        self.library.cruddur_msg_free(message)

    def apply(self, records, workers):
        event = json.dumps({"Records": records}).encode()
        options = StreamOptions(ctypes.sizeof(StreamOptions), 60000, workers)
        result = c_void_p()
        self.call("stream_apply", self.dm, event, c_size_t(len(event)), byref(options),
                  output=result)
        if self.library.cruddur_stream_result_failure_count(result) != 0:
            sys.exit("a record failed")
        self.library.cruddur_stream_result_free(result)


# ---- the original ----

class Original:
    """For each record of a message: the group's rows by the index, each deleted, and put again."""

    def __init__(self, client, table):
        self.client = client
        self.table = table
        self.requests = 0

    def ask(self, method, **arguments):
        self.requests += 1
        return getattr(self.client, method)(TableName=self.table, **arguments)

    def handle(self, record):
        if record["eventName"] == "REMOVE":
            return
        keys = record["dynamodb"]["Keys"]
        if not keys["pk"]["S"].startswith("MSG#"):
            return
        rows = self.ask("query", IndexName=INDEX,
                        KeyConditionExpression="message_group_uuid = :g",
                        ExpressionAttributeValues={":g": {"S": keys["pk"]["S"][4:]}})["Items"]
        for row in rows:
            self.ask("delete_item", Key={"pk": row["pk"], "sk": row["sk"]})
            row["sk"] = keys["sk"]
            row["message"] = record["dynamodb"]["NewImage"]["message"]
            self.ask("put_item", Item=row)

    def apply(self, records):
        for record in records:
            self.handle(record)


# ---- the stream ----

class Stream:
    """The records of a table's stream, from now on."""

    def __init__(self, client, table):
        self.client = client
        arn = client.list_streams(TableName=table)["Streams"][0]["StreamArn"]
        shard = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-1]
        self.iterator = client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]

    def next_messages(self, count):
        found = []
        while len(found) < count:
            page = self.client.get_records(ShardIterator=self.iterator)
            self.iterator = page["NextShardIterator"]
            for record in page["Records"]:
                change = record["dynamodb"]
                change["ApproximateCreationDateTime"] = \
                    int(change["ApproximateCreationDateTime"].timestamp())
                if record["eventName"] == "INSERT" and change["Keys"]["pk"]["S"][:4] == "MSG#":
                    found.append(record)
        return found


class Contender:
    def __init__(self, name, library, service, clients, workers):
        self.name = name
        self.store = Store(library, service)
        self.workers = workers
        self.original = None if workers else Original(clients[0], self.store.table)
        self.streams = clients[1]
        self.seconds, self.processor = [], []
        self.groups = []

    def begin(self, groups):
        self.groups = [self.store.open_group() for _ in range(groups)]
        self.stream = Stream(self.streams, self.store.table)
        self.seconds, self.processor = [], []

    def processor_of_records(self):
        return self.original or self.store

    def run_round(self):
        """Returns how many requests the records took."""
        for i in range(BATCH):
            self.store.append(self.groups[i % len(self.groups)])
        records = self.stream.next_messages(BATCH)
        before = self.processor_of_records().requests
        started, processor = time.perf_counter(), time.process_time()
        if self.original:
            self.original.apply(records)
        else:
            self.store.apply(records, self.workers)
        self.seconds.append(time.perf_counter() - started)
        self.processor.append(time.process_time() - processor)
        return self.processor_of_records().requests - before


def middle(values):
    return statistics.median(values)


def report(contenders, requests):
    base = contenders[0]
    print(f"{'':24}{'records/s':>10}{'ratio':>8}{'CPU us/record':>15}{'ratio':>8}"
          f"{'requests/record':>17}")
    for one in contenders:
        rate = middle([b / s for b, s in zip(base.seconds, one.seconds)])
        processor = middle([s / b for b, s in zip(base.processor, one.processor)])
        print(f"  {one.name:22}{BATCH / middle(one.seconds):10.0f}{rate:7.2f}x"
              f"{1e6 * middle(one.processor) / BATCH:15.0f}{processor:7.3f}x"
              f"{requests[one.name] / BATCH:17.2f}")
    print()


def main(arguments):
    path, service = arguments
    library = load(path)
    region = os.environ["AWS_REGION"]
    clients = [boto3.client(name, endpoint_url=service, region_name=region)
               for name in ("dynamodb", "dynamodbstreams")]
    contenders = [Contender("the original's way", library, service, clients, 0),
                  Contender("library, 1 worker", library, service, clients, 1),
                  Contender("library, 8 workers", library, service, clients, 8)]
    print(f"Groups of two; batches of {BATCH} records; medians of {ROUNDS} rounds\n")
    for title, groups in SPREADS:
        requests = {}
        for one in contenders:
            one.begin(groups)
            one.run_round()
            one.seconds, one.processor = [], []
        for number in range(ROUNDS):
            for one in contenders if number % 2 == 0 else contenders[::-1]:
                requests[one.name] = one.run_round()
        print(title)
        report(contenders, requests)
    for one in contenders:
        library.cruddur_close(one.store.dm)


if __name__ == "__main__":
    main(sys.argv[1:])
