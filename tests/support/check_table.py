#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that a table is as the data model says, without the library's help.

    check_table.py STORE_URL        reads the table itself
    check_table.py --rows -         reads one row a line from standard input, as JSON objects

Prints every violation and exits with 1, or prints counts and a digest of all rows and exits with 0.
What is verified:

1. Each member of a group has exactly one group row for it.
2. Every group row of a group is at the group's newest message, and has its text. The place of a
   row is its sort key, or, where that key was taken in the member's inbox, its head_sk: such a row
   is displaced, to a later key.
3. The messages of a group have distinct sort keys, whose order as text is their order in time.
4. Nobody has two group rows with one sort key.
5. Every claim leads to the message of its uuid, group and author, unless it is ahead of it; a claim
   that is ahead may lead to nothing, or to the key of another message.
6. The card of a group names the members that its group rows name, its name, its data and who blocks
   it, and the rows have its generation, if any. A group need not have one, and one may be there without a
   group.
7. A group row says when the newest message expires; where that message has gone, the row's end has
   passed, and every row still is at the message's key. A marker is before the row's place. Where the
   newest message is not in a member's history, the row may have no text; that of a member who was
   added since has none.
8. Change rows of a group are numbered without a gap up to the counter's number, from the oldest that
   has not been removed.

Rows about the store itself, which a move between two stores writes, are left out.

A row is a message, a group row, a claim or a card only if it looks like one in full; other rows are foreign, of
another program. By default there must be none. With --foreign-rows they are counted, and change
nothing of what is verified.

Beside the above: that no key is there twice, that the group rows of a group agree on its members and
its name, that no message uuid is in a group twice, that keys and uuids are well formed, and that
each kind of row has the attributes that it must have and no others.
"""
import argparse
import collections
import datetime
import hashlib
import json
import os
import re
import sqlite3
import sys
import urllib.parse
from time import time as now_s

KEYS = {"pk", "sk"}
PERSON = {"user_uuid", "user_display_name", "user_handle"}
MESSAGE_ROW = KEYS | PERSON | {"message", "message_uuid"}
DIRECT_GROUP_ROW = KEYS | PERSON | {"message", "message_group_uuid"}
LARGE_GROUP_ROW = DIRECT_GROUP_ROW | {"member_uuids"}
MESSAGE_MAY_LACK = {"edited_at", "deleted_at", "version", "reply_to", "message_data", "reactions",
                    "expires_at"}
# A large group's row; one that is displaced; those of a group with a card; those that a later version
# of the library wrote; the member's own settings.
MAY_LACK = {"group_name", "group_data", "blocked", "head_sk", "head_expires_at", "rev", "version",
            "read_sk", "visible_sk", "muted_until", "archived", "pinned"}
CLAIM = KEYS | {"group_uuid", "user_uuid", "message_sk"}
CLAIM_MAY_LACK = {"ahead", "expires_at"}
CARD = KEYS | {"member_uuids", "rev"}
CARD_MAY_LACK = {"group_name", "group_data", "blocked", "version"}
CARD_FLAGS = {"removed", "closed"}
CHANGE = KEYS | {"change", "expires_at"}
CHANGE_MAY_LACK = {"version"}
# What a change row of each kind has beside these.
CHANGES = {"edit": {"message_sk"}, "delete": {"message_sk"}, "react": {"message_sk"},
           "late": {"message_sk"}, "group": set(), "add": {"user_uuid"}, "remove": {"user_uuid"}}
COUNTER = KEYS | {"rev"}
# What SQLite has as text.
NUMBERS = {"rev", "head_expires_at", "expires_at"}
SETS = {"member_uuids", "blocked"}
FLAGS = {"archived", "pinned"}
# What read_sk says of a member who has read nothing; what visible_sk has behind the key of the message
# after which a member was added.
READ_NOTHING = "0"
BEHIND_MESSAGE = "!"
# Those of them that are sort keys, or times in their form.
TIMES = {"read_sk", "visible_sk", "edited_at", "deleted_at"}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CHANGE_NUMBER = re.compile(r"[0-9]{20}")
SORT_KEY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", re.ASCII)
OLD_SORT_KEY = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


# ---- reading: a function for each engine gives rows as dictionaries ----

def read_sqlite(location):
    path, _, _ = location.partition("?")
    path = urllib.parse.unquote(path)
    uri = "file:" + urllib.parse.quote(path) + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=600)
    try:
        cursor = connection.execute("SELECT * FROM cruddur_messages")
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield {name: value for name, value in zip(names, values) if value is not None}
    finally:
        connection.close()


def plain_value(name, value):
    """A string as itself, what the library knows as SQLite has it, all else in DynamoDB's notation."""
    if "S" in value:
        return value["S"]
    if name in NUMBERS and "N" in value:
        return value["N"]
    if name in SETS and "SS" in value:
        return ",".join(sorted(value["SS"]))
    if name in FLAGS and value == {"BOOL": True}:
        return "true"
    return value


