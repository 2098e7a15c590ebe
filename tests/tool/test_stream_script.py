# SPDX-License-Identifier: MIT
"""What `cruddur stream follow` reads: lineage, splits, trimmed records, expired iterators,
throttles, empty answers, garbage."""
import json
import os
import signal
import ssl
import subprocess
import threading
import time
import unittest

from cli import COMMAND
from dynamodb import setUpModule, tearDownModule  # noqa: F401
from following import ScriptTest
from streams import Failure, number, removal


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


if __name__ == "__main__":
    unittest.main()
