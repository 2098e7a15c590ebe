#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What stands on a terminal: width, colour, pager, progress."""
import os
import re
import unittest

from cli import MAREN, STYLE, CommandTest, display_width, visible

# Lines of text for machines, which are never cut.
UNCUT = re.compile(r" *[0-9a-f-]{36}|(older|newer): --cursor \S+|(group|message|reply to) +"
                   r"[0-9a-f-]{36}| *(CARD|GRP|MSG)#\S+|  \S{32}")

NAMES = (
    "Maren Solvik", "M", "A name so long that it has no room on any terminal " * 5,
    "ليلى حداد", "ליאת כהן-אברהמי", "山田太郎左衛門尉藤原朝臣", "한국어이름", "👩‍👩‍👧‍👦 family",
    "🇳🇴🇵🇹🇯🇵 flags", "नमस्ते क्षत्रिय", "e\u0301\u0301\u0301combined", "\u200bzero width",
    "👍🏽 thumbs ❤️ heart", "ไทยแลนด์",
)
TEXTS = (
    "short", "words " * 100, "x" * 700, "你好" * 200, "👩‍👩‍👧‍👦" * 60, "🇳🇴" * 100, "👍🏽❤️" * 50,
    "شكرا جزيلا على الدعوة " * 20, "שלום לכולם ותודה רבה " * 20, "mixed עברית and العربية text " * 20,
    "three\nlines\n\nand\tone tab", "नमस्ते दुनिया " * 40, "e\u0301" * 300, "、。" * 100,
    "https://example.com/" + "path/" * 50, "ภาษาไทยไม่มีช่องว่าง" * 10,
)


class Width(CommandTest):
    def setUp(self):
        super().setUp()
        people = [(f"00000000-0000-4000-8000-{i:012}", f"user{i}" + "long" * (i % 3 * 9),
                   name[:256]) for i, name in enumerate(NAMES)]
        self.users_file(people)
        for i, text in enumerate(TEXTS):
            other = people[1:][i % (len(people) - 1)][0]
            self.ok("new", "--as", people[0][0], "--to", other, text)
        self.group = self.ok_json("new", "--as", people[0][0], *[
            word for person in people[1:] for word in ("--to", person[0])], "all of us")["uuid"]
        self.ok("new", "--as", people[0][0], "--to", people[3][0], "--to", people[5][0], "--name",
                "שם של קבוצה ארוך מאוד " * 5, "named")
        for i, text in enumerate(TEXTS):
            self.ok("send", "--as", people[i % len(people)][0], self.group, text)
        self.me = people[0][0]

    def assert_fits(self, columns, *arguments):
        code, text = self.on_terminal(columns, *arguments)
        self.assertEqual(code, 0)
        lines = visible(text).splitlines()
        self.assertGreater(len(lines), 10)
        for line in lines:
            if not UNCUT.fullmatch(line):
                self.assertLessEqual(display_width(line), columns, (arguments, line))

    def test_no_line_is_wider_than_the_terminal(self):
        for columns in (200, 80, 60, 50, 40, 30, 20):
            self.assert_fits(columns, "groups", self.me)
            self.assert_fits(columns, "messages", self.group, "--as", self.me, "--all")
            self.assert_fits(columns, "scan", "--limit", "40")

    def test_what_is_beside_messages(self):
        """Quotes, reactions, data, receipts, settings, and all that one message has."""
        users = [f"00000000-0000-4000-8000-{i:012}" for i in range(len(NAMES))]
        page = self.ok_json("messages", self.group, "--all")["messages"]
        for quoted in page[:4]:
            sent = self.ok_json("send", "--as", self.me, self.group, TEXTS[1], "--reply-to",
                                quoted["uuid"], "--data", "data 你好 " * 40, "--expires-in", "8h")
        for i in range(20):
            self.ok("react", "--as", users[i % len(users)], self.group, sent["uuid"],
                    ("👍🏽", "👩‍👩‍👧‍👦", "ש", "你")[i % 4])
        self.ok("edit", "--as", self.me, self.group, sent["uuid"], TEXTS[8])
        for user in users[3:]:
            self.ok("mark", "--as", user, self.group)
        self.ok("send", "--as", users[2], self.group, "one more", "--reply-to", sent["uuid"])
        self.ok("group", "rename", "--as", self.me, self.group, NAMES[3] * 9, "--data", "x" * 300)
        self.ok("group", "set", "--as", self.me, self.group, "--pin", "--mute", "8h", "--archive")
        for columns in (200, 80, 60, 50, 40, 30, 20):
            self.assert_fits(columns, "groups", self.me, "--archived")
            self.assert_fits(columns, "messages", self.group, "--as", users[1], "--uuids")
            self.assert_fits(columns, "messages", self.group, "--as", self.me, "--limit", "2")
            self.assert_fits(columns, "show", self.group, sent["uuid"])
            self.assert_fits(columns, "group", "info", "--as", self.me, self.group)

    def test_help_fits_in_80_columns(self):
        for arguments in ((), *((command,) for command in self.commands())):
            for line in self.ok("help", *arguments).lines:
                self.assertLessEqual(display_width(line), 80, line)

    def test_columns_where_there_is_no_terminal(self):
        wide = self.ok("messages", self.group, env={"COLUMNS": "100"}).out
        narrow = self.ok("messages", self.group, env={"COLUMNS": "40"}).out
        self.assertEqual(self.ok("messages", self.group, env={"COLUMNS": "80"}).out,
                         self.ok("messages", self.group, env={"COLUMNS": "nonsense"}).out)
        for text, columns in ((wide, 100), (narrow, 40)):
            widest = max(display_width(line) for line in text.splitlines()
                         if not UNCUT.fullmatch(line))
            self.assertEqual(widest, columns)

    def test_times(self):
        with_times = self.ok("groups", self.me).out
        self.assertIn("just now", with_times)
        _, narrow = self.on_terminal(40, "groups", self.me)
        self.assertNotIn("just now", narrow)