def read_dynamodb(location):
    import dynamodb_local  # here, since it takes half of what the start of this program takes
    table, _, query = location.partition("?")
    parameters = dict(urllib.parse.parse_qsl(query))
    endpoint = os.environ.get("CRUDDUR_TEST_DYNAMODB", parameters["endpoint"])
    for item in dynamodb_local.scan(endpoint, table or "cruddur-messages"):
        yield {name: plain_value(name, value) for name, value in item.items()}


def read_lines(file):
    for line in file:
        yield json.loads(line)


READERS = {"sqlite": read_sqlite, "dynamodb": read_dynamodb}


def read_store(url):
    scheme, colon, location = url.partition(":")
    if not colon or scheme not in READERS:
        raise ValueError(f"no reader for the store {url}")
    return READERS[scheme](location)


def flatten(row):
    """Puts what stands under other_attributes beside the others."""
    flat = {name: value for name, value in row.items() if name != "other_attributes"}
    if "other_attributes" in row:
        others = json.loads(row["other_attributes"])
        flat.update({name: plain_value(name, value) for name, value in others.items()})
    return flat


# ---- checking ----

def parse_sort_key(text, accept_old):
    """Microseconds since the epoch; None for what is no sort key."""
    pattern = OLD_SORT_KEY if accept_old else SORT_KEY
    if not pattern.fullmatch(text):
        return None
    date, clock, fraction, offset = OLD_SORT_KEY.fullmatch(text).groups()
    offset = "+00:00" if offset is None or offset in "Zz" else offset
    if ":" not in offset:
        offset = offset[:3] + ":" + offset[3:]
    fraction = (fraction or ".0")[:7].ljust(7, "0")
    try:
        time = datetime.datetime.fromisoformat(f"{date}T{clock}{fraction}{offset}")
    except ValueError:
        return None
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (time - epoch) // datetime.timedelta(microseconds=1)


def kind_of(row):
    """What a row is by all that it has: "MSG#", "GRP#" and so on, or None for a foreign row."""
    pk, sk = row["pk"], row["sk"]
    if pk.startswith("CLAIM#") and UUID.fullmatch(pk[6:]) and sk == "CLAIM":
        return "CLAIM#"
    if pk.startswith("CARD#") and UUID.fullmatch(pk[5:]) and sk == "CARD":
        return "CARD#"
    if pk.startswith("CHG#") and UUID.fullmatch(pk[4:]) and \
            (sk == "COUNTER" or CHANGE_NUMBER.fullmatch(sk)):
        return "CHG#"
    if not UUID.fullmatch(pk[4:]) or parse_sort_key(sk, True) is None:
        return None
    if pk.startswith("MSG#"):
        texts = (row.get("message"), row.get("message_uuid"))
        return "MSG#" if any(isinstance(text, str) for text in texts) else None
    group = row.get("message_group_uuid")
    is_group_row = pk.startswith("GRP#") and isinstance(group, str) and UUID.fullmatch(group)
    return "GRP#" if is_group_row else None


def place_of(row):
    """The sort key of the message that a group row shows."""
    return str(row.get("head_sk", row["sk"])).encode()


def is_about_store(row):
    """A fence, or how far a move has come."""
    return str(row.get("pk")).startswith("STORE#") and row.get("sk") == "STORE"


def is_in_history(row):
    """Whether the message that a group row shows is in the member's history."""
    return place_of(row) > str(row.get("visible_sk", "")).encode()


def has_ended(row, name):
    """Whether the time of an attribute, in seconds, has come."""
    return re.fullmatch("[0-9]+", str(row.get(name))) is not None and int(row[name]) <= now_s()


