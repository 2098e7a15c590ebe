#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cruddur move: between the engines, beside live writers, killed and continued, given up."""
import contextlib
import ctypes
import json
import os
import signal
import sqlite3
import time
import unittest

from dynamodb import Impostor, Passing, local, setUpModule, tearDownModule  # noqa: F401
from moving import (BEHIND, call, CANCELLED, check_table, claims_of, Failed, FENCE_ANYWAY, FENCED,
                    LIBRARY, MoveOptions, MoveTest, OBSERVER, open_groups, open_patiently, open_store,
                    PAUSE_S, person, PHASES, rows_of, SEED, User, Writer)


class Engines(MoveTest):
    def test_sqlite_to_sqlite(self):
        self.move_beside_writers(*self.sqlite, count=8)
        self.refuse_writes(self.sqlite[0])
        # Copying may have met a group's row before and after it moved: that is noted, and then forgotten.
        self.assertEqual([row["pk"] for row in check_table.read_store(self.sqlite[1])
                          if row["pk"].startswith("STORE#")], [])

    def test_sqlite_to_dynamodb(self):
        target = self.dynamodb("target")
        acknowledged = self.move_beside_writers(self.sqlite[0], target, pause=PAUSE_S)
        # All messages are younger than a claim's lifetime; each has one.
        self.assertLessEqual(acknowledged, claims_of(target))
        self.assertEqual(claims_of(target), {row["message_uuid"] for row in rows_of(target).values()
                                             if row["pk"].startswith("MSG#")})

    def test_dynamodb_to_sqlite(self):
        source = self.dynamodb("source", "--stream-view", "NEW_IMAGE")
        self.move_beside_writers(source, self.sqlite[1], "--checkpoint", self.path("point"),
                                 "--writers", "3", pause=PAUSE_S)
        self.assertEqual(claims_of(self.sqlite[1]), set())


class Observed(MoveTest):
    """Moves in this process, whose observer writes to the source."""

    def write_in(self, store, group, count):
        author, uuid = group[0][0], group[1]
        for i in range(count):
            LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_append", store, ctypes.byref(author), uuid,
                                          b"meanwhile %d" % i, None))

    def move_observed(self, source, target, observe, flags=0, checkpoint=None, writers_ms=10000):
        stores = [open_patiently(url) for url in (source, target)]
        options = MoveOptions(ctypes.sizeof(MoveOptions), flags, 0, writers_ms, 8, checkpoint,
                              OBSERVER(observe), None)
        error = ctypes.c_void_p()
        status = LIBRARY.cruddur_move(*stores, ctypes.byref(options), ctypes.byref(error))
        LIBRARY.cruddur_error_free(error)
        for store in stores:
            LIBRARY.cruddur_close(store)
        return status

    def test_source_that_changes_too_fast(self):
        """Each round there is as much as in the one before. Each message moves 49 rows."""
        store = open_store(self.sqlite[0])
        self.addCleanup(LIBRARY.cruddur_close, store)
        people = (User * 49)(*(person(number) for number in range(49)))
        opened = call(LIBRARY, "group_create", store, ctypes.byref(people[0]),
                      ctypes.byref(people[1]), 48, b"hello", None)
        group = (people, LIBRARY.cruddur_group_uuid(opened))
        LIBRARY.cruddur_group_free(opened)
        phases = []

        def observe(_, event):
            phases.append(event.contents.phase)
            if phases[-1] < 2:
                self.write_in(store, group, 12)
            return True

        self.assertEqual(self.move_observed(*self.sqlite, observe), BEHIND)
        self.assertNotIn(2, phases)
        self.write_in(store, group, 1)  # it is still open
        self.assertEqual(self.move_observed(*self.sqlite, observe, FENCE_ANYWAY), 0)
        self.assertIn(2, phases)
        self.compare(*self.sqlite, set())

    def test_stream_that_is_late(self):
        """It shows nothing until the move puts its marks."""
        self.dynamodb("source", "--stream-view", "NEW_IMAGE")
        with Late(local.url) as late:
            source = f"dynamodb:source-test_stream_that_is_late?endpoint=http://127.0.0.1:{late.port}"
            groups = open_groups(source, 1)
            store = open_patiently(source)
            self.addCleanup(LIBRARY.cruddur_close, store)

            def observe(_, event):
                if event.contents.phase == 0:
                    self.write_in(store, groups[0], 3)
                return True

            status = self.move_observed(source, self.sqlite[1], observe, writers_ms=1,
                                        checkpoint=self.path("point").encode())
            self.assertEqual(status, 0)
            self.assertTrue(late.server.has_marks)
            self.compare(source, self.sqlite[1], set())
        self.assertEqual(sorted(row["pk"] for row in check_table.read_store(source.replace(
            f"http://127.0.0.1:{late.port}", local.url)) if row["pk"].startswith("STORE#")),
            ["STORE#FENCE", "STORE#MOVE"])


