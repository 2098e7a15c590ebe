#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`cruddur users cognito` and `cruddur users sync`: accounts on cognito-local, whose answers the proxy
cuts into pages, delays and replaces, and users in PostgreSQL.

    users.py    run by run_with_service.py --service cognito-local
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import uuid

import boto3

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("tool", "dynamodb", "support"):
    sys.path.insert(0, str(HERE.parent / folder))
from cli import COMMAND, SECRET, CommandTest  # noqa: E402
from doors import Door  # noqa: E402
from postgresql import PostgreSQL  # noqa: E402

JSON_TYPE = "application/x-amz-json-1.1"
WAIT_S = 60

# As the application creates it.
TABLE = """
CREATE TABLE users (
  uuid UUID DEFAULT gen_random_uuid() PRIMARY KEY, display_name text NOT NULL,
  handle text NOT NULL, email text NOT NULL, cognito_user_id text NOT NULL,
  created_at TIMESTAMP default current_timestamp NOT NULL)"""
ONE_USER_OF_AN_ID = ("CREATE UNIQUE INDEX one_user ON users (cognito_user_id) "
                     "WHERE cognito_user_id <> 'MOCK'")


class PoolTest(CommandTest):
    """A user pool, and a door of the proxy, for each test."""

    def setUp(self):
        super().setUp()
        self.cognito = boto3.client("cognito-idp", endpoint_url=os.environ["CRUDDUR_TEST_COGNITO"])
        self.addCleanup(self.cognito.close)
        self.pool = self.cognito.create_user_pool(PoolName="cruddur")["UserPool"]["Id"]
        self.door = Door()
        self.environment |= {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": self.door.url,
                             "AWS_COGNITO_USER_POOL_ID": self.pool}
        for name in ("CRUDDUR_USERS", "CRUDDUR_STORE"):
            self.environment.pop(name)

    def add(self, name, handle=None):
        """Adds an account, and returns its sub."""
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
        if handle is not None:
            attributes.append({"Name": "preferred_username", "Value": handle})
        user = self.cognito.admin_create_user(
            UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS",
            UserAttributes=attributes)["User"]
        return {pair["Name"]: pair["Value"] for pair in user["Attributes"]}["sub"]

    def pages_of(self, size):
        self.door.order("pages", size=size)

    def instead(self, body, content_type=JSON_TYPE):
        self.door.rules({"fault": "instead", "times": 0, "type": content_type, "body": body})


