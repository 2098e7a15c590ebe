# SPDX-License-Identifier: MIT
"""What the tests of export and import share: tables to export, other formats, and interruptions."""
import gzip
import json
import os
import resource
import signal
import sqlite3
import subprocess
import time

from cli import COMMAND, MAREN, MAREN_TEO

OTHERS = {"n": {"N": "3.14"}, "b": {"B": "AAEC"}, "none": {"NULL": True}, "no": {"BOOL": False},
          "l": {"L": [{"S": "é \"q\" \\"}, {"N": "-7"}]}, "m": {"M": {"a": {"SS": ["x", "y"]}}},
          "ns": {"NS": ["1", "2"]}}
FOREIGN = [("USER#1", "profile", None, None), ("MSG#" + MAREN_TEO, "note", None, "a note"),
           ("GRP#" + MAREN, "a setting", "x", None)]


def plant_foreign(connection):
    for pk, sk, group, message in FOREIGN:
        connection.execute(
            "INSERT INTO cruddur_messages (pk, sk, message_group_uuid, message, other_attributes)"
            " VALUES (?, ?, ?, ?, ?)", (pk, sk, group, message, json.dumps(OTHERS)))


def plant_messages(connection, count, year=2020):
    """So many messages of one group; no row of an inbox."""
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO cruddur_messages (pk, sk, message, message_uuid, user_uuid,"
        " user_display_name, user_handle) VALUES (?, ?, ?, ?, ?, 'Maren', 'maren')",
        (("MSG#" + MAREN_TEO, f"{year}-01-01T00:{i // 60000000:02}:{i // 1000000 % 60:02}."
          f"{i % 1000000:06}+00:00", f"message {i}", f"00000000-0000-4000-8000-{i:012}", MAREN)
         for i in range(count)))
    connection.execute("COMMIT")


def rows_of_file(path):
    """All rows of an SQLite file, with the other attributes as values."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM cruddur_messages ORDER BY pk, sk").fetchall()
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(cruddur_messages)")]
    connection.close()
    at = names.index("other_attributes")
    return [row[:at] + (json.loads(row[at]) if row[at] else None,) + row[at + 1:] for row in rows]


def canonical(value):
    """An attribute's value, in which sets have an order."""
    (kind, inner), = value.items()
    if kind in ("SS", "NS", "BS"):
        inner = sorted(inner)
    elif kind == "L":
        inner = [canonical(element) for element in inner]
    elif kind == "M":
        inner = {name: canonical(element) for name, element in inner.items()}
    return {kind: inner}


def canonical_items(items):
    return sorted(json.dumps({name: canonical(value) for name, value in item.items()},
                             sort_keys=True) for item in items)


class Export:
    """The lines of an export."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.lines = file.read().splitlines(keepends=True)

    def items(self):
        return [json.loads(line)["Item"] for line in self.lines if line.startswith(b'{"Item"')]

    def ends_of_blocks(self):
        """The numbers of the lines that end a block."""
        return [i for i, line in enumerate(self.lines) if line.startswith(b'{"block"')]

    def as_scan(self):
        items = self.items()
        return json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items),
                           "ConsumedCapacity": None}, indent=4).encode() + b"\n"

    def as_s3(self):
        return b"".join(json.dumps({"Item": item}).encode() + b"\n" for item in self.items())


def packed(text):
    return gzip.compress(text)


def export_up_to(test, path, size):
    """Exports to a file, and is killed by the system at this size."""
    done = subprocess.run(
        [COMMAND, "export", path], capture_output=True, timeout=600, check=False, cwd=test.folder,
        env=test.environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    test.assertEqual(done.returncode, -signal.SIGXFSZ, done.stderr)
    test.assertEqual(os.path.getsize(path), size)


def import_and_kill(test, text, *options, when):
    """Imports a text of which nothing more comes, and kills the command when `when()` is true."""
    with subprocess.Popen([COMMAND, "import", "-", *options], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=test.folder,
                          env=test.environment) as process:
        process.stdin.write(text)
        process.stdin.flush()
        while not when():
            test.assertIsNone(process.poll(), "it ended before it was killed")
            time.sleep(0.02)
        process.kill()
        process.wait(timeout=600)