class LatePassing(Passing):
    def pass_on(self, body):
        is_mark = b"STORE#MARK" in body and b'"expires_at": {"N":' in body
        self.server.has_marks = self.server.has_marks or is_mark
        answer = super().pass_on(body)
        if self.headers["X-Amz-Target"].endswith(".GetRecords") and not self.server.has_marks:
            again = json.loads(body)["ShardIterator"]
            return 200, json.dumps({"Records": [], "NextShardIterator": again}).encode()
        return answer


class Late(Impostor):
    """A service whose stream shows nothing until marks are written."""

    def __init__(self, service):
        super().__init__()
        self.server.RequestHandlerClass = LatePassing
        self.server.service = service
        self.server.unknown = set()
        self.server.has_marks = False


class Kills(MoveTest):
    """Into a file that is there: one whose making was interrupted has to be removed by hand."""

    def setUp(self):
        super().setUp()
        self.ok("schema", "load", "--store", self.sqlite[1])

    def test_sqlite(self):
        self.move_beside_writers(*self.sqlite, kills=8, count=4)

    def test_dynamodb(self):
        source = self.dynamodb("source", "--stream-view", "NEW_IMAGE")
        self.move_beside_writers(source, self.sqlite[1], "--checkpoint", self.path("point"),
                                 "--writers", "3", kills=2, pause=PAUSE_S)


