# SPDX-License-Identifier: MIT
"""The store whose calls return when they are done."""
import logging
import warnings
from collections.abc import Callable, Iterator
from ctypes import byref, c_void_p
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal

from . import _arguments as a
from . import _calls as calls
from . import _constants as k
from . import _declarations as c
from . import _upkeep as upkeep
from ._arguments import Id
from ._call import Call, T
from ._calls import Timeout
from ._errors import error_of
from ._handle import Handle
from ._hooks import log_hook, logger, metrics_hook
from ._library import lib
from ._listing import Course, Listing, direction
from ._methods import waiting
from ._types import Group, Message, Metrics, MoveEvent
from ._watch import Watch, watch

PAGE_SIZE = 50


def open_handle(url: str, existing: bool, timeout: Timeout, max_text_chars: int,
                retention: timedelta | Literal["never"],
                log: logging.Logger | bool,
                metrics: Callable[[Metrics], object] | None) -> Handle:
    store_url = a.text("url", url)
    options = a.options(c.Options, "options_init",
                        flags=k.OPEN_EXISTING if a.flag("existing", existing) else 0,
                        max_text_chars=a.number("max_text_chars", max_text_chars),
                        retention_s=a.lasting("retention", retention, k.EXPIRES_NEVER))
    if timeout is not None:
        options.timeout_ms = a.milliseconds("timeout", timeout)
    kept: list[Any] = []
    if log is not False:
        kept.append(log_hook(logger if log is True else log))
        options.log = kept[-1]
    if metrics is not None:
        kept.append(metrics_hook(metrics))
        options.metrics = kept[-1]
    dm, error = c_void_p(), c_void_p()
    status = lib.open(store_url, byref(options), byref(dm), byref(error))
    if status or dm.value is None:
        raise error_of(status, error)
    return Handle(dm.value, kept)


