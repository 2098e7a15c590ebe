#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what a build folder has to build for its tests, without those of some suites."""
import argparse
import json
import os
import pathlib

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path, help="the build folder")
parser.add_argument("--no-suite", action="append", default=[], help="as `meson test` has it")


def read(folder, name):
    return json.loads((folder / "meson-info" / f"intro-{name}.json").read_text(encoding="utf-8"))


def main():
    options = parser.parse_args()
    needed = {target for test in read(options.folder, "tests")
              if not {suite.partition(":")[2] for suite in test["suite"]} & set(options.no_suite)
              for target in test["depends"]}
    for target in read(options.folder, "targets"):
        if target["id"] in needed:
            for path in target["filename"]:
                print(os.path.relpath(path, options.folder))


if __name__ == "__main__":
    main()
