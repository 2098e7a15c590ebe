#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that check_table.py finds what is wrong: every table here is broken in one way."""
import contextlib
import io
import json
import os
import sqlite3
import tempfile
import unittest

import check_table

ANN = "00000000-0000-4000-8000-00000000000a"
BOB = "00000000-0000-4000-8000-00000000000b"
CEM = "00000000-0000-4000-8000-00000000000c"
DIRECT = "11111111-1111-5111-8111-111111111111"
LARGE = "22222222-2222-4222-8222-222222222222"
T1 = "2026-01-01T00:00:00.000001+00:00"
T2 = "2026-01-01T00:00:00.000002+00:00"
T3 = "2026-01-01T00:00:00.000003+00:00"
T3B = "2026-01-01T00:00:00.000004+00:00"


def message(group, sk, author, text, number):
    return {"pk": "MSG#" + group, "sk": sk, "message": text, "user_uuid": author,
            "message_uuid": f"33333333-3333-7333-8333-33333333333{number}",
            "user_display_name": "Somebody", "user_handle": "somebody"}


def group_row(group, sk, owner, other, text, **more):
    return {"pk": "GRP#" + owner, "sk": sk, "message_group_uuid": group, "message": text,
            "user_uuid": other, "user_display_name": "Other", "user_handle": "", **more}


def good_table():
    """A direct group of two messages and a group of three members."""
    large = {"member_uuids": ",".join((ANN, BOB, CEM)), "group_name": "All"}
    return [
        message(DIRECT, T1, ANN, "one", 1),
        message(DIRECT, T2, BOB, "two", 2),
        group_row(DIRECT, T2, ANN, BOB, "two"),
        group_row(DIRECT, T2, BOB, ANN, "two"),
        message(LARGE, T3, CEM, "three", 3),
        group_row(LARGE, T3, ANN, BOB, "three", **large),
        group_row(LARGE, T3, BOB, CEM, "three", **large),
        group_row(LARGE, T3, CEM, ANN, "three", **large),
    ]


