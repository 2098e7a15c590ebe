# SPDX-License-Identifier: MIT
"""Direct messaging on a single table: libcruddur from Python.

    with cruddur.open("sqlite:dm.db") as dm:
        group = dm.create_group(ada, ben, "Hello, Ben!")
        dm.append(ben, group.uuid, "Ada! How are you?")
        for message in dm.messages(group.uuid, viewer_uuid=ada.uuid):
            print(message.created_at, message.user_display_name, message.text)

`cruddur.aio` has the same for asyncio. The errors of the library are exceptions, cruddur.Error.
"""
import atexit
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from . import _constants
from ._arguments import Id, Person
from ._calls import Timeout
from ._constants import (CheckKind, EventKind, FollowKind, LogLevel, MovePhase, Operation, Status,
                         UpgradeKind)
from ._errors import (ArgumentError, CancelledError, ClosedError, ConflictError,
                      CursorDirectionError, DeadlineError, Error, ForkedError, LocalError,
                      NaiveDatetimeError, NotFoundError, RequestError, ServiceError, StoreError,
                      WatchBusyError)
from ._handle import close_all_at_exit
from ._listing import Listing
from ._records import Page, RowPage
from ._store import Store, open_handle
from ._texts import (direct_group_uuid, format_time, library_path, library_version, new_uuid,
                     parse_time)
from ._types import (Change, CheckEvent, Event, FollowEvent, Group, Member, Message, Metrics,
                     MoveEvent, PersonEvent, PurgeEvent, Reaction, StreamFailure, StreamResult,
                     TransferEvent, UpgradeEvent, User)
from ._watch import Watch

__version__ = _constants.VERSION_STRING

__all__ = [
    "ArgumentError", "CancelledError", "Change", "CheckEvent", "CheckKind", "ClosedError",
    "ConflictError", "CursorDirectionError", "DeadlineError", "Error", "Event", "EventKind",
    "FollowEvent", "FollowKind", "ForkedError", "Group", "Id", "Listing", "LocalError", "LogLevel",
    "Member", "Message", "Metrics", "MoveEvent", "MovePhase", "NaiveDatetimeError", "NotFoundError",
    "Operation", "Page", "Person", "PersonEvent", "PurgeEvent", "Reaction", "RequestError",
    "RowPage", "ServiceError", "Status", "Store", "StoreError", "StreamFailure", "StreamResult",
    "Timeout", "TransferEvent", "UpgradeEvent", "UpgradeKind", "User", "Watch", "WatchBusyError",
    "direct_group_uuid", "format_time", "library_path", "library_version", "new_uuid", "open",
    "parse_time",
]


def open(url: str, *, existing: bool = False, timeout: Timeout = None, max_text_chars: int = 1024,
         retention: timedelta | Literal["never"] = "never", log: logging.Logger | bool = True,
         metrics: Callable[[Metrics], object] | None = None) -> Store:
    """Opens a store, and creates it unless it must be `existing`.

    `url` is `sqlite:PATH`, `sqlite::memory:` or `dynamodb:TABLE?region=…`. `timeout` is the deadline
    in seconds of calls that have none of their own (10 by default), `retention` how long messages
    last. Lines for the log go to the logger "cruddur", to another logger, or with `log=False`
    nowhere. `metrics` receives the cost of each call, on the thread of the call.
    """
    return Store(open_handle(url, existing, timeout, max_text_chars, retention, log, metrics), url)


# Tracebacks and help() show the names that programs use.
for _public in (globals()[name] for name in __all__):
    if isinstance(_public, type) and _public.__module__.startswith(__name__):
        _public.__module__ = __name__

# Threads that the interpreter waits for at its exit may use stores until then.
atexit.register(close_all_at_exit)
