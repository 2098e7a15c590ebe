# SPDX-License-Identifier: MIT
"""The calls on messages and groups: their signatures and documentation, for both kinds of stores."""
from collections.abc import Iterable
from datetime import datetime, timedelta
from ctypes import byref
from typing import Any, Literal

from . import _arguments as a
from . import _constants as k
from . import _declarations as c
from ._arguments import Id, Person
from ._call import Call, ChangeCall
from ._constants import Status
from ._errors import refuse
from ._records import (Page, group_of, group_page_of, members_of, message_of, message_page_of,
                       optional_group_of)
from ._types import Change, Group, Member, Message

Timeout = float | timedelta | None
"""A deadline in seconds; None for the store's."""
Lasting = timedelta | Literal["never"] | None
"""How long a message lasts; None for the store's retention."""
Start = Literal["newest", "oldest"]

_STARTS = {"newest": k.START_NEWEST, "oldest": k.START_OLDEST}


def _given(kind: type[Any], init: str, values: dict[str, Any]) -> Any:
    """A pointer to options, or None if all of them are the defaults."""
    given = {name: value for name, value in values.items() if value or isinstance(value, bytes)}
    return byref(a.options(kind, init, **given)) if given else None


# ---- listings ----

def _list_options(values: dict[str, Any], since: datetime | None, until: datetime | None) -> Any:
    options = a.options(c.ListOptions, "list_options_init", **values)
    if since is not None:
        options.since_us = a.moment("since", since)
    if until is not None:
        options.until_us = a.moment("until", until)
    return byref(options)


def _is_plain(limit: object, start: object, newest_first: object, flags: tuple[object, ...],
              *others: object) -> bool:
    """Whether a listing is as by default; what is of a wrong type is not."""
    for flag in flags:
        if flag is not False:
            return False
    for other in others:
        if other is not None:
            return False
    return type(limit) is int and limit == 20 and start == "newest" and newest_first is True


def message_page(group_uuid: Id, *, viewer_uuid: Id | None = None, trusted: bool = False,
                 limit: int = 20, start: Start = "newest", newest_first: bool = True,
                 cursor: str | None = None, since: datetime | None = None,
                 until: datetime | None = None, around: Id | None = None,
                 around_created_at: datetime | None = None, eventual: bool = False,
                 timeout: Timeout = None) -> Call[Page[Message]]:
    """Reads one page of the messages of a group. The reader is a member, `viewer_uuid`, or the
    caller is `trusted`. `start` is the end at which a listing without a `cursor` begins,
    `newest_first` the order on the page. `around` names a message that the page has in its middle.
    `eventual` permits reads that miss the latest writes, which cost half as much on DynamoDB."""
    viewer = a.optional_identifier("viewer_uuid", viewer_uuid)
    arguments = (viewer, a.identifier("group_uuid", group_uuid))
    if viewer is not None and _is_plain(limit, start, newest_first, (trusted, eventual), cursor,
                                        since, until, around, around_created_at, timeout):
        return Call("msg_list", (*arguments, None), message_page_of)
    values = {
        "flags": k.LIST_TRUSTED if a.flag("trusted", trusted) else 0,
        "timeout_ms": a.milliseconds("timeout", timeout),
        "limit": a.number("limit", limit, Status.E_LIMIT),
        "start": a.choice("start", start, _STARTS),
        "order": k.NEWEST_FIRST if a.flag("newest_first", newest_first) else k.OLDEST_FIRST,
        "consistency": k.CONSISTENCY_EVENTUAL if a.flag("eventual", eventual) else 0,
        "cursor": a.optional_text("cursor", cursor),
        "around_message_uuid": a.optional_identifier("around", around),
        "around_created_at_us": a.optional_moment("around_created_at", around_created_at)}
    return Call("msg_list", (*arguments, _list_options(values, since, until)), message_page_of)


