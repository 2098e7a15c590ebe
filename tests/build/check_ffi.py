#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the example of a language, examples/ffi/, on a store in memory and again and again on one file.
All say the same.

    check_ffi.py LIBRARY EXAMPLES LANGUAGE
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from npm_service import Service, skip  # noqa: E402

COMMANDS = {"luajit": ["luajit", "hello.lua"],
            "php": ["php", "-d", "ffi.enable=1", "hello.php"],
            "ruby": ["ruby", "-w", "hello.rb"],
            "node": ["node", "node/hello.mjs"]}
KOFFI = Service("koffi", "ffi-examples", "examples/ffi/node", ("node", "npm", "bash"))
BEGIN = "created the group of Ben\n"
LINES = "Ben: Ada! How are you?\nAda: Hello, Ben!\n"
END = "watched: Ada! How are you?\nrefused: E_GROUP_NOT_FOUND, group_uuid\n"
RUNS = 3
TIMEOUT_S = 120


def run(command, folder, library, url):
    done = subprocess.run([*command, url], cwd=folder, capture_output=True, text=True,
                          timeout=TIMEOUT_S, env=os.environ | {"CRUDDUR_LIBRARY": library})
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"it printed\n{found}instead of\n{wanted}")


def main(arguments):
    library, folder, language = os.path.abspath(arguments[0]), *arguments[1:]
    command = COMMANDS[language]
    if shutil.which(command[0]) is None:
        skip(f"{command[0]} is not installed")
    if language == "php" and not re.search(
            r"^FFI$", subprocess.run(["php", "-m"], capture_output=True, text=True).stdout,
            re.MULTILINE):
        skip("this PHP has no FFI")
    if language == "node":
        KOFFI.fetch_or_skip()
    expect(run(command, folder, library, "sqlite::memory:"), BEGIN + LINES + END)
    with tempfile.TemporaryDirectory() as store:
        for number in range(1, RUNS + 1):
            found = run(command, folder, library, f"sqlite:{store}/store.db")
            expect(found, BEGIN + LINES * number + END)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
