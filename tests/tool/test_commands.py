#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the commands do, and their JSON."""
import re
import unittest
from uuid import uuid4

from cli import LAYLA, MAREN, MAREN_TEO, TEO, CommandTest

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")

GROUP_KEYS = ["uuid", "display_name", "handle", "user_uuid", "name", "member_count", "message",
              "created_at", "sort_key", "unread", "unread_exact", "read_up_to", "muted_until",
              "archived", "pinned", "hidden", "blocked", "blocked_by_viewer", "data"]
MESSAGE_KEYS = ["uuid", "group_uuid", "user_uuid", "display_name", "handle", "message",
                "created_at", "sort_key", "edited_at", "deleted_at", "expires_at", "reply_to",
                "data", "reactions", "version"]


class Writing(CommandTest):
    def test_new(self):
        group = self.ok_json("new", "--as", "@maren", "--to", "teo", "Hello!")
        self.assertEqual(list(group), GROUP_KEYS + ["message_uuid"])
        self.assertRegex(group["message_uuid"], UUID)
        self.assertRegex(group["created_at"], TIME)
        self.assertEqual(group["sort_key"], group["created_at"])
        self.assertEqual(
            {key: group[key] for key in GROUP_KEYS[:7]},
            {"uuid": MAREN_TEO, "display_name": "Téo Okafor", "handle": "teo", "user_uuid": TEO,
             "name": None, "member_count": 2, "message": "Hello!"})

    def test_new_again_goes_on(self):
        self.ok_json("new", "--as", "@maren", "--to", "@teo", "one")
        group = self.ok_json("new", "--as", "@teo", "--to", "@maren", "two")
        self.assertEqual(group["uuid"], MAREN_TEO)
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 2)

    def test_new_separate(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "one")
        other = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--separate", "two")
        chosen = "12345678-0000-4000-8000-000000000000"
        third = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--group", chosen, "three")
        self.assertEqual(third["uuid"], chosen)
        self.assertEqual([group["uuid"] for group in self.ok_json("groups", TEO)["groups"]],
                         [chosen, other["uuid"], MAREN_TEO])

    def test_new_of_three(self):
        group = self.ok_json("new", "--as", "@maren", "--to", "@teo", "--to", "@layla", "--name",
                             "Kite crew", "Hello both!")
        self.assertEqual((group["name"], group["member_count"]), ("Kite crew", 3))
        for user in (MAREN, TEO, LAYLA):
            self.assertEqual(self.ok_json("groups", user)["groups"][0]["uuid"], group["uuid"])

    def test_send(self):
        self.seed(1)
        message = self.ok_json("send", "--as", "@teo", MAREN_TEO.upper(), "Hi")
        self.assertEqual(list(message), MESSAGE_KEYS)
        self.assertRegex(message["uuid"], UUID)
        self.assertRegex(message["created_at"], TIME)
        self.assertEqual(
            {key: message[key] for key in MESSAGE_KEYS[1:6]},
            {"group_uuid": MAREN_TEO, "user_uuid": TEO, "display_name": "Téo Okafor",
             "handle": "teo", "message": "Hi"})
        self.assertEqual(self.ok_json("messages", MAREN_TEO, "--limit", "1")["messages"], [message])

    def test_text_output_names_what_was_made(self):
        made = self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!").lines
        self.assertEqual(made[:2], ["Sent to Téo Okafor (@teo)", f"group    {MAREN_TEO}"])
        self.assertRegex(made[2], f"^message  {UUID.pattern}$")
        sent = self.ok("send", "--as", "@maren", MAREN_TEO, "Hello!").lines
        self.assertEqual(sent[0], "Sent just now")
        self.assertRegex(sent[1], f"^message  {UUID.pattern}$")

    def test_sending_again_with_an_id(self):
        uuid = str(uuid4())
        new = ("new", "--as", "@maren", "--to", "@teo", "--id", uuid)
        self.assertEqual(self.ok_json(*new, "once")["message_uuid"], uuid)
        self.assertEqual(self.ok_json(*new, "once")["message_uuid"], uuid)
        uuid = str(uuid4()).upper()
        send = ("send", "--as", "@teo", MAREN_TEO, "--id", uuid)
        self.assertEqual(self.ok_json(*send, "twice")["uuid"], uuid.lower())
        self.assertEqual(self.ok_json(*send, "twice")["uuid"], uuid.lower())
        texts = [message["message"] for message in self.ok_json("messages", MAREN_TEO)["messages"]]
        self.assertEqual(texts, ["once", "twice"])

    def test_an_id_that_is_too_old(self):
        self.fails(2, "--id: ", "new", "--as", "@maren", "--to", "@teo", "--id",
                   "0190a5b4-0000-7000-8000-000000000001", "no message")

    def test_text_from_standard_input(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "-", stdin="one\n")
        self.ok("send", "--as", "@teo", MAREN_TEO, "-", stdin="two\n\nlines\r\n")
        self.ok("send", "--as", "@teo", MAREN_TEO, "-", stdin="no newline")
        self.ok("send", "--as", "@teo", MAREN_TEO, "--", "-- a hyphen")
        texts = [message["message"] for message in self.ok_json("messages", MAREN_TEO)["messages"]]
        self.assertEqual(texts, ["one", "two\n\nlines", "no newline", "-- a hyphen"])

    def test_longest_text(self):
        self.ok("new", "--as", "@maren", "--to", "@teo", "😀" * 1024)
        self.fails(2, "TEXT", "send", "--as", "@maren", MAREN_TEO, "😀" * 1025)


