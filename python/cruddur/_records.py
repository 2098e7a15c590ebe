# SPDX-License-Identifier: MIT
"""Makes values of what the library returns.

A page comes as one text of fields (fields.h): one call, one decoding and one split make all of its
strings. The values are frozen dataclasses; setting the attributes of one through its own `__init__`
would take longer than everything else, so each has a twin with the same slots that is not frozen,
and becomes the frozen class when it is complete.
"""
import ctypes
from collections.abc import Callable, Iterator, Sequence
from ctypes import c_void_p
from dataclasses import fields
from itertools import islice
from typing import Any, Generic, TypeVar, overload

from . import _constants as k
from ._errors import status_of
from ._library import lib
from ._types import Group, Member, Message, Reaction, StreamFailure, StreamResult

T = TypeVar("T")

BUFFER_SIZE = 64 * 1024
_BUFFERS_KEPT = 8
MEMBER_FIELDS = 4


class _Buffer:
    """Room for a text of the library, used again and again."""

    def __init__(self, size: int) -> None:
        self.array = (ctypes.c_char * size)()
        self.address = ctypes.addressof(self.array)
        self.view = memoryview(self.array).cast("B")
        self.size = size


_buffers: list[_Buffer] = []


def _fields(write: Any, pointer: c_void_p) -> list[str]:
    """What one of the functions of fields.h writes."""
    try:
        buffer = _buffers.pop()  # atomic: no other thread gets the same
    except IndexError:
        buffer = _Buffer(BUFFER_SIZE)
    size: int = write(pointer, buffer.address, buffer.size)
    if size > buffer.size:
        buffer = _Buffer(size)
        size = write(pointer, buffer.address, size)
    text = str(buffer.view[:size - 1], "utf-8", "replace") if size else ""
    if buffer.size == BUFFER_SIZE and len(_buffers) < _BUFFERS_KEPT:
        _buffers.append(buffer)
    return text.split("\0") if size else []


def _reactions(text: str) -> tuple[Reaction, ...]:
    return tuple(Reaction(*line.rsplit(" ", 1)) for line in text.split("\n"))


_MESSAGE_NAMES = tuple(field.name for field in fields(Message))
_GROUP_NAMES = tuple(field.name for field in fields(Group))


class _MessageTwin:
    __slots__ = _MESSAGE_NAMES

    def __init__(self, uuid: str, group_uuid: str, text: str, user_uuid: str, name: str, handle: str,
                 created: str, sort_key: str, version: str, edited: str, deleted: str, expires: str,
                 reply_to: str, data: str, reactions: str) -> None:
        self.uuid = uuid
        self.group_uuid = group_uuid
        self.text = text
        self.user_uuid = user_uuid
        self.user_display_name = name
        self.user_handle = handle
        self.created_at_us = int(created) if created else None
        self.sort_key = sort_key
        self.version = version
        self.edited_at_us = int(edited) if edited else None
        self.deleted_at_us = int(deleted) if deleted else None
        self.expires_at_us = int(expires) if expires else None
        self.reply_to = reply_to or None
        self.data = data or None
        self.reactions = _reactions(reactions) if reactions else ()
        self.__class__ = Message  # type: ignore[assignment]


class _GroupTwin:
    __slots__ = _GROUP_NAMES

    def __init__(self, uuid: str, name: str, text: str, user_uuid: str, user_name: str, handle: str,
                 members: str, last: str, sort_key: str, unread: str, exact: str, read: str,
                 muted: str, archived: str, pinned: str, hidden: str, blocked: str,
                 blocked_by_viewer: str, data: str) -> None:
        self.uuid = uuid
        self.name = name or None
        self.text = text
        self.user_uuid = user_uuid
        self.user_display_name = user_name
        self.user_handle = handle
        self.member_count = int(members)
        self.last_message_at_us = int(last) if last else None
        self.sort_key = sort_key
        self.unread_count = int(unread)
        self.unread_is_exact = exact == "1"
        self.read_up_to_us = int(read) if read else None
        self.muted_until_us = int(muted)
        self.is_archived = archived == "1"
        self.is_pinned = pinned == "1"
        self.is_hidden = hidden == "1"
        self.is_blocked = blocked == "1"
        self.is_blocked_by_viewer = blocked_by_viewer == "1"
        self.data = data or None
        self.__class__ = Group  # type: ignore[assignment]


# What a later version of the library appends to a record is left out.
_MESSAGE_FIELDS, _GROUP_FIELDS = len(_MESSAGE_NAMES), len(_GROUP_NAMES)
_MESSAGE_STEP, _GROUP_STEP = lib.msg_field_count(), lib.group_field_count()


def _records(make: Any, rows_of: Iterator[str], known: int, step: int) -> list[Any]:
    rows = zip(*[rows_of] * step)
    if step > known:
        return [make(*row[:known]) for row in rows]
    return [make(*row) for row in rows]