class Listing(PoolTest):
    def test_all_pages(self):
        subs = {f"user{i}": self.add(f"name{i}", f"user{i}") for i in range(7)}
        self.pages_of(3)
        self.door.rules()
        self.assertEqual(self.ok_json("users", "cognito"), subs)
        self.assertEqual(self.door.count("received.ListUsers"), 3)
        lines = self.ok("users", "cognito").lines
        self.assertEqual(lines[0].split(), ["preferred_username", "sub", "user", "name"])
        self.assertEqual([line.split() for line in lines[1:]],
                         [[handle, sub, handle.replace("user", "name")]
                          for handle, sub in sorted(subs.items())])

    def test_pages_are_as_large_as_the_service_allows(self):
        for i in range(61):
            self.add(f"name{i}", f"user{i}")
        self.pages_of(1000)
        self.door.rules()
        self.assertEqual(len(self.ok_json("users", "cognito")), 61)
        self.assertEqual(self.door.count("received.ListUsers"), 2)

    def test_an_empty_pool(self):
        self.assertEqual(self.ok_json("users", "cognito"), {})
        self.assertEqual(len(self.ok("users", "cognito").lines), 1)

    def test_users_without_preferred_username(self):
        sub, other = self.add("teo", "téo\n"), self.add("Google_1234")
        result = self.run_command("users", "cognito", "--json")
        self.assertEqual((result.code, result.json), (0, {"téo\n": sub}))
        self.assertIn("1 user of the pool without preferred_username is left out", result.err)
        lines = self.ok("users", "cognito").lines
        self.assertEqual([line.split() for line in lines[1:]],
                         [["téo\\x0a", sub, "teo"], ["-", other, "Google_1234"]])

    def test_two_of_one_preferred_username(self):
        self.add("one", "teo")
        self.add("two", "teo")
        self.fails(1, "more than one user of the pool has the preferred_username teo", "users",
                   "cognito", "--json")
        self.assertEqual(len(self.ok("users", "cognito").lines), 3)

    def test_throttling(self):
        self.add("teo", "teo")
        throttled = {"fault": "error", "code": "TooManyRequestsException"}
        self.door.rules(throttled)
        self.assertEqual(list(self.ok_json("users", "cognito")), ["teo"])
        self.assertEqual(self.door.count("fault.error"), 1)
        self.door.rules(throttled | {"times": 0})
        self.fails(4, "TooManyRequestsException", "users", "cognito",
                   env={"AWS_MAX_ATTEMPTS": "1"})

    def test_failures_that_pass(self):
        sub = self.add("teo", "teo")
        self.add("maren", "maren")
        self.pages_of(1)
        for fault in ({"fault": "truncate"}, {"fault": "status", "status": 503},
                      {"fault": "reset-after"}, {"fault": "garbage"},
                      {"fault": "error", "code": "InternalErrorException", "status": 500}):
            self.door.rules(fault | {"first": 2})
            found = self.ok_json("users", "cognito")
            self.assertEqual((list(found), found["teo"]), (["maren", "teo"], sub), fault)
            self.assertEqual(self.door.count("received.ListUsers"), 3, fault)

    def test_wrong_answers(self):
        user = '{"Username": "teo", "Attributes": [{"Name": "sub", "Value": "1"}]}'
        self.environment["AWS_MAX_ATTEMPTS"] = "1"
        for body in ("", "{}", "[]", '{"Users": {}}', '{"Users": [', '{"Users": [1]}',
                     '{"Users": [{"Username": "teo", "Attributes": []}]}',
                     '{"Users": [{"Attributes": [{"Name": "sub", "Value": "1"}]}]}',
                     f'{{"Users": [{user}], "PaginationToken": 1}}',
                     f'{{"Users": [{user.replace("teo", "te" + chr(92) + "u0000o")}]}}',
                     f'{{"Users": [{user}]}} {{}}', f'{{"Users": [{user.replace("1", "")}]}}'):
            self.instead(body)
            self.fails(4, "not a valid response to ListUsers", "users", "cognito")
        self.instead(f'{{"Users": [{user}]}}', "text/html")
        self.fails(4, "not a valid response to ListUsers", "users", "cognito")
        self.instead(f'{{"Users": [{user}]}}')
        self.assertEqual(len(self.ok("users", "cognito").lines), 2)

    def test_a_page_that_leads_to_itself(self):
        self.instead('{"Users": [], "PaginationToken": "again"}')
        self.fails(1, "the service returned the same page twice", "users", "cognito")

    def test_a_user_on_two_pages(self):
        self.add("teo", "teo")
        user = ('{"Username": "teo", "Attributes": [{"Name": "sub", "Value": "1"}, '
                '{"Name": "preferred_username", "Value": "teo"}]}')
        self.door.rules({"fault": "instead", "type": JSON_TYPE,
                         "body": f'{{"Users": [{user}], "PaginationToken": "page from 0"}}'})
        self.pages_of(60)
        self.assertEqual(list(self.ok_json("users", "cognito")), ["teo"])


class BadInput(PoolTest):
    def test_a_pool_that_does_not_exist(self):
        self.fails(2, "there is no user pool local_Nope in this account and region", "users",
                   "cognito", "--pool", "local_Nope")

    def test_the_region_is_the_one_in_the_id(self):
        # The proxy takes signatures for eu-central-1 alone.
        self.fails(2, "there is no user pool eu-central-1_Nope", "users", "cognito", "--pool",
                   "eu-central-1_Nope", env={"AWS_REGION": "us-west-2"})

    def test_no_pool(self):
        self.environment.pop("AWS_COGNITO_USER_POOL_ID")
        self.fails(2, "no user pool is named: give --pool ID", "users", "cognito")

    def test_an_id_of_another_form(self):
        for bad in ("eu-central-1", "eu-central-1_", "_a", "a b_c", "https://x_y/z", "EU-central-x_1"):
            self.fails(2, "--pool: a user pool's id is", "users", "cognito", "--pool", bad)
        self.fails(2, "AWS_COGNITO_USER_POOL_ID: a user pool's id is", "users", "cognito",
                   env={"AWS_COGNITO_USER_POOL_ID": "teo"})

    def test_no_credentials(self):
        self.environment.pop("AWS_ACCESS_KEY_ID")
        self.environment.pop("AWS_SECRET_ACCESS_KEY")
        result = self.run_command("users", "cognito")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("credentials", result.err)

    def test_options_of_other_actions(self):
        self.fails(2, "--dry-run", "users", "cognito", "--dry-run")
        self.fails(2, "cognito takes no argument", "users", "cognito", "more")

    def test_secrets_are_not_logged(self):
        self.add("teo", "teo")
        result = self.run_command("users", "cognito", "--verbose")
        self.assertEqual(result.code, 0)
        self.assertIn("ListUsers: attempt 1, HTTP 200", result.err)
        self.assertNotIn(os.environ["AWS_SECRET_ACCESS_KEY"], result.err)