def group_page(user_uuid: Id, *, limit: int = 20, start: Start = "newest",
               newest_first: bool = True, cursor: str | None = None,
               since: datetime | None = None, until: datetime | None = None,
               unread: bool = False, archived: bool = False, hidden: bool = False,
               counts: bool = True, eventual: bool = False,
               timeout: Timeout = None) -> Call[Page[Group]]:
    """Reads one page of a user's inbox: groups by the time of their newest message. `unread` lists
    only those with unread messages; `archived` and `hidden` list such groups, too; without `counts`
    unread messages are not counted, which saves queries. The rest is as for message_page()."""
    user = a.identifier("user_uuid", user_uuid)
    if counts is True and _is_plain(limit, start, newest_first, (unread, archived, hidden, eventual),
                                    cursor, since, until, timeout):
        return Call("group_list", (user, None), group_page_of)
    flags = ((k.LIST_UNREAD if a.flag("unread", unread) else 0)
             | (k.LIST_ARCHIVED if a.flag("archived", archived) else 0)
             | (k.LIST_HIDDEN if a.flag("hidden", hidden) else 0)
             | (0 if a.flag("counts", counts) else k.LIST_NO_COUNTS))
    values = {
        "flags": flags,
        "timeout_ms": a.milliseconds("timeout", timeout),
        "limit": a.number("limit", limit, Status.E_LIMIT),
        "start": a.choice("start", start, _STARTS),
        "order": k.NEWEST_FIRST if a.flag("newest_first", newest_first) else k.OLDEST_FIRST,
        "consistency": k.CONSISTENCY_EVENTUAL if a.flag("eventual", eventual) else 0,
        "cursor": a.optional_text("cursor", cursor)}
    return Call("group_list", (user, _list_options(values, since, until)), group_page_of)


# ---- sending ----

def _content(message_uuid: Id | None, created_at: datetime | None, reply_to: Id | None,
             data: str | None, expires_in: Lasting, timeout: Timeout) -> dict[str, Any]:
    """The options of a message; those that are as by default are left out."""
    values: dict[str, Any] = {
        "timeout_ms": a.milliseconds("timeout", timeout),
        "message_uuid": a.optional_identifier("message_uuid", message_uuid),
        "created_at_us": a.optional_moment("created_at", created_at),
        "reply_to": a.optional_identifier("reply_to", reply_to),
        "data": a.optional_text("data", data)}
    if expires_in is not None:
        values["expires_in_s"] = a.lasting("expires_in", expires_in, k.EXPIRES_DEFAULT)
    return values


def append(author: Person, group_uuid: Id, text: str, *, message_uuid: Id | None = None,
           created_at: datetime | None = None, reply_to: Id | None = None,
           data: str | None = None, expires_in: Lasting = None,
           timeout: Timeout = None) -> Call[Message]:
    """Appends a message to a group, and moves the group to the front of each member's inbox. With a
    `message_uuid` (cruddur.new_uuid()) the call can be repeated: the message is stored once."""
    arguments = (byref(a.user("author", author)), a.identifier("group_uuid", group_uuid),
                 a.text("text", text))
    options = _given(c.AppendOptions, "append_options_init", _content(
        message_uuid, created_at, reply_to, data, expires_in, timeout))
    return Call("msg_append", (*arguments, options), message_of)


def create_group(creator: Person, others: Person | Iterable[Person], text: str, *,
                 separate: bool = False, group_uuid: Id | None = None, name: str | None = None,
                 message_uuid: Id | None = None, created_at: datetime | None = None,
                 reply_to: Id | None = None, data: str | None = None, expires_in: Lasting = None,
                 timeout: Timeout = None) -> Call[Group]:
    """Creates a group with its first message. Two people have one direct group: if it exists, the
    message is appended to it, unless `separate` asks for another group. `name` is for three members
    and more. The rest is as for append()."""
    people = a.users("others", others)
    values = _content(message_uuid, created_at, reply_to, data, expires_in, timeout)
    values["flags"] = k.CREATE_SEPARATE if a.flag("separate", separate) else 0
    values["group_uuid"] = a.optional_identifier("group_uuid", group_uuid)
    values["group_name"] = a.optional_text("name", name)
    return Call("group_create", (
        byref(a.user("creator", creator)), people, len(people), a.text("text", text),
        _given(c.CreateOptions, "create_options_init", values)), group_of)


# ---- one message ----

def _name(user: str, user_uuid: Id | None, group_uuid: Id, message_uuid: Id) -> tuple[Any, ...]:
    return (a.optional_identifier(user, user_uuid), a.identifier("group_uuid", group_uuid),
            a.identifier("message_uuid", message_uuid))


