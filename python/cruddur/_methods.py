# SPDX-License-Identifier: MIT
"""Makes methods of the functions that prepare calls, with their signatures and documentation."""
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from ._call import Call

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Method(Protocol, Generic[P, T_co]):
    """A method of a store."""

    @overload
    def __get__(self, store: None, kind: type[Any], /) -> "Method[P, T_co]": ...

    @overload
    def __get__(self, store: object, kind: type[Any], /) -> Callable[P, T_co]: ...


def _dress(method: Any, prepare: Callable[..., Any], prefix: str) -> Any:
    """Calls are what the functions return, and not what the methods do."""
    signature = inspect.signature(prepare)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    kind = str(signature.return_annotation).partition("Call[")[2][:-1] or "None"
    method.__name__ = prepare.__name__
    method.__qualname__ = f"{prefix}{prepare.__name__}"
    method.__doc__ = prepare.__doc__
    method.__module__ = "cruddur"
    method.__signature__ = signature.replace(
        parameters=[own, *signature.parameters.values()], return_annotation=kind)
    return method


def waiting(prepare: Callable[P, Call[T]]) -> Method[P, T]:
    """A method that makes the call and returns its result."""
    def method(self: Any, /, *arguments: Any, **options: Any) -> Any:
        call = prepare(*arguments, **options)
        handle = self._handle
        with handle.turn():
            return call.run(handle.dm())
    return cast(Method[P, T], _dress(method, prepare, "Store."))


def awaiting(prepare: Callable[P, Call[T]]) -> Method[P, Coroutine[Any, Any, T]]:
    """A coroutine method that submits the call and waits for its completion."""
    async def method(self: Any, /, *arguments: Any, **options: Any) -> Any:
        return await self._submit(prepare(*arguments, **options))
    return cast(Method[P, Coroutine[Any, Any, T]], _dress(method, prepare, "AsyncStore."))
