# SPDX-License-Identifier: MIT
"""What `cruddur stream follow` does to a table: order, records that cannot be applied, and kills at
every request."""
import json
import os
import signal
import subprocess
import unittest

from cli import COMMAND, SECRET
from dynamodb import local, setUpModule, tearDownModule, user  # noqa: F401
from following import ScriptTest
from streams import Failure, insert, number, removal


class WithTable(ScriptTest):
    """Messages that were written in mode stream, and records of them by script."""

    def setUp(self):
        super().setUp()
        self.script.service = local.url
        self.store = f"dynamodb:{self.table}?endpoint={local.url}&mode=stream"
        self.ok("schema", "load", "--store", self.store)
        self.seen = set()
        self.count = 0

    def write_groups(self, count):
        return [self.ok_json("new", "--store", self.store, "--as", user(2 * i), "--to",
                             user(2 * i + 1), SECRET)["uuid"] for i in range(count)]

    def send(self, group, index):
        self.ok("send", "--store", self.store, "--as", user(2 * index), group, SECRET)

    def rows(self):
        return local.call("Scan", TableName=self.table, ConsistentRead=True)["Items"]

    def new_records(self):
        """Of the messages that were written since the last time, in their order."""
        rows = sorted((row for row in self.rows() if row["pk"]["S"].startswith("MSG#")
                       and row["sk"]["S"] not in self.seen), key=lambda row: row["sk"]["S"])
        self.seen.update(row["sk"]["S"] for row in rows)
        records = []
        for row in rows:
            self.count += 1
            records.append(insert(row, self.count))
        return records

    def check(self):
        self.assertEqual(self.check_table(self.store), "")

    def test_nothing_is_applied_before_its_parents_records(self):
        groups = self.write_groups(6)
        for index, group in enumerate(groups):
            self.send(group, index)
        records = self.new_records()
        of = [[record for record in records if group in json.dumps(record["dynamodb"]["Keys"])]
              for group in groups]
        self.script.add("z", None, of[0] + of[1])
        self.script.add("y", "z", of[2] + of[3])
        self.script.add("x", "y", of[4] + of[5], closed=False)
        self.script.page = 1
        events = self.follow("--workers", "4")
        self.assertEqual((events[-1]["messages"], events[-1]["moved"]), (12, 6))
        self.check()
        touched = []  # shards, as asked for and as written for
        for operation, request in self.script.log:
            text = json.dumps(request)
            for index, group in enumerate(groups):
                if operation == "TransactWriteItems" and group in text:
                    touched.append("zyx"[index // 2])
            if operation == "GetShardIterator":
                touched.append(request["ShardId"])
        self.assertEqual("".join(touched), "".join(sorted(touched, reverse=True)))

    def test_poison_is_passed_over(self):
        (group,) = self.write_groups(1)
        self.send(group, 0)
        records = self.new_records()
        poison = insert(records[0]["dynamodb"]["NewImage"], 500)
        del poison["dynamodb"]["NewImage"]
        self.script.add("s", None, records[:1] + [poison] + records[1:])
        result = self.run_command("stream", "follow", "--once")
        self.assertEqual(result.code, 1)
        self.assertIn(f"record {number(500)}: passed over: ", result.err)
        self.assertEqual(result.out, "3 records, 2 messages, group rows moved 1 time, "
                                     "1 passed over\n")
        self.check()

    def test_rows_of_other_programs_are_nothing_to_tell(self):
        (group,) = self.write_groups(1)
        self.send(group, 0)
        records = self.new_records()
        rows = ({"pk": {"S": "MSG#" + group}, "sk": {"S": SECRET}, "message": {"S": SECRET}},
                {"pk": {"S": "USER#" + SECRET}, "sk": {"S": "PROFILE"}})
        foreign = [insert(row, 500 + count) for count, row in enumerate(rows)]
        self.script.add("s", None, records[:1] + foreign + records[1:])
        result = self.ok("stream", "follow", "--once")
        self.assertEqual((result.out, result.err),
                         ("4 records, 2 messages, group rows moved 1 time\n", ""))
        self.check()

    def test_what_is_being_applied_is_finished(self):
        (group,) = self.write_groups(1)
        self.send(group, 0)
        self.script.add("s", None, self.new_records(), closed=False)
        self.script.on_request = self.hang_at("TransactWriteItems")
        with self.start("--checkpoint", self.path("position"), "--workers", "1") as process:
            self.stop_and_wait(process)
            self.released.set()
            out, err = process.communicate(timeout=600)
        self.assertEqual((process.returncode, out, err),
                         (0, "2 records, 2 messages, group rows moved 1 time\n", ""))
        self.assertEqual(self.position(), f"after s {number(2)}")
        self.check()

    def fill_up(self, group):
        """Leaves no room for a longer message in one of the group's rows."""
        row = next(row for row in self.rows() if row["pk"]["S"].startswith("GRP#")
                   and row["message_group_uuid"]["S"] == group)
        size = sum(len(name) + len(str(value)) for name, value in row.items())
        row["padding"] = {"S": "x" * (400 * 1024 - size - 100)}
        local.call("PutItem", TableName=self.table, Item=row)

    def remove_all_but_messages(self, group):
        """The card, too, by which the group rows would be restored."""
        for row in self.rows():
            if (row["pk"]["S"] == "CARD#" + group or
                    row.get("message_group_uuid", {"S": None})["S"] == group):
                local.call("DeleteItem", TableName=self.table,
                           Key={"pk": row["pk"], "sk": row["sk"]})

    def test_hopeless_groups_are_passed_over(self):
        """One whose row would be too large, and one that lost its rows, among others."""
        groups = self.write_groups(4)
        self.new_records()
        for index, group in enumerate(groups):
            self.ok("send", "--store", self.store, "--as", user(2 * index), group,
                    SECRET + "x" * 900)
        self.fill_up(groups[0])
        self.remove_all_but_messages(groups[2])
        records = self.new_records()
        self.script.add("s", None, records, closed=False)
        self.script.page = 3
        events = self.follow("--checkpoint", self.path("position"), code=1)
        self.assertEqual({event["sequence_number"]: event["status"]
                          for event in self.of_kind(events, "record_failed")},
                         {number(5): "E_ITEM_TOO_LARGE", number(7): "E_STORE_DAMAGED"})
        self.assertEqual([(batch["records"], batch["moved"])
                          for batch in self.of_kind(events, "batch")], [(3, 1), (1, 1)])
        self.assertEqual(self.of_kind(events, "trouble"), [])
        self.assertEqual((events[-1]["messages"], events[-1]["failed"]), (4, 2))
        self.assertNotIn(SECRET, json.dumps(events))
        self.assertEqual(self.position(), f"after s {number(8)}")
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["failed"], 0)

    def test_the_position_waits_for_what_failed(self):
        groups = self.write_groups(3)
        for index, group in enumerate(groups):
            self.send(group, index)
        self.script.add("s", None, self.new_records())
        failures = []

        def fail(operation, request):
            if operation == "TransactWriteItems" and groups[1] in json.dumps(request):
                if len(failures) < 3:
                    failures.append(self.position())
                    raise Failure("InternalServerError", 500)

        self.script.on_request = fail
        events = self.follow("--checkpoint", self.path("position"))
        self.assertNotIn("s", "".join(failures))
        self.assertEqual(len(self.of_kind(events, "trouble")), 3)
        self.assertTrue(all(event["lag_ms"] >= 3600000 - 1000  # the records are an hour old
                            for event in self.of_kind(events, "trouble")))
        (batch,) = self.of_kind(events, "batch")
        self.assertEqual((batch["records"], batch["messages"], batch["groups"], batch["moved"]),
                         (6, 6, 3, 3))
        self.assertEqual(self.position(), "done s")
        self.check()

    def position(self):
        """The lines of shards in the checkpoint."""
        try:
            with open(self.path("position"), encoding="ascii") as file:
                return "\n".join(file.read().splitlines()[2:-1])
        except FileNotFoundError:
            return ""

    def test_killed_at_every_request(self):
        groups = self.write_groups(2)
        self.new_records()
        self.script.page = 1
        kills = 0
        was_killed = True
        while was_killed:
            for index, group in enumerate(groups):
                self.send(group, index)
            first, second = self.new_records()
            self.script.add("a", None, [removal(0), first])
            self.script.add("b", "a", [second, removal(10**6)])
            if os.path.exists(self.path("position")):
                os.remove(self.path("position"))
            kills += 1
            was_killed = self.follow_until(kills)
            self.resume()
            self.check()
        self.assertGreater(kills, 10)

    def resume(self):
        """Follows once, and checks that it goes on where the checkpoint says."""
        before = self.position()
        self.script.log.clear()
        self.follow("--checkpoint", self.path("position"))
        for request in self.script.asked("GetShardIterator"):
            self.assertEqual("SequenceNumber" in request, f"after {request['ShardId']} " in before)
            self.assertNotIn(f"done {request['ShardId']}", before)
        self.assertEqual(self.position(), "done a\ndone b")

    def follow_until(self, request_count):
        """Follows once and is killed at that request; whether it was."""
        asked = []
        was_killed = []
        with subprocess.Popen([COMMAND, "stream", "follow", "--once", "--checkpoint",
                               self.path("position")], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, cwd=self.folder,
                              env=self.environment) as process:

            def count(*_):
                asked.append(1)
                if len(asked) == request_count:
                    was_killed.append(1)
                    process.send_signal(signal.SIGKILL)
                    process.wait()

            self.script.on_request = count
            process.wait(timeout=600)
            self.script.on_request = None
        return bool(was_killed)


if __name__ == "__main__":
    unittest.main()
