#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nonsense for every argument and option: the exit status, and one line that says what is wrong."""
import os
import pathlib
import re
import subprocess
import unittest

from cli import COMMAND, EXAMPLES, LAYLA, MAREN, MAREN_TEO, NOBODY, SECRET, TEO, CommandTest

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "cruddur"
DEFINITION = re.compile(r"^const struct command command_(\w+) = \{$", re.MULTILINE)

SEND = ("send", "--as", "@maren", MAREN_TEO)
NEW = ("new", "--as", "@maren", "--to", "@teo")


class CommandLine(CommandTest):
    def test_command(self):
        self.fails(2, "a command is missing")
        self.fails(2, "no such command", SECRET)
        self.fails(2, "no such command", "help", SECRET)

    def test_help_and_version(self):
        commands = self.commands()
        defined = [name for path in SOURCES.glob("*.c")
                   for name in DEFINITION.findall(path.read_text(encoding="utf-8"))]
        self.assertEqual(sorted(commands), sorted(defined))
        for arguments in (("--help",), ("-h",), ("help",)):
            text = self.ok(*arguments).out
            self.assertTrue(text.startswith("Usage: cruddur "))
            for name in commands:
                self.assertIn(f"\n  {name} ", text)
        for name in commands:
            text = self.ok(name, "--help").out
            self.assertTrue(text.startswith(f"Usage: cruddur {name} "))
            self.assertEqual(text, self.ok("help", name).out)
            self.assertEqual(text, self.ok("--help", name).out)
            self.assertEqual(text, self.ok(name, "-h").out)
        self.assertRegex(self.ok("--version").out, r"\Acruddur \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.ok("groups", "--version").out, self.ok("--version").out)

    def test_unknown_options(self):
        self.fails(2, "--limt", "groups", "@maren", "--limt", "3")
        self.fails(2, "--nonsense", "--nonsense")
        self.fails(2, "not known", "groups", "@maren", "-x")
        self.fails(2, "not known", "groups", "@maren", "--since", "2025-01-01T00:00:00Z")
        self.fails(2, "--no", "groups", "@maren", "--no")
        self.fails(2, "--", *SEND, "-" + SECRET)
        self.fails(2, "--", *SEND, "--" + SECRET)
        self.fails(2, "--json takes no value", "groups", "@maren", "--json=yes")
        self.fails(2, "--limit: its value is missing", "groups", "@maren", "--limit")

    def test_options_may_be_short_and_anywhere(self):
        self.seed(3)
        page = self.ok_json("--store", self.environment["CRUDDUR_STORE"], "groups", "--lim=1",
                            "@maren", env={"CRUDDUR_STORE": "sqlite:/nonsense"})
        self.assertEqual(len(page["groups"]), 1)

    def test_arguments(self):
        self.fails(2, "USER is missing", "groups")
        self.fails(2, "too many arguments", "groups", "@maren", SECRET)
        self.fails(2, "GROUP is missing", "send", "--as", "@maren")
        self.fails(2, "TEXT is missing", *SEND)
        self.fails(2, "too many arguments", *SEND, SECRET, SECRET)
        self.fails(2, "it takes no arguments", "scan", SECRET)
        self.fails(2, "--as is missing", "send", MAREN_TEO, SECRET)
        self.fails(2, "--as is missing", "new", "--to", "@teo", SECRET)
        self.fails(2, "--to is missing", "new", "--as", "@maren", SECRET)
        self.fails(2, "--me is missing", "seed", "--other", "@teo", "-")
        self.fails(2, "--other is missing", "seed", "--me", "@maren", "-")

    def test_empty_values(self):
        for name in ("--store", "--users", "--cursor", "--limit"):
            self.fails(2, f"{name}: its value is empty", "groups", "@maren", name, "")
        self.fails(2, "USER", "groups", "")
        self.fails(2, "USER", "groups", "@")

    def test_numbers(self):
        self.seed(1)
        for limit in ("0", "1001", "-1", "+1", " 1", "1 ", "0x1", "ten", "99999999999999999999"):
            self.fails(2, "--limit", "groups", "@maren", "--limit", limit)
            self.fails(2, "--limit", "messages", MAREN_TEO, "--limit", limit)
        for limit in ("0", "-1", "x", "99999999999999999999"):
            self.fails(2, "--limit", "scan", "--limit", limit)

    def test_urls_of_other_programs(self):
        for url in ("sqlite://x.db", "sqlite:///tmp/x.db", "sqlite:%2F/x.db"):
            self.fails(2, "sqlite:messages.db", "groups", "@maren", "--store", url)
        for url in ("dynamodb://messages", "dynamodb://", "dynamodb://localhost:8000/messages"):
            self.fails(2, "dynamodb:messages", "groups", "@maren", "--store", url)

    def test_times(self):
        self.seed(1)
        for time in ("tomorrow", "2025-01-32", "2025-02-29T00:00:00Z", "2025-01-31T25:00:00", "9:00",
                     "2025-01-31T09:00:00Europe/Rome", "2025-01-31 09"):
            self.fails(2, "--since: it must be a time", "messages", MAREN_TEO, "--since", time)
            self.fails(2, "--until: it must be a time", "messages", MAREN_TEO, "--until", time)
            self.fails(2, "--start: it must be a time", "seed", "-", "--me", "@maren", "--other",
                       "@teo", "--start", time)
        later, earlier = "2025-01-31T09:00:00+01:00", "2025-01-31T08:00:00Z"
        self.fails(2, "--since: it must be before --until", "messages", MAREN_TEO, "--since", later,
                   "--until", earlier)

    def test_uuids(self):
        for uuid in ("x", MAREN_TEO[:-1], MAREN_TEO + "0", MAREN_TEO.replace("-", "")):
            self.fails(2, "GROUP: it must be a uuid", "messages", uuid)
            self.fails(2, "GROUP: it must be a uuid", "send", "--as", "@maren", uuid, SECRET)
            self.fails(2, "--id: it must be a uuid", *NEW, SECRET, "--id", uuid)
            self.fails(2, "--id: it must be a uuid", *SEND, SECRET, "--id", uuid)
            self.fails(2, "--group: it must be a uuid", *NEW, SECRET, "--group", uuid)
            self.fails(2, "--group: it must be a uuid", "seed", "-", "--me", "@maren", "--other",
                       "@teo", "--group", uuid)

    def test_cursors(self):
        self.seed(3)
        page = self.ok_json("messages", MAREN_TEO, "--limit", "1")
        for cursor in ("x", page["older"][:-1], "A" + page["older"], "é"):
            self.fails(2, "--cursor", "messages", MAREN_TEO, "--cursor", cursor)
            self.fails(2, "--cursor", "groups", "@maren", "--cursor", cursor)
        self.fails(2, "of another list", "groups", "@maren", "--cursor", page["older"])

    def test_all_goes_alone(self):
        self.seed(3)
        newer = self.ok_json("messages", MAREN_TEO)["newer"]
        for command in (("groups", "@maren"), ("messages", MAREN_TEO)):
            self.fails(2, "without --limit", *command, "--all", "--limit", "3")
            self.fails(2, "without --cursor", *command, "--all", "--cursor", newer)


class People(CommandTest):
    def test_unknown_handle(self):
        self.seed(1)
        users = os.path.join(EXAMPLES, "users.json")
        for arguments in (("groups", "@zoe"), ("messages", MAREN_TEO, "--as", "zoe"),
                          ("send", "--as", "@zoe", MAREN_TEO, SECRET),
                          ("new", "--as", "@zoe", "--to", "@teo", SECRET),
                          ("new", "--as", "@teo", "--to", "@zoe", SECRET),
                          ("seed", "-", "--me", "@zoe", "--other", "@teo"),
                          ("seed", "-", "--me", "@teo", "--other", "zoe")):
            self.fails(3, f"no user with handle zoe in {users}", *arguments)

    def test_no_users_file(self):
        none = {"CRUDDUR_USERS": ""}
        self.fails(2, "USER: @maren is no uuid", "groups", "@maren", env=none)
        self.seed(1)
        self.assertEqual(len(self.ok_json("groups", MAREN.upper(), env=none)["groups"]), 1)

    def test_same_person(self):
        for other in ("@maren", MAREN, MAREN.upper()):
            self.fails(2, "is the same person as --as", "new", "--as", "@maren", "--to", other,
                       SECRET)
            self.fails(2, "is the same person as --me", "seed", "-", "--me", "@maren", "--other",
                       other)
        self.fails(2, "named twice", *NEW, "--to", TEO.upper(), SECRET)

    def test_too_many(self):
        everybody = [f"00000000-0000-4000-8000-{i:012}" for i in range(49)]
        to = [word for uuid in everybody for word in ("--to", uuid)]
        self.fails(2, "at most 48", "new", "--as", MAREN, *to, SECRET)
        group = self.ok_json("new", "--as", MAREN, *to[2:], SECRET)
        self.assertEqual(group["member_count"], 49)

    def test_names(self):
        self.fails(2, "--name", *NEW, "--name", "Two", SECRET)
        self.fails(2, "--name", *NEW, "--to", "@layla", "--name", "x" * 257, SECRET)
        self.fails(2, "--name", *NEW, "--to", "@layla", "--name", "a\nb", SECRET)

    def test_groups(self):
        self.seed(1)
        self.fails(3, "GROUP", "messages", NOBODY)
        self.fails(3, "GROUP", "send", "--as", "@maren", NOBODY, SECRET)
        self.fails(3, "there is no group", "messages", MAREN_TEO, "--as", "@layla")
        self.fails(3, "there is no group", "send", "--as", LAYLA, MAREN_TEO, SECRET)
        self.fails(2, "--group", "new", "--as", "@maren", "--to", "@layla", "--group", MAREN_TEO,
                   SECRET)
        self.assertEqual(self.ok_json("groups", NOBODY)["groups"], [])


    def test_uuids_of_others(self):
        self.seed(1)
        uuid = self.ok_json("messages", MAREN_TEO)["messages"][0]["uuid"]
        self.fails(2, "--id", "send", "--as", "@teo", MAREN_TEO, "--id", uuid, SECRET)
        self.fails(2, "--group: must not be of version 5", *NEW, "--to", "@layla", "--group",
                   MAREN_TEO, SECRET)


class Text(CommandTest):
    def test_text(self):
        self.seed(1)
        for command in (SEND, NEW):
            self.fails(2, "TEXT", *command, "")
            self.fails(2, "TEXT", *command, " \n\u3000\u200b")
            self.fails(2, "TEXT", *command, SECRET * 100)
            self.fails(2, "TEXT", *command, b"\xff" + SECRET.encode())
            self.fails(2, "TEXT", *command, "-", stdin="")
            self.fails(2, "standard input:2: a NUL byte", *command, "-", stdin=f"a\n{SECRET}\0")
            self.fails(2, "standard input:1: this is not valid UTF-8", *command, "-",
                       stdin=b"\xff" + SECRET.encode())
            self.fails(2, "TEXT", *command, "-", stdin=SECRET * (2 << 17))
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 1)


