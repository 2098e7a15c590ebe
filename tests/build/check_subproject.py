#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds a small project that has the library as a Meson subproject: the shared library, the static
one next to it, and the static one alone. Only the library is built and installed.

    check_subproject.py SOURCE_FOLDER CONSUMER
"""
import os
import shutil
import subprocess
import sys
import tempfile

PROJECT = """
project('guest', 'c', default_options: ['c_std=c11', 'werror=true'])
SUBPROJECT
foreach name, is_static : NEEDS
  test(name, executable(name, 'consumer.c',
    dependencies: dependency('libcruddur', static: is_static)))
endforeach
"""

# What is asked for by name of the program, and what comes before that. dependency() alone builds the
# one library that it asks for first; it takes no default_library from Meson 1.6 on.
CASES = [
    ({"shared": False, "static": True},
     "subproject('libcruddur', default_options: ['default_library=both'])"),
    ({"static": True}, ""),
    ({"shared": False}, ""),
]

PARTS = ["meson.build", "meson_options.txt", "include", "src", "pkgconfig"]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def needs_library(program):
    dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
    return "libcruddur.so" in dynamic.stdout


def describe(needs, subproject):
    pairs = ", ".join(f"'{name}': {str(static).lower()}" for name, static in needs.items())
    return PROJECT.replace("NEEDS", f"{{{pairs}}}").replace("SUBPROJECT", subproject)


def check(guest, needs, subproject):
    with open(os.path.join(guest, "meson.build"), "w", encoding="utf-8") as file:
        file.write(describe(needs, subproject))
    build, root = os.path.join(guest, "build"), os.path.join(guest, "root")
    run(["meson", "setup", build, "--wrap-mode=forcefallback",
         "--force-fallback-for=libcruddur"], guest)
    run(["meson", "test", "-C", build], guest)
    for name, is_static in needs.items():
        if needs_library(os.path.join(build, name)) == is_static:
            sys.exit(f"{needs}: {name} was linked with the other library")
    run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", root], guest)
    programs = [file for folder, _, files in os.walk(root) for file in files
                if os.path.basename(folder) in ("bin", "cruddur") and not file.endswith(".h")]
    if programs:
        sys.exit(f"{needs}: installed programs of the subproject: {programs}")
    shutil.rmtree(build)
    shutil.rmtree(root)


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
        for needs, subproject in CASES:
            check(guest, needs, subproject)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
