#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs an example as people do: without an argument, then again and again on one store, which grows
beyond what a page can hold. Each run succeeds, prints something, and writes no error.

With --locked the store is locked by another process for longer than a call's deadline: the example
has to try again.

    run_example.py PROGRAM [--locked]
"""
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading

RUNS = 15
LOCKED_S = 11.0  # the deadline of a call is 10 seconds unless the program sets another


def run(program, folder, *arguments):
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip() or done.stderr:
        sys.exit(f"{program} {' '.join(arguments)}: exit status {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def run_locked(program, folder, url):
    run(program, folder, url)
    other = sqlite3.connect(os.path.join(folder, "store.db"), isolation_level=None,
                            check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(LOCKED_S, other.rollback)
    timer.start()
    print(run(program, folder, url), end="")
    timer.join()
    other.close()


def main(arguments):
    program = os.path.abspath(arguments[0])
    # A power cut may cost the latest messages; there is none.
    url = "sqlite:store.db?synchronous=normal"
    with tempfile.TemporaryDirectory() as folder:
        if arguments[1:] == ["--locked"]:
            run_locked(program, folder, url)
            return 0
        print(run(program, folder), end="")
        for _ in range(RUNS):
            run(program, folder, url)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
