# SPDX-License-Identifier: MIT
"""Looking after a table: check, purge, export, import, person, schema, scan, stream, move."""
import io
import json
from typing import Any
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import support  # before the package, which it finds
import cruddur
from cruddur import (ArgumentError, CheckEvent, CheckKind, Error, PersonEvent, Status, Store,
                     StreamResult, TransferEvent, User)
from support import ADA, BEN, CEM, IS_SQLITE, SECRET, StoreTest


class Surprise(Exception):
    """What the functions of these tests raise."""


class TableTest(StoreTest):
    def test_check(self) -> None:
        self.talk(3)
        events: list[CheckEvent] = []
        self.assertIsNone(self.dm.check(observe=events.append))
        self.assertIs(events[-1].kind, CheckKind.PROGRESS)
        self.assertIs(events[-1].status, Status.OK)
        self.assertEqual((events[-1].groups, events[-1].messages, events[-1].breaches), (1, 3, 0))
        self.assertIsNone(events[-1].cursor)
        self.dm.check(repair=True, old_keys=True)
        with self.refused(ArgumentError, Status.E_UUID, "group_uuid"):
            self.dm.check(group_uuid="no uuid")

    def test_purge(self) -> None:
        past = datetime.now(timezone.utc) - timedelta(hours=1)
        group = self.dm.create_group(ADA, BEN, "first", created_at=past).uuid
        self.dm.append(ADA, group, "short", expires_in=timedelta(seconds=1), created_at=past)
        counts: list[int] = []
        self.dm.purge(observe=lambda event: counts.append(event.emptied + event.removed))
        self.assertEqual(counts[-1], 1)

    def test_scan(self) -> None:
        self.talk(5)
        rows = list(self.dm.scan(page_size=2))
        self.assertEqual(len(rows), 5 + 2 + 1)
        self.assertEqual({row["message"] for row in rows if row["pk"].startswith("MSG#")},
                         {f"m{number}" for number in range(5)})
        self.assertNotIn("head_sk", rows[0])

    def test_schema(self) -> None:
        self.assertEqual(self.dm.schema_verify(stream=not IS_SQLITE), [])
        self.assertIn(self.dm.schema_table, self.dm.schema_list())
        told: list[str] = []
        self.dm.schema_load(progress=told.append)
        self.dm.schema_upgrade(observe=lambda event: None)
        if not IS_SQLITE:
            self.dm.schema_drop(progress=told.append)
            self.assertNotIn(self.dm.schema_table, self.dm.schema_list())
            self.dm.close()


class TransferTest(StoreTest):
    def export(self) -> bytes:
        file = io.BytesIO()
        self.dm.export(file)
        return file.getvalue()

    def rows(self, dm: Store) -> list[dict[str, str]]:
        return sorted(dm.scan(), key=lambda row: (row["pk"], row["sk"]))

    def test_there_and_back(self) -> None:
        self.talk(4)
        events: list[TransferEvent] = []
        exported = self.export()
        other = self.open_fresh()
        other.import_(io.BytesIO(exported), observe=events.append, unused=True)
        self.assertEqual(self.rows(other), self.rows(self.dm))
        self.assertEqual((events[-1].put, events[-1].bytes), (len(self.rows(other)), len(exported)))
        other.import_(io.BytesIO(exported), observe=events.append, on_conflict="replace", workers=2)
        self.assertEqual((events[-1].put, events[-1].same), (0, len(self.rows(other))))
        with self.refused(Error, Status.E_EXPORT_DAMAGED) as refused:
            refused.kind = cruddur.StoreError
            other.import_(io.BytesIO(exported[:-3]))

    def test_files_that_fail(self) -> None:
        self.talk(2)
        exported = self.export()

        class Broken:
            def write(self, data: bytes) -> None:
                raise Surprise("disk full")

            def read(self, size: int) -> bytes:
                raise Surprise("no tape")

        class Wrong:
            def read(self, size: int) -> bytes:
                return "text"  # type: ignore[return-value]

        class Long:
            def read(self, size: int) -> bytes:
                return b"x" * (size + 1)

        class Short(io.BytesIO):
            def write(self, data: Any) -> int:
                return super().write(data[:7])  # as an unbuffered file or a pipe may

        class Full(io.BytesIO):
            def write(self, data: Any) -> int:
                return 0

        short = Short()
        self.dm.export(short)
        self.assertEqual(len(short.getvalue()), len(exported))
        self.assertRaisesRegex(OSError, "takes no more", self.dm.export, Full())
        self.assertRaisesRegex(Surprise, "disk full", self.dm.export, Broken())
        self.assertRaisesRegex(Surprise, "no tape", self.dm.import_, Broken())
        self.assertRaisesRegex(TypeError, "bytes", self.dm.import_, Wrong())
        self.assertRaisesRegex(TypeError, "at most", self.dm.import_, Long())
        self.assertEqual(len(self.export()), len(exported))

    @support.sqlite_only
    def test_move(self) -> None:
        group = self.talk(3)
        other = self.open_fresh()
        phases = []
        self.dm.move_to(other, writers=0.001, observe=lambda event: phases.append(event.phase))
        self.assertIs(phases[-1], cruddur.MovePhase.DONE)
        self.assertEqual(len(list(other.messages(group, trusted=True))), 3)
        with self.refused(cruddur.StoreError, Status.E_STORE_FENCED):
            self.dm.append(ADA, group, SECRET)
        with self.assertRaisesRegex(TypeError, "other must be Store"):
            self.dm.move_to("sqlite:other.db")  # type: ignore[arg-type]


