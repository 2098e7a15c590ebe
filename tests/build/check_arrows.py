#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rooms of the library include each other in one direction only (docs/architecture.md), and
the rules read rows in one place, which passes over those of other programs.

    check_arrows.py SOURCE_FOLDER
"""
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# What each room may include, beside itself. An engine is a room below store/.
ROOMS = {
    "base": set(),
    "async": {"base"},
    "model": {"base"},
    "store": {"model", "base"},
    "messaging": {"store", "model", "base"},
    "listing": {"messaging", "store", "model", "base"},
    "processor": {"messaging", "store", "model", "base"},
    "transfer": {"store", "model", "base"},
    "watch": {"messaging", "store", "model", "base"},
    "cruddur": {"async", "watch", "listing", "processor", "transfer", "messaging", "store", "model", "base"},
    "aws": {"aws/providers", "base"},
    "aws/providers": {"aws", "base"},
}
ENGINE = {"store", "model", "aws", "base"}

# The one place that knows which engines there are.
ENGINES_LISTED_IN = "store/open.c"

# What the rules call in one place only.
READS = re.compile(r"ops->(get|query)\b")
READS_IN = "messaging/rows.c"

# System headers that belong to one room.
OWNED = {"sqlite3.h": {"store/sqlite"}, "openssl": {"base", "model", "aws", "aws/providers"},
         "curl": {"aws"}, "json-c": {"aws", "store/dynamodb"}, "zlib.h": {"aws"},
         "utf8proc.h": {"model"}}

C_HEADERS = {"assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits",
             "locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic", "stdbool",
             "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads",
             "time", "uchar", "wchar", "wctype"}


def files_below(folder):
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(parent, name), folder)


def includes(path):
    with open(path, encoding="utf-8") as file:
        return INCLUDE.findall(file.read())


def room_of(path):
    return os.path.dirname(path)


def allowed_rooms(room):
    if room in ROOMS:
        return ROOMS[room] | {room}
    return ENGINE | {room} if re.fullmatch(r"store/\w+", room) else set()


def check_source(path, mark, target):
    """What is wrong with an include in src/; None for nothing."""
    room = room_of(path)
    if mark == '"':
        is_engine = target.endswith("/engine.h") and path == ENGINES_LISTED_IN
        if room_of(target) not in allowed_rooms(room) and not is_engine:
            return f"{room} must not include {room_of(target) or 'this'}"
        return None
    owners = OWNED.get(target.split("/")[0])
    if owners is not None and room not in owners:
        return f"only {', '.join(sorted(owners))} may include this"
    return None


def check_public(path, mark, target):
    is_ours = re.fullmatch(r"cruddur/\w+\.h", target)
    is_standard = target.endswith(".h") and target[:-2] in C_HEADERS
    if mark == "<" and (is_ours or is_standard):
        return None
    return "a public header includes standard C headers and public headers only"


# The one part of the tools that knows more than the public headers, so that requests are signed and
# repeated in one place.
CLIENT = "cognito/"


def check_outside(path, mark, target):
    """Tools and examples know the public headers only; the Cognito client also the AWS room."""
    if path.startswith(CLIENT) and room_of(target) in ("aws", "base"):
        return None
    rooms = {room.split("/")[0] for room in ROOMS} - {"cruddur"}
    if target.split("/")[0] in rooms or (mark == '"' and target == "cruddur/entry.h"):
        return "only public headers of the library"
    return None


def find_reads(folder):
    """Where the rules read past the place that knows which rows are ours."""
    for path in files_below(folder):
        if room_of(path) == "messaging":
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                yield path, bool(READS.search(file.read()))


def check_reads(folder):
    reads = dict(find_reads(folder))
    problems = [f"src/{path}: only {READS_IN} may call get and query"
                for path, is_reading in reads.items() if is_reading and path != READS_IN]
    if not reads.get(READS_IN, False):
        problems.append(f"src/{READS_IN}: reads nothing; look for the place that does")
    return problems


def main(arguments):
    (source,) = arguments
    problems = check_reads(os.path.join(source, "src"))
    count = 0
    for part, check in (("src", check_source), ("include", check_public),
                        ("tools", check_outside), ("examples", check_outside)):
        for path in files_below(os.path.join(source, part)):
            for mark, target in includes(os.path.join(source, part, path)):
                count += 1
                problem = check(path, mark, target)
                if problem is not None:
                    problems.append(f"{part}/{path}: {target}: {problem}")
    for problem in problems:
        print(problem)
    print(f"{count} includes, {len(problems)} wrong")
    return 0 if count > 100 and not problems else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
