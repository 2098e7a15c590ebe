#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`cruddur schema` on the embedded engine; its options; the question that `drop` asks."""
import contextlib
import os
import pty
import re
import sqlite3
import subprocess
import unittest

from cli import COMMAND, MAREN, MAREN_TEO, CommandTest

TABLE = "cruddur_messages"


class Options(CommandTest):
    def test_action(self):
        self.fails(2, "ACTION is missing", "schema")
        self.fails(2, "ACTION: it must be load, verify, list, upgrade or drop", "schema", "destroy")
        self.assertEqual(os.listdir(self.folder), [])

    def test_which_goes_with_which(self):
        for action in ("list", "upgrade", "drop"):
            for option in (("--read-units", "1"), ("--stream-view", "NEW_IMAGE"), ("--no-stream",),
                           ("--deletion-protection",),
                           ("--point-in-time-recovery",)):
                self.fails(2, f"{option[0]}: it goes with load and verify only", "schema", action,
                           *option)
        for action in ("load", "verify", "list", "upgrade"):
            self.fails(2, "--yes: it goes with drop only", "schema", action, "--yes")
        for action in ("load", "verify", "list", "drop"):
            self.fails(2, "--cursor: it goes with upgrade only", "schema", action, "--cursor", "x")
        self.fails(2, "--read-units and --write-units go together", "schema", "load",
                   "--read-units", "1")
        self.fails(2, "--no-stream: it goes without --stream-view", "schema", "load", "--no-stream",
                   "--stream-view", "NEW_IMAGE")
        self.assertEqual(os.listdir(self.folder), [])

    def test_values(self):
        for option in ("--read-units", "--write-units", "--timeout"):
            for value in ("0", "-1", "x", "4000001"):
                self.fails(2, f"{option}: it must be a whole number from 1 to 4000000", "schema",
                           "load", option, value)
        self.fails(2, "--stream-view: must be NEW_IMAGE or", "schema", "load", "--stream-view",
                   "OLD")


class File(CommandTest):
    def test_load_verify_list(self):
        self.fails(1, "does not exist", "schema", "verify")
        for _ in range(2):
            self.assertEqual(self.ok("schema", "load").out, f"{TABLE}: ready\n")
        self.assertEqual(self.ok_json("schema", "verify"), {"table": TABLE, "differences": []})
        self.assertEqual(self.ok("schema", "list").out, f"* {TABLE}\n")
        self.assertEqual(self.ok_json("schema", "list"),
                         {"tables": [{"table": TABLE, "is_of_store": True}]})

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.path("messages.db"))) as file:
            file.executescript(sql)

    def test_what_another_program_changed(self):
        self.seed(3)
        self.change("DROP INDEX message_group_sk_index")
        lack = ("the table has no index message_group_sk_index; "
                "`cruddur schema load` creates it")
        result = self.run_command("schema", "verify")
        self.assertEqual((result.code, result.out), (1, f"{TABLE}: {lack}\n"))
        self.assertEqual(self.ok("schema", "load").out, f"{TABLE}: ready\n")
        self.change(f"CREATE TRIGGER theirs AFTER INSERT ON {TABLE} BEGIN DELETE FROM {TABLE}; END")
        for action in ("load", "verify"):
            result = self.run_command("schema", action)
            self.assertEqual((result.code, result.err), (1, ""))
            self.assertIn("trigger theirs is not the library's", result.out)
        self.change(f"DROP TABLE {TABLE}")
        self.assertEqual(self.ok("schema", "load").out, f"{TABLE}: ready\n")
        self.change(f"ALTER TABLE {TABLE} RENAME COLUMN message TO text")
        self.fails(1, "the table has no column message, and `cruddur schema load` cannot change "
                   "that", "schema", "load")

    def test_what_a_file_lacks(self):
        for action in ("load", "verify"):
            for options in (("--read-units=1", "--write-units=1"), ("--stream-view=NEW_IMAGE",),
                            ("--deletion-protection",),
                            ("--point-in-time-recovery",)):
                result = self.run_command("schema", action, *options, "--json")
                self.assertEqual((result.code, result.err), (1, ""))
                self.assertEqual(len(result.json["differences"]), 1)
                self.assertIn("an SQLite file has no ", result.json["differences"][0])
        self.ok("schema", "verify", "--no-stream")

    def test_drop_and_begin_anew(self):
        self.seed(3)
        self.fails(2, "it needs --yes", "schema", "drop")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 3)
        self.assertEqual(self.ok("schema", "drop", "--yes").out, f"{TABLE}: dropped\n")
        for command in (("groups", MAREN), ("schema", "verify"), ("schema", "drop", "--yes")):
            self.fails(1, "is an empty file; `cruddur schema load` makes", *command)
        self.ok("schema", "load")
        self.assertEqual(self.ok_json("groups", MAREN)["groups"], [])
        self.ok("schema", "drop", "--yes")
        self.assertEqual(self.seed(3)["added"], 3)  # makes the table, too


