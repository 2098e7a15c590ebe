# SPDX-License-Identifier: MIT
"""The store for asyncio: the same calls, as coroutines.

    async with cruddur.aio.open("sqlite:dm.db") as dm:
        await dm.append(ben, group_uuid, "Ada! How are you?")
        async for message in dm.messages(group_uuid, viewer_uuid=ada.uuid):
            print(message.text)

The calls are made by a few threads of the library, and their results come through one descriptor that
the event loop watches: no thread of Python waits for a call. A task that is cancelled cancels its
request; a write may have been stored all the same. When as many requests are in flight as the store
takes, further calls wait for their turn.
"""
import asyncio
import logging
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from ctypes import byref, c_int, c_uint64, c_void_p
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar

from . import _arguments as a
from . import _calls as calls
from . import _constants as k
from . import _declarations as c
from . import _records as records
from . import _upkeep as upkeep
from ._arguments import Id
from ._call import Call, ChangeCall
from ._calls import Timeout
from ._constants import Status
from ._errors import ClosedError, Error, WatchBusyError, error_of
from ._handle import Handle
from ._hooks import logger
from ._library import lib
from ._listing import Course
from ._methods import awaiting
from ._records import Page
from ._store import PAGE_SIZE, group_course, message_course, open_handle
from ._types import Change, Event, Group, Message, Metrics, MoveEvent
from ._watch import Opened, closed, cursor_of, next_event, watch_options

T = TypeVar("T")

__all__ = ["AsyncListing", "AsyncStore", "AsyncWatch", "open"]

# How each kind of result is taken out of a completion.
_TAKE: dict[Callable[[c_void_p], Any], Any] = {
    records.message_of: lib.completion_take_msg,
    records.message_page_of: lib.completion_take_msg_page,
    records.group_of: lib.completion_take_group,
    records.optional_group_of: lib.completion_take_group,
    records.group_page_of: lib.completion_take_group_page,
    records.members_of: lib.completion_take_members,
    records.row_page_of: lib.completion_take_row_page,
    records.lines_of: lib.completion_take_lines,
    records.stream_result_of: lib.completion_take_stream_result,
    Opened: lib.completion_take_watch,
}
# Completions that are received before the loop sees to others.
_BATCH = 64


def _failure_of(call: Call[Any], completion: c_void_p) -> BaseException | None:
    status = lib.completion_status(completion)
    failed = None if status == 0 else error_of(status, _taken(lib.completion_take_error, completion))
    if call.callbacks is not None and call.callbacks.failure is not None:
        call.callbacks.failure.__cause__ = failed
        return call.callbacks.failure
    return failed


def _taken(take: Any, completion: c_void_p) -> c_void_p:
    return c_void_p(take(completion))


def _result_of(call: Call[Any], completion: c_void_p) -> Any:
    if isinstance(call, ChangeCall):
        message = call.decode_message(_taken(lib.completion_take_msg, completion))
        return Change(message, lib.completion_changed(completion))
    take = _TAKE.get(call.decode)
    return None if take is None else call.decode(_taken(take, completion))


