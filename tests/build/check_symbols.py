#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shared library exports what the public headers declare, and the version script lists, and
nothing else.

    check_symbols.py LIBRARY VERSION_SCRIPT HEADER…
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


def exported(library):
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                            capture_output=True, text=True).stdout
    names = set()
    for line in output.splitlines():
        kind, name = line.split()[-2:]
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
    library, script, *headers = arguments
    wanted = declared(headers)
    strangers = {name for name in exported(library) if not name.startswith("cruddur_")}
    for name in sorted(strangers):
        print(f"{name} is exported and has not our prefix")
    good = compare(wanted, exported(library), "exported", "by the library")
    good = compare(wanted, listed(script), "listed", "in the version script") and good
    print(f"{len(wanted)} functions are declared")
    return 0 if good and wanted and not strangers else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