class Upgrade(CommandTest):
    """Groups as version 0.1 left them."""
    LOST = "12345678-0000-4000-8000-000000000001"

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.path("messages.db"))) as file:
            file.executescript(sql)

    def make_old(self):
        self.change(f"DELETE FROM {TABLE} WHERE pk GLOB 'CARD#*'; "
                    f"UPDATE {TABLE} SET rev = NULL, version = NULL")

    def lose(self):
        """A group whose only row names nobody else."""
        self.change(f"INSERT INTO {TABLE} (pk, sk, message_group_uuid, message) VALUES ("
                    f"'GRP#{MAREN}', '2020-01-01T00:00:00.000000+00:00', '{self.LOST}', 'xyzzy')")

    def cards(self):
        rows = self.ok_json("scan")["rows"]
        return {row["pk"]: (row["member_uuids"], row["rev"]) for row in rows
                if row["pk"].startswith("CARD#")}

    def test_upgrade(self):
        self.seed(3)
        cards = self.cards()
        self.assertEqual(len(cards), 1)
        self.make_old()
        self.assertEqual(self.cards(), {})
        self.assertEqual(self.ok("schema", "upgrade").out,
                         f"{TABLE}: 1 group; 1 card made, 0 failed\n")
        self.assertEqual(self.cards(), cards)
        self.assertEqual(self.ok_json("schema", "upgrade"),
                         {"table": TABLE, "failures": [], "rows": 6, "groups": 1, "cards": 0,
                          "failed": 0})
        self.ok("send", "--as", "@teo", MAREN_TEO, "four")
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 4)

    def test_a_group_whose_members_are_not_known(self):
        self.seed(3)
        self.make_old()
        self.lose()
        result = self.run_command("schema", "upgrade")
        self.assertEqual((result.code, result.out),
                         (1, f"{TABLE}: 2 groups; 1 card made, 1 failed\n"))
        problem = f"the group rows of group {self.LOST} do not tell its members"
        self.assertEqual(result.err, f"cruddur schema: group {self.LOST}: {problem}\n")
        result = self.run_command("schema", "upgrade", "--json")
        self.assertEqual((result.code, result.err), (1, ""))
        self.assertEqual(result.json["failures"], [{
            "group_uuid": self.LOST, "status": "E_STORE_DAMAGED", "message": problem}])
        self.assertEqual((result.json["groups"], result.json["cards"], result.json["failed"]),
                         (2, 0, 1))

    def test_in_parts(self):
        self.seed(600)
        self.make_old()
        result = self.run_command("schema", "upgrade", "--verbose")
        self.assertEqual(result.code, 0)
        cursor = re.search(r"500 rows, \d groups?, \d cards? made; --cursor (\S+)\n",
                           result.err).group(1)
        rest = self.ok_json("schema", "upgrade", "--cursor", cursor)
        self.assertLess(rest["rows"], 500)
        self.assertIn("schema_upgrade: OK", result.err)

    def test_what_is_refused(self):
        self.fails(1, "does not exist", "schema", "upgrade")
        self.seed(3)
        for options in ((), ("--json",)):
            self.fails(2, "--cursor: is not a cursor, or was altered", "schema", "upgrade", "--cursor",
                       "x", *options)
            older = self.ok_json("messages", MAREN_TEO, "--limit", "1")["older"]
            self.fails(2, "--cursor: is of another list", "schema", "upgrade", "--cursor", older,
                       *options)


class Question(CommandTest):
    def answer(self, text):
        leader, follower = pty.openpty()
        with subprocess.Popen([COMMAND, "schema", "drop"], stdin=follower, stdout=subprocess.PIPE,
                              stderr=follower, cwd=self.folder, start_new_session=True,
                              env=self.environment) as process:
            os.close(follower)
            asked = b""
            while not asked.endswith(b"Type yes: "):
                asked += os.read(leader, 65536)
            os.write(leader, text)
            out = process.stdout.read().decode()
            code = process.wait(timeout=600)
        os.close(leader)
        return code, out, asked.decode()

    def test_question(self):
        self.seed(3)
        for text in (b"y\n", b"no\n", b"\n", b"\x04"):
            code, out, asked = self.answer(text)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(f"Drop table {TABLE} of {self.environment['CRUDDUR_STORE']}", asked)
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 3)
        self.assertEqual(self.answer(b"yes\n")[:2], (0, f"{TABLE}: dropped\n"))


class Verbose(CommandTest):
    def test_metrics(self):
        self.seed(3)
        result = self.run_command("groups", MAREN, "--verbose")
        self.assertRegex(result.err, r"\Acruddur groups: group_list: OK in [\d.]+ ms; runs 1, rows "
                                     r"read \d+, rows written 0, requests 0 in 0 waves, read "
                                     r"units 0, write units 0\n\Z")
        self.assertEqual(result.out, self.ok("groups", MAREN).out)


if __name__ == "__main__":
    unittest.main()
