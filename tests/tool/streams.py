# SPDX-License-Identifier: MIT
"""A server that speaks DynamoDB Streams by script: shards that split, go, and lose what they had,
iterators that expire, answers that are empty or garbage. What is not about streams it passes on to
a DynamoDB Local."""
import http.server
import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/messages/stream/2026-01-01T00:00:00.000"
STREAMS = "DynamoDBStreams_20120810."
TABLES = "DynamoDB_20120810."


class Shard:
    """Records by their sequence numbers; those before `horizon` are not kept any more."""

    def __init__(self, name, parent=None, records=(), closed=True):
        self.name = name
        self.parent = parent
        self.records = list(records)
        self.closed = closed
        self.horizon = 0
        self.listed = True

    def place_after(self, number):
        return sum(int(record_number(record)) <= int(number) for record in self.records)


def record_number(record):
    return record["dynamodb"]["SequenceNumber"]


def number(count):
    return f"{count:021}"


def insert(row, count, age_s=3600):
    """The record of a row that was put."""
    return {"eventID": str(count), "eventName": "INSERT", "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
            "dynamodb": {"ApproximateCreationDateTime": int(time.time() - age_s),
                         "Keys": {"pk": row["pk"], "sk": row["sk"]}, "NewImage": row,
                         "SequenceNumber": number(count), "SizeBytes": 100,
                         "StreamViewType": "NEW_IMAGE"}}


def removal(count):
    """The record of something that no group row hangs on."""
    record = insert({"pk": {"S": "x"}, "sk": {"S": "y"}}, count)
    record["eventName"] = "REMOVE"
    del record["dynamodb"]["NewImage"]
    return record


class Failure(Exception):
    """An answer that is an error of the service."""

    def __init__(self, code, status=400):
        super().__init__(code)
        self.code = code
        self.status = status


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        script = self.server.script
        target = self.headers["X-Amz-Target"]
        try:
            status, answer = script.answer(target, body, self.headers)
        except Failure as failure:
            status = failure.status
            answer = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#" + failure.code,
                                 "message": "by script"}).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:  # whoever asked was killed
            self.close_connection = True

    def log_message(self, format, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    """With a `context` it speaks TLS. `resets` connections are reset before anything is answered, in
    the handshake if there is to be one."""
    daemon_threads = True
    context = None
    resets = 0

    def get_request(self):
        connection, address = super().get_request()
        if self.resets > 0:
            self.resets -= 1
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            raise OSError("reset")
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request, client_address):
        """Whoever asked was killed."""


class Script:
    """What the server tells. `faults` has for an operation what comes instead of its next answers:
    a Failure, bytes, or None for the usual one. `on_request` sees each request first."""

    def __init__(self, service=None):
        self.service = service
        self.stream = ARN
        self.has_stream = True
        self.shards = {}
        self.page = 1000  # records in an answer
        self.list_page = 100
        self.faults = {}
        self.log = []  # (operation, request)
        self.on_request = None
        self.after_records = None
        self.lock = threading.RLock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.script = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def add(self, *arguments, **options):
        shard = Shard(*arguments, **options)
        with self.lock:
            self.shards[shard.name] = shard
        return shard

    def asked(self, operation):
        with self.lock:
            return [request for name, request in self.log if name == operation]

    def answer(self, target, body, headers):
        operation = target.split(".")[1]
        request = json.loads(body)
        with self.lock:
            self.log.append((operation, request))
            fault = self.faults[operation].pop(0) if self.faults.get(operation) else None
        if self.on_request is not None:
            self.on_request(operation, request)
        if isinstance(fault, Failure):
            raise fault
        if fault is not None:
            return 200, fault
        if not target.startswith(STREAMS):
            return self.pass_on(target, body, headers)
        with self.lock:
            return 200, json.dumps(getattr(self, operation)(request)).encode()

    # --- the table ---

    def pass_on(self, target, body, headers):
        if self.service is None:
            if target != TABLES + "DescribeTable":
                raise Failure("InternalServerError", 500)
            status, answer = 200, json.dumps({"Table": {"TableStatus": "ACTIVE"}}).encode()
        else:
            sent = urllib.request.Request(self.service, body, {
                name: headers[name] for name in ("X-Amz-Target", "Content-Type", "Authorization")})
            try:
                with urllib.request.urlopen(sent, timeout=600) as reply:
                    status, answer = reply.status, reply.read()
            except urllib.error.HTTPError as error:
                with error:
                    status, answer = error.code, error.read()
        if target == TABLES + "DescribeTable" and status == 200:
            described = json.loads(answer)
            described["Table"].pop("StreamSpecification", None)
            if self.has_stream:
                described["Table"]["StreamSpecification"] = {"StreamEnabled": True,
                                                             "StreamViewType": "NEW_IMAGE"}
                described["Table"]["LatestStreamArn"] = self.stream
            answer = json.dumps(described).encode()
        return status, answer

    # --- the stream ---

    def DescribeStream(self, request):
        if request["StreamArn"] != self.stream:
            raise Failure("ResourceNotFoundException")
        listed = sorted(name for name, shard in self.shards.items() if shard.listed)
        rest = [name for name in listed if name > request.get("ExclusiveStartShardId", "")]
        described = {"StreamArn": self.stream, "StreamStatus": self.status(), "Shards": [
            self.describe(self.shards[name]) for name in rest[:self.list_page]]}
        if len(rest) > self.list_page:
            described["LastEvaluatedShardId"] = rest[self.list_page - 1]
        return {"StreamDescription": described}

    def status(self):
        return "ENABLED" if self.has_stream else "DISABLED"

    def describe(self, shard):
        described = {"ShardId": shard.name,
                     "SequenceNumberRange": {"StartingSequenceNumber": number(1)}}
        if shard.parent is not None:
            described["ParentShardId"] = shard.parent
        if shard.closed:
            described["SequenceNumberRange"]["EndingSequenceNumber"] = number(10**9)
        return described

    def find(self, name):
        shard = self.shards.get(name)
        if shard is None or not shard.listed:
            raise Failure("ResourceNotFoundException")
        return shard

    def GetShardIterator(self, request):
        shard = self.find(request["ShardId"])
        kind = request["ShardIteratorType"]
        place = {"TRIM_HORIZON": shard.horizon, "LATEST": len(shard.records)}.get(kind)
        if place is None:
            place = shard.place_after(request["SequenceNumber"])
        if place < shard.horizon:
            raise Failure("TrimmedDataAccessException")
        return {"ShardIterator": f"{shard.name}|{place}"}

    def GetRecords(self, request):
        name, place = request["ShardIterator"].split("|")
        shard, place = self.find(name), int(place)
        if place < shard.horizon:
            raise Failure("TrimmedDataAccessException")
        end = min(place + min(self.page, request["Limit"]), len(shard.records))
        answer = {"Records": shard.records[place:end]}
        if self.after_records is not None and end == len(shard.records):
            self.after_records(shard)
        if end < len(shard.records) or not shard.closed:
            answer["NextShardIterator"] = f"{name}|{end}"
        return answer
