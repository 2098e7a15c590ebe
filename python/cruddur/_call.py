# SPDX-License-Identifier: MIT
"""A call that is ready to be made: its function, its arguments, and what becomes of the result. The
store makes it and waits (`cruddur`), or submits it (`cruddur.aio`)."""
from collections.abc import Callable
from ctypes import byref, c_bool, c_void_p
from typing import Any, Generic, TypeVar

from ._errors import error_of
from ._hooks import Callbacks
from ._library import lib
from ._types import Change

T = TypeVar("T")


class Call(Generic[T]):
    """A call with one result."""

    __slots__ = ("name", "arguments", "decode", "callbacks")

    def __init__(self, name: str, arguments: tuple[Any, ...],
                 decode: Callable[[c_void_p], T], callbacks: Callbacks | None = None) -> None:
        self.name = name
        self.arguments = arguments
        self.decode = decode
        self.callbacks = callbacks

    def run(self, dm: int) -> T:
        result, error = c_void_p(), c_void_p()
        status = getattr(lib, self.name)(dm, *self.arguments, byref(result), byref(error))
        if status:
            raise error_of(status, error)
        return self.decode(result)


class ChangeCall(Call[Change]):
    """A call that also tells whether it changed anything."""

    __slots__ = ("decode_message",)

    def __init__(self, name: str, arguments: tuple[Any, ...], decode: Callable[[c_void_p], Any]) -> None:
        super().__init__(name, arguments, lambda result: Change(decode(result), False))
        self.decode_message = decode

    def run(self, dm: int) -> Change:
        result, is_changed, error = c_void_p(), c_bool(), c_void_p()
        status = getattr(lib, self.name)(dm, *self.arguments, byref(result), byref(is_changed),
                                         byref(error))
        if status:
            raise error_of(status, error)
        return Change(self.decode_message(result), is_changed.value)


def _nothing(_: c_void_p) -> None:
    return None


class Walk(Call[None]):
    """A call without a result that calls back."""

    __slots__ = ()

    def __init__(self, name: str, arguments: tuple[Any, ...], callbacks: Callbacks) -> None:
        super().__init__(name, arguments, _nothing, callbacks)

    def run(self, dm: int) -> None:
        error = c_void_p()
        status = getattr(lib, self.name)(dm, *self.arguments, byref(error))
        failed = error_of(status, error) if status else None
        if self.callbacks is not None and self.callbacks.failure is not None:
            raise self.callbacks.failure from failed
        if failed is not None:
            raise failed
