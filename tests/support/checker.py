#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs check_table.py for the tests of a program, and saves the start of Python for each check.

Descriptor 3 is a listening socket. A client sends its folder and the arguments of check_table.py as a
line of JSON, then what it is to read from standard input, and shuts its side down. It gets a line with the exit code,
then what was printed. Checks come one after the other, in this process: a fork of Python, and what it
would import, takes ten times as long as a check. The server ends with its standard input, whose
other end the program of the tests holds.
"""
import contextlib
import io
import json
import os
import selectors
import socket
import sys
import traceback

import check_table


@contextlib.contextmanager
def standard_input(stream):
    usual, sys.stdin = sys.stdin, stream
    try:
        yield
    finally:
        sys.stdin = usual


def serve(client):
    with client.makefile("rw", encoding="utf-8", newline="\n") as stream, io.StringIO() as output:
        with (standard_input(stream), contextlib.redirect_stdout(output),
              contextlib.redirect_stderr(output)):
            try:
                folder, *arguments = json.loads(stream.readline())
                os.chdir(folder)
                code = check_table.main(arguments)
            except SystemExit as end:
                code = end.code
            except Exception:  # what it is comes to the client
                traceback.print_exc()
                code = 70
        stream.write(f"{code}\n{output.getvalue()}")


def main():
    with socket.socket(fileno=3) as listener, selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            if any(key.fileobj is sys.stdin for key, _ in selector.select()):
                return
            client, _ = listener.accept()
            with client, contextlib.suppress(OSError):  # of a client that has ended
                serve(client)


if __name__ == "__main__":
    main()
