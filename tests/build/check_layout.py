#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No field can slip into a public struct: src/cruddur/layout.c compiles for processors of 32 and 64
bits, and does not once a field is inserted anywhere.

    check_layout.py SOURCE_FOLDER
"""
import os
import re
import shlex
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


class Header:
    """Its public structs, and the places behind each of their fields."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.places = [(struct.group(1), [struct.start(2) + field.end()
                                          for field in FIELD.finditer(struct.group(2))])
                       for struct in STRUCT.finditer(self.text)]

    def insert(self, kind, number):
        """Writes the header with one field more in each struct that has so many. Returns these, each
        with its lines in what was written."""
        chosen = [(name, at[number]) for name, at in self.places if number < len(at)]
        text = self.text
        for _, at in reversed(chosen):
            text = f"{text[:at]}    {kind} inserted;\n{text[at:]}"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        names = {name for name, _ in chosen}
        return [(struct.group(1), text.count("\n", 0, struct.start()) + 1,
                 text.count("\n", 0, struct.end()) + 1)
                for struct in STRUCT.finditer(text) if struct.group(1) in names]

    def is_noticed(self, struct, first, last, errors):
        """By the struct's size, or since it has padding."""
        lines = re.findall(rf"/{re.escape(self.name)}:(\d+):\d+: error: padding", errors)
        return (f"{struct} has another size" in errors or
                any(first <= int(line) <= last for line in lines))


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
    """Compiles with one field more at each place: at the first of each struct, at the second, and so
    on, since each struct is complained of by its own name. No struct contains another one."""
    include = os.path.join(folder, "include")
    shutil.copytree(os.path.join(source, "include"), include)
    command = shlex.split(os.environ.get("CC", "cc"))
    if not compiles(command, source, include)[0]:
        sys.exit("layout.c does not compile")
    headers = [Header(os.path.join(include, "cruddur", name))
               for name in sorted(os.listdir(os.path.join(include, "cruddur")))]
    longest = max(len(at) for header in headers for _, at in header.places)
    count = unnoticed = 0
    for kind in ("uint32_t", "uint8_t"):
        for number in range(longest):
            inserted = [(header, header.insert(kind, number)) for header in headers]
            errors = compiles(command, source, include)[1]
            for header, structs in inserted:
                for struct, first, last in structs:
                    count += 1
                    if not header.is_noticed(struct, first, last, errors):
                        unnoticed += 1
                        print(f"{header.name}: a {kind} behind field {number + 1} of {struct} goes "
                              "unnoticed")
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