class Refusals(MoveTest):
    def refuse(self, code, words, *arguments):
        """Nothing is created."""
        before = self.stores()
        done = self.run_command("move", *arguments)
        self.assertEqual(done.code, code, done.err)
        self.assertIn(words, done.err)
        self.assertEqual(self.stores(), before)

    def stores(self):
        return sorted(name for name in os.listdir(self.folder) if name.endswith(".db"))

    def test_itself(self):
        open_groups(self.sqlite[0])
        before = rows_of(self.sqlite[0])
        os.symlink(self.path("a.db"), self.path("link.db"))
        for target in (self.sqlite[0], f"sqlite:{self.path('link.db')}"):
            self.refuse(2, "TO: is the same store", self.sqlite[0], target)
        self.assertEqual(before, rows_of(self.sqlite[0]))

    def test_itself_and_empty(self):
        store = open_store(self.sqlite[0])
        LIBRARY.cruddur_close(store)
        self.refuse(2, "TO: is the same store", self.sqlite[0], self.sqlite[0])
        self.assertEqual(list(check_table.read_store(self.sqlite[0])), [])

    def test_target_with_rows(self):
        open_groups(self.sqlite[0])
        open_groups(self.sqlite[1])
        self.refuse(2, "TO: must be an empty table", *self.sqlite)

    def test_moved_twice(self):
        open_groups(self.sqlite[0])
        self.move(*self.sqlite)
        self.refuse(1, "has been moved", self.sqlite[0], f"sqlite:{self.path('c.db')}")
        self.refuse(1, "has been moved", *self.sqlite, "--cancel")

    def test_options(self):
        LIBRARY.cruddur_close(open_store(self.sqlite[0]))
        self.refuse(2, "--checkpoint", *self.sqlite, "--checkpoint", self.path("point"))
        self.refuse(2, "--workers", *self.sqlite, "--workers", "17")
        self.refuse(1, "does not exist", *self.sqlite, "--cancel")
        self.refuse(2, "synchronous", self.sqlite[0], self.sqlite[1] + "&synchronous=maybe")
        options = MoveOptions(ctypes.sizeof(MoveOptions), 3, 0, 10000, 8, None, OBSERVER(), None)
        store = open_store(self.sqlite[0])
        for flags, status in ((3, 11), (0, 10), (10, 11), (2, 0)):
            options.flags = flags
            self.assertEqual(LIBRARY.cruddur_move(store, None, ctypes.byref(options), None), status)
        LIBRARY.cruddur_close(store)

    def test_missing_source(self):
        self.refuse(1, "does not exist", f"sqlite:{self.path('none.db')}", self.sqlite[1])

    def test_no_stream(self):
        source = self.dynamodb("source", "--no-stream")
        self.refuse(1, "stream", source, self.sqlite[1], "--checkpoint", self.path("point"))
        self.refuse(2, "--checkpoint", source, self.sqlite[1])

    def test_other_shape(self):
        open_groups(self.sqlite[0])
        local.make_table("other", [("pk", "S"), ("sk", "N")])
        self.refuse(1, "other", self.sqlite[0], f"dynamodb:other?endpoint={local.url}")
        self.refuse(1, "nothing-there", self.sqlite[0],
                    f"dynamodb:nothing-there?endpoint={local.url}")


