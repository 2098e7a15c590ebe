#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command on DynamoDB Local: the same commands, the table, what it costs, tables of another
shape."""
import os
import re
import subprocess
import unittest

from cli import EXAMPLES, LAYLA, MAREN_TEO, SECRET, TEO
from dynamodb import (INDEX, INDEX_KEYS, KEYS, AwsTest, Lacking, local,  # noqa: F401
                      setUpModule, tearDownModule)
from postgresql import PostgreSQL, find_programs

METRICS = re.compile(
    r"cruddur \w+: (\w+): (\w+) in [\d.]+ ms; runs (\d+), rows read (\d+), rows written (\d+), "
    r"requests (\d+) in (\d+) waves, read units ([\d.]+), write units ([\d.]+)")


class DynamoDBTest(AwsTest):
    """A table's name for each test."""

    def setUp(self):
        super().setUp()
        self.table = self.id().rsplit(".", 1)[1]
        self.use(local.url, self.table)
        self.addCleanup(self.drop_tables)

    def drop_tables(self):
        """Each table with time to live keeps one of DynamoDB Local's ten threads busy. Once all of
        them are, it adds no index."""
        for name in local.call("ListTables")["TableNames"]:
            table = local.call("DescribeTable", TableName=name)["Table"]
            if table.get("DeletionProtectionEnabled"):
                local.call("UpdateTable", TableName=name, DeletionProtectionEnabled=False)
            local.call("DeleteTable", TableName=name)

    def load(self, *options):
        self.assertEqual(self.ok("schema", "load", *options).out, f"{self.table}: ready\n")

    def differs(self, difference, *options):
        verified = self.run_command("schema", "verify", *options)
        self.assertEqual(verified.code, 1)
        self.assertIn(f"{self.table}: {difference}", verified.out.splitlines())


class Commands(DynamoDBTest):
    def test_a_conversation(self):
        for mode in ("auto", "atomic", "steps"):
            self.use(local.url, f"{self.table}-{mode}", mode=mode)
            self.ok("schema", "load")
            self.assertEqual(self.seed(5)["added"], 5)
            self.assertEqual(self.seed(5)["already_there"], 5)
            sent = self.ok_json("send", "--as", "@teo", MAREN_TEO, "Hello!")
            other = self.ok_json("new", "--as", "@layla", "--to", "@maren", "--to", "@teo", "Hi!")
            self.assertEqual([group["uuid"] for group in self.ok_json("groups", TEO)["groups"]],
                             [other["uuid"], MAREN_TEO])
            page = self.ok_json("messages", MAREN_TEO, "--as", "@maren", "--limit", "2")
            self.assertEqual([message["message"] for message in page["messages"]],
                             ["message 00004", "Hello!"])
            self.assertEqual(page["messages"][1], sent)
            older = self.ok_json("messages", MAREN_TEO, "--cursor", page["older"])
            self.assertEqual(len(older["messages"]), 4)
            self.fails(3, "there is no group", "messages", MAREN_TEO, "--as", LAYLA)
            cards, claims = 2, 7
            changes = 0 if mode == "steps" else 4  # for each opening, and how many there are
            self.assertEqual(len(self.ok_json("scan")["rows"]), 6 + 2 + 1 + 3 + cards + claims + changes)

    def test_upgrade(self):
        self.load()
        self.seed(3)
        rows = self.ok_json("scan")["rows"]
        for row in rows:
            key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
            if row["pk"].startswith("CARD#"):
                local.call("DeleteItem", TableName=self.table, Key=key)
            elif row["pk"].startswith("GRP#"):
                local.call("UpdateItem", TableName=self.table, Key=key,
                           UpdateExpression="REMOVE rev, version")
        self.use(local.url, self.table, mode="steps")
        for options in ((), ("--json",)):
            self.fails(2, "groups get their cards in transactions only", "schema", "upgrade", *options)
        self.use(local.url, self.table)
        self.assertEqual(self.ok_json("schema", "upgrade"),
                         {"table": self.table, "failures": [], "rows": len(rows) - 1, "groups": 1,
                          "cards": 1, "failed": 0})
        self.assertEqual(len(self.ok_json("scan")["rows"]), len(rows))
        self.assertEqual(self.ok_json("schema", "upgrade")["cards"], 0)

    def test_what_it_costs(self):
        self.load()
        result = self.run_command("new", "--as", "@maren", "--to", "@teo", "--verbose", SECRET)
        self.assertEqual(result.code, 0)
        self.assertNotIn(SECRET, result.err)
        self.assertIn("cruddur new: debug: TransactWriteItems: attempt 1, HTTP 200, ", result.err)
        operation, outcome, runs, *_, written, requests, waves, read, write = METRICS.search(
            result.err).groups()
        self.assertEqual((operation, outcome, runs, written),
                         ("group_create", "OK", "1", "5"))  # a message, 2 group rows, card, claim
        attempts = len(re.findall(r": attempt \d", result.err))
        self.assertEqual((int(requests), int(waves)), (attempts, 2))
        self.assertGreaterEqual(float(read), 0)  # DynamoDB Local: rows in a batch that are not there
        self.assertGreater(float(write), 0)
        failed = self.run_command("messages", MAREN_TEO, "--as", "@layla", "--verbose")
        cost = METRICS.search(failed.err)
        self.assertEqual(cost.group(1, 2), ("msg_list", "E_GROUP_NOT_FOUND"))
        self.assertGreater(float(cost.group(8)), 0)

    def test_no_word_of_secrets(self):
        self.load()
        for arguments in (("new", "--as", "@maren", "--to", "@teo", SECRET), ("scan",)):
            result = self.run_command(*arguments, "--verbose")
            self.assertEqual(result.code, 0)
            self.assertNotIn("testsecretkey", result.err)


