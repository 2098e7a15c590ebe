#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cruddur export and import with a table on DynamoDB Local at one end or both."""
import json
import os
import threading
import unittest
import uuid

import transfer
from cli import MAREN_TEO
from dynamodb import (INDEX_KEYS, KEYS, AwsTest, Impostor, Passing, dynamodb_local,  # noqa: F401
                      local, setUpModule, tearDownModule)

OLD = 60  # messages that are older than claims last


class LeavingHalf(Passing):
    """Carries out the first half of each batch of writes."""

    def do_POST(self):
        if not self.headers["X-Amz-Target"].endswith(".BatchWriteItem"):
            super().do_POST()
            return
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        (table, writes), = request["RequestItems"].items()
        with self.server.lock:
            self.server.batches += 1
            self.server.largest = max(self.server.largest, len(writes))
            leaves_all = self.server.leaves_all
        now = [] if leaves_all else writes[:(len(writes) + 1) // 2]
        left = writes[len(now):]
        if now:
            status, body = self.pass_on(json.dumps({"RequestItems": {table: now}}).encode())
            assert (status, json.loads(body).get("UnprocessedItems", {})) == (200, {})
        answer = {"UnprocessedItems": {table: left} if left else {}}
        self.reply(200, json.dumps(answer).encode())


class Throttled(Impostor):
    def __init__(self, service):
        super().__init__()
        self.server.RequestHandlerClass = LeavingHalf
        self.server.service = service
        self.server.unknown = set()
        self.server.carries_out = False
        self.server.lock = threading.Lock()
        self.server.batches = self.server.largest = 0
        self.server.leaves_all = False
        self.server.handle_error = lambda *_: None  # a client at its deadline has gone


class TransferTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("messages.export")
        self.sqlite = self.environment["CRUDDUR_STORE"]
        self.table = f"transfer-{uuid.uuid4()}"

    def on_dynamodb(self, name=None, url=None, **parameters):
        """Names a new table from now on."""
        self.table = name or f"transfer-{uuid.uuid4()}"
        self.use(local.url, self.table, **parameters)
        self.ok("schema", "load")
        self.addCleanup(local.call, "DeleteTable", TableName=self.table)
        self.use(url or local.url, self.table, **parameters)

    def on_sqlite(self, name="other.db"):
        self.environment["CRUDDUR_STORE"] = "sqlite:" + self.path(name)
        self.ok("schema", "load")

    def make(self):
        """On SQLite: a conversation of now, old messages, foreign rows."""
        self.message = str(uuid.uuid4())
        self.ok("new", "--as", "@maren", "--to", "@teo", "first")
        self.ok("send", "--as", "@teo", MAREN_TEO, "second", "--id", self.message)
        with self.database() as connection:
            transfer.plant_messages(connection, OLD)
            transfer.plant_foreign(connection)
        self.count = self.ok_json("export", self.file)["rows"]
        return transfer.Export(self.file)

    def items(self, claims=False):
        rows = list(dynamodb_local.scan(local.url, self.table))
        return transfer.canonical_items(
            row for row in rows if claims or not row["pk"]["S"].startswith("CLAIM#"))

    def counts(self, *arguments, **how):
        counts = self.ok_json("import", *arguments, **how)
        return {name: count for name, count in counts.items() if count and name != "rows"}


class Conditional(TransferTest):
    def test_from_sqlite(self):
        export = self.make()
        self.on_dynamodb()
        self.assertEqual(self.counts(self.file), {"put": self.count, "claims": 2})
        self.assertEqual(self.items(), transfer.canonical_items(export.items()))
        everything = self.items(claims=True)
        # the send's repeat finds the message, and nothing has changed
        self.ok("send", "--as", "@teo", MAREN_TEO, "second", "--id", self.message)
        self.fails(2, "is the uuid of another message", "send", "--as", "@maren", MAREN_TEO, "x", "--id",
                   self.message)
        self.assertEqual(self.counts(self.file), {"same": self.count})
        self.assertEqual(self.items(claims=True), everything)
        # the next message finds everything in order
        self.ok("send", "--as", "@maren", MAREN_TEO, "third")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO, "--all")["messages"]), OLD + 3)

    def test_every_way(self):
        export = self.make()
        self.on_dynamodb()
        self.ok("import", self.file)
        first = self.items(claims=True)
        self.ok("export", self.path("second.export"))
        self.on_dynamodb()
        # all claims are in the export, and none is made
        self.assertEqual(self.counts(self.path("second.export")), {"put": self.count + 2})
        self.assertEqual(self.items(claims=True), first)
        self.on_sqlite()
        self.assertEqual(self.counts(self.path("second.export")), {"put": self.count + 2})
        self.ok("export", self.path("third.export"))
        self.assertEqual(transfer.canonical_items(transfer.Export(self.path("third.export")).items()),
                         first)
        # the claims that come along agree with those that would be made
        self.on_dynamodb()
        self.assertEqual(self.counts(self.path("third.export")), {"put": self.count + 2})
        self.assertEqual(self.items(claims=True), first)
        self.assertEqual(len(first), len(export.items()) + 2)

    def test_what_the_service_prints(self):
        self.make()
        self.on_dynamodb()
        self.ok("import", self.file)
        rows = self.items()
        scan = json.dumps(local.call("Scan", TableName=self.table), indent=1)
        self.on_dynamodb()
        counts = self.counts(self.write("scan", scan))
        self.assertEqual(counts, {"put": self.count + 2})
        self.assertEqual(self.items(), rows)
        self.assertEqual(self.counts(self.write("scan", scan)), {"same": self.count + 2})

    def test_conflicts(self):
        export = self.make()
        self.on_dynamodb()
        self.ok("import", self.file)
        local.call("PutItem", TableName=self.table, Item={
            "pk": {"S": "USER#1"}, "sk": {"S": "profile"}, "n": {"N": "0"}})
        result = self.run_command("import", self.file, "--json")
        self.assertEqual((result.code, result.json["conflicts"]), (1, 1))
        self.assertEqual(
            result.err, "cruddur import: USER#1 profile: the table has another row with this key, which "
                        "stays\n")
        result = self.run_command("import", self.file, "--json", "--replace")
        self.assertEqual((result.code, result.json["replaced"]), (0, 1))
        self.assertEqual(self.items(), transfer.canonical_items(export.items()))

    def test_steps(self):
        export = self.make()
        self.on_dynamodb(mode="steps")
        self.fails(2, "without transactions", "import", self.file, "--replace")
        self.assertEqual(self.counts(self.file), {"put": self.count, "claims": 2})
        self.assertEqual(self.items(), transfer.canonical_items(export.items()))

    def test_killed_and_run_again(self):
        self.make()
        with self.database() as connection:
            connection.execute("DELETE FROM cruddur_messages WHERE pk LIKE 'MSG#%' AND sk LIKE '2020%'")
            transfer.plant_messages(connection, 2100)
        self.ok("export", self.path("large.export"))
        export = transfer.Export(self.path("large.export"))
        half = b"".join(export.lines[:export.ends_of_blocks()[1] + 1])
        self.on_dynamodb()
        transfer.import_and_kill(self, half, when=lambda: len(self.items()) > 50)
        self.ok("import", self.path("large.export"))
        self.assertEqual(self.items(), transfer.canonical_items(export.items()))
        self.assertEqual(self.counts(self.path("large.export")), {"same": len(export.items())})


