# SPDX-License-Identifier: MIT
"""`cruddur stream follow` on a stream that follows a script: lineage, splits, trimmed records,
expired iterators, throttles, empty answers, garbage, and kills at every request."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import ssl
import struct
import subprocess
import termios
import threading
import time
import unittest

from cli import COMMAND, SECRET, display_width
from dynamodb import AwsTest, local, setUpModule, tearDownModule, user  # noqa: F401
from streams import Failure, Script, insert, number, removal


class ScriptTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.table = self.id().rsplit(".", 1)[1]
        self.script = Script()
        self.addCleanup(self.script.stop)
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.addCleanup(self.released.set)
        self.use_script()

    def use_script(self):
        self.use(self.script.url, self.table, attempts="1")

    def follow(self, *options, code=0):
        """Follows once; returns what happened."""
        result = self.run_command("stream", "follow", "--once", "--json", *options)
        self.assertEqual(result.code, code, (result.err, result.out))
        return [json.loads(line) for line in result.lines]

    def start(self, *options, **streams):
        """Begins to follow."""
        return subprocess.Popen([COMMAND, "stream", "follow", *options], **{
            "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
            "text": True, "cwd": self.folder, "env": self.environment, **streams})

    def hang_at(self, name):
        """Lets such requests wait until `released` is set; `hanging` tells of the first."""
        def hang(operation, _):
            if operation == name:
                self.hanging.set()
                self.released.wait(600)

        return hang

    def wait_for(self, condition):
        until = time.monotonic() + 600
        while not condition():
            self.assertLess(time.monotonic(), until, "it did not come to pass")
            time.sleep(0.02)

    def stop_and_wait(self, process, number=signal.SIGTERM):
        """Stops a process whose one request hangs, and returns when it knows: the threads for the
        other three shards are gone, those that wait, tell of events and hang are left."""
        self.assertTrue(self.hanging.wait(600))
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps:
            left = 3 + ("/libtsan." in maps.read())  # it has a thread of its own
        tasks = f"/proc/{process.pid}/task"
        self.wait_for(lambda: len(os.listdir(tasks)) == left + 3)
        process.send_signal(number)
        self.wait_for(lambda: len(os.listdir(tasks)) == left)

    @staticmethod
    def of_kind(events, kind):
        return [event for event in events if event["event"] == kind]

    def shards_read(self):
        """In the order in which they were first asked for."""
        return list(dict.fromkeys(request["ShardId"]
                                  for request in self.script.asked("GetShardIterator")))


class WithoutTable(ScriptTest):
    """Records that move nothing: nobody asks for the table."""

    def removals(self, first, count):
        return [removal(n) for n in range(first, first + count)]

    def test_parents_come_first(self):
        self.script.add("c-root", None, self.removals(1, 3))
        self.script.add("a-left", "c-root", self.removals(10, 3))
        self.script.add("b-right", "c-root", self.removals(20, 3))
        self.script.add("0-leaf", "b-right", self.removals(30, 3), closed=False)
        self.script.page = 2
        self.script.list_page = 1
        events = self.follow()
        read = self.shards_read()
        self.assertEqual(read[0], "c-root")
        self.assertLess(read.index("b-right"), read.index("0-leaf"))
        self.assertEqual(sorted(read), ["0-leaf", "a-left", "b-right", "c-root"])
        names = [(event["event"], event["shard"]) for event in events[:-1]]
        for child, parent in (("a-left", "c-root"), ("b-right", "c-root"), ("0-leaf", "b-right")):
            self.assertLess(names.index(("shard_closed", parent)),
                            names.index(("shard_opened", child)))
        self.assertEqual(events[-1]["records"], 12)

    def test_a_parent_that_is_gone_is_not_waited_for(self):
        self.script.add("child", "long-gone", self.removals(1, 2))
        self.assertEqual(self.follow()[-1]["records"], 2)

    def test_no_shards(self):
        self.assertEqual(self.follow(), [
            {"event": "end", "records": 0, "messages": 0, "moved": 0, "failed": 0, "gaps": 0}])

    def test_shards_that_wait_for_each_other(self):
        self.script.add("x", "y", self.removals(1, 1))
        self.script.add("y", "x", self.removals(2, 1))
        self.script.add("z", "z", self.removals(3, 1))
        self.assertEqual(self.follow()[-1]["records"], 3)

    def test_split_while_reading(self):
        root = self.script.add("root", None, self.removals(1, 3), closed=False)

        def split(shard):
            if shard is root and not root.closed:
                root.closed = True
                self.script.add("left", "root", self.removals(10, 2))
                self.script.add("right", "root", self.removals(20, 2), closed=False)

        self.script.after_records = split
        events = self.follow("--checkpoint", self.path("position"))
        self.assertEqual(self.shards_read()[0], "root")
        self.assertEqual(events[-1]["records"], 7)
        with open(self.path("position"), encoding="ascii") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[2:5], ["done left", f"after right {number(21)}", "done root"])
        self.script.log.clear()
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["records"], 0)
        self.assertEqual(self.shards_read(), ["right"])

    def test_expired_iterators(self):
        self.script.add("s", None, self.removals(1, 6))
        self.script.page = 2
        self.script.faults["GetRecords"] = [None, Failure("ExpiredIteratorException"), None]
        events = self.follow()
        self.assertEqual(events[-1]["records"], 6)
        self.assertEqual(self.of_kind(events, "trouble"), [])
        asked = self.script.asked("GetShardIterator")
        self.assertEqual([request["ShardIteratorType"] for request in asked],
                         ["TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER"])
        self.assertEqual(asked[1]["SequenceNumber"], number(2))

    def test_an_iterator_that_always_expires_is_trouble(self):
        self.script.add("s", None, self.removals(1, 1))
        self.script.faults["GetRecords"] = [Failure("ExpiredIteratorException")] * 4
        events = self.follow()
        self.assertEqual(events[-1]["records"], 1)
        self.assertEqual(len(self.of_kind(events, "trouble")), 3)

    def test_latest_is_not_lost_with_its_iterator(self):
        """An iterator at the end that expires before there was a record: what came since counts."""
        shard = self.script.add("s", None, self.removals(1, 2), closed=False)
        self.script.add("closed", None, self.removals(100, 5))
        self.script.faults["GetRecords"] = [None, Failure("ExpiredIteratorException")]
        self.script.after_records = lambda _: shard.records.extend(
            self.removals(3, 1) if len(shard.records) == 2 else [])
        events = self.follow("--from", "latest")
        self.assertEqual(self.shards_read(), ["s"])
        self.assertEqual(events[-1]["records"], 3)

    def test_trimmed_records_are_a_gap_once(self):
        shard = self.script.add("s", None, self.removals(1, 10), closed=False)
        self.follow("--checkpoint", self.path("position"))
        shard.records += self.removals(11, 10)
        shard.horizon = 15
        events = self.follow("--checkpoint", self.path("position"), code=1)
        gaps = self.of_kind(events, "gap")
        self.assertEqual([(gap["shard"], gap["sequence_number"]) for gap in gaps],
                         [("s", number(10))])
        self.assertEqual((events[-1]["records"], events[-1]["gaps"]), (5, 1))
        self.assertEqual(self.of_kind(events, "trouble"), [])
        self.assertEqual(self.of_kind(self.follow("--checkpoint", self.path("position")), "gap"),
                         [])

    def test_trimmed_while_reading(self):
        shard = self.script.add("s", None, self.removals(1, 10))
        self.script.page = 2
        self.script.on_request = lambda operation, request: setattr(
            shard, "horizon", 6 if request.get("ShardIterator") == "s|2" else shard.horizon)
        events = self.follow(code=1)
        self.assertEqual(len(self.of_kind(events, "gap")), 1)
        self.assertEqual(events[-1]["records"], 2 + 4)

    def test_a_shard_that_is_gone(self):
        shard = self.script.add("old", None, self.removals(1, 2), closed=False)
        self.follow("--checkpoint", self.path("position"))
        shard.listed = False
        self.script.add("young", "old", self.removals(50, 2))
        events = self.follow("--checkpoint", self.path("position"), code=1)
        self.assertEqual([gap["shard"] for gap in self.of_kind(events, "gap")], ["old"])
        self.assertEqual(events[-1]["records"], 2)
        self.assertEqual(self.of_kind(self.follow("--checkpoint", self.path("position")), "gap"),
                         [])

    def test_a_shard_that_goes_between_list_and_reading(self):
        shard = self.script.add("s", None, self.removals(1, 2))
        self.script.add("t", "s", self.removals(50, 2))

        def hide(operation, _):
            if operation == "GetShardIterator":
                shard.listed = False

        self.script.on_request = hide
        events = self.follow(code=1)
        self.assertEqual([gap["shard"] for gap in self.of_kind(events, "gap")], ["s"])
        self.assertEqual(events[-1]["records"], 2)

    def test_throttled_and_failing(self):
        self.script.add("s", None, self.removals(1, 3))
        self.script.faults = {
            "DescribeStream": [Failure("InternalServerError", 500)],
            "GetShardIterator": [Failure("LimitExceededException")],
            "GetRecords": [Failure("ProvisionedThroughputExceededException"),
                           Failure("InternalServerError", 500), Failure("AccessDeniedException")]}
        events = self.follow()
        self.assertEqual(
            [(event["shard"], event["status"]) for event in self.of_kind(events, "trouble")],
            [(None, "E_SERVICE"), ("s", "E_THROTTLED"), ("s", "E_THROTTLED"), ("s", "E_SERVICE"),
             ("s", "E_ACCESS_DENIED")])
        self.assertTrue(all(event["wait_ms"] > 0 and event["lag_ms"] is None
                            for event in self.of_kind(events, "trouble")))
        self.assertEqual(events[-1]["records"], 3)

    def test_empty_answers_before_records(self):
        shard = self.script.add("s", None, self.removals(1, 3), closed=False)
        empty = json.dumps({"Records": [], "NextShardIterator": "s|0"}).encode()
        self.script.faults["GetRecords"] = [empty] * 9
        self.assertEqual(self.follow()[-1]["records"], 3)
        shard.closed = True
        self.script.faults["GetRecords"] = [empty] * 9
        self.assertEqual(self.follow()[-1]["records"], 3)

    def test_a_closed_shard_is_read_to_its_end_however_many_answers_are_empty(self):
        self.script.add("sparse", None, self.removals(1, 3))
        self.script.add("child", "sparse", self.removals(10, 5), closed=False)
        empty = json.dumps({"Records": [], "NextShardIterator": "sparse|0"}).encode()
        self.script.faults["GetRecords"] = [empty] * 25
        self.assertEqual(self.follow()[-1]["records"], 8)

    def test_a_silent_shard_that_was_closed_meanwhile(self):
        """Ten empty answers are believed of an open shard only, and the list tells which is one."""
        shard = self.script.add("s", None, self.removals(1, 3), closed=False)
        empty = json.dumps({"Records": [], "NextShardIterator": "s|0"}).encode()
        self.script.faults["GetRecords"] = [empty] * 14

        def close(operation, _):
            shard.closed = shard.closed or len(self.script.asked("GetRecords")) == 10

        self.script.on_request = close
        self.assertEqual(self.follow()[-1]["records"], 3)

    def test_children_that_are_listed_late(self):
        self.script.add("root", None, self.removals(1, 3))
        child = self.script.add("child", "root", self.removals(10, 5), closed=False)
        child.listed = False

        def show(operation, _):
            child.listed = len(self.script.asked("DescribeStream")) > 3

        self.script.on_request = show
        self.assertEqual(self.follow()[-1]["records"], 8)

    def test_latest_takes_all_of_a_child_whose_parent_is_open(self):
        root = self.script.add("a-root", None, self.removals(1, 3), closed=False)
        self.script.add("b-child", "a-root", self.removals(10, 2), closed=False)
        self.script.after_records = lambda _: setattr(root, "closed", True)
        self.assertEqual(self.follow("--from", "latest")[-1]["records"], 2)
        self.assertEqual([request["ShardIteratorType"]
                          for request in self.script.asked("GetShardIterator")],
                         ["LATEST", "TRIM_HORIZON"])

    def test_steady_writing_is_caught_up_with(self):
        """Each answer has a record that was written just now, for ever."""
        shard = self.script.add("s", None, self.removals(1, 1), closed=False)

        def write(_):
            count = len(shard.records) + 1
            record = removal(count)
            record["dynamodb"]["ApproximateCreationDateTime"] += 3600 + 10 * (count > 20)
            shard.records.append(record)

        self.script.after_records = write
        self.assertGreater(self.follow()[-1]["records"], 20)

    def test_garbage(self):
        self.script.add("s", None, self.removals(1, 3))
        for iterator, records in ((b"<html>", b""), (b"{}", b"{"), (b"[]", b"{}"),
                                  (b'{"ShardIterator":7}', b'{"Records":{}}'),
                                  (b"", b'{"Records":[1,'), (b"null", b"null")):
            self.script.faults = {"GetShardIterator": [iterator], "GetRecords": [records]}
            events = self.follow()
            self.assertEqual([event["status"] for event in self.of_kind(events, "trouble")],
                             ["E_PROTOCOL"] * 2)
            self.assertEqual(events[-1]["records"], 3)

    def test_garbage_instead_of_records(self):
        self.script.add("s", None, self.removals(1, 2))
        self.script.faults["GetRecords"] = [json.dumps(
            {"Records": [1, None, {}, {"dynamodb": 3}, removal(1)],
             "NextShardIterator": "s|1"}).encode()]
        events = self.follow(code=1)
        self.assertEqual(len(self.of_kind(events, "record_failed")), 4)
        self.assertEqual(events[-1]["records"], 6)

    def passes(self, *statuses):
        """Trouble before anything was read ends nothing if it may pass by itself."""
        events = self.follow()
        self.assertEqual([event["status"] for event in self.of_kind(events, "trouble")],
                         list(statuses))
        self.assertEqual(events[-1]["records"], 2)

    def test_garbage_instead_of_a_list(self):
        self.script.add("s", None, self.removals(1, 2))
        for answer in (b"<html>", b"{}", b'{"StreamDescription":{"Shards":[{}]}}',
                       b'{"StreamDescription":{"Shards":[{"ShardId":"a b\\n"}]}}',
                       b'{"StreamDescription":{"Shards":[{"ShardId":"a","ParentShardId":" "}]}}'):
            self.script.faults["DescribeStream"] = [answer, answer]
            self.passes("E_PROTOCOL", "E_PROTOCOL")

    def test_trouble_at_the_start(self):
        self.script.add("s", None, self.removals(1, 2))
        for operation in ("DescribeTable", "DescribeStream"):
            for fault, status in ((b"<html>", "E_PROTOCOL"),
                                  (Failure("InternalServerError", 500), "E_SERVICE"),
                                  (Failure("ThrottlingException"), "E_THROTTLED")):
                self.script.faults[operation] = [fault]
                self.passes(status)
        self.script.server.resets = 2
        self.passes("E_NETWORK", "E_NETWORK")

    def test_connections_that_are_lost_in_the_handshake(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
                        self.path("key.pem"), "-out", self.path("cert.pem"), "-subj", "/CN=test",
                        "-addext", "subjectAltName=DNS:localhost"], check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        self.environment["AWS_CA_BUNDLE"] = self.path("cert.pem")
        self.script.server.context = context
        self.script.add("s", None, self.removals(1, 2))
        port = self.script.server.server_port
        self.use(f"https://localhost:{port}", self.table, attempts="1")
        self.script.server.resets = 2
        self.passes("E_NETWORK", "E_NETWORK")
        # A certificate of another host does not pass.
        self.use(f"https://127.0.0.1:{port}", self.table, attempts="1")
        self.fails(1, "certificate", "stream", "follow")

    def test_what_is_wrong_from_the_start(self):
        self.script.faults["DescribeTable"] = [Failure("ResourceNotFoundException")]
        self.fails(1, "does not exist; `cruddur schema load` makes it", "stream", "follow")
        self.script.faults["DescribeStream"] = [Failure("AccessDeniedException")]
        self.fails(1, "AccessDeniedException", "stream", "follow")
        self.script.has_stream = False
        self.fails(1, f"table {self.table} has no stream; `cruddur schema load` switches one on",
                   "stream", "follow")

    def test_the_stream_is_switched_off_while_it_is_followed(self):
        self.script.add("s", None, self.removals(1, 2), closed=False)
        listings = []

        def change(operation, _):
            if operation == "DescribeStream":
                listings.append(operation)
            if len(listings) == 2:
                self.script.has_stream = False
                self.script.shards["s"].closed = True

        self.script.on_request = change
        result = self.run_command("stream", "follow", "--json", "--checkpoint",
                                  self.path("position"))
        self.assertEqual(result.code, 1)
        self.assertIn("was switched off", result.err)
        self.assertIn('"shard_closed"', result.out)

    def test_the_stream_goes_while_it_is_caught_up_with(self):
        """The open shard has caught up, the list is no more: that is all of it."""
        self.script.add("a", None, self.removals(1, 2))
        self.script.add("b", None, self.removals(10, 2), closed=False)

        def change(operation, request):
            if request.get("ShardIterator", "").startswith("a|"):
                self.script.has_stream = False

        self.script.on_request = change
        result = self.run_command("stream", "follow", "--once", "--json")
        self.assertEqual(result.code, 1)
        self.assertIn("was switched off", result.err)
        self.assertEqual(result.out.count('"batch"'), 2)

    def test_a_checkpoint_that_cannot_be_written(self):
        self.script.add("s", None, self.removals(1, 2), closed=False)
        os.mkdir(self.path("position.new"))
        self.fails_late("--once")
        process = subprocess.Popen([COMMAND, "stream", "follow", "--json", "--checkpoint",
                                    self.path("position")], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, text=True, cwd=self.folder,
                                   env=self.environment)
        with process:
            for line in process.stdout:
                if json.loads(line)["event"] == "trouble":
                    break
            self.assertEqual(json.loads(line)["status"], "E_STORE_IO")
            os.rmdir(self.path("position.new"))
            while not os.path.exists(self.path("position")):
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
        self.assertEqual(process.returncode, 0)

    def fails_late(self, *options):
        result = self.run_command("stream", "follow", "--checkpoint", self.path("position"),
                                  *options)
        self.assertEqual(result.code, 1)
        self.assertIn("it cannot be written: Is a directory", result.err)

    def test_many_shards(self):
        for index in range(400):
            self.script.add(f"{index:04}", f"{index - 7:04}", self.removals(10 * index + 1, 2),
                            closed=index < 393)
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["records"], 800)
        self.script.log.clear()
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["records"], 0)
        self.assertEqual(len(self.shards_read()), 7)

    def test_shards_at_the_same_time(self):
        for index in range(8):
            self.script.add(str(index), None, self.removals(10 * index + 1, 2))
        together = threading.Barrier(8)

        def meet(operation, request):
            if operation == "GetRecords":
                together.wait(600)

        self.script.on_request = meet
        self.assertEqual(self.follow("--shards", "8")[-1]["records"], 16)
        self.assertFalse(together.broken)

    def test_a_checkpoint_of_another_stream(self):
        self.follow("--checkpoint", self.path("position"))
        self.script.stream = self.script.stream.replace("2026", "2027")
        self.fails(2, f"--checkpoint: {self.path('position')}: it is of another stream", "stream",
                   "follow", "--checkpoint", self.path("position"))
        self.write("position", "cruddur stream checkpoint 1\n")
        self.fails(2, "it is damaged, or no checkpoint", "stream", "follow", "--checkpoint",
                   self.path("position"))
        with open(self.path("position"), encoding="ascii") as file:
            self.assertEqual(file.read(), "cruddur stream checkpoint 1\n")


class Stopping(ScriptTest):
    """A request hangs; whoever follows is told to stop meanwhile."""

    def setUp(self):
        super().setUp()
        self.script.add("s", None, [removal(1), removal(2)], closed=False)
        self.script.on_request = self.hang_at("GetRecords")

    def stop(self, *options, release=True):
        """Returns how it ended, what it told, and what its checkpoint says of shards."""
        with self.start("--checkpoint", self.path("position"), *options) as process:
            self.stop_and_wait(process)
            if release:
                self.released.set()
            out, err = process.communicate(timeout=600)
        with open(self.path("position"), encoding="ascii") as file:
            return process.returncode, out, err, file.read().splitlines()[2:-1]

    def test_what_was_not_begun_with_is_dropped(self):
        self.assertEqual(self.stop(), (0, "0 records, 0 messages, group rows moved 0 times\n", "",
                                       []))
        self.script.on_request = None
        self.assertEqual(self.follow("--checkpoint", self.path("position"))[-1]["records"], 2)

    def test_a_request_that_hangs_ends_at_its_deadline(self):
        self.assertEqual(self.stop("--timeout", "1", release=False),
                         (0, "0 records, 0 messages, group rows moved 0 times\n", "", []))

    def test_once_is_not_done(self):
        told = "cruddur stream: it was stopped before it had caught up\n"
        self.assertEqual(self.stop("--once"), (
            4, "0 records, 0 messages, group rows moved 0 times\n", told, []))
        self.hanging.clear()
        self.released.clear()
        code, out, err, _ = self.stop("--once", "--json")
        self.assertEqual((code, err), (4, told))
        self.assertEqual([json.loads(line)["event"] for line in out.splitlines()],
                         ["shard_opened"])

    def test_once_is_not_done_when_its_reader_goes_away(self):
        self.script.after_records = lambda shard: shard.records.append(
            removal(len(shard.records) + 1))  # there is always more
        with self.start("--once", "--json") as process:
            self.assertTrue(self.hanging.wait(600))
            process.stdout.close()
            self.released.set()
            self.assertEqual(process.wait(timeout=600), 4)
            self.assertIn("it was stopped before it had caught up", process.stderr.read())

    def test_the_second_signal_ends_it(self):
        for first, second in ((signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM),
                              (signal.SIGTERM, signal.SIGTERM)):
            self.hanging.clear()
            with self.start("--checkpoint", self.path("position")) as process:
                self.stop_and_wait(process, first)
                process.send_signal(second)
                self.assertEqual(process.wait(timeout=600), -second)


class OnTerminal(ScriptTest):
    """The line that is written over and over."""

    def setUp(self):
        super().setUp()
        self.leader, self.follower = pty.openpty()
        self.addCleanup(os.close, self.leader)
        self.addCleanup(os.close, self.follower)
        self.seen = ""

    def read_until(self, pattern):
        until = time.monotonic() + 600
        while not re.search(pattern, self.seen):
            self.assertLess(time.monotonic(), until, self.seen)
            if select.select([self.leader], [], [], 1)[0]:
                self.seen += os.read(self.leader, 65536).decode()

    def test_it_is_shown_before_and_between_events(self):
        self.script.add("s", None, [removal(1)], closed=False)
        self.script.on_request = self.hang_at("DescribeTable")
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        with self.start(stdout=self.follower, stderr=self.follower) as process:
            self.read_until(r"\r0 shards: 0 records, 0 messages, group rows moved 0 times\x1b\[K")
            self.released.set()
            self.read_until(r"\r1 shard: 1 record, .*, lag 36\d\d s\x1b\[K")
            self.read_until(r", lag 36\d\d s \([2-9]\d* s ago\)\x1b\[K")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=600), 0)

    def test_it_fits(self):
        self.script.add("s", None, [removal(1)], closed=False)
        code, text = self.on_terminal(40, "stream", "follow", "--once")
        self.assertEqual(code, 0)
        lines = re.findall(r"\r([^\r\x1b]+)\x1b\[K", text)
        self.assertTrue(any("1 shard: 1 record, " in line for line in lines), text)
        for line in lines:
            self.assertLess(display_width(line), 40)


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