class Seeding(DynamoDBTest):
    """As the original's seed: two users of PostgreSQL, by handle."""

    def test_users_from_postgresql(self):
        if find_programs() is None:
            self.skipTest("PostgreSQL is not installed")
        server = PostgreSQL()
        self.addCleanup(server.stop)
        self.load()
        users = ("--users", server.url)
        if "built without PostgreSQL" in self.run_command("users", "list", *users).err:
            self.skipTest("the command is built without PostgreSQL")
        self.ok("users", "load", os.path.join(EXAMPLES, "seed-users.csv"), *users)
        seed = ("seed", os.path.join(EXAMPLES, "conversation.txt"), "--me", "andrewbrown",
                "--other", "@bayko", *users)
        done = self.ok_json(*seed, env={"TZ": "ZZZ-14"})
        self.assertEqual((done["added"], done["already_there"]), (114, 0))
        self.assertEqual(self.ok_json(*seed)["added"], 0)
        self.ok("send", "--as", "@bayko", done["group_uuid"], "after", *users)
        uuid, = server.sql(server.url, "SELECT uuid FROM users WHERE handle = 'andrewbrown'")[0]
        group, = self.ok_json("groups", "andrewbrown", *users)["groups"]
        self.assertEqual((group["display_name"], group["handle"], group["message"]),
                         ("Andrew Bayko", "bayko", "after"))
        messages = self.ok_json("messages", done["group_uuid"], "--all")["messages"]
        self.assertEqual((messages[0]["user_uuid"], messages[0]["display_name"]),
                         (uuid, "Andrew Brown"))


class Examples(DynamoDBTest):
    def test_examples(self):
        programs = os.environ["CRUDDUR_TEST_PROGRAMS"].split(":")
        self.assertGreaterEqual(len(programs), 5)
        for program in programs:
            self.use(local.url, f"{self.table}-{os.path.basename(program)}")
            self.ok("schema", "load")
            for _ in range(2):
                done = subprocess.run([program, self.environment["CRUDDUR_STORE"]],
                                      capture_output=True, text=True, timeout=600, check=False,
                                      env=self.environment, cwd=self.folder)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertGreater(len(done.stdout), 0)


