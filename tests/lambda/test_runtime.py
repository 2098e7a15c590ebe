#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Lambda function and the Runtime API: what it makes of everything that may come from there, and
of its environment. There is no table."""
import json
import os
import signal
import socket
import unittest

from function import SECRET, Function, FunctionTest
from runtime_api import RuntimeApi

NOTHING = {"Records": []}
TOO_LARGE = b'{"Records":[' + b" " * (8 << 20) + b"]}"
NOWHERE = "dynamodb:messages?endpoint=http://127.0.0.1:9&mode=stream"


def a_message(number):
    group = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
    keys = {"pk": {"S": "MSG#" + group}, "sk": {"S": "2023-04-17T15:30:00.000001+00:00"}}
    return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {
        "Keys": keys, "SequenceNumber": number, "StreamViewType": "NEW_IMAGE", "NewImage": keys | {
            "message": {"S": SECRET}, "message_uuid": {"S": group}, "user_uuid": {"S": group},
            "user_display_name": {"S": "Ann"}, "user_handle": {"S": "ann"}}}}


class Invocations(FunctionTest):
    def test_answers_and_headers(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE) as function:
            first = api.invoke(NOTHING, request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                               trace_id="Root=1-5bef4de7;Sampled=1", invocation_id="one/of=many")
            second = api.invoke(NOTHING)
            self.assert_answer(first)
            self.assert_answer(second)
            self.assertEqual(first.path,
                             "invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response")
            self.assertEqual(first.headers["content-type"], "application/json")
            self.assertEqual(first.headers["lambda-runtime-invocation-id"], "one/of=many")
            self.assertNotIn("lambda-runtime-invocation-id", second.headers)
            self.assertEqual(second.path, "invocation/request-2/response")
            line = self.line_with(function, message="event applied",
                                  requestId="8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            self.assertEqual(line["traceId"], "Root=1-5bef4de7;Sampled=1")
            self.assertEqual((line["level"], line["records"], line["failures"]), ("INFO", 0, 0))
            self.assertNotIn("traceId", self.line_with(function, requestId="request-2"))

    def test_what_is_no_event_is_an_error(self):
        events = {b"": "is not JSON", b"{": "is not JSON", b"\xff": "is not JSON",
                  b"[]": "a list named Records", b"{}": "a list named Records",
                  json.dumps({"Records": SECRET}).encode(): "a list named Records"}
        with RuntimeApi() as api, Function(api.address, NOWHERE) as function:
            for number, (event, words) in enumerate(events.items(), 1):
                with self.subTest(event=event):
                    post = api.invoke(event, invocation_id="x")
                    self.assertEqual(post.path, f"invocation/request-{number}/error")
                    self.assertEqual(post.json.keys(), {"errorMessage", "errorType", "stackTrace"})
                    self.assertIn(words, post.json["errorMessage"])
                    self.assertNotIn(SECRET, post.json["errorMessage"])
                    self.assertEqual(post.json["stackTrace"], [])
                    self.assertEqual(post.json["errorType"], "Function.E_INVALID_ARGUMENT")
                    self.assertEqual(post.headers["lambda-runtime-function-error-type"],
                                     "Function.E_INVALID_ARGUMENT")
                    self.assertEqual(post.headers["lambda-runtime-invocation-id"], "x")
                    line = self.line_with(function, requestId=f"request-{number}")
                    self.assertEqual((line["level"], line["message"], line["errorType"]),
                                     ("ERROR", post.json["errorMessage"],
                                      "Function.E_INVALID_ARGUMENT"))
            self.assert_answer(api.invoke(NOTHING))

    def test_an_event_that_is_too_large(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE):
            post = api.invoke(TOO_LARGE)
            self.assertEqual((post.path, post.json["errorType"]),
                             ("invocation/request-1/error", "Function.EventTooLarge"))
            self.assert_answer(api.invoke(NOTHING))

    def test_a_slow_next_is_waited_for(self):
        with RuntimeApi({"event": NOTHING, "wait_s": 3}) as api, Function(api.address, NOWHERE):
            self.assert_answer(api.wait_posts(1)[0])
            self.assert_answer(api.invoke(NOTHING))

    def test_the_deadline(self):
        """A service that never answers: what could not be done is reported in time."""
        with socket.create_server(("127.0.0.1", 0)) as deaf, RuntimeApi() as api:
            store = f"dynamodb:messages?endpoint=http://127.0.0.1:{deaf.getsockname()[1]}"
            with Function(api.address, store) as function:
                post = api.invoke({"Records": [a_message("7")]}, deadline_s=10)
                self.assert_answer(post, "7")
                self.assertLess(post.time, api.handed_out[0][1])
                line = self.line_with(function, sequenceNumber="7")
                self.assertEqual((line["level"], line["status"], line["record"]),
                                 ("ERROR", "E_TIMEOUT", 0))

    def test_a_deadline_that_has_passed_or_is_none(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE) as function:
            self.assert_answer(api.invoke({"Records": [a_message("7")]}, deadline_s=-5), "7")
            for deadline in (None, "soon", "-1"):
                post = api.invoke({"Records": [a_message("8")]}, deadline_ms=deadline)
                self.assert_answer(post, "8")
            self.assertEqual({line["status"] for line in function.lines()
                              if line.get("sequenceNumber") == "8"}, {"E_NETWORK"})


class Failures(FunctionTest):
    def ends_after(self, entry, words, asked=1):
        with RuntimeApi(*([entry] * asked)) as api, Function(api.address, NOWHERE) as function:
            self.assertEqual(function.wait(), 1)
            self.assertEqual((len(api.asked), api.posts), (asked, []))
            line = function.lines()[-1]
            self.assertEqual(line["level"], "ERROR")
            self.assertIn(words, line["message"])

    def test_next_is_refused(self):
        for status in (403, 500, 404, 204):
            with self.subTest(status=status):
                self.ends_after({"status": status}, f"next: HTTP status {status}")

    def test_next_makes_no_sense(self):
        self.ends_after({"raw": b"what?\r\n\r\n"}, "next", asked=3)
        self.ends_after({"raw": b""}, "next", asked=3)
        self.ends_after({"event": NOTHING, "request_id": None}, "Lambda-Runtime-Aws-Request-Id")
        self.ends_after({"event": NOTHING, "request_id": "../init"}, "Request-Id")

    def test_next_breaks_off(self):
        cut = (b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: cut\r\n"
               b"Content-Length: 99\r\n\r\n{")
        with RuntimeApi({"raw": b""}, {"raw": cut}, {"event": NOTHING}) as api, \
                Function(api.address, NOWHERE):
            self.assert_answer(api.wait_posts(1)[0])
            self.assertEqual(api.posts[0].path, "invocation/request-1/response")

    def test_nobody_is_there(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        with Function(address, NOWHERE) as function:
            self.assertEqual(function.wait(), 1)
            self.assertIn("Runtime API: next: ", function.lines()[-1]["message"])

    def test_an_answer_that_is_too_large(self):
        with RuntimeApi(answers={"response": [413], "error": [403]}) as api, \
                Function(api.address, NOWHERE) as function:
            api.add(event=NOTHING)
            error = api.wait_posts(2)[1]
            self.assertEqual((error.path, error.json["errorType"]),
                             ("invocation/request-1/error", "Function.ResponseTooLarge"))
            self.assert_answer(api.invoke(NOTHING))
            self.assertIn("error: HTTP status 403",
                          self.line_with(function, level="WARN")["message"])

    def test_an_answer_that_is_refused(self):
        statuses = [400, 403, 410]
        with RuntimeApi(answers={"response": statuses}) as api, \
                Function(api.address, NOWHERE) as function:
            for _ in range(4):
                self.assert_answer(api.invoke(NOTHING))
            self.assertEqual([line["message"] for line in function.lines()
                              if line["level"] == "WARN"],
                             [f"Runtime API: response: HTTP status {n}" for n in statuses])

    def test_an_answer_that_breaks_the_container(self):
        for kind, event in (("response", NOTHING), ("error", [])):
            with RuntimeApi({"event": event}, answers={kind: [500]}) as api, \
                    Function(api.address, NOWHERE) as function:
                self.assertEqual(function.wait(), 1)
                self.assertEqual([post.kind for post in api.posts], [kind])
                self.assertIn(f"{kind}: HTTP status 500", function.lines()[-1]["message"])

    def test_an_answer_that_gets_lost_is_sent_again(self):
        with RuntimeApi({"event": NOTHING}, answers={"response": [None, None]}) as api, \
                Function(api.address, NOWHERE):
            posts = api.wait_posts(3)
            self.assertEqual([post.body for post in posts], [posts[0].body] * 3)
            self.assert_answer(posts[2])
            self.assert_answer(api.invoke(NOTHING))

    def test_frozen_between_invocations(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE) as function:
            self.assert_answer(api.invoke(NOTHING))
            api.wait_asked(2)
            os.kill(function.process.pid, signal.SIGSTOP)
            api.add(raw=b"")  # its connection is gone when it wakes up
            api.add(event=NOTHING)
            os.kill(function.process.pid, signal.SIGCONT)
            self.assert_answer(api.wait_posts(2)[1])


class Ends(FunctionTest):
    def test_told_to_end_while_it_waits(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE) as function:
            api.invoke(NOTHING)
            api.wait_asked(2)
            self.assertEqual(function.terminate(), 0)

    def test_told_to_end_while_it_works(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf, RuntimeApi() as api:
            store = f"dynamodb:messages?endpoint=http://127.0.0.1:{deaf.getsockname()[1]}"
            with Function(api.address, store) as function:
                api.add(event={"Records": [a_message("7")]}, deadline_s=3)
                connection, _ = deaf.accept()  # it is at work
                self.assertEqual(function.terminate(), 0)
                self.assert_answer(api.wait_posts(1)[0], "7")
                self.assertEqual(len(api.asked), 1)
                connection.close()


class Environment(FunctionTest):
    def refused(self, words, status=202, **environment):
        with RuntimeApi(answers={"error": [status] * 3}) as api, \
                Function(api.address, NOWHERE, **environment) as function:
            self.assertEqual(function.wait(), 1)
            self.assertEqual(api.asked, [])
            post = api.posts[0]
            self.assertEqual(post.path, "init/error")
            self.assertIn(words, post.json["errorMessage"])
            self.assertEqual(post.json["stackTrace"], [])
            self.assertEqual(post.json["errorType"],
                             post.headers["lambda-runtime-function-error-type"])
            line = function.lines()[0]
            self.assertEqual((line["level"], line["message"]),
                             ("ERROR", post.json["errorMessage"]))
            return post.json["errorType"]

    def test_settings(self):
        for name, values, rule in (
                ("CRUDDUR_STORE", (None, "", " "), " is not set"),
                ("CRUDDUR_STORE", ("sqlite:messages.db", "messages"), " must begin with dynamodb:"),
                ("CRUDDUR_WORKERS", ("0", "65", "-1", "+8", " 8", "8 ", "8x", "0x8", "many",
                                     "99999999999999999999"), " must be a whole number from 1 to 64"),
                ("CRUDDUR_LOG_LEVEL", ("INFO", "warn", "3"),
                 " must be debug, info, warning or error")):
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assertEqual(self.refused(name + rule, **{name: value}),
                                     "Runtime.ConfigInvalid")

    def test_the_store(self):
        for words, environment in (
                ("CRUDDUR_STORE: ", {"CRUDDUR_STORE": "dynamodb:messages?mode=fast"}),
                ("region", {"AWS_REGION": None, "AWS_DEFAULT_REGION": None,
                            "CRUDDUR_STORE": "dynamodb:messages"}),
                ("AWS_MAX_ATTEMPTS", {"AWS_MAX_ATTEMPTS": "lots"})):
            with self.subTest(words=words):
                self.assertEqual(self.refused(words, **environment), "Runtime.StoreNotOpened")

    def test_an_init_error_that_is_not_taken(self):
        for status in (403, 500, None):
            with self.subTest(status=status):
                self.refused("CRUDDUR_WORKERS", status=status, CRUDDUR_WORKERS="0")

    def test_not_in_lambda(self):
        for address in (None, ""):
            with Function(address, NOWHERE) as function:
                self.assertEqual(function.wait(), 1)
                self.assertIn("AWS_LAMBDA_RUNTIME_API is not set", function.lines()[0]["message"])

    def test_what_may_be_blank(self):
        with RuntimeApi() as api, Function(api.address, NOWHERE, CRUDDUR_WORKERS=" ",
                                           CRUDDUR_LOG_LEVEL="", http_proxy="http://127.0.0.1:9"):
            self.assert_answer(api.invoke(NOTHING))

    def test_log_levels(self):
        for level, expected in (("debug", {"INFO", "DEBUG", "ERROR"}), ("info", {"INFO", "ERROR"}),
                                ("warning", {"ERROR"}), ("error", {"ERROR"})):
            with self.subTest(level=level), RuntimeApi() as api, \
                    Function(api.address, NOWHERE, CRUDDUR_LOG_LEVEL=level) as function:
                self.assert_answer(api.invoke({"Records": [a_message("7")]}, deadline_s=10), "7")
                self.assertEqual({line["level"] for line in function.lines()}, expected)
                for line in function.lines():
                    self.assertEqual(line["requestId"], "request-1")
                    self.assertRegex(line["timestamp"],
                                     r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00\Z")


if __name__ == "__main__":
    unittest.main()
