#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the example of a web service against the library of this build folder, and shows its pages
to Debian's Chromium: examples/web/tests/browser/run.mjs.

    test_page.py SOURCE_FOLDER BUILD_FOLDER COMPILER…
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
from npm_service import Service, skip  # noqa: E402
from test_web import NEEDED, run  # noqa: E402

PLAYWRIGHT = Service("playwright-core", "web-page", "examples/web/tests/browser",
                     ("node", "npm", "bash"))


def main(source, build, *compiler):
    example = pathlib.Path(source) / "examples" / "web"
    if shutil.which("chromium") is None:
        skip("there is no Chromium")
    if subprocess.run([os.environ.get("PKG_CONFIG", "pkg-config"), "--exists", *NEEDED],
                      check=False).returncode != 0:
        skip(f"one of these is not installed: {' '.join(NEEDED)}")
    PLAYWRIGHT.fetch_or_skip()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CC": " ".join(compiler),
                       "PKG_CONFIG_PATH": f"{build}/meson-uninstalled"}
        run(["meson", "setup", folder, example, "-Dwerror=true"], env=environment)
        run(["meson", "compile", "-C", folder], env=environment)
        return subprocess.run(
            ["node", example / "tests" / "browser" / "run.mjs", "--service", f"{folder}/cruddur-web",
             "--static", example / "static", "--command", f"{build}/tools/cruddur",
             "--conversation", pathlib.Path(source) / "examples" / "data" / "conversation.txt"],
            check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
