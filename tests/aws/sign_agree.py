#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signs random requests with botocore and with the program given as argument, and compares the
results byte by byte; so do the cases that AWS publishes (v4_cases.json)."""
import calendar
import json
import os
import random
import string
import subprocess
import sys
import time
import unittest
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PROGRAM = sys.argv.pop(1)
CASES = int(os.environ.get("CRUDDUR_TEST_SIGN_CASES", "3000"))
UNRESERVED = string.ascii_letters + string.digits + "-_.~"
TEXT = UNRESERVED + " \t+/=&%#@!*'()äß漢😀"
HEADER_NAMES = ["Content-Type", "X-Amz-Target", "x-amz-meta", "X-Thing", "x-thing-2", "Accept",
                "Cache-Control", "My-Header", "Range", "zz", "a"]


def random_text(source, alphabet, longest):
    return "".join(source.choices(alphabet, k=source.randrange(longest + 1)))


def encoded(source, longest):
    """Some text as it stands in a URL, in the one form that every signer agrees on."""
    from urllib.parse import quote
    return quote(random_text(source, TEXT, longest), safe="-_.~")


def random_path(source):
    pieces = [source.choice(["", ".", "..", encoded(source, 6), encoded(source, 6), "x"])
              for _ in range(source.randrange(6))]
    return "/" + "/".join(pieces)


def random_query(source):
    names = [encoded(source, 5) or "k" for _ in range(source.randrange(5))]
    names += source.sample(names, source.randrange(len(names) + 1))
    return "&".join(f"{name}={encoded(source, 8)}" for name in names)


def random_headers(source):
    names = source.sample(HEADER_NAMES, source.randrange(len(HEADER_NAMES)))
    headers = []
    for name in names:
        value = random_text(source, string.ascii_letters + "  \t;,=/\"", 20)
        headers.append([source.choice([name, name.lower(), name.upper()]), value])
    if headers and source.random() < 0.3:
        headers.append([headers[0][0], "again"])
    return headers


def random_case(source, same_as=None):
    def key(shortest, longest):
        return random_text(source, string.ascii_letters + "/+0123456789", longest) + "x" * shortest
    case = {
        "method": source.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "host": source.choice(["example.com", "dynamodb.eu-central-1.amazonaws.com",
                               "localhost:8000", "[::1]:8000"]),
        "path": random_path(source),
        "query": random_query(source),
        "headers": random_headers(source),
        "body": random_text(source, TEXT + "{}\":,\n", 300),
        "time_s": source.randrange(4_000_000_000),
    }
    setting = {"access_key_id": key(1, 20), "secret_access_key": key(1, 90),
               "region": source.choice(["eu-central-1", "us-east-1", "x"]),
               "service": source.choice(["dynamodb", "sts", "cognito-idp"])}
    if source.random() < 0.5:
        setting["session_token"] = key(1, 400)
    if same_as is not None:
        setting = {name: same_as[name] for name in
                   ("access_key_id", "secret_access_key", "region", "service", "session_token")
                   if name in same_as}
        case["same"] = True
        case["time_s"] = same_as["time_s"] + source.choice([0, 1, 60, 86400])
    return case | setting


def random_cases():
    source = random.Random(20260131)
    cases = []
    for _ in range(CASES):
        same = cases and cases[-1]["time_s"] < 4_000_000_000 and source.random() < 0.4
        cases.append(random_case(source, cases[-1] if same else None))
    return cases


def sign_with_botocore(case):
    """What botocore makes of a case; its clock is set to the case's time."""
    import datetime
    moment = datetime.datetime.fromtimestamp(case["time_s"], datetime.timezone.utc)
    query = "?" + case["query"] if case["query"] else ""
    request = AWSRequest(method=case["method"], data=case["body"].encode(),
                         url=f"http://{case['host']}{case['path']}{query}")
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    credentials = Credentials(case["access_key_id"], case["secret_access_key"],
                              case.get("session_token"))
    signer = botocore.auth.SigV4Auth(credentials, case["service"], case["region"])
    fixed = mock.Mock(wraps=datetime.datetime)
    fixed.utcnow.return_value = moment.replace(tzinfo=None)
    fixed.now.return_value = moment
    patches = [mock.patch.object(botocore.auth.datetime, "datetime", fixed)
               if hasattr(botocore.auth.datetime, "datetime")
               else mock.patch.object(botocore.auth, "datetime", fixed)]
    if hasattr(botocore.auth, "get_current_datetime"):
        patches.append(mock.patch.object(botocore.auth, "get_current_datetime",
                                         lambda *_, **__: moment))
    for patch in patches:
        patch.start()
    try:
        signer.add_auth(request)
    finally:
        for patch in patches:
            patch.stop()
    return f"{request.headers['X-Amz-Date']} {request.headers['Authorization']}"


def sign_with_program(cases):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([PROGRAM], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


class Agreement(unittest.TestCase):
    def test_random_requests(self):
        cases = random_cases()
        ours = sign_with_program(cases)
        self.assertEqual(len(ours), len(cases))
        for case, signed in zip(cases, ours):
            self.assertEqual(signed, sign_with_botocore(case), json.dumps(case))

    def test_published_cases(self):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "v4_cases.json")
        with open(path, encoding="utf-8") as file:
            published = json.load(file)
        cases = [entry["request"] for entry in published]
        for case in cases:
            case["time_s"] = calendar.timegm(time.strptime(case.pop("time"), "%Y-%m-%dT%H:%M:%SZ"))
        for entry, signed in zip(published, sign_with_program(cases)):
            self.assertEqual(signed.split("Signature=")[1], entry["signature"], entry["name"])


if __name__ == "__main__":
    unittest.main()
