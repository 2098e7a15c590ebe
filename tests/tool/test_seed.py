#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bringing conversations in, whole and in parts; what is wrong with input files, and where."""
import datetime
import os
import re
import signal
import subprocess
import time
import unittest
import uuid

from cli import COMMAND, EXAMPLES, LAYLA, MAREN, MAREN_TEO, SECRET, TEO, CommandTest

PEOPLE = ("--me", "@maren", "--other", "@teo")
MINUTE = datetime.timedelta(minutes=1)


def time_of(message):
    return datetime.datetime.fromisoformat(message["created_at"])


class Seed(CommandTest):
    def all_messages(self, group=MAREN_TEO):
        return self.ok_json("messages", group, "--all")["messages"]

    def assert_a_minute_apart(self, messages):
        for one, next_one in zip(messages, messages[1:]):
            self.assertEqual(time_of(next_one) - time_of(one), MINUTE)

    def test_example(self):
        path = os.path.join(EXAMPLES, "conversation.txt")
        with open(path, encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file if re.match(r"Person [12]: ", line)]
        self.assertGreaterEqual(len(lines), 100)
        done = self.ok_json("seed", path, *PEOPLE)
        self.assertEqual(done, {"group_uuid": MAREN_TEO, "messages": len(lines),
                                "added": len(lines), "already_there": 0})
        messages = self.all_messages()
        person = {MAREN: "Person 1: ", TEO: "Person 2: "}
        self.assertEqual([person[m["user_uuid"]] + m["message"] for m in messages], lines)
        self.assert_a_minute_apart(messages)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(now - time_of(messages[-1]) - MINUTE), MINUTE / 2)

    def test_twice_adds_nothing(self):
        self.assertEqual(self.seed(20)["added"], 20)
        before = self.all_messages()
        again = self.seed(20)
        self.assertEqual((again["added"], again["already_there"]), (0, 20))
        self.ok("seed", self.path("conversation.txt"), "--me", MAREN.upper(), "--other", "teo")
        self.assertEqual(self.all_messages(), before)
        self.assertEqual(self.ok("seed", self.path("conversation.txt"), *PEOPLE).out,
                         f"seeded 0 messages into {MAREN_TEO} (20 already there)\n")

    def test_longer_conversation_goes_on(self):
        self.seed(5)
        self.assertEqual(self.seed(8), {"group_uuid": MAREN_TEO, "messages": 8, "added": 3,
                                        "already_there": 5})
        self.assertEqual([message["message"] for message in self.all_messages()],
                         [f"message {i:05}" for i in range(8)])

    def test_new_message_comes_after(self):
        self.seed(10)
        self.ok("send", "--as", "@teo", MAREN_TEO, "afterwards")
        self.assertEqual(self.all_messages()[-1]["message"], "afterwards")
        self.assertEqual(self.ok_json("groups", "@maren")["groups"][0]["message"], "afterwards")

    def test_killed_and_run_again(self):
        path = self.conversation(2000)
        with subprocess.Popen([COMMAND, "seed", path, *PEOPLE], env=self.environment) as process:
            while self.count_messages() < 50:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(timeout=600), -signal.SIGKILL)
        there = len(self.all_messages())
        self.assertTrue(50 <= there < 2000, there)
        self.assertEqual(self.seed(2000), {"group_uuid": MAREN_TEO, "messages": 2000,
                                           "added": 2000 - there, "already_there": there})
        messages = self.all_messages()
        self.assertEqual([message["message"] for message in messages],
                         [f"message {i:05}" for i in range(2000)])
        self.assert_a_minute_apart(messages)

    def count_messages(self):
        if not os.path.exists(self.path("messages.db")):
            return 0
        try:
            return self.database().execute(
                "SELECT count(*) FROM cruddur_messages WHERE pk LIKE 'MSG#%'").fetchone()[0]
        except Exception:  # pylint: disable=broad-except  # there is no table yet
            return 0

    def test_start(self):
        start = ("--start", "2025-01-31T09:00:00+01:00")
        self.ok("seed", self.conversation(3), *PEOPLE, *start)
        messages = self.all_messages()
        self.assertEqual(messages[0]["created_at"], "2025-01-31T08:00:00.000000+00:00")
        self.assert_a_minute_apart(messages)
        future = datetime.datetime.now(datetime.timezone.utc) - MINUTE
        self.fails(2, "--start", "seed", self.conversation(3), *PEOPLE, "--start",
                   future.isoformat())
        self.ok("seed", self.conversation(2), *PEOPLE, "--start", "1969-12-31T23:59:00Z", "--group",
                LAYLA)
        self.assertEqual([m["created_at"][:19] for m in self.all_messages(LAYLA)],
                         ["1969-12-31T23:59:00", "1970-01-01T00:00:00"])

    def test_local_start(self):
        """By the time zone in which times are shown."""
        zone = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
        for text, time in (("2025-07-31 09:00", "2025-07-31T07:00:00"),
                           ("2025-01-31T09:00:00", "2025-01-31T08:00:00"),
                           ("2025-01-31", "2025-01-30T23:00:00"),
                           ("2025-01-31T09:00+02:00", "2025-01-31T07:00:00")):
            group = str(uuid.uuid4())
            result = self.run_command("seed", self.conversation(1), *PEOPLE, "--start", text,
                                      "--group", group, env=zone)
            self.assertEqual(result.code, 0, result.err)
            self.assertEqual([m["created_at"][:19] for m in self.all_messages(group)], [time])

    def use_new_store(self):
        """In one inbox a key that is taken moves a group by a microsecond."""
        self.environment["CRUDDUR_STORE"] = ("sqlite:" + self.path(f"{uuid.uuid4()}.db")
                                             + "?synchronous=normal")

    def test_time_zones(self):
        """The same moments, wherever it runs; also over the hours in which clocks are set, which
        the file that a local time is read from must not move or double."""
        zones = ("UTC", "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3",
                 "NST3:30NDT,M3.2.0,M11.1.0", "ZZZ-5:45", "ZZZ-14", "ZZZ+12:45")
        for start in ("2025-03-30T00:58:00Z", "2025-10-26T00:58:00Z", "2025-03-09T06:58:00Z",
                      "2024-12-31T23:58:00Z"):
            expected = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
            for zone in zones:
                self.use_new_store()
                self.ok("seed", self.conversation(5), *PEOPLE, "--start", start, env={"TZ": zone})
                self.assertEqual([time_of(message) for message in self.all_messages()],
                                 [expected + i * MINUTE for i in range(5)], zone)

    def test_the_past_in_every_time_zone(self):
        """Without --start, too: the last message was a minute ago, and what is sent next follows
        it."""
        for zone in ("ZZZ-14", "ZZZ+12", "EST5EDT,M3.2.0,M11.1.0", "ZZZ-5:30"):
            self.use_new_store()
            self.ok("seed", self.conversation(3), *PEOPLE, env={"TZ": zone})
            before = datetime.datetime.now(datetime.timezone.utc)
            last = time_of(self.all_messages()[-1])
            self.assertTrue(datetime.timedelta(0) < before - last < 30 * MINUTE, zone)
            self.ok("send", "--as", "@teo", MAREN_TEO, "after", env={"TZ": "UTC"})
            self.assertEqual([message["message"] for message in self.all_messages()],
                             ["message 00000", "message 00001", "message 00002", "after"])

    def test_local_times_when_clocks_are_set(self):
        """A local hour that clocks show twice is the first of the two."""
        zone = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
        for text, time in (("2025-10-26 01:59", "2025-10-25T23:59:00"),
                           ("2025-10-26 02:30", "2025-10-26T00:30:00"),
                           ("2025-10-26 03:00", "2025-10-26T02:00:00"),
                           ("2025-03-30 01:59", "2025-03-30T00:59:00"),
                           ("2025-03-30 03:00", "2025-03-30T01:00:00")):
            self.use_new_store()
            self.ok("seed", self.conversation(2), *PEOPLE, "--start", text, env=zone)
            messages = self.all_messages()
            self.assertEqual(messages[0]["created_at"][:19], time)
            self.assert_a_minute_apart(messages)

    def test_group_of_three(self):
        path = self.write("c.txt", "Person 3: first\nPerson 1: second\nPerson 2: third\n")
        done = self.ok_json("seed", path, *PEOPLE, "--other", "@layla")
        self.assertEqual([message["user_uuid"] for message in
                          self.all_messages(done["group_uuid"])], [LAYLA, MAREN, TEO])
        again = self.ok_json("seed", path, *PEOPLE, "--other", LAYLA.upper())
        self.assertEqual(again["already_there"], 3)
        self.assertEqual(again["group_uuid"], done["group_uuid"])
        path = self.write("d.txt", "Person 1: fourth\n")
        other_order = self.ok_json("seed", path, "--me", "@layla", "--other", "@maren", "--other",
                                   "@teo")
        self.assertEqual(other_order["group_uuid"], done["group_uuid"])

    def test_group_with_other_members(self):
        self.seed(1)
        path = self.write("c.txt", f"Person 1: {SECRET}\n")
        self.fails(2, "--group", "seed", path, "--me", "@layla", "--other", "@teo", "--group",
                   MAREN_TEO)
        self.fails(2, "--group", "seed", path, "--me", "@maren", "--other", "@layla", "--group",
                   MAREN_TEO)
        self.fails(2, "--group: must not be of version 5", "seed", path, "--me", "@maren", "--other",
                   "@layla", "--group", MAREN_TEO.replace("a", "b"))

    def test_format(self):
        text = ("\ufeff# a comment\r\n\r\nPerson 1: first\r\n still first\r\n\n# in between\n"
                "  and still\nPerson 2 :second \t\nPerson 1:: third\n\tPerson 2 says: fourth?\n")
        self.ok("seed", "-", *PEOPLE, stdin=text)
        self.assertEqual([message["message"] for message in self.all_messages()],
                         ["first\nstill first\nand still", "second",
                          ": third\nPerson 2 says: fourth?"])


