#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands between the library and DynamoDB Local, or another service: verifies every signature, and
breaks what it is told to break.

    proxy.py UPSTREAM_URL [SERVICE]

SERVICE is the name that requests are signed for: dynamodb, unless it is given.

Its first line is `DOOR_URL CONTROL_PORT`. A *door* is a port with rules, a clock and counters of its
own, so that tests that run at the same time do not meet: each asks for one. What comes in at any door
goes to UPSTREAM_URL.

The control port takes one JSON object a line and answers with one:

    {"do": "door"}                                        -> {"door": 2, "url": "http://…"}
    {"do": "rules", "door": 2, "rules": […], "seed": 7}   see faults.py; instead of those before
    {"do": "let-go", "door": 2}                           of requests that the fault `held` holds
    {"do": "shut", "door": 2, "ms": 500}                  no connections; without ms until "open"
    {"do": "open", "door": 2}
    {"do": "skew", "door": 2, "seconds": 3600}            how far the door's clock is ahead
    {"do": "words", "door": 2, "words": "as-is"}          what errors say (faults.py): noise at first
    {"do": "freeze-index", "door": 2, "table": "…"}       the table's index stands still …
    {"do": "delay-index", "door": 2, "table": "…", "ms": 300}   … or lags behind by so much
    {"do": "thaw-index", "door": 2}
    {"do": "pages", "door": 2, "size": 3}                 cuts ListUsers answers into pages (pages.py)
    {"do": "count", "door": 2, "of": "applied.PutItem"}   -> {"count": 3}; without a door, of all
    {"do": "report"}                                      -> {"counts": {…}, "problems": […]}

What is counted: received, applied, each also by operation; right.ACTION, the IAM actions that the
requests need (on an index right.ACTION.index); fault.NAME; late.delivered, the requests with the fault
`late` that the service has had by now, and late.succeeded, those of them that it carried out;
connections; refused_signatures; skewed; stale (index queries answered from the past).
"""
import collections
import email.utils
import http.client
import json
import os
import random
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

import faults
import pages
from signatures import SkewedClock, Verifier, WrongSignature
from stale_index import StaleIndex

IDLE_MAX_S = 5  # the service may close connections that are older
HEAD_MAX = 65536
PASSED_ON = ("content-type", "x-amz-target", "x-amz-date", "authorization", "accept-encoding")
ACTIONS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem",
           "ConditionCheck": "ConditionCheckItem"}  # of a transaction
NOT_PASSED_BACK = {"content-length", "date", "connection", "transfer-encoding", "keep-alive"}


def rights_of(operation, request):
    if operation == "TransactWriteItems":
        return {"right." + ACTIONS[name] for action in request["TransactItems"] for name in action}
    return {f"right.{operation}.index" if "IndexName" in request else f"right.{operation}"}


class Upstream:
    """A connection to the service, of one thread."""

    def __init__(self, address):
        self.address = address
        self.connection = None
        self.used_at = 0.0

    def send(self, headers, body):
        now = time.monotonic()
        if self.connection is None or now - self.used_at > IDLE_MAX_S:
            self.close()
            self.connection = http.client.HTTPConnection(*self.address, timeout=600)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used_at = now
        try:
            self.connection.request("POST", "/", body, headers)
            answer = self.connection.getresponse()
            return faults.Answer(answer.status, answer.read(),
                                 [(name, value) for name, value in answer.getheaders()
                                  if name.lower() not in NOT_PASSED_BACK])
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def ask(self, operation, request):
        """A call of the proxy's own."""
        headers = {"Content-Type": "application/x-amz-json-1.0",
                   "X-Amz-Date": "20200101T000000Z",
                   "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                   "Authorization": "AWS4-HMAC-SHA256 Credential=proxy/20200101/us-east-1/dynamodb/"
                                    "aws4_request, SignedHeaders=host, Signature=0"}
        answer = self.send(headers, json.dumps(request).encode())
        if answer.status != 200:
            raise OSError(f"{operation}: {answer.body[:200]!r}")
        return json.loads(answer.body)

    def scan(self, table):
        request = {"TableName": table, "ConsistentRead": True}
        items = []
        while True:
            answer = self.ask("Scan", request)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Door:
    def __init__(self, house, number):
        self.house = house
        self.number = number
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.rules = []
        self.source = random.Random(0)
        self.skew_s = 0
        self.words = "noise"
        self.stale = {}  # table -> StaleIndex
        self.page_size = None  # of ListUsers
        self.connections = set()
        self.is_open = threading.Event()
        self.released = threading.Event()
        self.listener, self.port = self.make_listener()
        self.listener.listen(128)
        self.is_open.set()
        threading.Thread(target=self.accept_all, daemon=True).start()

    @staticmethod
    def make_listener():
        """A port that was named is kept while nobody listens on it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener, port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def accept_all(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # shut
                self.is_open.wait()
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections.add(connection)
            self.count("connections")
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        upstream = Upstream(self.house.upstream)
        try:
            Guest(self, connection, upstream).serve()
        except OSError:
            pass  # the client, or the door, has closed the connection
        finally:
            upstream.close()
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def shut(self, seconds=None):
        with self.lock:
            if self.is_open.is_set():
                self.is_open.clear()
                self.listener.shutdown(socket.SHUT_RDWR)
            guests = list(self.connections)
        for guest in guests:
            try:
                guest.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone already
        if seconds is not None:
            timer = threading.Timer(seconds, self.open)
            timer.daemon = True
            timer.start()

    def open(self):
        with self.lock:
            if not self.is_open.is_set():
                self.listener.listen(128)
                self.is_open.set()

    def now(self):
        return time.time() + self.skew_s

    def date(self):
        return email.utils.formatdate(self.now(), usegmt=True)

    def count(self, *names):
        with self.lock:
            self.counts.update(names)

    def set_rules(self, rules, seed):
        made = [faults.Rule(rule) for rule in rules]
        with self.lock:
            self.rules = made
            self.source = random.Random(seed)
            self.released.clear()

    def choose_fault(self, operation, is_index):
        """A fault's name and its members, or (None, None)."""
        with self.lock:
            chosen = None
            for rule in self.rules:  # all of them count
                if rule.applies(operation, is_index, self.source) and chosen is None:
                    chosen = rule
            return (None, None) if chosen is None else (chosen.fault, chosen.draw(self.source))

    def make_stale(self, table, delay_s=None):
        def scan():
            upstream = Upstream(self.house.upstream)
            try:
                return upstream.scan(table)
            finally:
                upstream.close()
        index = StaleIndex(scan)
        if delay_s is not None:
            index.follow(delay_s)
        self.stale[table] = index

    def thaw(self):
        for index in self.stale.values():
            index.end()
        self.stale = {}


