#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything can be reached from another language with the shared library alone: opens a store,
creates, appends and lists by ctypes, and follows a stream that is not there.

    check_ctypes.py LIBRARY
"""
import ctypes
import os
import sys
import tempfile
from ctypes import (CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t,
                    c_uint32, c_void_p)

ANN = b"5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
BEN = b"ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60"
E_INVALID_ARGUMENT = 11
E_NOT_A_MEMBER = 41
E_NETWORK = 80
TROUBLE = 5


class User(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("uuid", c_char_p), ("display_name", c_char_p),
                ("handle", c_char_p)]

    def __init__(self, uuid, display_name, handle):
        super().__init__(ctypes.sizeof(User), uuid, display_name, handle)


class ListOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("limit", c_uint32), ("start", c_uint32), ("order", c_uint32),
                ("consistency", c_uint32), ("since_us", c_int64), ("until_us", c_int64),
                ("cursor", c_char_p), ("timeout_ms", c_uint32)]

    def __init__(self, limit, order):
        super().__init__(ctypes.sizeof(ListOptions), limit, 0, order, 0, -2**63, 2**63 - 1, None, 0)


class FollowEvent(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("kind", c_int), ("status", c_int), ("shard_id", c_char_p),
                ("sequence_number", c_char_p), ("message", c_char_p), ("records", c_uint32),
                ("messages", c_uint32), ("groups", c_uint32), ("moved", c_uint32),
                ("lag_ms", c_int64), ("duration_us", c_int64), ("wait_ms", c_uint32),
                ("rows_written", c_uint32), ("requests", c_uint32), ("reserved", c_uint32),
                ("read_units", c_double), ("write_units", c_double)]


IsStopping = CFUNCTYPE(c_bool, c_void_p)
Observe = CFUNCTYPE(None, c_void_p, POINTER(FollowEvent))


class FollowOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("from_", c_uint32),
                ("checkpoint", c_char_p), ("workers", c_uint32), ("shards", c_uint32),
                ("poll_ms", c_uint32), ("batch_limit", c_uint32), ("timeout_ms", c_uint32),
                ("patience_ms", c_uint32), ("is_stopping", IsStopping), ("observe", Observe),
                ("data", c_void_p)]


def declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


def declare_all(library):
    error = POINTER(c_void_p)
    output = POINTER(c_void_p)
    for name, arguments in {
            "open": (c_char_p, c_void_p, output, error),
            "group_create": (c_void_p, POINTER(User), POINTER(User), c_size_t, c_char_p, c_void_p,
                             output, error),
            "msg_append": (c_void_p, POINTER(User), c_char_p, c_char_p, c_void_p, output, error),
            "msg_list": (c_void_p, c_char_p, c_char_p, POINTER(ListOptions), output, error),
            "group_list": (c_void_p, c_char_p, POINTER(ListOptions), output, error),
    }.items():
        declare(library, f"cruddur_{name}", c_int, *arguments)
    for name in ("close", "group_free", "msg_free", "msg_page_free", "group_page_free",
                 "error_free"):
        declare(library, f"cruddur_{name}", None, c_void_p)
    declare(library, "cruddur_follow_options_init", None, POINTER(FollowOptions), c_size_t)
    declare(library, "cruddur_stream_follow", c_int, c_void_p, POINTER(FollowOptions), error)
    for name in ("group_uuid", "group_text", "group_user_display_name", "msg_text", "msg_uuid",
                 "error_message", "msg_page_older"):
        declare(library, f"cruddur_{name}", c_char_p, c_void_p)
    for name in ("msg_page", "group_page"):
        declare(library, f"cruddur_{name}_count", c_size_t, c_void_p)
        declare(library, f"cruddur_{name}_at", c_void_p, c_void_p, c_size_t)


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"found {found!r}, wanted {wanted!r}")


class Caller:
    def __init__(self, library):
        self.library = library

    def call(self, name, *arguments, status=0):
        """Calls a function whose last arguments are an output and an error."""
        output = c_void_p()
        error = c_void_p()
        got = getattr(self.library, f"cruddur_{name}")(*arguments, byref(output), byref(error))
        if got != status:
            sys.exit(f"{name}: {got}: {self.library.cruddur_error_message(error)}")
        expect(bool(error), status != 0)
        self.library.cruddur_error_free(error)
        return output


def converse(library, url):
    caller = Caller(library)
    ann, ben = User(ANN, b"Ann", b"ann"), User(BEN, "Bén".encode(), b"ben")
    stranger = User(b"00000000-0000-4000-8000-000000000001", None, None)
    dm = caller.call("open", url, None)
    group = caller.call("group_create", dm, byref(ann), byref(ben), 1, "héllo".encode(), None)
    uuid = library.cruddur_group_uuid(group)
    expect(library.cruddur_group_user_display_name(group), "Bén".encode())
    for number in range(5):
        msg = caller.call("msg_append", dm, byref(ben), uuid, b"message %d" % number, None)
        expect(library.cruddur_msg_text(msg), b"message %d" % number)
        library.cruddur_msg_free(msg)
    caller.call("msg_append", dm, byref(stranger), uuid, b"let me in", None,
                status=E_NOT_A_MEMBER)
    options = ListOptions(3, 1)
    page = caller.call("msg_list", dm, ANN, uuid, byref(options))
    texts = [library.cruddur_msg_text(library.cruddur_msg_page_at(page, i))
             for i in range(library.cruddur_msg_page_count(page))]
    expect(texts, [b"message 2", b"message 3", b"message 4"])
    options.cursor = library.cruddur_msg_page_older(page)
    library.cruddur_msg_page_free(page)
    page = caller.call("msg_list", dm, ANN, uuid, byref(options))
    expect(library.cruddur_msg_text(library.cruddur_msg_page_at(page, 0)), "héllo".encode())
    groups = caller.call("group_list", dm, ANN, None)
    library.cruddur_close(dm)
    expect(library.cruddur_group_page_count(groups), 1)
    expect(library.cruddur_group_text(library.cruddur_group_page_at(groups, 0)), b"message 4")
    library.cruddur_msg_page_free(page)
    library.cruddur_group_page_free(groups)
    library.cruddur_group_free(group)


def follow(library, url, **settings):
    """Follows a store's stream; returns the status, and the events as they came."""
    events = []
    options = FollowOptions()
    library.cruddur_follow_options_init(byref(options), ctypes.sizeof(options))
    expect((options.size, options.workers, options.poll_ms, options.batch_limit),
           (ctypes.sizeof(options), 4, 500, 1000))
    options.observe = Observe(
        lambda _, event: events.append((event.contents.kind, event.contents.status,
                                        event.contents.wait_ms > 0)))
    for name, value in settings.items():
        setattr(options, name, value)
    dm = Caller(library).call("open", url, None)
    error = c_void_p()
    status = library.cruddur_stream_follow(dm, byref(options), byref(error))
    library.cruddur_error_free(error)
    library.cruddur_close(dm)
    return status, events