class SyncTest(PoolTest):
    """A database for each test; one server for all."""
    server = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if SyncTest.server is None:
            SyncTest.server = PostgreSQL()

    def setUp(self):
        super().setUp()
        self.url = self.server.make_database()
        self.environment["CRUDDUR_USERS"] = self.url
        self.sql(TABLE)

    def sql(self, text):
        return self.server.sql(self.url, text)

    def user(self, handle, cognito_user_id="MOCK"):
        """Adds a user, and returns the uuid."""
        made = str(uuid.uuid4())
        self.sql("INSERT INTO users (uuid, display_name, handle, email, cognito_user_id) VALUES "
                 f"('{made}', 'A Name', '{handle}', '{handle}@example.com', '{cognito_user_id}')")
        return made

    def ids(self):
        return [tuple(row) for row in
                self.sql("SELECT handle, cognito_user_id FROM users ORDER BY handle, uuid")]

    def results(self, *arguments):
        """What sync --json says: {handle: object}."""
        lines = self.ok("users", "sync", "--json", *arguments).lines
        return {found["handle"]: found for found in map(json.loads, lines)}


class Sync(SyncTest):
    def test_ids_are_filled_in(self):
        uuids = {handle: self.user(handle) for handle in ("maren", "teo", "layla")}
        self.user("anna", "there-before")
        subs = {handle: self.add(f"{handle}'s name", handle) for handle in ("teo", "maren")}
        zoe, other = self.add("zoe", "zoe"), self.add("Google_1")
        self.pages_of(2)
        expected = [
            "@anna: not in the pool; cognito_user_id remains there-before",
            "@layla: not in the pool; cognito_user_id remains MOCK",
            f"@maren: changed from MOCK to {subs['maren']}",
            f"@teo: changed from MOCK to {subs['teo']}",
            f"@zoe: not in the table; its sub is {zoe}",
            f"user Google_1 of the pool has no preferred_username; its sub is {other}",
            "2 changed, 2 not in the pool, 1 not in the table, 1 without preferred_username"]
        before = self.ids()
        dry = [line.replace(": changed", ": would change") for line in expected]
        dry[-1] = dry[-1].replace("2 changed", "2 would change") + "; nothing was written"
        self.assertEqual(self.ok("users", "sync", "--dry-run").lines, dry)
        self.assertEqual(self.ids(), before)
        self.assertEqual(self.ok("users", "sync").lines, expected)
        after = [("anna", "there-before"), ("layla", "MOCK"), ("maren", subs["maren"]),
                 ("teo", subs["teo"])]
        self.assertEqual(self.ids(), after)
        self.assertEqual(self.results()["teo"],
                         {"result": "unchanged", "handle": "teo", "user_uuid": uuids["teo"],
                          "cognito_user_id": subs["teo"], "user_name": "teo's name",
                          "sub": subs["teo"]})
        self.assertEqual(self.ok("users", "sync").lines[-1],
                         "0 changed, 2 unchanged, 2 not in the pool, 1 not in the table, "
                         "1 without preferred_username")
        self.assertEqual(self.ids(), after)

    def test_what_is_ambiguous_is_left_alone(self):
        self.user("maren")
        self.user("teo")
        self.user("teo")
        self.user("zoe")
        sub = self.add("four", "zoe")
        for name, handle in (("one", "maren"), ("two", "maren"), ("three", "teo")):
            self.add(name, handle)
        found = self.results()
        self.assertEqual(found["maren"], {"result": "same_handle", "handle": "maren", "users": 1,
                                          "accounts": 2})
        self.assertEqual(found["teo"], {"result": "same_handle", "handle": "teo", "users": 2,
                                        "accounts": 1})
        self.assertEqual(self.ids(), [("maren", "MOCK"), ("teo", "MOCK"), ("teo", "MOCK"),
                                      ("zoe", sub)])

    def test_an_id_of_another_user(self):
        sub = self.add("name", "anna")
        self.user("anna")
        maren = self.user("maren", sub)
        found = self.results()
        self.assertEqual((found["anna"]["result"], found["anna"]["other_user_uuid"]),
                         ("same_id", maren))
        self.assertEqual(self.ids(), [("anna", "MOCK"), ("maren", sub)])

    def test_ids_are_exchanged(self):
        anna, maren, teo = (self.add(handle, handle) for handle in ("anna", "maren", "teo"))
        self.sql(ONE_USER_OF_AN_ID)
        self.user("anna", maren)
        self.user("maren", teo)
        self.user("teo", anna)
        self.assertEqual(self.ok("users", "sync").lines[-1], "3 changed")
        self.assertEqual(self.ids(), [("anna", anna), ("maren", maren), ("teo", teo)])

    def test_a_pool_that_is_not_read_to_its_end_changes_nothing(self):
        for handle in ("anna", "maren"):
            self.user(handle)
            self.add(handle, handle)
        self.pages_of(1)
        self.door.rules({"fault": "error", "code": "NotAuthorizedException", "first": 2})
        result = self.run_command("users", "sync")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("NotAuthorizedException", result.err)
        self.assertEqual(self.ids(), [("anna", "MOCK"), ("maren", "MOCK")])

    def test_bad_input(self):
        path = self.write("users.json", "[]")
        self.fails(2, "is a users file, which is not changed", "users", "sync", "--users", path)
        self.fails(2, "there is no user pool local_Nope", "users", "sync", "--pool", "local_Nope")
        self.environment.pop("CRUDDUR_USERS")
        self.fails(2, "--users", "users", "sync")
        empty = self.server.make_database()
        result = self.fails(2, "users", "users", "sync", "--users", empty)
        self.assertNotIn(self.server.password, result.err)
        self.assertNotIn(SECRET, result.err)


