#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures `cruddur export`, `import` and `move`: rows a second, the most memory of each command, and
for a move how long the store was closed to writes. `scripts/bench transfer` runs it.

    transfer.py COMMAND files-and-service [ROWS [ROWS_ON_DYNAMODB]]
    transfer.py COMMAND between-engines [ROWS]

A table of ROWS (1,000,000) is made in an SQLite file: conversations of 500 messages, with their cards
and inboxes. It is exported, imported into another file, imported again, and moved to a third file. The
first ROWS_ON_DYNAMODB (5,000) go to DynamoDB Local, which answers on the same machine and keeps its rows
in memory: imported once with conditions and once with --unused, exported and imported into a file, and
moved. It becomes slower with more than a few batches at the same time, so there are 4 workers. All copies
must have the same rows. No program writes meanwhile.

`between-engines` takes all ROWS from an SQLite file to DynamoDB Local and back into another file, and
checks each store: `cruddur check` must find the same in all of them, and no breach.
"""
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
from npm_service import DYNAMODB_LOCAL  # noqa: E402

PER_GROUP = 500
# A request to DynamoDB Local takes seconds where its table is large. It would keep the records of a
# stream in its memory, too.
PATIENT = ("--timeout", "300")
TEXT = "See you at the cinema at eight; the café around the corner is open until late. " * 2
COLUMNS = ("pk", "sk", "message_group_uuid", "message", "message_uuid", "user_uuid",
           "user_display_name", "user_handle", "member_uuids", "rev", "version")


def key(number):
    return f"2024-{1 + number // 86400 // 28 % 12:02}-{1 + number // 86400 % 28:02}T" \
           f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000+00:00"


def rows_of_group(index, space):
    """A card, two rows of inboxes, and messages."""
    group, ann, bob = (str(uuid.uuid5(space, f"{index} {name}")) for name in ("group", "ann", "bob"))
    members = ",".join(sorted((ann, bob)))
    version = f"{index:016x}"
    last = key(PER_GROUP - 4 + index)
    yield "CARD#" + group, "CARD", None, None, None, None, None, None, members, "1", version
    yield "GRP#" + ann, last, group, TEXT, None, bob, "Bob", "bob", None, "1", version
    yield "GRP#" + bob, last, group, TEXT, None, ann, "Ann", "ann", None, "1", version
    for i in range(PER_GROUP - 3):
        author, name = ((ann, "Ann"), (bob, "Bob"))[i % 2]
        yield ("MSG#" + group, key(i + index), None, TEXT, str(uuid.uuid5(space, f"{index} {i}")), author,
               name, name.lower(), None, None, None)


def fill(path, count):
    space = uuid.UUID(int=1)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = off")
    connection.execute("BEGIN")
    statement = (f"INSERT INTO cruddur_messages ({', '.join(COLUMNS)}) VALUES"
                 f" ({', '.join('?' * len(COLUMNS))})")
    for index in range(count // PER_GROUP):
        connection.executemany(statement, rows_of_group(index, space))
    connection.execute("COMMIT")
    connection.close()


def peak_of(pid):
    """The most resident memory of a process until now, in MB; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            lines = [line for line in status if line.startswith("VmHWM:")]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(lines[0].split()[1]) / 1024 if lines else 0


