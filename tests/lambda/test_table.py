#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Lambda function on a table that is written in mode `stream`: after its invocations every
invariant holds. Run by run_with_service.py."""
import json
import os
import signal
import subprocess
import unittest
import uuid

from function import SECRET, Function, FunctionTest
from runtime_api import RuntimeApi
from table import PEOPLE, Door, Table, messages_of, number_of, poisoned

COMMAND = os.environ["CRUDDUR_TEST_COMMAND"]
BATCH = 7


def group_uuid(number):
    return f"5ae290ed-55d1-47a0-bc6d-{number:012}"


class TableTest(FunctionTest):
    def setUp(self):
        self.door = Door()
        self.table = Table(self.door)
        self.addCleanup(self.table.drop)

    def make_groups(self, count, messages=3):
        """Groups of two and three people, with messages behind which the group rows stay."""
        number = 0
        for index in range(count):
            members = PEOPLE[index % 3:index % 3 + 2 + index % 2]
            self.table.open_group(group_uuid(index), members, number, SECRET)
            for place in range(1, messages):
                self.table.send(group_uuid(index), members[place % 2], number + place, SECRET)
            number += messages
        return self.table.records()

    def assert_done(self, *options):
        self.assertEqual(self.table.check(*options), "")


class Apply(TableTest):
    def run_command(self, *arguments):
        users = [{"uuid": person, "handle": "abcdef"[place], "display_name": f"Person {place}"}
                 for place, person in enumerate(PEOPLE)]
        done = subprocess.run([COMMAND, "--store", self.table.store, "--users", "/dev/stdin",
                               "--json", *arguments], input=json.dumps(users), text=True,
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def test_what_the_command_wrote(self):
        groups = [self.run_command("new", "--as", "a", "--to", "b", SECRET)["uuid"],
                  self.run_command("new", "--as", "a", "--to", "b", "--to", "c", SECRET)["uuid"]]
        for place in range(10):
            self.run_command("send", "--as", "ab"[place % 2], groups[place // 2 % 2],
                             f"{SECRET} {place}")
        self.assertNotEqual(self.table.check(), "")
        records = self.table.records()
        requests = self.door.count("received")
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            for first in range(0, len(records), BATCH):
                event = self.table.event(records[first:first + BATCH])
                self.assert_answer(api.invoke(event, deadline_s=60))
            self.assert_done()
            lines = function.lines()
            self.assertEqual({line["message"] for line in lines}, {"event applied"})
            self.assertEqual(sum(line["records"] for line in lines), len(records))
            self.assertEqual(sum(line["messages"] for line in lines), 12)
            self.assertGreater(sum(line["writeUnits"] for line in lines), 0)
            self.assertEqual(sum(line["requests"] for line in lines),
                             self.door.count("received") - requests)

    def test_again_and_backwards(self):
        records = self.make_groups(4)
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            self.assert_answer(api.invoke(self.table.event(records)))
            self.assert_done()
            rows = self.table.rows()
            for record in reversed(records):
                self.assert_answer(api.invoke(self.table.event([record])))
            self.assert_answer(api.invoke(self.table.event(self.table.records())))
            self.assertEqual(self.table.rows(), rows)
            self.assertEqual([line["moved"] for line in function.lines()],
                             [4] + [0] * (len(records) + 1))

    def test_a_poison_record_hides_no_other(self):
        records = self.make_groups(4)
        whole = messages_of(records)[4]
        at = records.index(whole)
        event = self.table.event(records[:at] + [poisoned(whole)] + records[at + 1:])
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            self.assert_answer(api.invoke(event), number_of(whole))
            self.assert_done()
            line = self.line_with(function, sequenceNumber=number_of(whole))
            self.assertEqual((line["level"], line["status"], line["record"], line["requestId"]),
                             ("ERROR", "E_INVALID_ARGUMENT", at, "request-1"))
            self.assertEqual(self.line_with(function, message="event applied")["failures"], 1)

    def test_the_deadline_in_the_middle(self):
        """What was done by then stays, and what was not is reported; the next time does the rest."""
        records = self.make_groups(4)
        self.door.set_rules({"fault": "silent", "operation": "write", "first": 3, "times": 0,
                             "applied": False})
        with RuntimeApi() as api, Function(api.address, self.table.store,
                                           CRUDDUR_WORKERS="1") as function:
            post = api.invoke(self.table.event(records), deadline_s=10)
            self.assertLess(post.time, api.handed_out[0][1])
            failed = [line["sequenceNumber"] for line in function.lines() if "status" in line]
            self.assertEqual(len(failed), 2)
            self.assert_answer(post, *failed)
            self.assertEqual(self.line_with(function, message="event applied")["moved"], 2)
            self.door.set_rules()
            self.assert_answer(api.invoke(self.table.event(records)))
            self.assert_done()

    def test_a_table_that_is_not_there(self):
        records = self.make_groups(1)
        missing = self.table.store.replace(self.table.name, f"none-{uuid.uuid4()}")
        event = {"Records": messages_of(records)}
        with RuntimeApi() as api, Function(api.address, missing) as function:
            self.assert_answer(api.invoke(event), number_of(event["Records"][-1]))
            self.line_with(function, status="E_TABLE_MISSING")

    def test_a_large_event(self):
        """6 MB: the same messages many times, as they may come."""
        records = self.make_groups(40)
        size = len(json.dumps(self.table.event(records)))
        times = (6 << 20) // size
        event = self.table.event(records * times)
        self.assertGreater(len(json.dumps(event)), 5_900_000)
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            self.assert_answer(api.invoke(event))
            self.assert_done()
            line = self.line_with(function, message="event applied")
            self.assertEqual((line["records"], line["groups"], line["moved"]),
                             (len(records) * times, 40, 40))


class Frozen(TableTest):
    def test_connections_that_died_meanwhile(self):
        """Several workers' connections are gone when the process wakes up; nobody notices."""
        self.make_groups(8, messages=1)
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            for turn in range(1, 4):
                known = len(self.table.records())
                for index in range(8):
                    self.table.send(group_uuid(index), PEOPLE[index % 3], 100 * turn + index, SECRET)
                event = self.table.event(self.table.records()[known:])
                self.assert_answer(api.invoke(event))
                self.assert_done()
                api.wait_asked(turn + 1)
                os.kill(function.process.pid, signal.SIGSTOP)
                self.door.close_connections()
                os.kill(function.process.pid, signal.SIGCONT)
            self.assertEqual({line["message"] for line in function.lines()}, {"event applied"})
            self.assertEqual([line["moved"] for line in function.lines()], [8] * 3)


if __name__ == "__main__":
    unittest.main()