class BadConversations(CommandTest):
    def refused(self, where, content, people=PEOPLE):
        path = self.write("c.txt", content)
        self.fails(2, f"{path}{where}", "seed", path, *people)
        self.fails(2, f"standard input{where}", "seed", "-", *people, stdin=content)
        self.assertEqual(os.listdir(self.folder), ["c.txt"])

    def test_where_it_is_wrong(self):
        good = "Person 1: Hello!\n\n"
        self.refused(": ", "")
        self.refused(": ", "# nothing\n")
        self.refused(":1: ", f"{SECRET}\n" + good)
        self.refused(":3: a line must begin with", good + f"{SECRET}\n")
        self.refused(":3: a line must begin with", good + f"Person 2 {SECRET}\n")
        self.refused(":3: ", good + f"Person 3: {SECRET}\n")
        self.refused(":3: ", good + f"Person 0: {SECRET}\n")
        self.refused(":3: ", good + f"Person 99999999999999999999999: {SECRET}\n")
        self.refused(":3: ", good + "Person 2:\nPerson 1: x\n")
        self.refused(":3: ", good + "Person 2: \u200b\u3000\u2060\n")
        self.refused(":3: ", good + "Person 2: " + SECRET * 65 + "\n")
        self.refused(":4: ", good.encode() + b"Person 2:\n\xff" + SECRET.encode())
        self.refused(":3: ", good + f"Person 2: {SECRET}\0\n")

    def test_files(self):
        self.fails(1, "FILE: nothing.txt: No such file", "seed", "nothing.txt", *PEOPLE)
        self.fails(1, "FILE: .: Is a directory", "seed", ".", *PEOPLE)
        with open(self.path("big.txt"), "wb") as file:
            file.truncate((16 << 20) + 1)
        self.fails(2, "at most 16777216 bytes", "seed", "big.txt", *PEOPLE)


