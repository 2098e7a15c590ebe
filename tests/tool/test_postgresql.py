#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Users in PostgreSQL: looked up by every command, listed, loaded; on a server of its own.

CRUDDUR_TEST_USERS says how many users the long list has."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from cli import COMMAND, EXAMPLES, LAYLA, MAREN, MAREN_TEO, NOBODY, SECRET, TEO, CommandTest

SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
sys.path.insert(0, str(SUPPORT))
from postgresql import PostgreSQL, free_port  # noqa: E402

USERS = int(os.environ.get("CRUDDUR_TEST_USERS", "5000"))
SUB = "0a1b2c3d-4e5f-4061-8728-394a5b6c7d8e"
SEED_USERS = os.path.join(EXAMPLES, "seed-users.csv")
MANY = "handle,display_name,email\n" + "".join(
    f"user{i:06},User {i},user{i}@example.com\n" for i in range(USERS))
# As the application creates it. Its function comes with an extension, which may be missing here.
APPLICATION_TABLE = """
CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE TABLE public.users (
  uuid UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
  display_name text NOT NULL,
  handle text NOT NULL,
  email text NOT NULL,
  cognito_user_id text NOT NULL,
  created_at TIMESTAMP default current_timestamp NOT NULL
);
"""
COLUMNS = """
SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_name = 'users' ORDER BY column_name
"""

server = None


def setUpModule():
    global server  # pylint: disable=global-statement
    server = PostgreSQL()


def tearDownModule():
    server.stop()


class DatabaseTest(CommandTest):
    """A database for each test. No error may show its password."""

    def setUp(self):
        super().setUp()
        self.use(server.make_database())

    def use(self, url):
        self.url = url
        self.environment["CRUDDUR_USERS"] = url

    def sql(self, text):
        return server.sql(self.url, text)

    def run_command(self, *arguments, **how):
        result = super().run_command(*arguments, **how)
        for secret in (server.password, server.encoded_password, "p@ss", "w:rd"):
            self.assertNotIn(secret, result.out + result.err)
        return result

    def load(self, content=None, name="load.csv"):
        path = SEED_USERS if content is None else self.write(name, content)
        counts = self.ok_json("users", "load", path)
        return counts["added"], counts["changed"], counts["unchanged"]

    def insert(self, handle, uuid="gen_random_uuid()", account="MOCK"):
        self.sql(f"INSERT INTO users (uuid, display_name, handle, email, cognito_user_id) VALUES "
                 f"({uuid}, '{handle}', '{handle}', '{handle}@example.com', '{account}')")

    def handles(self):
        return [handle for handle, in self.sql("SELECT handle FROM users ORDER BY handle")]


