#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles and runs the C code in the documentation. Each ```c block compiles alone, without a
warning. A block with a main() is linked, and run more than once in a folder that is empty at first.
Where the next block is ```text, it is what the first run prints.

    check_snippets.py LIBRARY SOURCE_FOLDER
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUNS = 3
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def blocks_of(page):
    """Where each C block begins, its code, and the text that follows it, or None."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    found = list(BLOCK.finditer(text))
    for block, following in zip(found, found[1:] + [None]):
        if block.group(1) == "c":
            is_output = following is not None and following.group(1) == "text"
            yield (f"{page}:{text.count(chr(10), 0, block.start()) + 2}", block.group(2),
                   following.group(2) if is_output else None)


def compile_code(code, include, *more):
    # Functions that are shown alone are not called.
    flags = [] if "int main(" in code else ["-Wno-unused-function", "-c", "-o", os.devnull]
    command = [*shlex.split(os.environ.get("CC", "cc")), *WARNINGS, *flags, "-I", include, "-x", "c",
               "-", *more]
    return subprocess.run(command, input=code, capture_output=True, text=True)


def run_program(code, library, include, expected):
    """What is wrong with a program; empty for nothing."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "program")
        built = compile_code(code, include, "-x", "none", library, "-pthread", "-o", program)
        if built.returncode != 0:
            return built.stderr
        environment = os.environ | {"LD_LIBRARY_PATH": os.path.dirname(os.path.abspath(library))}
        for number in range(RUNS):
            done = subprocess.run([program], cwd=folder, capture_output=True, text=True,
                                  env=environment)
            if done.returncode != 0 or done.stderr:
                return (f"run {number + 1}: exit status {done.returncode}\n"
                        f"{done.stdout}{done.stderr}")
            if number == 0 and expected is not None and done.stdout != expected:
                return f"it printed\n{done.stdout}instead of\n{expected}"
    return ""


def main(arguments):
    library, source = arguments
    include = os.path.join(source, "include")
    count = failed = 0
    for page in sorted(glob.glob(f"{source}/*.md") + glob.glob(f"{source}/docs/*.md")):
        for place, code, expected in blocks_of(page):
            count += 1
            wrong = (run_program(code, library, include, expected) if "int main(" in code
                     else compile_code(code, include).stderr)
            if wrong:
                failed += 1
                print(f"{place}: {wrong}")
    print(f"{count} blocks, {failed} wrong")
    return 0 if count and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