class Kill(SyncTest):
    """Another session holds a user's row, so that the command waits in its transaction."""

    def hold(self, handle):
        database = self.url.rpartition("/")[2]
        session = subprocess.Popen(
            [self.server.programs / "psql", "-X", "-q", "-h", "127.0.0.1", "-p",
             str(self.server.port), "-U", "postgres", "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            env={**os.environ, "PGPASSWORD": self.server.password})
        self.addCleanup(session.wait)
        self.addCleanup(session.stdin.close)
        session.stdin.write("BEGIN;\n"
                            f"SELECT 1 FROM users WHERE handle = '{handle}' FOR UPDATE;\n")
        session.stdin.flush()
        self.wait_for("SELECT 1 FROM pg_locks WHERE mode = 'RowShareLock' "
                      "AND relation = 'users'::regclass")
        return session

    def wait_for(self, query):
        until = time.monotonic() + WAIT_S
        while not self.sql(query):
            self.assertLess(time.monotonic(), until, query)
            time.sleep(0.02)

    def test_killed_and_run_again(self):
        handles = ("anna", "maren", "teo")
        subs = {handle: self.add(handle, handle) for handle in handles}
        for handle in handles:
            self.user(handle)
        session = self.hold("teo")
        with subprocess.Popen([COMMAND, "users", "sync"], env=self.environment, cwd=self.folder,
                              stdout=subprocess.DEVNULL) as command:
            self.wait_for("SELECT 1 FROM pg_stat_activity WHERE application_name = 'cruddur' "
                          "AND wait_event_type = 'Lock' AND query LIKE 'UPDATE%'")
            command.kill()
        session.communicate("COMMIT;\n", timeout=WAIT_S)
        self.wait_for("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity "
                      "WHERE application_name = 'cruddur')")
        self.assertEqual(self.ids(), [(handle, "MOCK") for handle in handles])
        self.assertEqual(self.ok("users", "sync").lines[-1], "3 changed")
        self.assertEqual(self.ids(), [(handle, subs[handle]) for handle in handles])


if __name__ == "__main__":
    unittest.main(verbosity=1)
