#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything of one person: export, erase; names in rows. Killed at random moments and run again."""
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import time
import unittest

from cli import COMMAND, MAREN, MAREN_TEO, NOBODY, SECRET, TEO
from dynamodb import AwsTest, local, setUpModule, tearDownModule  # noqa: F401

MESSAGES = int(os.environ.get("CRUDDUR_TEST_PERSON_MESSAGES", "3000"))
# Each takes about that long with the messages above.
ERASE_S = 0.3
KILLS = 6

# What is to be gone; no other row has these texts.
GONE = ("Maren Solvik", "maren", "harpsichord")


class Person(AwsTest):
    def converse(self, count):
        lines = [f"Person 1: harpsichord {i}" if i % 2 == 0 else f"Person 2: reply {i}"
                 for i in range(count)]
        self.ok("seed", self.write("talk.txt", "\n".join(lines)), "--me", "@maren", "--other", "@teo")

    def files(self):
        return [name for name in os.listdir(self.folder) if name.startswith("messages.db")]

    def assert_gone(self):
        """Neither a scan, nor a fresh export, nor the file or its log has it; and all is in order."""
        copies = (self.ok("scan", "--json").out, self.ok("export", "-").out)
        for text in GONE:
            for copy in copies:
                self.assertNotIn(text, copy)
        self.ok("check", "--old-keys")
        for name in self.files():
            with open(self.path(name), "rb") as file:
                content = file.read()
            for text in GONE:
                self.assertNotIn(text.encode(), content, name)

    def kill_at_random(self, *arguments):
        for _ in range(KILLS):
            with subprocess.Popen([COMMAND, *arguments], cwd=self.folder,
                                  env=self.environment,
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(random.uniform(0.01, ERASE_S))
                process.kill()

    def test_export(self):
        self.converse(20)
        lines = [json.loads(line) for line in self.ok("person", "export", "@maren").lines]
        kinds = [line["kind"] for line in lines]
        self.assertEqual((kinds.count("message"), kinds.count("inbox"), kinds.count("name"),
                          kinds.count("group")), (10, 1, 1, 1))
        self.assertEqual({line["user_uuid"] for line in lines if line["kind"] == "message"}, {MAREN})
        self.assertEqual(self.ok("person", "export", NOBODY).out, "")

    def leave_in_free_space(self):
        """What rows that were removed have left, where SQLite does not overwrite it at once."""
        with contextlib.closing(sqlite3.connect(self.path("messages.db"))) as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.executemany("INSERT INTO cruddur_messages (pk, sk, message) VALUES ('x', ?, ?)",
                                 ((str(i), "harpsichord " * 50) for i in range(200)))
            database.commit()
            database.execute("DELETE FROM cruddur_messages WHERE pk = 'x'")
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def test_erase(self):
        self.converse(20)
        self.leave_in_free_space()
        erased = self.ok_json("person", "erase", "@maren", "--yes")
        self.assertEqual(list(erased), ["rows", "groups", "messages", "inbox_rows", "skipped",
                                        "foreign"])
        self.assertEqual((erased["groups"], erased["messages"]), (1, 10))
        self.assert_gone()
        self.fails(2, "is closed", "send", "--as", "@teo", MAREN_TEO, SECRET)
        self.assertEqual(len(self.ok_json("messages", MAREN_TEO)["messages"]), 20)
        self.assertRegex(self.ok("person", "erase", "@maren", "--yes").out,
                         r"\A\d+ rows looked at, 0 groups .*\n\Z")

    def test_erase_tells_of_damaged_groups(self):
        self.converse(4)
        with contextlib.closing(sqlite3.connect(self.path("messages.db"))) as database:
            database.execute("UPDATE cruddur_messages SET rev = 'x' WHERE pk LIKE 'CARD#%'")
            database.commit()
        shown = self.run_command("person", "erase", "@maren", "--yes", "--json")
        erased = shown.json
        self.assertEqual(shown.code, 1)
        self.assertIn("1 groups whose rows contradict each other were skipped", shown.err)
        self.assertEqual((erased["skipped"], erased["messages"]), (1, 2))
        self.assertNotIn("Maren", self.ok("scan", "--json").out)

    def test_export_and_import_of_what_was_erased(self):
        """The other table has it no more than this one, and the group is closed there, too."""
        self.converse(20)
        self.ok("person", "erase", "@maren", "--yes")
        self.ok("export", "erased.export")
        self.use(local.url, "imported")
        self.ok("schema", "load")
        self.ok("import", "erased.export")
        self.assert_gone()
        self.fails(2, "is closed", "send", "--as", "@teo", MAREN_TEO, SECRET)

    def test_keep_text(self):
        self.converse(20)
        self.ok("person", "erase", "@maren", "--yes", "--keep-text")
        self.assertIn("harpsichord 18", self.ok("messages", MAREN_TEO, "--limit", "20").out)
        self.assertNotIn("Maren", self.ok("scan", "--json").out)

    def test_killed_at_random(self):
        self.converse(MESSAGES)
        self.kill_at_random("person", "erase", MAREN, "--yes")
        self.ok("person", "erase", MAREN, "--yes")
        self.assert_gone()
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"].partition("?")[0]), "")

    def test_killed_at_random_on_dynamodb(self):
        self.use(local.url, "person")
        self.ok("schema", "load")
        self.converse(60)
        self.kill_at_random("person", "erase", MAREN, "--yes")
        self.ok("person", "erase", MAREN, "--yes")
        self.assert_gone()
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"]), "")

    def rename(self, *arguments):
        """With Maren under another name; Teo is unknown."""
        file = self.write("users.csv", f"uuid,display_name,handle\n{MAREN},Mårten Ny,marten\n")
        return self.ok_json("users", "rename-rows", *arguments, env={"CRUDDUR_USERS": file})

    def test_rename_rows(self):
        self.converse(20)
        renamed = self.rename()
        self.assertEqual(list(renamed), ["rows", "messages", "inbox_rows"])
        self.assertEqual((renamed["messages"], renamed["inbox_rows"]), (0, 1))
        self.assertEqual(self.ok_json("groups", TEO)["groups"][0]["handle"], "marten")
        self.assertIn("Maren Solvik", self.ok("scan", "--json").out)
        renamed = self.rename("--messages")
        self.assertEqual((renamed["messages"], renamed["inbox_rows"]), (10, 0))
        scan = self.ok("scan", "--json").out
        self.assertNotIn("Maren Solvik", scan)
        self.assertIn("Téo Okafor", scan)
        renamed = self.rename("--messages")
        self.assertEqual((renamed["messages"], renamed["inbox_rows"]), (0, 0))

    def rename_and_kill(self):
        file = self.write("users.csv", f"uuid,display_name,handle\n{MAREN},Mårten Ny,marten\n")
        self.environment["CRUDDUR_USERS"] = file
        self.kill_at_random("users", "rename-rows", "--messages")
        self.ok("users", "rename-rows", "--messages")
        self.assertNotIn("Maren Solvik", self.ok("scan", "--json").out)

    def test_rename_rows_killed_at_random(self):
        self.converse(MESSAGES)
        self.rename_and_kill()
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"].partition("?")[0]), "")

    def test_rename_rows_killed_at_random_on_dynamodb(self):
        self.use(local.url, "renamed")
        self.ok("schema", "load")
        self.converse(60)
        self.rename_and_kill()
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"]), "")

    def test_rename_rows_refused(self):
        self.fails(2, "--messages: it does not go with list", "users", "list", "--messages")
        self.fails(2, "--cursor: it does not go with list", "users", "list", "--cursor", "x")
        self.fails(2, "rename-rows takes no argument besides options", "users", "rename-rows", SECRET)
        self.fails(1, "none.db", "users", "rename-rows", env={"CRUDDUR_STORE": "sqlite:none.db"})
        self.converse(2)
        self.fails(2, "--cursor", "users", "rename-rows", "--cursor", SECRET[:5])
        self.fails(2, "--cursor", "users", "rename-rows", "--cursor", "rename:1:")

    def test_refused(self):
        self.fails(2, "ACTION: it must be export or erase", "person", SECRET, MAREN)
        self.fails(2, "USER is missing", "person", "erase", "--yes")
        self.fails(2, "--yes", "person", "erase", MAREN)
        self.fails(2, "--keep-text: it goes with erase only", "person", "export", MAREN, "--keep-text")
        self.fails(2, "--cursor: it goes with erase only", "person", "export", MAREN, "--cursor", "x")
        self.fails(3, "no user with handle", "person", "erase", "@nobody", "--yes")
        self.fails(1, "none.db", "person", "erase", MAREN, "--yes",
                   env={"CRUDDUR_STORE": "sqlite:none.db"})
        self.converse(2)
        self.fails(2, "--cursor", "person", "erase", MAREN, "--yes", "--cursor", SECRET[:5])
        self.fails(2, "--cursor", "person", "erase", MAREN, "--yes", "--cursor",
                   f"erase-text-{TEO}:0:")
        self.fails(2, "--cursor", "person", "erase", MAREN, "--yes", "--cursor",
                   f"erase-text-{MAREN}:3:")


if __name__ == "__main__":
    unittest.main()