def _message_options(trusted: bool, created_at: datetime | None, if_version: str | None,
                     data: str | None, timeout: Timeout) -> Any:
    version, new_data = a.optional_text("if_version", if_version), a.optional_text("data", data)
    options = a.options(c.MsgOptions, "msg_options_init",
                        flags=k.MSG_TRUSTED if a.flag("trusted", trusted) else 0,
                        timeout_ms=a.milliseconds("timeout", timeout),
                        created_at_us=a.optional_moment("created_at", created_at))
    options.if_version = version  # "" asks for a message that was never changed
    options.data = new_data  # "" removes the data
    return byref(options)


def get_message(group_uuid: Id, message_uuid: Id, *, viewer_uuid: Id | None = None,
                trusted: bool = False, created_at: datetime | None = None,
                timeout: Timeout = None) -> Call[Message]:
    """Reads one message. It is found at once if its time is given, too (`created_at`)."""
    return Call("msg_get", (*_name("viewer_uuid", viewer_uuid, group_uuid, message_uuid),
                            _message_options(trusted, created_at, None, None, timeout)), message_of)


def edit(user_uuid: Id, group_uuid: Id, message_uuid: Id, text: str, *, trusted: bool = False,
         created_at: datetime | None = None, if_version: str | None = None,
         data: str | None = None, timeout: Timeout = None) -> Call[Change]:
    """Changes the text of one's own message, and its `data` if given. `if_version` refuses the change
    if the message has been changed since."""
    return ChangeCall("msg_edit", (
        *_name("user_uuid", user_uuid, group_uuid, message_uuid), a.text("text", text),
        _message_options(trusted, created_at, if_version, data, timeout)), message_of)


def delete(user_uuid: Id, group_uuid: Id, message_uuid: Id, *, trusted: bool = False,
           created_at: datetime | None = None, if_version: str | None = None,
           timeout: Timeout = None) -> Call[Change]:
    """Deletes one's own message. A tombstone stays: its time, uuid and author."""
    return ChangeCall("msg_delete", (
        *_name("user_uuid", user_uuid, group_uuid, message_uuid),
        _message_options(trusted, created_at, if_version, None, timeout)), message_of)


def react(user_uuid: Id, group_uuid: Id, message_uuid: Id, reaction: str, *, added: bool = True,
          created_at: datetime | None = None, if_version: str | None = None,
          timeout: Timeout = None) -> Call[Change]:
    """Adds one's own reaction to a message, one visible character; `added=False` takes it back."""
    return ChangeCall("msg_react", (
        *_name("user_uuid", user_uuid, group_uuid, message_uuid), a.text("reaction", reaction),
        a.flag("added", added),
        _message_options(False, created_at, if_version, None, timeout)), message_of)


# ---- one group ----

def get_group(viewer_uuid: Id, group_uuid: Id, *, timeout: Timeout = None) -> Call[Group]:
    """Reads one group as a member sees it."""
    options = _given(c.GetOptions, "get_options_init",
                     {"timeout_ms": a.milliseconds("timeout", timeout)})
    return Call("group_get", (a.identifier("viewer_uuid", viewer_uuid),
                              a.identifier("group_uuid", group_uuid), options), group_of)


def members(group_uuid: Id, *, viewer_uuid: Id | None = None, trusted: bool = False,
            timeout: Timeout = None) -> Call[list[Member]]:
    """Lists the members of a group, in the order of their uuids."""
    options = _given(c.MembersOptions, "members_options_init", {
        "flags": k.MEMBERS_TRUSTED if a.flag("trusted", trusted) else 0,
        "timeout_ms": a.milliseconds("timeout", timeout)})
    return Call("group_members", (a.optional_identifier("viewer_uuid", viewer_uuid),
                                  a.identifier("group_uuid", group_uuid), options), members_of)