class Load(DatabaseTest):
    def test_creates_the_applications_table(self):
        self.assertEqual(self.load(), (3, 0, 0))
        mine = self.sql(COLUMNS)
        rows = self.sql("SELECT handle, display_name, email, cognito_user_id FROM users "
                        "ORDER BY handle")
        self.assertEqual(rows[0], ["andrewbrown", "Andrew Brown", "andrewbrown@example.com", "MOCK"])
        self.assertEqual([row[0] for row in rows], ["andrewbrown", "bayko", "londo"])
        self.use(server.make_database())
        self.sql(APPLICATION_TABLE)
        theirs = [[text.replace("uuid_generate_v4", "gen_random_uuid") for text in column]
                  for column in self.sql(COLUMNS)]
        self.assertEqual(mine, theirs)

    def test_twice_changes_nothing(self):
        self.load()
        before = self.sql("SELECT * FROM users ORDER BY uuid")
        self.assertEqual(self.load(), (0, 0, 3))
        self.assertEqual(self.sql("SELECT * FROM users ORDER BY uuid"), before)
        self.assertEqual(self.ok("users", "load", SEED_USERS).out,
                         f"{SEED_USERS}: 3 users; 0 added, 0 changed, 3 unchanged\n")

    def test_json_and_changes(self):
        path = os.path.join(EXAMPLES, "users.json")
        self.ok("users", "load", path)
        with open(path, encoding="utf-8") as file:
            users = json.load(file)
        self.assertEqual(self.ok_json("users", "list")["users"],
                         sorted(({**user, "cognito_user_id": "MOCK"} for user in users),
                                key=lambda user: user["handle"].encode()))
        users[0]["display_name"] = "Maren \\ \"S'olvik\" ✨"
        users[1]["handle"] = "téo"  # by the uuid, so it is a user who has a new handle
        self.assertEqual(self.load(json.dumps({"users": users}), "c.json"), (0, 2, 1))
        self.assertEqual(self.ok_json("users", "find", MAREN.upper())["users"][0]["display_name"],
                         users[0]["display_name"])
        self.assertEqual(self.ok_json("users", "find", "@téo")["users"][0]["uuid"], TEO)

    def test_accounts_are_kept(self):
        """What the sync has filled in, a file without it does not take away."""
        self.load()
        self.sql(f"UPDATE users SET cognito_user_id = '{SUB}' WHERE handle = 'bayko'")
        self.assertEqual(self.load(), (0, 0, 3))
        self.assertEqual(self.load("handle,display_name,email\nbayko,B,b@example.com\n"), (0, 1, 0))
        self.assertEqual(self.sql("SELECT cognito_user_id FROM users WHERE handle = 'bayko'"),
                         [[SUB]])
        new = SUB.replace("a", "b")
        self.assertEqual(self.load("handle,display_name,email,cognito_user_id\n"
                                   f"bayko,B,b@example.com,{new}\n"), (0, 1, 0))
        self.assertEqual(self.sql("SELECT cognito_user_id FROM users WHERE handle = 'bayko'"),
                         [[new]])

    def test_adds_what_the_applications_table_lacks(self):
        self.sql(APPLICATION_TABLE)
        self.insert("ann", account=SUB)
        self.insert("bob")
        self.assertEqual(self.load(), (3, 0, 0))
        indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'users'"
        self.assertEqual(self.sql(indexes), [["3"]])
        self.load()
        self.assertEqual(self.sql(indexes), [["3"]])
        for column, value, accepted in (("handle", "ann", False), ("cognito_user_id", SUB, False),
                                        ("cognito_user_id", "MOCK", True)):
            change = f"UPDATE users SET {column} = '{value}' WHERE handle = 'bob'"
            with contextlib.nullcontext() if accepted else self.assertRaises(RuntimeError):
                self.sql(change)

    def test_adds_to_a_bare_table(self):
        """Without constraints, and with another column; a unique index that exists is enough."""
        self.sql("CREATE TABLE users (uuid uuid, handle varchar(99), display_name text, email text, "
                 "cognito_user_id text, bio text)")
        self.sql("CREATE UNIQUE INDEX by_handle ON users (handle)")
        self.assertEqual(self.load(), (3, 0, 0))
        self.assertEqual(self.sql("SELECT count(*) FROM pg_indexes WHERE tablename = 'users'"),
                         [["3"]])
        self.assertEqual({column[0]: column[2] for column in self.sql(COLUMNS)},
                         {"uuid": "NO", "handle": "NO", "display_name": "NO", "email": "NO",
                          "cognito_user_id": "NO", "bio": "YES"})

    def test_many_at_once(self):
        """Several loads of the same users into an empty database: each user once."""
        path = self.write("many.csv", MANY)
        commands = [subprocess.Popen([COMMAND, "users", "load", "--json", path],
                                     env=self.environment, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE) for _ in range(3)]
        counts = []
        for command in commands:
            out, err = command.communicate(timeout=600)
            self.assertEqual((command.returncode, err), (0, b""))
            counts.append(json.loads(out))
        self.assertEqual(sorted(count["added"] for count in counts), [0, 0, USERS])
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT handle) FROM users"),
                         [[str(USERS)] * 2])

    def test_killed(self):
        """At any moment: then there are all of the users or none, and a load adds the others."""
        self.load()
        path = self.write("many.csv", MANY)
        seen = set()
        for delay_ms in (*range(0, 60, 10), *range(60, 240, 30)):
            with subprocess.Popen([COMMAND, "users", "load", path], env=self.environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(delay_ms / 1000)
                process.kill()
            count = int(self.sql("SELECT count(*) FROM users")[0][0]) - 3
            self.assertIn(count, (0, USERS))
            seen.add(count)
        self.assertIn(0, seen)
        self.assertEqual(sum(self.load(MANY)), USERS)
        self.assertEqual(len(self.handles()), USERS + 3)

    def test_killed_while_it_waits(self):
        self.load()
        with self.holding("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
            with subprocess.Popen([COMMAND, "users", "load", self.write("many.csv", MANY)],
                                  env=self.environment) as process:
                self.wait_for_lock()
                process.send_signal(signal.SIGKILL)
        self.assertEqual(self.handles(), ["andrewbrown", "bayko", "londo"])
        self.assertEqual(self.load(MANY), (USERS, 0, 0))

    def wait_for_lock(self):
        """Until a connection waits for a lock."""
        while self.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == [["0"]]:
            time.sleep(0.05)

    @contextlib.contextmanager
    def holding(self, statement):
        """Keeps a transaction open that has run this statement."""
        with subprocess.Popen(
                [server.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PGPASSWORD": server.password, "PGHOST": "127.0.0.1",
                     "PGPORT": str(server.port), "PGUSER": "postgres",
                     "PGDATABASE": self.url.rpartition("/")[2]}) as session:
            session.stdin.write(f"BEGIN; {statement}; SELECT 1;\n")
            session.stdin.flush()
            self.assertEqual(session.stdout.readline(), "1\n")
            yield
            session.stdin.write("ROLLBACK;\n")
            session.stdin.close()
            session.wait(timeout=600)

    def test_waiting_ends(self):
        self.load()
        with self.holding("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
            self.fails(4, "the server did not answer in time", "groups", "@bayko", "--timeout", "1")
            self.fails(4, "statement timeout", "users", "load", SEED_USERS, "--timeout", "1")
            # Other statements may take longer than that one waits, in which others wait, too.
            self.fails(4, "lock timeout", "users", "load", SEED_USERS)
        self.ok("users", "load", SEED_USERS)


class BadLoads(DatabaseTest):
    HEAD = "uuid,handle,display_name,email,cognito_user_id\n"

    def refused(self, where, content, name="bad.csv"):
        """And nothing has been done."""
        path = self.write(name, content)
        before = self.sql("SELECT * FROM pg_indexes WHERE tablename = 'users'")
        before += self.rows()
        self.fails(2, where.replace("FILE", path), "users", "load", path)
        self.assertEqual(self.sql("SELECT * FROM pg_indexes WHERE tablename = 'users'")
                         + self.rows(), before)

    def rows(self):
        if self.sql("SELECT to_regclass('users')") == [[""]]:
            return []
        return self.sql("SELECT * FROM users ORDER BY 1, 2")

    def test_files(self):
        good = self.HEAD + f"{MAREN},maren,Maren,m@example.com,\n"
        for where, content in (
                ("FILE: the file is empty", ""),
                ("FILE:1: the header line names no column display_name", "handle,email\na,b\n"),
                ("FILE:1: the header line names no column email", "handle,display_name\na,b\n"),
                ("FILE:3: the user has no email", good + f"{TEO},teo,Teo,,\n"),
                ("FILE:3: the user has no display_name", good + f"{TEO},teo,,t@example.com,\n"),
                ("FILE:3: the user has no handle", good + f"{TEO},,Teo,t@example.com,\n"),
                ("FILE:3: uuid: ", good + "x,teo,Teo,t@example.com,\n"),
                ("FILE:3: the handle is that of line 2", good + ",maren,Teo,t@example.com,\n"),
                ("FILE:3: the uuid is that of line 2", good + f"{MAREN},teo,Teo,t@example.com,\n"),
                ("FILE:4: the cognito_user_id is that of line 3",
                 good + f",teo,Teo,t@x,{SUB}\n,layla,Layla,l@x,{SUB}\n"),
                ("FILE:3: email: it has a control character",
                 good + f",teo,Teo,{SECRET}\x1b[31m,\n"),
        ):
            self.refused(where, content)
        self.refused("FILE: user 1: email: it must be a string",
                     json.dumps([{"handle": "a", "display_name": "A", "email": 3}]), "bad.json")
        self.fails(1, "FILE: nothing.csv: No such file", "users", "load", "nothing.csv")

    def test_conflicts_with_the_table(self):
        self.load(self.HEAD + f"{MAREN},maren,Maren,m@example.com,{SUB}\n"
                  f"{TEO},teo,Teo,t@example.com,\n")
        other = self.HEAD + f"{LAYLA},layla,Layla,l@example.com,\n"
        self.refused(f"FILE:3: the handle is that of the user in the table with uuid {MAREN}",
                     other + f"{NOBODY},maren,Maren,m@example.com,\n")
        self.refused("FILE:3: the cognito_user_id is that of the user in the table with uuid "
                     + MAREN, other + f",zoe,Zoe,z@example.com,{SUB}\n")
        self.refused(f"FILE:3: the cognito_user_id is that of the user in the table with uuid "
                     f"{MAREN}", other + f"{TEO},teo,Teo,t@example.com,{SUB}\n")
        self.refused("FILE:3: the user, by its handle in the table, is that of the user",
                     self.HEAD + f"{MAREN},other,Maren,m@example.com,\n,maren,Zoe,z@example.com,\n")
        self.refused("FILE: user 2: the handle is that of", json.dumps([
            {"handle": "zoe", "display_name": "Z", "email": "z@example.com"},
            {"handle": "teo", "display_name": "T", "email": "t@example.com", "uuid": NOBODY}]),
            "bad.json")

    def test_tables_with_doubles(self):
        self.sql(APPLICATION_TABLE)
        self.insert("ann")
        self.insert("ann")
        good = "handle,display_name,email\nbob,Bob,b@example.com\n"
        self.refused("more than one user has the handle ann", good)
        self.sql("DELETE FROM users")
        self.insert("ann", account=SUB)
        self.insert("zoe", account=SUB)
        self.refused(f"more than one user has the cognito_user_id {SUB}", good)

    def test_tables_of_another_shape(self):
        good = "handle,display_name,email\nbob,Bob,b@example.com\n"
        for wrong, where in (
                ("uuid uuid, handle text, display_name text, email text",
                 "the table users has no column cognito_user_id"),
                ("uuid text, handle text, display_name text, email text, cognito_user_id text",
                 "the column uuid of the table users is not of the type uuid"),
                ("uuid uuid, handle text, display_name text, email bigint, cognito_user_id text",
                 "the column email of the table users is not of the type text"),
                ("uuid uuid, handle text, display_name text, email text, cognito_user_id text, "
                 "bio text NOT NULL", "bio")):
            self.use(server.make_database())
            self.sql(f"CREATE TABLE users ({wrong})")
            self.refused(where, good)
        self.use(server.make_database())
        self.sql("CREATE TABLE users (uuid uuid, handle text, display_name text, email text, "
                 "cognito_user_id text)")
        self.sql("INSERT INTO users (uuid, handle) VALUES (gen_random_uuid(), 'ann')")
        self.refused("a user in the table has no display_name", good)

    def test_users_files_are_not_changed(self):
        path = self.write("users.csv", f"uuid,handle\n{MAREN},maren\n")
        self.fails(2, f"--users: {path} is a users file", "users", "load", SEED_USERS, "--users",
                   path)


class LookUps(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.ok("users", "load", os.path.join(EXAMPLES, "users.csv"))

    def test_commands(self):
        self.ok("seed", self.conversation(3), "--me", "@maren", "--other", "teo")
        self.ok("send", "--as", "@teo", MAREN_TEO, "Hello!")
        self.assertEqual(self.ok_json("groups", "@maren")["groups"][0]["display_name"], "Téo Okafor")
        self.ok("new", "--as", "layla", "--to", "@maren", "--to", TEO.upper(), "Hi!")
        self.assertEqual(self.ok_json("groups", NOBODY)["groups"], [])
        del self.environment["CRUDDUR_USERS"]
        for scheme in ("postgres", "postgresql"):
            url = self.url.replace("postgres", scheme, 1)
            self.assertEqual(self.ok_json("groups", "@layla", "--users", url)["groups"][0]["message"],
                             "Hi!")
        self.fails(2, "--users", "groups", "@layla")

    def test_rename_rows(self):
        self.environment["CRUDDUR_STORE"] = "sqlite:" + self.path("messages.db")
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hi")
        self.sql("UPDATE users SET display_name = 'Mårten Ny' WHERE handle = 'maren'")
        renamed = self.ok_json("users", "rename-rows", "--messages")
        self.assertEqual((renamed["messages"], renamed["inbox_rows"]), (1, 1))
        self.assertEqual(self.ok_json("groups", "@teo")["groups"][0]["display_name"], "Mårten Ny")

    def test_names_that_no_row_can_have(self):
        self.environment["CRUDDUR_STORE"] = "sqlite:" + self.path("messages.db")
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hi")
        self.sql("UPDATE users SET display_name = E'T\to' WHERE handle = 'teo'; "
                 "UPDATE users SET display_name = 'Mårten Ny' WHERE handle = 'maren'")
        result = self.run_command("users", "rename-rows", "--json")
        self.assertEqual((result.code, result.json["inbox_rows"]), (1, 1))
        self.assertIn("keeps the names in the store: display_name: it has a control", result.err)
        self.assertEqual(self.ok_json("groups", "@teo")["groups"][0]["display_name"], "Mårten Ny")
        script = self.write("script", "Person 1: Hi\n")
        self.fails(2, "seed: --me: ", "seed", script, "--me", "@teo", "--other", "@maren")

    def test_who_is_not_there(self):
        where = "no user with handle zoe in postgres://postgres@127.0.0.1:"
        self.fails(3, where, "groups", "@zoe")
        self.fails(3, "no user with handle MAREN in", "groups", "MAREN")
        self.fails(3, "VALUE: no user in postgres://", "users", "find", NOBODY)

    def test_any_handle(self):
        """A handle is a value, whatever SQL it looks like."""
        for index, handle in enumerate(("'; DROP TABLE users; --", "a\\b", "%", "naïve ☕", "null",
                                        "$1", "\"x\"")):
            user = {"handle": handle, "display_name": "D", "email": "e@example.com",
                    "uuid": f"00000000-0000-4000-8000-{index:012}"}
            self.load(json.dumps([user]), "one.json")
            self.assertEqual(self.ok_json("users", "find", "@" + handle)["users"],
                             [{**user, "cognito_user_id": "MOCK"}])

    def test_find(self):
        self.sql(f"UPDATE users SET cognito_user_id = '{SUB}' WHERE handle = 'teo'")
        for value in ("teo", "@teo", TEO, TEO.upper(), SUB):
            self.assertEqual([user["uuid"] for user in
                              self.ok_json("users", "find", value)["users"]], [TEO], value)
        # The account of one has the uuid of another.
        self.sql(f"UPDATE users SET cognito_user_id = '{MAREN}' WHERE handle = 'layla'")
        self.assertEqual({user["uuid"] for user in
                          self.ok_json("users", "find", MAREN)["users"]}, {MAREN, LAYLA})

    def test_the_same_from_a_file(self):
        listed = self.ok("users", "list", "--json").out
        text = self.ok("users", "list").out
        self.assertEqual([line.split()[2] for line in text.splitlines()],
                         ["@layla", "@maren", "@teo"])
        path = self.write("list.json", listed)
        self.assertEqual(self.ok("users", "list", "--json", "--users", path).out, listed)
        self.assertEqual(self.ok("users", "list", "--users", path).out, text)
        self.assertEqual(self.ok("users", "find", "maren", "--users", path).out,
                         text.splitlines()[1] + "\n")
        self.fails(2, "more than one user has the cognito_user_id MOCK", "users", "find", "MOCK",
                   "--users", path)

    def test_long_list(self):
        self.load(MANY)
        users = self.ok_json("users", "list")["users"]
        self.assertEqual([user["handle"] for user in users],
                         ["layla", "maren", "teo"] + [f"user{i:06}" for i in range(USERS)])
        with subprocess.Popen([COMMAND, "users", "list"], env=self.environment,
                              stdout=subprocess.PIPE) as process:
            self.assertIn(b"@layla", process.stdout.readline())
            process.stdout.close()
            self.assertEqual(process.wait(timeout=600), 0)

    def test_arguments(self):
        self.fails(2, "ACTION is missing", "users")
        self.fails(2, "ACTION: it must be ", "users", "drop")
        self.fails(2, "VALUE is missing", "users", "find")
        self.fails(2, "VALUE: it is empty", "users", "find", "")
        self.fails(2, "FILE is missing", "users", "load")
        self.fails(2, "FILE: it is empty", "users", "load", "")
        self.fails(2, "list takes no argument", "users", "list", "x")
        self.fails(3, "no user with handle \\xff in", "groups", b"\xff")
        self.fails(3, "VALUE: no user", "users", "find", b"\xff")
        with open(SEED_USERS, encoding="utf-8") as file:
            self.assertEqual(self.ok("users", "load", "-", stdin=file.read()).out,
                             "standard input: 3 users; 3 added, 0 changed, 0 unchanged\n")
        self.fails(2, "standard input:1: ", "users", "load", "-", stdin="x\n")
        for name in ("Postgres://postgres:p@ss@127.0.0.1/x", "postgres:u:p@ss@h/x",
                     "http://u:p@ss@h/x"):
            self.fails(2, "--users: it must be a file, or a URL that begins with postgres://",
                       "users", "list", "--users", name)

    def test_empty_list(self):
        self.sql("DELETE FROM users")
        self.assertEqual(self.ok_json("users", "list"), {"users": []})
        self.assertEqual(self.ok("users", "list").out, "")

    def test_two_users_of_one_handle(self):
        self.use(server.make_database())
        self.sql(APPLICATION_TABLE)
        self.insert("ann")
        self.insert("ann")
        self.fails(2, "more than one user has the handle ann", "groups", "@ann")

    def test_missing_table_and_columns(self):
        for column in ("handle", "email", "cognito_user_id"):
            self.sql(f"ALTER TABLE users DROP COLUMN {column}")
            self.fails(2, f"column \"{column}\" does not exist", "groups", "@maren")
            self.fails(2, f"column \"{column}\" does not exist", "users", "list")
            self.sql(f"ALTER TABLE users ADD COLUMN {column} text")
        self.sql("DROP TABLE users")
        self.fails(2, "\"cruddur users load\" creates the table", "groups", "@maren")
        self.fails(2, "\"cruddur users load\" creates the table", "users", "list")

    def test_a_table_without_some_values(self):
        self.sql("ALTER TABLE users ALTER display_name DROP NOT NULL, ALTER email DROP NOT NULL; "
                 "UPDATE users SET display_name = NULL, email = NULL WHERE handle = 'teo'")
        self.assertIsNone(self.ok_json("users", "find", "teo")["users"][0]["email"])
        self.ok("new", "--as", "@maren", "--to", "@teo", "Hello!")


class BadServers(DatabaseTest):
    def test_urls(self):
        self.load()
        port = server.port
        for url in ("postgres://postgres:p@ss/w:rd%?@127.0.0.1/x",
                    "postgres://postgres:p%zz@127.0.0.1/x", "postgres://[::1/x",
                    "postgres://127.0.0.1:port/x", "postgres://127.0.0.1/x?nonsense=p@ss",
                    "postgres://p@ss:w@127.0.0.1/x", "postgres://u:p@ss@127.0.0.1/x",
                    "postgres://u:w/p@ss/x",
                    f"postgres://postgres:p%40ss%00@127.0.0.1:{port}/x"):
            for how in ({"CRUDDUR_USERS": url}, None):
                option = () if how else ("--users", url)
                self.fails(2, "it is not a valid URL of PostgreSQL", "groups", "@bayko", *option,
                           env=how)

    def test_keywords_and_parameters(self):
        self.fails(2, "a URL that begins with postgres://", "groups", "@x", "--users",
                   "host=127.0.0.1 password=p@ss")
        self.fails(2, "invalid sslmode", "groups", "@x", "--users", self.url + "?sslmode=nonsense")

    def test_refused(self):
        self.fails(1, "password authentication failed", "groups", "@x", "--users",
                   server.url_of("test_1", password="wrong"))
        self.fails(1, "does not exist", "groups", "@x", "--users", server.url_of("nothing"))
        self.fails(1, "failed", "groups", "@x", "--users", server.url_of("test_1", user="zoe"))
        self.sql("CREATE ROLE zoe LOGIN PASSWORD 'zoe'; CREATE TABLE users (uuid uuid, handle text, "
                 "display_name text, email text, cognito_user_id text)")
        database = self.url.rpartition("/")[2]
        self.fails(1, "permission denied", "users", "list", "--users",
                   server.url_of(database, password="zoe", user="zoe"))
        self.sql("DROP ROLE zoe")

    def test_password_from_elsewhere(self):
        self.load()
        url = self.url.replace(":" + server.encoded_password, "")
        self.fails(1, "no password supplied", "groups", "@bayko", "--users", url)
        self.ok("users", "find", "bayko", "--users", url, env={"PGPASSWORD": server.password})

    def test_unreachable(self):
        self.fails(4, "refused", "groups", "@x", "--users", f"postgres://127.0.0.1:{free_port()}/x")

    def test_no_server_of_postgresql(self):
        """It answers something else, nothing, or nothing for long."""
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                closing = threading.Event()

                def serve():
                    with contextlib.suppress(OSError):
                        while True:
                            connection, _ = listener.accept()
                            with connection:
                                connection.recv(1000)
                                if answer is None:
                                    closing.wait(60)
                                else:
                                    connection.sendall(answer)

                thread = threading.Thread(target=serve, daemon=True)
                thread.start()
                port = listener.getsockname()[1]
                result = self.fails(4, f"--users: postgres://127.0.0.1:{port}/x: ", "groups", "@x",
                                    "--timeout", "1", "--users", f"postgres://127.0.0.1:{port}/x")
                self.assertNotIn("\n", result.err[:-1])
                closing.set()
                listener.shutdown(socket.SHUT_RDWR)
                thread.join(60)

    def test_server_that_went_away(self):
        self.load()
        server.halt()
        self.fails(4, "refused", "groups", "@bayko")
        server.start()
        self.ok("users", "find", "bayko")


if __name__ == "__main__":
    unittest.main()
