#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No field can slip into a public struct: src/cruddur/layout.c compiles for processors of 32 and 64
bits, and does not once a field is inserted anywhere.

    check_layout.py SOURCE_FOLDER
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TARGETS = ["x86_64-linux-gnu", "aarch64-linux-gnu", "i386-linux-gnu", "armv7-linux-gnueabihf",
           "riscv32-unknown-elf"]
STRUCT = re.compile(r"^typedef struct (cruddur_\w+) \{\n(.*?)^\} \1;", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^    [a-z].*;\n", re.MULTILINE)
FEWEST_FIELDS = 80  # so that a change of the layout of the headers does not hide them all


def compiles(command, source, include):
    done = subprocess.run([*command, "-std=c11", "-fsyntax-only", "-I", include, "-I",
                           os.path.join(source, "src"),
                           os.path.join(source, "src", "cruddur", "layout.c")],
                          capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def places(text):
    """Behind each field of each public struct: the struct's name, and where that is."""
    for struct in STRUCT.finditer(text):
        for field in FIELD.finditer(struct.group(2)):
            yield struct.group(1), struct.start(2) + field.end()


def check_targets(source):
    """Clang knows the layouts of processors that it does not run on."""
    if shutil.which("clang") is None:
        print("no clang: other processors were left out")
        return True
    good = True
    for target in TARGETS:
        compiled, errors = compiles(["clang", "-target", target, "-ffreestanding"], source,
                                    os.path.join(source, "include"))
        good = compiled and good
        print(f"{target}: {'as in 0.2' if compiled else errors}")
    return good


def check_insertions(source, folder):
    """Compiles with one field more at each place."""
    include = os.path.join(folder, "include")
    shutil.copytree(os.path.join(source, "include"), include)
    command = [os.environ.get("CC", "cc")]
    count = unnoticed = 0
    if not compiles(command, source, include)[0]:
        sys.exit("layout.c does not compile")
    for name in sorted(os.listdir(os.path.join(include, "cruddur"))):
        path = os.path.join(include, "cruddur", name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for struct, at in places(text):
            for kind in ("uint32_t", "uint8_t"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"{text[:at]}    {kind} inserted;\n{text[at:]}")
                count += 1
                if compiles(command, source, include)[0]:
                    unnoticed += 1
                    print(f"{name}:{text.count(chr(10), 0, at) + 1}: a {kind} in {struct} goes "
                          "unnoticed")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    print(f"{count} insertions, {unnoticed} unnoticed")
    return count >= 2 * FEWEST_FIELDS and not unnoticed


def main(arguments):
    (source,) = arguments
    good = check_targets(source)
    with tempfile.TemporaryDirectory() as folder:
        good = check_insertions(source, folder) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
