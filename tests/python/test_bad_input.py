# SPDX-License-Identifier: MIT
"""Wrong arguments: each an error of its own that names the argument, and nothing is stored."""
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import support  # before the package, which it finds
import cruddur
from cruddur import ArgumentError, NaiveDatetimeError, Status
from support import ADA, BEN, EVE, IS_SQLITE, SECRET, StoreTest

NAIVE = datetime(2026, 1, 1)
NOW = datetime.now(timezone.utc)
V4 = str(uuid.UUID(int=2**100 + 2**62 * 2 + 4 * 2**76, version=4))


class WrongTest(StoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.group = self.talk(2)
        self.before = list(self.dm.scan())

    def tearDown(self) -> None:
        if not self.dm.is_closed:
            self.assertEqual(list(self.dm.scan()), self.before)
        super().tearDown()

    def test_types(self) -> None:
        dm: Any = self.dm
        user: Any = cruddur.User
        open_store: Any = cruddur.open
        cases: tuple[tuple[str, Callable[[], object]], ...] = (
            ("text must be str", lambda: dm.append(ADA, self.group, SECRET.encode())),
            ("text must be str, not NoneType", lambda: dm.append(ADA, self.group, None)),
            ("author must be User, str or uuid.UUID, not int", lambda: dm.append(7, self.group, "x")),
            ("author must be User", lambda: dm.append({"uuid": ADA.uuid}, self.group, "x")),
            ("group_uuid must be str or uuid.UUID, not int", lambda: dm.append(ADA, 7, "x")),
            ("author.uuid must be str", lambda: dm.append(user(None), self.group, "x")),
            ("author.handle must be str", lambda: dm.append(user(ADA.uuid, "a", 7),
                                                            self.group, "x")),
            ("others must be people", lambda: dm.create_group(ADA, 7, "x")),
            ("others must be people", lambda: dm.create_group(ADA, [BEN, 7], "x")),
            ("created_at must be datetime", lambda: dm.append(ADA, self.group, "x", created_at=7)),
            ("expires_in must be timedelta", lambda: dm.append(ADA, self.group, "x", expires_in=7)),
            ("timeout must be float", lambda: dm.append(ADA, self.group, "x", timeout="1")),
            ("timeout must be float", lambda: dm.append(ADA, self.group, "x", timeout=False)),
            ("message_uuid must be str", lambda: dm.append(ADA, self.group, "x", message_uuid=0)),
            ("created_at must be datetime", lambda: dm.append(ADA, self.group, "x", created_at="")),
            ("data must be str", lambda: dm.append(ADA, self.group, "x", data=b"")),
            ("limit must be int", lambda: dm.message_page(self.group, viewer_uuid=ADA.uuid,
                                                          limit=20.0)),
            ("trusted must be bool", lambda: dm.message_page(self.group, viewer_uuid=ADA.uuid,
                                                             trusted=0)),
            ("unread must be bool", lambda: dm.group_page(ADA.uuid, unread=None)),
            ("observe must be callable", lambda: dm.check(observe=7)),
            ("progress must be callable", lambda: dm.schema_load(progress=7)),
            ("lookup must be callable", lambda: dm.rename_people({})),
            ("receive must be callable", lambda: dm.export_person(EVE, None)),
            ("is_stopping must be callable", lambda: dm.follow_stream(is_stopping=True)),
            ("log must be a Logger", lambda: open_store("sqlite::memory:", log="cruddur")),
            ("metrics must be callable", lambda: open_store("sqlite::memory:", metrics=[])),
            ("timeout must be float", lambda: dm.get_group(ADA.uuid, self.group, timeout=True)),
            ("limit must be int", lambda: dm.message_page(self.group, trusted=True, limit="20")),
            ("limit must be int", lambda: dm.message_page(self.group, trusted=True, limit=True)),
            ("trusted must be bool", lambda: dm.message_page(self.group, trusted=1)),
            ("start must be str", lambda: dm.message_page(self.group, trusted=True, start=0)),
            ("cursor must be str", lambda: dm.message_page(self.group, trusted=True, cursor=b"x")),
            ("cursor must be str", lambda: dm.messages(self.group, trusted=True, cursor=7)),
            ("newest_first must be bool", lambda: dm.messages(self.group, newest_first="yes")),
            ("since must be datetime", lambda: dm.messages(self.group, trusted=True, since="now")),
            ("reaction must be str", lambda: dm.react(ADA.uuid, self.group, V4, 7)),
            ("archived must be bool", lambda: dm.set_group(ADA.uuid, self.group, archived="on")),
            ("muted must be datetime", lambda: dm.set_group(ADA.uuid, self.group, muted=7)),
            ("url must be str", lambda: open_store(b"sqlite:x")),
            ("max_text_chars must be int", lambda: open_store("sqlite::memory:",
                                                              max_text_chars=1.5)),
            ("file must be a binary file with write", lambda: dm.export(7)),
            ("file must be a binary file with read", lambda: dm.import_("file.jsonl")),
            ("unexpected keyword argument", lambda: dm.append(ADA, self.group, "x", colour="red")),
            ("missing", lambda: dm.append(ADA, self.group)),
        )
        for words, call in cases:
            with self.subTest(words), self.assertRaisesRegex(TypeError, words) as raised:
                call()
            self.assertNotIn(SECRET, str(raised.exception))

    def test_naive_datetimes(self) -> None:
        dm: Any = self.dm
        cases: tuple[tuple[str, Callable[[], object]], ...] = (
            ("created_at", lambda: dm.append(ADA, self.group, "x", created_at=NAIVE)),
            ("since", lambda: dm.messages(self.group, trusted=True, since=NAIVE)),
            ("until", lambda: dm.group_page(ADA.uuid, until=NAIVE)),
            ("muted", lambda: dm.set_group(ADA.uuid, self.group, muted=NAIVE)),
            ("up_to_created_at", lambda: dm.mark_read(ADA.uuid, self.group, up_to=V4,
                                                      up_to_created_at=NAIVE)),
            ("at", lambda: cruddur.new_uuid(NAIVE)),
            ("time", lambda: cruddur.format_time(NAIVE)),
        )
        for argument, call in cases:
            with self.subTest(argument), self.refused(NaiveDatetimeError, Status.E_TIME,
                                                      argument) as refused:
                call()
            self.assertRegex(str(refused.error), "time zone.*ambiguous.*timezone.utc")

    def test_values(self) -> None:
        dm: Any = self.dm
        day = timedelta(days=1)
        cases: tuple[tuple[Status, str, Callable[[], object]], ...] = (
            (Status.E_INVALID_ARGUMENT, "text", lambda: dm.append(ADA, self.group, f"{SECRET}\0")),
            (Status.E_NOT_UTF8, "text", lambda: dm.append(ADA, self.group, f"{SECRET}\udc00")),
            (Status.E_TEXT_BLANK, "text", lambda: dm.append(ADA, self.group, " \u2800")),
            (Status.E_TEXT_TOO_LONG, "text", lambda: dm.append(ADA, self.group, SECRET * 100)),
            (Status.E_UUID, "group_uuid", lambda: dm.append(ADA, "no uuid", SECRET)),
            (Status.E_UUID, "group_uuid", lambda: dm.append(ADA, "", SECRET)),
            (Status.E_UUID, "author.uuid", lambda: dm.append("ada", self.group, SECRET)),
            (Status.E_UUID, "message_uuid",
             lambda: dm.append(ADA, self.group, SECRET, message_uuid="1")),
            (Status.E_UUID, "message_uuid",
             lambda: dm.append(ADA, self.group, SECRET, message_uuid="")),
            (Status.E_UUID, "up_to",
             lambda: dm.mark_read(ADA.uuid, self.group, up_to="")),
            (Status.E_UUID, "since",
             lambda: dm.mark_unread(ADA.uuid, self.group, since="")),
            (Status.E_CURSOR_DAMAGED, "cursor",
             lambda: dm.message_page(self.group, viewer_uuid=ADA.uuid, cursor="")),
            (Status.E_INVALID_ARGUMENT, "timeout",
             lambda: dm.append(ADA, self.group, SECRET, timeout=0)),
            (Status.E_TIME, "expires_in",
             lambda: dm.append(ADA, self.group, SECRET, expires_in=timedelta(0))),
            (Status.E_TIME, "expires_in",
             lambda: dm.append(ADA, self.group, SECRET, expires_in=timedelta.max)),
            (Status.E_DATA_TOO_LONG, "data",
             lambda: dm.append(ADA, self.group, SECRET, data="x" * 4097)),
            (Status.E_TIME, "created_at",
             lambda: dm.append(ADA, self.group, SECRET, created_at=NOW + day)),
            (Status.E_TIME, "created_at", lambda: dm.append(
                ADA, self.group, SECRET, created_at=datetime(1970, 1, 1, tzinfo=timezone.utc))),
            (Status.E_TIME, "expires_in",
             lambda: dm.append(ADA, self.group, SECRET, expires_in=-day)),
            (Status.E_INVALID_ARGUMENT, "expires_in",
             lambda: dm.append(ADA, self.group, SECRET, expires_in="later")),
            (Status.E_INVALID_ARGUMENT, "timeout",
             lambda: dm.append(ADA, self.group, SECRET, timeout=-1)),
            (Status.E_INVALID_ARGUMENT, "timeout",
             lambda: dm.append(ADA, self.group, SECRET, timeout=float("nan"))),
            (Status.E_INVALID_ARGUMENT, "timeout",
             lambda: dm.append(ADA, self.group, SECRET, timeout=1e300)),
            (Status.E_LIMIT, "limit",
             lambda: dm.message_page(self.group, trusted=True, limit=0)),
            (Status.E_LIMIT, "limit", lambda: dm.message_page(self.group, trusted=True, limit=-1)),
            (Status.E_LIMIT, "limit",
             lambda: dm.message_page(self.group, trusted=True, limit=2**32 + 20)),
            (Status.E_MEMBER_COUNT, "others", lambda: dm.create_group(ADA, [], SECRET)),
            (Status.E_LIMIT, "page_size", lambda: dm.groups(ADA.uuid, page_size=0)),
            (Status.E_LIMIT, "page_size",
             lambda: dm.messages(self.group, trusted=True, page_size=1001)),
            (Status.E_NOT_UTF8, "event", lambda: dm.apply_stream('{"Records": ["\ud800"]}')),
            (Status.E_INVALID_ARGUMENT, "interval_min",
             lambda: dm.watch(user_uuid=ADA.uuid, interval_min=0.05)),
            (Status.E_INVALID_ARGUMENT, "interval_min",
             lambda: dm.watch(user_uuid=ADA.uuid, interval_min=20, interval_max=10)),
            (Status.E_INVALID_ARGUMENT, "start",
             lambda: dm.message_page(self.group, trusted=True, start="middle")),
            (Status.E_NULL_ARGUMENT, "viewer_uuid", lambda: dm.message_page(self.group)),
            (Status.E_INVALID_ARGUMENT, "viewer_uuid",
             lambda: dm.message_page(self.group, trusted=True, viewer_uuid=ADA.uuid)),
            (Status.E_TIME_RANGE, "since", lambda: dm.message_page(
                self.group, trusted=True, since=NOW, until=NOW - day)),
            (Status.E_INVALID_ARGUMENT, "hidden",
             lambda: dm.set_group(ADA.uuid, self.group, hidden=False)),
            (Status.E_URL_SCHEME, "url", lambda: cruddur.open("mysql:x")),
            (Status.E_INVALID_ARGUMENT, "url", lambda: cruddur.open("sqlite:x\0y")),
            (Status.E_URL_PARAMETER, "url", lambda: cruddur.open("sqlite:x?colour=red")),
            (Status.E_INVALID_ARGUMENT, "max_text_chars",
             lambda: cruddur.open("sqlite::memory:", max_text_chars=0)),
            (Status.E_MEMBER_SELF, "other_uuid",
             lambda: cruddur.direct_group_uuid(ADA.uuid, ADA.uuid)),
            (Status.E_TIME, "text", lambda: cruddur.parse_time("yesterday")),
        )
        for status, argument, call in cases:
            with self.subTest(f"{status!r} {argument}"), self.refused(ArgumentError, status,
                                                                      argument):
                call()

    def test_a_closed_store(self) -> None:
        walk = self.dm.messages(self.group, trusted=True, page_size=1)
        kept = next(walk)
        page = self.dm.message_page(self.group, trusted=True)
        self.dm.close()
        self.dm.close()
        self.assertTrue(self.dm.is_closed)
        calls: tuple[Callable[[], object], ...] = (
            lambda: self.dm.append(ADA, self.group, SECRET), lambda: list(walk),
            lambda: self.dm.check(), lambda: self.dm.schema_table,
            lambda: list(self.dm.scan()), lambda: self.dm.groups(ADA.uuid).__next__())
        for call in calls:
            with self.refused(cruddur.ClosedError, Status.E_INVALID_ARGUMENT, "dm"):
                call()
        self.assertEqual(page[0], kept)
        self.assertIn("closed", repr(self.dm))

    def test_errors_say_what_to_do(self) -> None:
        with self.assertRaises(cruddur.Error) as raised:
            self.dm.append(ADA, support.NOWHERE, SECRET)
        self.assertFalse(raised.exception.retryable)
        self.assertFalse(raised.exception.outcome_unknown)
        self.assertEqual(raised.exception.request_id, None)
        if IS_SQLITE:
            with self.refused(cruddur.StoreError, Status.E_STORE_MISSING):
                cruddur.open("sqlite:/nonexistent/x.db", existing=True)


class ServiceTest(StoreTest):
    def test_a_service_that_is_not_there(self) -> None:
        url = "dynamodb:messages?region=us-east-1&attempts=1&endpoint=http://127.0.0.1:1"
        with cruddur.open(url) as dm:
            with self.refused(cruddur.ServiceError, Status.E_NETWORK) as refused:
                dm.append(ADA, support.NOWHERE, SECRET, timeout=20)
            assert refused.error is not None
            self.assertTrue(refused.error.retryable)
            self.assertFalse(refused.error.outcome_unknown)


if __name__ == "__main__":
    support.main()
