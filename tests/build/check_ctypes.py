#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything can be reached from another language with the shared library alone: opens a store,
creates, appends and lists by ctypes, and follows a stream that is not there.

    check_ctypes.py LIBRARY
"""
import multiprocessing
import os
import pathlib
import sys
import tempfile
from ctypes import byref, sizeof

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from library import (Failed, FollowOptions, IsStopping, ListOptions, Observe,  # noqa: E402
                     User, call, default, load)

ANN = b"5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
BEN = b"ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60"
E_NULL_ARGUMENT = 10
E_INVALID_ARGUMENT = 11
E_GROUP_NOT_FOUND = 40
E_STORE_FORKED = 70
E_NETWORK = 80
TROUBLE = 5
TRUSTED = 1


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"found {found!r}, wanted {wanted!r}")


def status_of(library, name, *arguments):
    try:
        call(library, name, *arguments)
    except Failed as failure:
        return failure.status
    return 0


def converse(library, url):
    ann, ben = User(ANN, b"Ann", b"ann"), User(BEN, "Bén".encode(), b"ben")
    ben.size = 0  # as of version 0.2
    stranger = User(b"00000000-0000-4000-8000-000000000001", None, None)
    dm = call(library, "open", url, None)
    group = call(library, "group_create", dm, byref(ann), byref(ben), 1, "héllo".encode(), None)
    uuid = library.cruddur_group_uuid(group)
    expect(library.cruddur_group_user_display_name(group), "Bén".encode())
    for number in range(5):
        msg = call(library, "msg_append", dm, byref(ben), uuid, b"message %d" % number, None)
        expect(library.cruddur_msg_text(msg), b"message %d" % number)
        library.cruddur_msg_free(msg)
    expect(status_of(library, "msg_append", dm, byref(stranger), uuid, b"let me in", None),
           E_GROUP_NOT_FOUND)
    options = ListOptions(3, 1)
    page = call(library, "msg_list", dm, ANN, uuid, byref(options))
    texts = [library.cruddur_msg_text(library.cruddur_msg_page_at(page, i))
             for i in range(library.cruddur_msg_page_count(page))]
    expect(texts, [b"message 2", b"message 3", b"message 4"])
    options.cursor = library.cruddur_msg_page_older(page)
    library.cruddur_msg_page_free(page)
    page = call(library, "msg_list", dm, ANN, uuid, byref(options))
    expect(library.cruddur_msg_text(library.cruddur_msg_page_at(page, 0)), "héllo".encode())
    read_as_anybody(library, dm, uuid)
    groups = call(library, "group_list", dm, ANN, None)
    library.cruddur_close(dm)
    expect(library.cruddur_group_page_count(groups), 1)
    expect(library.cruddur_group_text(library.cruddur_group_page_at(groups, 0)), b"message 4")
    library.cruddur_msg_page_free(page)
    library.cruddur_group_page_free(groups)
    library.cruddur_group_free(group)


def read_as_anybody(library, dm, uuid):
    """A reader is a member, or says that it is trusted."""
    expect(status_of(library, "msg_list", dm, None, uuid, None), E_NULL_ARGUMENT)
    expect(status_of(library, "group_members", dm, None, uuid, None), E_NULL_ARGUMENT)
    trusted = default(library, "list_options_init")
    trusted.flags = TRUSTED
    page = call(library, "msg_list", dm, None, uuid, byref(trusted))
    expect(library.cruddur_msg_page_count(page), 6)
    library.cruddur_msg_page_free(page)
    options = default(library, "members_options_init")
    options.flags = TRUSTED
    members = call(library, "group_members", dm, None, uuid, byref(options))
    expect([library.cruddur_members_at(members, i).contents.uuid
            for i in range(library.cruddur_members_count(members))], [ANN, BEN])
    library.cruddur_members_free(members)
    group = call(library, "group_get", dm, BEN, uuid, byref(default(library, "get_options_init")))
    expect(library.cruddur_group_uuid(group), uuid)
    library.cruddur_group_free(group)


def follow(library, url, **settings):
    """Follows a store's stream; returns the status, and the events as they came."""
    events = []
    options = default(library, "follow_options_init")
    expect((options.size, options.workers, options.poll_ms, options.batch_limit),
           (sizeof(FollowOptions), 4, 500, 1000))
    options.observe = Observe(
        lambda _, event: events.append((event.contents.kind, event.contents.status,
                                        event.contents.wait_ms > 0)))
    for name, value in settings.items():
        setattr(options, name, value)
    dm = call(library, "open", url, None)
    status = status_of(library, "stream_follow", dm, byref(options))
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
    # Only the last pause, cut off where patience ends, may be shorter than a millisecond.
    expect({event[:2] for event in events}, {(TROUBLE, E_NETWORK)})
    expect({event[2] for event in events[:-1]} | {True}, {True})
    asked = []
    status, events = follow(library, service,
                            is_stopping=IsStopping(lambda _: len(asked) == 20 or asked.append(1)))
    expect((status, len(asked)), (0, 20))
    if not events:
        sys.exit("there was no trouble")


def work(path, url, inherited):
    """A worker of multiprocessing: its statuses with the parent's handle and with its own."""
    library = load(path)
    found = [] if inherited is None else [status_of(library, "group_list", inherited, ANN, None)]
    try:
        dm = call(library, "open", url, None)
    except Failed as failure:
        return found + [failure.status]
    library.cruddur_group_page_free(call(library, "group_list", dm, ANN, None))
    library.cruddur_close(dm)
    return found + [0]


def share_work(path, library, url):
    """Workers that are forked, or started anew, while the parent has the store open or not."""
    dm = call(library, "open", url, None)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.starmap(work, [(path, url, None)] * 4):
            expect(found, [E_STORE_FORKED])
    child = os.fork()
    if child == 0:
        os._exit(work(path, url, dm) != [E_STORE_FORKED, E_STORE_FORKED])
    expect(os.waitpid(child, 0)[1], 0)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for found in pool.starmap(work, [(path, url, None)] * 4):
            expect(found, [0])
    library.cruddur_close(dm)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.starmap(work, [(path, url, None)] * 4):
            expect(found, [0])


def main(arguments):
    (path,) = arguments
    library = load(path)
    with tempfile.TemporaryDirectory() as folder:
        url = b"sqlite:" + os.fsencode(os.path.join(folder, "store.db"))
        converse(library, url)
        share_work(path, library, url)
    converse(library, b"sqlite::memory:")
    follow_nothing(library)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