class Store(CommandTest):
    def test_no_store_named(self):
        self.fails(2, "no store is named", "groups", "@maren", env={"CRUDDUR_STORE": ""})

    def test_url(self):
        self.fails(2, "--store: ", "scan", "--store", "messages.db")
        self.fails(2, "--store: ", "scan", "--store", "cassandra:x")
        self.fails(2, "CRUDDUR_STORE: ", "scan", env={"CRUDDUR_STORE": "sqlite:x?synchronous=no"})

    def test_missing(self):
        for command in (("groups", "@maren"), ("messages", MAREN_TEO), (*SEND, SECRET), ("scan",)):
            self.fails(1, "CRUDDUR_STORE: ", *command)
        self.assertEqual(os.listdir(self.folder), [])

    def test_refused_before_the_store_is_made(self):
        self.fails(2, "a NUL byte", *NEW, "-", stdin="a\0b")
        self.fails(2, "conversation", "seed", self.write("c.txt", "Hello!\n"), "--me", "@maren",
                   "--other", "@teo")
        self.assertEqual(os.listdir(self.folder), ["c.txt"])

    def test_other_files(self):
        self.write("messages.db", "This is no database, only text. " * 100)
        self.fails(1, "CRUDDUR_STORE: ", "scan")
        os.remove(self.path("messages.db"))
        os.mkdir(self.path("messages.db"))
        self.fails(1, "CRUDDUR_STORE: ", "scan")
        self.fails(1, "--store: ", *NEW, SECRET, "--store", "sqlite:/nonsense/messages.db")

    def test_output_that_cannot_be_written(self):
        self.seed(1)
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([COMMAND, "scan"], stdout=full, stderr=subprocess.PIPE,
                                    env=self.environment, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, b"cruddur scan: the output: No space left on device\n")

    def test_reader_that_goes_away(self):
        self.seed(300)
        with subprocess.Popen([COMMAND, "scan"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.environment) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual((process.wait(timeout=600), process.stderr.read()), (0, b""))


if __name__ == "__main__":
    unittest.main()
