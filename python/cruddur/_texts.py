# SPDX-License-Identifier: MIT
"""Functions that need no store: uuids, times, versions."""
from ctypes import byref, c_int64, c_void_p, create_string_buffer
from datetime import datetime
from typing import Any

from . import _arguments as a
from . import _constants as k
from ._arguments import Id
from ._errors import error_of
from ._library import lib
from ._types import datetime_of


def _text(name: str, size: int, *arguments: Any) -> str:
    buffer, error = create_string_buffer(size), c_void_p()
    status = getattr(lib, name)(*arguments, buffer, byref(error))
    if status:
        raise error_of(status, error)
    return buffer.value.decode()


def new_uuid(at: datetime | None = None) -> str:
    """A new uuid of version 7, which tells its time: for a message that may have to be sent again."""
    return _text("uuid_v7", k.UUID_SIZE, lib.time_now_us() if at is None else a.moment("at", at))


def direct_group_uuid(user_uuid: Id, other_uuid: Id) -> str:
    """The uuid of the direct group of two people, whether or not it exists."""
    return _text("group_direct_uuid", k.UUID_SIZE, a.identifier("user_uuid", user_uuid),
                 a.identifier("other_uuid", other_uuid))


def format_time(time: datetime) -> str:
    """A time as the library writes it into sort keys."""
    return _text("time_format", k.TIME_SIZE, a.moment("time", time))


def parse_time(text: str) -> datetime:
    """The time that a text stands for, such as a sort key."""
    time_us, error = c_int64(), c_void_p()
    status = lib.time_parse(a.text("text", text), byref(time_us), byref(error))
    if status:
        raise error_of(status, error)
    return datetime_of(time_us.value)


def library_version() -> str:
    """The version of the shared library."""
    version: bytes = lib.version()
    return version.decode()


def library_path() -> str:
    """The file or name from which the shared library was loaded."""
    return lib.path
