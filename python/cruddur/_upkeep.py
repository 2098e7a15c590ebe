# SPDX-License-Identifier: MIT
"""The calls that look after a table: their signatures and documentation, for both kinds of stores.

Walks report to `observe`, and go on unless it returns False. What it raises ends the walk, and is
raised by the call. The `cursor` of an event continues a walk that ended."""
from collections.abc import Callable
from ctypes import byref, c_size_t, memmove
from typing import Any, Literal, Protocol

from . import _arguments as a
from . import _constants as k
from . import _declarations as c
from ._arguments import Id
from ._call import Call, Walk
from ._calls import Timeout
from ._constants import Status
from ._errors import refuse
from ._hooks import Callbacks, a_function
from ._records import RowPage, lines_of, row_page_of, stream_result_of
from ._types import (CheckEvent, FollowEvent, MoveEvent, PersonEvent, PurgeEvent, StreamResult,
                     TransferEvent, UpgradeEvent, User)

Go = bool | None
"""What an observer returns: False to stop."""
Progress = Callable[[str], object]


class Writer(Protocol):
    """A binary file to write to."""

    def write(self, data: bytes, /) -> object: ...


class Reader(Protocol):
    """A binary file to read from."""

    def read(self, size: int, /) -> bytes: ...


def _walk(name: str, kind: type[Any], init: str, callbacks: Callbacks, observe: Any,
          before: tuple[Any, ...], **values: Any) -> Walk:
    options = a.options(kind, init, observe=observe,
                        **{key: value for key, value in values.items()
                           if value or isinstance(value, bytes)})
    return Walk(name, (*before, byref(options)), callbacks)


def row_page(*, limit: int = 100, cursor: str | None = None,
             timeout: Timeout = None) -> Call[RowPage]:
    """Reads one page of all rows of the table, as they are there."""
    options = a.options(c.ScanOptions, "scan_options_init",
                        limit=a.number("limit", limit, Status.E_LIMIT),
                        timeout_ms=a.milliseconds("timeout", timeout),
                        cursor=a.optional_text("cursor", cursor))
    return Call("scan", (byref(options),), row_page_of)