class Guest:
    """A connection: one request after the other."""

    def __init__(self, door, connection, upstream):
        self.door = door
        self.connection = connection
        self.upstream = upstream
        self.reader = connection.makefile("rb")

    def serve(self):
        while True:
            request = self.read_request()
            if request is None or not Exchange(self, *request).run():
                return

    def read_request(self):
        """(method, path, headers, body); None when the client is done."""
        first = self.reader.readline(HEAD_MAX)
        if not first.endswith(b"\r\n"):
            return None
        method, path, version = first.decode("latin-1").split()
        if version != "HTTP/1.1":
            raise OSError(f"the client speaks {version}")
        headers = []
        while (line := self.reader.readline(HEAD_MAX)) != b"\r\n":
            if not line.endswith(b"\r\n"):
                return None
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.lower(), value.strip()))
        size = int(dict(headers).get("content-length", 0))
        body = self.reader.read(size)
        return (method, path, headers, body) if len(body) == size else None


class Exchange:
    """One request and what becomes of it."""

    def __init__(self, guest, method, path, headers, body):
        self.door = guest.door
        self.connection = guest.connection
        self.upstream = guest.upstream
        self.line = (method, path)
        self.headers = headers
        self.body = body
        self.operation = dict(headers).get("x-amz-target", "").rpartition(".")[2]
        self.request = {}

    def run(self):
        """Whether the connection goes on."""
        self.door.count("received", f"received.{self.operation}")
        refusal = self.check()
        if refusal is not None:
            return self.send(refusal)
        self.request = json.loads(self.body)
        self.door.count(*rights_of(self.operation, self.request))
        fault, given = self.door.choose_fault(self.operation, "IndexName" in self.request)
        if fault is None:
            return self.send(self.forward())
        self.door.count(f"fault.{fault}")
        return faults.FAULTS[fault][0](self, given)

    def check(self):
        try:
            self.door.house.verifier.verify(*self.line, self.headers, self.body, self.door.now())
        except SkewedClock:
            self.door.count("skewed")
            return faults.error_answer(400, "RequestTimeTooSkewed", "The clocks differ too much")
        except WrongSignature as reason:
            self.door.count("refused_signatures")
            self.door.house.report(f"{self.operation}: {reason}")
            return faults.error_answer(403, "InvalidSignatureException", "The signature is wrong")
        return None

    def forward(self):
        index = self.door.stale.get(self.request.get("TableName"))
        try:
            if index is not None and "IndexName" in self.request:
                self.door.count("stale")
                return faults.json_answer(200, index.answer(self.request))
            headers = {name: value for name, value in self.headers if name in PASSED_ON}
            answer = self.upstream.send(headers, self.body)
        except (OSError, http.client.HTTPException, ValueError) as reason:
            self.door.house.report(f"{self.operation}: {type(reason).__name__} {reason}")
            return faults.error_answer(500, "InternalServerError", "the proxy failed")
        self.door.count("applied", f"applied.{self.operation}")
        if self.operation == "ListUsers" and self.door.page_size is not None:
            return pages.cut(self.request, answer, self.door.page_size)
        return faults.reworded(answer, self.door.words)

    def forward_later(self, seconds):
        """Once, whatever becomes of the client."""
        timer = threading.Timer(seconds, self.forward_alone)
        timer.daemon = True
        timer.start()

    def forward_alone(self):
        self.upstream = Upstream(self.door.house.upstream)  # the client's was closed with it
        try:
            answer = self.forward()
        finally:
            self.upstream.close()
        self.door.count("late.delivered", *(["late.succeeded"] if answer.status == 200 else []))

    def send(self, answer):
        self.send_head_and(answer, answer.body)
        return True

    def send_head_and(self, answer, part):
        self.connection.sendall(answer.head(self.door.date()) + part)