class Bench:
    def __init__(self, command, folder):
        self.command = command
        self.folder = folder
        self.environment = os.environ | {
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": folder}

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        """Returns what it prints as JSON, the seconds, and the most memory in MB. The system counts the
        memory of the process that starts another as that one's, too: so it is asked while it runs."""
        began = time.monotonic()
        memory = 0
        with subprocess.Popen([self.command, *arguments, "--json"], stdout=subprocess.PIPE,
                              env=self.environment) as process:
            while process.poll() is None:
                memory = max(memory, peak_of(process.pid))
                time.sleep(0.01)
            output = process.stdout.read()
        if process.returncode != 0:
            raise SystemExit(f"{arguments}: exit status {process.returncode}")
        return json.loads(output), time.monotonic() - began, memory

    def measure(self, what, *arguments):
        counts, seconds, memory = self.run(*arguments)
        rows = counts["rows"]
        closed = counts.get("fenced_us")
        print(f"{what:<44} {rows:>9} rows {rows / seconds:>9.0f} rows/s {memory:>6.1f} MB" +
              ("" if closed is None else f", closed for {closed / 1e6:.3f} s"), flush=True)

    def check(self, what, store, *options):
        """Counts the rows of each kind. What a check says of sizes depends on the engine."""
        counts, seconds, memory = self.run("check", "--store", store, *options)
        print(f"{what:<44} {counts['rows']:>9} rows {counts['rows'] / seconds:>9.0f} rows/s"
              f" {memory:>6.1f} MB, {counts['breaches']} breaches", flush=True)
        return {name: count for name, count in counts.items() if not name.endswith("_bytes")}

    def digest(self, name):
        """Of the rows of an export, whatever their order."""
        total = 0
        with open(self.path(name), "rb") as file:
            for line in file:
                if line.startswith(b'{"Item"'):
                    total += int.from_bytes(hashlib.sha256(line).digest(), "big")
        return total


def files(bench, count):
    store = "sqlite:" + bench.path("first.db")
    other = "sqlite:" + bench.path("second.db")
    bench.run("schema", "load", "--store", store)
    bench.run("schema", "load", "--store", other)
    fill(bench.path("first.db"), count)
    bench.measure("export from SQLite", "export", bench.path("first"), "--store", store)
    bench.measure("import into SQLite", "import", bench.path("first"), "--store", other)
    bench.measure("import into SQLite, all rows are there", "import", bench.path("first"), "--store", other)
    third = "sqlite:" + bench.path("third.db")
    bench.run("schema", "load", "--store", third)
    bench.measure("move from SQLite to SQLite", "move", store, third)
    for name, copy in (("second", other), ("third.export", third)):
        bench.run("export", bench.path(name), "--store", copy)
        assert bench.digest("first") == bench.digest(name), "rows differ"


def service(bench, url, count):
    small = "sqlite:" + bench.path("small.db")
    back = "sqlite:" + bench.path("back.db")
    bench.run("schema", "load", "--store", small)
    bench.run("schema", "load", "--store", back)
    fill(bench.path("small.db"), count)
    bench.run("export", bench.path("small"), "--store", small)
    for name, options in (("conditions", ()), ("unused", ("--unused",))):
        table = f"dynamodb:{name}?endpoint={url}"
        bench.run("schema", "load", "--store", table)
        bench.measure(f"import into DynamoDB Local, {name}", "import", bench.path("small"), "--store", table,
                      "--workers", "4", *options)
    bench.measure("import into DynamoDB Local, all are there", "import", bench.path("small"), "--store", table)
    bench.measure("export from DynamoDB Local", "export", bench.path("table"), "--store", table)
    bench.measure("import into SQLite from DynamoDB's order", "import", bench.path("table"), "--store", back)
    moved = f"dynamodb:moved?endpoint={url}"
    bench.run("schema", "load", "--store", moved)
    bench.measure("move from SQLite to DynamoDB Local", "move", small, moved, "--workers", "4")
    bench.run("export", bench.path("moved"), "--store", moved)
    for name in ("table", "moved"):
        assert bench.digest("small") == bench.digest(name), "rows differ"


def between_engines(bench, url, count):
    first = "sqlite:" + bench.path("first.db")
    table = f"dynamodb:between?endpoint={url}"
    back = "sqlite:" + bench.path("back.db")
    for store, options in ((first, ()), (table, ("--no-stream",)), (back, ())):
        bench.run("schema", "load", "--store", store, *options)
    fill(bench.path("first.db"), count)
    before = bench.check("check in SQLite", first)
    bench.measure("export from SQLite", "export", bench.path("first"), "--store", first)
    bench.measure("import into DynamoDB Local, unused", "import", bench.path("first"), "--store", table,
                  "--workers", "4", "--unused", *PATIENT)
    bench.measure("export from DynamoDB Local", "export", bench.path("table"), "--store", table, *PATIENT)
    bench.measure("import into SQLite from DynamoDB's order", "import", bench.path("table"), "--store", back)
    assert bench.digest("first") == bench.digest("table"), "rows differ"
    assert before["breaches"] == 0, f"{before['breaches']} breaches"
    after = bench.check("check in the other file", back)
    assert before == after, f"checks differ: {before}, {after}"
    on_service = bench.check("check on DynamoDB Local", table, *PATIENT)
    assert before == on_service, f"checks differ: {before}, {on_service}"


def with_service(run):
    DYNAMODB_LOCAL.fetch_or_skip()
    with subprocess.Popen([DYNAMODB_LOCAL.script], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            run(process.stdout.readline().strip())
        finally:
            process.terminate()


def main(arguments):
    command, what = arguments[:2]
    count = int(arguments[2]) if len(arguments) > 2 else 1_000_000
    on_dynamodb = int(arguments[3]) if len(arguments) > 3 else 5_000
    with tempfile.TemporaryDirectory(prefix="cruddur-") as folder:
        bench = Bench(os.path.abspath(command), folder)
        if what == "between-engines":
            with_service(lambda url: between_engines(bench, url, count))
            return
        files(bench, count)
        with_service(lambda url: service(bench, url, on_dynamodb))


if __name__ == "__main__":
    main(sys.argv[1:])