class Checker:
    def __init__(self, accept_old=False, accept_unknown=False, accept_foreign=False,
                 accept_expired=False):
        self.accept_old = accept_old
        self.accept_expired = accept_expired
        self.accept_unknown = accept_unknown
        self.accept_foreign = accept_foreign
        self.foreign_rows = 0
        self.displaced_rows = 0
        self.violations = []
        self.keys = set()
        self.messages = collections.defaultdict(dict)  # group -> sk -> row
        self.group_rows = collections.defaultdict(list)  # group -> rows
        self.places = collections.defaultdict(set)  # message uuid -> (group, sk)
        self.claims = []
        self.cards = []
        self.changes = collections.defaultdict(dict)  # group -> sk -> row
        self.digest = hashlib.sha256()

    def report(self, place, problem):
        self.violations.append(f"{place}: {problem}")

    def check(self, rows):
        rows = [flatten(row) for row in rows if not is_about_store(row)]
        rows.sort(key=lambda row: json.dumps(row, sort_keys=True))
        for row in rows:
            self.digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
            self.sort_row(row)
        for group in sorted(self.messages.keys() | self.group_rows.keys()):
            self.check_messages(group)
            self.check_group(group)
        for claim in self.claims:
            self.check_claim(claim)
        for card in self.cards:
            self.check_card(card)
        for group in sorted(self.changes):
            self.check_changes(group)
        return self.violations

    def sort_row(self, row):
        key = (row.get("pk"), row.get("sk"))
        place = f"row {key}"
        if not all(isinstance(value, str) for value in key):
            self.report(place, "has no key")
            return
        if key in self.keys:
            self.report(place, "is there twice")
        self.keys.add(key)
        kind = kind_of(row)
        if self.accept_foreign and kind is None:
            self.foreign_rows += 1
            return
        if kind in ("CLAIM#", "CARD#"):
            (self.claims if kind == "CLAIM#" else self.cards).append(row)
            return
        if kind == "CHG#":
            self.changes[row["pk"][4:]][row["sk"]] = row
            return
        if parse_sort_key(row["sk"], self.accept_old) is None:
            self.report(place, "sk is not a time in the form of sort keys")
        prefix, owner = row["pk"][:4], row["pk"][4:]
        if prefix not in ("MSG#", "GRP#") or not UUID.fullmatch(owner):
            self.report(place, "pk is neither MSG#<uuid> nor GRP#<uuid>")
        elif prefix == "MSG#":
            in_index = {"message_group_uuid"} if self.accept_foreign else set()
            self.check_attributes(row, place, MESSAGE_ROW, in_index | MESSAGE_MAY_LACK)
            self.check_text(row, place)
            self.messages[owner][row["sk"]] = row
            self.places[row.get("message_uuid")].add((owner, row["sk"]))
        else:
            self.check_group_row(row, place, owner)
            self.group_rows[row.get("message_group_uuid", "")].append(row)

    def is_position(self, name, text):
        """A sort key or a time; of read_sk and visible_sk also what is no message's."""
        if name == "read_sk" and text == READ_NOTHING:
            return True
        if name == "visible_sk":
            text = text.removesuffix(BEHIND_MESSAGE)
        return parse_sort_key(text, self.accept_old) is not None

    def check_attributes(self, row, place, expected, may_lack=frozenset()):
        for name in sorted(expected - row.keys()):
            self.report(place, f"lacks {name}")
        for name in sorted(row.keys() - expected - may_lack):
            if not self.accept_unknown:
                self.report(place, f"has {name}, which such a row has not")
        for name in sorted(row.keys() & (expected | may_lack)):
            if not isinstance(row[name], str):
                self.report(place, f"{name} is not text")
            elif name.endswith("_uuid") and not UUID.fullmatch(row[name]):
                self.report(place, f"{name} is not a uuid in lower case")
            elif name in TIMES and not self.is_position(name, row[name]):
                self.report(place, f"{name} is not a time in the form of sort keys")
            elif name in NUMBERS and not re.fullmatch("[1-9][0-9]*", row[name]):
                self.report(place, f"{name} is not a number from 1")
            elif name in FLAGS and row[name] != "true":
                self.report(place, f"{name} is not true")

    def check_text(self, row, place):
        """Only what was deleted, or has expired and was emptied, has no text."""
        is_gone = "deleted_at" in row or has_ended(row, "expires_at")
        if row.get("message") == "" and not is_gone:
            self.report(place, "message is empty")
        if "deleted_at" in row:
            for name in ("message", "message_data", "reactions"):
                if row.get(name, "") != "":
                    self.report(place, f"has {name}, and was deleted")

    def check_group_row(self, row, place, owner):
        if row.get("user_uuid") == owner:
            self.report(place, "names its owner as the other party")
        if "head_sk" in row:
            self.displaced_rows += 1
            if str(row["head_sk"]).encode() >= row["sk"].encode():
                self.report(place, "its head_sk is not before its sk")
        if str(row.get("read_sk", "")).encode() >= place_of(row):
            self.report(place, "its read_sk is not before its place")
        if "member_uuids" not in row:
            if "group_name" in row and "rev" not in row and not self.accept_unknown:
                self.report(place, "has group_name without member_uuids")
            self.check_attributes(row, place, DIRECT_GROUP_ROW, MAY_LACK)
            return
        self.check_attributes(row, place, LARGE_GROUP_ROW, MAY_LACK)
        members = str(row["member_uuids"]).split(",")
        if members != sorted(set(members)) or not all(map(UUID.fullmatch, members)):
            self.report(place, "member_uuids is not a sorted list of distinct uuids")
        if not 3 <= len(members) <= 49:
            self.report(place, f"member_uuids has {len(members)} members")
        if owner not in members:
            self.report(place, "its owner is not in member_uuids")
        if row.get("user_uuid") not in members:
            self.report(place, "user_uuid is not in member_uuids")

    def check_messages(self, group):
        place = f"group {group}"
        last = None
        uuids = collections.Counter()
        for sk in sorted(self.messages[group], key=lambda text: text.encode()):
            time = parse_sort_key(sk, self.accept_old)
            uuids[self.messages[group][sk].get("message_uuid")] += 1
            if time is None:
                continue
            if last is not None and time <= last:
                self.report(place, f"message {sk} is not later than the one before it")
            last = time
        for uuid, count in uuids.items():
            if uuid is not None and count > 1:
                self.report(place, f"message uuid {uuid} is there {count} times")

    def check_group(self, group):
        place = f"group {group}"
        messages, rows = self.messages[group], self.group_rows[group]
        if not messages and not all(has_ended(row, "head_expires_at") for row in rows):
            self.report(place, "has group rows and no message")
            return
        if not rows:
            self.report(place, "has messages and no group row")
            return
        members = self.check_members(group, rows)
        newest = max(messages, key=lambda text: text.encode(), default="")
        head = self.gone_head(rows, newest) or messages[newest]
        for row in rows:
            where = f"{place}, row of {row['pk'][4:]}"
            name = "head_sk" if "head_sk" in row else "sk"
            if row[name] != head["sk"]:
                self.report(where, f"{name} is {row[name]}, the newest message's is {head['sk']}")
            is_hidden = not is_in_history(row) or has_ended(row, "head_expires_at")
            is_emptied = row.get("message") == "" and is_hidden
            if row.get("visible_sk", "").endswith("!") and not is_in_history(row) and \
                    not is_emptied:
                self.report(where, "shows a message from before its member joined")
            elif row.get("message") != head.get("message") and not is_emptied:
                self.report(where, "its message is not the newest message's text")
            if row.get("head_expires_at") != head.get("expires_at"):
                self.report(where, "its head_expires_at is not the newest message's expires_at")
        has_changed = any(card["pk"][5:] == group and card.get("rev") != "1" for card in self.cards)
        for sk, message in messages.items():
            if message.get("user_uuid") not in members and not has_changed:
                self.report(place, f"the author of message {sk} is not a member")

    @staticmethod
    def gone_head(rows, newest):
        """The newest message, as the rows tell it, where it has expired and its row has gone."""
        row = max(rows, key=place_of)
        sk = place_of(row).decode()
        if sk.encode() <= newest.encode() or not has_ended(row, "head_expires_at"):
            return None
        return {"sk": sk, "message": row.get("message"), "expires_at": row["head_expires_at"]}

    def check_claim(self, row):
        uuid = row["pk"][6:]
        place = f"claim of message {uuid}"
        known = {name: value for name, value in row.items() if name not in CLAIM_MAY_LACK}
        self.check_attributes(known, place, CLAIM)
        if row.get("ahead", {"BOOL": True}) != {"BOOL": True}:
            self.report(place, "ahead is not true")
        if not re.fullmatch(r"[0-9]+", str(row.get("expires_at", "0"))):
            self.report(place, "expires_at is not a number of seconds")
        message = self.messages.get(row.get("group_uuid"), {}).get(row.get("message_sk"), {})
        is_there = message.get("message_uuid") == uuid
        if not is_there and "ahead" not in row and not self.accept_expired:
            self.report(place, "the message is not where it leads to")
        if is_there and message.get("user_uuid") != row.get("user_uuid"):
            self.report(place, "the message has another author")
        for other in self.places[uuid] - {(row.get("group_uuid"), row.get("message_sk"))}:
            self.report(place, "the message is also at {1} of group {0}".format(*other))

    def check_card(self, row):
        group = row["pk"][5:]
        place = f"card of group {group}"
        known = {name: value for name, value in row.items() if name not in CARD_FLAGS}
        self.check_attributes(known, place, CARD, CARD_MAY_LACK)
        for flag in sorted(CARD_FLAGS & set(row)):
            if row[flag] != {"BOOL": True}:
                self.report(place, f"{flag} is not true")
        if not re.fullmatch(r"[1-9][0-9]*", str(row.get("rev"))):
            self.report(place, "rev is not a number from 1")
        rows = self.group_rows.get(group, [])
        members = frozenset(str(row.get("member_uuids")).split(","))
        if any(self.members_of(other) != members for other in rows):
            self.report(place, "its members are not those of the group rows")
        for name, what in (("group_name", "name"), ("group_data", "data"), ("blocked", "blocked")):
            if any(other.get(name) != row.get(name) for other in rows):
                self.report(place, f"its {what} is not that of the group rows")
        # Writers of version 0.1 put rows without one.
        if any(other.get("rev", row.get("rev")) != row.get("rev") for other in rows):
            self.report(place, "its rev is not that of the group rows")
        blocked = frozenset(str(row["blocked"]).split(",")) if "blocked" in row else frozenset()
        if not blocked <= members or (blocked and len(members) != 2):
            self.report(place, "who blocks it is not one of two members")

    def check_changes(self, group):
        place = f"changes of group {group}"
        rows = dict(self.changes[group])
        counter = rows.pop("COUNTER", None)
        if counter is None:
            self.report(place, "have no counter")
            return
        self.check_attributes(counter, place, COUNTER)
        for row in rows.values():
            kind = row.get("change")
            self.check_attributes(row, f"{place}, {row['sk']}", CHANGE | CHANGES.get(kind, set()),
                                  CHANGE_MAY_LACK)
            if kind not in CHANGES:
                self.report(place, f"{row['sk']} is of another kind")
            if kind != "late" and "version" not in row:
                self.report(place, f"{row['sk']} lacks version")
        numbers = sorted(int(sk) for sk in rows)
        last = int(counter.get("rev", "0"))
        if numbers != list(range(last - len(numbers) + 1, last + 1)):
            self.report(place, f"are numbered {numbers}, and the counter is at {last}")

    def check_members(self, group, rows):
        place = f"group {group}"
        owners = collections.Counter(row["pk"][4:] for row in rows)
        for owner, count in owners.items():
            if count > 1:
                self.report(place, f"{owner} has {count} group rows")
        claims = {self.members_of(row) for row in rows}
        if len(claims) > 1:
            self.report(place, "its group rows disagree about its members")
        if len({row.get("group_name") for row in rows}) > 1:
            self.report(place, "its group rows disagree about its name")
        members = set().union(*claims)
        for member in sorted(members - owners.keys()):
            self.report(place, f"member {member} has no group row")
        return members | owners.keys()

    @staticmethod
    def members_of(row):
        if "member_uuids" in row:
            return frozenset(str(row["member_uuids"]).split(","))
        return frozenset((row["pk"][4:], row.get("user_uuid", "")))

    def summary(self):
        messages = sum(map(len, self.messages.values()))
        group_rows = sum(map(len, self.group_rows.values()))
        groups = len(self.messages.keys() | self.group_rows.keys())
        displaced = f"displaced_rows {self.displaced_rows} " if self.displaced_rows else ""
        foreign = f"foreign_rows {self.foreign_rows} " if self.accept_foreign else ""
        return (f"groups {groups} messages {messages} group_rows {group_rows} {displaced}{foreign}"
                f"digest {self.digest.hexdigest()}")


