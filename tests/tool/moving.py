# SPDX-License-Identifier: MIT
"""What the tests of moves share: live writers that call the library, and comparing two stores."""
import ctypes
import os
import random
import signal
import subprocess
import sys
import threading
import time

from cli import COMMAND
from dynamodb import SUPPORT, AwsTest, local

sys.path.insert(0, str(SUPPORT))
import check_table  # noqa: E402
from library import Failed, User, call, default, load  # noqa: E402

LIBRARY = load(os.environ["CRUDDUR_TEST_LIBRARY"])
CANCELLED = (71, 72)  # the source is without the note of the move, or the target is
FENCED = 73
BEHIND = 79
FENCE_ANYWAY = 0x4
PHASES = 3  # copying, catching up, closed to writes
GROUPS = int(os.environ.get("CRUDDUR_TEST_GROUPS", "3"))
MESSAGES = int(os.environ.get("CRUDDUR_TEST_MESSAGES", "12"))
SEED = int(os.environ.get("CRUDDUR_TEST_SEED", "1"))
# Beside a service each write takes the move longer than the writer: so pauses grow, and a loaded
# machine does not have more to move than an idle one. A round on a stream ends early in a pause of more
# than a second.
PAUSE_S, PAUSE_GROWTH, PAUSE_MAX_S = 0.05, 1.3, 4.0


class Event(ctypes.Structure):
    """The beginning of one."""
    _fields_ = [("size", ctypes.c_size_t), ("phase", ctypes.c_uint32)]


OBSERVER = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(Event))


class MoveOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint32), ("timeout_ms", ctypes.c_uint32),
                ("writers_ms", ctypes.c_uint32), ("workers", ctypes.c_uint32),
                ("checkpoint", ctypes.c_char_p), ("observe", OBSERVER), ("data", ctypes.c_void_p)]


LIBRARY.cruddur_move.argtypes = [ctypes.c_void_p] * 2 + [ctypes.POINTER(MoveOptions),
                                                         ctypes.POINTER(ctypes.c_void_p)]


def person(number):
    return User(f"00000000-0000-4000-8000-{number:012}".encode(), b"Name %d" % number,
                b"handle%d" % number)


def open_store(url):
    return call(LIBRARY, "open", url.encode(), None)


def open_patiently(url):
    """For calls beside which nothing is moved: on a busy machine they take longer than others may."""
    options = default(LIBRARY, "options_init")
    options.timeout_ms = 120_000
    return call(LIBRARY, "open", url.encode(), ctypes.byref(options))


class Writer:
    """Writes until the store is fenced: messages, edits, tombstones, marks."""

    def __init__(self, url, groups, seed, pause=0.0):
        self.store = open_store(url)
        self.groups = groups
        self.source = random.Random(seed)
        self.pause = pause
        self.acknowledged = set()
        self.failure = None
        self.is_stopping = False
        self.thread = threading.Thread(target=self.run)

    def append(self):
        people, group = self.source.choice(self.groups)
        author = people[self.source.randrange(2)]
        text = b"text %d" % self.source.randrange(10**9)
        message = call(LIBRARY, "msg_append", self.store, ctypes.byref(author), group, text, None)
        uuid = LIBRARY.cruddur_msg_uuid(message)
        self.acknowledged.add(uuid.decode())
        LIBRARY.cruddur_msg_free(message)
        return author, group, uuid

    def step(self):
        author, group, uuid = self.append()
        chance = self.source.random()
        if chance < 0.2:
            LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_edit", self.store, author.uuid, group, uuid,
                                          b"edited", None))
        elif chance < 0.3:
            LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_delete", self.store, author.uuid, group, uuid,
                                          None))
        elif chance < 0.4:
            LIBRARY.cruddur_group_free(call(LIBRARY, "group_mark_read", self.store, author.uuid, group,
                                            None))

    def run(self):
        try:
            while not self.is_stopping:
                self.step()
                time.sleep(self.pause)
                self.pause = min(self.pause * PAUSE_GROWTH, PAUSE_MAX_S)
        except Failed as failure:
            self.failure = failure
        LIBRARY.cruddur_close(self.store)

    def stop(self):
        self.is_stopping = True
        self.thread.join(timeout=600)


def open_groups(url, messages=MESSAGES):
    """Groups of two, with a few messages each."""
    store = open_patiently(url)
    groups = []
    for number in range(GROUPS):
        people = (person(2 * number), person(2 * number + 1))
        group = call(LIBRARY, "group_create", store, ctypes.byref(people[0]), ctypes.byref(people[1]),
                     1, b"hello", None)
        groups.append((people, LIBRARY.cruddur_group_uuid(group)))
        LIBRARY.cruddur_group_free(group)
        for i in range(messages):
            LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_append", store, ctypes.byref(people[i % 2]),
                                          groups[-1][1], b"text %d" % i, None))
    LIBRARY.cruddur_close(store)
    return groups


