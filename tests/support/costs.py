# SPDX-License-Identifier: MIT
"""What calls cost on DynamoDB: a DynamoDB Local behind a counter, and a handle of the library with
measured calls. DynamoDB Local counts the bytes of a transaction instead of its rows. So write units are
counted here, from the requests, as the service does: for each KB of a row 1 in the table, in a
transaction 2, and 1 in the index if the row is in it."""
import ctypes
import http.client
import http.server
import json
import pathlib
import socket
import subprocess
import threading
import time
import uuid

from dynamodb_local import ask, read_stream, scan
from library import Failed, ListOptions, Metrics, OnMetrics, User, call, default
from processor import Processor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = 20
TRUSTED = 1
TEXT = b"x" * 100
HEADERS = ("Content-Type", "X-Amz-Target", "X-Amz-Date", "Authorization")


# ---- counting ----

def size_of(value):
    kind, content = next(iter(value.items()))
    if kind == "SS":
        return sum(len(text.encode()) for text in content)
    if kind == "N":
        return len(content) // 2 + 2
    return 1 if kind == "BOOL" else len(content.encode())


def kilobytes(item):
    size = sum(len(name.encode()) + size_of(value) for name, value in item.items())
    return max(1, -(-size // 1024))


class Counter:
    """The write units of requests that were carried out."""

    def __init__(self):
        self.rows = {}  # as they were written: a removal does not say how large its row is
        self.start()

    def start(self):
        self.units = 0
        self.of_group_row = 1  # KB

    def write(self, key, item, units, is_check=False):
        key = (key["pk"]["S"], key["sk"]["S"])
        row = item or self.rows.get(key, {})
        each = kilobytes(row)
        self.rows[key] = row
        if "message_group_uuid" in row:
            self.of_group_row = max(self.of_group_row, each)
            self.units += 0 if is_check else each
        self.units += units * each

    def take(self, operation, request):
        if operation == "PutItem":
            self.write(request["Item"], request["Item"], 1)
        elif operation == "DeleteItem":
            self.write(request["Key"], None, 1)
        for action in request.get("TransactItems", ()):
            kind, what = next(iter(action.items()))
            item = what.get("Item")
            self.write(item or what["Key"], item, 2, kind == "ConditionCheck")


class Passing(http.server.BaseHTTPRequestHandler):
    """One connection to the service for each of a client; answers go out in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self):
        super().setup()
        self.service = http.client.HTTPConnection(self.server.service, timeout=60)
        self.service.connect()
        self.service.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def finish(self):
        self.service.close()
        super().finish()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.service.request("POST", "/", body, {name: self.headers[name] for name in HEADERS
                                                 if name in self.headers})
        answer = self.service.getresponse()
        content = answer.read()
        if answer.status == 200:
            self.server.counter.take(operation, json.loads(body))
        time.sleep(self.server.delay_s)
        self.send_response(answer.status)
        for name in ("Content-Type", "x-amz-crc32"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format, *arguments):
        pass


class Service:
    """DynamoDB Local, behind a counter, whose answers come `delay_ms` later."""

    def __init__(self, delay_ms=0):
        self.delay_ms = delay_ms

    def __enter__(self):
        self.process = subprocess.Popen([ROOT / "scripts" / "dynamodb-local"],
                                        stdout=subprocess.PIPE, text=True)
        self.local = self.process.stdout.readline().strip()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.server.daemon_threads = True
        self.server.service = self.local.rpartition("/")[2]
        self.server.counter = self.counter = Counter()
        self.server.delay_s = self.delay_ms / 1000
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.process.terminate()
        self.process.wait()


# ---- calling ----

def person(number):
    return User(f"00000000-0000-4000-8000-{number:012}".encode(), f"User {number}".encode(),
                f"user{number}".encode())


def new_uuid():
    return str(uuid.uuid4()).encode()


class Store:
    """`cost` is the latest call's: waves, requests, read units, write units; `of_group_row`, how large
    its group rows are."""

    def __init__(self, service, library, mode, table, parameters=""):
        self.service = service
        self.library = library
        self.mode = mode
        self.table = table
        self.metrics = None
        self.on_metrics = OnMetrics(self.keep)
        options = default(library, "options_init")
        options.timeout_ms = 60000
        options.metrics = self.on_metrics
        self.url = (f"dynamodb:{table}?endpoint=http://127.0.0.1:{service.server.server_port}"
                    f"&mode={mode}&region=us-east-1{parameters}")
        self.dm = call(library, "open", self.url.encode(), ctypes.byref(options))
        call(library, "schema_load", self.dm, None)

    def close(self):
        self.library.cruddur_close(self.dm)

    def keep(self, _, metrics):
        self.metrics = Metrics.from_buffer_copy(metrics.contents)

    def measure(self, name, *arguments):
        counter = self.service.counter
        counter.start()
        output = call(self.library, name, self.dm, *arguments)
        self.note_cost()
        return output

    def note_cost(self):
        counter = self.service.counter
        self.cost = (self.metrics.waves, self.metrics.requests, self.metrics.read_units,
                     counter.units)
        self.of_group_row = counter.of_group_row

    def create(self, members, first, has_claim):
        """Of the people from `first` on. Returns the group's uuid."""
        options = default(self.library, "create_options_init")
        options.group_uuid = new_uuid() if members > 2 else None
        options.message_uuid = new_uuid() if has_claim else None
        others = (User * (members - 1))(*map(person, range(first + 1, first + members)))
        group = self.measure("group_create", person(first), others, members - 1, TEXT,
                             ctypes.byref(options))
        text = self.library.cruddur_group_uuid(group)
        self.library.cruddur_group_free(group)
        return text

    def append(self, group, author, has_claim, has_names=True):
        """Returns the message's uuid and its time."""
        options = default(self.library, "append_options_init")
        options.message_uuid = new_uuid() if has_claim else None
        user = person(author)
        if not has_names:
            user.display_name = user.handle = None
        message = self.measure("msg_append", user, group, TEXT, ctypes.byref(options))
        name = (self.library.cruddur_msg_uuid(message),
                self.library.cruddur_msg_created_at_us(message))
        self.library.cruddur_msg_free(message)
        return name

    def about_message(self, call_name, group, user, message, *arguments, has_time=True):
        """One of the calls about one message, which are named alike."""
        uuid_, created_at_us = message
        options = default(self.library, "msg_options_init")
        options.created_at_us = created_at_us if has_time else 0
        output = self.measure(call_name, person(user).uuid, group, uuid_, *arguments,
                              ctypes.byref(options))
        self.library.cruddur_msg_free(output)

    def of_group(self, call_name, group, user, *arguments):
        """One of the calls that return a group."""
        output = self.measure(call_name, person(user).uuid, group, *arguments)
        self.library.cruddur_group_free(output)

    def measure_quietly(self, call_name, *arguments):
        """Without asking for the group, which may cost a request."""
        counter = self.service.counter
        counter.start()
        status = getattr(self.library, f"cruddur_{call_name}")(self.dm, *arguments, None, None)
        if status != 0:
            raise Failed(f"{call_name}: status {status}", status)
        self.note_cost()

    def settle(self):
        """Moves the groups where a processor does that."""
        if self.mode != "stream":
            return
        table = ask(self.service.local, "DescribeTable", TableName=self.table)["Table"]
        records = [record | {"eventSourceARN": table["LatestStreamArn"]}
                   for record in read_stream(self.service.local, table["LatestStreamArn"])]
        processor = Processor(self.library, self.url)
        processor.apply_all(records)
        processor.close()

    def set(self, group, user, **settings):
        options = default(self.library, "set_options_init")
        for name, value in settings.items():
            setattr(options, name, value)
        self.of_group("group_set", group, user, ctypes.byref(options))

    def members(self, group, user):
        output = self.measure("group_members", person(user).uuid, group, None)
        self.library.cruddur_members_free(output)

    def list(self, group, viewer):
        options = ListOptions(PAGE)
        options.flags = TRUSTED if viewer is None else 0
        page = self.measure("msg_list", viewer, group, ctypes.byref(options))
        self.library.cruddur_msg_page_free(page)

    def list_around(self, group, user, message):
        options = ListOptions(PAGE)
        options.around_message_uuid, options.around_created_at_us = message
        page = self.measure("msg_list", person(user).uuid, group, ctypes.byref(options))
        self.library.cruddur_msg_page_free(page)

    def list_groups(self, user):
        page = self.measure("group_list", user, ctypes.byref(ListOptions(PAGE)))
        count = self.library.cruddur_group_page_count(page)
        self.library.cruddur_group_page_free(page)
        return count

    def make_old(self):
        """Leaves the groups as version 0.1 does."""
        for row in list(scan(self.service.local, self.table)):
            key = {"pk": row["pk"], "sk": row["sk"]}
            if row["pk"]["S"].startswith("CARD#"):
                ask(self.service.local, "DeleteItem", TableName=self.table, Key=key)
            elif row["pk"]["S"].startswith("GRP#"):
                ask(self.service.local, "UpdateItem", TableName=self.table, Key=key,
                    UpdateExpression="REMOVE rev, version")