class Listing(CommandTest):
    def test_groups(self):
        self.seed(3)
        self.ok("new", "--as", "@layla", "--to", "@maren", "هل ما زالت ليلة السينما قائمة؟")
        page = self.ok_json("groups", "@maren")
        self.assertEqual(list(page), ["groups", "older", "newer"])
        for group in page["groups"]:
            self.assertEqual(list(group), GROUP_KEYS)
        self.assertEqual([group["handle"] for group in page["groups"]], ["layla", "teo"])
        self.assertEqual(page["groups"][0]["message"], "هل ما زالت ليلة السينما قائمة؟")
        self.assertIsNone(page["older"])
        text = self.ok("groups", "@maren").out
        self.assertLess(text.index("ليلى حداد"), text.index("Téo Okafor  @teo"))
        self.assertIn(MAREN_TEO, text)

    def test_nothing(self):
        self.seed(1)
        self.assertEqual(self.ok("groups", "@layla").out, "no groups\n")
        self.assertEqual(self.ok_json("groups", "@layla")["groups"], [])
        since = ("--since", "9000-01-01T00:00:00Z")
        self.assertEqual(self.ok("messages", MAREN_TEO, *since).out.splitlines()[0], "no messages")
        self.assertEqual(self.ok_json("messages", MAREN_TEO, *since)["messages"], [])
        self.database().execute("DELETE FROM cruddur_messages")
        self.assertEqual(self.ok("scan").out, "no rows\n")
        self.assertEqual(self.ok_json("scan"), {"rows": []})

    def test_paging_through_groups(self):
        users = [f"00000000-0000-4000-8000-{i:012}" for i in range(25)]
        for user in users:
            self.ok("new", "--as", MAREN, "--to", user, "Hello!")
        users.reverse()
        seen, cursor = [], ()
        while True:
            page = self.ok_json("groups", "@maren", "--limit", "7", *cursor)
            seen += [group["user_uuid"] for group in page["groups"]]
            if page["older"] is None:
                break
            cursor = ("--cursor", page["older"])
        self.assertEqual(seen, users)
        everything = self.ok_json("groups", "@maren", "--all")
        self.assertEqual([group["user_uuid"] for group in everything["groups"]], users)
        self.assertIsNone(everything["older"])
        self.assertEqual(len(self.ok_json("groups", "@maren")["groups"]), 20)
        self.assert_follows(everything["newer"], users[3])

    def assert_follows(self, newer, user):
        """The newer cursor leads to what has moved to the front since."""
        command = ("groups", "@maren", "--cursor", newer)
        self.assertEqual(self.ok_json(*command)["groups"], [])
        self.ok("new", "--as", MAREN, "--to", user, "Hello again!")
        self.assertEqual([group["user_uuid"] for group in self.ok_json(*command)["groups"]], [user])

    def test_messages(self):
        self.seed(30)
        page = self.ok_json("messages", MAREN_TEO, "--as", "@teo")
        self.assertEqual(list(page), ["messages", "older", "newer"])
        self.assertEqual([message["message"] for message in page["messages"]],
                         [f"message {i:05}" for i in range(10, 30)])
        for message in page["messages"]:
            self.assertEqual(list(message), MESSAGE_KEYS)
        text = self.ok("messages", MAREN_TEO).out
        self.assertLess(text.index("message 00010"), text.index("message 00029"))
        self.assertEqual(text.splitlines()[-1], "older: --cursor " + page["older"])

    def test_paging_through_messages(self):
        self.seed(300)
        texts = [f"message {i:05}" for i in range(300)]
        seen, cursor = [], ()
        while True:
            page = self.ok_json("messages", MAREN_TEO, "--limit", "70", *cursor)
            seen = [message["message"] for message in page["messages"]] + seen
            if page["older"] is None:
                break
            cursor = ("--cursor", page["older"])
        self.assertEqual(seen, texts)
        everything = self.ok_json("messages", MAREN_TEO, "--all")
        self.assertEqual([message["message"] for message in everything["messages"]], texts)
        self.assertIsNone(everything["older"])
        found = re.findall(r"message \d{5}", self.ok("messages", MAREN_TEO, "--all").out)
        self.assertEqual(found, texts)

    def test_newer_cursor_follows(self):
        self.seed(3)
        newer = self.ok_json("messages", MAREN_TEO, "--all")["newer"]
        self.assertEqual(self.ok_json("messages", MAREN_TEO, "--cursor", newer)["messages"], [])
        self.ok("send", "--as", "@teo", MAREN_TEO, "later")
        page = self.ok_json("messages", MAREN_TEO, "--cursor", newer)
        self.assertEqual([message["message"] for message in page["messages"]], ["later"])

    def test_since_and_until(self):
        self.ok("seed", self.conversation(10), "--me", "@maren", "--other", "@teo", "--start",
                "2025-01-31T09:00:00+01:00")
        for command in ((), ("--all",)):
            page = self.ok_json("messages", MAREN_TEO, "--since", "2025-01-31T08:03:00Z", "--until",
                                "2025-01-31 08:05:00", *command)
            self.assertEqual([message["message"] for message in page["messages"]],
                             ["message 00003", "message 00004"])