def rows_of(url):
    """All rows but those about the store, and claims, which only one engine has."""
    rows = map(check_table.flatten, check_table.read_store(url))
    return {(row["pk"], row["sk"]): row for row in rows
            if not row["pk"].startswith(("STORE#", "CLAIM#"))}


def claims_of(url):
    return {row["pk"][len("CLAIM#"):] for row in check_table.read_store(url)
            if row["pk"].startswith("CLAIM#")}


class MoveTest(AwsTest):
    def setUp(self):
        super().setUp()
        os.environ.update({name: value for name, value in self.environment.items()
                           if name.startswith("AWS_") or name == "HOME"})
        self.sqlite = [f"sqlite:{self.path(name)}?synchronous=normal" for name in ("a.db", "b.db")]

    def dynamodb(self, name, *options):
        url = f"dynamodb:{name}-{self.id().rsplit('.', 1)[1]}?endpoint={local.url}"
        done = self.run_command("schema", "load", "--store", url, *options)
        self.assertEqual((done.code, done.err), (0, ""))
        return url

    def begin_move(self, source, target, *options):
        return subprocess.Popen([COMMAND, "move", source, target, "--json", *options],
                                cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def move(self, source, target, *options):
        moving = self.begin_move(source, target, *options)
        out, err = moving.communicate(timeout=600)
        self.assertEqual((moving.returncode, err), (0, ""), out)

    def finish_move(self, source, target, *options):
        """After kills, of which one may have come when the move was over. Where a machine is so busy that
        a shard of a stream shows nothing for a minute, the move says so, and is run again."""
        for _ in range(3):
            moving = self.begin_move(source, target, *options)
            out, err = moving.communicate(timeout=600)
            if moving.returncode != 4 or "Run the move again" not in err:
                break
        if "the source has been moved to another store already" not in err:
            self.assertEqual((moving.returncode, err), (0, ""), out)

    def compare(self, source, target, acknowledged):
        """Every row is there as it was, none is lost or doubled, and the tables are sound."""
        before, after = rows_of(source), rows_of(target)
        self.assertEqual(before, after)
        stored = [row["message_uuid"] for row in after.values() if "message_uuid" in row]
        self.assertEqual(len(stored), len(set(stored)))
        self.assertLessEqual(acknowledged, set(stored))
        self.assertEqual(self.check_table(target), "")

    def check_fenced(self, writers):
        for writer in writers:
            writer.thread.join(timeout=600)
            self.assertIsNotNone(writer.failure, "a writer was not told")
            self.assertEqual(writer.failure.status, FENCED, str(writer.failure))

    def start_writers(self, url, groups, count, pause=0.0):
        writers = [Writer(url, groups, SEED * 1000 + i, pause) for i in range(count)]
        for writer in writers:
            writer.thread.start()
            self.addCleanup(writer.stop)
        return writers

    def move_beside_writers(self, source, target, *options, kills=0, pause=0.0, count=2):
        groups = open_groups(source, MESSAGES if pause > 0 else 20 * MESSAGES)
        writers = self.start_writers(source, groups, count, pause)
        chance = random.Random(SEED)
        for _ in range(kills):
            moving = self.begin_move(source, target, *options)
            time.sleep(chance.uniform(0, 0.3))
            moving.send_signal(signal.SIGKILL)
            moving.communicate(timeout=600)
            if moving.returncode == 0:
                break
        else:
            self.finish_move(source, target, *options)
        self.check_fenced(writers)
        acknowledged = set().union(*(writer.acknowledged for writer in writers))
        self.compare(source, target, acknowledged)
        return acknowledged


    def refuse_writes(self, moved):
        """Of commands that go through the whole table."""
        with open(self.path("rows.json"), "w", encoding="utf-8") as file:
            file.write('{"Item": {"pk": {"S": "other"}, "sk": {"S": "row"}}}\n')
        before = rows_of(moved)
        for command in (("person", "erase", person(0).uuid.decode(), "--yes"),
                        ("person", "erase", person(0).uuid.decode(), "--yes", "--keep-text"),
                        ("import", self.path("rows.json"))):
            done = self.run_command(*command, "--store", moved)
            self.assertEqual(done.code, 1, f"{command}: {done.err}")
            self.assertIn("has been moved", done.err)
        self.assertEqual(before, rows_of(moved))
