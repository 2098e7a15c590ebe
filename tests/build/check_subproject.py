#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds a small project that has the library as a Meson subproject.

    check_subproject.py SOURCE_FOLDER CONSUMER
"""
import os
import shutil
import subprocess
import sys
import tempfile

PROJECT = """
project('guest', 'c', default_options: ['c_std=c11', 'werror=true'])
cruddur = dependency('libcruddur', default_options: ['tools=false', 'default_library=static'])
test('consumer', executable('consumer', 'consumer.c', dependencies: cruddur))
"""

PARTS = ["meson.build", "meson_options.txt", "include", "src", "pkgconfig"]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def main(arguments):
    source, consumer = arguments
    with tempfile.TemporaryDirectory() as folder:
        guest = os.path.join(folder, "guest")
        copy = os.path.join(guest, "subprojects", "libcruddur")
        os.makedirs(copy)
        for part in PARTS:
            path = os.path.join(source, part)
            if os.path.isdir(path):
                shutil.copytree(path, os.path.join(copy, part))
            else:
                shutil.copy(path, copy)
        shutil.copy(consumer, guest)
        with open(os.path.join(guest, "meson.build"), "w", encoding="utf-8") as file:
            file.write(PROJECT)
        run(["meson", "setup", "build", "--wrap-mode=forcefallback",
             "--force-fallback-for=libcruddur"], guest)
        run(["meson", "test", "-C", "build"], guest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
