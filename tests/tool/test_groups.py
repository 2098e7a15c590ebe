#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`cruddur group`: name, data, members, and a member's own settings."""
import time
import unittest

from cli import LAYLA, MAREN, MAREN_TEO, NOBODY, SECRET, TEO, CommandTest

OTHER = "00000000-0000-4000-8000-000000000009"


class GroupTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.crew = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--to", "@layla", "--name",
                                 "Kite crew", "Hello both!")["uuid"]

    def group(self, action, user, *arguments, uuid=None):
        return self.ok_json("group", action, "--as", user, uuid or self.crew, *arguments)

    def seen_by(self, user, *options):
        return {group["uuid"]: group
                for group in self.ok_json("groups", user, *options)["groups"]}

    def members(self):
        return [member["uuid"]
                for member in self.ok_json("group", "info", self.crew)["members"]]

    def refused(self, code, message, *arguments):
        """Nothing changes."""
        before = self.ok("scan", "--json").out
        self.fails(code, message, *arguments)
        self.assertEqual(self.ok("scan", "--json").out, before)


class Rename(GroupTest):
    def test_rename(self):
        self.assertEqual(self.group("rename", "@layla", "Film night")["name"], "Film night")
        for user in (MAREN, TEO, LAYLA):
            self.assertEqual(self.seen_by(user)[self.crew]["name"], "Film night")
        self.assertIsNone(self.group("rename", "@teo", "--no-name")["name"])
        self.assertIsNone(self.seen_by(MAREN)[self.crew]["name"])

    def test_data(self):
        renamed = self.group("rename", "@teo", "--data", '{"picture": "kite.png"}')
        self.assertEqual((renamed["name"], renamed["data"]),
                         ("Kite crew", '{"picture": "kite.png"}'))
        self.assertEqual(self.seen_by(MAREN)[self.crew]["data"], renamed["data"])
        self.assertIsNone(self.group("rename", "@teo", "Crew", "--no-data")["data"])

    def test_text(self):
        lines = self.ok("group", "rename", "--as", "@teo", self.crew, "Crew", "--data", "x").lines
        self.assertEqual(lines[:3], ["Crew", "3 members", f"group    {self.crew}"])
        self.assertIn("data     x", lines)

    def test_refused(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!")
        rename = ("group", "rename", "--as", "@maren")
        self.refused(2, "direct group", *rename, MAREN_TEO, "Us")
        self.refused(2, "NAME", *rename, self.crew, "x" * 257)
        self.refused(2, "NAME", *rename, self.crew, "a\nb")
        self.refused(2, "NAME: it is empty", *rename, self.crew, "")
        self.refused(2, "NAME is missing", *rename, self.crew)
        self.refused(2, "--no-name", *rename, self.crew, "x", "--no-name")
        self.refused(2, "--no-data", *rename, self.crew, "--data", "x", "--no-data")
        self.refused(2, "--data", *rename, self.crew, "--data", SECRET * 300)
        self.refused(3, "GROUP", *rename, NOBODY, "x")
        self.refused(3, "GROUP", "group", "rename", "--as", OTHER, self.crew, "x")
        self.refused(2, "too many arguments", *rename, self.crew, "x", SECRET)


class Members(GroupTest):
    def test_add(self):
        self.ok("group", "add", "--as", "@teo", self.crew, "--member", OTHER)
        self.assertEqual(self.members(), sorted([MAREN, TEO, LAYLA, OTHER]))
        added = self.seen_by(OTHER)[self.crew]
        self.assertEqual((added["member_count"], added["unread"]), (4, 0))
        self.assertEqual(self.ok_json("messages", self.crew, "--as", OTHER)["messages"], [])
        text = self.ok("groups", OTHER).out
        self.assertIn("(no message to show)", text)
        self.assertNotIn("deleted", text)
        self.ok("send", "--as", "@maren", self.crew, "Welcome!")
        self.assertEqual(self.seen_by(OTHER)[self.crew]["unread"], 1)
        self.assertEqual(len(self.ok_json("messages", self.crew, "--as", OTHER)["messages"]), 1)

    def test_add_with_history(self):
        group = self.group("add", "@teo", "--member", OTHER, "--history")
        self.assertEqual(group["member_count"], 4)
        self.assertEqual(len(self.ok_json("messages", self.crew, "--as", OTHER)["messages"]), 1)

    def test_remove(self):
        group = self.group("remove", "@maren", "--member", "@teo")
        self.assertEqual(group["member_count"], 2)
        self.assertEqual(self.members(), sorted([MAREN, LAYLA]))
        self.assertEqual(self.seen_by(TEO), {})
        self.fails(3, "GROUP", "messages", self.crew, "--as", "@teo")
        self.fails(3, "GROUP", "send", "--as", "@teo", self.crew, SECRET)
        self.group("add", "@maren", "--member", "@teo")
        self.assertIn(self.crew, self.seen_by(TEO))

    def test_leave(self):
        self.assertEqual(self.group("leave", "@teo"), {"uuid": self.crew, "left": True})
        self.assertEqual(self.seen_by(TEO), {})
        self.group("add", "@layla", "--member", "@teo")
        self.assertEqual(self.ok("group", "leave", "--as", "@teo", self.crew).out,
                         f"Left the group {self.crew}\n")
        self.group("add", "@layla", "--member", "@teo")
        self.assertEqual(self.group("remove", "@teo", "--member", TEO),
                         {"uuid": self.crew, "left": True})

    def test_add_refused(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!")
        add = ("group", "add", "--as", "@maren")
        self.refused(2, "direct group", *add, MAREN_TEO, "--member", OTHER)
        self.refused(2, "--member", *add, self.crew, "--member", "@teo")
        self.refused(2, "is named twice", *add, self.crew, "--member", "@teo",
                     "--member", TEO)
        self.refused(2, "--member: @maren is the same person as --as", *add, self.crew, "--member",
                     "@maren")
        self.refused(2, "--member is missing", *add, self.crew)
        self.refused(3, "--member: no user with handle zoe", *add, self.crew, "--member", "@zoe")
        self.refused(3, "GROUP", "group", "add", "--as", OTHER, self.crew, "--member", NOBODY)
        many = [word for i in range(47)
                for word in ("--member", f"00000000-0000-4000-8000-{i:012}")]
        self.refused(2, "--member", *add, self.crew, *many)
        self.ok(*add, self.crew, *many[:-2])
        self.assertEqual(len(self.members()), 49)

    def test_remove_refused(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!")
        remove = ("group", "remove", "--as", "@maren")
        self.refused(2, "direct group", *remove, MAREN_TEO, "--member", "@teo")
        self.refused(2, "direct group", "group", "leave", "--as", "@maren", MAREN_TEO)
        self.refused(3, "--member", *remove, self.crew, "--member", OTHER)
        self.refused(2, "--member: one member", *remove, self.crew, "--member", "@teo", "--member",
                     "@layla")
        self.refused(2, "--member is missing", *remove, self.crew)
        self.refused(3, "GROUP", *remove, NOBODY, "--member", "@teo")
        self.group("leave", "@teo")
        self.refused(2, "two members", "group", "leave", "--as", "@maren", self.crew)
        self.refused(2, "two members", *remove, self.crew, "--member", "@layla")


class Settings(GroupTest):
    def set(self, *options, user="@maren", uuid=None):
        return self.group("set", user, *options, uuid=uuid)

    def test_mute(self):
        self.assertEqual(self.set("--mute", "forever")["muted_until"], "forever")
        self.assertIn("muted", self.ok("groups", "@maren").lines[0])
        self.assertNotIn("muted", self.ok("groups", "@teo").lines[0])
        self.assertIsNone(self.set("--unmute")["muted_until"])
        self.assertEqual(self.set("--mute", "2099-01-31T09:00:00+01:00")["muted_until"],
                         "2099-01-31T08:00:00.000000+00:00")
        self.assertRegex(self.set("--mute", "8h")["muted_until"], r"^20\d\d-")
        self.assertEqual(self.ok("group", "set", "--as", "@maren", self.crew, "--mute",
                                 "2099-01-31").lines[-1], "muted    until 31 Jan 2099 00:00")
        self.set("--mute", "1s")
        time.sleep(1.1)
        self.assertNotIn("muted", self.ok("groups", "@maren").lines[0])

    def test_pin(self):
        self.assertTrue(self.set("--pin")["pinned"])
        self.assertFalse(self.seen_by(TEO)[self.crew]["pinned"])
        self.ok("send", "--as", "@teo", self.crew, "x")
        self.assertIn("pinned", self.ok("groups", "@maren").lines[0])
        self.assertFalse(self.set("--unpin")["pinned"])

    def test_archive(self):
        self.assertTrue(self.set("--archive")["archived"])
        self.assertEqual(self.seen_by(MAREN), {})
        self.assertIn(self.crew, self.seen_by(TEO))
        self.assertTrue(self.seen_by(MAREN, "--archived")[self.crew]["archived"])
        self.assertIn("archived", self.ok("groups", "@maren", "--archived").lines[0])
        self.ok("send", "--as", "@teo", self.crew, "x")
        self.assertFalse(self.seen_by(MAREN)[self.crew]["archived"])
        self.set("--archive", "--mute", "forever")
        self.ok("send", "--as", "@teo", self.crew, "y")
        self.assertEqual(self.seen_by(MAREN), {})
        self.assertFalse(self.set("--unarchive")["archived"])

    def test_hide(self):
        self.assertTrue(self.set("--hide")["hidden"])
        self.assertEqual(self.seen_by(MAREN), {})
        self.assertTrue(self.seen_by(MAREN, "--hidden")[self.crew]["hidden"])
        text = self.ok("groups", "@maren", "--hidden").out
        self.assertIn("(history cleared)", text)
        self.assertNotIn("deleted", text)
        self.assertEqual(self.ok_json("messages", self.crew, "--as", "@maren")["messages"], [])
        self.assertEqual(len(self.ok_json("messages", self.crew, "--as", "@teo")["messages"]), 1)
        self.ok("send", "--as", "@teo", self.crew, "back")
        self.assertEqual(self.seen_by(MAREN)[self.crew]["unread"], 1)
        self.assertEqual([message["message"] for message in self.ok_json(
            "messages", self.crew, "--as", "@maren")["messages"]], ["back"])

    def test_block(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!")
        blocked = self.set("--block", uuid=MAREN_TEO)
        self.assertEqual((blocked["blocked"], blocked["blocked_by_viewer"]), (True, True))
        group = self.seen_by(TEO)[MAREN_TEO]
        self.assertEqual((group["blocked"], group["blocked_by_viewer"]), (True, False))
        for user in ("@maren", "@teo"):
            self.refused(2, "block", "send", "--as", user, MAREN_TEO, SECRET)
        self.refused(2, "block", "new", "--as", "@teo", "--to", "@maren", SECRET)
        self.assertIn("blocked  by the other one",
                      self.ok("group", "info", "--as", "@teo", MAREN_TEO).out)
        self.assertFalse(self.set("--unblock", uuid=MAREN_TEO)["blocked"])
        self.ok("send", "--as", "@teo", MAREN_TEO, "again")

    def test_refused(self):
        settings = ("group", "set", "--as", "@maren", self.crew)
        self.refused(2, "--block: ", *settings, "--block")
        self.refused(2, "there is nothing to set", *settings)
        for one, other in (("--pin", "--unpin"), ("--archive", "--unarchive"),
                           ("--block", "--unblock")):
            self.refused(2, f"{other}: it does not go together with {one}", *settings, one, other)
        self.refused(2, "--unmute: it does not go together with --mute", *settings, "--mute", "8h",
                     "--unmute")
        for when in ("soon", "-1h", "1y", "0", "99999999999999999999h", "h", "8 h"):
            self.refused(2, "--mute: it must be", *settings, "--mute", when)
        for when in ("now", "yesterday", "2020-01-01T00:00:00Z"):
            self.refused(2, "--mute: it must be in the future", *settings, "--mute", when)
        self.refused(3, "GROUP", "group", "set", "--as", OTHER, self.crew, "--pin")


class Info(GroupTest):
    def test_info(self):
        info = self.ok_json("group", "info", "--as", "@teo", self.crew)
        self.assertEqual((info["uuid"], info["unread"], info["name"]), (self.crew, 1, "Kite crew"))
        readers = {member["uuid"]: member for member in info["members"]}
        self.assertEqual(list(readers[TEO]), ["uuid", "display_name", "handle", "read_up_to"])
        self.assertEqual(readers[MAREN]["read_up_to"], info["created_at"])
        self.ok("mark", "--as", "@teo", self.crew)
        info = self.ok_json("group", "info", self.crew)
        self.assertEqual(list(info), ["uuid", "members"])
        readers = {member["uuid"]: member for member in info["members"]}
        self.assertEqual(readers[TEO]["read_up_to"], readers[MAREN]["read_up_to"])

    def test_text(self):
        text = self.ok("group", "info", "--as", "@teo", self.crew).out
        for part in ("Kite crew\n3 members\n", f"group    {self.crew}\n", "unread   1",
                     f"member   Maren Solvik  @maren\n         {MAREN}\n         read up to just now"):
            self.assertIn(part, text)
        self.assertNotIn("unread", self.ok("group", "info", self.crew).out)

    def test_arguments(self):
        self.fails(2, "ACTION: it must be rename, add, remove, leave, set or info", "group", SECRET,
                   self.crew)
        self.fails(2, "ACTION is missing", "group")
        self.fails(2, "GROUP is missing", "group", "info")
        self.fails(2, "GROUP: it must be a uuid", "group", "info", "x")
        self.fails(2, "too many arguments", "group", "info", self.crew, SECRET)
        self.fails(3, "GROUP", "group", "info", NOBODY)
        self.fails(3, "GROUP", "group", "info", "--as", OTHER, self.crew)
        for action in ("rename", "add", "remove", "leave", "set"):
            self.fails(2, "--as is missing", "group", action, self.crew)
        for action, option in (("info", "--pin"), ("leave", "--history"), ("set", "--no-name"),
                               ("rename", "--hide"), ("remove", "--history"), ("add", "--no-data")):
            self.fails(2, f"{option}: it does not go with {action}", "group", action, "--as",
                       "@maren", self.crew, option)


if __name__ == "__main__":
    unittest.main()