class Schema(DynamoDBTest):
    def test_load_verify_list_drop(self):
        self.fails(1, f"table {self.table} does not exist; `cruddur schema load` makes it",
                   "groups", "@maren")
        verified = self.run_command("schema", "verify")
        self.assertEqual((verified.code, verified.out, verified.err),
                         (1, f"{self.table}: there is no table {self.table}\n", ""))
        self.load()
        self.load()
        self.assertEqual(self.ok("schema", "verify").out, f"{self.table}: ready\n")
        self.assertIn(f"* {self.table}\n", self.ok("schema", "list").out)
        self.fails(2, "it needs --yes", "schema", "drop")
        self.assertEqual(self.ok("schema", "drop", "--yes").out, f"{self.table}: dropped\n")
        self.assertNotIn(self.table, self.ok("schema", "list").out)
        failed = self.fails(1, f"table {self.table} does not exist", "schema", "drop", "--yes")
        self.assertNotIn("schema load", failed.err)

    def test_json(self):
        nothing = {"table": self.table, "differences": []}
        self.assertEqual(self.ok_json("schema", "load"), nothing)
        self.assertEqual(self.ok_json("schema", "verify"), nothing)
        result = self.run_command("schema", "verify", "--deletion-protection", "--json")
        self.assertEqual((result.code, result.json["differences"]),
                         (1, ["the table is not protected from deletion"]))
        local.make_table(self.table + "-other", [("pk", "S")])
        tables = {line["table"]: line["is_of_store"]
                  for line in self.ok_json("schema", "list")["tables"]}
        self.assertEqual((tables[self.table], tables[self.table + "-other"]), (True, False))
        self.assertEqual(self.ok_json("schema", "drop", "--yes"),
                         {"table": self.table, "dropped": True})

    def test_options(self):
        options = ("--read-units", "7", "--write-units", "3", "--stream-view",
                   "NEW_AND_OLD_IMAGES", "--deletion-protection")
        self.load(*options)
        self.load(*options)
        table = local.call("DescribeTable", TableName=self.table)["Table"]
        for described in (table, table["GlobalSecondaryIndexes"][0]):
            units = described["ProvisionedThroughput"]
            self.assertEqual((units["ReadCapacityUnits"], units["WriteCapacityUnits"]), (7, 3))
        self.assertEqual(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES")
        self.fails(1, "is protected from deletion", "schema", "drop", "--yes")

    def test_what_is_there_is_kept_and_told(self):
        self.load()
        for command in ("load", "verify"):
            result = self.run_command("schema", command, "--read-units", "7", "--write-units", "3",
                                      "--no-stream", "--stream-view=NEW_IMAGE")
            self.assertEqual(result.code, 2)
            result = self.run_command("schema", command, "--read-units", "7", "--write-units", "3",
                                      "--no-stream", "--json")
            self.assertEqual(result.code, 1)
            self.assertEqual(len(result.json["differences"]), 2)
        self.load()
        # DynamoDB Local has no such backups.
        self.fails(1, "the service keeps no backups for point-in-time recovery: updating table "
                   f"{self.table}: UnknownOperationException: An unknown operation was requested.",
                   "schema", "load", "--point-in-time-recovery")
        self.assertEqual(self.run_command("schema", "verify", "--point-in-time-recovery").out,
                         f"{self.table}: the service has no point-in-time recovery\n")

    def test_no_stream_unless_wanted(self):
        self.load("--no-stream")
        table = local.call("DescribeTable", TableName=self.table)["Table"]
        self.assertNotIn("StreamSpecification", table)
        self.ok("schema", "verify", "--no-stream")
        self.differs("the table has no stream; `cruddur schema load` switches one on, and --no-stream "
                     "says that none is wanted")
        self.use(local.url, self.table, mode="stream")
        for options in ((), ("--no-stream",)):  # the mode needs one
            self.differs("the table has no stream; `cruddur schema load` switches one on", *options)
        self.load()

    def test_a_stream_of_another_view(self):
        how = (". A view cannot be changed: when all readers of the stream have come to its end, "
               "switch it off (`aws dynamodb update-table --table-name {} --stream-specification "
               "StreamEnabled=false`), and `cruddur schema load` switches on another")
        for view, differs_by in (("NEW_IMAGE", ("NEW_AND_OLD_IMAGES",)),
                                 ("NEW_AND_OLD_IMAGES", ("NEW_IMAGE",)),
                                 ("KEYS_ONLY", (None, "NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
                                 ("OLD_IMAGE", (None, "NEW_IMAGE", "NEW_AND_OLD_IMAGES"))):
            table = f"{self.table}-{view}"
            self.use(local.url, table)
            local.make_table(table, KEYS, [(INDEX_KEYS, "ALL")])
            local.call("UpdateTable", TableName=table, StreamSpecification={
                "StreamEnabled": True, "StreamViewType": view})
            self.set_expiry("expires_at", True, table)
            for wanted in (None, "NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
                options = () if wanted is None else ("--stream-view", wanted)
                line = (f"{table}: the stream has the view {view}; it must be "
                        f"{wanted or 'NEW_IMAGE or NEW_AND_OLD_IMAGES'}{how.format(table)}\n")
                for action in ("verify", "load"):  # which takes nothing away
                    result = self.run_command("schema", action, *options)
                    self.assertEqual((result.code, result.out, result.err),
                                     (1, line, "") if wanted in differs_by
                                     else (0, f"{table}: ready\n", ""))
            self.assertEqual(self.run_command("schema", "verify", "--no-stream").out,
                             f"{table}: the table has a stream; asked for is none\n")

    def expiry(self):
        described = local.call("DescribeTimeToLive", TableName=self.table)["TimeToLiveDescription"]
        return described["TimeToLiveStatus"], described.get("AttributeName")

    def set_expiry(self, attribute, is_on, table=None):
        local.call("UpdateTimeToLive", TableName=table or self.table, TimeToLiveSpecification={
            "AttributeName": attribute, "Enabled": is_on})

    def test_time_to_live(self):
        off = ("time to live is off; `cruddur schema load` switches it on for the attribute "
               "expires_at")
        self.load()
        self.assertEqual(self.expiry(), ("ENABLED", "expires_at"))
        self.set_expiry("expires_at", False)
        self.differs(off)
        self.load()  # a table that is there
        self.assertEqual(self.expiry(), ("ENABLED", "expires_at"))
        self.ok("schema", "verify")
        local.call("DeleteTable", TableName=self.table)
        local.make_table(self.table, KEYS, [(INDEX_KEYS, "ALL")])
        self.differs(off, "--no-stream")
        self.load()  # a table of another program's making
        self.assertEqual(self.expiry(), ("ENABLED", "expires_at"))

    def test_time_to_live_on_another_attribute(self):
        """Everything else is added, and what is there is kept."""
        words = ("time to live is on for the attribute gone_at; it must be expires_at, and a table "
                 "has only one. To change it, switch time to live off (`aws dynamodb "
                 "update-time-to-live`), wait an hour, and load again")
        local.make_table(self.table, KEYS, [(INDEX_KEYS, "ALL")])  # it has no stream
        self.set_expiry("gone_at", True)
        for _ in range(2):
            self.fails(1, f"table {self.table}: {words}", "schema", "load", "--deletion-protection")
            self.assertEqual(self.run_command("schema", "verify", "--deletion-protection").out,
                             f"{self.table}: {words}\n")
            self.assertEqual(self.expiry(), ("ENABLED", "gone_at"))
        self.ok("new", "--as", "@maren", "--to", "@teo", "hello")
        self.set_expiry("gone_at", False)
        self.load("--deletion-protection")
        self.assertEqual(self.expiry(), ("ENABLED", "expires_at"))

    def test_capacity_of_the_index(self):
        self.load("--read-units", "7", "--write-units", "3")
        local.call("UpdateTable", TableName=self.table, GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": INDEX, "ProvisionedThroughput": {
                "ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}])
        self.differs("the index has a capacity of 1 read and 1 write units; asked for are 7 and 3 "
                     "(0: paid by request)", "--read-units", "7", "--write-units", "3")

    def test_progress_on_a_terminal(self):
        code, text = self.on_terminal(80, "schema", "load")
        self.assertEqual(code, 0)
        self.assertIn("\rthe table is being made (0 s)\x1b[K", text)
        self.assertTrue(text.endswith(f"\r\x1b[K{self.table}: ready\n"), text)


class OtherServices(DynamoDBTest):
    """Services that speak the API and lack parts of it."""

    def setUp(self):
        super().setUp()
        self.service = Lacking(local.url)
        self.service.__enter__()
        self.addCleanup(self.service.__exit__)
        self.use(f"http://127.0.0.1:{self.service.port}", self.table)

    def lacks(self, words, *options):
        """All else is there: what is missing is told, and no more."""
        self.fails(1, words, "schema", "load", *options)

    def test_no_streams(self):
        words = ("the service does not switch on a stream; --no-stream says that none is wanted: "
                 f"updating table {self.table}: ValidationException: by {SECRET}")
        for _ in range(2):
            result = self.run_command("schema", "load", "--point-in-time-recovery")
            self.assertEqual((result.code, result.out), (1, ""))
            self.assertIn("the service keeps no backups for point-in-time recovery: ", result.err)
            result = self.run_command("schema", "load")
            self.assertEqual((result.code, result.out), (1, ""))
            self.assertIn(words, result.err)
            self.load("--no-stream")
        self.ok("schema", "verify", "--no-stream")
        self.differs("the table has no stream; `cruddur schema load` switches one on, and --no-stream "
                     "says that none is wanted")
        self.ok("new", "--as", "@maren", "--to", "@teo", "hello")

    def test_none_of_what_is_optional(self):
        for option, words in (
                ("--point-in-time-recovery", "the service keeps no backups for point-in-time "
                                             f"recovery: updating table {self.table}: Unknown"),
                ("--deletion-protection", "the service does not protect the table from deletion: "
                                          f"updating table {self.table}: ValidationException")):
            for _ in range(2):
                result = self.run_command("schema", "load", "--no-stream", option)
                self.assertEqual((result.code, result.out), (1, ""))
                self.assertIn(words, result.err)
            verified = self.run_command("schema", "verify", "--no-stream", option)
            self.assertEqual((verified.code, verified.err, len(verified.lines)), (1, "", 1))
        self.load("--no-stream")

    def test_no_time_to_live(self):
        """Claims stay there, and only the log says so."""
        words = ("cruddur schema: warning: the service has no time to live, so claims of messages stay "
                 f"in table {self.table}\n")
        for unknown in ({"DescribeTimeToLive", "UpdateTimeToLive"}, {"UpdateTimeToLive"}):
            self.service.server.unknown = unknown
            for action in ("load", "verify"):
                result = self.run_command("schema", action, "--no-stream")
                self.assertEqual((result.code, result.out, result.err),
                                 (0, f"{self.table}: ready\n", ""))
                result = self.run_command("schema", action, "--no-stream", "--verbose")
                self.assertEqual(result.code, 0)
                self.assertIn(words, result.err)
            self.ok("schema", "drop", "--yes")

    def test_the_rest_is_added(self):
        """The first refusal is told, once all that the service offers is there."""
        self.service.server.unknown = set()
        result = self.run_command("schema", "load", "--deletion-protection")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("the service does not protect the table from deletion: ", result.err)
        self.assertNotIn("stream", result.err)
        expiry = local.call("DescribeTimeToLive", TableName=self.table)["TimeToLiveDescription"]
        self.assertEqual(expiry["AttributeName"], "expires_at")

    def test_what_was_added_although_it_was_refused(self):
        """An answer that was lost, or another program at the same time."""
        self.service.server.carries_out = True
        self.load()
        self.load("--deletion-protection")
        self.ok("schema", "verify", "--deletion-protection")


class OtherTables(DynamoDBTest):
    """Tables that are not as they must be: what fails names the fix."""

    def refused(self, words, difference):
        self.fails(1, words, "new", "--as", "@maren", "--to", "@teo", "--timeout", "5", SECRET)
        self.fails(1, words, "send", "--as", "@maren", MAREN_TEO, SECRET)
        self.differs(difference)

    def test_other_keys(self):
        local.make_table(self.table, [("id", "S"), ("at", "S")])
        self.refused("has other keys than it must have (the table has the partition key id; it must "
                     "be pk); `cruddur schema verify` says more",
                     "the table has the partition key id; it must be pk")
        self.fails(1, "name another table", "schema", "load")

    def test_no_sort_key(self):
        local.make_table(self.table, [("pk", "S")])
        self.fails(1, "has other keys than it must have (the table has the sort key -; it must be sk)",
                   "groups", "@maren")
        self.differs("the table has the sort key -; it must be sk")

    def test_number_as_key(self):
        local.make_table(self.table, [("pk", "S"), ("sk", "N")])
        self.fails(1, "has other keys than it must have", "new", "--as", "@maren", "--to", "@teo",
                   SECRET)
        self.differs("the table has the sort key sk of type N; it must be S, a string")

    def test_no_index(self):
        local.make_table(self.table, [("pk", "S"), ("sk", "S")])
        self.use(local.url, self.table, mode="steps")
        self.run_command("new", "--as", "@maren", "--to", "@teo", "one")
        self.fails(1, "lacks its index; `cruddur schema load` makes it", "new", "--as", "@maren",
                   "--to", "@teo", SECRET)
        self.differs(f"the table has no index {INDEX}")
        self.load()
        self.ok("new", "--as", "@maren", "--to", "@teo", "two")

    def test_other_index(self):
        local.make_table(self.table, [("pk", "S"), ("sk", "S")],
                         [([("group", "S"), ("sk", "S")], "KEYS_ONLY")])
        self.differs("the index has the partition key group; it must be message_group_uuid")
        self.differs("the index has the projection KEYS_ONLY; it must be ALL")
        self.fails(1, "name another table or index", "schema", "load")


if __name__ == "__main__":
    unittest.main()