class Store:
    """An open store; cruddur.open() returns it. Any number of threads may use it at once."""

    def __init__(self, handle: Handle, url: str) -> None:
        self._handle = handle
        self.url = url

    # ---- its life ----

    def close(self) -> None:
        """Closes the store, when the calls of other threads have returned. What it returned stays
        valid. Closing it again does nothing; in a forked child it does nothing with the parent's."""
        self._handle.close()

    @property
    def is_closed(self) -> bool:
        """Whether close() was called."""
        return self._handle.pointer is None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None and handle.unclosed is not None:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)
            handle.close_at_exit()

    def __repr__(self) -> str:
        return f"<cruddur.Store{' (closed)' if self.is_closed else ''}>"

    def _run(self, call: Call[T]) -> T:
        with self._handle.turn():
            return call.run(self._handle.dm())

    # ---- messages and groups ----

    message_page = waiting(calls.message_page)
    group_page = waiting(calls.group_page)
    append = waiting(calls.append)
    create_group = waiting(calls.create_group)
    get_message = waiting(calls.get_message)
    edit = waiting(calls.edit)
    delete = waiting(calls.delete)
    react = waiting(calls.react)
    get_group = waiting(calls.get_group)
    members = waiting(calls.members)
    mark_read = waiting(calls.mark_read)
    mark_unread = waiting(calls.mark_unread)
    set_group = waiting(calls.set_group)
    rename_group = waiting(calls.rename_group)
    add_members = waiting(calls.add_members)
    remove_member = waiting(calls.remove_member)

    def messages(self, group_uuid: Id, *, viewer_uuid: Id | None = None, trusted: bool = False,
                 newest_first: bool | None = None, cursor: str | None = None,
                 since: datetime | None = None, until: datetime | None = None,
                 page_size: int = PAGE_SIZE, eventual: bool = False,
                 timeout: Timeout = None) -> Listing[Message]:
        """Iterates over the messages of a group: from the newest to older ones, or with
        `newest_first=False` from the oldest to newer ones. Pages are read as they are needed. A
        `cursor` of a page, or of another iterator, continues in its own direction."""
        course = message_course(group_uuid, viewer_uuid, trusted, newest_first, cursor, since, until,
                                page_size, eventual, timeout)
        return Listing(self._run, course)

    def groups(self, user_uuid: Id, *, newest_first: bool | None = None, cursor: str | None = None,
               since: datetime | None = None, until: datetime | None = None, unread: bool = False,
               archived: bool = False, hidden: bool = False, counts: bool = True,
               page_size: int = PAGE_SIZE, eventual: bool = False,
               timeout: Timeout = None) -> Listing[Group]:
        """Iterates over a user's groups, latest first; as messages()."""
        course = group_course(user_uuid, newest_first, cursor, since, until, unread, archived,
                              hidden, counts, page_size, eventual, timeout)
        return Listing(self._run, course)

    def watch(self, *, user_uuid: Id | None = None, group_uuid: Id | None = None,
              viewer_uuid: Id | None = None, trusted: bool = False, cursor: str | None = None,
              interval_min: float | timedelta | None = None,
              interval_max: float | timedelta | None = None,
              timeout: Timeout = None) -> Watch:
        """Watches an inbox (`user_uuid`) or a group: iterate over its events. A `cursor` of an event
        continues after it; without one the watch begins now. On DynamoDB the table is asked at an
        interval of `interval_min` to `interval_max` seconds."""
        return watch(self._handle, user_uuid=user_uuid, group_uuid=group_uuid, viewer_uuid=viewer_uuid,
                     trusted=trusted, cursor=cursor, interval_min=interval_min,
                     interval_max=interval_max, timeout=timeout)

    # ---- the table ----

    row_page = waiting(upkeep.row_page)
    check = waiting(upkeep.check)
    purge = waiting(upkeep.purge)
    export = waiting(upkeep.export)
    import_ = waiting(upkeep.import_)
    export_person = waiting(upkeep.export_person)
    erase_person = waiting(upkeep.erase_person)
    rename_people = waiting(upkeep.rename_people)
    schema_load = waiting(upkeep.schema_load)
    schema_verify = waiting(upkeep.schema_verify)
    schema_list = waiting(upkeep.schema_list)
    schema_drop = waiting(upkeep.schema_drop)
    schema_upgrade = waiting(upkeep.schema_upgrade)
    apply_stream = waiting(upkeep.apply_stream)
    follow_stream = waiting(upkeep.follow_stream)

    @property
    def schema_table(self) -> str:
        """The name of the store's table."""
        with self._handle.turn():
            name: bytes = lib.schema_table(self._handle.dm())
            return name.decode()

    def scan(self, *, page_size: int = 100, cursor: str | None = None,
             timeout: Timeout = None) -> Iterator[dict[str, str]]:
        """Iterates over all rows of the table, as they are there."""
        following = cursor
        while True:
            page = self.row_page(limit=a.page_size(page_size), cursor=following, timeout=timeout)
            yield from page.rows
            following = page.next
            if following is None:
                return

    def move_to(self, other: "Store", *, cancel: bool = False, writers: float = 10.0,
                workers: int = 8, checkpoint: str | None = None,
                observe: Callable[[MoveEvent], bool | None] | None = None,
                timeout: Timeout = None) -> None:
        """Moves all rows to another store while this one is in use, and fences this one."""
        if not isinstance(other, Store):
            raise a.wrong_type("other", other, "Store")
        with other._handle.turn():
            self._run(upkeep.move_to(other._handle.dm(), cancel=cancel, writers=writers,
                                     workers=workers, checkpoint=checkpoint, observe=observe,
                                     timeout=timeout))


def message_course(group_uuid: Id, viewer_uuid: Id | None, trusted: bool, newest_first: bool | None,
                   cursor: str | None, since: datetime | None, until: datetime | None,
                   page_size: int, eventual: bool, timeout: Timeout) -> Course[Message]:
    is_newest_first = direction(newest_first, cursor)
    return Course(lambda at: calls.message_page(
        group_uuid, viewer_uuid=viewer_uuid, trusted=trusted, limit=a.page_size(page_size),
        start="newest" if is_newest_first else "oldest", newest_first=is_newest_first, cursor=at,
        since=since, until=until, eventual=eventual, timeout=timeout), is_newest_first, cursor)


def group_course(user_uuid: Id, newest_first: bool | None, cursor: str | None,
                 since: datetime | None, until: datetime | None, unread: bool, archived: bool,
                 hidden: bool, counts: bool, page_size: int, eventual: bool,
                 timeout: Timeout) -> Course[Group]:
    is_newest_first = direction(newest_first, cursor)
    return Course(lambda at: calls.group_page(
        user_uuid, limit=a.page_size(page_size), start="newest" if is_newest_first else "oldest",
        newest_first=is_newest_first, cursor=at, since=since, until=until, unread=unread,
        archived=archived, hidden=hidden, counts=counts, eventual=eventual, timeout=timeout),
        is_newest_first, cursor)
