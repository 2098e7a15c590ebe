#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The web service with its messages on DynamoDB Local and its users in PostgreSQL. What does not depend
on either, examples/web/tests/test_service.py shows.

CRUDDUR_WEB names the program.
"""
import os
import pathlib
import re
import sys
import unittest
import urllib.parse
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "dynamodb"),
                str(HERE.parent.parent / "examples" / "web" / "tests")]
import test_service  # noqa: E402
from dynamodb_local import make_table  # noqa: E402
from npm_service import DYNAMODB_LOCAL  # noqa: E402
from postgresql import PostgreSQL, find_programs  # noqa: E402
from run_with_service import Helper, make_environment  # noqa: E402
from service import USERS, Stream  # noqa: E402

# As the application makes it.
TABLE = """CREATE TABLE users (uuid UUID PRIMARY KEY, display_name text NOT NULL, handle text NOT NULL,
    email text NOT NULL, cognito_user_id text NOT NULL)"""


def setUpModule():
    global database
    reason = DYNAMODB_LOCAL.fetch() or (
        None if find_programs() is not None else "PostgreSQL is not installed")
    if reason is not None:
        raise unittest.SkipTest(reason)
    test_service.setUpModule()
    environment = make_environment()
    local = Helper([DYNAMODB_LOCAL.script], environment)
    unittest.addModuleCleanup(local.stop)
    endpoint = local.first_line[0]
    make_table(endpoint, "messages")
    os.environ.clear()
    os.environ.update(environment, CRUDDUR_WEB_STORE=f"dynamodb:messages?endpoint={endpoint}")
    database = PostgreSQL()
    database.sql(database.url, TABLE)
    for handle, user_uuid, sub in USERS:
        add_user(user_uuid, handle, sub)


def add_user(user_uuid, handle, sub):
    quoted = handle.replace("'", "''")
    database.sql(database.url, "INSERT INTO users VALUES "
                 f"('{user_uuid}', initcap('{quoted}'), '{quoted}', '', '{sub}')")


class Elsewhere(test_service.Routes):
    test_static_files = None

    @classmethod
    def setUpClass(cls):
        cls.options = (*test_service.UNLIMITED, "--users", database.url)
        super().setUpClass()

    def ask(self, method, path, body=None, *arguments, **more):
        """As a client does: what may pass is asked again, with the same uuid of the message. Calls have
        a deadline, which DynamoDB Local does not always meet on a loaded machine."""
        if path == "/api/messages" and isinstance(body, dict):
            body = {"message_uuid": str(uuid.uuid4()), **body}
        while True:
            answer = super().ask(method, path, body, *arguments, **more)
            if answer[0] != 503 or answer[2].strip() == b'["users_unavailable"]':
                return answer

    def stream(self, handle, cursor=None):
        while True:
            stream = Stream(self.service, self.tokens[handle], cursor)
            if stream.status != 503:
                self.assertEqual(stream.status, 200)
                return stream
            stream.close()

    def page(self, cookie, path="/messages"):
        status, _, body = self.ask("GET", path, cookie=cookie)
        self.assertEqual(status, 200)
        return body.decode()

    def test_unread_messages_reach_a_browser(self):
        status, headers, _ = self.ask("POST", "/sign-in", token=self.tokens["teo"])
        self.assertEqual(status, 204)
        cookie = headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
        stream = self.stream("teo")
        stream.next(["open"])
        group = self.send("one", "teo", "layla")
        kind, data = stream.next(["message"])
        self.assertEqual((data["group_uuid"], data["user_uuid"]), (group, USERS[2][1]))
        stream.close()

        # Without a stream for a while: what was sent comes with the next one.
        missed = {self.api("POST", "/api/messages", {"message": text, "message_group_uuid": group},
                           "layla")["uuid"] for text in ("two", "three")}
        page = self.page(cookie)
        self.assertRegex(page, rf'(?s)data-group="{group}".*?class="badge">3<')
        stream = self.stream("teo", stream.cursor)
        while missed:
            missed.discard(stream.next(["message"])[1]["message_uuid"])

        form = urllib.parse.urlencode({"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]})
        status, _, _ = self.ask("POST", f"/messages/{group}/read", form, {
            "Content-Type": "application/x-www-form-urlencoded"}, cookie=cookie)
        self.assertEqual(status, 303)
        self.assertEqual(stream.next(["read"])[1]["user_uuid"], USERS[1][1])
        stream.close()
        page = self.page(cookie, f"/messages/{group}")
        for text in ("one", "two", "three"):
            self.assertIn(f">{text}<", page)
        self.assertNotRegex(page, rf'(?s)data-group="{group}"[^/]*class="badge"')

    def test_users_of_the_database(self):
        add_user("0e5f6c5e-0d0c-4a53-9b6f-3d3a3f1d7f01", "o'neil", "MOCK")
        self.assertEqual(self.ask("GET", "/api/message_groups", token=self.key.token(sub="MOCK"))[0],
                         403)  # has no account yet
        self.send("Hello", "o'neil", "maren")
        self.assertEqual(self.api("GET", "/api/users/@o'neil/short")["handle"], "o'neil")
        self.api("GET", "/api/users/@'%20OR%20''='/short", expect=404)

        # Without the database: only those who are remembered are known, until it is back.
        database.halt()
        try:
            status, _, body = self.ask("GET", "/api/users/@new/short", token=self.tokens["maren"])
            self.assertEqual((status, body.strip()), (503, b'["users_unavailable"]'))
        finally:
            database.start()
        add_user("0e5f6c5e-0d0c-4a53-9b6f-3d3a3f1d7f02", "new", "sub-new")
        self.assertEqual(self.api("GET", "/api/users/@new/short")["handle"], "new")


if __name__ == "__main__":
    unittest.main(verbosity=2)
