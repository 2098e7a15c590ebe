# SPDX-License-Identifier: MIT
"""Services from npm packages that tests run beside: fetched once, or the test is skipped."""
import fcntl
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77  # what Meson takes for a skipped test
RETRY_S = 600  # until then a failure to fetch is final: each try can take a minute


class Service:
    """A script that runs the service, and fetches its npm package into a folder with --fetch."""

    def __init__(self, name, script, folder, programs):
        self.name = name
        self.script = ROOT / "scripts" / script
        self.failed = ROOT / folder / "node_modules" / ".failed"  # scripts/needs.sh writes it
        self.lock = ROOT / folder / ".fetch.lock"
        self.programs = programs

    def recent_failure(self):
        try:
            if time.time() - self.failed.stat().st_mtime < RETRY_S:
                return self.failed.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            pass
        return None

    def fetch(self):
        """Fetches the package unless that has been done. Returns why the service cannot run, or
        None. Tests that run at the same time do this one after the other."""
        for program in self.programs:
            if shutil.which(program) is None:
                return f"{self.name} needs {program}, which is not installed"
        try:
            with open(self.lock, "w", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                failure = self.recent_failure() or self.fetch_now()
        except OSError as error:  # such as a tree that this user cannot write to
            failure = error
        return None if failure is None else f"{self.name} cannot be fetched: {failure}"

    def fetch_now(self):
        """Returns the last line of the output if the package cannot be fetched, else None."""
        done = subprocess.run([self.script, "--fetch"], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        lines = done.stdout.strip().splitlines() or ["no reason given"]
        return None if done.returncode == 0 else lines[-1]

    def fetch_or_skip(self):
        """Ends the test program if the service cannot run."""
        reason = self.fetch()
        if reason is not None:
            skip(reason)


def skip(reason):
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


DYNAMODB_LOCAL = Service("DynamoDB Local", "dynamodb-local", "tests/dynamodb/local",
                         ("java", "npm", "bash"))
DYNALITE = Service("dynalite", "dynalite", "tests/dynamodb/dynalite", ("node", "npm", "bash"))
COGNITO_LOCAL = Service("cognito-local", "cognito-local", "tests/cognito/local",
                        ("node", "npm", "bash"))
