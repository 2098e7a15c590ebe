# SPDX-License-Identifier: MIT
"""`cruddur stream` on DynamoDB Local's streams: following, several at once, beside writers, killed
and stopped; events from files; what is refused."""
import json
import os
import random
import signal
import subprocess
import threading
import time
import unittest

from cli import COMMAND, MAREN_TEO, SECRET, CommandTest
from dynamodb import AwsTest, local, setUpModule, tearDownModule, user  # noqa: F401

SEED = int(os.environ.get("CRUDDUR_TEST_SEED", "1"))
PATIENCE_S = 120
PATIENT = ("--timeout", "600")  # only against hanging: no call has to be fast


class StreamTest(AwsTest):
    """A table that is written in mode stream."""

    def setUp(self):
        super().setUp()
        self.table = self.id().rsplit(".", 1)[1]
        self.use(local.url, self.table, mode="stream")
        self.ok("schema", "load")

    def store(self, mode):
        return f"dynamodb:{self.table}?endpoint={local.url}&mode={mode}"

    def open_groups(self, count):
        return [self.ok_json("new", "--as", user(2 * index), "--to", user(2 * index + 1),
                             "--to", user(9999), f"group {index}")["uuid"]
                for index in range(count)]

    def send(self, groups, count, mode="stream"):
        """So many messages for each group, from a thread each."""
        def send_to(index):
            for number in range(count):
                self.ok("send", "--store", self.store(mode), "--as", user(2 * index + number % 2),
                        groups[index], f"{mode} {number}", *PATIENT)

        threads = [threading.Thread(target=send_to, args=(index,)) for index in range(len(groups))]
        for thread in threads:
            thread.start()
        return threads

    def check(self):
        return self.check_table(self.store("stream"))

    def wait_for(self, condition):
        until = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), until, "it did not come to pass")
            time.sleep(0.05)

    def start(self, *options):
        process = subprocess.Popen([COMMAND, "stream", "follow", "--json", *options],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                   env=self.environment)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def follow_once(self, *options):
        """Follows once; returns the totals."""
        lines = self.ok("stream", "follow", "--once", "--json", *options).lines
        return json.loads(lines[-1])

    def stop(self, process, number=signal.SIGTERM):
        """Stops it; returns what it told."""
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, err), (0, ""))
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(events[-1]["event"], "end")
        return events


