# SPDX-License-Identifier: MIT
"""An open store: which threads are using it, so that it is closed when none is."""
import os
import threading
import weakref
from typing import Any

from ._constants import Status
from ._errors import ClosedError, ForkedError
from ._library import lib

_open: "weakref.WeakSet[Handle]" = weakref.WeakSet()


class Handle:
    """The library's handle. Its lock is held for a few instructions only."""

    def __init__(self, pointer: int, kept: list[Any]) -> None:
        self.pointer: int | None = pointer
        self.kept = kept  # what C may call until the store is closed
        self.pid = os.getpid()
        self.users: list[int] = []
        self.is_idle = threading.Condition(threading.Lock())
        _open.add(self)

    def enter(self) -> int:
        """Begins a call; leave() ends it."""
        with self.is_idle:
            pointer = self.pointer
            if pointer is None:
                raise ClosedError("the store is closed", Status.E_INVALID_ARGUMENT, "dm")
            self.users.append(threading.get_ident())
        return pointer

    def check_process(self) -> None:
        """For what would wait for threads that a forked child does not have."""
        if self.pid != os.getpid():
            raise ForkedError("this process was forked by the one that opened the store",
                              Status.E_STORE_FORKED)

    def leave(self) -> None:
        with self.is_idle:
            self.users.remove(threading.get_ident())
            if not self.users and self.pointer is None:
                self.is_idle.notify_all()

    def close(self) -> None:
        """Waits for the calls of other threads. In a child of the process that opened the store it
        only lets go of it."""
        with self.is_idle:
            if threading.get_ident() in self.users:
                raise RuntimeError("a store cannot be closed by a function that one of its calls calls")
            pointer, self.pointer = self.pointer, None
            if pointer is None:
                return
            while self.users:
                self.is_idle.wait()
        _open.discard(self)
        lib.close(pointer)
        self.kept.clear()

    def close_at_exit(self) -> None:
        """Threads that are still in a call would not return: the process ends with them in it."""
        with self.is_idle:
            pointer = None if self.users else self.pointer
            if pointer is not None:
                self.pointer = None
        if pointer is not None:
            lib.close(pointer)


def close_all_at_exit() -> None:
    for handle in list(_open):
        handle.close_at_exit()


def _after_fork_in_child() -> None:
    """Another thread may have held a lock, and its calls do not exist here."""
    for handle in list(_open):
        handle.is_idle = threading.Condition(threading.Lock())
        handle.users = []


os.register_at_fork(after_in_child=_after_fork_in_child)