def main(arguments):
    parser = argparse.ArgumentParser(description="Checks a table of messages.")
    parser.add_argument("url", nargs="?", help="the store, for example sqlite:store.db")
    parser.add_argument("--rows", metavar="FILE", help="rows as JSON lines; - for standard input")
    parser.add_argument("--old-keys", action="store_true",
                        help="accept sort keys in the forms that were written before")
    parser.add_argument("--unknown-attributes", action="store_true",
                        help="accept attributes that the data model does not know")
    parser.add_argument("--foreign-rows", action="store_true",
                        help="accept rows of other programs, and messages that they put into the "
                             "index")
    parser.add_argument("--expired", action="store_true",
                        help="accept claims of messages that have expired and are gone")
    options = parser.parse_args(arguments)
    if (options.url is None) == (options.rows is None):
        parser.error("name a store or --rows")
    checker = Checker(options.old_keys, options.unknown_attributes, options.foreign_rows,
                      options.expired)
    if options.url is not None:
        violations = checker.check(read_store(options.url))
    elif options.rows == "-":
        violations = checker.check(read_lines(sys.stdin))
    else:
        with open(options.rows, encoding="utf-8") as file:
            violations = checker.check(read_lines(file))
    for violation in violations:
        print(violation)
    if violations:
        print(f"violations {len(violations)}")
        return 1
    print(checker.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
