#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""src/archive.sh leaves only visible symbols global, and a program with the same names links with the
result. So it is with objects for link-time optimisation, if the compiler can link such objects.

    check_archive.py ARCHIVE.sh COMPILER…
"""
import os
import subprocess
import sys
import tempfile

HIDDEN = '__attribute__((visibility("hidden"))) int hidden(void);\n'
SOURCES = {
    "hidden.c": HIDDEN + "int hidden(void) { return 7; }\n",
    "visible.c": HIDDEN + "int visible(void);\nint visible(void) { return hidden(); }\n",
    "main.c": "int visible(void);\nint hidden(void);\nint hidden(void) { return 1; }\n"
              "int main(void) { return visible() + hidden() == 8 ? 0 : 1; }\n",
}
WAYS = [[], ["-flto"], ["-flto", "-ffat-lto-objects"]]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def can_link(compiler, flags, folder):
    return subprocess.run([*compiler, *flags, "hidden.c", "-shared", "-fPIC", "-o", "probe.so"],
                          cwd=folder, capture_output=True).returncode == 0


def check(script, compiler, flags, folder):
    objects = ["hidden.o", "visible.o"]
    for name in objects:
        run([*compiler, *flags, "-O2", "-fPIC", "-c", name[:-1] + "c", "-o", name], folder)
    run(["rm", "-f", "in.a"], folder)
    run(["ar", "rcs", "in.a", *objects], folder)
    run([script, "in.a", "out.a", "private", "objcopy", "ar", *compiler], folder)
    names = [line.split()[-1] for line in run(["nm", "-g", "--defined-only", "out.a"], folder)
             .splitlines() if len(line.split()) == 3]
    if names != ["visible"]:
        sys.exit(f"{flags}: global symbols {names}")
    run([*compiler, "main.c", "out.a", "-o", "main"], folder)
    run([os.path.join(folder, "main")], folder)


def main(arguments):
    script, *compiler = arguments
    script = os.path.abspath(script)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in SOURCES.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        for flags in WAYS:
            if flags and not can_link(compiler, flags, folder):
                print(f"not tried: {flags}, with which this compiler does not link")
            else:
                check(script, compiler, flags, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
