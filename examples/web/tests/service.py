# SPDX-License-Identifier: MIT
"""Starts the service for tests, and makes the keys and tokens that it accepts."""
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
GUARD_S = 120  # only against hanging
ISSUER = "https://issuer.example/pool"
CLIENT = "the-client"
USERS = [("maren", "1ffa6a99-36bf-40ac-846a-32cacca30827", "sub-maren"),
         ("teo", "2ef016f1-8ae6-4c87-a0d7-0548acec244c", "sub-teo"),
         ("layla", "ff2649d1-c365-46c4-9f82-6532fb86cb6d", "sub-layla")]


def encode(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True,
                          check=True).stdout


class Key:
    """An RSA key, made and used by the openssl command."""

    def __init__(self, folder, kid, bits=2048):
        self.kid = kid
        self.path = str(folder / f"{kid}.pem")
        openssl("genrsa", "-out", self.path, str(bits))
        self.public = openssl("rsa", "-in", self.path, "-pubout")
        modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").split(b"=")[1].strip()
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256",
                    "n": encode(bytes.fromhex(modulus.decode())), "e": "AQAB"}

    def token(self, header=(), sign="RS256", **claims):
        now = int(time.time())
        head = {"alg": "RS256", "kid": self.kid, **dict(header)}
        body = {"sub": "sub-maren", "iss": ISSUER, "client_id": CLIENT, "token_use": "access",
                "iat": now, "exp": now + 3600, **claims}
        head = {name: value for name, value in head.items() if value is not None}
        body = {name: value for name, value in body.items() if value is not None}
        text = f"{encode(head)}.{encode(body)}"
        if sign == "RS256":
            signature = openssl("dgst", "-sha256", "-sign", self.path, data=text.encode())
        elif sign == "HS256":  # the public key, which everybody has, as the secret
            signature = hmac.digest(self.public, text.encode(), hashlib.sha256)
        else:
            signature = b""
        return f"{text}.{encode(signature)}"


def serve(path):
    """A web server on loopback that answers every request with what a file has then."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Service:
    def __init__(self, folder, *options, wrapper=()):
        self.folder = folder
        users = folder / "users.json"
        if not users.exists():
            users.write_text(json.dumps([
                {"handle": handle, "uuid": uuid, "cognito_user_id": sub,
                 "display_name": handle.title()} for handle, uuid, sub in USERS]))
        self.arguments = [*wrapper, os.environ["CRUDDUR_WEB"], "--store",
                          os.environ.get("CRUDDUR_WEB_STORE", f"sqlite:{folder}/messages.db"),
                          "--users", str(users), "--static", str(HERE.parent / "static"),
                          "--session-key", str(folder / "session.key"), *options]
        self.log_path = folder / "log"
        self.process = None
        self.start()

    def start(self, port=0):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([*self.arguments, "--port", str(port)],
                                        stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.process.communicate(timeout=GUARD_S)  # it has closed its output, and ends
            raise RuntimeError("the service did not start: " + self.log())
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))
        self.links = {}
        for _ in range(self.arguments.count("--demo-sign-in")):
            handle, link = self.process.stdout.readline().split()
            self.links[handle.lstrip("@")] = link.split(self.url, 1)[1]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.stdout.close()
        return self.process.wait(GUARD_S)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=GUARD_S)

    def ask(self, method, path, body=None, headers=(), token=None, cookie=None):
        """Returns the status, the headers and the body."""
        headers = dict(headers)
        if token:
            headers["Authorization"] = "Bearer " + token
        if cookie:
            headers["Cookie"] = "session=" + cookie
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def sign_in(self, handle):
        """Returns the cookie."""
        status, headers, _ = self.ask("GET", "/" + self.links[handle])
        assert status == 303, status
        return headers["Set-Cookie"].split(";")[0].split("=", 1)[1]


class Stream:
    """An event stream, read event by event."""

    def __init__(self, service, token, cursor=None):
        self.connection = service.connect()
        headers = {"Authorization": "Bearer " + token}
        if cursor is not None:
            headers["Last-Event-ID"] = cursor
        self.connection.request("GET", "/events", headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.cursor = cursor

    def next(self, kinds=None):
        """The next event of these kinds: its kind and data; None at the end. Comments are ":"."""
        event = {}
        while line := self.answer.readline():
            line = line.decode().rstrip("\n")
            if line.startswith(":") and kinds is None:
                return ":", None
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "event" in event:
                self.cursor = event["id"]
                if kinds is None or event["event"] in kinds:
                    return event["event"], json.loads(event["data"])
                event = {}
        return None, None

    def close(self):
        self.answer.close()
        self.connection.close()
