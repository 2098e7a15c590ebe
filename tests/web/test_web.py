#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the example of a web service with sanitizers, against the library of this build folder,
which it finds through pkg-config; then runs its tests, and those with another engine and other users.

    test_web.py SOURCE_FOLDER BUILD_FOLDER COMPILER…
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = ("glib-2.0", "libmicrohttpd", "jansson", "libpq", "libcurl")
SKIPPED = 77


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def main(source, build, *compiler):
    example = pathlib.Path(source) / "examples" / "web"
    if subprocess.run([os.environ.get("PKG_CONFIG", "pkg-config"), "--exists", *NEEDED],
                      check=False).returncode != 0:
        print("one of these is not installed:", *NEEDED)
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CC": " ".join(compiler),
                       "PKG_CONFIG_PATH": f"{build}/meson-uninstalled"}
        run(["meson", "setup", folder, example, "-Dwerror=true", "-Dbuildtype=debug",
             "-Db_sanitize=address,undefined", "-Db_lundef=false"], env=environment)
        run(["meson", "compile", "-C", folder], env=environment)
        environment = {**os.environ, "CRUDDUR_WEB": f"{folder}/cruddur-web",
                       "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "halt_on_error=1"}
        codes = [subprocess.run([sys.executable, "-B", tests], env=environment, check=False).returncode
                 for tests in (example / "tests" / "test_service.py", HERE / "elsewhere.py")]
        return max(map(abs, codes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
