# SPDX-License-Identifier: MIT
"""What the calls return: immutable values that outlive the store.

Times are kept as the library has them, in microseconds since 1970, and made a `datetime` in UTC when
one asks for it.
"""
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ._constants import CheckKind, EventKind, FollowKind, MovePhase, Operation, Status, UpgradeKind

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def datetime_of(time_us: int) -> datetime:
    """A time of the library as a datetime in UTC."""
    return EPOCH + timedelta(0, 0, time_us)


def optional_datetime(time_us: int | None) -> datetime | None:
    return None if time_us is None else EPOCH + timedelta(0, 0, time_us)


@dataclass(frozen=True, slots=True)
class User:
    """A person, with the names that others are shown."""

    uuid: str
    display_name: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group, and up to when the member has read it."""

    uuid: str
    display_name: str
    handle: str
    read_up_to_us: int | None

    @property
    def read_up_to(self) -> datetime | None:
        """The time of the newest message that the member has read, or None."""
        return optional_datetime(self.read_up_to_us)

    @property
    def user(self) -> User:
        """The same person, as an argument for other calls."""
        return User(self.uuid, self.display_name, self.handle)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A member's reaction to a message."""

    text: str
    user_uuid: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as it was when it was read."""

    uuid: str
    group_uuid: str
    text: str
    user_uuid: str
    user_display_name: str
    user_handle: str
    created_at_us: int | None
    sort_key: str
    version: str
    edited_at_us: int | None
    deleted_at_us: int | None
    expires_at_us: int | None
    reply_to: str | None
    data: str | None
    reactions: tuple[Reaction, ...]

    @property
    def author(self) -> User:
        """Who wrote it, with the names of that time."""
        return User(self.user_uuid, self.user_display_name, self.user_handle)

    @property
    def created_at(self) -> datetime | None:
        """When it was written; None if another program wrote a sort key that is no time."""
        return optional_datetime(self.created_at_us)

    @property
    def edited_at(self) -> datetime | None:
        """When it was last edited, or None."""
        return optional_datetime(self.edited_at_us)

    @property
    def deleted_at(self) -> datetime | None:
        """When it was deleted, or None."""
        return optional_datetime(self.deleted_at_us)

    @property
    def expires_at(self) -> datetime | None:
        """When it expires, or None."""
        return optional_datetime(self.expires_at_us)


@dataclass(frozen=True, slots=True)
class Group:
    """A group as one of its members sees it."""

    uuid: str
    name: str | None
    text: str
    user_uuid: str
    user_display_name: str
    user_handle: str
    member_count: int
    last_message_at_us: int | None
    sort_key: str
    unread_count: int
    unread_is_exact: bool
    read_up_to_us: int | None
    muted_until_us: int
    is_archived: bool
    is_pinned: bool
    is_hidden: bool
    is_blocked: bool
    is_blocked_by_viewer: bool
    data: str | None

    @property
    def other(self) -> User:
        """The other party; in a group of more than two, one of the others."""
        return User(self.user_uuid, self.user_display_name, self.user_handle)

    @property
    def last_message_at(self) -> datetime | None:
        """The time of the newest message."""
        return optional_datetime(self.last_message_at_us)

    @property
    def read_up_to(self) -> datetime | None:
        """The time of the newest message that the viewer has read, or None."""
        return optional_datetime(self.read_up_to_us)

    @property
    def muted_until(self) -> datetime | bool:
        """False: not muted. True: until the member ends it. Else until then, which may be past."""
        if self.muted_until_us == 0:
            return False
        return True if self.muted_until_us == 2**63 - 1 else datetime_of(self.muted_until_us)


@dataclass(frozen=True, slots=True)
class Event:
    """What a watch has seen. The same thing may be told again after a restart: then `kind`,
    `group_uuid`, the message's uuid, `user_uuid` and `version` are the same."""

    kind: EventKind | int
    cursor: str
    group_uuid: str
    message: Message | None
    version: str
    user_uuid: str
    read_up_to_us: int | None

    @property
    def read_up_to(self) -> datetime | None:
        """Of the kind READ: the time of the message up to which the person has read."""
        return optional_datetime(self.read_up_to_us)


@dataclass(frozen=True, slots=True)
class Change:
    """A message after a call that may have changed it."""

    message: Message
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Metrics:
    """The cost of one call. The units are those of the service, and 0 on SQLite."""

    operation: Operation | int
    status: Status | int
    duration_us: int
    attempts: int
    rows_read: int
    rows_written: int
    requests: int
    read_units: float
    write_units: float
    waves: int
    guesses: int
    guesses_wrong: int
    combined: int


# ---- events of walks ----

@dataclass(frozen=True, slots=True)
class CheckEvent:
    """What a check found, or how far it is (`kind` is PROGRESS)."""

    kind: CheckKind | int
    status: Status | int
    is_breach: bool
    is_repaired: bool
    group_uuid: str | None
    user_uuid: str | None
    pk: str | None
    sk: str | None
    message: str | None
    cursor: str | None
    rows: int
    groups: int
    breaches: int
    repaired: int
    notices: int
    messages: int
    message_bytes: int
    group_rows: int
    group_row_bytes: int
    cards: int
    card_bytes: int
    claims: int
    claim_bytes: int
    changes: int
    change_bytes: int
    foreign_rows: int
    foreign_bytes: int


@dataclass(frozen=True, slots=True)
class PurgeEvent:
    """How far a purge is."""

    rows: int
    removed: int
    emptied: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class TransferEvent:
    """How far an export or an import is; or, with `pk` and `sk`, a row whose key was taken."""

    rows: int
    expected_rows: int
    bytes: int
    put: int
    same: int
    conflicts: int
    replaced: int
    claims: int
    cursor: str | None
    pk: str | None
    sk: str | None


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """How far a walk for one person is; of an export, a line of JSON."""

    rows: int
    lines: int
    groups: int
    messages: int
    inbox_rows: int
    skipped: int
    foreign: int
    line: str | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class UpgradeEvent:
    """How far an upgrade of the schema is, or a group that failed."""

    kind: UpgradeKind | int
    status: Status | int
    rows: int
    groups: int
    cards: int
    failed: int
    group_uuid: str | None
    message: str | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class MoveEvent:
    """How far a move is."""

    phase: MovePhase | int
    rows: int
    changes: int
    put: int
    replaced: int
    removed: int
    fenced_us: int


@dataclass(frozen=True, slots=True)
class FollowEvent:
    """What following a stream reports."""

    kind: FollowKind | int
    status: Status | int
    shard_id: str | None
    sequence_number: str | None
    message: str | None
    records: int
    messages: int
    groups: int
    moved: int
    lag_ms: int
    duration_us: int
    wait_ms: int
    rows_written: int
    requests: int
    read_units: float
    write_units: float


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """A record of a batch that could not be processed."""

    record: int
    sequence_number: str | None
    status: Status | int
    message: str


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What processing a batch of records did. `answer` is what a Lambda function returns."""

    answer: str
    records: int
    messages: int
    groups: int
    moved: int
    failures: tuple[StreamFailure, ...]