class UsersFiles(CommandTest):
    def use(self, content, name="users"):
        self.environment["CRUDDUR_USERS"] = self.write(name, content)
        return self.environment["CRUDDUR_USERS"]

    def refused(self, where, content):
        path = self.use(content)
        self.fails(2, f"{path}{where}", "new", "--as", MAREN, "--to", TEO, SECRET)
        self.assertEqual(os.listdir(self.folder), ["users"])

    def test_good_files(self):
        for content in (
                f"uuid,handle\n{MAREN},m\n",
                f"\ufeffHandle,Display Name,UUID,shoe size\r\n\r\nm,,{MAREN.upper()},38\r\n",
                f'handle,uuid,display_name\n"m",{MAREN},"Maren ""M"" Solvik,\nthe second"'
                .replace("\n", "\r\n", 1).replace(",\nthe", ", the"),
                f'[{{"uuid": "{MAREN}", "handle": "m", "email": null, "shoe size": [38]}}]',
                f' {{"users": [{{"handle": "m", "uuid": "{MAREN}", "display_name": "M"}}], "x": 1}}',
        ):
            self.use(content)
            self.ok("new", "--as", "@m", "--to", TEO, "Hello!")
        self.assertEqual(self.ok_json("groups", TEO)["groups"][0]["display_name"], "M")

    def test_files(self):
        self.fails(1, "CRUDDUR_USERS: nothing: No such file", "groups", "@m",
                   env={"CRUDDUR_USERS": "nothing"})
        self.fails(1, "--users: nothing: No such file", "groups", "@m", "--users", "nothing")

    def test_bad_csv(self):
        head = "uuid,handle,display_name\n"
        good = head + f"{MAREN},maren,Maren\n"
        self.refused(": ", "")
        self.refused(":1: ", "hello\n")
        self.refused(":1: ", "uuid,name\n")
        self.refused(":1: ", "uuid,handle,Handle\n")
        self.refused(":3: ", good + f"{TEO},teo\n")
        self.refused(":3: ", good + f"{TEO},teo,Teo,more\n")
        self.refused(":3: ", good + f"{TEO[1:]},teo,Teo\n")
        self.refused(":3: ", good + ",teo,Teo\n")
        self.refused(":3: ", good + f"{TEO},,Teo\n")
        self.refused(":3: ", good + f"{TEO},@teo,Teo\n")
        self.refused(":3: ", good + f"{TEO},maren,Teo\n")
        self.refused(":3: ", good + f"{MAREN.upper()},teo,Teo\n")
        self.refused(":3: ", good + f'{TEO},teo,"Teo\n\n')
        self.refused(":3: ", good + f'{TEO},teo,"Teo" x\n')
        self.refused(":3: ", good + f'{TEO},teo,T"eo"\n')
        self.refused(":3: ", good + f"{TEO},teo,Teo\rmore\n")
        self.refused(":4: ", good + f'{TEO},teo,"Teo\tOkafor"\n'.replace("\t", " ") + "x\n")
        self.refused(":3: ", good + f'{TEO},teo,"Teo\nOkafor"\n')
        self.refused(":3: ", good + f"{TEO},teo,{'x' * 257}\n")
        self.refused(":3: ", good.encode() + b"\xff\n")
        self.refused(":3: ", good + "\0\n")

    def test_bad_json(self):
        good = f'{{"uuid": "{MAREN}", "handle": "maren"}}'
        self.refused(":1: ", "[")
        self.refused(":2: ", "[\n}")
        self.refused(": ", "{}")
        self.refused(": ", '{"users": 3}')
        self.refused(": user 2: ", f"[{good}, 3]")
        self.refused(": user 2: ", f"[{good}, {{}}]")
        self.refused(": user 2: uuid: ", f'[{good}, {{"uuid": 3, "handle": "teo"}}]')
        self.refused(": user 2: uuid: ", f'[{good}, {{"uuid": "3", "handle": "teo"}}]')
        self.refused(": user 2: handle: ", f'[{good}, {{"uuid": "{TEO}", "handle": "te\\u0000o"}}]')
        self.refused(": user 2: ", f"[{good}, {good}]")


if __name__ == "__main__":
    unittest.main()
