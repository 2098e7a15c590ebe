#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the tests in Meson's logs. The last line is `N passed, N failed`, and `, N skipped` if a
test was skipped; the reasons are above it.

A Criterion program counts as the tests that it ran, any other program as one. These count as a
failure: a program that Meson calls failed, a program that ran no test, a log that does not exist,
and a setup that failed without a failed test (for instance because it did not build). With
--no-skip a skipped test is a failure, too.
"""
import argparse
import collections
import json
import os
import re
import sys

SYNTHESIS = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+)")
UNITTEST_SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*\bskipped=(\d+)", re.MULTILINE)
UNITTEST_EMPTY = re.compile(r"^Ran 0 tests in .*\n\n(?!OK \(skipped=)", re.MULTILINE)
REASON = re.compile(r"""(?:^skipped: (.*)|\.\.\. skipped (["'])(.*)\2)$""", re.MULTILINE)
GOOD = {"OK", "EXPECTEDFAIL"}


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failed_names = []
        self.reasons = collections.defaultdict(list)  # reason: names of programs

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def count_criterion(found, is_good):
    """(passed, failed) of the last summary that a program printed."""
    tested, passed, failed = (int(number) for number in found[-1])
    if tested == 0 or (not is_good and failed == 0):
        failed += 1
    return passed, failed


def name_of(result):
    """Without the suites, which Meson puts before it."""
    return result["name"].split(" / ")[-1]


def add_skipped(count, name, output, number):
    reasons = {(plain or told).strip(): None for plain, _, told in REASON.findall(output)}
    count.skipped += number
    count.reasons["; ".join(reasons) or "no reason given"].append(name)


def add_program(count, result):
    """Adds one program that Meson ran."""
    output = result.get("stdout", "") + result.get("stderr", "")
    if result["result"] == "SKIP":
        add_skipped(count, name_of(result), output, 1)
        return
    is_good = result["result"] in GOOD and not UNITTEST_EMPTY.search(output)
    found = SYNTHESIS.findall(output)
    passed, failed = count_criterion(found, is_good) if found else (int(is_good), int(not is_good))
    count.passed += passed
    count.failed += failed
    if failed:
        count.failed_names.append(name_of(result))
    skipped = UNITTEST_SKIPPED.search(output)
    if skipped:
        add_skipped(count, name_of(result), output, int(skipped.group(1)))


def count_log(path):
    """The tests of one of Meson's JSON logs, one object a line."""
    count = Count()
    with open(path, encoding="utf-8") as log:
        for line in log:
            add_program(count, json.loads(line))
    return count


def print_setup(setup, count):
    names = f": {', '.join(count.failed_names)}" if count.failed_names else ""
    print(f"{setup}: {count}{names}")
    for reason, programs in count.reasons.items():
        print(f"  skipped ({reason}): {', '.join(programs)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--failed-setups", default="")
    parser.add_argument("--no-skip", action="store_true")
    parser.add_argument("logs", nargs="*")
    arguments = parser.parse_args()
    total = Count()
    explained = set()
    for path in arguments.logs:
        setup = os.path.basename(path).removesuffix(".json").split("-")[0]
        if not os.path.exists(path):
            print(f"{setup}: no test ran")
            total.failed += 1
            explained.add(setup)
            continue
        count = count_log(path)
        print_setup(setup, count)
        total.add(count)
        if count.failed:
            explained.add(setup)
    for setup in sorted(set(arguments.failed_setups.split()) - explained):
        print(f"{setup}: failed")
        total.failed += 1
    if arguments.no_skip:
        total.failed, total.skipped = total.failed + total.skipped, 0
    print(total)
    return 1 if total.failed or (total.passed == 0 and arguments.logs) else 0


if __name__ == "__main__":
    sys.exit(main())