def _messages(fields: Iterator[str]) -> list[Message]:
    return _records(_MessageTwin, fields, _MESSAGE_FIELDS, _MESSAGE_STEP)


def _groups(fields: Iterator[str]) -> list[Group]:
    return _records(_GroupTwin, fields, _GROUP_FIELDS, _GROUP_STEP)


class Page(Sequence[T], Generic[T]):
    """A page of a list: a sequence of its rows, and the cursors that continue it. Immutable. The
    rows are made when they are looked at."""

    __slots__ = ("older", "newer", "has_older", "has_newer", "_fields", "_make", "_rows")

    def __init__(self, fields: list[str], make: Callable[[Iterator[str]], list[T]]) -> None:
        self.older, self.newer = fields[0], fields[1]
        self.has_older, self.has_newer = fields[2] == "1", fields[3] == "1"
        self._fields: list[str] | None = fields
        self._make = make
        self._rows: list[T] = []

    def _items(self) -> list[T]:
        fields = self._fields
        if fields is not None:
            rows = self._make(islice(fields, k.PAGE_FIELDS, None))
            self._rows = rows
            self._fields = None  # last: another thread may be here, too
            return rows
        return self._rows

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[T]:
        return iter(self._items())

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self._items()[index]

    def __repr__(self) -> str:
        return f"<Page of {len(self)}>"


# ---- from pointers, which are freed ----

def message_of(pointer: c_void_p) -> Message:
    try:
        return _messages(iter(_fields(lib.msg_fields, pointer)))[0]
    finally:
        lib.msg_free(pointer)


def borrowed_message_of(pointer: c_void_p) -> Message:
    """Of a message that belongs to something else."""
    return _messages(iter(_fields(lib.msg_fields, pointer)))[0]


def group_of(pointer: c_void_p) -> Group:
    try:
        return _groups(iter(_fields(lib.group_fields, pointer)))[0]
    finally:
        lib.group_free(pointer)


def optional_group_of(pointer: c_void_p) -> Group | None:
    return group_of(pointer) if pointer else None


def message_page_of(pointer: c_void_p) -> Page[Message]:
    try:
        return Page(_fields(lib.msg_page_fields, pointer), _messages)
    finally:
        lib.msg_page_free(pointer)


def group_page_of(pointer: c_void_p) -> Page[Group]:
    try:
        return Page(_fields(lib.group_page_fields, pointer), _groups)
    finally:
        lib.group_page_free(pointer)


def members_of(pointer: c_void_p) -> list[Member]:
    try:
        fields = iter(_fields(lib.members_fields, pointer))
    finally:
        lib.members_free(pointer)
    return [Member(uuid, name, handle, int(read) if read else None)
            for uuid, name, handle, read in zip(*[fields] * MEMBER_FIELDS)]


def lines_of(pointer: c_void_p) -> list[str]:
    try:
        return [lib.lines_at(pointer, i).decode() for i in range(lib.lines_count(pointer))]
    finally:
        lib.lines_free(pointer)


class RowPage:
    """A page of a scan: rows as dictionaries, and where the scan continues."""

    __slots__ = ("rows", "next")

    def __init__(self, rows: list[dict[str, str]], following: str | None) -> None:
        self.rows = rows
        self.next = following


def row_page_of(pointer: c_void_p) -> RowPage:
    names = [lib.row_attribute_name(i).decode() for i in range(lib.row_attribute_count())]
    rows = []
    try:
        for number in range(lib.row_page_count(pointer)):
            values = ((name, lib.row_page_get(pointer, number, i)) for i, name in enumerate(names))
            rows.append({name: value.decode("utf-8", "replace")
                         for name, value in values if value is not None})
        following = lib.row_page_next(pointer)
        return RowPage(rows, following.decode() if following else None)
    finally:
        lib.row_page_free(pointer)


def _failure(result: c_void_p, index: int) -> StreamFailure:
    number = lib.stream_result_failure_sequence_number(result, index)
    return StreamFailure(lib.stream_result_failure_record(result, index),
                         number.decode() if number else None,
                         status_of(lib.stream_result_failure_status(result, index)),
                         (lib.stream_result_failure_message(result, index) or b"").decode())


def stream_result_of(pointer: c_void_p) -> StreamResult:
    try:
        return StreamResult(
            lib.stream_result_answer(pointer).decode(), lib.stream_result_record_count(pointer),
            lib.stream_result_message_count(pointer), lib.stream_result_group_count(pointer),
            lib.stream_result_moved_count(pointer),
            tuple(_failure(pointer, i)
                  for i in range(lib.stream_result_failure_count(pointer))))
    finally:
        lib.stream_result_free(pointer)
