#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shared library exports what the public headers declare and the version script lists, and
nothing else. The same functions are all that the static library adds to a program's names.

    check_symbols.py LIBRARY ARCHIVE VERSION_SCRIPT HEADER…
"""
import re
import subprocess
import sys

DECLARATION = re.compile(r"\b(cruddur_\w+)\s*\(")
EXPORTED = re.compile(r"^\s*(\w+);", re.MULTILINE)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def declared(headers):
    names = set()
    for path in headers:
        with open(path, encoding="utf-8") as file:
            text = without_comments(file.read())
        text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.DOTALL | re.MULTILINE)
        for statement in text.split(";"):
            if "CRUDDUR_API" in statement:
                names.add(DECLARATION.search(statement).group(1))
    return names


def listed(path):
    with open(path, encoding="utf-8") as file:
        text = without_comments(file.read())
    return set(EXPORTED.findall(text.split("local:")[0].split("global:")[-1]))


def exported(*command):
    """The names in the output of nm."""
    output = subprocess.run(["nm", "--defined-only", *command], check=True, capture_output=True,
                            text=True).stdout
    names = set()
    for line in output.splitlines():
        if len(line.split()) != 3:  # the heading of an archive's member
            continue
        _, kind, name = line.split()
        if kind != "A":  # the version's own name
            names.add(name.split("@")[0])
    return names


def compare(wanted, found, what, where):
    for name in sorted(wanted - found):
        print(f"{name} is declared and not {what} {where}")
    for name in sorted(found - wanted):
        print(f"{name} is {what} {where} and not declared")
    return wanted == found


def main(arguments):
    library, archive, script, *headers = arguments
    wanted = declared(headers)
    strangers = {name for name in exported("-D", library) if not name.startswith("cruddur_")}
    for name in sorted(strangers):
        print(f"{name} is exported and has not our prefix")
    good = compare(wanted, exported("-D", library), "exported", "by the library")
    good = compare(wanted, exported("-g", archive), "global", "in the archive") and good
    good = compare(wanted, listed(script), "listed", "in the version script") and good
    print(f"{len(wanted)} functions are declared")
    return 0 if good and wanted and not strangers else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
