#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures how long the packed Lambda function takes to start, and for an invocation; run by
scripts/package-lambda --measure, beside a DynamoDB Local.

    measure.py PACKAGE

Each invocation brings one new message of a group of two. Lambda's own part of a cold start is not in
the figures: fetching the package, making the sandbox, and TLS to the service.
"""
import statistics
import sys
import time

from root import Root, enter_command
from runtime_api import RuntimeApi
from table import PEOPLE, Table

STARTS = 20
INVOCATIONS = 10
DEADLINE_S = 60
GROUP = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"


def events(table, count):
    """One for each of so many new messages, made of the stream's records."""
    first = len(table.records())
    for number in range(first, first + count):
        table.send(GROUP, PEOPLE[number % 2], number, "Hello!")
    return [table.event([record]) for record in table.records()[first:]]


def invoke(api, event):
    """Seconds from the moment when the event is handed out until its answer is there."""
    post = api.invoke(event, deadline_s=DEADLINE_S)
    if post.json != {"batchItemFailures": []}:
        sys.exit(f"the function failed: {post.json}")
    return post.time - (api.handed_out[-1][1] - DEADLINE_S)


def measure_once(root, table):
    made = events(table, INVOCATIONS)
    with RuntimeApi() as api:
        started = time.time()
        with root.start(api.address, table.store):
            api.wait_asked(1)
            to_first_next = api.asked[0] - started
            first, *warm = [invoke(api, event) for event in made]
    return to_first_next, first, statistics.median(warm)


def main():
    if enter_command() is None:
        sys.exit("neither chroot nor unshare can be used here")
    root, table = Root(sys.argv[1]), Table()
    table.open_group(GROUP, PEOPLE[:2], 0, "Hello?")
    try:
        runs = [measure_once(root, table) for _ in range(STARTS + 1)][1:]  # the first warms the disk
    finally:
        root.close()
    print(f"medians (and range) of {STARTS} starts:")
    for name, values in zip(("from start to first `next`", "first invocation", "later invocations"),
                            zip(*runs)):
        print(f"{name:>28}  {statistics.median(values) * 1000:6.1f} ms"
              f"  ({min(values) * 1000:.1f} to {max(values) * 1000:.1f})")
    print("without Lambda's own part: fetching the package, making the sandbox, TLS")


if __name__ == "__main__":
    main()