def mark_read(user_uuid: Id, group_uuid: Id, *, up_to: Id | None = None,
              up_to_created_at: datetime | None = None, timeout: Timeout = None) -> Call[Group]:
    """Notes that a member has read a group, up to a message or up to the newest one."""
    return Call("group_mark_read", (
        a.identifier("user_uuid", user_uuid), a.identifier("group_uuid", group_uuid),
        _given(c.MarkOptions, "mark_options_init", {
            "timeout_ms": a.milliseconds("timeout", timeout),
            "up_to_message_uuid": a.optional_identifier("up_to", up_to),
            "up_to_created_at_us": a.optional_moment("up_to_created_at", up_to_created_at)})),
        group_of)


def mark_unread(user_uuid: Id, group_uuid: Id, *, since: Id,
                since_created_at: datetime | None = None, timeout: Timeout = None) -> Call[Group]:
    """Makes a message and all later ones unread again."""
    return Call("group_mark_read", (
        a.identifier("user_uuid", user_uuid), a.identifier("group_uuid", group_uuid),
        _given(c.MarkOptions, "mark_options_init", {
            "timeout_ms": a.milliseconds("timeout", timeout),
            "unread_from_message_uuid": a.identifier("since", since),
            "unread_from_created_at_us": a.optional_moment("since_created_at", since_created_at)})),
        group_of)


def _switch(name: str, value: bool | None) -> int:
    if value is None:
        return k.SWITCH_KEEP
    return k.SWITCH_ON if a.flag(name, value) else k.SWITCH_OFF


def _muted(value: bool | datetime) -> int:
    if isinstance(value, bool):
        return k.MUTE_FOREVER if value else k.MUTE_OFF
    return a.optional_moment("muted", value)


def set_group(user_uuid: Id, group_uuid: Id, *, archived: bool | None = None,
              pinned: bool | None = None, hidden: Literal[True] | None = None,
              blocked: bool | None = None, muted: bool | datetime | None = None,
              timeout: Timeout = None) -> Call[Group]:
    """Changes a member's own settings for a group; None leaves a setting as it is. `hidden` clears
    the member's history. `muted` is True, False, or until when."""
    options = a.options(c.SetOptions, "set_options_init",
                        timeout_ms=a.milliseconds("timeout", timeout),
                        archived=_switch("archived", archived), pinned=_switch("pinned", pinned),
                        hidden=_switch("hidden", hidden), blocked=_switch("blocked", blocked))
    if muted is not None:
        options.muted_until_us = _muted(muted)
    return Call("group_set", (a.identifier("user_uuid", user_uuid),
                              a.identifier("group_uuid", group_uuid), byref(options)), group_of)


def _group_options(flags: int, data: str | None, timeout: Timeout) -> Any:
    options = a.options(c.GroupOptions, "group_options_init", flags=flags,
                        timeout_ms=a.milliseconds("timeout", timeout))
    options.data = a.optional_text("data", data)
    return byref(options)


def rename_group(user_uuid: Id, group_uuid: Id, name: str | None = None, *, data: str | None = None,
                 timeout: Timeout = None) -> Call[Group]:
    """Changes the name or the data of a group; "" removes them, None leaves them."""
    if name is None and data is None:
        refuse(Status.E_INVALID_ARGUMENT, "name", "or data must be given")
    return Call("group_rename", (
        a.identifier("user_uuid", user_uuid), a.identifier("group_uuid", group_uuid),
        a.optional_text("name", name), _group_options(0, data, timeout)), group_of)


def add_members(user_uuid: Id, group_uuid: Id, people: Person | Iterable[Person], *,
                with_history: bool = False, timeout: Timeout = None) -> Call[Group]:
    """Adds members to a group. They see what is written from now on, or all with `with_history`."""
    added = a.users("people", people)
    flags = k.ADD_WITH_HISTORY if a.flag("with_history", with_history) else 0
    return Call("group_add_members", (
        a.identifier("user_uuid", user_uuid), a.identifier("group_uuid", group_uuid), added,
        len(added), _group_options(flags, None, timeout)), group_of)


def remove_member(user_uuid: Id, group_uuid: Id, member_uuid: Id, *,
                  timeout: Timeout = None) -> Call[Group | None]:
    """Removes a member from a group. Who removes themselves leaves it, and gets None."""
    return Call("group_remove_member", (
        a.identifier("user_uuid", user_uuid), a.identifier("group_uuid", group_uuid),
        a.identifier("member_uuid", member_uuid), _group_options(0, None, timeout)),
        optional_group_of)
