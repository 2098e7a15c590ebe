# SPDX-License-Identifier: MIT
"""Watches: being told of what is new in an inbox or a group."""
import os
import select
import threading
import time
from collections.abc import Iterator
from ctypes import byref, c_void_p
from datetime import timedelta
from types import TracebackType
from typing import Any

from . import _arguments as a
from . import _constants as k
from . import _declarations as c
from ._arguments import Id
from ._calls import Timeout
from ._constants import EventKind, Status
from ._errors import ClosedError, ForkedError, WatchBusyError, error_of, refuse
from ._handle import Handle
from ._hooks import logger
from ._library import lib
from ._records import borrowed_message_of
from ._types import Event


def watch_options(user_uuid: Id | None, group_uuid: Id | None, viewer_uuid: Id | None,
                  trusted: bool, cursor: str | None, interval_min: float | timedelta | None,
                  interval_max: float | timedelta | None, timeout: Timeout) -> c.WatchOptions:
    options = a.options(
        c.WatchOptions, "watch_options_init",
        flags=k.WATCH_TRUSTED if a.flag("trusted", trusted) else 0,
        timeout_ms=a.milliseconds("timeout", timeout),
        user_uuid=a.optional_identifier("user_uuid", user_uuid),
        group_uuid=a.optional_identifier("group_uuid", group_uuid),
        viewer_uuid=a.optional_identifier("viewer_uuid", viewer_uuid),
        cursor=a.optional_text("cursor", cursor))
    if interval_min is not None:
        options.interval_min_ms = _interval("interval_min", interval_min)
    if interval_max is not None:
        options.interval_max_ms = _interval("interval_max", interval_max)
    return options


def _interval(name: str, value: float | timedelta) -> int:
    number = a.milliseconds(name, value)
    if not 100 <= number <= 600_000:
        refuse(Status.E_INVALID_ARGUMENT, name, f"must be 0.1 to 600 seconds; it is {number / 1000}")
    return number


class Opened:
    """A watch that was opened, and is closed if nobody takes it."""

    def __init__(self, pointer: c_void_p) -> None:
        self._pointer = pointer.value

    def take(self) -> int:
        pointer, self._pointer = self._pointer, None
        if pointer is None:
            raise closed()
        return pointer

    def __del__(self) -> None:
        if self._pointer is not None:
            lib.watch_close(self._pointer)


def open_watch(handle: Handle, options: c.WatchOptions) -> int:
    watch, error = c_void_p(), c_void_p()
    with handle.turn():
        status = lib.watch_open(handle.dm(), byref(options), byref(watch), byref(error))
    if status or watch.value is None:
        raise error_of(status, error)
    return watch.value


_KINDS: dict[int, EventKind] = {int(kind): kind for kind in EventKind}


def _event_of(pointer: c_void_p) -> Event:
    try:
        kind = lib.event_get_kind(pointer)
        message = lib.event_msg(pointer)
        read = lib.event_read_up_to_us(pointer)
        return Event(_KINDS.get(kind, kind), lib.event_cursor(pointer).decode(),
                     lib.event_group_uuid(pointer).decode(),
                     borrowed_message_of(c_void_p(message)) if message else None,
                     lib.event_version(pointer).decode(), lib.event_user_uuid(pointer).decode(),
                     None if read == k.TIME_UNKNOWN else read)
    finally:
        lib.event_free(pointer)


def next_event(watch: int) -> Event | None:
    """The next event, if there is one."""
    event, error = c_void_p(), c_void_p()
    status = lib.watch_next(watch, 0, byref(event), byref(error))
    if status == Status.E_CANCELLED:
        lib.error_free(error)
        raise ClosedError("the store of the watch is closed", Status.E_CANCELLED)
    if status:
        raise error_of(status, error)
    return _event_of(event) if event else None


def closed() -> ClosedError:
    return ClosedError("the watch is closed", Status.E_INVALID_ARGUMENT, "watch")


