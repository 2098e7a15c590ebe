#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service: tokens, sessions, JSON routes, event streams, bad input, limits, its end.

CRUDDUR_WEB names the program, best one that was built with sanitizers.
"""
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from service import CLIENT, GUARD_S, ISSUER, USERS, Key, Service, Stream, encode, serve  # noqa: E402

STATIC = pathlib.Path(__file__).resolve().parent.parent / "static"
SECRET = "a text that no log has"
UNLIMITED = ("--reads", "0", "--writes", "0")


keys = []


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    for kid, bits in (("key-1", 2048), ("key-2", 2048), ("stranger", 2048), ("weak", 1024)):
        keys.append(Key(pathlib.Path(folder.name), kid, bits))


class ServiceTest(unittest.TestCase):
    """One service for the tests of a class."""
    options = UNLIMITED

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.key, cls.other, cls.stranger, cls.weak = keys
        cls.jwks = cls.folder / "jwks.json"
        cls.write_keys(cls.key, cls.weak)
        cls.service = Service(cls.folder, "--jwks", cls.where(), "--issuer", ISSUER, "--client-id",
                              CLIENT, *cls.options)
        cls.addClassCleanup(cls.check_end)
        cls.tokens = {handle: cls.key.token(sub=sub) for handle, _, sub in USERS}

    @classmethod
    def where(cls):
        return str(cls.jwks)

    @classmethod
    def write_keys(cls, *keys):
        cls.jwks.write_text(json.dumps({"keys": [{"kty": "EC", "kid": "ec"},
                                                 *(key.jwk for key in keys)]}))

    @classmethod
    def check_end(cls):
        """It stops when asked to; sanitizers have found nothing, and the log has no secrets."""
        status = cls.service.stop() if cls.service.process.poll() is None else 0
        log = cls.service.log()
        for line in log.splitlines():
            if not line.startswith("{"):
                raise AssertionError(log[-4000:])
            json.loads(line)
        for text in (SECRET, *cls.tokens.values()):
            if text in log:
                raise AssertionError("the log has a secret")
        if status != 0:
            raise AssertionError(f"exit status {status}: {log[-2000:]}")

    def ask(self, *arguments, **more):
        return self.service.ask(*arguments, **more)

    def api(self, method, path, body=None, who="maren", expect=200):
        status, _, answer = self.ask(method, path, body, token=self.tokens[who])
        self.assertEqual(status, expect, answer)
        return json.loads(answer)

    def send(self, text, to="teo", who="maren", **more):
        return self.api("POST", "/api/messages", {"message": text, "handle": to, **more},
                        who)["message_group_uuid"]

    def raw(self, data, is_open=False):
        """Sends bytes; the status, or None if the connection is closed without an answer."""
        with socket.create_connection(("127.0.0.1", self.service.port), GUARD_S) as connection:
            connection.sendall(data)
            if not is_open:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            try:
                while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
                    received += part
            except ConnectionResetError:
                pass
        self.head = received
        return int(received.split(b" ")[1]) if received.startswith(b"HTTP/1.") else None


class Tokens(ServiceTest):
    def test_good_ones(self):
        for token in (self.key.token(), self.key.token(nbf=int(time.time())),
                      self.key.token(token_use="id", client_id=None, aud=CLIENT)):
            self.assertEqual(self.ask("GET", "/api/message_groups", token=token)[::2], (200, b"[]"))

    def test_bad_ones_get_nothing(self):
        now = int(time.time())
        good = self.key.token()
        head, body, signature = good.split(".")
        forged = self.key.token(sub="sub-teo").split(".")[1]
        as_ours = self.stranger.token({"kid": "key-1"})
        bad = {
            "empty": "", "no token": "x", "two parts": f"{head}.{body}", "four parts": good + ".x",
            "no signature": f"{head}.{body}.", "other claims": f"{head}.{forged}.{signature}",
            "not base64url": good + "=", "no JSON": f"{head}.{encode(b'{')}.{signature}",
            "huge": f"{head}.{'A' * 9000}.{signature}",
            "alg none": self.key.token({"alg": "none"}, "none"),
            "alg None, signed": self.key.token({"alg": "None"}),
            "alg missing": self.key.token({"alg": None}), "alg RS512": self.key.token({"alg": "RS512"}),
            "HS256 with the public key": self.key.token({"alg": "HS256"}, "HS256"),
            "RS256 that is HS256": self.key.token({}, "HS256"),
            "kid missing": self.key.token({"kid": None}), "unknown kid": self.stranger.token(),
            "another's key": as_ours, "weak key": self.weak.token(), "EC": self.key.token({"kid": "ec"}),
            "critical": self.key.token({"crit": ["x"]}),
            "expired": self.key.token(exp=now - 3600), "no exp": self.key.token(exp=None),
            "exp text": self.key.token(exp=str(now + 60)), "not yet": self.key.token(nbf=now + 3600),
            "wrong issuer": self.key.token(iss=ISSUER + "x"), "no issuer": self.key.token(iss=None),
            "wrong client": self.key.token(client_id="x"), "no client": self.key.token(client_id=None),
            "access with aud": self.key.token(client_id=None, aud=CLIENT),
            "id with client_id": self.key.token(token_use="id"),
            "refresh": self.key.token(token_use="refresh"), "no use": self.key.token(token_use=None),
            "no sub": self.key.token(sub=None),
        }
        for name, token in bad.items():
            for path in ("/api/message_groups", "/events", "/messages"):
                status, headers, answer = self.ask("GET", path,
                                                   headers={"Authorization": "Bearer " + token})
                # The page leads to the sign-in.
                self.assertEqual(status, 303 if path == "/messages" else 401, name)
                self.assertIn("WWW-Authenticate", headers, name)
            self.assertNotIn(b"uuid", answer, name)
        self.assertEqual(self.ask("GET", "/api/message_groups", headers={
            "Authorization": "Basic " + good})[0], 401)
        self.assertEqual(self.ask("GET", "/api/message_groups")[0], 401)
        self.assertEqual(self.ask("GET", "/api/message_groups",
                                  token=self.key.token(sub="sub-stranger"))[0], 403)


class Rotation(ServiceTest):
    def test_a_new_key_is_accepted_and_an_old_one_no_more(self):
        self.assertEqual(self.ask("GET", "/api/message_groups", token=self.key.token())[0], 200)
        self.write_keys(self.other)
        self.assertEqual(self.ask("GET", "/api/message_groups", token=self.other.token())[0], 200)
        self.assertEqual(self.ask("GET", "/api/message_groups", token=self.key.token())[0], 401)


class RotationAtUrl(Rotation):
    @classmethod
    def where(cls):
        server = serve(cls.jwks)
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/jwks.json"


class Routes(ServiceTest):
    def test_messages(self):
        group = self.send(SECRET)
        self.assertEqual(self.send("second", "maren", "teo"), group)
        third = self.api("POST", "/api/messages", {"message": "third", "message_group_uuid": group})
        self.assertEqual([third["handle"], third["message"]], ["maren", "third"])
        listed = self.api("GET", f"/api/messages/{group}", who="teo")
        self.assertEqual([m["message"] for m in listed][-3:], [SECRET, "second", "third"])
        self.assertEqual(listed[-1], third)
        self.assertEqual(self.api("GET", f"/api/messages/{group.upper()}", who="teo"), listed)
        groups = self.api("GET", "/api/message_groups", who="teo")
        self.assertEqual([groups[0][name] for name in ("uuid", "handle", "message")],
                         [group, "maren", "third"])
        self.assertEqual(self.api("GET", "/api/users/@teo/short"),
                         {"uuid": USERS[1][1], "handle": "teo", "display_name": "Teo"})

    def test_a_repeated_send_is_one_message(self):
        group = self.send("first", "layla", "teo")
        body = {"message": "once", "message_group_uuid": group, "message_uuid": str(uuid.uuid4())}
        first = self.api("POST", "/api/messages", body, "teo")
        self.assertEqual(self.api("POST", "/api/messages", body, "teo"), first)
        self.assertEqual(len(self.api("GET", f"/api/messages/{group}", who="teo")), 2)

    def test_failures(self):
        group = self.send("x")
        for body, status, code in (
                ({"message": " ", "message_group_uuid": group}, 422, "message_blank"),
                ({"message_group_uuid": group}, 422, "message_blank"),
                ({"message": "x" * 1025, "message_group_uuid": group}, 422,
                 "message_exceed_max_chars"),
                ({"message": "x"}, 422, "message_group_uuid_blank"),
                ({"message": "x", "message_group_uuid": "y"}, 422, "uuid_invalid"),
                ({"message": "x", "handle": "nobody"}, 404, "user_not_found"),
                ({"message": "x", "handle": "maren"}, 422, "user_receiver_is_sender"),
                ({"message": "x", "message_group_uuid": str(uuid.uuid4())}, 404,
                 "message_group_not_found")):
            self.assertEqual(self.api("POST", "/api/messages", body, expect=status), [code])
        # To a stranger the group does not exist.
        self.api("GET", f"/api/messages/{group}", who="layla", expect=404)
        self.api("POST", "/api/messages", {"message": "x", "message_group_uuid": group}, "layla", 404)
        self.api("GET", "/api/users/@nobody/short", expect=404)
        accepted = {"message": "😀" * 1024, "message_group_uuid": group}
        self.assertEqual(self.api("POST", "/api/messages", accepted)["message"], "😀" * 1024)

    def test_monitoring(self):
        self.assertEqual(self.ask("GET", "/healthz")[::2], (200, b'{"status":"ok"}'))
        self.send("x")
        status, headers, text = self.ask("GET", "/metrics")
        self.assertEqual((status, headers["Content-Type"].split(";")[0]), (200, "text/plain"))
        for line in text.decode().splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) .+|\w+(\{.*\})? [0-9.e+-]+)$")
        self.assertIn(b'cruddur_calls_total{operation="group_create",status="OK"} ', text)
        self.assertIn(b'http_requests_total{method="POST",route="/api/messages",code="200"} ', text)

    def test_static_files(self):
        status, headers, body = self.ask("GET", "/static/page.css")
        self.assertEqual((status, headers["Cache-Control"]), (200, "public, no-cache"))
        self.assertGreater(len(body), 0)
        url = re.search(rb'href="(/static/page.css\?v=\w+)"', self.ask("GET", "/sign-in")[2])[1].decode()
        self.assertIn("immutable", self.ask("GET", url)[1]["Cache-Control"])
        self.assertEqual(self.ask("GET", url[:-1])[1]["Cache-Control"], "public, no-cache")
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            self.assertIn(name, headers)


class Sessions(ServiceTest):
    options = (*UNLIMITED, "--demo-sign-in", "maren", "--demo-sign-in", "teo")

    def restart(self):
        self.assertEqual(self.service.stop(), 0)
        self.service.start()

    def form_token(self, cookie):
        """As the page has it in its forms: signed with the service's key."""
        key = (self.folder / "session.key").read_bytes()
        return hmac.new(key, b"form:" + cookie.encode(), hashlib.sha256).hexdigest()

    def post(self, cookie, headers=(), **fields):
        body = {"message": "x", "handle": "layla", **fields}
        return self.ask("POST", "/api/messages", body, headers, cookie=cookie)[0]

    def test_a_link_signs_in_once(self):
        self.restart()
        link = "/" + self.service.links["maren"]
        cookie = self.service.sign_in("maren")
        self.assertEqual(self.ask("GET", link)[0], 403)
        self.assertEqual(self.ask("GET", "/messages", cookie=cookie)[0], 200)
        self.restart()
        self.assertEqual(self.ask("GET", "/messages", cookie=cookie)[0], 200)
        status, headers, _ = self.ask("GET", "/messages")
        self.assertEqual((status, headers["Location"]), (303, "/sign-in"))
        for wrong in (cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), cookie + "x", "x", "..", "",
                      USERS[1][1] + cookie[36:], "x" * 300):
            self.assertEqual(self.ask("GET", "/events", cookie=wrong)[0], 401, wrong)

    def test_forms_of_other_sites(self):
        self.restart()
        cookie = self.service.sign_in("teo")
        token = self.form_token(cookie)
        ours = {"Origin": self.service.url.rstrip("/")}
        self.assertEqual(self.post(cookie, csrf=token), 200)
        self.assertEqual(self.post(cookie, {**ours, "X-CSRF-Token": token}), 200)
        self.assertEqual(self.post(cookie, {"Sec-Fetch-Site": "same-origin"}, csrf=token), 200)
        self.assertEqual(self.post(cookie), 403)
        self.assertEqual(self.post(cookie, csrf=token[:-1] + "!"), 403)
        self.assertEqual(self.post(cookie, {"Origin": "https://evil.example"}, csrf=token), 403)
        self.assertEqual(self.post(cookie, {"Origin": "null"}, csrf=token), 403)
        for site in ("cross-site", "same-site", "none"):
            self.assertEqual(self.post(cookie, {"Sec-Fetch-Site": site}, csrf=token), 403)
        self.assertEqual(self.ask("GET", "/events", headers={"Sec-Fetch-Site": "cross-site"},
                                  cookie=cookie)[0], 403)
        self.assertEqual(self.ask("GET", "/messages", headers={
            "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, cookie=cookie)[0], 200)
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil:80"):
            self.assertEqual(self.ask("GET", "/messages", headers={"Host": host}, cookie=cookie)[0],
                             421)

    def test_forms_that_lack_what_they_change(self):
        self.restart()
        cookie = self.service.sign_in("maren")
        group = self.send(SECRET)
        fields = {"csrf": self.form_token(cookie)}
        message = str(uuid.uuid4())
        for form, more, status in (
                ("edit", {"text": "x"}, 422), ("delete", {}, 422), ("react", {"message": message}, 422),
                ("react", {"message": message, "add": "<b>"}, 422),
                ("edit", {"message": message, "text": "x", "at": "9" * 20}, 404),
                ("delete", {"message": message}, 404), ("mute", {"set": "x"}, 422),
                ("block", {}, 422), ("archive", {"set": "x"}, 422), ("frob", {}, 404)):
            self.assertEqual(self.ask("POST", f"/messages/{group}/{form}",
                                      urllib.parse.urlencode({**fields, **more}),
                                      {"Content-Type": "application/x-www-form-urlencoded"},
                                      cookie=cookie)[0], status, (form, more))
        self.assertEqual(self.ask("GET", "/messages/zzz", cookie=cookie)[0], 404)

    def test_a_token_makes_a_session(self):
        status, headers, _ = self.ask("POST", "/sign-in", token=self.tokens["layla"])
        self.assertEqual(status, 204)
        cookie = headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
        self.assertIn("HttpOnly", headers["Set-Cookie"])
        self.assertEqual(self.ask("GET", "/messages", cookie=cookie)[0], 200)
        status, headers, _ = self.ask("POST", "/sign-out", "csrf=" + self.form_token(cookie), {
            "Content-Type": "application/x-www-form-urlencoded"}, cookie=cookie)
        self.assertEqual(status, 303)
        self.assertIn("session=;", headers["Set-Cookie"])
        self.assertEqual(self.ask("POST", "/sign-in", "code=x", {
            "Content-Type": "application/x-www-form-urlencoded"})[0], 403)

    def test_a_mistake_in_a_template_ends_the_start(self):
        static = self.folder / "static"
        shutil.copytree(STATIC, static)
        for name, text in (("open", "{{#a}}x"), ("closed", "x{{/a}}"), ("crossed", "{{#a}}{{#b}}{{/a}}{{/b}}"),
                           ("unknown", "{{>nowhere}}"), ("cut", "{{a")):
            (static / "pages" / f"{name}.html").write_text(text)
        with self.assertRaises(RuntimeError) as caught, tempfile.TemporaryDirectory() as folder:
            Service(pathlib.Path(folder), "--static", str(static))
        self.assertEqual(set(re.findall(r"template (\w+): a tag is wrong", str(caught.exception))),
                         {"open", "closed", "crossed", "unknown", "cut"})

    def test_the_demo_sign_in_is_for_loopback_addresses(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with self.assertRaises(RuntimeError):
            Service(pathlib.Path(folder.name), "--address", "0.0.0.0", "--demo-sign-in", "maren")


class Origin(ServiceTest):
    options = (*UNLIMITED, "--origin", "https://messages.example")

    def test_it_is_compared_whole(self):
        group = self.send("x")
        host = {"Host": "messages.example"}
        _, headers, _ = self.ask("POST", "/sign-in", token=self.tokens["teo"])
        self.assertIn("; Secure", headers["Set-Cookie"])
        cookie = headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
        # The page of a conversation, whose uuid may be written in upper case.
        status, _, page = self.ask("GET", f"/messages/{group.upper()}", headers=host, cookie=cookie)
        self.assertEqual(status, 200)
        self.assertEqual(re.findall(r'data-group="([^"]+)"', page.decode()), [group, group])
        self.assertIn(b'aria-current="page"', page)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.decode())[1]
        for origin, expected in (("https://messages.example", 303), (None, 303),
                                 ("http://messages.example", 403),
                                 ("https://messages.example:8443", 403),
                                 ("https://messages.example.evil.example", 403),
                                 ("https://evil.example", 403), ("null", 403), ("", 403)):
            form = {"Content-Type": "application/x-www-form-urlencoded", **host,
                    **({} if origin is None else {"Origin": origin})}
            self.assertEqual(self.ask("POST", f"/messages/{group}/read", "csrf=" + csrf, form,
                                      cookie=cookie)[0], expected, origin)
        for other in ("127.0.0.1", "localhost", "messages.example:8443"):
            self.assertEqual(self.ask("GET", "/messages", headers={"Host": other},
                                      cookie=cookie)[0], 421, other)


class Events(ServiceTest):
    options = (*UNLIMITED, "--heartbeat", "1", "--streams-per-user", "3")

    def test_what_happens_comes_as_events(self):
        stream = Stream(self.service, self.tokens["teo"])
        self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.next(), ("open", {}))
        group = self.send(SECRET)
        kind, data = stream.next(["message"])
        self.assertEqual((kind, data["group_uuid"], data["user_uuid"]), ("message", group, USERS[0][1]))
        self.assertNotIn(SECRET, json.dumps(data))
        while stream.next()[0] != ":":
            pass
        stream.close()

    def test_a_stream_resumes_without_loss_or_repeat(self):
        group = self.send("0", "layla", "teo")
        stream = Stream(self.service, self.tokens["layla"])
        stream.next(["open"])
        received = []
        sent = []
        for number in range(12):
            sent.append(self.api("POST", "/api/messages", {
                "message": str(number), "message_group_uuid": group}, "teo")["uuid"])
            if number % 4 == 1:
                received.append(stream.next(["message"])[1]["message_uuid"])
                stream.close()
                if number == 5:  # also across the sudden death of the service
                    self.service.stop(signal.SIGKILL)
                    self.service.start(self.service.port)
                stream = Stream(self.service, self.tokens["layla"], stream.cursor)
                self.assertEqual(stream.status, 200)
        while len(received) < len(sent):
            received.append(stream.next(["message"])[1]["message_uuid"])
        self.assertEqual(received, sent)
        stream.close()

    def test_refusals(self):
        maren = Stream(self.service, self.tokens["maren"])
        maren.next(["open"])
        for cursor in ("x", maren.cursor[:-1], maren.cursor):
            stream = Stream(self.service, self.tokens["teo"], cursor)
            self.assertEqual((stream.status, stream.answer.read()), (400, b'["cursor_invalid"]'))
            stream.close()
        more = [Stream(self.service, self.tokens["maren"]) for _ in range(3)]
        self.assertEqual([stream.status for stream in more], [200, 200, 429])
        for stream in (maren, *more):
            stream.close()
        status = 429  # the service learns of the end when it looks
        while status == 429:
            stream = Stream(self.service, self.tokens["maren"])
            status = stream.status
            stream.close()

    def test_a_half_closed_stream_ends(self):
        with socket.create_connection(("127.0.0.1", self.service.port), GUARD_S) as connection:
            connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                               + self.tokens["layla"].encode() + b"\r\n\r\n")
            received = connection.recv(65536)
            self.assertTrue(received.startswith(b"HTTP/1.1 200 "))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


class BadInput(ServiceTest):
    options = (*UNLIMITED, "--read", "2", "--connections-per-address", "30")

    def post(self, body, kind="application/json", headers=()):
        return self.ask("POST", "/api/messages", body, {"Content-Type": kind, **dict(headers)},
                        token=self.tokens["maren"])[0]

    def test_bodies(self):
        for body in (b"{", b"[]", b"null", b'{"message":"\xff"}', b'{"message":"a\\u0000b"}', b"{}x",
                     b"{" * 30000, b'{"a":1,"a":2}'):
            self.assertEqual(self.post(body), 400, body[:40])
        form = "application/x-www-form-urlencoded"
        for body in (b"message=%", b"message=%0", b"message=%zz", b"message=%00", b"a\0b=c", b"x",
                     b"=&&=", b"message=%ff", b"message=%F0%9F"):
            self.assertEqual(self.post(body, form), 400, body[:40])
        for body in (b"message=", b"", b"=", b"other=a+b%2Bc&", b"a=b&" * 8000):
            self.assertEqual(self.post(body, form), 422, body)
        self.assertEqual(self.post(b'{"message":5}'), 422)
        for kind in ("text/plain", "multipart/form-data; boundary=x", "application/jsonx", "x" * 500):
            self.assertEqual(self.post(b"x", kind), 415)
        self.assertEqual(self.ask("GET", "/api/message_groups", b"x",
                                  token=self.tokens["maren"])[0], 400)

    def test_large_bodies(self):
        head = (b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer " + self.tokens["maren"].encode() + b"\r\n")
        self.assertEqual(self.raw(head + b"Content-Length: 99999999999\r\n\r\n", True), 413)
        chunks = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(20)) + b"0\r\n\r\n"
        self.assertEqual(self.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks), 413)
        for length in (b"-1", b"x", b"99999999999999999999999"):
            self.assertIn(self.raw(head + b"Content-Length: " + length + b"\r\n\r\n", True),
                          (400, 413), length)
        self.assertEqual(self.raw(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", True), 400)
        self.assertIsNone(self.raw(head + b"Content-Length: 100\r\n\r\n{")) # ends in the middle

    def test_methods_and_paths(self):
        for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "X" * 100):
            status, headers, _ = self.ask(method, "/api/messages")
            self.assertEqual((status, headers["Allow"]), (405, "POST"), method)
        self.assertEqual(self.ask("POST", "/healthz")[1]["Allow"], "GET")
        self.assertEqual(self.ask("HEAD", "/healthz")[::2], (200, b""))
        for path in ("/nothing", "/static/", "/static", "/static/../src/main.c", "/static/%2e%2e/x",
                     "/static/..%2fsrc%2fmain.c", "//static/page.css", "/static/page.css/",
                     "/static/..\\x", "/static/page%00.css", "/static/page.css%00x", "/healthz%00", "/static/%2fetc%2fpasswd", "/..", "/api/",
                     "/api/messages/a/b", "/api/messages/", "/static/" + "x" * 2000):
            self.assertEqual(self.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404,
                             path)
        self.assertEqual(self.ask("GET", "/api/messages/%00", token=self.tokens["maren"])[0], 404)
        for path in ("/api/messages/%0d%0aX-Injected:%20x", "/api/users/@%0d%0aX-Injected:%20x/short",
                     "/sign-in?code=%0d%0aX-Injected:%20x"):
            _, headers, _ = self.ask("GET", path, token=self.tokens["maren"])
            self.assertNotIn("X-Injected", headers)

    def test_headers(self):
        start = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        self.assertIn(self.raw(start + b"X: " + b"x" * 40000 + b"\r\n\r\n", True), (413, 431))
        self.assertIn(self.raw(start + b"".join(b"X%d: x\r\n" % i for i in range(3000)) + b"\r\n", True),
                      (413, 431))
        self.assertIn(self.raw(b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", True),
                      (414, 431))
        self.assertEqual(self.raw(b"GET /healthz HTTP/1.1\r\n\r\n", True), 400)
        for data in (b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
                     b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n", b"\r\n" * 100):
            self.assertIn(self.raw(data), (None, 400, 404, 405, 505), data)
        # What one proxy and another would read differently.
        for lines in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                      b"Content-Length: 5\r\nContent-Length: 4\r\n", b"Host: evil.example\r\n",
                      b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n"):
            self.assertEqual(self.raw(b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\n" + lines
                                      + b"\r\n0\r\n\r\n", True), 400, lines)

    def test_slow_clients_are_ended(self):
        with socket.create_connection(("127.0.0.1", self.service.port), GUARD_S) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            connection.settimeout(0.1)
            is_open = True
            while is_open:  # a byte now and then, which no time-out for idle connections would end
                try:
                    connection.sendall(b"x")
                    is_open = connection.recv(1) != b""
                except TimeoutError:
                    pass
                except OSError:
                    is_open = False

    def test_many_connections(self):
        connections = [socket.create_connection(("127.0.0.1", self.service.port), GUARD_S)
                       for _ in range(60)]
        for connection in connections:  # those beyond the limit are ended at once, all others later
            while connection.recv(4096):
                pass
            connection.close()
        self.assertEqual(self.ask("GET", "/healthz")[0], 200)

    def test_a_client_that_leaves_at_once(self):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", self.service.port), GUARD_S) as connection:
                connection.sendall(b"GET /api/message_groups HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                                   b"Bearer " + self.tokens["maren"].encode() + b"\r\n\r\n")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.assertEqual(self.ask("GET", "/healthz")[0], 200)


class Limits(ServiceTest):
    options = ("--reads", "1000", "--writes", "1")

    def test_each_user_has_a_rate(self):
        connections = [self.service.connect() for _ in range(30)]
        body = json.dumps({"message": "x", "handle": "teo"})
        for connection in connections:  # all at once: the rate is of the time that passes
            connection.request("POST", "/api/messages", body, {
                "Authorization": "Bearer " + self.tokens["maren"],
                "Content-Type": "application/json"})
        answers = [connection.getresponse() for connection in connections]
        self.assertEqual({answer.status for answer in answers}, {200, 429})
        self.assertEqual({answer.headers["Retry-After"] for answer in answers if answer.status == 429},
                         {"1"})
        for connection in connections:
            connection.close()
        self.send("x", "teo", "layla")  # others are not held up
        self.api("GET", "/api/message_groups")


class End(ServiceTest):
    def test_it_stops_gracefully(self):
        self.send("x")
        stream = Stream(self.service, self.tokens["teo"])
        stream.next(["open"])
        idle = self.service.connect()
        idle.request("GET", "/healthz")
        self.assertEqual(idle.getresponse().read(), b'{"status":"ok"}')
        results = []

        def write():
            try:
                while True:
                    results.append(self.ask("POST", "/api/messages", {
                        "message": "x", "handle": "teo"}, token=self.tokens["maren"])[0])
            except OSError:
                pass  # no more connections are taken
        writer = threading.Thread(target=write)
        writer.start()
        while len(results) < 5:
            time.sleep(0.01)
        self.assertEqual(self.service.stop(), 0)
        writer.join(GUARD_S)
        while stream.next()[0] is not None:
            pass
        stream.close()
        idle.close()
        self.assertLessEqual(set(results), {200, 503})


if __name__ == "__main__":
    unittest.main()
