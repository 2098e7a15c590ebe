# SPDX-License-Identifier: MIT
"""Checks arguments and turns them into what C takes. What is wrong is refused with the argument's
name: a TypeError for another type, an ArgumentError for a value that C could not even be given."""
import uuid
from collections.abc import Iterable
from ctypes import Array, byref, sizeof
from datetime import datetime, timedelta
from typing import Any, TypeVar

from . import _constants as k
from . import _declarations as c
from ._constants import Status
from ._errors import NaiveDatetimeError, refuse
from ._library import lib
from ._types import EPOCH, User

Id = str | uuid.UUID
"""A uuid."""
Person = User | Id
"""A person: with names, or by the uuid alone."""

S = TypeVar("S", bound=c.Struct)

_MICROSECOND = timedelta(microseconds=1)
_UINT32_MAX = 2**32 - 1
_INT64_MAX = 2**63 - 1


def wrong_type(name: str, value: object, wanted: str) -> TypeError:
    return TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def text(name: str, value: str) -> bytes:
    """C ends a text at U+0000, so one that has it would be cut off."""
    if not isinstance(value, str):
        raise wrong_type(name, value, "str")
    try:
        data = value.encode()
    except UnicodeEncodeError:
        refuse(Status.E_NOT_UTF8, name, "must not contain surrogates")
    if b"\0" in data:
        refuse(Status.E_INVALID_ARGUMENT, name, "must not contain U+0000")
    return data


def optional_text(name: str, value: str | None) -> bytes | None:
    return None if value is None else text(name, value)


def identifier(name: str, value: Id) -> bytes:
    if isinstance(value, uuid.UUID):
        return str(value).encode()
    if not isinstance(value, str):
        raise wrong_type(name, value, "str or uuid.UUID")
    return text(name, value)


def optional_identifier(name: str, value: Id | None) -> bytes | None:
    return None if value is None else identifier(name, value)


def flag(name: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(name, value, "bool")
    return value


def number(name: str, value: int, status: Status = Status.E_INVALID_ARGUMENT) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, value, "int")
    if not 0 <= value <= _UINT32_MAX:
        refuse(status, name, "must be a number from 0 to 4294967295")
    return value


def page_size(value: int) -> int:
    """Of a listing, each page of which has the limit of a call."""
    size = number("page_size", value, Status.E_LIMIT)
    if not 1 <= size <= k.LIMIT_MAX:
        refuse(Status.E_LIMIT, "page_size", f"must be 1 to {k.LIMIT_MAX}; it is {size}")
    return size


def moment(name: str, value: datetime) -> int:
    """Microseconds since 1970."""
    if not isinstance(value, datetime):
        raise wrong_type(name, value, "datetime")
    if value.utcoffset() is None:
        refuse(Status.E_TIME, name, "must have a time zone: a datetime without one is "
               "ambiguous; use datetime.now(timezone.utc), or set tzinfo", NaiveDatetimeError)
    return (value - EPOCH) // _MICROSECOND


def optional_moment(name: str, value: datetime | None) -> int:
    """0, which stands for none, is also the first microsecond of 1970."""
    if value is None:
        return 0
    time_us = moment(name, value)
    if time_us == 0:
        refuse(Status.E_TIME, name, "must not be the first microsecond of 1970, which stands for no "
               "time")
    return time_us


def milliseconds(name: str, value: float | timedelta | None) -> int:
    """Of a time in seconds; 0 for None. More than none is at least 1."""
    if value is None:
        return 0
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise wrong_type(name, value, "float or timedelta")
    if not 0 < seconds <= _UINT32_MAX / 1000:
        refuse(Status.E_INVALID_ARGUMENT, name, "must be more than 0 and at most 4294967 seconds")
    return max(1, int(seconds * 1000))


def lasting(name: str, value: timedelta | str | None, default: int) -> int:
    """Whole seconds, begun ones counted."""
    if value is None:
        return default
    if isinstance(value, str):
        if value != "never":
            refuse(Status.E_INVALID_ARGUMENT, name, 'must be a timedelta or "never"')
        return k.EXPIRES_NEVER
    if not isinstance(value, timedelta):
        raise wrong_type(name, value, 'timedelta or "never"')
    if value <= timedelta(0):
        refuse(Status.E_TIME, name, "must be more than 0")
    return value // timedelta(seconds=1) + (value % timedelta(seconds=1) > timedelta(0))


def choice(name: str, value: str, choices: dict[str, int]) -> int:
    if not isinstance(value, str):
        raise wrong_type(name, value, "str")
    if value not in choices:
        refuse(Status.E_INVALID_ARGUMENT, name,
               "must be " + " or ".join(f'"{each}"' for each in choices))
    return choices[value]


# ---- structs ----

_defaults: dict[type[c.Struct], bytes] = {}


def options(kind: type[S], function: str, **values: Any) -> S:
    """Options as the library fills them in, with these values."""
    default = _defaults.get(kind)
    if default is None:
        made = kind()
        getattr(lib, function)(byref(made), sizeof(kind))
        default = _defaults[kind] = bytes(made)
    result = kind.from_buffer_copy(default)
    for name, value in values.items():
        setattr(result, name, value)
    return result


_USER_SIZE = sizeof(c.User)


def user(name: str, value: Person) -> c.User:
    if isinstance(value, User):
        return c.User(_USER_SIZE, identifier(f"{name}.uuid", value.uuid),
                      text(f"{name}.display_name", value.display_name) or None,
                      text(f"{name}.handle", value.handle) or None)
    if not isinstance(value, (str, uuid.UUID)):
        raise wrong_type(name, value, "User, str or uuid.UUID")
    return c.User(_USER_SIZE, identifier(name, value), None, None)


def users(name: str, values: Person | Iterable[Person]) -> "Array[c.User]":
    if isinstance(values, (User, str, uuid.UUID)):
        values = (values,)
    try:
        made = [user(name, each) for each in values]
    except TypeError as error:
        raise TypeError(f"{name} must be people, each a User, a str or a uuid.UUID: "
                        f"{error}") from None
    return (c.User * len(made))(*made)
