#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the Python package against the same calls in C, against libcurl alone, and against boto3 in
the manner of the application that the library grew out of. All talk to a service that answers from
memory, in a process of its own; what counts is the processor time of the contender's process.

    python.py FOLDER [ROUNDS]     FOLDER is the folder of a build with -Dbench=true
    python.py --contender NAME …  is one of the contenders
    python.py --profile NAME …    the same, under cProfile

The two reach the same results. A page is 20 messages, of each of which a service shows five fields.
An append leaves the message, and the row of each member's inbox at it. There it is a PutItem of the
back end, then the stream's handler: a query of the index, and for each row a DeleteItem and a PutItem.
In mode `stream` the library's append puts the message alone, too, behind a look at who is a member,
which the application has not.
"""
import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TEXT = "Person 1: Have you ever watched Babylon 5? It is one of my favorite TV shows! " * 2
TABLE, INDEX = "cruddur-messages", "message-group-sk-index"
WARM_UP, COUNT, ROUNDS, SLOWER = 50, 400, 15, 8
TARGET = 8.0
NOW = datetime.timezone.utc


# ---- the package ----

def make_package(url, group, author, _):
    sys.path.insert(0, str(HERE.parent / "python"))
    import cruddur
    dm = cruddur.open(f"dynamodb:{TABLE}?endpoint={url}")
    user = cruddur.User(author, "Andrew Brown", "andrewbrown")

    def page():
        found = dm.message_page(group, trusted=True)
        return [{"uuid": each.uuid, "display_name": each.user_display_name,
                 "handle": each.user_handle, "message": each.text, "created_at": each.sort_key}
                for each in found]

    def page_times():
        found = dm.message_page(group, trusted=True)
        return [{"uuid": each.uuid, "display_name": each.user_display_name,
                 "handle": each.user_handle, "message": each.text, "created_at": each.created_at}
                for each in found]

    def append(store=dm):
        message = store.append(user, group, TEXT)
        return {"uuid": message.uuid, "message": message.text, "created_at": message.sort_key}

    page_accessors = make_page_by_accessors(dm, group)
    stream = cruddur.open(f"dynamodb:{TABLE}?mode=stream&endpoint={url}")
    return {"page": page, "page-times": page_times, "page-accessors": page_accessors,
            "append": append,
            "append-stream": lambda: append(stream)}


def make_page_by_accessors(dm, group):
    """What a page would cost with a call for each field of each message, as in C."""
    from ctypes import byref, c_void_p
    from cruddur import _arguments, _declarations
    from cruddur._library import lib
    texts = [lib.msg_uuid, lib.msg_group_uuid, lib.msg_text, lib.msg_user_uuid,
             lib.msg_user_display_name, lib.msg_user_handle, lib.msg_sort_key, lib.msg_version]
    optional = [lib.msg_reply_to, lib.msg_data]
    times = [lib.msg_created_at_us, lib.msg_edited_at_us, lib.msg_deleted_at_us,
             lib.msg_expires_at_us, lib.msg_reaction_count]
    options = _arguments.options(_declarations.ListOptions, "list_options_init", flags=1)
    name = group.encode()

    def page():
        made, error = c_void_p(), c_void_p()
        status = lib.msg_list(dm._handle.pointer, None, name, byref(options), byref(made),
                              byref(error))
        assert status == 0
        rows = []
        for number in range(lib.msg_page_count(made)):
            message = lib.msg_page_at(made, number)
            rows.append([*[get(message).decode() for get in texts],
                         *[get(message) for get in optional], *[get(message) for get in times]])
        lib.msg_page_free(made)
        return rows

    return page


# ---- boto3, as the application uses it ----

def list_messages(client, group):
    year = str(datetime.datetime.now().year)
    response = client.query(
        TableName=TABLE, ScanIndexForward=False, Limit=20,
        KeyConditionExpression="pk = :pk AND begins_with(sk,:year)",
        ExpressionAttributeValues={":pk": {"S": f"MSG#{group}"}, ":year": {"S": year}})
    results = []
    for item in reversed(response["Items"]):
        results.append({"uuid": item["message_uuid"]["S"],
                        "display_name": item["user_display_name"]["S"],
                        "handle": item["user_handle"]["S"], "message": item["message"]["S"],
                        "created_at": item["sk"]["S"]})
    return results


def create_message(client, group, user):
    import uuid
    record = {"pk": {"S": f"MSG#{group}"},
              "sk": {"S": datetime.datetime.now(NOW).astimezone().isoformat()},
              "message": {"S": TEXT}, "message_uuid": {"S": str(uuid.uuid4())},
              "user_uuid": {"S": user}, "user_display_name": {"S": "Andrew Brown"},
              "user_handle": {"S": "andrewbrown"}}
    client.put_item(TableName=TABLE, Item=record)
    return record


def move_inboxes(client, group, record):
    rows = client.query(TableName=TABLE, IndexName=INDEX,
                        KeyConditionExpression="message_group_uuid = :group",
                        ExpressionAttributeValues={":group": {"S": group}})["Items"]
    for row in rows:
        client.delete_item(TableName=TABLE, Key={"pk": row["pk"], "sk": row["sk"]})
        client.put_item(TableName=TABLE,
                        Item=row | {"sk": record["sk"], "message": record["message"]})


def make_boto3(url, group, author, _):
    import boto3

    def client():
        return boto3.client("dynamodb", endpoint_url=url, region_name=os.environ["AWS_REGION"])

    kept = client()

    def append():
        move_inboxes(kept, group, create_message(kept, group, author))

    return {"page": lambda: list_messages(kept, group),
            "page-client": lambda: list_messages(client(), group),
            "append": append, "append-put": lambda: create_message(kept, group, author)}


# ---- contenders ----

def contend(name, arguments):
    calls = {"package": make_package, "boto3": make_boto3}[name](*arguments)

    def run(what, count):
        call = calls[what]
        began = time.process_time_ns()
        for _ in range(count):
            call()
        return (time.process_time_ns() - began) / 1000 / count

    for what in calls:
        run(what, WARM_UP if not what.endswith("client") else 2)
    print("ready", flush=True)
    for line in sys.stdin:
        what, count = line.split()
        print(run(what, int(count)), flush=True)


def profile(name, arguments):
    import cProfile
    import pstats
    calls = {"package": make_package, "boto3": make_boto3}[name](*arguments)
    for what in ("page", "append"):
        recorder = cProfile.Profile()
        recorder.enable()
        for _ in range(2000):
            calls[what]()
        recorder.disable()
        pstats.Stats(recorder).sort_stats("tottime").print_stats(15)


class Child:
    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.first_line = self.process.stdout.readline().split()
        if not self.first_line:
            sys.exit(f"{command[0]} ended")

    def measure(self, what, count):
        self.process.stdin.write(f"{what} {count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


# Name, child, operation, how many times fewer a round.
ROWS = (
    ("a page of 20: libcurl alone", "c", "curl-page", 1),
    ("a page of 20: C", "c", "page", 1),
    ("a page of 20: Python", "package", "page", 1),
    ("a page of 20: Python, times as datetimes", "package", "page-times", 1),
    ("a page of 20: Python, by accessors", "package", "page-accessors", 1),
    ("a page of 20: boto3", "boto3", "page", SLOWER),
    ("a page of 20: boto3, a client for each", "boto3", "page-client", 100),
    ("an append: libcurl alone", "c", "curl-append", 1),
    ("an append: C", "c", "append", 1),
    ("an append: Python", "package", "append", 1),
    ("an append: boto3", "boto3", "append", SLOWER),
    ("an append in mode stream: C", "c", "append-stream", 1),
    ("an append in mode stream: Python", "package", "append-stream", 1),
    ("an append in mode stream: boto3, PutItem", "boto3", "append-put", SLOWER),
)
BASES = {"page": "a page of 20: Python", "append": "an append: Python"}
OWN = (*BASES.values(), "an append in mode stream: Python")


def measure(folder, rounds):
    server = Child(folder / "bench" / "bench-dynamodb-server")
    url = server.first_line[0]
    children = {"c": Child(folder / "bench" / "bench-peer", url)}
    ids = children["c"].first_line
    for name in ("package", "boto3"):
        children[name] = Child(sys.executable, "-B", __file__, "--contender", name, url, *ids)
    times = {row[0]: [] for row in ROWS}
    for number in range(rounds):
        for name, child, operation, slower in ROWS if number % 2 else reversed(ROWS):
            times[name].append(children[child].measure(operation, max(COUNT // slower, 2)))
    for child in (*children.values(), server):
        child.end()
    return times


def report(times):
    print(f"{'':44}{'us each':>10}{'best':>10}{'x C':>8}{'Python is less':>16}")
    for name, values in times.items():
        kind = name.partition(":")[0]
        own = next(base for base in OWN if base.partition(":")[0] == kind)
        in_c = statistics.median(a / b for a, b in zip(values, times[f"{kind}: C"]))
        less = statistics.median(a / b for a, b in zip(values, times[own]))
        print(f"{name:44}{statistics.median(values):10.2f}{min(values):10.2f}{in_c:8.2f}{less:15.2f}x")
    print()
    for what, own in BASES.items():
        other = own.replace("Python", "boto3")
        ratio = statistics.median(a / b for a, b in zip(times[other], times[own]))
        print(f"  {what + ': boto3':30} >= {TARGET:.2f}  measured {ratio:6.2f} x ours  "
              f"{'met' if ratio >= TARGET else 'not met'}")


def main(arguments):
    if arguments[:1] in (["--contender"], ["--profile"]):
        (contend if arguments[0] == "--contender" else profile)(arguments[1], arguments[2:])
        return
    folder = pathlib.Path(arguments[0])
    os.environ["CRUDDUR_LIBRARY"] = str(folder / "src" / "libcruddur.so.0.2")
    report(measure(folder, int(arguments[1]) if len(arguments) > 1 else ROUNDS))


if __name__ == "__main__":
    main(sys.argv[1:])
