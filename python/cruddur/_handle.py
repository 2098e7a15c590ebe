# SPDX-License-Identifier: MIT
"""An open store: which threads are using it, so that it is closed when none is."""
import os
import threading
import time
import weakref
from typing import Any

from ._constants import Status
from ._errors import ClosedError, ForkedError
from ._library import lib

_open: "weakref.WeakSet[Handle]" = weakref.WeakSet()

_EXIT_WAIT_S = 5.0


class Handle:
    """The library's handle. Each thread holds a lock of its own during its calls, so that close() can
    wait for them. A call is `with handle.turn():` around `handle.dm()`: taking and releasing such a
    lock is one step for the interpreter, so an exception of a signal handler leaves none behind."""

    def __init__(self, pointer: int, kept: list[Any]) -> None:
        self.pointer: int | None = pointer  # None: calls are refused
        self.unclosed: int | None = pointer
        self.kept = kept  # what C may call until the store is closed
        self.pid = os.getpid()
        self.used_by: list[Handle] = []  # stores whose requests in flight use this one
        self.renew_locks()
        _open.add(self)

    def renew_locks(self) -> None:
        self._lock: Any = threading.RLock()
        self._turns: "weakref.WeakSet[Any]" = weakref.WeakSet()
        self._own = threading.local()

    def turn(self) -> Any:
        """The lock that this thread holds during its calls."""
        turn = getattr(self._own, "turn", None)
        if turn is None:
            turn = threading.RLock()
            with self._lock:
                self._turns.add(turn)
            self._own.turn = turn
        return turn

    def dm(self) -> int:
        """The library's handle, for a thread that holds its turn."""
        pointer = self.pointer
        if pointer is None:
            raise ClosedError("the store is closed", Status.E_INVALID_ARGUMENT, "dm")
        return pointer

    def check_process(self) -> None:
        """For what would wait for threads that a forked child does not have."""
        if self.pid != os.getpid():
            raise ForkedError("this process was forked by the one that opened the store",
                              Status.E_STORE_FORKED)

    def close(self) -> None:
        """Waits for the calls of other threads. In a child of the process that opened the store it
        only lets go of it. If an exception of a signal handler ends it, it can be called again."""
        if self.turn()._is_owned():
            raise RuntimeError("a store cannot be closed by a function that one of its calls calls, "
                               "or by a signal handler during a call")
        self.pointer = None
        for turn in self._all_turns():
            with turn:
                pass
        self._close_now()

    def close_at_exit(self, until: float = 0.0) -> None:
        """Waits until then (of time.monotonic()) for calls of other threads. If one is still in a
        call, the process ends with it in it."""
        for user in list(self.used_by):
            user.close_at_exit(until)
            if user.unclosed is not None:
                return
        self.pointer = None
        for turn in self._all_turns():
            if turn._is_owned() or not turn.acquire(timeout=max(0.0, until - time.monotonic())):
                return
            turn.release()
        self._close_now()

    def _all_turns(self) -> list[Any]:
        with self._lock:
            return list(self._turns)

    def _close_now(self) -> None:
        with self._lock:
            pointer, self.unclosed = self.unclosed, None
        if pointer is not None:
            lib.close(pointer)
            _open.discard(self)
            self.kept.clear()


def close_all_at_exit() -> None:
    """A hook that a daemon thread's call reaches after the interpreter has ended would crash: so most
    calls get the time to return, while the interpreter can still run hooks."""
    until = time.monotonic() + _EXIT_WAIT_S
    handles = list(_open)
    for handle in handles:
        handle.pointer = None
    for handle in handles:
        handle.close_at_exit(until)


def _after_fork_in_child() -> None:
    """Other threads may have held locks, and do not exist here."""
    for handle in list(_open):
        handle.renew_locks()


os.register_at_fork(after_in_child=_after_fork_in_child)
