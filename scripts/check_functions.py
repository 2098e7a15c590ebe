#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on functions over 60 lines or with a cyclomatic complexity over 15, and prints how long
the functions are on the whole.

It relies on the project's layout: a function's opening brace stands alone in column 1, and so does
its closing brace.
"""
import argparse
import re
import statistics
import subprocess
import sys

LINES_MAX = 60
COMPLEXITY_MAX = 15
BRANCH = re.compile(r"\b(?:if|for|while|case)\b|&&|\|\||\?")
NOISE = re.compile(r'//.*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)


def blank_out(match):
    """Comments and strings do not count; their lines do."""
    return re.sub(r"[^\n]", " ", match.group())


def functions(path):
    with open(path, encoding="utf-8") as file:
        original = file.read().split("\n")
    lines = NOISE.sub(blank_out, "\n".join(original)).split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{" and "(" in "".join(lines[max(0, number - 6):number]):
            start = number
        elif line == "}" and start is not None:
            body = lines[start + 1:number]
            head = next(n for n in range(start - 1, -1, -1) if re.match(r"[A-Za-z_]", lines[n]))
            name = re.search(r"(\w+)\(", " ".join(lines[head:start]))
            yield (f"{path}:{head + 1}: {name.group(1) if name else '?'}", len(body),
                   1 + len(BRANCH.findall("\n".join(body))))
            start = None


def main():
    argparse.ArgumentParser(description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                             "*.c"], check=True, capture_output=True, text=True)
    failed = False
    sizes = []
    for path in listed.stdout.split():
        for where, size, complexity in functions(path):
            sizes.append(size)
            if size > LINES_MAX or complexity > COMPLEXITY_MAX:
                print(f"{where}: {size} lines, complexity {complexity}", file=sys.stderr)
                failed = True
    p90 = statistics.quantiles(sizes, n=10)[-1]
    print(f"{len(sizes)} functions, half of them up to {statistics.median(sizes):.0f} lines, "
          f"nine tenths up to {p90:.0f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
