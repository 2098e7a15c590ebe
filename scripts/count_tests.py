#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the tests in Meson's logs and prints `N passed, N failed` as its last line.

A Criterion program counts as the tests that it ran, any other as one. A program that Meson calls
failed counts as at least one failure, and so does a Criterion program that ran no test, a log that
is not there, and a setup that failed without a failed test (it did not build, for instance).
"""
import argparse
import json
import os
import re
import sys

SYNTHESIS = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+)")
GOOD = {"OK", "EXPECTEDFAIL"}


def count_program(result):
    """(passed, failed) of one program that Meson ran."""
    is_good = result["result"] in GOOD
    output = result.get("stdout", "") + result.get("stderr", "")
    found = SYNTHESIS.findall(output)
    if not found:
        return (1, 0) if is_good else (0, 1)
    tested, passed, failed = (int(number) for number in found[-1])
    if tested == 0 or (not is_good and failed == 0):
        failed += 1
    return passed, failed


def count_log(path):
    """(passed, failed, names of failed programs) of one of Meson's JSON logs, one object a line."""
    passed = failed = 0
    names = []
    with open(path, encoding="utf-8") as log:
        for line in log:
            result = json.loads(line)
            good, bad = count_program(result)
            passed += good
            failed += bad
            if bad:
                names.append(result["name"])
    return passed, failed, names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--failed-setups", default="")
    parser.add_argument("logs", nargs="*")
    arguments = parser.parse_args()
    failed_setups = set(arguments.failed_setups.split())
    passed = failed = 0
    explained = set()
    for path in arguments.logs:
        setup = os.path.basename(path).removesuffix(".json").split("-")[0]
        if not os.path.exists(path):
            print(f"{setup}: no test ran")
            failed += 1
            explained.add(setup)
            continue
        good, bad, names = count_log(path)
        print(f"{setup}: {good} passed, {bad} failed{': ' if names else ''}{', '.join(names)}")
        passed += good
        failed += bad
        if bad:
            explained.add(setup)
    for setup in sorted(failed_setups - explained):
        print(f"{setup}: failed")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or (passed == 0 and arguments.logs) else 0


if __name__ == "__main__":
    sys.exit(main())
