#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is done to messages that are there: edit, delete, react, show, mark; and how the lists show
it."""
import unittest
from uuid import uuid4

from cli import LAYLA, MAREN, MAREN_TEO, NOBODY, SECRET, TEO, CommandTest

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


class ChangesTest(CommandTest):
    """Maren and Téo, with a message of each."""

    def setUp(self):
        super().setUp()
        self.first = self.ok_json("new", "--as", "@maren", "--to", "@teo", "one")["message_uuid"]
        self.second = self.ok_json("send", "--as", "@teo", MAREN_TEO, "two")["uuid"]

    def message(self, uuid):
        return self.ok_json("show", MAREN_TEO, uuid)

    def group(self, user):
        return self.ok_json("groups", user)["groups"][0]

    def change(self, command, user, uuid, *arguments):
        return self.ok_json(command, "--as", user, MAREN_TEO, uuid, *arguments)

    def table(self):
        return self.ok("scan", "--json").out


class Edit(ChangesTest):
    def test_edit(self):
        edited = self.change("edit", "@maren", self.first, "1")
        self.assertEqual((edited["message"], edited["changed"]), ("1", True))
        self.assertIsNotNone(edited["edited_at"])
        self.assertNotEqual(edited["version"], "")
        again = self.change("edit", "@maren", self.first, "1")
        self.assertFalse(again.pop("changed"))
        self.assertEqual(self.message(self.first), again)
        self.assertIn("(edited)", self.ok("messages", MAREN_TEO).out)
        self.assertEqual(self.group(MAREN)["message"], "two")

    def test_the_newest_message_shows_in_all_lists(self):
        self.change("edit", "@teo", self.second, "2")
        for user in (MAREN, TEO):
            self.assertEqual(self.group(user)["message"], "2")

    def test_text_output(self):
        edit = ("edit", "--as", "@maren", MAREN_TEO, self.first)
        self.assertEqual(self.ok(*edit, "1").lines, ["Edited", f"message  {self.first}"])
        self.assertEqual(self.ok(*edit, "-", stdin="1\n").lines,
                         ["Nothing changed", f"message  {self.first}"])

    def test_data(self):
        edited = self.change("edit", "@maren", self.first, "one", "--data", '{"picture": "x"}')
        self.assertEqual((edited["data"], edited["changed"]), ('{"picture": "x"}', True))
        self.assertEqual(self.change("edit", "@maren", self.first, "1")["data"], edited["data"])
        self.assertIn('data: {"picture": "x"}', self.ok("messages", MAREN_TEO).out)
        self.assertIsNone(self.change("edit", "@maren", self.first, "1", "--no-data")["data"])

    def test_version(self):
        version = self.change("edit", "@maren", self.first, "1", "--if-version", "")["version"]
        edit = ("edit", "--as", "@maren", MAREN_TEO, self.first, SECRET, "--if-version")
        before = self.table()
        self.fails(2, "changed since", *edit, "")
        self.fails(2, "changed since", *edit, "0" * 16)
        self.assertEqual(self.table(), before)
        self.change("edit", "@maren", self.first, "I", "--if-version", version)

    def test_refused(self):
        before = self.table()
        edit = ("edit", "--as", "@maren", MAREN_TEO)
        self.fails(2, "author", *edit, self.second, SECRET)
        self.fails(3, "MESSAGE", *edit, str(uuid4()), SECRET)
        self.fails(3, "GROUP", "edit", "--as", "@layla", MAREN_TEO, self.first, SECRET)
        self.fails(3, "GROUP", "edit", "--as", "@maren", NOBODY, self.first, SECRET)
        self.fails(2, "TEXT", *edit, self.first, " ")
        self.fails(2, "TEXT", *edit, self.first, SECRET * 100)
        self.fails(2, "--data", *edit, self.first, "1", "--data", SECRET * 300)
        self.fails(2, "--data", *edit, self.first, "1", "--data", b"\xff" + SECRET.encode())
        self.fails(2, "--no-data", *edit, self.first, "1", "--data", SECRET, "--no-data")
        self.fails(2, "--at: it must be a time", *edit, self.first, SECRET, "--at", "soon")
        self.assertEqual(self.table(), before)

    def test_trusted(self):
        edited = self.change("edit", "@layla", self.second, "by a moderator", "--trusted")
        self.assertEqual((edited["message"], edited["user_uuid"]), ("by a moderator", TEO))

    def test_arguments(self):
        edit = ("edit", "--as", "@maren")
        self.fails(2, "--as is missing", "edit", MAREN_TEO, self.first, SECRET)
        self.fails(2, "GROUP is missing", *edit)
        self.fails(2, "MESSAGE is missing", *edit, MAREN_TEO)
        self.fails(2, "TEXT is missing", *edit, MAREN_TEO, self.first)
        self.fails(2, "too many arguments", *edit, MAREN_TEO, self.first, SECRET, SECRET)
        self.fails(2, "GROUP: it must be a uuid", *edit, "x", self.first, SECRET)
        self.fails(2, "MESSAGE: it must be a uuid", *edit, MAREN_TEO, "x", SECRET)
        self.fails(2, "--", *edit, MAREN_TEO, self.first, "-" + SECRET)


class Delete(ChangesTest):
    def test_delete(self):
        self.change("react", "@maren", self.second, "👍")
        deleted = self.change("delete", "@teo", self.second)
        self.assertEqual((deleted["message"], deleted["reactions"], deleted["changed"]),
                         ("", [], True))
        self.assertIsNotNone(deleted["deleted_at"])
        self.assertFalse(self.change("delete", "@teo", self.second)["changed"])
        for user in (MAREN, TEO):
            self.assertEqual(self.group(user)["message"], "")
        text = self.ok("messages", MAREN_TEO).out
        self.assertIn("This message was deleted.", text)
        self.assertNotIn("two", text)
        self.assertIn("(no message to show)", self.ok("groups", "@maren").out)

    def test_text_output(self):
        delete = ("delete", "--as", "@teo", MAREN_TEO, self.second)
        self.assertEqual(self.ok(*delete).lines, ["Deleted", f"message  {self.second}"])
        self.assertEqual(self.ok(*delete).lines, ["Nothing changed", f"message  {self.second}"])

    def test_a_deleted_message_is_not_changed(self):
        self.change("delete", "@teo", self.second)
        before = self.table()
        self.fails(2, "deleted", "edit", "--as", "@teo", MAREN_TEO, self.second, SECRET)
        self.fails(2, "deleted", "react", "--as", "@maren", MAREN_TEO, self.second, "👍")
        self.assertEqual(self.table(), before)

    def test_refused(self):
        before = self.table()
        self.fails(2, "author", "delete", "--as", "@maren", MAREN_TEO, self.second)
        self.fails(3, "MESSAGE", "delete", "--as", "@maren", MAREN_TEO, str(uuid4()))
        self.fails(3, "GROUP", "delete", "--as", LAYLA, MAREN_TEO, self.second)
        self.fails(2, "--if-version", "delete", "--as", "@teo", MAREN_TEO, self.second,
                   "--if-version")
        self.fails(2, "changed since", "delete", "--as", "@teo", MAREN_TEO, self.second,
                   "--if-version", "0" * 16)
        self.fails(2, "too many arguments", "delete", "--as", "@teo", MAREN_TEO, self.second, SECRET)
        self.assertEqual(self.table(), before)

    def test_trusted(self):
        self.assertTrue(self.change("delete", "@maren", self.second, "--trusted")["changed"])


class React(ChangesTest):
    def test_react(self):
        self.change("react", "@maren", self.second, "👍")
        self.change("react", "@teo", self.second, FAMILY)
        reacted = self.change("react", "@teo", self.second, "👍")
        self.assertTrue(reacted["changed"])
        self.assertEqual(sorted(kind["reaction"] for kind in reacted["reactions"]),
                         sorted(["👍", FAMILY]))
        thumbs = next(kind for kind in reacted["reactions"] if kind["reaction"] == "👍")
        self.assertEqual(thumbs["user_uuids"], [MAREN, TEO])
        self.assertFalse(self.change("react", "@teo", self.second, "👍")["changed"])
        text = self.ok("messages", MAREN_TEO).out
        self.assertIn("👍 2", text)
        self.assertIn(FAMILY + " 1", text)
        removed = self.change("react", "@teo", self.second, "👍", "--remove")
        self.assertEqual(next(kind for kind in removed["reactions"]
                              if kind["reaction"] == "👍")["user_uuids"], [MAREN])
        self.assertFalse(self.change("react", "@teo", self.second, "👍", "--remove")["changed"])

    def test_text_output(self):
        react = ("react", "--as", "@maren", MAREN_TEO, self.second, "👍")
        self.assertEqual(self.ok(*react).lines, ["Reaction added", f"message  {self.second}"])
        self.assertEqual(self.ok(*react).lines[0], "Nothing changed")
        self.assertEqual(self.ok(*react, "--remove").lines[0], "Reaction removed")

    def test_refused(self):
        before = self.table()
        react = ("react", "--as", "@maren", MAREN_TEO)
        for reaction in ("", " ", "ab", "👍👍", "\n", "\u200b", b"\xff", "e" + "\u0301" * 40):
            self.fails(2, "REACTION", *react, self.second, reaction)
        self.fails(3, "MESSAGE", *react, str(uuid4()), "👍")
        self.fails(3, "GROUP", "react", "--as", "@layla", MAREN_TEO, self.second, "👍")
        self.fails(2, "REACTION is missing", *react, self.second)
        self.fails(2, "--trusted", *react, self.second, "👍", "--trusted")
        self.assertEqual(self.table(), before)

    def test_at_most_twenty_kinds(self):
        for i in range(20):
            self.change("react", "@maren", self.second, chr(ord("a") + i))
        before = self.table()
        self.fails(2, "20", "react", "--as", "@teo", MAREN_TEO, self.second, "z")
        self.assertEqual(self.table(), before)
        self.change("react", "@teo", self.second, "a")


class Show(ChangesTest):
    def test_json(self):
        messages = self.ok_json("messages", MAREN_TEO)["messages"]
        self.assertEqual(self.ok_json("show", "--as", "@teo", MAREN_TEO, self.first), messages[0])
        self.assertEqual(self.ok_json("show", MAREN_TEO.upper(), self.second.upper()), messages[1])
        self.assertEqual(self.ok_json("show", MAREN_TEO, self.second, "--at",
                                      messages[1]["created_at"]), messages[1])

    def test_text(self):
        reply = self.ok_json("send", "--as", "@maren", MAREN_TEO, "three", "--reply-to", self.first,
                             "--data", "{}", "--expires-in", "1h")
        self.change("react", "@teo", reply["uuid"], "👍")
        self.change("edit", "@maren", reply["uuid"], "3")
        text = self.ok("show", MAREN_TEO, reply["uuid"]).out
        for part in ("3", "(edited)", f"message  {reply['uuid']}", f"reply to {self.first}",
                     "data     {}", "expires  20", "edited   20", "version  ",
                     "reaction 👍  Téo Okafor"):
            self.assertIn(part, text)

    def test_around(self):
        uuids = [self.first, self.second]
        uuids += [self.ok_json("send", "--as", "@teo", MAREN_TEO, str(i))["uuid"] for i in range(9)]
        page = self.ok_json("show", "--as", "@maren", MAREN_TEO, uuids[5], "--around", "--limit",
                            "5")
        self.assertEqual([message["uuid"] for message in page["messages"]], uuids[3:8])
        older = self.ok_json("messages", MAREN_TEO, "--cursor", page["older"])
        self.assertEqual([message["uuid"] for message in older["messages"]], uuids[:3])
        newer = self.ok_json("messages", MAREN_TEO, "--cursor", page["newer"])
        self.assertEqual([message["uuid"] for message in newer["messages"]], uuids[8:])
        text = self.ok("show", MAREN_TEO, uuids[5], "--around", "--limit", "1", "--uuids").out
        self.assertIn(uuids[5], text)
        self.assertIn("older: --cursor ", text)
        self.assertIn("newer: --cursor ", text)

    def test_refused(self):
        self.fails(3, "MESSAGE", "show", MAREN_TEO, str(uuid4()))
        self.fails(3, "MESSAGE", "show", MAREN_TEO, str(uuid4()), "--around")
        self.fails(3, "GROUP", "show", "--as", "@layla", MAREN_TEO, self.first)
        self.fails(3, "GROUP", "show", NOBODY, self.first)
        self.fails(2, "MESSAGE is missing", "show", MAREN_TEO)
        self.fails(2, "MESSAGE: it must be a uuid", "show", MAREN_TEO, "x")
        self.fails(2, "--limit: it goes with --around only", "show", MAREN_TEO, self.first,
                   "--limit", "3")
        self.fails(2, "--uuids: it goes with --around only", "show", MAREN_TEO, self.first,
                   "--uuids")
        self.fails(2, "not known", "show", MAREN_TEO, self.first, "--all")


class Mark(ChangesTest):
    def unread(self, user):
        group = self.group(user)
        self.assertTrue(group["unread_exact"])
        return group["unread"]

    def mark(self, user, *arguments):
        return self.ok_json("mark", "--as", user, MAREN_TEO, *arguments)

    def test_mark(self):
        self.assertEqual((self.unread(MAREN), self.unread(TEO)), (1, 0))
        marked = self.mark("@maren")
        self.assertEqual((marked["unread"], marked["unread_exact"]), (0, True))
        self.assertEqual(marked["read_up_to"], self.message(self.second)["created_at"])
        self.assertEqual(marked, self.group(MAREN))
        for i in range(3):
            self.ok("send", "--as", "@teo", MAREN_TEO, str(i))
        self.assertEqual((self.unread(MAREN), self.unread(TEO)), (3, 0))
        self.assertEqual(self.group(MAREN)["read_up_to"], marked["read_up_to"])
        self.ok("send", "--as", "@maren", MAREN_TEO, "read")
        self.assertEqual((self.unread(MAREN), self.unread(TEO)), (0, 1))

    def test_up_to_and_unread_from(self):
        uuids = [self.ok_json("send", "--as", "@teo", MAREN_TEO, str(i))["uuid"] for i in range(4)]
        self.assertEqual(self.mark("@maren", "--up-to", uuids[1])["unread"], 2)
        self.assertEqual(self.mark("@maren", "--up-to", uuids[0])["unread"], 2)
        self.assertEqual(self.mark("@maren", "--unread-from", uuids[0])["unread"], 4)
        at = self.message(uuids[3])["created_at"]
        self.assertEqual(self.mark("@maren", "--up-to", uuids[3], "--at", at)["unread"], 0)

    def test_text_and_lists(self):
        self.ok("send", "--as", "@teo", MAREN_TEO, "three")
        self.assertTrue(self.ok("groups", "@maren").out.startswith("Téo Okafor (2)  @teo "))
        page = self.ok_json("groups", "@maren", "--no-counts")["groups"]
        self.assertEqual((page[0]["unread"], page[0]["unread_exact"]), (0, False))
        self.assertEqual(len(self.ok_json("groups", "@maren", "--unread")["groups"]), 1)
        text = self.ok("mark", "--as", "@maren", MAREN_TEO).out
        self.assertTrue(text.startswith("Téo Okafor  @teo "))
        self.assertEqual(self.ok_json("groups", "@maren", "--unread")["groups"], [])

    def test_the_line_before_what_is_new(self):
        """It is where the unread count begins."""
        messages = ("messages", MAREN_TEO, "--as", "@maren")
        self.change("delete", "@teo", self.second)
        self.assertEqual(self.unread(MAREN), 0)
        self.assertNotIn("New", self.ok(*messages).out)
        self.ok("send", "--as", "@teo", MAREN_TEO, "three")
        self.assertEqual(self.unread(MAREN), 1)
        text = self.ok(*messages).out
        self.assertLess(text.index("was deleted"), text.index("New"))
        self.assertLess(text.index("New"), text.index("three"))
        self.mark("@maren", "--unread-from", self.first)
        text = self.ok(*messages).out
        self.assertLess(text.index("was deleted"), text.index("New"))  # the first is Maren's own

    def test_receipts(self):
        self.assertIn("─ New ─", self.ok("messages", MAREN_TEO, "--as", "@maren").out)
        self.assertNotIn("New", self.ok("messages", MAREN_TEO).out)
        self.assertNotIn("New", self.ok("messages", MAREN_TEO, "--as", "@teo").out)
        self.assertNotIn("✓", self.ok("messages", MAREN_TEO, "--as", "@teo").out)
        self.mark("@maren")
        text = self.ok("messages", MAREN_TEO, "--as", "@teo").lines
        self.assertEqual(text[-1].strip(), "✓ read by Maren Solvik")
        self.assertNotIn("✓", self.ok("messages", MAREN_TEO, "--as", "@maren").out)
        self.ok("send", "--as", "@teo", MAREN_TEO, "three")
        text = self.ok("messages", MAREN_TEO, "--as", "@teo").out
        self.assertLess(text.index("two"), text.index("✓"))
        self.assertLess(text.index("✓"), text.index("three"))

    def test_refused(self):
        before = self.table()
        mark = ("mark", "--as", "@maren")
        other = self.ok_json("new", "--as", "@maren", "--to", "@layla", "Hi")["message_uuid"]
        before = self.table()
        self.fails(3, "--up-to", *mark, MAREN_TEO, "--up-to", other)
        self.fails(3, "--unread-from", *mark, MAREN_TEO, "--unread-from", str(uuid4()))
        self.fails(3, "GROUP", "mark", "--as", "@layla", MAREN_TEO)
        self.fails(3, "GROUP", *mark, NOBODY)
        self.fails(2, "--unread-from: it does not go together with --up-to", *mark, MAREN_TEO,
                   "--unread-from", self.first, "--up-to", self.first)
        self.fails(2, "--up-to: it must be a uuid", *mark, MAREN_TEO, "--up-to", "x")
        self.fails(2, "--at: it goes with", *mark, MAREN_TEO, "--at", "now")
        self.fails(2, "--as is missing", "mark", MAREN_TEO)
        self.fails(2, "GROUP: it must be a uuid", *mark, "x")
        self.fails(2, "too many arguments", *mark, MAREN_TEO, SECRET)
        self.fails(2, "--no-counts", "groups", "@maren", "--unread", "--no-counts")
        self.assertEqual(self.table(), before)


class Replies(ChangesTest):
    def test_a_reply_quotes_what_it_refers_to(self):
        sent = self.ok_json("send", "--as", "@maren", MAREN_TEO, "three", "--reply-to", self.second)
        self.assertEqual(sent["reply_to"], self.second)
        self.assertIn("↪ Téo Okafor: two", self.ok("messages", MAREN_TEO).out)
        self.assertIn(f"↪ {self.second}", self.ok("messages", MAREN_TEO, "--limit", "1").out)
        self.change("delete", "@teo", self.second)
        self.assertIn("↪ Téo Okafor: (deleted)", self.ok("messages", MAREN_TEO).out)

    def test_refused(self):
        send = ("send", "--as", "@maren", MAREN_TEO, SECRET)
        before = self.table()
        self.fails(2, "--reply-to: it must be a uuid", *send, "--reply-to", "x")
        self.fails(2, "--data", *send, "--data", SECRET * 300)
        self.fails(2, "--data", *send, "--data", b"\xff")
        self.fails(2, "--data: its value is empty", *send, "--data", "")
        self.assertEqual(self.table(), before)


if __name__ == "__main__":
    unittest.main()