def follow_nothing(library):
    """A file has no stream; a service that is not there is tried again for as long as is asked."""
    os.environ.update({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                       "AWS_EC2_METADATA_DISABLED": "true"})
    service = b"dynamodb:messages?region=us-east-1&attempts=1&endpoint=http://127.0.0.1:1"
    expect(follow(library, b"sqlite::memory:"), (E_INVALID_ARGUMENT, []))
    expect(follow(library, service, poll_ms=0), (E_INVALID_ARGUMENT, []))
    expect(follow(library, service, checkpoint=b""), (E_INVALID_ARGUMENT, []))
    status, events = follow(library, service, patience_ms=200)
    expect(status, E_NETWORK)
    expect(set(events), {(TROUBLE, E_NETWORK, True)})
    asked = []
    status, events = follow(library, service,
                            is_stopping=IsStopping(lambda _: len(asked) == 20 or asked.append(1)))
    expect((status, len(asked)), (0, 20))
    if not events:
        sys.exit("there was no trouble")


def main(arguments):
    (path,) = arguments
    library = ctypes.CDLL(path)
    declare_all(library)
    with tempfile.TemporaryDirectory() as folder:
        converse(library, b"sqlite:" + os.fsencode(os.path.join(folder, "store.db")))
    converse(library, b"sqlite::memory:")
    follow_nothing(library)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
