#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The declarations for other languages are those of the headers: nothing has drifted, nothing that
the library exports is missing, and the check itself notices a change.

    check_declarations.py SOURCE_FOLDER
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MADE = ("python/cruddur/_constants.py", "python/cruddur/_declarations.py",
        "examples/ffi/cruddur.cdef")
# What a header may come to have: a field, a function, an argument of another type, a status.
CHANGES = (
    ("user.h", "const char *handle;", "const char *handle; uint32_t age;"),
    ("time.h", "CRUDDUR_API int64_t cruddur_time_now_us(void);",
     "CRUDDUR_API int64_t cruddur_time_now_us(void); CRUDDUR_API void cruddur_time_pass(void);"),
    ("scan.h", "size_t attribute);", "uint32_t attribute);"),
    ("error.h", "X(E_NO_MEMORY, 1,", "X(E_NO_MEMORY, 9,"),
)
UNKNOWN = ("time.h", "CRUDDUR_API int64_t cruddur_time_now_us(void);",
           "CRUDDUR_API int64_t (*cruddur_time_now_us)(void);")


def check(source):
    done = subprocess.run([sys.executable, "-B", source / "scripts" / "declarations.py", "--check"],
                          capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def faults_of_changes(source):
    """Each change must be noticed, in a copy of what the script reads and writes."""
    for name, before, after in (*CHANGES, UNKNOWN):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            shutil.copytree(source / "include", copy / "include")
            shutil.copytree(source / "scripts", copy / "scripts")
            for made in MADE:
                (copy / made).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source / made, copy / made)
            header = copy / "include" / "cruddur" / name
            text = header.read_text(encoding="utf-8")
            if before not in text:
                yield f"{name} has no {before!r}: this test needs another change"
            header.write_text(text.replace(before, after), encoding="utf-8")
            status, output = check(copy)
            if status == 0:
                yield f"{after!r} in {name} is not noticed:\n{output}"


def faults_of_exports(source):
    exported = set(re.findall(r"^    cruddur_(\w+);", (source / "src" / "libcruddur.map").read_text(),
                              re.MULTILINE))
    declared = set(re.findall(r'^    "(\w+)": ', (source / MADE[1]).read_text(), re.MULTILINE))
    for name in sorted(exported ^ declared):
        yield f"cruddur_{name} is only {'exported' if name in exported else 'declared'}"


def main(arguments):
    source = pathlib.Path(arguments[0])
    status, output = check(source)
    print(output, end="")
    faults = [*faults_of_exports(source), *faults_of_changes(source)]
    print("".join(f"{fault}\n" for fault in faults), end="")
    return 1 if status or faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