class Scan(CommandTest):
    def test_rows(self):
        self.seed(3)
        rows = self.ok_json("scan")["rows"]
        self.assertEqual([row["pk"] for row in rows],
                         ["CARD#" + MAREN_TEO, "GRP#" + MAREN, "GRP#" + TEO] +
                         3 * ["MSG#" + MAREN_TEO])
        self.assertEqual(list(rows[0]), ["pk", "sk", "version", "member_uuids", "rev"])
        self.assertEqual(list(rows[1]), ["pk", "sk", "message_group_uuid", "message", "user_uuid",
                                         "user_display_name", "user_handle", "version", "rev"])
        self.assertEqual(list(rows[3]), ["pk", "sk", "message", "message_uuid", "user_uuid",
                                         "user_display_name", "user_handle"])
        self.assertEqual(self.ok_json("scan", "--limit", "2")["rows"], rows[:2])
        text = self.ok("scan", "--limit", "1").lines
        self.assertEqual(text[0], f"CARD#{MAREN_TEO}  CARD")
        self.assertEqual(text[1].split()[0], "version")

    def test_more_than_the_library_gives_at_once(self):
        self.seed(2100)
        self.assertEqual(len(self.ok_json("scan")["rows"]), 2100 + 2 + 1)
        self.assertEqual(len(self.ok_json("scan", "--limit", "1500")["rows"]), 1500)
        page = self.ok_json("messages", MAREN_TEO, "--all")
        self.assertEqual([message["message"] for message in page["messages"]],
                         [f"message {i:05}" for i in range(2100)])
        self.assertIsNone(page["older"])
        self.assertEqual(self.ok_json("messages", MAREN_TEO, "--cursor", page["newer"])["messages"],
                         [])
        text = self.ok("messages", MAREN_TEO, "--all").out
        self.assertEqual(text.count("message 0"), 2100)
        self.assertNotIn("--cursor", text)

    def test_attributes_of_others(self):
        self.seed(1)
        self.database().execute("UPDATE cruddur_messages SET other_attributes = ?"
                                " WHERE pk LIKE 'GRP#1%'",
                                ('{"starred": {"BOOL": true}, "größe": {"S": "ليلى 🎬"}}',))
        rows = self.ok_json("scan")["rows"][1:]  # after the card
        self.assertEqual(rows[0]["other_attributes"],
                         {"starred": {"BOOL": True}, "größe": {"S": "ليلى 🎬"}})
        self.assertNotIn("other_attributes", rows[1])
        group = self.ok_json("new", "--as", MAREN, "--to", TEO, "--to", LAYLA, "x")
        self.assertIn(group["uuid"], [row.get("message_group_uuid")
                                      for row in self.ok_json("scan")["rows"]
                                      if row.get("member_uuids") == f"{MAREN},{TEO},{LAYLA}"])


