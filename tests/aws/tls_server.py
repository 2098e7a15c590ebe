#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTPS servers on loopback that answer `hello`, until standard input ends. Writes a line with three
ports to standard output: of a server that is as it should be, of one that speaks TLS 1.1 only, and
of one that hangs up after each request. Its certificate, which vouches for 127.0.0.1 only, is
FOLDER/ca.pem; FOLDER/other.pem has nothing to do with it."""
import os
import socket
import ssl
import subprocess
import sys
import threading
import warnings

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def make_certificate(folder, name="ca.pem"):
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def make_context(certificate, key, old=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        warnings.simplefilter("ignore")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(certificate, key)
    return context


def answer(connection, context, hang_up):
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            while secure.recv(65536):
                if hang_up:
                    connection.close()
                    return
                secure.sendall(ANSWER)
    except OSError:
        pass


def serve(listener, context, hang_up):
    while True:
        connection = listener.accept()[0]
        threading.Thread(target=answer, args=(connection, context, hang_up), daemon=True).start()


def start(context, hang_up=False):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, context, hang_up), daemon=True).start()
    return listener.getsockname()[1]


def main():
    make_certificate(sys.argv[1], "other.pem")
    files = make_certificate(sys.argv[1])
    good = make_context(*files)
    print(start(good), start(make_context(*files, old=True)), start(good, hang_up=True), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
