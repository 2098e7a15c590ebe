#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts the Lambda function into a zip, with all shared libraries that it needs.

LOADER is the dynamic loader of this machine: it is asked for the libraries, and packed with them.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

LISTED = re.compile(r"\t(\S+) => (/\S+) \(0x[0-9a-f]+\)")
UNCHANGING_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
REGULAR_FILE = 0o100000
UNIX = 3


def libraries_of(program, loader):
    """{name: path} of all that it needs, directly or not."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    listed = subprocess.run([loader, "--list", program], check=True, stdout=subprocess.PIPE,
                            text=True, env=clean).stdout
    if "not found" in listed:
        sys.exit(f"a library is missing:\n{listed}")
    found = dict(LISTED.findall(listed))
    found[os.path.basename(loader)] = loader
    return {os.path.basename(name): path for name, path in found.items()}


def stripped(program):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bootstrap"
        subprocess.run(["strip", "-o", path, program], check=True)
        return path.read_bytes()


def pack(files, output):
    """Writes {name: bytes}, all of them executable, so that equal files make an equal zip."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, UNCHANGING_TIME)
            info.create_system = UNIX
            info.external_attr = (REGULAR_FILE | 0o755) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name], compresslevel=9)
        return archive.infolist()


def report(packed, output):
    rows = [(f"{info.compress_size:,}", f"{info.file_size:,}", info.filename)
            for info in sorted(packed, key=lambda info: -info.file_size)]
    unpacked = sum(info.file_size for info in packed)
    rows = [("zipped", "unpacked", ""), *rows,
            (f"{os.path.getsize(output):,}", f"{unpacked:,}", f"bytes, {len(packed)} files")]
    for row in rows:
        print(f"{row[0]:>12} {row[1]:>12}  {row[2]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", metavar="PROGRAM")
    parser.add_argument("loader", metavar="LOADER")
    parser.add_argument("output", metavar="OUTPUT.zip")
    given = parser.parse_args()
    program, loader, output = given.program, given.loader, given.output
    files = {"lib/" + name: pathlib.Path(path).read_bytes()
             for name, path in libraries_of(program, loader).items()}
    files["bootstrap"] = stripped(program)
    pathlib.Path(output).parent.mkdir(parents=True, exist_ok=True)
    report(pack(files, output), output)


if __name__ == "__main__":
    main()
