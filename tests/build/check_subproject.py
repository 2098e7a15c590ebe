#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds a small project that has the library as a Meson subproject: the shared library, the static
one next to it, and the static one alone, as dependency() or default_library asks. Only the library
is built and installed. Two of the projects leave out an engine: its URLs are refused, and neither the
program nor pkg-config needs the libraries that it alone uses.

    check_subproject.py SOURCE_FOLDER CONSUMER PROGRAM_WITHOUT_AN_ENGINE
"""
import os
import shutil
import subprocess
import sys
import tempfile

DEFAULTS = ["c_std=c11", "werror=true", "buildtype=plain"]  # nobody runs it for long
STATIC = "default_library=static"


class Case:
    """Programs, each with the arguments that it adds to dependency(); which of them must contain the
    library; what the project and `meson setup` say about it; the engine that is left out."""

    def __init__(self, programs, static, defaults=(), setup=(), before="", left_out=None):
        self.programs = programs
        self.static = static
        self.defaults = [*DEFAULTS, *defaults]
        self.setup = [*setup, f"-Dlibcruddur:{left_out}=disabled"] if left_out else setup
        self.before = before
        self.left_out = left_out

    def __str__(self):
        return f"{self.programs}, {self.defaults}, {self.setup}"

    def project(self):
        lines = [f"project('guest', 'c', default_options: {self.defaults})", self.before]
        source = "left_out.c" if self.left_out else "consumer.c"
        test_arguments = f", args: ['{self.left_out}']" if self.left_out else ""
        lines += [f"test('{name}', executable('{name}', '{source}', "
                  f"dependencies: dependency('libcruddur'{arguments})){test_arguments})"
                  for name, arguments in self.programs.items()]
        return "\n".join(lines) + "\n"


# dependency() with a kind builds the one library that it asks for first; it takes no default_library
# from Meson 1.6 on.
CASES = [
    Case({"shared": ", static: false", "static": ", static: true"}, ["static"],
         before="subproject('libcruddur', default_options: ['default_library=both'])"),
    Case({"static": ", static: true"}, ["static"]),
    Case({"shared": ", static: false", "usual": ""}, []),
    Case({"usual": ""}, ["usual"], defaults=[STATIC], left_out="dynamodb"),
    Case({"usual": ""}, ["usual"], setup=["-D" + STATIC], left_out="sqlite"),
]

LIBRARIES = {"sqlite": ["sqlite3"], "dynamodb": ["curl", "json-c", "z"]}

PARTS = ["meson.build", "meson_options.txt", "include", "src", "pkgconfig"]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def read_needed(program):
    dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
    return dynamic.stdout


def needs_library(program):
    return "libcruddur.so" in read_needed(program)


def read_package(folder):
    """What pkg-config is told of the library."""
    for place, _, files in os.walk(folder):
        if "libcruddur.pc" in files:
            with open(os.path.join(place, "libcruddur.pc"), encoding="utf-8") as file:
                return file.read()
    return sys.exit("libcruddur.pc was not installed")


def check_libraries(case, program, root):
    """The libraries of the engine that is left out are needed by nothing; the other's are."""
    package, needed = read_package(root), read_needed(program)
    for engine, names in LIBRARIES.items():
        for name in names:
            is_left_out = engine == case.left_out
            if (f"-l{name}" in package) == is_left_out or (f"[lib{name}." in needed) == is_left_out:
                sys.exit(f"{case}: {name}:\n{package}{needed}")


def check(guest, case):
    with open(os.path.join(guest, "meson.build"), "w", encoding="utf-8") as file:
        file.write(case.project())
    build, root = os.path.join(guest, "build"), os.path.join(guest, "root")
    run(["meson", "setup", build, "--wrap-mode=forcefallback",
         "--force-fallback-for=libcruddur", *case.setup], guest)
    run(["meson", "test", "-C", build], guest)
    for name in case.programs:
        if needs_library(os.path.join(build, name)) == (name in case.static):
            sys.exit(f"{case}: {name} was linked with the other library")
    run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", root], guest)
    if case.left_out:
        check_libraries(case, os.path.join(build, "usual"), root)
    programs = [file for folder, _, files in os.walk(root) for file in files
                if os.path.basename(folder) in ("bin", "cruddur") and not file.endswith(".h")]
    if programs:
        sys.exit(f"{case}: installed programs of the subproject: {programs}")
    shutil.rmtree(build)
    shutil.rmtree(root)


def main(arguments):
    source, *programs = arguments
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
        for program in programs:
            shutil.copy(program, guest)
        for case in CASES:
            check(guest, case)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
