#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs everything into a temporary folder. The installed programs start from there. A program
outside the tree finds the library with pkg-config alone, and is linked with the shared library, then
with the static one as README.md says, then with the static one where there is no other.

    check_install.py BUILD_FOLDER CONSUMER
"""
import glob
import os
import shlex
import subprocess
import sys
import tempfile

EXPECTED = "Ben: hello ("


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def find(root, name):
    found = glob.glob(f"{root}/**/{name}", recursive=True)
    if len(found) != 1:
        sys.exit(f"{name} was installed {len(found)} times")
    return found[0]


def pkg_config(root, *arguments):
    """Asks pkg-config, which sees no package but ours."""
    environment = os.environ | {
        "PKG_CONFIG_SYSROOT_DIR": root,
        "PKG_CONFIG_LIBDIR": os.path.dirname(find(root, "libcruddur.pc")),
        "PKG_CONFIG_PATH": "",
    }
    return run(["pkg-config", *arguments, "libcruddur"], env=environment)


def build(root, consumer, program, *options, library="-lcruddur"):
    flags = pkg_config(root, "--cflags", "--libs", *options).replace("-lcruddur", library)
    if root not in flags:
        sys.exit(f"pkg-config leads elsewhere: {flags}")
    run([*shlex.split(os.environ.get("CC", "cc")), consumer, "-o", program, *shlex.split(flags)])


def expect(program, environment):
    output = run([program], env=environment)
    if not output.startswith(EXPECTED):
        sys.exit(f"unexpected output: {output}")


def needs_library(program):
    return "libcruddur.so" in run(["readelf", "-d", program])


def start_programs(root, environment):
    """Starts what was installed, without any help to find the library."""
    if not run([find(root, "bin/cruddur"), "--version"], env=environment).startswith("cruddur "):
        sys.exit("the installed command does not tell its version")
    if needs_library(find(root, "cruddur-lambda")):
        sys.exit("the installed Lambda function needs the shared library")


def main(arguments):
    build_folder, consumer = arguments
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    with tempfile.TemporaryDirectory() as root:
        run(["meson", "install", "-C", build_folder, "--destdir", root, "--no-rebuild"])
        library = find(root, "libcruddur.so.0.2")
        program = os.path.join(root, "consumer")
        start_programs(root, environment)

        build(root, consumer, program)
        if not needs_library(program):
            sys.exit("the program was not linked with the shared library")
        expect(program, environment | {"LD_LIBRARY_PATH": os.path.dirname(library)})

        build(root, consumer, program, "--static", library="-l:libcruddur.a")
        if needs_library(program):
            sys.exit("the program was not linked with the static library beside the shared one")
        expect(program, environment)

        for name in glob.glob(f"{os.path.dirname(library)}/libcruddur.so*"):
            os.remove(name)
        build(root, consumer, program, "--static")
        if needs_library(program):
            sys.exit("the program was not linked with the static library")
        expect(program, environment)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
