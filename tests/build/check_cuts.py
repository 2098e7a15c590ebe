#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Text in a message is cut between characters: with CR_CUT and "%.*s". A precision in the format
string, as in "%.40s", counts bytes and can end inside a character.
Usage: check_cuts.py SOURCE_ROOT"""
import pathlib
import re
import sys

CUT = re.compile(r"%[-+ #0]*(\d+|\*)?\.\d+s")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def blank(match):
    return "\n" * match.group().count("\n")


def cuts_of(text):
    """The numbers of the lines that have one outside of comments."""
    lines = COMMENT.sub(blank, text).split("\n")
    return [number for number, line in enumerate(lines, 1) if CUT.search(line)]


def main():
    sample = '/* "%.40s"\n */\nprintf("%s %-8.40s", a, b);\nprintf("%.*s %d%%", c, d, e);'
    assert cuts_of(sample) == [3]
    files = sorted(pathlib.Path(sys.argv[1], "src").rglob("*.[ch]"))
    found = [f"{path}:{number}: cuts inside characters: use CR_CUT (src/base/print.h)"
             for path in files for number in cuts_of(path.read_text(encoding="utf-8"))]
    print("\n".join(found) or f"{len(files)} files cut between characters")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