def run(*arguments):
    """Returns the exit code and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = check_table.main(list(arguments))
    return code, out.getvalue()


class GoodTables(unittest.TestCase):
    def test_empty(self):
        self.assertEqual(check_table.Checker().check([]), [])

    def test_good(self):
        checker = check_table.Checker()
        self.assertEqual(checker.check(good_table()), [])
        self.assertTrue(checker.summary().startswith("groups 2 messages 3 group_rows 5 digest "))

    def test_displaced_rows(self):
        rows = good_table()
        rows[2].update(sk=T3B, head_sk=T2)
        rows[6].update(sk=T3B, head_sk=T3)
        checker = check_table.Checker()
        self.assertEqual(checker.check(rows), [])
        self.assertTrue(checker.summary().startswith(
            "groups 2 messages 3 group_rows 5 displaced_rows 2 digest "))

    def test_digest_is_of_the_rows_in_any_order(self):
        forwards, backwards, other = (check_table.Checker() for _ in range(3))
        forwards.check(good_table())
        backwards.check(good_table()[::-1])
        changed = good_table()
        changed[0]["message"] = "else"
        other.check(changed)
        self.assertEqual(forwards.summary(), backwards.summary())
        self.assertNotEqual(forwards.summary(), other.summary())

    def test_large_group_without_name(self):
        rows = good_table()
        for row in rows:
            row.pop("group_name", None)
        self.assertEqual(check_table.Checker().check(rows), [])

    def test_old_keys_where_asked_for(self):
        for key in ("2025-12-31T23:00:00Z", "2025-12-31t23:00:00z", "2025-12-31 23:00:00",
                    "2025-12-31T23:00:00.123", "2025-12-31T23:00:00.123456789+01:00",
                    "2025-12-31T18:00:00-0500"):
            rows = good_table()
            rows[0]["sk"] = key
            self.assertEqual(check_table.Checker(accept_old=True).check(rows), [], key)
            self.assertNotEqual(check_table.Checker().check(rows), [], key)

    def test_unknown_attributes_where_asked_for(self):
        rows = good_table()
        rows[2]["other_attributes"] = '{"read_at": {"S": "x"}}'
        self.assertEqual(check_table.Checker(accept_unknown=True).check(rows), [])


class BrokenTables(unittest.TestCase):
    def expect(self, rows, *words):
        violations = "\n".join(check_table.Checker().check(rows))
        for word in words:
            self.assertIn(word, violations)

    def expect_changed(self, index, attribute, value, *words):
        rows = good_table()
        if value is None:
            del rows[index][attribute]
        else:
            rows[index][attribute] = value
        self.expect(rows, *words)

    def test_member_without_row(self):
        for index in (2, 3, 5, 6, 7):
            rows = good_table()
            owner = rows.pop(index)["pk"][4:]
            self.expect(rows, f"member {owner} has no group row")

    def test_member_with_two_rows(self):
        rows = good_table()
        rows.append(dict(rows[2], sk=T1))
        self.expect(rows, f"{ANN} has 2 group rows", f"sk is {T1}")

    def test_stale_row(self):
        self.expect_changed(2, "sk", T1, f"sk is {T1}, the newest message's is {T2}")
        self.expect_changed(5, "sk", T1, f"sk is {T1}, the newest message's is {T3}")

    def test_row_ahead_of_the_messages(self):
        self.expect_changed(2, "sk", T3, f"sk is {T3}, the newest message's is {T2}")

    def test_displaced_row_of_another_message(self):
        for head_sk in (T1, T3, "", "0"):
            rows = good_table()
            rows[2].update(sk=T3B, head_sk=head_sk)
            self.expect(rows, f"head_sk is {head_sk}, the newest message's is {T2}")

    def test_row_that_names_a_head_and_is_not_displaced(self):
        for sk, head_sk in ((T2, T2), (T1, T2), (T2, T3), (T2, "~")):
            rows = good_table()
            rows[2].update(sk=sk, head_sk=head_sk)
            self.expect(rows, f"row ('GRP#{ANN}', '{sk}'): its head_sk is not before its sk")

    def test_message_with_a_head(self):
        self.expect_changed(0, "head_sk", T1, "has head_sk")

    def test_head_that_is_not_text(self):
        rows = good_table()
        rows[2].update(sk=T3B, head_sk={"N": "1"})
        self.expect(rows, "head_sk is not text")

    def test_other_text(self):
        self.expect_changed(2, "message", "one", "its message is not the newest message's text")

    def test_group_without_messages(self):
        self.expect(good_table()[2:], f"group {DIRECT}: has group rows and no message")

    def test_messages_without_group(self):
        self.expect(good_table()[:2], f"group {DIRECT}: has messages and no group row")

    def test_key_twice(self):
        for index in range(len(good_table())):
            rows = good_table()
            rows.append(dict(rows[index]))
            self.expect(rows, "is there twice")

    def test_two_groups_of_one_user_at_one_sort_key(self):
        rows = good_table()
        for row in rows[1:4]:
            row["sk"] = T3
        self.expect(rows, f"('GRP#{ANN}', '{T3}'): is there twice")

    def test_message_uuid_twice(self):
        rows = good_table()
        rows[1]["message_uuid"] = rows[0]["message_uuid"]
        self.expect(rows, "is there 2 times")

    def test_times_that_do_not_increase(self):
        rows = good_table()
        rows[0]["sk"] = "2026-01-01T00:00:00.000001+01:00"
        rows[1]["sk"] = "2026-01-01T00:00:00.000002+02:00"
        violations = check_table.Checker(accept_old=True).check(rows)
        self.assertTrue(any("is not later" in violation for violation in violations))

    def test_sort_keys(self):
        for key in ("", "yesterday", "2026-02-29T00:00:00.000000+00:00", T1[:-6], T1[:-6] + "Z",
                    "2026-01-01 00:00:00.000001+00:00", "2026-01-01T00:00:00+00:00",
                    "2026-01-01T00:00:00.00001+00:00", "2026-01-01T25:00:00.000001+00:00",
                    "2026-01-01T00:00:00.000001+01:00", T1 + " "):
            self.expect_changed(0, "sk", key, "sk is not a time")

    def test_partition_keys(self):
        for key in ("", "MSG#", "GRP#x", "XYZ#" + ANN, "GRP#" + ANN.upper(), ANN,
                    "MSG#" + ANN + "0"):
            self.expect_changed(0, "pk", key, "pk is neither")

    def test_key_missing(self):
        self.expect_changed(0, "pk", None, "has no key")
        self.expect_changed(0, "sk", None, "has no key")

    def test_attribute_missing(self):
        for index in (0, 2, 5):
            for name in sorted(good_table()[index].keys() - {"pk", "sk", "group_name"}):
                if (index, name) != (5, "member_uuids"):
                    self.expect_changed(index, name, None, f"lacks {name}")

    def test_attribute_too_many(self):
        self.expect_changed(0, "message_group_uuid", DIRECT, "has message_group_uuid")
        self.expect_changed(2, "message_uuid", ANN, "has message_uuid")
        self.expect_changed(2, "other_attributes", '{"color": {"S": "red"}}', "has color")
        self.expect_changed(5, "message_uuid", ANN, "has message_uuid")

    def test_attribute_not_text(self):
        self.expect_changed(0, "user_handle", 1, "user_handle is not text")

    def test_uuid_not_canonical(self):
        self.expect_changed(0, "message_uuid", "x", "message_uuid is not a uuid")
        self.expect_changed(0, "message_uuid", ANN.upper(), "message_uuid is not a uuid")
        self.expect_changed(2, "user_uuid", BOB.upper(), "user_uuid is not a uuid")

    def test_empty_text(self):
        self.expect_changed(0, "message", "", "message is empty")

    def test_direct_group_with_name(self):
        self.expect_changed(2, "group_name", "We", "has group_name without member_uuids")

    def test_two_members_in_a_list(self):
        rows = good_table()
        for row in rows[2:4]:
            row["member_uuids"] = ",".join((ANN, BOB))
        self.expect(rows, "member_uuids has 2 members")

    def test_too_many_members(self):
        members = [f"00000000-0000-4000-8000-0000000000{n}" for n in range(10, 60)]
        rows = [message(LARGE, T1, members[0], "x", 1)]
        rows += [group_row(LARGE, T1, owner, members[0] if owner != members[0] else members[1],
                           "x", member_uuids=",".join(members)) for owner in members]
        self.expect(rows, "member_uuids has 50 members")

    def test_member_list(self):
        for text in ("", ",".join((BOB, ANN, CEM)), ",".join((ANN, BOB, CEM, CEM)),
                     ",".join((ANN, BOB, CEM)) + ",", ", ".join((ANN, BOB, CEM)),
                     ",".join((ANN, BOB, CEM.upper()))):
            self.expect_changed(5, "member_uuids", text, "is not a sorted list")

    def test_owner_not_in_list(self):
        self.expect_changed(5, "pk", "GRP#" + DIRECT, "its owner is not in member_uuids")

    def test_other_party_not_in_list(self):
        self.expect_changed(5, "user_uuid", DIRECT, "user_uuid is not in member_uuids")

    def test_owner_as_other_party(self):
        self.expect_changed(2, "user_uuid", ANN, "names its owner")
        self.expect_changed(5, "user_uuid", ANN, "names its owner")

    def test_members_that_disagree(self):
        self.expect_changed(2, "user_uuid", CEM, "disagree about its members",
                            f"member {CEM} has no group row")
        self.expect_changed(5, "member_uuids", None, "disagree about its members")

    def test_names_that_disagree(self):
        self.expect_changed(5, "group_name", "None", "disagree about its name")
        self.expect_changed(5, "group_name", None, "disagree about its name")

    def test_author_not_a_member(self):
        self.expect_changed(0, "user_uuid", CEM, f"the author of message {T1} is not a member")


class ForeignRows(unittest.TestCase):
    """Rows of other programs: as they are in a table that several share."""
    ROWS = (
        {"pk": "USR#" + ANN, "sk": T1, "message_group_uuid": DIRECT, "message": "mine"},
        {"pk": "GRP#" + ANN, "sk": "PROFILE", "message_group_uuid": DIRECT},
        {"pk": "GRP#" + ANN, "sk": T1, "message": "of no group"},
        {"pk": "GRP#" + ANN, "sk": T1, "message_group_uuid": DIRECT.upper().replace("1", "A")},
        {"pk": "GRP#" + ANN.upper(), "sk": T1, "message_group_uuid": DIRECT},
        {"pk": "GRP#ann", "sk": T1, "message_group_uuid": DIRECT},
        {"pk": "MSG#" + DIRECT, "sk": "META", "message": "a note"},
        {"pk": "MSG#" + DIRECT, "sk": T3, "title": "of no message"},
        {"pk": "MSG#" + DIRECT, "sk": T3, "other_attributes": '{"message": {"N": "1"}}'},
        {"pk": "MSG#" + ANN.upper(), "sk": T3, "message": "upper case"},
    )

    def test_are_violations_unless_they_are_asked_for(self):
        for row in self.ROWS:
            self.assertNotEqual(check_table.Checker().check(good_table() + [row]), [], row)
            checker = check_table.Checker(accept_foreign=True)
            self.assertEqual(checker.check(good_table() + [row]), [], row)
            self.assertTrue(checker.summary().startswith(
                "groups 2 messages 3 group_rows 5 foreign_rows 1 digest "))

    def test_rows_that_look_like_ours_are_not_foreign(self):
        for row in (message(DIRECT, T3, ANN, "newer", 4),
                    {"pk": "MSG#" + DIRECT, "sk": T3, "message": ""},
                    group_row(DIRECT, T1, ANN, BOB, "one")):
            checker = check_table.Checker(accept_foreign=True)
            self.assertNotEqual(checker.check(good_table() + [row]), [], row)

    def test_messages_in_the_index(self):
        rows = good_table()
        rows[0]["message_group_uuid"] = DIRECT
        self.assertEqual(check_table.Checker(accept_foreign=True).check(rows), [])


class Claims(unittest.TestCase):
    """Claims as they stand beside the messages."""

    @staticmethod
    def claim(number, **changes):
        row = {"pk": f"CLAIM#33333333-3333-7333-8333-33333333333{number}", "sk": "CLAIM",
               "group_uuid": DIRECT, "user_uuid": ANN, "message_sk": T1,
               "expires_at": "1767225600"}
        row.update(changes)
        return {name: value for name, value in row.items() if value is not None}

    def test_good(self):
        absent = self.claim(9, ahead={"BOOL": True}, expires_at=None)
        for claim in (self.claim(1), self.claim(1, ahead={"BOOL": True}), absent):
            for checker in (check_table.Checker(), check_table.Checker(accept_foreign=True)):
                self.assertEqual(checker.check(good_table() + [claim]), [])
                self.assertIn("messages 3 group_rows 5 ", checker.summary())
                self.assertNotIn("foreign_rows 1", checker.summary())

    def test_of_a_message_that_has_gone(self):
        checker = check_table.Checker(accept_expired=True)
        self.assertEqual(checker.check(good_table() + [self.claim(9)]), [])

    def test_bad(self):
        for claim, words in (
                (self.claim(9), "is not where it leads to"),
                (self.claim(1, message_sk=T2), "is not where it leads to"),
                (self.claim(1, group_uuid=LARGE), "is not where it leads to"),
                (self.claim(1, user_uuid=BOB), "has another author"),
                (self.claim(1, ahead={"BOOL": True}, message_sk=T3), f"is also at {T1}"),
                (self.claim(1, user_uuid=None), "lacks user_uuid"),
                (self.claim(1, message_group_uuid=DIRECT), "has message_group_uuid"),
                (self.claim(1, expires_at="soon"), "is not a number of seconds"),
                (self.claim(1, ahead={"BOOL": False}), "ahead is not true")):
            violations = check_table.Checker().check(good_table() + [claim])
            self.assertTrue(any(words in violation for violation in violations),
                            (claim, violations))


class Cards(unittest.TestCase):
    """Cards as they stand beside the groups."""

    @staticmethod
    def card(group, **changes):
        row = {"pk": "CARD#" + group, "sk": "CARD", "member_uuids": ",".join((ANN, BOB)),
               "rev": "1"}
        row.update(changes)
        return {name: value for name, value in row.items() if value is not None}

    def test_good(self):
        large = {"member_uuids": ",".join((ANN, BOB, CEM)), "group_name": "All"}
        for card in (self.card(DIRECT), self.card(DIRECT, rev="20"),
                     self.card(DIRECT, version="0" * 16),
                     self.card(LARGE, **large), self.card(ANN)):
            self.assertEqual(check_table.Checker().check(good_table() + [card]), [])

    def test_bad(self):
        for card, words in (
                (self.card(LARGE, group_name="All"), "its members are not"),
                (self.card(DIRECT, group_name="All"), "its name is not"),
                (self.card(DIRECT, group_data="{}"), "its data is not"),
                (self.card(DIRECT, blocked=ANN), "its blocked is not"),
                (self.card(DIRECT, rev=None), "rev is not a number"),
                (self.card(DIRECT, rev="0"), "rev is not a number"),
                (self.card(DIRECT, removed="true"), "removed is not true"),
                (self.card(DIRECT, closed="true"), "closed is not true"),
                (self.card(DIRECT, member_uuids=None), "lacks member_uuids"),
                (self.card(DIRECT, message="x"), "has message, which")):
            violations = check_table.Checker().check(good_table() + [card])
            self.assertTrue(any(words in violation for violation in violations),
                            (card, violations))


    def changed_table(self, **changes):
        """Two people with a card, whose rows have all that it says."""
        rows = good_table()
        card = self.card(DIRECT, **changes)
        for row in rows[2:4]:
            row.update({name: card[name] for name in ("rev", "group_name", "group_data", "blocked")
                        if name in card})
        return rows + [card]

    def test_changed_groups(self):
        for changes in ({"rev": "2"}, {"group_name": "Two", "group_data": "{}"}, {"blocked": BOB},
                        {"blocked": ",".join((ANN, BOB))}):
            self.assertEqual(check_table.Checker().check(self.changed_table(**changes)), [])
        stale = self.changed_table(rev="2")
        stale[3]["rev"] = "1"
        for rows, words in ((self.changed_table(blocked=CEM), "who blocks it is not"),
                            (stale, "its rev is not")):
            violations = check_table.Checker().check(rows)
            self.assertTrue(any(words in violation for violation in violations), violations)

    def test_members_who_joined(self):
        for visible_sk, text, words in ((T2 + "!", "", None), (T1 + "!", "two", None),
                                        (T2, "", None), (T2, "two", None),
                                        (T2 + "!", "two", "from before its member joined"),
                                        (T1 + "!", "", "not the newest message's text"),
                                        (T1, "", "not the newest message's text"),
                                        ("!", "two", "visible_sk is not a time")):
            rows = good_table()
            rows[2].update(visible_sk=visible_sk, message=text)
            violations = check_table.Checker().check(rows)
            if words is None:
                self.assertEqual(violations, [])
            else:
                self.assertTrue(any(words in violation for violation in violations),
                                (visible_sk, violations))


class Life(unittest.TestCase):
    """What members and authors do with messages that are there, and messages that expire."""

    def expect(self, rows, words=None):
        violations = check_table.Checker().check(rows)
        if words is None:
            self.assertEqual(violations, [])
        else:
            self.assertTrue(any(words in violation for violation in violations),
                            (words, violations))

    def expect_with(self, index, words=None, **changes):
        rows = good_table()
        rows[index].update(changes)
        self.expect(rows, words)

    def test_settings(self):
        self.expect_with(2, read_sk=T1, visible_sk=T1, muted_until=T3, archived="true",
                         pinned="true")
        self.expect_with(2, "its read_sk is not before its place", read_sk=T2)
        self.expect_with(2, "read_sk is not a time", read_sk="00")
        self.expect_with(2, "pinned is not true", pinned="false")
        self.expect_with(0, "has read_sk, which", read_sk=T1)

    def test_messages(self):
        self.expect_with(0, edited_at=T3, version="0" * 16, reply_to=ANN, message_data="{}",
                         reactions="x " + ANN, expires_at="4102444800")
        self.expect_with(0, deleted_at=T3, version="0" * 16, message="")
        self.expect_with(0, "has message, and was deleted", deleted_at=T3)
        self.expect_with(0, "has reactions, and was deleted", deleted_at=T3, message="",
                         reactions="x " + ANN)
        self.expect_with(0, "deleted_at is not a time", deleted_at="now", message="")
        self.expect_with(0, "message is empty", message="", expires_at="4102444800")
        self.expect_with(0, message="", expires_at="1")
        self.expect_with(0, "expires_at is not a number", expires_at="soon")

    def expiring(self, end, **changes):
        rows = good_table()
        rows[1]["expires_at"] = end
        for row in rows[2:4]:
            row.update(head_expires_at=end, **changes)
        return rows

    def test_heads_that_expire(self):
        self.expect(self.expiring("4102444800"))
        self.expect(self.expiring("1"))
        self.expect(self.expiring("1", message=""))
        self.expect(self.expiring("4102444800", message=""), "not the newest message's text")
        rows = self.expiring("4102444800")
        rows[2]["head_expires_at"] = "4102444801"
        self.expect(rows, "its head_expires_at is not the newest message's")

    def test_heads_that_have_gone(self):
        rows = self.expiring("1")
        self.expect(rows[:1] + rows[2:])
        self.expect(rows[2:])
        rows[3]["sk"] = T1
        self.expect(rows[2:], f"sk is {T1}, the newest message's is {T2}")
        rows = self.expiring("4102444800")
        self.expect(rows[:1] + rows[2:], f"sk is {T2}, the newest message's is {T1}")
        self.expect(rows[2:], "has group rows and no message")

    def test_changes(self):
        def change(number, **changes):
            return {"pk": "CHG#" + DIRECT, "sk": f"{number:020}", "message_sk": T1, "change": "edit",
                    "version": "0" * 16, "expires_at": "1767225600", **changes}
        counter = {"pk": "CHG#" + DIRECT, "sk": "COUNTER", "rev": "3"}
        for rows, words in (
                ([counter], None), ([counter, change(3), change(2)], None),
                ([counter, change(2)], "are numbered [2], and the counter is at 3"),
                ([counter, change(1), change(3)], "are numbered [1, 3]"),
                ([change(1)], "have no counter"),
                ([counter, change(3, change="move")], "is of another kind"),
                ([counter, change(3, message="x")], "has message, which")):
            self.expect(good_table() + rows, words)


class Program(unittest.TestCase):
    def make_store(self, rows):
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "a?b%c #.db")
        connection = sqlite3.connect(path)
        names = sorted(set().union(*rows))
        connection.execute(f"CREATE TABLE cruddur_messages ({', '.join(names)})")
        for row in rows:
            connection.execute(
                f"INSERT INTO cruddur_messages VALUES ({', '.join('?' * len(names))})",
                [row.get(name) for name in names])
        connection.commit()
        connection.close()
        return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")

    def test_sqlite(self):
        path = self.make_store(good_table())
        for parameters in ("", "?synchronous=normal"):
            code, printed = run("sqlite:" + path + parameters)
            self.assertEqual(code, 0)
            self.assertTrue(printed.startswith("groups 2 messages 3 group_rows 5 digest "))
        code, printed = run("sqlite:" + self.make_store(good_table()[1:]))
        self.assertEqual(code, 0)
        code, printed = run("sqlite:" + self.make_store(good_table()[:-1]))
        self.assertEqual(code, 1)
        self.assertIn(f"member {CEM} has no group row", printed)

    def test_lines(self):
        for rows, expected in ((good_table(), 0), (good_table()[:-1], 1)):
            with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
                file.flush()
                self.assertEqual(run("--rows", file.name)[0], expected)

    def test_what_cannot_be_read_is_no_success(self):
        with self.assertRaises(sqlite3.Error):
            run("sqlite:/nonexistent/store.db")
        with self.assertRaises(ValueError):
            run("nonsense:x")


if __name__ == "__main__":
    unittest.main()
