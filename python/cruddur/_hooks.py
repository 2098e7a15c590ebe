# SPDX-License-Identifier: MIT
"""Python functions that C calls. None lets an exception through: what a hook raises is logged; what
an observer raises stops the walk, and is raised by the call."""
import logging
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from . import _declarations as c
from ._constants import CheckKind, FollowKind, LogLevel, MovePhase, Operation, Status, UpgradeKind
from ._types import (CheckEvent, FollowEvent, Metrics, MoveEvent, PersonEvent, PurgeEvent,
                     TransferEvent, UpgradeEvent)

logger = logging.getLogger("cruddur")


def a_function(name: str, value: object) -> None:
    """Refuses what cannot be called, also where it would not be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {type(value).__name__}")


_LEVELS: dict[int, int] = {LogLevel.DEBUG: logging.DEBUG, LogLevel.INFO: logging.INFO,
           LogLevel.WARNING: logging.WARNING, LogLevel.ERROR: logging.ERROR}

E = TypeVar("E")


def _member(kind: Any) -> Callable[[int], Any]:
    """To a member of an enumeration; a number that is newer than this package stays."""
    members: dict[int, Any] = {int(each): each for each in kind}
    return lambda value: members.get(value, value)


def _same(value: Any) -> Any:
    return value


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


_ENUMERATIONS: dict[type[Any], Any] = {CheckEvent: CheckKind, UpgradeEvent: UpgradeKind,
                                       FollowEvent: FollowKind, MoveEvent: MovePhase}
_TYPES: dict[object, Callable[[Any], Any]] = {str | None: _text, bool: bool}


def _converters(kind: type[Any]) -> list[tuple[str, Callable[[Any], Any]]]:
    named: dict[str, Callable[[Any], Any]] = {"operation": _member(Operation),
                                              "status": _member(Status)}
    if kind in _ENUMERATIONS:
        named["kind"] = named["phase"] = _member(_ENUMERATIONS[kind])
    return [(field.name, named.get(field.name, _TYPES.get(field.type, _same)))
            for field in fields(kind)]


_CONVERTERS: dict[type[Any], list[tuple[str, Callable[[Any], Any]]]] = {
    kind: _converters(kind) for kind in (CheckEvent, FollowEvent, Metrics, MoveEvent, PersonEvent,
                                         PurgeEvent, TransferEvent, UpgradeEvent)}


def value_of(kind: type[E], struct: Any) -> E:
    """A dataclass of a struct with fields of the same names."""
    return kind(*[convert(getattr(struct, name)) for name, convert in _CONVERTERS[kind]])


# ---- hooks of a store ----

def log_hook(target: logging.Logger) -> Any:
    if not isinstance(target, (logging.Logger, logging.LoggerAdapter)):
        raise TypeError(f"log must be a Logger or bool, not {type(target).__name__}")

    def log(_: object, level: int, message: bytes) -> None:
        try:
            target.log(_LEVELS.get(level, logging.ERROR), "%s", _text(message))
        except BaseException:  # also KeyboardInterrupt: there is nobody above to get it
            logger.exception("the log hook raised")
    return c.LogFn(log)


def metrics_hook(receive: Callable[[Metrics], object]) -> Any:
    a_function("metrics", receive)

    def measure(_: object, metrics: Any) -> None:
        try:
            receive(value_of(Metrics, metrics.contents))
        except BaseException:
            logger.exception("the metrics hook raised")
    return c.MetricsFn(measure)


# ---- callbacks of one call ----

class Callbacks:
    """The Python functions of one call, and what the first of them that failed raised."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self.kept: list[Any] = []

    def guard(self, made: Any, function: Callable[..., Any], otherwise: Any = None) -> Any:
        """A C function that calls this one; if it raises, returns `otherwise`."""
        def guarded(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except BaseException as failure:
                self.failure = self.failure or failure
                return otherwise
        result = made(guarded)
        self.kept.append(result)
        return result

    def observer(self, made: Any, kind: type[E], observe: Callable[[E], object] | None) -> Any:
        """Of a walk: it goes on unless the observer returns False or raises."""
        if observe is None:
            return made()
        a_function("observe", observe)
        see = observe
        return self.guard(
            made, lambda _, event: see(value_of(kind, event.contents)) is not False, False)
