#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a PostgreSQL server of its own, in a temporary folder, on a free port of the loopback.

    postgresql.py          prints the URL of an empty database, and runs until it is ended

As a module: see PostgreSQL. The server ends with the program that started it.
"""
import atexit
import csv
import io
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from npm_service import skip

SUPERUSER = "postgres"
START_S = 60
TRIES = 5
# Small, and not safe from a crash of the machine. What is committed outlives one of the server.
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "20",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "unix_socket_directories": "",
    "wal_level": "minimal",
}


def find_programs():
    """The folder of initdb and postgres, the newest if there are several; None if there is none.
    Debian does not have them on the PATH."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                     key=lambda path: int(path.parent.parent.name.split(".")[0]))
    found = folders[-1] if folders else shutil.which("postgres")
    return None if found is None else pathlib.Path(found).parent


def free_port():
    """Below the ports that the system gives to those who ask for any (scripts/service.sh)."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def find_account():
    """The account that the server runs under: it refuses root. None: that of this process."""
    if os.geteuid() != 0:
        return None
    for name in (SUPERUSER, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return skip("PostgreSQL does not run as root, and there is no account for it")


class PostgreSQL:
    """A server; `url` names its first database, which is empty.

        server = PostgreSQL()
        url = server.make_database()
        server.sql(url, "SELECT handle FROM users")   # [["ann"], ["bob"]]
        server.stop()                                 # or at the end of the program

    Ends the test program as skipped if PostgreSQL is not installed."""

    # Characters that a URL must percent-encode.
    password = "p@ss/w:rd%?"
    encoded_password = "p%40ss%2Fw%3Ard%25%3F"

    def __init__(self):
        self.programs = find_programs()
        if self.programs is None:
            skip("PostgreSQL is not installed")
        self.account = find_account()
        self.process = None
        self.port = None
        self.count = 0
        self.folder = tempfile.mkdtemp(prefix="cruddur-postgresql-")
        atexit.register(self.stop)
        try:
            self.make_cluster()
            self.start()
        except BaseException:
            self.stop()
            raise
        self.url = self.make_database()

    def as_account(self, *command):
        """The command, as the account. It ends when this process does."""
        how = ["setpriv", "--pdeathsig", "TERM"]
        if self.account is not None:
            how += [f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}",
                    "--clear-groups"]
        return [*how, *command]

    def make_cluster(self):
        """Every connection needs a password."""
        secret = os.path.join(self.folder, "password")
        with open(secret, "w", encoding="ascii") as file:
            file.write(self.password + "\n")
        if self.account is not None:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            os.chown(secret, self.account.pw_uid, self.account.pw_gid)
        subprocess.run(self.as_account(
            self.programs / "initdb", "--pgdata", os.path.join(self.folder, "data"), "--username",
            SUPERUSER, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8",
            "--locale", "C", "--no-sync", "--no-instructions"),
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

    def start(self):
        """Starts the server; on the same port if it has run before."""
        for _ in range(TRIES):
            port = self.port or free_port()
            settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": port}.items()]
            with open(os.path.join(self.folder, "log"), "ab") as log:
                self.process = subprocess.Popen(
                    self.as_account(self.programs / "postgres", "-D",
                                    os.path.join(self.folder, "data"), *settings),
                    cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True)
            if self.wait_until_ready(port):
                self.port = port
                return
        sys.exit("PostgreSQL does not start: " + self.log()[-2000:])

    def log(self):
        return pathlib.Path(self.folder, "log").read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, port):
        """False if the server has ended: another program may have got the port."""
        until = time.monotonic() + START_S
        while self.process.poll() is None and time.monotonic() < until:
            done = subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                                   str(port)], stdin=subprocess.DEVNULL, check=False)
            if done.returncode == 0 and self.process.poll() is None:
                return True
            time.sleep(0.05)
        return False

    def halt(self):
        """Ends the server without a word to its clients. start() starts it again."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(START_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def stop(self):
        """Ends the server, and removes its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url_of(self, database, password=None, user=SUPERUSER):
        return (f"postgres://{user}:{password or self.encoded_password}@127.0.0.1:{self.port}"
                f"/{database}")

    def make_database(self):
        """Makes an empty database, and returns its URL."""
        self.count += 1
        name = f"test_{self.count}"
        self.sql(self.url_of("postgres"), f"CREATE DATABASE {name}")
        return self.url_of(name)

    def sql(self, url, text):
        """Runs statements, in one transaction if there are several. Returns the rows of the last
        one, as lists of texts; NULL is empty."""
        database = url.rpartition("/")[2]
        done = subprocess.run(
            [self.programs / "psql", "-X", "-q", "--csv", "-t", "-v", "ON_ERROR_STOP=1", "-h",
             "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database, "-c", text],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**os.environ, "PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"})
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [row or [""] for row in csv.reader(io.StringIO(done.stdout))]


def main():
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    server = PostgreSQL()
    print(server.url, flush=True)
    try:
        code = server.process.wait()
        sys.exit(f"PostgreSQL has ended with {code}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
