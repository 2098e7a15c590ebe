#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs an example in an empty folder: it comes to a good end, prints something, complains of nothing.

    run_example.py PROGRAM
"""
import os
import subprocess
import sys
import tempfile


def main(arguments):
    (program,) = arguments
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([os.path.abspath(program)], cwd=folder, capture_output=True,
                              text=True)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return 0 if done.returncode == 0 and done.stdout.strip() and not done.stderr else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