class AsyncListing(AsyncIterator[T], Generic[T]):
    """An asynchronous iterator over the rows of a list; as cruddur.Listing."""

    def __init__(self, submit: Callable[[Call[Page[T]]], Coroutine[Any, Any, Page[T]]],
                 course: Course[T]) -> None:
        self._submit = submit
        self._course = course
        self._rows: deque[T] = deque()

    @property
    def cursor(self) -> str | None:
        """The cursor after the latest page that was read, to go on later in the same direction."""
        return self._course.cursor

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages instead of the rows."""
        while self._course.goes_on:
            yield self._course.take(await self._submit(self._course.next_call()))

    def __aiter__(self) -> "AsyncListing[T]":
        return self

    async def __anext__(self) -> T:
        while not self._rows:
            if not self._course.goes_on:
                raise StopAsyncIteration
            self._rows.extend(self._course.take(await self._submit(self._course.next_call())))
        return self._rows.popleft()


class AsyncWatch(AsyncIterator[Event]):
    """A watch; AsyncStore.watch() returns it. Iterating ends when the watch or its store is closed, and
    passes over failures that pass by themselves. One task at a time may use it."""

    def __init__(self, submit: Callable[[Call[Opened]], Coroutine[Any, Any, Opened]],
                 options: c.WatchOptions) -> None:
        self._submit = submit
        self._call = Call("watch_open", (byref(options),), Opened)
        self._pointer: int | None = None
        self._is_busy = False
        self._is_closing = False
        self._ready: asyncio.Future[None] | None = None

    async def next(self) -> Event:
        """Waits for the next event. Every failure is raised; after one that is retryable the watch
        goes on. To wait for a limited time, use asyncio.timeout()."""
        with self._turn():
            await self._open()
            while True:
                if self._pointer is None or self._is_closing:
                    raise closed()
                event = next_event(self._pointer)
                if event is not None:
                    return event
                await self._wait(lib.watch_fd(self._pointer))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One task at a time; the watch is closed behind it if it was to be meanwhile."""
        if self._is_busy:
            raise WatchBusyError("another task is in a call on the watch", Status.E_WATCH_BUSY,
                                 "watch")
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
            if self._is_closing:
                self._close_now()

    async def _open(self) -> None:
        if self._pointer is None and not self._is_closing:
            self._pointer = (await self._submit(self._call)).take()

    async def _wait(self, fd: int) -> None:
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(fd, self._wake)
        try:
            await self._ready
        finally:
            loop.remove_reader(fd)
            self._ready = None

    def _wake(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def __aiter__(self) -> "AsyncWatch":
        return self

    async def __anext__(self) -> Event:
        while True:
            try:
                return await self.next()
            except ClosedError:
                raise StopAsyncIteration from None
            except Error as failure:
                if not failure.retryable:
                    raise
                logger.warning("a watch goes on after a failure: %s", failure)

    @property
    def cursor(self) -> str | None:
        """The cursor after the latest event, to resume it later; None before the watch is open."""
        return None if self._pointer is None else cursor_of(self._pointer)

    def close(self) -> None:
        """Closes the watch; a task that waits in it gets the end of the iteration."""
        self._is_closing = True
        self._wake()
        if not self._is_busy:
            self._close_now()

    def _close_now(self) -> None:
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            lib.watch_close(pointer)

    async def __aenter__(self) -> "AsyncWatch":
        with self._turn():
            await self._open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._close_now()

    def __repr__(self) -> str:
        return f"<cruddur.aio.AsyncWatch{' (closed)' if self._is_closing else ''}>"


class AsyncStore:
    """An open store for one event loop; cruddur.aio.open() returns it."""

    def __init__(self, handle: Handle, url: str) -> None:
        self._handle = handle
        self.url = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1
        self._pending: dict[int, tuple[asyncio.Future[Any], Call[Any]]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ends: dict[int, Callable[[], None]] = {}  # by requests that use another store, too
        self._guests: set[asyncio.Future[None]] = set()  # requests of other stores that use this one
        self._drained: asyncio.Event | None = None
        self._is_closing = False

    # ---- its life ----

    async def __aenter__(self) -> "AsyncStore":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close(cancel=kind is not None)

    async def close(self, *, cancel: bool = False) -> None:
        """Closes the store when the requests in flight have completed; with `cancel` they are
        cancelled. If this coroutine is cancelled, so are they, as are those of a loop that has
        ended. Closing it again does nothing."""
        while self._guests and not self.is_closed:
            await asyncio.wait(set(self._guests))
        if self.is_closed:
            return
        self._is_closing = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(_closed())
        try:
            if self._pending and self._loop is asyncio.get_running_loop():
                self._shut_down(cancel)
                await self._wait_until_drained()
        finally:
            if self._loop is not None and self._fd >= 0:
                self._loop.remove_reader(self._fd)
            self._handle.close()
            self._give_up()

    async def _wait_until_drained(self) -> None:
        self._drained = asyncio.Event()
        try:
            await self._drained.wait()
        except asyncio.CancelledError:
            self._shut_down(True)
            raise

    def _shut_down(self, cancel: bool) -> None:
        error = c_void_p()
        mode = k.SHUTDOWN_CANCEL if cancel else k.SHUTDOWN_DRAIN
        with self._handle.turn():
            status = lib.shutdown(self._handle.dm(), mode, 0, byref(error))
        if status not in (Status.OK, Status.E_TIMEOUT):
            raise error_of(status, error)
        lib.error_free(error)

    def _give_up(self) -> None:
        """What was in flight when the store had to be closed at once."""
        for future, _ in self._pending.values():
            if not future.done():
                future.set_exception(_closed())
        self._pending.clear()
        while self._ends:
            self._ends.popitem()[1]()

    @property
    def is_closed(self) -> bool:
        """Whether close() was called."""
        return self._is_closing or self._handle.pointer is None

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None and handle.unclosed is not None:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)
            if self._loop is not None and not self._loop.is_closed() and self._fd >= 0:
                self._loop.remove_reader(self._fd)
            handle.close_at_exit()

    def __repr__(self) -> str:
        return f"<cruddur.aio.AsyncStore{' (closed)' if self.is_closed else ''}>"

    # ---- requests ----

    def _attach(self) -> asyncio.AbstractEventLoop:
        """The first call binds the store to its loop."""
        self._handle.check_process()
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return loop
        if self._loop is not None:
            raise RuntimeError("the store belongs to another event loop: open one for each")
        fd, error = c_int(), c_void_p()
        with self._handle.turn():
            status = lib.fd(self._handle.dm(), byref(fd), byref(error))
        if status:
            raise error_of(status, error)
        loop.add_reader(fd.value, self._receive)
        self._loop, self._fd = loop, fd.value
        return loop

    def _use(self, other: "AsyncStore") -> Callable[[], None]:
        """Keeps another store open until the function that it returns is called: a request goes on
        for a moment after its task was cancelled."""
        loop = other._attach()
        if other.is_closed:
            raise _closed()
        guest: asyncio.Future[None] = loop.create_future()
        other._guests.add(guest)
        other._handle.used_by.append(self._handle)

        def end() -> None:
            if guest in other._guests:
                other._guests.remove(guest)
                other._handle.used_by.remove(self._handle)
                if not guest.done() and not loop.is_closed():
                    guest.set_result(None)
        return end

    async def _submit(self, call: Call[T], end: Callable[[], None] | None = None) -> T:
        loop = self._attach()
        while True:
            request = self._try_submit(call)
            if request is not None:
                break
            await self._wait_for_room(loop)
        future: asyncio.Future[T] = loop.create_future()
        self._pending[request] = future, call
        if end is not None:
            self._ends[request] = end
        try:
            return await future
        except asyncio.CancelledError:
            if not future.done() or future.cancelled():
                self._cancel(request)
            raise

    def _try_submit(self, call: Call[Any]) -> int | None:
        """The number of the request; None if as many as possible are in flight."""
        if self._is_closing:
            raise _closed()
        request, error = c_uint64(), c_void_p()
        submit = getattr(lib, f"{call.name}_submit")
        with self._handle.turn():
            status = submit(self._handle.dm(), *call.arguments, None, byref(request), byref(error))
        if status == 0:
            return request.value
        failed = error_of(status, error)
        if status == Status.E_QUEUE_FULL and self._pending:
            return None
        raise failed

    async def _wait_for_room(self, loop: asyncio.AbstractEventLoop) -> None:
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake_one()  # the turn was given to a task that does not take it
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake_one(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _cancel(self, request: int) -> None:
        """Its completion comes in any case, and ends what the request uses."""
        if self._handle.pointer is None or request not in self._pending:
            return
        error = c_void_p()
        with self._handle.turn():  # one that is done needs no cancelling
            lib.request_cancel(self._handle.dm(), request, byref(error))
        lib.error_free(error)

    # ---- completions ----

    def _receive(self) -> None:
        """The loop calls this when there are completions."""
        with self._handle.turn():
            dm = self._handle.dm()
            for _ in range(_BATCH):
                completion, error = c_void_p(), c_void_p()
                status = lib.completion_next(dm, 0, byref(completion), byref(error))
                if status:
                    self._stop_receiving(status, error)
                    return
                if not completion:
                    return
                try:
                    self._complete(completion)
                finally:
                    lib.completion_free(completion)

    def _stop_receiving(self, status: int, error: c_void_p) -> None:
        """There is nothing more to come, or the loop runs in a forked child."""
        failure = error_of(status, error)
        if self._loop is not None:
            self._loop.remove_reader(self._fd)
        for future, _ in self._pending.values():
            if not future.done():
                future.set_exception(failure)
        self._pending.clear()
        if self._drained is not None:
            self._drained.set()

    def _complete(self, completion: c_void_p) -> None:
        request = lib.completion_request(completion)
        entry = self._pending.pop(request, None)
        if request in self._ends:
            self._ends.pop(request)()
        self._wake_one()
        if entry is not None:
            _settle(*entry, completion)
        if not self._pending and self._drained is not None:
            self._drained.set()

    # ---- messages and groups ----

    message_page = awaiting(calls.message_page)
    group_page = awaiting(calls.group_page)
    append = awaiting(calls.append)
    create_group = awaiting(calls.create_group)
    get_message = awaiting(calls.get_message)
    edit = awaiting(calls.edit)
    delete = awaiting(calls.delete)
    react = awaiting(calls.react)
    get_group = awaiting(calls.get_group)
    members = awaiting(calls.members)
    mark_read = awaiting(calls.mark_read)
    mark_unread = awaiting(calls.mark_unread)
    set_group = awaiting(calls.set_group)
    rename_group = awaiting(calls.rename_group)
    add_members = awaiting(calls.add_members)
    remove_member = awaiting(calls.remove_member)

    def messages(self, group_uuid: Id, *, viewer_uuid: Id | None = None, trusted: bool = False,
                 newest_first: bool | None = None, cursor: str | None = None,
                 since: datetime | None = None, until: datetime | None = None,
                 page_size: int = PAGE_SIZE, eventual: bool = False,
                 timeout: Timeout = None) -> AsyncListing[Message]:
        """Iterates over the messages of a group; as Store.messages(), with `async for`."""
        course = message_course(group_uuid, viewer_uuid, trusted, newest_first, cursor, since, until,
                                page_size, eventual, timeout)
        return AsyncListing(self._submit, course)

    def groups(self, user_uuid: Id, *, newest_first: bool | None = None, cursor: str | None = None,
               since: datetime | None = None, until: datetime | None = None, unread: bool = False,
               archived: bool = False, hidden: bool = False, counts: bool = True,
               page_size: int = PAGE_SIZE, eventual: bool = False,
               timeout: Timeout = None) -> AsyncListing[Group]:
        """Iterates over a user's groups, latest first; as Store.groups(), with `async for`."""
        course = group_course(user_uuid, newest_first, cursor, since, until, unread, archived,
                              hidden, counts, page_size, eventual, timeout)
        return AsyncListing(self._submit, course)

    def watch(self, *, user_uuid: Id | None = None, group_uuid: Id | None = None,
              viewer_uuid: Id | None = None, trusted: bool = False, cursor: str | None = None,
              interval_min: float | timedelta | None = None,
              interval_max: float | timedelta | None = None,
              timeout: Timeout = None) -> AsyncWatch:
        """Watches an inbox or a group; as Store.watch(), with `async for`. It is opened when one
        begins to wait, or by `async with`."""
        options = watch_options(user_uuid=user_uuid, group_uuid=group_uuid, viewer_uuid=viewer_uuid,
                                trusted=trusted, cursor=cursor, interval_min=interval_min,
                                interval_max=interval_max, timeout=timeout)
        return AsyncWatch(self._submit, options)

    # ---- the table; observers run on threads of the library ----

    row_page = awaiting(upkeep.row_page)
    check = awaiting(upkeep.check)
    purge = awaiting(upkeep.purge)
    export = awaiting(upkeep.export)
    import_ = awaiting(upkeep.import_)
    export_person = awaiting(upkeep.export_person)
    erase_person = awaiting(upkeep.erase_person)
    rename_people = awaiting(upkeep.rename_people)
    schema_load = awaiting(upkeep.schema_load)
    schema_verify = awaiting(upkeep.schema_verify)
    schema_list = awaiting(upkeep.schema_list)
    schema_drop = awaiting(upkeep.schema_drop)
    schema_upgrade = awaiting(upkeep.schema_upgrade)
    apply_stream = awaiting(upkeep.apply_stream)
    follow_stream = awaiting(upkeep.follow_stream)

    async def move_to(self, other: "AsyncStore", *, cancel: bool = False, writers: float = 10.0,
                      workers: int = 8, checkpoint: str | None = None,
                      observe: Callable[[MoveEvent], bool | None] | None = None,
                      timeout: Timeout = None) -> None:
        """Moves all rows to another store while this one is in use, and fences this one."""
        if not isinstance(other, AsyncStore):
            raise a.wrong_type("other", other, "AsyncStore")
        end = self._use(other)
        try:
            await self._submit(upkeep.move_to(
                other._handle.dm(), cancel=cancel, writers=writers, workers=workers,
                checkpoint=checkpoint, observe=observe, timeout=timeout), end)
        finally:
            if end not in self._ends.values():
                end()

    async def scan(self, *, page_size: int = 100, cursor: str | None = None,
                   timeout: Timeout = None) -> AsyncIterator[dict[str, str]]:
        """Iterates over all rows of the table, as they are there."""
        following = cursor
        while True:
            page = await self.row_page(limit=a.page_size(page_size), cursor=following, timeout=timeout)
            for row in page.rows:
                yield row
            following = page.next
            if following is None:
                return


def _settle(future: "asyncio.Future[Any]", call: Call[Any], completion: c_void_p) -> None:
    """Nobody waits for a request that was cancelled: its result is freed with the completion."""
    if future.done():
        return
    failure = _failure_of(call, completion)
    if failure is not None:
        future.set_exception(failure)
        return
    try:
        future.set_result(_result_of(call, completion))
    except Exception as failed:
        future.set_exception(failed)


def _closed() -> ClosedError:
    return ClosedError("the store is closed", Status.E_INVALID_ARGUMENT, "dm")


def _start(handle: Handle, threads: int, max_requests: int) -> None:
    options = a.options(c.AsyncOptions, "async_options_init", threads=a.number("threads", threads),
                        max_requests=a.number("max_requests", max_requests))
    error = c_void_p()
    with handle.turn():
        status = lib.async_start(handle.dm(), byref(options), byref(error))
    if status:
        raise error_of(status, error)


def open(url: str, *, threads: int = 32, max_requests: int = 16384, existing: bool = False,
         timeout: Timeout = None, max_text_chars: int = 1024,
         retention: timedelta | Literal["never"] = "never", log: logging.Logger | bool = True,
         metrics: Callable[[Metrics], object] | None = None) -> AsyncStore:
    """Opens a store for asyncio; as cruddur.open(). At most `threads` calls are made at once, and
    `max_requests` can be in flight; more wait. Opening itself is done at once: it sends no request,
    but opens the file of an SQLite store. The hooks are called on threads of the library."""
    handle = open_handle(url, existing, timeout, max_text_chars, retention, log, metrics)
    try:
        _start(handle, threads, max_requests)
    except BaseException:
        handle.close()
        raise
    return AsyncStore(handle, url)
