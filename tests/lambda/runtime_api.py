# SPDX-License-Identifier: MIT
"""A server that speaks Lambda's Runtime API, and answers as it is told to.

Each GET of `next` takes one entry of a script, a dictionary:

    event           the body: bytes, or what becomes JSON; without any of those below, an invocation
    request_id, trace_id, invocation_id      headers; left out where they are None
    deadline_s      from the moment when the invocation is handed out; 60 where nothing is said
    wait_s          for so long nothing is answered
    status          instead of an invocation: this HTTP status
    raw             these bytes, which may be no HTTP at all; b"" closes the connection

Where the script is at its end, `next` waits for more. What is posted is recorded, and answered with
202 unless `answers` says something else for the last part of its path: a list of statuses, used up
one by one; None closes the connection, and HOLD never answers.
"""
import http.server
import json
import threading
import time

PREFIX = "/2018-06-01/runtime/"
WAIT_S = 60
HOLD = object()


class Post:
    def __init__(self, path, headers, body):
        self.path = path.removeprefix(PREFIX)
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        self.time = time.time()

    @property
    def kind(self):
        return self.path.rpartition("/")[2]

    @property
    def json(self):
        return json.loads(self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != PREFIX + "invocation/next":
            self.answer(404)
            return
        entry = self.server.api.take_entry()
        time.sleep(entry.get("wait_s", 0))
        if "raw" in entry:
            self.wfile.write(entry["raw"])
            self.close_connection = True
        elif "status" in entry:
            self.answer(entry["status"], b'{"errorMessage":"told","errorType":"Told"}')
        else:
            self.answer(200, *self.server.api.hand_out(entry))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.api.record(Post(self.path, self.headers, body))
        if status is HOLD:
            self.server.api.ended.wait()
        if status is None or status is HOLD:
            self.close_connection = True
            return
        self.answer(status, b'{"status":"OK"}')

    def answer(self, status, body=b"", headers=()):
        try:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client did not wait for all of it

    def log_message(self, format, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that was killed


class RuntimeApi:
    """With `with`, or start() and stop()."""

    def __init__(self, *script, answers=None):
        self.changed = threading.Condition()
        self.ended = threading.Event()
        self.script = list(script)
        self.answers = {kind: list(statuses) for kind, statuses in (answers or {}).items()}
        self.posts = []
        self.asked = []  # when each `next` came
        self.handed_out = []  # (request id, deadline in seconds since the epoch)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.address = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        with self.changed:
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    # ---- for the test ----

    def add(self, **entry):
        """One entry more."""
        with self.changed:
            self.script.append(entry)
            self.changed.notify_all()

    def wait(self, condition, why):
        with self.changed:
            if not self.changed.wait_for(condition, WAIT_S):
                raise AssertionError(f"{why}: it did not happen; posts "
                                     f"{[post.path for post in self.posts]}, asked {len(self.asked)}")

    def wait_posts(self, count):
        self.wait(lambda: len(self.posts) >= count, f"{count} posts")
        return self.posts

    def wait_asked(self, count):
        self.wait(lambda: len(self.asked) >= count, f"asked {count} times")

    def invoke(self, event, **more):
        """One invocation, and what was posted in answer to it."""
        before = len(self.posts)
        self.add(event=event, **more)
        return self.wait_posts(before + 1)[before]

    # ---- for the handler ----

    def take_entry(self):
        with self.changed:
            self.asked.append(time.time())
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.script or self.ended.is_set())
            return self.script.pop(0) if self.script else {"raw": b""}

    def hand_out(self, entry):
        """(body, headers) of an invocation."""
        event = entry["event"]
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        deadline = time.time() + entry.get("deadline_s", 60)
        with self.changed:
            number = len(self.handed_out) + 1
            request_id = entry.get("request_id", f"request-{number}")
            self.handed_out.append((request_id, deadline))
        headers = [("Lambda-Runtime-Aws-Request-Id", request_id),
                   ("Lambda-Runtime-Deadline-Ms", entry.get("deadline_ms", str(int(deadline * 1000)))),
                   ("Lambda-Runtime-Trace-Id", entry.get("trace_id")),
                   ("Lambda-Runtime-Invocation-Id", entry.get("invocation_id"))]
        return body, [(name, value) for name, value in headers if value is not None]

    def record(self, post):
        with self.changed:
            self.posts.append(post)
            self.changed.notify_all()
            statuses = self.answers.get(post.kind)
            return statuses.pop(0) if statuses else 202