class House:
    """All doors, and what is behind them."""

    def __init__(self, upstream, verifier):
        self.upstream = upstream
        self.verifier = verifier
        self.lock = threading.Lock()
        self.doors = {}
        self.problems = []
        self.orders = {"door": self.order_door, "rules": self.order_rules,
                       "let-go": self.order_let_go, "shut": self.order_shut,
                       "open": self.order_open, "skew": self.order_skew,
                       "words": self.order_words,
                       "freeze-index": self.order_freeze, "delay-index": self.order_delay,
                       "thaw-index": self.order_thaw, "count": self.order_count,
                       "pages": self.order_pages,
                       "report": self.order_report}

    def report(self, problem):
        print(f"proxy: {problem}", file=sys.stderr, flush=True)
        with self.lock:
            self.problems.append(problem)

    def obey(self, order):
        return self.orders[order["do"]](order)

    def order_door(self, _order):
        with self.lock:
            door = Door(self, len(self.doors) + 1)
            self.doors[door.number] = door
        return {"door": door.number, "url": door.url}

    def order_rules(self, order):
        self.doors[order["door"]].set_rules(order["rules"], order.get("seed", 0))
        return {}

    def order_let_go(self, order):
        self.doors[order["door"]].released.set()
        return {}

    def order_shut(self, order):
        ms = order.get("ms")
        self.doors[order["door"]].shut(None if ms is None else ms / 1000)
        return {}

    def order_open(self, order):
        self.doors[order["door"]].open()
        return {}

    def order_skew(self, order):
        self.doors[order["door"]].skew_s = order["seconds"]
        return {}

    def order_words(self, order):
        if order["words"] not in faults.WORDS:
            raise ValueError(f"there are no words named {order['words']}")
        self.doors[order["door"]].words = order["words"]
        return {}

    def order_freeze(self, order):
        self.doors[order["door"]].make_stale(order["table"])
        return {}

    def order_delay(self, order):
        self.doors[order["door"]].make_stale(order["table"], order["ms"] / 1000)
        return {}

    def order_thaw(self, order):
        self.doors[order["door"]].thaw()
        return {}

    def order_pages(self, order):
        self.doors[order["door"]].page_size = order["size"]
        return {}

    def counts(self, number):
        total = collections.Counter()
        with self.lock:
            doors = [self.doors[number]] if number is not None else list(self.doors.values())
        for door in doors:
            with door.lock:
                total.update(door.counts)
        return total

    def order_count(self, order):
        return {"count": self.counts(order.get("door"))[order["of"]]}

    def order_report(self, order):
        counts = self.counts(order.get("door"))
        with self.lock:
            return {"counts": counts, "problems": self.problems}


class Control(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, house):
        super().__init__(("127.0.0.1", 0), ControlGuest)
        self.house = house


class ControlGuest(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                answer = self.server.house.obey(json.loads(line))
            except (KeyError, TypeError, ValueError, OSError) as reason:
                answer = {"error": f"{type(reason).__name__}: {reason}"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def main():
    upstream = urllib.parse.urlsplit(sys.argv[1])
    verifier = Verifier(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"],
                        os.environ["AWS_REGION"], *sys.argv[2:])
    house = House((upstream.hostname, upstream.port), verifier)
    control = Control(house)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(house.obey({"do": "door"})["url"], control.server_address[1], flush=True)
    control.serve_forever()


if __name__ == "__main__":
    main()