class Once(StreamTest):
    def test_brings_every_invariant_true(self):
        groups = self.open_groups(5)
        for thread in self.send(groups, 8):
            thread.join()
        self.assertNotEqual(self.check(), "")
        position = self.path("position")
        events = self.ok("stream", "follow", "--once", "--checkpoint", position, "--json",
                         *PATIENT).lines
        events = [json.loads(event) for event in events]
        self.assertEqual(self.check(), "")
        self.assertEqual(events[0]["event"], "shard_opened")
        batches = [event for event in events if event["event"] == "batch"]
        self.assertEqual(sum(batch["messages"] for batch in batches), 5 * 9)
        self.assertEqual(sum(batch["moved"] for batch in batches), 5)
        self.assertLess(sum(batch["requests"] for batch in batches), 100)
        self.assertGreater(batches[0]["write_units"], 0)
        self.assertGreaterEqual(batches[0]["lag_ms"], 0)
        self.assertEqual(events[-1]["messages"], 5 * 9)
        again = self.follow_once("--checkpoint", position)
        # What it read was its own doing: the rows that it moved.
        self.assertEqual((again["event"], again["messages"], again["moved"]), ("end", 0, 0))
        self.assertEqual(os.stat(position).st_mode & 0o777, 0o600)

    def test_as_text(self):
        self.assertEqual(self.ok("stream", "follow", "--once").out,
                         "0 records, 0 messages, group rows moved 0 times\n")
        (group,) = self.open_groups(1)
        self.ok("send", "--as", user(0), group, SECRET)
        self.assertEqual(self.ok("stream", "follow", "--once").out.split(", ")[1:],
                         ["2 messages", "group rows moved 1 time\n"])

    def test_on_a_terminal(self):
        (group,) = self.open_groups(1)
        self.ok("send", "--as", user(0), group, SECRET)
        code, text = self.on_terminal(80, "stream", "follow", "--once")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"\r1 shard: \d+ records, 2 messages, group rows moved 1 time, "
                               r"lag \d+ s\x1b\[K")
        self.assertRegex(text, r"\r\x1b\[K\d+ records, 2 messages, group rows moved 1 time\n\Z")
        self.assertNotIn(SECRET, text)

    def test_from_latest(self):
        (group,) = self.open_groups(1)
        self.ok("send", "--as", user(0), group, "x")
        position = self.path("position")
        self.assertEqual(
            self.follow_once("--from", "latest", "--checkpoint", position)["records"], 0)
        self.assertNotEqual(self.check(), "")
        self.ok("send", "--as", user(0), group, "y")
        self.ok("stream", "follow", "--once", "--from", "latest", "--checkpoint", position)
        self.assertEqual(self.check(), "")

    def test_another_view(self):
        table = self.table + "-old"
        local.call("CreateTable", TableName=table, BillingMode="PAY_PER_REQUEST",
                   KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                   AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                   StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"})
        self.use(local.url, table)
        self.fails(1, "it must have the view NEW_IMAGE or NEW_AND_OLD_IMAGES", "stream", "follow")

    def test_verbose(self):
        self.open_groups(1)
        result = self.run_command("stream", "follow", "--once", "--verbose")
        self.assertEqual(result.code, 0)
        self.assertIn("debug: DescribeStream: attempt 1, HTTP 200", result.err)
        self.assertIn("stream_follow: OK in ", result.err)


class Daemon(StreamTest):
    def test_beside_writers(self):
        """In mode stream and in mode atomic at the same time, with two followers."""
        followers = [self.start("--checkpoint", self.path(f"position-{index}"))
                     for index in range(2)]
        groups = self.open_groups(4)
        threads = self.send(groups, 6) + self.send(groups, 3, mode="atomic")
        for thread in threads:
            thread.join()
        self.wait_for(lambda: self.check() == "")
        for follower in followers:
            events = self.stop(follower)
            self.assertFalse([event for event in events if event["event"] in ("gap",
                                                                              "record_failed")])
        messages = local.call("Scan", TableName=self.table, ConsistentRead=True)["Items"]
        self.assertEqual(sum(row["pk"]["S"].startswith("MSG#") for row in messages), 4 * 10)
        self.ok("stream", "follow", "--once", "--checkpoint", self.path("position-0"))
        self.assertEqual(self.check(), "")

    def test_killed_at_random(self):
        chance = random.Random(SEED)
        groups = self.open_groups(3)
        threads = self.send(groups, 12)
        for _ in range(6):
            process = self.start("--checkpoint", self.path("position"))
            time.sleep(chance.uniform(0.005, 0.4))
            process.kill()
            process.wait()
        for thread in threads:
            thread.join()
        self.ok("stream", "follow", "--once", "--checkpoint", self.path("position"))
        self.assertEqual(self.check(), "")

    def test_stopped(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            groups = self.open_groups(1)
            self.ok("send", "--as", user(0), groups[0], "x")
            process = self.start("--checkpoint", self.path("position"))
            line = process.stdout.readline()
            self.assertEqual(json.loads(line)["event"], "shard_opened")
            self.wait_for(lambda: self.check() == "")
            self.stop(process, number)
            self.assertEqual(self.follow_once("--checkpoint", self.path("position"))["messages"],
                             0)

    def test_two_followers_need_two_checkpoints(self):
        first = self.start("--checkpoint", self.path("position"))
        self.assertNotEqual(first.stdout.readline(), "")
        self.fails(4, "another follower uses it", "stream", "follow", "--checkpoint",
                   self.path("position"))
        self.stop(first)
        self.ok("stream", "follow", "--once", "--checkpoint", self.path("position"))

    def test_whoever_reads_goes_away(self):
        self.open_groups(1)
        process = self.start()
        process.stdout.readline()
        process.stdout.close()
        self.ok("new", "--as", user(0), "--to", user(5), SECRET)
        self.assertEqual(process.wait(timeout=PATIENCE_S), 0)
        process.stdout = None

    def test_the_service_is_away(self):
        self.use("http://127.0.0.1:1", self.table, attempts="1")
        process = self.start()
        event = json.loads(process.stdout.readline())
        self.assertEqual((event["event"], event["status"]), ("trouble", "E_NETWORK"))
        self.stop(process)


class Apply(StreamTest):
    def event(self, records):
        return self.write("event.json", json.dumps({"Records": records}))

    def send_some(self):
        for index, group in enumerate(self.open_groups(2)):
            self.ok("send", "--as", user(2 * index), group, SECRET)

    def test_an_event(self):
        self.send_some()
        path = self.event(local.records(self.table))
        self.assertRegex(self.ok("stream", "apply", path).out,
                         r"\A\d+ records, 4 messages of 2 groups; group rows of 2 moved\n\Z")
        self.assertEqual(self.check(), "")
        with open(path, encoding="utf-8") as file:
            again = self.ok("stream", "apply", "-", "--json", "--workers", "8", stdin=file.read())
        self.assertEqual(again.json, {"batchItemFailures": []})

    def test_a_record_that_makes_no_sense(self):
        self.send_some()
        records = local.records(self.table)
        number = records[0]["dynamodb"]["SequenceNumber"][:-1] + "9"
        poison = {"eventName": "INSERT", "dynamodb": {
            "Keys": {"pk": {"S": "MSG#" + SECRET}, "sk": {"S": SECRET}}, "SequenceNumber": number}}
        path = self.event([*records[:3], poison, *records[3:]])
        result = self.run_command("stream", "apply", path)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.err,
                         rf"\Acruddur stream: record 4 \(sequence number {number}\): .*\n\Z")
        self.assertNotIn(SECRET, result.err)
        self.assertIn("4 messages of 2 groups; group rows of 2 moved\n", result.out)
        self.assertEqual(self.check(), "")
        result = self.run_command("stream", "apply", path, "--json")
        self.assertEqual((result.code, result.json),
                         (1, {"batchItemFailures": [{"itemIdentifier": number}]}))

    def test_rows_of_other_programs(self):
        self.send_some()
        records = local.records(self.table)
        others = json.loads(json.dumps(records))
        for record in others:
            record["dynamodb"]["Keys"]["pk"]["S"] = "USR#" + record["dynamodb"]["Keys"]["pk"]["S"]
        result = self.ok("stream", "apply", self.event(others + records))
        self.assertIn("4 messages of 2 groups; group rows of 2 moved\n", result.out)
        self.assertEqual((result.err, self.check()), ("", ""))

    def test_of_another_table(self):
        self.send_some()
        records = local.records(self.table)
        for record in records:
            record["eventSourceARN"] = record["eventSourceARN"].replace(self.table, "another")
        self.assertEqual(self.run_command("stream", "apply", self.event(records)).code, 1)
        self.assertNotEqual(self.check(), "")

    def test_what_is_no_event(self):
        self.fails(1, "FILE: not-there: No such file", "stream", "apply", "not-there")
        for text in ("", "{", "no JSON", '{"Records":[}'):
            self.fails(2, "event: is not JSON", "stream", "apply", self.write("event.json", text))
        for text in ("[]", "7", "{}", '{"Records":{}}'):
            self.fails(2, "must be an object with a list named Records", "stream", "apply",
                       self.write("event.json", text))
        self.fails(2, "this is not valid UTF-8", "stream", "apply",
                   self.write("event.json", b'{"Records":["\xff"]}'))


class Refused(CommandTest):
    """Without a service."""

    def test_arguments(self):
        self.fails(2, "ACTION is missing", "stream")
        self.fails(2, "ACTION: it must be follow or apply", "stream", "listen")
        self.fails(2, "FILE is missing", "stream", "apply")
        self.fails(2, "there are too many arguments", "stream", "follow", "now")
        self.fails(2, "there are too many arguments", "stream", "apply", "a", "b")
        for option in (("--once",), ("--checkpoint", "x"), ("--from", "latest"),
                       ("--shards", "2")):
            self.fails(2, f"{option[0]}: it goes with follow only", "stream", "apply", "x", *option)
        self.fails(2, "--from: it must be oldest or latest", "stream", "follow", "--from", "now")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_file_has_no_stream(self):
        self.seed(3)
        self.fails(2, "this store has no stream, and needs none", "stream", "follow", "--once")
        self.assertEqual(self.ok("stream", "apply", self.write("e", '{"Records":[]}')).out,
                         "0 records, 0 messages of 0 groups; group rows of 0 moved\n")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 3)

    def test_numbers(self):
        for option in ("--workers", "--shards"):
            for value in ("0", "65", "-1", "x"):
                self.fails(2, f"{option}: it must be a whole number from 1 to 64", "stream",
                           "follow", option, value)

    def test_a_checkpoint_that_cannot_be(self):
        self.environment["CRUDDUR_STORE"] = "dynamodb:messages?endpoint=http://127.0.0.1:1"
        self.environment.update({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                                 "AWS_EC2_METADATA_DISABLED": "true"})
        self.fails(1, "its folder cannot be opened: No such file", "stream", "follow",
                   "--checkpoint", "not/there/position")
        os.mkdir(self.path("folder"))
        self.fails(1, "it is a folder; name a file in it", "stream", "follow", "--checkpoint", "folder")


if __name__ == "__main__":
    unittest.main()