class ForeignRows(CommandTest):
    """Rows that another program wrote, with things in them that a terminal would act on."""

    NASTY = "\x1b]0;title\x07\x1b[2J\r\x08\x7f\x9b31m\u202e\u2066 \u2028end"

    def assert_harmless(self, text):
        for char in text:
            self.assertFalse(char != "\n" and (char < " " or "\x7f" <= char <= "\x9f"), repr(text))
        self.assertNotRegex(text, "[\u202a-\u202e\u2066\u2067]")

    def setUp(self):
        super().setUp()
        self.seed(2)
        self.ok("send", "--as", "@maren", MAREN_TEO, "text " + self.NASTY)
        self.database().execute(
            "UPDATE cruddur_messages SET user_display_name = 'name ' || ?1, user_handle = ?1,"
            " other_attributes = '{\"x\": {\"S\": \"' || ?2 || '\"}}'",
            (self.NASTY, "\x7f\x9b31m"))
        self.database().execute(
            "UPDATE cruddur_messages SET group_data = ?1, group_name = ?1 WHERE pk LIKE 'GRP#%'",
            ("group " + self.NASTY,))
        self.database().execute(
            "UPDATE cruddur_messages SET message_data = ?1, reply_to = ?1, version = ?1,"
            " reactions = ?1 || ' ' || user_uuid WHERE pk LIKE 'MSG#%'", ("own " + self.NASTY,))
        self.uuid = self.ok_json("messages", MAREN_TEO)["messages"][0]["uuid"]

    def commands(self):
        return (("groups", "@maren"), ("messages", MAREN_TEO), ("scan",),
                ("show", MAREN_TEO, self.uuid), ("show", MAREN_TEO, self.uuid, "--around"),
                ("group", "info", "--as", "@maren", MAREN_TEO))

    def test_text(self):
        for command in self.commands():
            for line in self.ok(*command).out.splitlines():
                self.assert_harmless(line)
            for columns in (80, 40, 20):
                code, text = self.on_terminal(columns, *command, "--no-color")
                self.assertEqual(code, 0)
                self.assert_harmless(text)
        self.assertIn(r"\x1b[2J", self.ok("messages", MAREN_TEO).out)

    def test_json(self):
        for command in self.commands():
            result = self.ok(*command, "--json")
            for char in result.out:
                self.assertFalse(char != "\n" and (char < " " or "\x7f" <= char <= "\x9f"))
        messages = self.ok_json("messages", MAREN_TEO)["messages"]
        self.assertEqual(messages[-1]["message"], "text " + self.NASTY)
        self.assertEqual(messages[0]["display_name"], "name " + self.NASTY)
        self.assertEqual(self.ok_json("scan")["rows"][0]["other_attributes"],
                         {"x": {"S": "\x7f\x9b31m"}})

    def test_bytes_that_are_no_text(self):
        self.database().execute("UPDATE cruddur_messages SET user_handle = CAST(x'61ff62' AS TEXT),"
                                " message = CAST(x'61ff62' AS TEXT), other_attributes = '{no JSON'")
        for command in self.commands()[:3]:  # the others look at the card, which is damaged
            self.ok(*command)
            self.ok_json(*command)
        self.assertEqual(self.ok_json("messages", MAREN_TEO)["messages"][0]["message"], "a\ufffdb")
        self.assertIn(r"a\xffb", self.ok("messages", MAREN_TEO).out)
        self.assertEqual(self.ok_json("scan")["rows"][0]["other_attributes"], "{no JSON")

    def test_messages_without_receipts(self):
        """A card that is damaged takes nothing from the operator but the receipts."""
        self.database().execute("UPDATE cruddur_messages SET member_uuids = 'x' WHERE sk = 'CARD'")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 3)
        self.assertIn("no receipts: the card of group", self.ok("messages", MAREN_TEO).out)
        self.fails(1, "damaged", "group", "info", MAREN_TEO)

    def test_times_that_are_none(self):
        """Such a row is another program's: no listing has it, a scan does."""
        self.database().execute("UPDATE cruddur_messages SET sk = 'soon' WHERE pk LIKE 'GRP#%'")
        self.assertEqual(self.ok_json("groups", "@maren")["groups"], [])
        self.assertIn("soon", [row["sk"] for row in self.ok_json("scan")["rows"]])


if __name__ == "__main__":
    unittest.main()