class GivingUp(MoveTest):
    def stop_after_first_part(self):
        """A move that its observer stops."""
        stores = [open_store(url) for url in self.sqlite]
        observe = OBSERVER(lambda data, event: False)
        options = MoveOptions(ctypes.sizeof(MoveOptions), 0, 0, 10000, 1, None, observe, None)
        self.assertEqual(LIBRARY.cruddur_move(*stores, ctypes.byref(options), None), 0)
        for store in stores:
            LIBRARY.cruddur_close(store)
        notes = [row["pk"] for row in check_table.read_store(self.sqlite[0])
                 if row["pk"].startswith("STORE#")]
        self.assertEqual(notes, ["STORE#MOVE"])

    def assert_erased(self, texts):
        """In neither file of the source, nor in an export."""
        export = self.run_command("export", "-", "--store", self.sqlite[0])
        self.assertEqual((export.code, export.err), (0, ""))
        self.assertNotIn("STORE#", export.out)
        copies = [export.out.encode()]
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("a.db"):
                with open(self.path(name), "rb") as file:
                    copies.append(file.read())
        for text in texts:
            for copy in copies:
                self.assertNotIn(text, copy)

    def test_a_sequence_keeps_nothing_of_what_was_erased(self):
        (_, group), *_ = open_groups(self.sqlite[0])
        store = open_store(self.sqlite[0])
        author = User(b"00000000-0000-4000-8000-000000000000", b"Quentin Oddname", b"oddhandle")
        for _ in range(3):
            LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_append", store, ctypes.byref(author), group,
                                          b"harpsichord", None))
        LIBRARY.cruddur_close(store)
        self.stop_after_first_part()
        for step in ("while it is moved", "after the move was given up"):
            with self.subTest(step):
                done = self.run_command("person", "erase", author.uuid.decode(), "--yes", "--store",
                                        self.sqlite[0])
                self.assertEqual((done.code, done.err), (0, ""))
                self.assert_erased((b"Quentin", b"oddhandle", b"harpsichord"))
            self.run_command("move", *self.sqlite, "--cancel")
        self.assertEqual(self.check_table(self.sqlite[0].partition("?")[0]), "")

    def test_source_takes_writes_again(self):
        groups = open_groups(self.sqlite[0])
        environment = {**self.environment}
        # Stopped between the fence and the end: the target cannot be written.
        moving = self.begin_move(*self.sqlite, "--verbose")
        while moving.poll() is None and "closed" not in moving.stderr.readline():
            pass
        moving.send_signal(signal.SIGKILL)
        moving.communicate(timeout=600)
        if moving.returncode == 0:
            self.skipTest("the move was faster than its end")
        done = self.run_command("move", *self.sqlite, "--cancel", env=environment)
        self.assertIn(done.code, (0, 1), done.err)
        if done.code == 1:  # it had ended all the same
            self.assertIn("has been moved", done.err)
            return
        writer = Writer(self.sqlite[0], groups, SEED)
        writer.append()
        LIBRARY.cruddur_close(writer.store)
        self.assertEqual([row for row in check_table.read_store(self.sqlite[0])
                          if row["pk"].startswith("STORE#")], [])
        self.refuse_again()

    def test_while_it_runs(self):
        """By another program, at each phase: the move ends, and closes nothing."""
        for phase in range(PHASES):
            with self.subTest(phase=phase):
                self.give_up_at(phase, *(f"sqlite:{self.path(f'{name}{phase}.db')}" for name in "ab"))

    def give_up_at(self, phase, source, target):
        groups = open_groups(source)
        done = []

        def observe(_, event):
            if event.contents.phase == phase and not done:
                done.append(self.run_command("move", source, target, "--cancel"))
            return True

        stores = [open_store(url) for url in (source, target)]
        options = MoveOptions(ctypes.sizeof(MoveOptions), 0, 0, 10000, 8, None, OBSERVER(observe), None)
        error = ctypes.c_void_p()
        status = LIBRARY.cruddur_move(*stores, ctypes.byref(options), ctypes.byref(error))
        LIBRARY.cruddur_error_free(error)
        for store in stores:
            LIBRARY.cruddur_close(store)
        self.assertEqual([(one.code, one.err) for one in done], [(0, "")])
        self.assertIn(status, CANCELLED)
        writer = Writer(source, groups, SEED)
        writer.append()
        LIBRARY.cruddur_close(writer.store)
        for url in (source, target):
            self.assertEqual([row for row in check_table.read_store(url)
                              if row["pk"].startswith("STORE#")], [])

    def refuse_again(self):
        done = self.run_command("move", *self.sqlite)
        self.assertEqual(done.code, 2)
        self.assertIn("empty", done.err)