class Unused(TransferTest):
    def test_unprocessed_rows_are_sent_again(self):
        export = self.make()
        with Throttled(local.url) as service:
            self.on_dynamodb(url=f"http://127.0.0.1:{service.port}")
            self.assertEqual(self.counts(self.file, "--unused"), {"put": self.count, "claims": 2})
            self.assertEqual(self.items(), transfer.canonical_items(export.items()))
            self.assertEqual(service.server.largest, 25)
            self.assertGreater(service.server.batches, self.count / 25 * 2)
            self.fails(2, "--unused: the table", "import", self.file, "--unused")
            self.assertEqual(self.counts(self.file), {"same": self.count})

    def test_a_service_that_writes_nothing(self):
        self.make()
        with Throttled(local.url) as service:
            self.on_dynamodb(url=f"http://127.0.0.1:{service.port}")
            service.server.leaves_all = True
            # A deadline that a request of a loaded machine does not reach: the error is the service's.
            result = self.run_command("import", self.file, "--unused", "--timeout", "8")
            self.assertEqual(result.code, 4)
            self.assertIn("left rows unwritten", result.err)
            service.server.leaves_all = False
            self.ok("import", self.file)
            self.assertEqual(len(self.items()), self.count)


class Refused(TransferTest):
    def test_other_shapes(self):
        self.make()
        local.make_table(self.table, KEYS)
        self.addCleanup(local.call, "DeleteTable", TableName=self.table)
        self.use(local.url, self.table)
        self.fails(1, "index", "import", self.file)
        self.assertEqual(self.items(), [])
        self.use(local.url, "none")
        self.fails(1, "there is no table none", "import", self.file)
        self.fails(1, "does not exist", "export", self.path("x"))
        self.assertFalse(os.path.exists(self.path("x")))
        other = f"transfer-{uuid.uuid4()}"
        local.make_table(other, [("id", "S")], [(INDEX_KEYS, "ALL")])
        self.addCleanup(local.call, "DeleteTable", TableName=other)
        self.use(local.url, other)
        self.fails(1, "importing into", "import", self.file)
        local.call("PutItem", TableName=other, Item={"id": {"S": "x"}})
        for command in (("scan",), ("check",), ("export", self.path("x"))):
            self.fails(1, "it has other keys", *command)
        self.assertFalse(os.path.exists(self.path("x")))

    def test_row_that_is_too_large(self):
        self.make()
        with self.database() as connection:
            connection.execute("INSERT INTO cruddur_messages (pk, sk, message) VALUES ('P', 'large', ?)",
                               ("x" * 410000,))
        self.ok("export", self.path("large.export"))
        self.on_dynamodb()
        result = self.run_command("import", self.path("large.export"))
        self.assertEqual(result.code, 1)
        self.assertIn("the row P large is larger than DynamoDB's 400 KB", result.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