def cursor_of(watch: int) -> str:
    cursor: bytes = lib.watch_cursor(watch)
    return cursor.decode()


_POLL_MAX_MS = 2**31 - 1


class Watch(Iterator[Event]):
    """An open watch; Store.watch() returns it. Iterating waits for events, and ends when the watch or
    its store is closed. It passes over failures that pass by themselves, which the log tells. Any
    thread may use a watch, one at a time."""

    def __init__(self, pointer: int) -> None:
        self._pointer: int | None = pointer
        self._pid = os.getpid()
        self._turn: Any = threading.RLock()
        self._is_closing = False
        self._closing = threading.RLock()
        self._woken, self._wake = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._poll.register(lib.watch_fd(pointer), select.POLLIN)

    def next(self, timeout: float | timedelta | None = None) -> Event | None:
        """Returns the next event, and waits for it; None if there is none in `timeout` seconds. Every
        failure is raised; after one that is retryable the watch goes on."""
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        if seconds is not None and (seconds != 0 or isinstance(seconds, bool)):
            a.milliseconds("timeout", seconds)
        self._take_turn()
        try:
            return self._wait(None if seconds is None else time.monotonic() + seconds)
        finally:
            if self._is_closing:
                self._close_now()
            self._turn.release()

    def _take_turn(self) -> None:
        if self._turn.acquire(blocking=False):
            return
        if self._is_closing:
            raise closed()
        if self._pid != os.getpid():
            raise ForkedError("the parent of this process opened the watch", Status.E_STORE_FORKED)
        raise WatchBusyError("another thread is in a call on the watch", Status.E_WATCH_BUSY, "watch")

    def _wait(self, until: float | None) -> Event | None:
        """Waits in poll(), so that signals and close() end it."""
        while True:
            if self._is_closing or self._pointer is None:
                raise closed()
            event = next_event(self._pointer)
            left = None if until is None else until - time.monotonic()
            if event is not None or (left is not None and left <= 0):
                return event
            self._poll.poll(None if left is None else min(left * 1000, _POLL_MAX_MS))

    def __iter__(self) -> "Watch":
        return self

    def __next__(self) -> Event:
        while True:
            try:
                event = self.next()
            except ClosedError:
                raise StopIteration from None
            except Exception as failure:
                if not getattr(failure, "retryable", False):
                    raise
                logger.warning("a watch goes on after a failure: %s", failure)
                continue
            if event is not None:
                return event

    @property
    def cursor(self) -> str:
        """The cursor after the latest event, or where the watch began: to resume it later."""
        self._take_turn()
        try:
            if self._pointer is None:
                raise closed()
            return cursor_of(self._pointer)
        finally:
            self._turn.release()

    def fileno(self) -> int:
        """A descriptor that is readable while next() would return at once, for select and poll."""
        if self._pointer is None:
            raise closed()
        fd: int = lib.watch_fd(self._pointer)
        return fd

    def close(self) -> None:
        """Closes the watch; a thread that waits in it gets the end of the iteration. Signal handlers
        may call it, too."""
        if self._pid != os.getpid():
            self._is_closing = True
            self._close_now()  # a thread that held a lock does not exist in this child
            return
        with self._closing:
            if not self._is_closing and self._pointer is not None:
                os.write(self._wake, b"x")
            self._is_closing = True
        if self._turn._is_owned():
            return  # in a signal handler: the call that it interrupted closes the watch
        with self._turn:
            self._close_now()

    def _close_now(self) -> None:
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            lib.watch_close(pointer)
            os.close(self._wake)
            os.close(self._woken)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self.close()

    def __repr__(self) -> str:
        return f"<cruddur.Watch{' (closed)' if self._pointer is None else ''}>"


def watch(handle: Handle, **options: Any) -> Watch:
    return Watch(open_watch(handle, watch_options(**options)))
