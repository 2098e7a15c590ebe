#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cruddur check: what it prints, its exit status, and a repair that is killed."""
import json
import os
import signal
import subprocess
import unittest

from cli import COMMAND, LAYLA, MAREN, MAREN_TEO, NOBODY, SECRET, TEO
from dynamodb import AwsTest, local, setUpModule, tearDownModule  # noqa: F401

# So many groups are broken for the test of a kill; an even number.
GROUPS = int(os.environ.get("CRUDDUR_TEST_CHECK_GROUPS", "1500"))
GROUPS_ON_DYNAMODB = 300


def replace_all(value, changed):
    for old, new in changed.items():
        value = value.replace(old, new) if isinstance(value, str) else value
    return value


class Check(AwsTest):
    def setUp(self):
        super().setUp()
        self.ok("new", "--as", "@maren", "--to", "@teo", SECRET)
        self.ok("new", "--as", "@maren", "--to", "@layla", "hi")

    def lose_row(self, user):
        self.database().execute("DELETE FROM cruddur_messages WHERE pk = ? AND "
                                "message_group_uuid = ?", ("GRP#" + user, MAREN_TEO))

    def check(self, code, *options):
        """The findings and the summary."""
        result = self.run_command("check", "--json", *options)
        self.assertEqual((result.code, result.err), (code, ""))
        self.assertNotIn(SECRET, result.out)
        lines = [json.loads(line) for line in result.lines]
        return lines[:-1], lines[-1]

    def test_in_order(self):
        self.assertRegex(self.ok("check").out,
                         r"\Amessages +2 rows +\d+ bytes\ngroup_rows +4 rows (.*\n)+"
                         r"rows 8, groups 2, breaches 0, repaired 0, notices 0\n\Z")
        findings, summary = self.check(0)
        self.assertEqual(findings, [])
        self.assertEqual((summary["kind"], summary["rows"], summary["messages"]), ("summary", 8, 2))

    def test_breach_and_repair(self):
        self.lose_row(TEO)
        findings, summary = self.check(1)
        self.assertEqual(findings, [{
            "kind": "row_missing", "breach": True, "repaired": False, "group_uuid": MAREN_TEO,
            "user_uuid": TEO, "pk": None, "sk": None, "message": "a member has no group row"}])
        self.assertEqual((summary["breaches"], summary["repaired"]), (1, 0))
        line = f"row_missing: group {MAREN_TEO} user {TEO}: a member has no group row"
        self.assertIn(line, self.run_command("check").lines)
        self.assertIn("row_missing (repaired): ", self.ok("check", "--repair").lines[0])
        self.check(0)
        self.assertEqual(self.ok_json("groups", "@teo")["groups"][0]["message"], SECRET)

    def test_scope(self):
        self.lose_row(TEO)
        self.check(0, "--user", "@layla")
        self.check(0, "--user", LAYLA)
        self.check(1, "--user", "@teo")
        self.check(1, "--user", MAREN)
        self.check(1, "--group", MAREN_TEO)
        _, summary = self.check(0, "--group", MAREN_TEO, "--repair")
        self.assertEqual((summary["messages"], summary["groups"]), (1, 1))

    def test_keys_of_other_programs_do_not_steer_the_terminal(self):
        self.database().execute("INSERT INTO cruddur_messages (pk, sk) VALUES (?, ?)",
                                ("MSG#\x1b[2J", "a\nb"))
        text = self.ok("check").out
        self.assertIn("foreign_row (information): row MSG#", text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(text.count("foreign_row"), 2)

    def test_progress(self):
        code, text = self.on_terminal(80, "check", "--verbose")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"cruddur check: rows 8, groups 2, breaches 0")
        self.assertRegex(text, r"cruddur check: check: OK in ")

    def test_refused(self):
        self.fails(2, "--group: it must be a uuid", "check", "--group", "x")
        self.fails(3, "--group: there is no group", "check", "--group", NOBODY)
        self.fails(2, "--user: cannot be combined with a group", "check", "--group", MAREN_TEO,
                   "--user", MAREN)
        self.fails(2, "--cursor: cannot be combined with a group", "check", "--group", MAREN_TEO,
                   "--cursor", "x")
        self.fails(2, "--cursor: ", "check", "--cursor", "x")
        self.fails(3, "--user: ", "check", "--user", "@unknown")
        self.fails(2, "no arguments", "check", SECRET)
        self.fails(1, "does not exist", "check", env={"CRUDDUR_STORE": "sqlite:" + self.path("none.db")})

    # ---- a repair that is killed ----

    def break_many(self, groups):
        """Copies of the group of Maren and Téo, of which each has lost a row, or has a wrong one."""
        database = self.database()
        select = database.execute("SELECT * FROM cruddur_messages WHERE pk LIKE ? OR "
                                  "message_group_uuid = ?", ("%" + MAREN_TEO, MAREN_TEO))
        names = [column[0] for column in select.description]
        rows = select.fetchall()
        uuid = next(row[names.index("message_uuid")] for row in rows if row[0].startswith("MSG#"))
        time = next(row[1] for row in rows if row[0].startswith("MSG#"))
        database.execute("BEGIN")
        for index in range(groups):
            changed = {MAREN_TEO: f"{index:08}-1111-4000-8000-000000000000",
                       TEO: f"{index:08}-2222-4000-8000-000000000000",
                       uuid: f"{index:08}-3333-4000-8000-000000000000",
                       time: f"2024-01-01T00:00:00.{index:06}+00:00"}
            for row in rows:
                database.execute(f"INSERT INTO cruddur_messages VALUES (?{',?' * (len(row) - 1)})",
                                 [replace_all(value, changed) for value in row])
        database.execute("DELETE FROM cruddur_messages WHERE pk LIKE 'GRP#%-2222-%' AND "
                         "substr(pk, 12, 1) IN ('0', '2', '4', '6', '8')")
        database.execute("UPDATE cruddur_messages SET message = 'old', read_sk = 'x' WHERE "
                         "pk LIKE 'GRP#%-2222-%'")
        database.execute("COMMIT")

    def kill_in_the_middle(self):
        """Kills a repair after one part of the table: then it is at work on the next."""
        with subprocess.Popen([COMMAND, "check", "--repair", "--verbose"], env=self.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            line = next(line for line in process.stderr if "debug: " not in line)
            process.kill()
            process.stderr.read()
            self.assertEqual(process.wait(), -signal.SIGKILL, line)
        self.assertRegex(line, r"rows \d+, groups \d+, breaches [1-9]")

    def repair_and_kill(self, groups):
        _, summary = self.check(1)
        found = summary["breaches"]
        self.assertEqual(found, groups // 2 * 3)
        self.kill_in_the_middle()
        _, summary = self.check(1)
        self.assertLess(summary["breaches"], found)
        _, repaired = self.check(0, "--repair")
        self.assertEqual(repaired["repaired"], summary["breaches"])
        self.check(0)

    def test_killed_repair(self):
        self.break_many(GROUPS)
        self.repair_and_kill(GROUPS)
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"].partition("?")[0]), "")

    def test_killed_repair_on_dynamodb(self):
        self.break_many(GROUPS_ON_DYNAMODB)
        self.ok("export", "broken.export")
        self.use(local.url, "broken")
        self.ok("schema", "load")
        self.ok("import", "broken.export", "--unused")
        self.repair_and_kill(GROUPS_ON_DYNAMODB)
        self.assertEqual(self.check_table(self.environment["CRUDDUR_STORE"]), "")


if __name__ == "__main__":
    unittest.main()
