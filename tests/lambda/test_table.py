#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Lambda function on a table that is written in mode `stream`: after its invocations every
invariant holds. Run by run_with_service.py."""
import json
import os
import signal
import subprocess
import threading
import unittest
import uuid

from function import SECRET, Door, Function, FunctionTest
from runtime_api import RuntimeApi
from table import PEOPLE, Table, foreign, messages_of, number_of, poisoned

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

    def run_command(self, *arguments, mode="stream"):
        users = [{"uuid": person, "handle": "abcdef"[place], "display_name": f"Person {place}"}
                 for place, person in enumerate(PEOPLE)]
        done = subprocess.run([COMMAND, "--store", self.table.store.replace("=stream", "=" + mode),
                               "--users", "/dev/stdin", "--timeout", "60", "--json", *arguments],
                              input=json.dumps(users), text=True, stdout=subprocess.PIPE,
                              check=True)
        return json.loads(done.stdout)

    def events(self, records):
        return [self.table.event(records[first:first + BATCH])
                for first in range(0, len(records), BATCH)]


class Apply(TableTest):
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
            for event in self.events(records):
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

    def test_rows_of_other_programs_are_no_failures(self):
        records = self.make_groups(4)
        event = self.table.event([foreign(record) for record in records] + records)
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            self.assert_answer(api.invoke(event))
            self.assert_done()
            self.assertEqual(self.line_with(function, message="event applied")["failures"], 0)

    def test_the_deadline_in_the_middle(self):
        """What was done by then stays, and what was not is reported; the next time does the rest."""
        records = self.make_groups(4)
        self.door.rules({"fault": "silent", "operation": "write", "first": 3, "times": 0,
                         "applied": False})
        with RuntimeApi() as api, Function(api.address, self.table.store,
                                           CRUDDUR_WORKERS="1") as function:
            post = api.invoke(self.table.event(records), deadline_s=10)
            self.assertLess(post.time, api.handed_out[0][1])
            failed = [line["sequenceNumber"] for line in function.lines() if "status" in line]
            self.assertEqual(len(failed), 2)
            self.assert_answer(post, *failed)
            self.assertEqual(self.line_with(function, message="event applied")["moved"], 2)
            self.door.rules()
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


class Meetings(TableTest):
    """The function beside others that move the same rows."""

    def assert_answers(self, api, count):
        for post in api.wait_posts(count):
            self.assert_answer(post)

    def test_two_at_once(self):
        """The same batches, to both at the same moment; every event goes to both twice."""
        events = self.events(self.make_groups(12)) * 2
        with RuntimeApi() as one, RuntimeApi() as other, \
                Function(one.address, self.table.store) as first, \
                Function(other.address, self.table.store) as second:
            one.wait_asked(1)
            other.wait_asked(1)
            for number, event in enumerate(events, 1):
                one.add(event=event)
                other.add(event=event)
                self.assert_answers(one, number)
                self.assert_answers(other, number)
            for function in first, second:
                self.assertEqual({line["message"] for line in function.lines()},
                                 {"event applied"})
        self.assert_done()

    def test_one_is_held(self):
        """At each of its writes in turn, while the other one does all of the work."""
        for number in range(1, 5):
            with self.subTest(number=number):
                self.meet(number)

    def meet(self, number):
        table, held = Table(self.door), Door()
        self.addCleanup(table.drop)
        for index in range(4):
            table.open_group(group_uuid(index), PEOPLE[index % 3:][:2 + index % 2], index, SECRET)
            table.send(group_uuid(index), PEOPLE[index % 3], 10 + index, SECRET)
        event = table.event(table.records())
        held.rules({"fault": "held", "operation": "write", "first": number})
        with RuntimeApi({"event": event}) as one, RuntimeApi({"event": event}) as other, \
                Function(one.address, table.store.replace(self.door.url, held.url),
                         CRUDDUR_WORKERS="1"):
            self.assertTrue(held.wait_for("fault.held", lambda: one.posts))
            with Function(other.address, table.store):
                self.assert_answers(other, 1)
            held.order("let-go")
            self.assert_answers(one, 1)
        self.assertEqual(table.check(), "")

    def write(self, groups, mode, count, sent):
        for place in range(count):
            group = groups[place % len(groups)]
            sent.append(self.run_command("send", "--as", "ab"[place // 2 % 2], group,
                                         f"{SECRET} {mode} {place}", mode=mode)["uuid"])

    def start_writers(self, count, sent):
        """One for each mode, in the same groups."""
        groups = [self.run_command("new", "--as", "a", "--to", "b", SECRET)["uuid"],
                  self.run_command("new", "--as", "a", "--to", "b", "--to", "c", SECRET)["uuid"]]
        writers = [threading.Thread(target=self.write, args=(groups, mode, count, sent))
                   for mode in ("atomic", "stream")]
        for writer in writers:
            writer.start()
        return writers

    def invoke_until(self, api, is_over):
        """With what the stream has, as it comes; and once more when all is written."""
        known = 0
        while True:
            is_last = is_over()
            records = self.table.records()
            for event in self.events(records[known:]):
                self.assert_answer(api.invoke(event))
            known = len(records)
            if is_last:
                return

    def assert_stored_once(self, sent, opened):
        """Each message that was acknowledged, and no others than those that opened the groups."""
        stored = [row["message_uuid"]["S"] for row in self.table.rows() if "message_uuid" in row]
        self.assertEqual(len(stored), len(set(stored)))
        self.assertLessEqual(set(sent), set(stored))
        self.assertEqual(len(stored), len(sent) + opened)

    def test_beside_writers(self):
        """Those in mode atomic move the rows themselves."""
        sent = []
        writers = self.start_writers(12, sent)
        with RuntimeApi() as api, Function(api.address, self.table.store) as function:
            self.invoke_until(api, lambda: not any(map(threading.Thread.is_alive, writers)))
            self.assertEqual({line["message"] for line in function.lines()}, {"event applied"})
        self.assertEqual(len(sent), 24)
        self.assert_stored_once(sent, 2)
        self.assert_done()

    def follow(self):
        return subprocess.Popen([COMMAND, "stream", "follow", "--json", "--store",
                                 self.table.store], stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_beside_a_follower(self):
        """Both are told of every message, while it is written."""
        sent, events = [], []
        with self.follow() as follower, RuntimeApi() as api, \
                Function(api.address, self.table.store) as function:
            try:
                events.append(follower.stdout.readline())
                writers = self.start_writers(12, sent)
                self.invoke_until(api, lambda: not any(map(threading.Thread.is_alive, writers)))
                while self.follower_messages(events) < len(sent) + 2:
                    events.append(follower.stdout.readline())
            finally:
                follower.terminate()
            out, err = follower.communicate(timeout=600)
            self.assertEqual((follower.returncode, err), (0, ""))
            self.assertEqual({line["message"] for line in function.lines()}, {"event applied"})
        kinds = {json.loads(event)["event"] for event in events + out.splitlines()}
        self.assertFalse(kinds & {"gap", "trouble", "record_failed"})
        self.assertEqual(len(sent), 24)
        self.assert_stored_once(sent, 2)
        self.assert_done()

    def follower_messages(self, events):
        """How many it has been told of."""
        self.assertTrue(events[-1], "the follower has ended")
        return sum(json.loads(event).get("messages", 0) for event in events)


if __name__ == "__main__":
    unittest.main()