class Colour(CommandTest):
    def setUp(self):
        super().setUp()
        self.seed(3)

    def test_only_on_a_terminal(self):
        for command in (("groups", "@maren"), ("messages", self.group()), ("scan",)):
            self.assertNotIn("\x1b", self.ok(*command).out)
            plain = self.ok(*command).out
            _, text = self.on_terminal(80, *command)
            self.assertRegex(text, STYLE)
            self.assertEqual(visible(text), plain)
            for how in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
                self.assertEqual(self.on_terminal(80, *command, env=how)[1], plain)
            self.assertEqual(self.on_terminal(80, *command, "--no-color")[1], plain)
            self.assertEqual(self.on_terminal(80, *command, env={"NO_COLOR": ""})[1], text)

    def test_no_colour_in_json_and_help(self):
        for command in (("groups", "@maren", "--json"), ("--help",), ("scan", "--help")):
            self.assertEqual(self.on_terminal(80, *command), (0, self.ok(*command).out))

    def test_authors_differ(self):
        _, text = self.on_terminal(80, "messages", self.group())
        one = re.search(r"\x1b\[([0-9;]*)m\S*Maren", text).group(1)
        other = re.search(r"\x1b\[([0-9;]*)m\S*Téo", text).group(1)
        self.assertNotEqual(one, other)

    def group(self):
        return self.ok_json("groups", MAREN)["groups"][0]["uuid"]


class Pager(CommandTest):
    PAGER = "sed s/^/paged:/"

    def setUp(self):
        super().setUp()
        self.seed(3)
        del self.environment["CRUDDUR_PAGER"]

    def assert_paged(self, is_paged, *options, **env):
        code, text = self.on_terminal(80, "messages", "--limit", "2", self.group, *options, env=env)
        self.assertEqual(code, 0)
        self.assertIn("message 00002", text)
        self.assertEqual([line.startswith("paged:") for line in text.splitlines()],
                         [is_paged] * len(text.splitlines()))

    @property
    def group(self):
        return self.ok_json("groups", MAREN)["groups"][0]["uuid"]

    def test_which_pager(self):
        self.assert_paged(True, CRUDDUR_PAGER=self.PAGER)
        self.assert_paged(True, PAGER=self.PAGER)
        self.assert_paged(True, CRUDDUR_PAGER=self.PAGER, PAGER="nonsense")
        self.assert_paged(False, CRUDDUR_PAGER="", PAGER=self.PAGER)
        self.assert_paged(False, CRUDDUR_PAGER="cat", PAGER=self.PAGER)
        self.assert_paged(False, "--no-pager", CRUDDUR_PAGER=self.PAGER)
        self.assert_paged(False, "--json", CRUDDUR_PAGER=self.PAGER)
        self.assertNotIn("paged:", self.ok("scan", env={"PAGER": self.PAGER}).out)

    def test_other_listings(self):
        for command in (("groups", "@maren"), ("scan",)):
            _, text = self.on_terminal(80, *command, env={"PAGER": self.PAGER})
            self.assertTrue(text.startswith("paged:"))

    def tool(self, name, content):
        """A folder of programs, to be the PATH."""
        os.makedirs(self.path("bin"), exist_ok=True)
        self.write("bin/" + name, "#!/bin/sh\n" + content)
        os.chmod(self.path("bin/" + name), 0o755)
        return self.path("bin")

    def test_less_is_the_default(self):
        path = self.tool("less", 'echo "LESS=$LESS"; exec /usr/bin/sed s/^/paged:/')
        for env, options in (({}, "FRX"), ({"LESS": "R"}, "R")):
            _, text = self.on_terminal(80, "scan", env={"PATH": path, **env})
            self.assertTrue(text.startswith(f"LESS={options}\npaged:"), text)
        _, text = self.on_terminal(80, "scan", env={"PATH": path, "TERM": "dumb"})
        self.assertNotIn("paged:", text)

    def test_no_less_on_the_machine(self):
        path = self.tool("cat", "exec /bin/cat")
        code, text = self.on_terminal(80, "scan", "--no-color", env={"PATH": path})
        self.assertEqual((code, text), (0, self.ok("scan").out))

    def test_pager_that_does_not_work(self):
        code, text = self.on_terminal(80, "scan", env={"PAGER": "no-such-pager"})
        self.assertEqual(code, 1)
        self.assertIn("cruddur scan: the pager could not be run", text)

    def test_pager_that_quits(self):
        self.seed(2000)
        code, text = self.on_terminal(80, "scan", "--no-color", env={"PAGER": "head -n 1"})
        self.assertEqual((code, len(text.splitlines())), (0, 1))
        code, text = self.on_terminal(80, "scan", env={"PAGER": "exit 3"})
        self.assertEqual((code, text), (0, ""))


class Progress(CommandTest):
    def test_seed_tells_how_far_it_is(self):
        path = self.conversation(3000)
        code, text = self.on_terminal(80, "seed", path, "--me", "@maren", "--other", "@teo")
        self.assertEqual(code, 0)
        found = [int(n) for n in re.findall(r"\r(?:seeding )(\d+)/3000", text)]
        self.assertEqual(found, sorted(found))
        self.assertGreater(len(found), 1)
        self.assertTrue(text.split("\r")[-1].startswith("\x1b[Kseeded 3000 messages into "))

    def test_not_in_a_pipe(self):
        self.seed(300)  # expects that stderr is empty


if __name__ == "__main__":
    unittest.main()