def check(*, repair: bool = False, old_keys: bool = False, group_uuid: Id | None = None,
          user_uuid: Id | None = None, cursor: str | None = None,
          observe: Callable[[CheckEvent], Go] | None = None, timeout: Timeout = None) -> Call[None]:
    """Checks the invariants of the table, of one group or of one inbox, and repairs it if asked."""
    made = Callbacks()
    flags = ((k.CHECK_REPAIR if a.flag("repair", repair) else 0)
             | (k.CHECK_OLD_KEYS if a.flag("old_keys", old_keys) else 0))
    return _walk("check", c.CheckOptions, "check_options_init", made,
                 made.observer(c.CheckFn, CheckEvent, observe), (), flags=flags,
                 group_uuid=a.optional_identifier("group_uuid", group_uuid),
                 user_uuid=a.optional_identifier("user_uuid", user_uuid),
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


def purge(*, cursor: str | None = None, observe: Callable[[PurgeEvent], Go] | None = None,
          timeout: Timeout = None) -> Call[None]:
    """Removes messages that have expired from the table."""
    made = Callbacks()
    return _walk("purge", c.PurgeOptions, "purge_options_init", made,
                 made.observer(c.PurgeFn, PurgeEvent, observe), (),
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


# ---- exports and imports ----

def _check_file(file: object, method: str) -> None:
    if not callable(getattr(file, method, None)):
        raise a.wrong_type("file", file, f"a binary file with {method}()")


def export(file: Writer, *, cursor: str | None = None,
           observe: Callable[[TransferEvent], Go] | None = None,
           timeout: Timeout = None) -> Call[None]:
    """Exports all rows of the table to a binary file."""
    _check_file(file, "write")
    made = Callbacks()

    def write(_: object, text: Any, size: int) -> bool:
        left = memoryview(text[:size])
        while left:
            written = file.write(left.tobytes())
            if not isinstance(written, int):
                break
            if written <= 0:
                raise OSError("the file of an export takes no more bytes")
            left = left[written:]  # an unbuffered file may take less
        return True

    return _walk("export", c.ExportOptions, "export_options_init", made,
                 made.observer(c.TransferFn, TransferEvent, observe),
                 (made.guard(c.WriteFn, write, False), None),
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


_CONFLICTS = {"skip": k.CONFLICT_SKIP, "replace": k.CONFLICT_REPLACE}


def import_(file: Reader, *, unused: bool = False, on_conflict: Literal["skip", "replace"] = "skip",
            workers: int = 0, cursor: str | None = None,
            observe: Callable[[TransferEvent], Go] | None = None,
            timeout: Timeout = None) -> Call[None]:
    """Imports an export from a binary file. `unused` promises that the table is empty and not in
    use, which makes the import faster on DynamoDB."""
    _check_file(file, "read")
    made = Callbacks()

    def read(_: object, text: int, size: int, ret_size: Any) -> bool:
        data = file.read(size)
        if not isinstance(data, bytes) or len(data) > size:
            raise a.wrong_type("what read() returns", data, f"bytes, at most {size}")
        memmove(text, data, len(data))
        c_size_t.from_address(ret_size).value = len(data)
        return True

    return _walk("import", c.ImportOptions, "import_options_init", made,
                 made.observer(c.TransferFn, TransferEvent, observe),
                 (made.guard(c.ReadFn, read, False), None),
                 flags=k.IMPORT_UNUSED if a.flag("unused", unused) else 0,
                 on_conflict=a.choice("on_conflict", on_conflict, _CONFLICTS),
                 workers=a.number("workers", workers), cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


# ---- one person ----

def export_person(user_uuid: Id, receive: Callable[[str], Go], *, cursor: str | None = None,
                  observe: Callable[[PersonEvent], Go] | None = None,
                  timeout: Timeout = None) -> Call[None]:
    """Exports all that the table has of one person: `receive` gets a JSON object for each row."""
    a_function("receive", receive)
    made = Callbacks()

    def see(event: PersonEvent) -> Go:
        if event.line is not None:
            return receive(event.line)
        return None if observe is None else observe(event)

    return _walk("person_export", c.PersonOptions, "person_options_init", made,
                 made.observer(c.PersonFn, PersonEvent, see),
                 (a.identifier("user_uuid", user_uuid),),
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


def erase_person(user_uuid: Id, *, keep_text: bool = False, cursor: str | None = None,
                 observe: Callable[[PersonEvent], Go] | None = None,
                 timeout: Timeout = None) -> Call[None]:
    """Erases the data of one person."""
    made = Callbacks()
    return _walk("person_erase", c.PersonOptions, "person_options_init", made,
                 made.observer(c.PersonFn, PersonEvent, observe),
                 (a.identifier("user_uuid", user_uuid),),
                 flags=k.PERSON_KEEP_TEXT if a.flag("keep_text", keep_text) else 0,
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


def rename_people(lookup: Callable[[str], User | None], *, messages: bool = False,
                  cursor: str | None = None, observe: Callable[[PersonEvent], Go] | None = None,
                  timeout: Timeout = None) -> Call[None]:
    """Gives people in all inboxes the names that `lookup` returns for their uuids; None leaves a
    person's names. With `messages` the messages get them, too."""
    a_function("lookup", lookup)
    made = Callbacks()
    latest: list[c.User] = []  # its texts are used until the next call

    def look_up(_: object, user_uuid: bytes, place: Any) -> bool:
        found = lookup(user_uuid.decode())
        if found is None:
            return False
        if not isinstance(found, User):
            raise a.wrong_type("what lookup returns", found, "User or None")
        target = place.contents
        target.display_name = a.text("display_name", found.display_name)
        target.handle = a.text("handle", found.handle)
        latest[:] = [target]
        return True

    function = made.guard(c.PersonLookupFn, look_up, False)
    return _walk("person_rename", c.PersonOptions, "person_options_init", made,
                 made.observer(c.PersonFn, PersonEvent, _stop_after(made, observe)),
                 (function, None),
                 flags=k.PERSON_MESSAGES if a.flag("messages", messages) else 0,
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


def _stop_after(made: Callbacks, observe: Callable[[PersonEvent], Go] | None) \
        -> Callable[[PersonEvent], Go]:
    """A function that finds people cannot end the walk itself."""
    def see(event: PersonEvent) -> Go:
        if made.failure is not None:
            return False
        return None if observe is None else observe(event)
    return see


# ---- the schema ----

def _schema_options(made: Callbacks, progress: Progress | None, timeout: Timeout, flags: int = 0,
                    stream_view: str | None = None, read_units: int = 0,
                    write_units: int = 0) -> Any:
    values: dict[str, Any] = {"flags": flags, "read_units": a.number("read_units", read_units),
                              "write_units": a.number("write_units", write_units),
                              "stream_view": a.optional_text("stream_view", stream_view),
                              "timeout_ms": a.milliseconds("timeout", timeout)}
    options = a.options(c.SchemaOptions, "schema_options_init",
                        **{name: value for name, value in values.items() if value})
    if progress is not None:
        a_function("progress", progress)
        tell = progress
        options.progress = made.guard(
            c.ProgressFn, lambda _, text: tell(text.decode("utf-8", "replace")) and None)
    return byref(options)


def schema_load(*, stream: bool = True, deletion_protection: bool = False,
                point_in_time_recovery: bool = False, stream_view: str | None = None,
                read_units: int = 0, write_units: int = 0, progress: Progress | None = None,
                timeout: Timeout = None) -> Call[None]:
    """Creates what the store needs and lacks: the table, its index and its stream."""
    made = Callbacks()
    flags = ((0 if a.flag("stream", stream) else k.SCHEMA_NO_STREAM)
             | (k.SCHEMA_DELETION_PROTECTION
                if a.flag("deletion_protection", deletion_protection) else 0)
             | (k.SCHEMA_POINT_IN_TIME_RECOVERY
                if a.flag("point_in_time_recovery", point_in_time_recovery) else 0))
    return Walk("schema_load", (_schema_options(made, progress, timeout, flags, stream_view,
                                                read_units, write_units),), made)


def schema_verify(*, stream: bool = True, timeout: Timeout = None) -> Call[list[str]]:
    """Compares the table with what the library needs; returns the differences, in words."""
    made = Callbacks()
    flags = 0 if a.flag("stream", stream) else k.SCHEMA_NO_STREAM
    return Call("schema_verify", (_schema_options(made, None, timeout, flags),), lines_of)


def schema_list(*, timeout: Timeout = None) -> Call[list[str]]:
    """Lists the tables that the store's service or file has."""
    return Call("schema_list", (_schema_options(Callbacks(), None, timeout),), lines_of)


def schema_drop(*, progress: Progress | None = None, timeout: Timeout = None) -> Call[None]:
    """Removes the table with all its rows."""
    made = Callbacks()
    return Walk("schema_drop", (_schema_options(made, progress, timeout),), made)


def schema_upgrade(*, cursor: str | None = None,
                   observe: Callable[[UpgradeEvent], Go] | None = None,
                   timeout: Timeout = None) -> Call[None]:
    """Gives the groups of older versions what this version keeps beside them."""
    made = Callbacks()
    return _walk("schema_upgrade", c.UpgradeOptions, "upgrade_options_init", made,
                 made.observer(c.UpgradeFn, UpgradeEvent, observe), (),
                 cursor=a.optional_text("cursor", cursor),
                 timeout_ms=a.milliseconds("timeout", timeout))


# ---- the stream, and moves ----

def apply_stream(event: str | bytes, *, workers: int = 1,
                 timeout: Timeout = None) -> Call[StreamResult]:
    """Processes a batch of records of the table's stream, as a Lambda function receives it."""
    if not isinstance(event, (str, bytes)):
        raise a.wrong_type("event", event, "str or bytes")
    try:
        data = event.encode() if isinstance(event, str) else event
    except UnicodeEncodeError:
        refuse(Status.E_NOT_UTF8, "event", "must not contain surrogates")
    options = a.options(c.StreamOptions, "stream_options_init",
                        workers=a.number("workers", workers),
                        timeout_ms=a.milliseconds("timeout", timeout))
    return Call("stream_apply", (data, len(data), byref(options)), stream_result_of)


def follow_stream(*, once: bool = False, latest: bool = False, workers: int = 4, shards: int = 4,
                  poll: float = 0.5, patience: Timeout = None, checkpoint: str | None = None,
                  is_stopping: Callable[[], bool] | None = None,
                  observe: Callable[[FollowEvent], object] | None = None,
                  timeout: Timeout = None) -> Call[None]:
    """Follows the table's stream and moves the inboxes, until `is_stopping` returns True; with `once`
    until all that is there has been processed."""
    if is_stopping is not None:
        a_function("is_stopping", is_stopping)
    made = Callbacks()
    options = a.options(c.FollowOptions, "follow_options_init",
                        flags=k.FOLLOW_ONCE if a.flag("once", once) else 0,
                        workers=a.number("workers", workers), shards=a.number("shards", shards),
                        poll_ms=a.milliseconds("poll", poll),
                        patience_ms=a.milliseconds("patience", patience),
                        checkpoint=a.optional_text("checkpoint", checkpoint),
                        timeout_ms=a.milliseconds("timeout", timeout))
    setattr(options, "from", k.FOLLOW_LATEST if a.flag("latest", latest) else k.FOLLOW_OLDEST)
    options.is_stopping = made.guard(
        c.IsStoppingFn, lambda _: made.failure is not None
        or (is_stopping is not None and bool(is_stopping())), True)
    options.observe = made.observer(c.FollowFn, FollowEvent, observe)
    return Walk("stream_follow", (byref(options),), made)


def move_to(to: int, *, cancel: bool = False, writers: float = 10.0, workers: int = 8,
            checkpoint: str | None = None, observe: Callable[[MoveEvent], Go] | None = None,
            timeout: Timeout = None) -> Call[None]:
    made = Callbacks()
    options = a.options(c.MoveOptions, "move_options_init",
                        flags=k.MOVE_CANCEL if a.flag("cancel", cancel) else 0,
                        writers_ms=a.milliseconds("writers", writers),
                        workers=a.number("workers", workers),
                        checkpoint=a.optional_text("checkpoint", checkpoint),
                        timeout_ms=a.milliseconds("timeout", timeout))
    options.observe = made.observer(c.MoveFn, MoveEvent, observe)
    return Walk("move", (to, byref(options)), made)
