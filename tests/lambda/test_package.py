#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Lambda function's package: what is in it, and that it runs where there is nothing else. Run by
run_with_service.py."""
import http.server
import json
import os
import pathlib
import re
import ssl
import stat
import subprocess
import tempfile
import threading
import unittest
import zipfile

from function import SECRET, FunctionTest
from root import Root, enter_command
from runtime_api import RuntimeApi
from table import PEOPLE, Table, number_of

SCRIPT = os.environ["CRUDDUR_TEST_PACKAGE"]
GROUP = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
DYNAMIC = re.compile(r"\((NEEDED|RPATH|RUNPATH)\)\s+.*: \[(.*)\]")
INTERPRETER = re.compile(r"Requesting program interpreter: (.*)\]")

folder = tempfile.TemporaryDirectory(prefix="cruddur-package-")
PACKAGE = os.path.join(folder.name, "function.zip")


def setUpModule():
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("AWS_", "CRUDDUR_"))}
    done = subprocess.run([SCRIPT, PACKAGE], env=clean, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, flush=True)
    if done.returncode != 0:
        raise RuntimeError("there is no package")


def tearDownModule():
    folder.cleanup()


def read_elf(option, path):
    return subprocess.run(["readelf", option, path], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def dynamic_of(path):
    """{"NEEDED": […], "RPATH": […], "RUNPATH": […]}"""
    found = {"NEEDED": [], "RPATH": [], "RUNPATH": []}
    for kind, value in DYNAMIC.findall(read_elf("-d", path)):
        found[kind].append(value)
    return found


class Contents(unittest.TestCase):
    def setUp(self):
        self.root = Root(PACKAGE)
        self.addCleanup(self.root.close)
        self.task = self.root.path / "var" / "task"

    def names(self):
        return {str(path.relative_to(self.task)) for path in self.task.rglob("*") if path.is_file()}

    def test_what_is_needed_and_nothing_else(self):
        program = self.task / "bootstrap"
        loader = pathlib.Path(INTERPRETER.search(read_elf("-l", program)).group(1))
        self.assertEqual(str(loader.parent), "/var/task/lib")
        needed, to_do = {"bootstrap", f"lib/{loader.name}"}, ["bootstrap"]
        while to_do:
            libraries = {f"lib/{name}" for name in dynamic_of(self.task / to_do.pop())["NEEDED"]}
            to_do += libraries - needed
            needed |= libraries
        self.assertEqual(self.names(), needed)

    def test_libraries_are_found_before_the_systems(self):
        """Only an RPATH comes before LD_LIBRARY_PATH, and only where there is no RUNPATH."""
        self.assertEqual(dynamic_of(self.task / "bootstrap")["RPATH"], ["/var/task/lib"])
        for name in self.names():
            self.assertEqual(dynamic_of(self.task / name)["RUNPATH"], [], name)

    def test_all_can_be_executed(self):
        for name in self.names():
            mode = (self.task / name).stat().st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o755, name)

    def test_the_same_bytes_again(self):
        again = PACKAGE.removesuffix(".zip") + "-again.zip"
        subprocess.run([SCRIPT, again], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(pathlib.Path(PACKAGE).read_bytes(), pathlib.Path(again).read_bytes())
        with zipfile.ZipFile(PACKAGE) as archive:
            self.assertEqual(archive.namelist(), sorted(archive.namelist()))
            self.assertLess(sum(info.compress_size for info in archive.infolist()), 50 << 20)
            self.assertLess(sum(info.file_size for info in archive.infolist()), 250 << 20)


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.dumps({"__type": "#ResourceNotFoundException", "message": "none"}).encode()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


class SecureServer:
    """Speaks https, with a certificate that nobody trusts so far, and knows no table."""

    def __init__(self):
        key, self.certificate = (os.path.join(folder.name, name) for name in ("key", "certificate"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", self.certificate], check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        self.server.handle_error = lambda *_: None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.store = f"dynamodb:none?endpoint=https://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@unittest.skipIf(enter_command() is None, "neither chroot nor unshare can be used here")
class Runs(FunctionTest):
    def setUp(self):
        self.root = Root(PACKAGE)
        self.addCleanup(self.root.close)
        self.table = Table()
        self.addCleanup(self.table.drop)
        self.table.open_group(GROUP, PEOPLE[:3], 0, SECRET)
        self.table.send(GROUP, PEOPLE[1], 1, SECRET)
        self.records = self.table.records()

    def test_where_there_is_nothing_else(self):
        with RuntimeApi() as api, self.root.start(api.address, self.table.store) as function:
            self.assertNotEqual(self.table.check(), "")
            self.assert_answer(api.invoke(self.table.event(self.records)))
            self.assertEqual(self.table.check(), "")
            self.assertEqual(self.line_with(function, message="event applied")["moved"], 1)
            api.wait_asked(2)
            self.assertEqual(function.terminate(), 0)

    def test_beside_other_libraries(self):
        """The runtime has libraries of its own, and names their folder first."""
        for name in ("libc.so.6", "libcurl.so.4", "libcrypto.so.3", "libz.so.1",
                     "libutf8proc.so.2", "libutf8proc.so.3"):
            self.root.write(f"lib64/{name}", b"no library")
        with RuntimeApi() as api, self.root.start(api.address, self.table.store):
            self.assert_answer(api.invoke(self.table.event(self.records)))
            self.assertEqual(self.table.check(), "")

    def test_host_names(self):
        """The C library needs no module of its own for them, and does without those it is told of."""
        self.root.write("etc/nsswitch.conf", b"hosts: resolve myhostname files dns\n")
        self.root.write("etc/hosts", b"127.0.0.1 dynamodb.internal\n")
        store = self.table.store.replace("127.0.0.1", "dynamodb.internal")
        with RuntimeApi() as api, self.root.start(api.address, store):
            self.assert_answer(api.invoke(self.table.event(self.records)))
            self.assertEqual(self.table.check(), "")

    def test_the_systems_certificates(self):
        event = {"Records": self.records[-1:]}
        bundles = ["etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/certs/ca-certificates.crt"]
        with SecureServer() as server:
            certificate = pathlib.Path(server.certificate).read_bytes()
            for path, more, status in ((None, {}, "E_TLS"),
                                       (bundles[0], {}, "E_TABLE_MISSING"),
                                       (bundles[1], {}, "E_TABLE_MISSING"),
                                       ("tmp/own.pem", {}, "E_TLS"),
                                       ("tmp/own.pem", {"AWS_CA_BUNDLE": "/tmp/own.pem"},
                                        "E_TABLE_MISSING")):
                with self.subTest(path=path, more=more), RuntimeApi() as api:
                    if path is not None:
                        self.root.write(path, certificate)
                    with self.root.start(api.address, server.store, **more) as function:
                        post = api.invoke(event, deadline_s=20)
                        self.assert_answer(post, number_of(self.records[-1]))
                        self.line_with(function, status=status)
                    if path is not None:
                        (self.root.path / path).unlink()


if __name__ == "__main__":
    unittest.main()
