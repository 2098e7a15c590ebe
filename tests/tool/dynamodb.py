# SPDX-License-Identifier: MIT
"""What the tests of the command on DynamoDB share: a DynamoDB Local of the test program's own, and
small servers that answer something else."""
import http.server
import json
import os
import subprocess
import threading
import urllib.request

from cli import CommandTest

SCRIPT = os.environ["CRUDDUR_TEST_DYNAMODB_LOCAL"]
TARGET = "DynamoDB_20120810."
STREAMS_TARGET = "DynamoDBStreams_20120810."
INDEX = "message-group-sk-index"


class Local:
    """DynamoDB Local, in memory, from start() to stop(): for setUpModule and tearDownModule."""

    def __init__(self):
        self.process = None
        self.url = None

    def start(self):
        self.process = subprocess.Popen([SCRIPT], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://127.0.0.1:"):
            raise RuntimeError("DynamoDB Local did not start")

    def stop(self):
        self.process.terminate()  # the script ends the server
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def call(self, operation, **request):
        """A call past the library; it checks no signature."""
        return self.send(TARGET + operation, request)

    def stream(self, operation, **request):
        """The same about the table's stream."""
        return self.send(STREAMS_TARGET + operation, request)

    def send(self, target, request):
        sent = urllib.request.Request(self.url, json.dumps(request).encode(), {
            "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/"
                             "aws4_request, SignedHeaders=host, Signature=0"})
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.load(answer)

    def make_table(self, name, keys, indexes=()):
        """Makes a table of such keys, [(name, type), ...], and indexes, [(keys, projection)]."""
        types = dict(keys)
        for index_keys, _ in indexes:
            types.update(index_keys)
        request = {"TableName": name, "KeySchema": key_schema(keys),
                   "BillingMode": "PAY_PER_REQUEST",
                   "AttributeDefinitions": [{"AttributeName": key, "AttributeType": of_type}
                                            for key, of_type in types.items()]}
        if indexes:
            request["GlobalSecondaryIndexes"] = [
                {"IndexName": INDEX, "KeySchema": key_schema(index_keys),
                 "Projection": {"ProjectionType": projection}} for index_keys, projection in indexes]
        self.call("CreateTable", **request)


def key_schema(keys):
    return [{"AttributeName": name, "KeyType": role}
            for (name, _), role in zip(keys, ("HASH", "RANGE"))]


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


class Impostor:
    """A server that always answers the same; `context` makes it one for https."""

    def __init__(self, status=200, body=b"", headers=None, context=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        self.server.answer = (status, body if isinstance(body, bytes) else json.dumps(body).encode(),
                              headers or {})
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