class KilledWhileClosed(MoveTest):
    """Between the fence and the end. On DynamoDB the move waits there for writers."""

    def setUp(self):
        super().setUp()
        self.source = self.dynamodb("source", "--stream-view", "NEW_IMAGE")
        self.options = ("--checkpoint", self.path("point"), "--writers", "3")
        self.groups = open_groups(self.source)

    def kill(self, target):
        moving = self.begin_move(self.source, target, "--verbose", *self.options)
        while moving.poll() is None and "closed" not in moving.stderr.readline():
            pass
        moving.kill()
        moving.communicate(timeout=600)
        self.assertEqual(moving.returncode, -signal.SIGKILL)

    def append(self):
        writer = Writer(self.source, self.groups, SEED)
        try:
            writer.append()
        finally:
            LIBRARY.cruddur_close(writer.store)

    def test_is_continued_to_dynamodb(self):
        target = self.dynamodb("target")
        self.kill(target)
        with self.assertRaises(Failed) as failed:
            self.append()
        self.assertEqual(failed.exception.status, FENCED)
        self.move(self.source, target, *self.options)
        self.compare(self.source, target, set())
        self.assertEqual(claims_of(self.source), claims_of(target))
        self.refuse_writes(self.source)

    def test_processor(self):
        """It ends, and leaves the record to whoever continues when the move was given up."""
        store = open_store(self.source + "&mode=stream")
        people, group = self.groups[0]
        LIBRARY.cruddur_msg_free(call(LIBRARY, "msg_append", store, ctypes.byref(people[0]), group,
                                      b"behind", None))
        LIBRARY.cruddur_close(store)
        self.kill(self.sqlite[1])
        follow = ("stream", "follow", "--store", self.source, "--checkpoint", self.path("followed"))
        done = self.run_command(*follow)
        self.assertEqual(done.code, 1)
        self.assertIn("has been moved to another store", done.err)
        done = self.run_command("move", self.source, self.sqlite[1], "--cancel")
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertNotEqual(self.check_table(self.source), "")
        done = self.run_command(*follow, "--once")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.check_table(self.source), "")

    def test_records_are_lost(self):
        """As if the move had begun a day ago, and not followed the stream yet."""
        self.kill(self.sqlite[1])
        with contextlib.closing(sqlite3.connect(self.path("b.db"))) as file:
            began = time.time_ns() // 1000 - 24 * 3600 * 10**6
            file.execute("UPDATE cruddur_messages SET message_data = ? WHERE pk = 'STORE#MOVE'",
                         (f"following {began} 0 ",))
            file.commit()
        done = self.run_command("move", self.source, self.sqlite[1], *self.options)
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("does not keep the records", done.err)
        done = self.run_command("move", self.source, self.sqlite[1], "--cancel")
        self.assertEqual((done.code, done.err), (0, ""))
        self.append()


class StoreRows(MoveTest):
    def test_source_without_its_note(self):
        """It was dropped and made again: its changes are counted anew."""
        open_groups(self.sqlite[0])
        LIBRARY.cruddur_close(open_store(self.sqlite[1]))
        with contextlib.closing(sqlite3.connect(self.path("b.db"))) as file:
            file.execute("INSERT INTO cruddur_messages (pk, sk, version, message_data) VALUES"
                         " ('STORE#MOVE', 'STORE', '0123456789abcdef', 'following 1 1 ')")
            file.commit()
        done = self.run_command("move", *self.sqlite)
        self.assertEqual(done.code, 1)
        self.assertIn("another store", done.err)

    def test_sequence_has_nothing_of_an_erased_person(self):
        LIBRARY.cruddur_close(open_store(self.sqlite[0]))
        with contextlib.closing(sqlite3.connect(self.path("a.db"))) as file:
            file.execute("INSERT INTO cruddur_messages (pk, sk) VALUES ('STORE#WATCH', 'STORE')")
            file.commit()
        open_groups(self.sqlite[0])
        done = self.run_command("person", "erase", person(0).uuid.decode(), "--yes", "--store",
                                self.sqlite[0])
        self.assertEqual((done.code, done.err), (0, ""))
        with contextlib.closing(sqlite3.connect(self.path("a.db"))) as file:
            entries = b"".join(keys for keys, in file.execute("SELECT keys FROM cruddur_changes"))
        self.assertIn(person(0).uuid, entries)
        for name in os.listdir(self.folder):
            with open(self.path(name), "rb") as file:
                content = file.read() + entries
            for erased in (person(0).display_name, person(0).handle):
                self.assertFalse(erased in content, f"{name} has {erased}")

    def test_are_not_imported(self):
        """The fence of a table that another program has scanned is that table's."""
        row = {"pk": {"S": "other"}, "sk": {"S": "row"}}
        with open(self.path("scan.json"), "w", encoding="utf-8") as file:
            for item in ({"pk": {"S": "STORE#FENCE"}, "sk": {"S": "STORE"}}, row):
                file.write(json.dumps({"Item": item}) + "\n")
        LIBRARY.cruddur_close(open_store(self.sqlite[0]))
        done = self.run_command("import", self.path("scan.json"), "--store", self.sqlite[0])
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual([found["pk"] for found in map(check_table.flatten,
                                                       check_table.read_store(self.sqlite[0]))], ["other"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
