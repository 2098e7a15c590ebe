# SPDX-License-Identifier: MIT
"""The exceptions: one class for each family of statuses."""
from ctypes import c_void_p
from typing import NoReturn

from ._constants import Status
from ._library import lib


class Error(Exception):
    """A call failed. `str()` of it is one line for a log or a person, without message text and
    secrets."""

    def __init__(self, message: str, status: Status | int = Status.E_INTERNAL,
                 argument: str | None = None, retryable: bool = False,
                 outcome_unknown: bool = False, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The status of the call; a plain number if the library is newer than this package."""
        self.argument = argument
        """The name of the argument that was refused, or None."""
        self.retryable = retryable
        """Whether the same call may succeed later although nothing is repaired."""
        self.outcome_unknown = outcome_unknown
        """Whether the change may have been stored although the call failed."""
        self.request_id = request_id
        """The service's identifier of the request, or None."""

    def __reduce__(self) -> tuple[type["Error"], tuple[object, ...]]:
        return type(self), (str(self), self.status, self.argument, self.retryable,
                            self.outcome_unknown, self.request_id)


class LocalError(Error):
    """This process lacks memory or file descriptors, or a library below it failed."""


class ArgumentError(Error, ValueError):
    """An argument was refused. Nothing was read or written."""


class NaiveDatetimeError(ArgumentError):
    """A datetime has no time zone, so it is ambiguous."""


class CursorDirectionError(ArgumentError):
    """A cursor is of the other direction than the listing."""


class RequestError(Error):
    """The arguments are valid, but the request was refused."""


class NotFoundError(RequestError, LookupError):
    """There is no such group, member or message, or the caller has no access to it."""


class ConflictError(RequestError):
    """Another change came first."""


class StoreError(Error):
    """The store failed, or cannot be used."""


class DeadlineError(StoreError, TimeoutError):
    """The deadline passed."""


class CancelledError(StoreError):
    """The call was cancelled."""


class ForkedError(StoreError):
    """The process is the child of the one that opened the store."""


class ClosedError(StoreError):
    """The store was closed."""


class WatchBusyError(StoreError):
    """Another thread or task is waiting in the watch."""


class ServiceError(Error):
    """The service behind the store failed, or refused the request."""


# The first status of each family.
_FAMILIES: tuple[tuple[int, type[Error]], ...] = (
    (80, ServiceError), (60, StoreError), (40, RequestError), (10, ArgumentError), (1, LocalError))
_CLASSES: dict[int, type[Error]] = {
    Status.E_GROUP_NOT_FOUND: NotFoundError, Status.E_MESSAGE_NOT_FOUND: NotFoundError,
    Status.E_NOT_A_MEMBER: NotFoundError, Status.E_MESSAGE_GONE: NotFoundError,
    Status.E_CONFLICT: ConflictError, Status.E_VERSION: ConflictError,
    Status.E_GROUP_EXISTS: ConflictError, Status.E_TIMEOUT: DeadlineError,
    Status.E_CANCELLED: CancelledError, Status.E_STORE_FORKED: ForkedError, Status.E_CLOSING: ClosedError,
    Status.E_WATCH_BUSY: WatchBusyError,
}


def class_of(status: int) -> type[Error]:
    """The class of a status; of one that is newer than this package, that of its family."""
    of_family = (made for first, made in _FAMILIES if first <= status < 100)
    return _CLASSES[status] if status in _CLASSES else next(of_family, Error)


def status_of(number: int) -> Status | int:
    """The status as a member of the enumeration, if it has it."""
    try:
        return Status(number)
    except ValueError:
        return number


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")


# Options of C whose arguments have other names here than without "options." and a unit.
_ARGUMENTS = {"around_message_uuid": "around", "consistency": "eventual", "from": "latest",
              "group_name": "name", "is_added": "added", "muted_until": "muted",
              "n_others": "others", "n_people": "people", "order": "newest_first",
              "unread_from_created_at": "since_created_at",
              "unread_from_message_uuid": "since", "up_to_message_uuid": "up_to",
              "store_url": "url"}
_UNITS = ("_us", "_ms", "_s")


def argument_of(name: str) -> str:
    """The argument of a Python call that becomes this one of C."""
    plain = name.removeprefix("options.")
    for unit in _UNITS:
        plain = plain.removesuffix(unit)
    return _ARGUMENTS.get(plain, plain)


def _explained(message: str, name: str | None) -> tuple[str, str | None]:
    """The message and the argument, which it begins with, as Python has them."""
    if name is None:
        return message, None
    argument = argument_of(name)
    rest = message.removeprefix(name)
    if rest == message:
        return message, argument
    return argument + rest.replace("NULL", "None"), argument


def error_of(status: int, error: c_void_p | None) -> Error:
    """The exception for a failed call; frees the error object."""
    kind = class_of(status)
    if not error:
        text = lib.status_text(status).decode()
        return kind(text, status_of(status), retryable=lib.status_is_retryable(status))
    try:
        message, argument = _explained(_text(lib.error_message(error)) or "",
                                       _text(lib.error_argument(error)))
        return kind(message, status_of(status), argument, lib.error_is_retryable(error),
                    lib.error_outcome_unknown(error), _text(lib.error_request_id(error)))
    finally:
        lib.error_free(error)


def refuse(status: Status, argument: str, rule: str,
           kind: type[ArgumentError] = ArgumentError) -> NoReturn:
    """Refuses an argument that C could not even be given."""
    raise kind(f"{argument} {rule}", status, argument)
