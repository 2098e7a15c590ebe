#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The scripts a person meets first: help, wrong arguments, and what they do where something is
missing. Nothing is installed or built.

A folder of links stands for the PATH of another system. In it apt-get and sudo only write down that
they were called.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(ROOT / "tests" / "support"))
from npm_service import Service  # noqa: E402

SHELL_SCRIPTS = sorted(path for path in SCRIPTS.iterdir()
                       if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash"))
PYTHON_SCRIPTS = sorted(path for path in SCRIPTS.iterdir()
                        if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env python3"))
TOOLS = ("awk", "basename", "bash", "cat", "cmp", "cp", "cut", "date", "dirname", "env", "grep",
         "head", "id", "mkdir", "mktemp", "rm", "sed", "sort", "tail", "tee", "touch", "tr", "uname")
NEEDED = ("cc", "c++", "gcc", "g++", "ar", "as", "ld", "meson", "ninja", "pkg-config", "python3",
          "openssl", "mypy", "luajit", "node", "chromium", "php", "ruby")
MISUSES = {"test": ["plian"], "demo": ["--dynamo"], "fuzz": ["replies"], "bench": ["embeded"],
           "format": ["--chekc"], "lint": ["x"], "dynamodb-local": ["--fetsch"],
           "dynalite": ["--fetsch"], "cognito-local": ["--fetsch"], "under-load": ["many"], "late-delivery": ["atomics"],
           "package-lambda": ["--mesure"], "world": ["--mode", "atomics"],
           "test-fresh": ["woody"], "ffi-examples": ["--fetsch"], "wheel": ["--here"],
           "web-page": ["--fetsch"], "library-size": ["--verbsoe"]}


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "bin"
        self.path.mkdir()
        self.calls = self.folder / "calls"
        self.link(*TOOLS)

    def link(self, *names):
        for name in names:
            found = shutil.which(name)
            if found is not None:
                (self.path / name).symlink_to(found)

    def fake(self, name, body='echo "${0##*/} $*" >>"$CALLS"\nexit 1\n'):
        (self.path / name).write_text("#!/bin/bash\n" + body)
        (self.path / name).chmod(0o755)

    def run_here(self, *arguments, path=None, **more):
        environment = {"PATH": path or str(self.path), "HOME": str(self.folder),
                       "CALLS": str(self.calls), **more}
        return subprocess.run(arguments, env=environment, cwd=self.folder, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def need(self, *groups, **more):
        """What `need` does in a script."""
        return self.run_here("bash", "-c", f'. "{SCRIPTS}/common.sh"; need "$@"; echo "goes on"',
                             "some-script", *groups, **more)

    def assert_nothing_was_called(self):
        self.assertFalse(self.calls.exists(), self.calls.exists() and self.calls.read_text())


class Arguments(ScriptTest):
    def setUp(self):
        super().setUp()
        for name in ("apt-get", "sudo", "npm", "meson", "ninja", "mmdebstrap"):
            self.fake(name)

    def test_help(self):
        for script in SHELL_SCRIPTS:
            for option in ("--help", "-h"):
                done = self.run_here(script, option)
                self.assertEqual((done.returncode, done.stderr), (0, ""), script)
                self.assertNotIn("SPDX", done.stdout)
                self.assertNotIn("common.sh", done.stdout)
                if script.name != "lint":
                    self.assertIn(f"scripts/{script.name} ", done.stdout)
        self.assert_nothing_was_called()

    def test_python_scripts(self):
        for script in PYTHON_SCRIPTS:
            done = self.run_here(sys.executable, "-B", script, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), script)
            self.assertIn(f"usage: {script.name} ", done.stdout)
            done = self.run_here(sys.executable, "-B", script, "--foo")
            self.assertEqual((done.returncode, done.stdout), (2, ""), script)

    def test_help_after_other_arguments(self):
        done = self.run_here(SCRIPTS / "test", "plain", "--help")
        self.assertEqual(done.returncode, 0)
        self.assert_nothing_was_called()

    def test_wrong_arguments(self):
        self.assertEqual(set(MISUSES), {script.name for script in SHELL_SCRIPTS})
        for name, arguments in MISUSES.items():
            done = self.run_here(SCRIPTS / name, *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), name)
            self.assertIn(f"scripts/{name}: ", done.stderr)
        done = self.run_here(SCRIPTS / "bench", "embedded", "--foo")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("there is no option --foo", done.stderr)
        done = self.run_here(SCRIPTS / "test", "plain", "valgrnid")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no setup valgrnid", done.stderr)
        done = self.run_here(SCRIPTS / "late-delivery", "--sends", "many")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--sends needs a number", done.stderr)
        self.assert_nothing_was_called()


class Needs(ScriptTest):
    def test_without_apt_the_missing_things_are_listed(self):
        done = self.need("build", "tests")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for name, package in (("cc", "gcc"), ("meson", "meson"), ("json-c", "libjson-c-dev"),
                              ("openssl", "openssl"), ("criterion", "libcriterion-dev")):
            self.assertRegex(done.stderr, rf" {name} +Debian package {package}\n")
        self.assertNotIn("clang", done.stderr)
        self.assertNotIn("java", done.stderr)
        self.assertNotIn("command not found", done.stderr)

    def test_apt_that_fails_ends_with_the_same_list(self):
        for name in ("apt-get", "sudo"):
            self.fake(name)
        done = self.need("build")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r" meson +Debian package meson\n")
        self.assertTrue(self.calls.exists())

    def test_with_everything_there_no_package_manager_is_asked(self):
        self.link(*NEEDED)
        done = self.need("build", "tests", PKG_CONFIG="pkg-config")
        self.assertEqual((done.returncode, done.stdout), (0, "goes on\n"), done.stderr)
        for name in ("apt-get", "sudo", "dpkg-query"):
            self.fake(name)
        for more in ({}, {"CC": "env cc"}):
            done = self.need("build", "tests", **more)
            self.assertEqual((done.returncode, done.stdout), (0, "goes on\n"), done.stderr)
        self.assert_nothing_was_called()

    def test_only_what_is_missing_is_installed(self):
        self.link(*NEEDED)
        (self.path / "ninja").unlink()
        self.fake("sudo", 'exec "$@"\n')
        self.fake("apt-get", 'echo "$*" >>"$CALLS"\n'
                             f'[ "$1" = update ] || printf "#!/bin/bash\\n" >{self.path}/ninja\n'
                             f'chmod +x {self.path}/ninja 2>/dev/null || true\n')
        self.link("chmod")
        done = self.need("build")
        self.assertEqual(done.returncode, 0, done.stderr)
        installed = self.calls.read_text().splitlines()[-1].split()
        self.assertEqual([word for word in installed if not word.startswith("-")],
                         ["install", "ninja-build"])

    def test_a_setup_asks_for_what_it_needs_and_no_more(self):
        for setup, has, has_not in (("plain", "criterion", "clang|valgrind|java"),
                                    ("valgrind", "valgrind", "clang|java"),
                                    ("fuzz", "clang", "valgrind|java|criterion"),
                                    ("lint", "shellcheck", "valgrind|java")):
            done = self.run_here(SCRIPTS / "test", setup)
            self.assertEqual(done.returncode, 1, setup)
            self.assertIn(has, done.stdout + done.stderr)
            self.assertNotRegex(done.stdout + done.stderr, has_not)


