#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The proxy and the runner themselves: a wrong signature is found, and fails the run; a stale index
answers as the index itself does.

    test_proxy.py                    the tests
    test_proxy.py --program NAME     one of the programs that they run beside a service
"""
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import time
import unittest

import boto3
import botocore.config
import botocore.exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import faults
import pages
from signatures import SkewedClock, Verifier, WrongSignature

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import dynamodb_local  # noqa: E402
from npm_service import SKIPPED  # noqa: E402

RUNNER = HERE / "run_with_service.py"
BODY = b'{"TableName": "messages"}'


def signed(secret="secret", token=None):
    """(headers, body) as a right client sends them."""
    request = AWSRequest(method="POST", url="http://127.0.0.1:1234/", data=BODY, headers={
        "Host": "127.0.0.1:1234", "X-Amz-Target": "DynamoDB_20120810.GetItem"})
    SigV4Auth(Credentials("key", secret, token), "dynamodb", "eu-central-1").add_auth(request)
    return [(name.lower(), value) for name, value in request.headers.items()]


class Signatures(unittest.TestCase):
    def verify(self, headers, body=BODY, method="POST", path="/", now_s=None):
        Verifier("key", "secret", "eu-central-1").verify(
            method, path, headers, body, time.time() if now_s is None else now_s)

    def refuse(self, headers, **more):
        with self.assertRaises(WrongSignature):
            self.verify(headers, **more)

    @staticmethod
    def changed(name, change):
        return [(key, change(value) if key == name else value) for key, value in signed()]

    def test_right_ones(self):
        self.verify(signed())
        self.verify(signed(token="session"))
        self.verify(signed() + [("amz-sdk-request", "attempt=1; max=4")])

    def test_everything_that_is_signed_counts(self):
        self.refuse(signed(), body=BODY + b" ")
        self.refuse(signed(), method="PUT")
        self.refuse(signed(), path="/x")
        self.refuse(signed("another"))
        self.refuse(self.changed("host", lambda host: host + "5"))
        self.refuse(self.changed("x-amz-target", lambda target: target[:-1]))
        self.refuse(self.changed("x-amz-date", lambda date: date[:-2] + "9Z"
                                 if date[-2] != "9" else date[:-2] + "8Z"))

    def test_what_has_to_be_signed(self):
        self.refuse(signed() + [("x-amz-more", "not signed")])
        self.refuse([pair for pair in signed() if pair[0] != "authorization"])
        self.refuse([pair for pair in signed() if pair[0] != "x-amz-target"])
        self.refuse(self.changed("authorization", lambda value: value.replace("host;", "")))
        self.refuse(self.changed("authorization", lambda value: value.replace("dynamodb", "sts")))
        self.refuse(self.changed("authorization", lambda value: value.replace("key/", "other/")))

    def test_services(self):
        with self.assertRaises(WrongSignature):
            Verifier("key", "secret", "eu-central-1", "cognito-idp").verify(
                "POST", "/", signed(), BODY, time.time())

    def test_clocks(self):
        self.verify(signed(), now_s=time.time() + 200)
        for skew_s in (-400, 400):
            with self.assertRaises(SkewedClock):
                self.verify(signed(), now_s=time.time() + skew_s)


class Pages(unittest.TestCase):
    """What cognito-local lacks: limits and tokens."""
    ALL = faults.json_answer(200, {"Users": list(range(130)), "More": 1})

    def cut(self, size=1000, answer=ALL, **request):
        made = pages.cut(request, answer, size)
        return made.status, json.loads(made.body)

    def test_pages(self):
        for size, limit, expected in ((1000, 60, [60, 60, 10]), (50, 60, [50, 50, 30]),
                                      (1000, 65, None), (1000, 10, [10] * 13)):
            sizes, users, token = [], [], {}
            while expected is not None:
                status, content = self.cut(size, Limit=limit, **token)
                self.assertEqual((status, content["More"]), (200, 1))
                sizes.append(len(content["Users"]))
                users += content["Users"]
                if "PaginationToken" not in content:
                    break
                token = {"PaginationToken": content["PaginationToken"]}
            if expected is None:
                self.assertEqual(self.cut(size, Limit=limit)[0], 400)
            else:
                self.assertEqual((sizes, users), (expected, list(range(130))))

    def test_wrong_requests_and_errors(self):
        for request in ({"PaginationToken": "x"}, {"PaginationToken": ""}, {"Limit": "1"},
                        {"Limit": -1}):
            self.assertEqual(self.cut(**request)[0], 400, request)
        self.assertEqual(self.cut(answer=faults.error_answer(400, "Wrong"))[0], 400)


class Rules(unittest.TestCase):
    def count(self, rule, operations):
        made = faults.Rule({"fault": "drop-after", **rule})
        return [made.applies(operation, False, None) for operation in operations]

    def test_which_requests(self):
        self.assertEqual(self.count({}, ["Scan", "Scan"]), [True, False])
        self.assertEqual(self.count({"first": 2, "times": 2}, ["Scan"] * 4),
                         [False, True, True, False])
        self.assertEqual(self.count({"operation": "write", "times": 0},
                                    ["PutItem", "Query", "TransactWriteItems"]),
                         [True, False, True])
        self.assertEqual(self.count({"index": True}, ["Query"]), [False])

    def test_nonsense_is_refused(self):
        for rule in ({"fault": "no-such"}, {"fault": "stall", "minutes": 1},
                     {"fault": "slow", "ms": [2, 1]}, {"fault": "late", "ms": 5001},
                     {"fault": "late", "ms": [0, 5001]}):
            with self.assertRaises(ValueError):
                faults.Rule(rule)

    def test_ranges(self):
        def draw(rule, seed):
            source = random.Random(seed)
            return [faults.Rule(rule).draw(source)["ms"] for _ in range(100)]
        some = draw({"fault": "late"}, 1)
        self.assertTrue(300 <= min(some) < max(some) <= 3300, some)
        self.assertEqual(some, draw({"fault": "late"}, 1))
        self.assertNotEqual(some, draw({"fault": "late"}, 2))
        self.assertEqual(set(draw({"fault": "late", "ms": 5000}, 1)), {5000})
        self.assertEqual(set(draw({"fault": "slow", "ms": [1, 2]}, 1)), {1, 2})


class Runner(unittest.TestCase):
    def run_program(self, name):
        done = subprocess.run([sys.executable, "-B", RUNNER, "--mode", "atomic", sys.executable,
                               "-B", __file__, "--program", name], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode == SKIPPED:
            print(done.stdout)  # for the log: unittest counts the skipped ones without their reason
            self.skipTest(done.stdout.strip())
        return done.returncode, done.stdout

    def test_a_wrong_signature_fails_the_run(self):
        code, output = self.run_program("wrong")
        self.assertEqual(code, 1, output)
        self.assertIn("1 signatures were refused", output)

    def test_no_request_fails_the_run(self):
        code, output = self.run_program("nothing")
        self.assertEqual(code, 1, output)
        self.assertIn("no request came", output)

    def test_words_are_replaced(self):
        code, output = self.run_program("words")
        self.assertEqual(code, 0, output)

    def test_what_is_late_is_delivered_once_and_behind_later_requests(self):
        code, output = self.run_program("late")
        self.assertEqual(code, 0, output)

    def test_a_stale_index_answers_as_the_index_does(self):
        code, output = self.run_program("index")
        self.assertEqual(code, 0, output)

    def test_the_programs_exit_code_is_passed_on(self):
        code, output = self.run_program("three")
        self.assertEqual(code, 3, output)


# ---- programs that run beside a service ----

def endpoint():
    return os.environ["CRUDDUR_TEST_STORE"].partition("endpoint=")[2].partition("&")[0]


def client(**more):
    once = botocore.config.Config(retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=endpoint(), config=once, **more)


def wrong():
    try:
        client(aws_secret_access_key="wrong",
               aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"]).list_tables()
    except botocore.exceptions.ClientError as error:
        return 0 if error.response["Error"]["Code"] == "InvalidSignatureException" else 5
    return 6


def nothing():
    return 0


def three():
    client().list_tables()
    return 3


def ask(order):
    port = int(os.environ["CRUDDUR_TEST_PROXY"])
    with socket.create_connection(("127.0.0.1", port)) as control:
        control.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(control.makefile().readline())


def words():
    """botocore checks the checksum."""
    service = client()
    for how, expected in (("as-is", "Cannot do operations on a non-existent table"),
                          ("other", faults.WORDS["other"]), ("noise", faults.NOISE), ("none", "")):
        ask({"do": "words", "door": 1, "words": how})
        try:
            service.describe_table(TableName="missing")
        except botocore.exceptions.ClientError as error:
            told = error.response["Error"]
            if (told["Code"], told["Message"]) != ("ResourceNotFoundException", expected):
                print(f"{how}: {told}")
                return 9
    cancelled = {"CancellationReasons": [{"Code": "None"}, {"Code": "X", "Message": "because"}],
                 "message": "cancelled"}
    faults.reword(cancelled, "other")
    return 0 if [reason.get("Message") for reason in cancelled["CancellationReasons"]] == [
        None, faults.WORDS["other"]] else 10


def count(of):
    return ask({"do": "count", "door": 1, "of": of})["count"]


def put_late(service, ms):
    """Puts "late", which is lost on the way, and "second" behind it; what is there in the end."""
    delivered = count("late.delivered")
    ask({"do": "rules", "door": 1, "rules": [{"fault": "late", "operation": "PutItem", "ms": ms}]})
    item = {"pk": {"S": "GRP#0"}, "sk": {"S": "t"}}
    try:
        service.put_item(TableName="messages", Item=item | {"message": {"S": "late"}})
        return "answered"
    except botocore.exceptions.ConnectionClosedError:
        service.put_item(TableName="messages", Item=item | {"message": {"S": "second"}})
    while count("late.delivered") == delivered:
        time.sleep(0.01)
    return service.get_item(TableName="messages", Key=item, ConsistentRead=True)["Item"][
        "message"]["S"]


def late():
    """On a slow machine the second request may come after the late one, but not again and again."""
    service = client()
    dynamodb_local.make_table(os.environ["CRUDDUR_TEST_DYNAMODB"], "messages")
    found = []
    while "late" not in found and len(found) < 4:
        found.append(put_late(service, 300 * 2 ** len(found)))
    counts = [count(of) for of in ("fault.late", "late.delivered", "late.succeeded")]
    # Without rules nothing is late, and nothing comes a second time.
    applied = count("applied.PutItem")
    if found[-1] != "late" or counts != [len(found)] * 3 or applied != 2 * len(found):
        print(found, counts, applied)
        return 11
    return 0


def queries(values):
    """Every form that there is, a page at a time and all at once."""
    for condition in ("", " AND sk > :l", " AND sk >= :l", " AND sk < :u", " AND sk <= :u",
                      " AND sk BETWEEN :l AND :u"):
        used = {name: {"S": value} for name, value in values.items()
                if name == ":p" or name in condition}
        for forward in (True, False):
            for limit in (None, 2):
                query = {"TableName": "messages", "IndexName": "message-group-sk-index",
                         "KeyConditionExpression": "message_group_uuid = :p" + condition,
                         "ExpressionAttributeValues": used, "ScanIndexForward": forward}
                yield query if limit is None else query | {"Limit": limit}


def all_pages(service, query):
    pages = []
    start = {}
    while True:
        answer = service.query(**query, **start)
        pages.append([item["sk"]["S"] for item in answer["Items"]])
        if "LastEvaluatedKey" not in answer:
            return [page for page in pages if page]  # the last may be empty, or not be there
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def index():
    service = client()
    names = ("pk", "sk", "message_group_uuid")
    keys = [{"AttributeName": name, "KeyType": kind}
            for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    service.create_table(
        TableName="messages", KeySchema=keys, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[{
            "IndexName": "message-group-sk-index", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "message_group_uuid", "KeyType": "HASH"}, keys[1]]}])
    for number in range(7):
        service.put_item(TableName="messages", Item={
            "pk": {"S": f"GRP#{number % 3}"}, "sk": {"S": f"t{number}"},
            "message_group_uuid": {"S": "g" if number != 4 else "h"}})
    asked = list(queries({":p": "g", ":l": "t1", ":u": "t5"}))
    live = [all_pages(service, query) for query in asked]
    ask({"do": "freeze-index", "door": 1, "table": "messages"})
    service.delete_item(TableName="messages", Key={"pk": {"S": "GRP#2"}, "sk": {"S": "t2"}})
    frozen = [all_pages(service, query) for query in asked]
    ask({"do": "thaw-index", "door": 1})
    for query, before, stale in zip(asked, live, frozen):
        if before != stale:
            print(f"{query}: {before}, and {stale} from the past")
            return 7
    return 8 if all_pages(service, asked[0]) == live[0] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--program"]:
        sys.exit({"wrong": wrong, "nothing": nothing, "three": three, "index": index,
                  "words": words, "late": late}[sys.argv[2]]())
    unittest.main()
