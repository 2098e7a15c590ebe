# SPDX-License-Identifier: MIT
"""What the tests of the command on DynamoDB share: a DynamoDB Local of the test program's own, and
small servers that answer something else."""
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from cli import SECRET, CommandTest

SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
sys.path.insert(0, str(SUPPORT))
import dynamodb_local  # noqa: E402
from dynamodb_local import INDEX, INDEX_KEYS, KEYS  # noqa: E402,F401
from npm_service import DYNAMODB_LOCAL  # noqa: E402


class Local:
    """DynamoDB Local, in memory, from start() to stop()."""

    def __init__(self):
        self.process = None
        self.url = None

    def start(self):
        self.process = subprocess.Popen([DYNAMODB_LOCAL.script], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://127.0.0.1:"):
            raise RuntimeError("DynamoDB Local did not start")

    def stop(self):
        self.process.terminate()  # the script ends the server
        self.process.wait(timeout=600)
        self.process.stdout.close()

    def call(self, operation, **request):
        """A call past the library; it checks no signature."""
        return dynamodb_local.ask(self.url, operation, **request)

    def records(self, table):
        """All that the table's stream has, as Lambda would bring them."""
        stream = self.call("DescribeTable", TableName=table)["Table"]["LatestStreamArn"]
        return [{**record, "eventSourceARN": stream}
                for record in dynamodb_local.read_stream(self.url, stream)]

    def make_table(self, name, keys, indexes=()):
        """Makes a table of such keys, [(name, type), ...], and indexes, [(keys, projection)]."""
        dynamodb_local.make_table(self.url, name, keys, indexes, has_stream=False)


# A test program that imports all three has the service while it runs.
local = Local()


def setUpModule():
    DYNAMODB_LOCAL.fetch_or_skip()
    local.start()


def tearDownModule():
    local.stop()


def user(index):
    return f"00000000-0000-4000-8000-{index:012}"


class AwsTest(CommandTest):
    """With keys that open nothing, and nothing of the machine's own AWS configuration."""

    def setUp(self):
        super().setUp()
        for name in list(self.environment):
            if name.startswith("AWS_"):
                del self.environment[name]
        self.environment.update({
            "HOME": self.folder, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testkeyid", "AWS_SECRET_ACCESS_KEY": "testsecretkey"})

    def use(self, url, table="messages", **parameters):
        """Names the store from now on."""
        self.environment["CRUDDUR_STORE"] = f"dynamodb:{table}?endpoint={url}" + "".join(
            f"&{name}={value}" for name, value in parameters.items())

    def check_table(self, store, *options):
        """What the checker says, which is an empty text where all is well."""
        done = subprocess.run([sys.executable, "-B", SUPPORT / "check_table.py", *options, store],
                              capture_output=True, text=True, check=False, env=self.environment)
        self.assertEqual(done.stderr, "")
        return "" if done.returncode == 0 else done.stdout


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every request with what its server was told."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


JSON = {"Content-Type": "application/x-amz-json-1.0"}


class Impostor:
    """A server that always answers the same, as DynamoDB's content type unless `headers` has another;
    `context` makes it one for https."""

    def __init__(self, status=200, body=b"", headers=None, context=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        self.server.answer = (status, body if isinstance(body, bytes) else json.dumps(body).encode(),
                              JSON | (headers or {}))
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Passing(http.server.BaseHTTPRequestHandler):
    """Passes requests on to its server's service, but for what that is to lack."""
    protocol_version = "HTTP/1.1"
    SETTINGS = {"StreamSpecification", "DeletionProtectionEnabled"}

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        refusal = None
        if operation in self.server.unknown:
            refusal = "UnknownOperationException"
        elif self.SETTINGS & request.keys():
            if operation == "UpdateTable":
                refusal = "ValidationException"
                if self.server.carries_out:
                    self.pass_on(json.dumps(request).encode())
            for name in self.SETTINGS & request.keys():
                del request[name]  # as if it had never heard of it
        if refusal is None:
            self.reply(*self.pass_on(json.dumps(request).encode()))
        else:
            self.reply(400, json.dumps({"__type": "com.amazon.coral.service#" + refusal,
                                        "message": f"by {SECRET}"}).encode())

    def pass_on(self, body):
        headers = {name: self.headers[name] for name in ("X-Amz-Target", "Content-Type",
                                                         "Authorization", "X-Amz-Date")}
        try:
            with urllib.request.urlopen(
                    urllib.request.Request(self.server.service, body, headers)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


class Lacking(Impostor):
    """A service that has no streams, no protection from deletion, and does not know the calls in
    `server.unknown`: it has no time to live and no backups. With `server.carries_out` it has a stream and
    protection, and refuses to add them all the same."""

    def __init__(self, service):
        super().__init__()
        self.server.RequestHandlerClass = Passing
        self.server.service = service
        self.server.unknown = {"DescribeTimeToLive", "UpdateTimeToLive",
                               "DescribeContinuousBackups", "UpdateContinuousBackups"}
        self.server.carries_out = False