class Npm(ScriptTest):
    """npm, where its registry does not answer."""

    def setUp(self):
        super().setUp()
        if shutil.which("npm") is None or shutil.which("node") is None:
            self.skipTest("npm is not installed")
        self.package = self.folder / "package"
        self.package.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "tests" / "dynamodb" / "local" / name, self.package / name)

    def install(self, registry):
        return self.run_here(
            "bash", "-c", f'. "{SCRIPTS}/common.sh"; need_npm "$1"', "some-script", self.package,
            path=os.environ["PATH"], npm_config_registry=registry)

    def assert_failed(self, done):
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("npm cannot install the packages of", done.stderr)
        kept = (self.package / "node_modules" / ".failed").read_text()
        self.assertIn(kept, done.stderr)
        self.assertRegex(kept, "code [A-Z_]+")
        self.assertFalse((self.package / "node_modules" / ".installed").exists())

    def test_no_connection(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.assert_failed(self.install(f"http://127.0.0.1:{closed.getsockname()[1]}/"))

    def test_no_answer(self):
        """It gives up by itself; Meson's limit for this program is the judge."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            taken = []

            def accept():
                try:
                    while True:
                        taken.append(silent.accept()[0])
                except OSError:
                    pass
            threading.Thread(target=accept, daemon=True).start()
            self.assert_failed(self.install(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
            self.assertGreater(len(taken), 0)
            silent.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()


class Skipping(ScriptTest):
    def service(self, body, programs=("bash",)):
        self.fake("a-service", 'echo x >>"${0%/*}/../calls"\n' + body)
        failed = self.folder / "node_modules" / ".failed"
        failed.parent.mkdir()
        return Service("The service", self.path / "a-service", self.folder, programs)

    def test_a_program_is_missing(self):
        self.assertEqual(self.service("", ("bash", "no-such-program")).fetch(),
                         "The service needs no-such-program, which is not installed")
        self.assert_nothing_was_called()

    def test_it_can_be_fetched(self):
        self.assertIsNone(self.service("exit 0\n").fetch())

    def test_a_failure_is_not_repeated_by_the_next_test(self):
        service = self.service('echo "no network" | tee "${0%/*}/../node_modules/.failed"\nexit 1\n')
        self.assertEqual(service.fetch(), "The service cannot be fetched: no network")
        self.assertEqual(service.fetch(), "The service cannot be fetched: no network")
        self.assertEqual(self.calls.read_text(), "x\n")
        os.utime(service.failed, (0, 0))
        self.assertIsNotNone(service.fetch())
        self.assertEqual(self.calls.read_text(), "x\nx\n")

    def test_the_lock_is_in_the_folder_of_the_package(self):
        """Each user has their own folder, but all have one /tmp."""
        service = self.service("exit 0\n")
        self.assertIsNone(service.fetch())
        self.assertTrue((self.folder / ".fetch.lock").exists())
        service = Service("The service", self.path / "a-service", self.folder / "none", ("bash",))
        self.assertRegex(service.fetch(), "^The service cannot be fetched: .*No such file.*none")

    def test_meson_is_told(self):
        service = self.service("exit 1\n")
        with self.assertRaises(SystemExit) as left:
            service.fetch_or_skip()
        self.assertEqual(left.exception.code, 77)


if __name__ == "__main__":
    unittest.main()