class PersonTest(StoreTest):
    def test_export(self) -> None:
        self.talk(3)
        lines: list[str] = []
        self.dm.export_person(ADA.uuid, lines.append)
        kinds = [json.loads(line)["kind"] for line in lines]
        self.assertEqual(kinds.count("message"), 2)
        first: list[str] = []

        def stop(line: str) -> bool:
            first.append(line)
            return False

        self.dm.export_person(ADA.uuid, stop)
        self.assertEqual(len(first), 1)

    def test_erase(self) -> None:
        group = self.talk(3)
        events: list[PersonEvent] = []
        self.dm.erase_person(ADA.uuid, observe=events.append)
        self.assertEqual(events[-1].messages, 2)
        texts = {each.text for each in self.dm.messages(group, trusted=True)}
        self.assertEqual(texts, {"", "m1"})

    def test_rename(self) -> None:
        group = self.talk(2)
        asked = []

        def look_up(uuid: str) -> User | None:
            asked.append(uuid)
            return User(uuid, "Ada Lovelace", "lovelace") if uuid == ADA.uuid else None

        self.dm.rename_people(look_up, messages=True)
        self.assertLessEqual({ADA.uuid, BEN.uuid}, set(asked))
        seen = self.dm.get_group(BEN.uuid, group)
        self.assertEqual((seen.user_display_name, seen.user_handle), ("Ada Lovelace", "lovelace"))
        names = {each.user_display_name for each in self.dm.messages(group, trusted=True)}
        self.assertEqual(names, {"Ada Lovelace", "Bén"})

        def fail(uuid: str) -> User | None:
            raise Surprise(uuid)

        self.assertRaises(Surprise, self.dm.rename_people, fail)
        self.assertRaisesRegex(TypeError, "User or None", self.dm.rename_people,
                               lambda uuid: "Ada")


class StreamTest(StoreTest):
    def test_a_batch(self) -> None:
        self.talk(1)
        record = {"eventSource": "aws:dynamodb", "eventName": "INSERT", "dynamodb": {
            "SequenceNumber": "1", "Keys": {"pk": {"S": "OTHER"}, "sk": {"S": "x"}}}}
        found = self.dm.apply_stream(json.dumps({"Records": [record]}), workers=2)
        self.assertIsInstance(found, StreamResult)
        self.assertEqual((found.records, found.messages, found.failures), (1, 0, ()))
        self.assertEqual(json.loads(found.answer), {"batchItemFailures": []})
        self.assertEqual(self.dm.apply_stream(b'{"Records": []}').records, 0)
        with self.assertRaises(ArgumentError):
            self.dm.apply_stream("{")
        with self.assertRaisesRegex(TypeError, "event must be str or bytes"):
            self.dm.apply_stream({"Records": []})  # type: ignore[arg-type]

    def test_following(self) -> None:
        if IS_SQLITE:
            with self.refused(ArgumentError, Status.E_INVALID_ARGUMENT):
                self.dm.follow_stream(once=True)
            return
        self.talk(2)
        kinds = set()
        self.dm.follow_stream(once=True, observe=lambda event: kinds.add(event.kind))
        self.assertTrue(kinds)
        self.assertRaises(Surprise, self.dm.follow_stream, is_stopping=self.surprise)

    def surprise(self, *_: object) -> bool:
        raise Surprise


class ObserverTest(StoreTest):
    """What an observer raises ends the walk, and is raised by the call."""

    def test_observers_that_raise_or_stop(self) -> None:
        self.talk(2)
        walks: tuple[Callable[..., None], ...] = (self.dm.check, self.dm.purge,
                                                  self.dm.schema_upgrade)
        for walk in walks:
            calls: list[object] = []

            def raise_it(event: object) -> bool:
                calls.append(event)
                raise Surprise("once")

            def stop(event: object) -> bool:
                calls.append(event)
                return False

            self.assertRaisesRegex(Surprise, "once", walk, observe=raise_it)
            self.assertEqual(len(calls), 1)
            walk(observe=stop)
            self.assertEqual(len(calls), 2)
        self.assertRaises(Surprise, self.dm.erase_person, CEM.uuid, observe=raise_it)
        self.assertRaises(KeyboardInterrupt, self.dm.check, observe=self.interrupt)
        self.assertRaisesRegex(RuntimeError, "cannot be closed", self.dm.check,
                               observe=lambda event: self.dm.close())
        self.dm.check(observe=lambda event: None if self.dm.schema_table else False)

    def interrupt(self, event: object) -> None:
        raise KeyboardInterrupt


if __name__ == "__main__":
    support.main()
