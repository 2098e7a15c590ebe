#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the simulated DynamoDB against another: the same random requests get the same answers.

    run_with_service.py --direct compare_services.py SERVED [--operations N] [--seed N]

SERVED is the program that serves the simulated one (served.c); the other one is that of
CRUDDUR_TEST_DYNAMODB. What is asked for is what the library asks for: reads by key and by range, of
the table and its index, with limits and pages; writes with conditions, in batches and
transactions, whose tokens come again with the same and with another content; and what a service
refuses. Wording, the order of attributes and of what has no order do not count; KNOWN says what
else does not, and why.
At the end both tables, and the records of both streams, are the same. Exits with 1 where they
differ.
"""
import argparse
import collections
import http.client
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dynamodb_local  # noqa: E402

TABLE = "compared"
INDEX = dynamodb_local.INDEX
TIMEOUT_S = 120
PARTITIONS = [f"MSG#{letter}" for letter in "abcd"] + ["GRP#ä", 'x"\\\u0001']
SORT_KEYS = [f"2026-01-01T00:00:0{second}.000000Z" for second in range(9)] + ["2026"]
GROUPS = ["g1", "g2", "g3"]
TOKENS = 40  # so many of the latest transactions come again
LARGE = 120_000
DIFFERENCES_MAX = 10

# What the two may differ in, and why that is no fault of the simulated one.
KNOWN = {
    "ConsumedCapacity": "the simulated service counts no capacity: the library only adds it up",
    "order within an index's sort key": "DynamoDB promises none among items of one sort key",
    "the end of limited pages": "DynamoDB Local has no next page of the index where the last item is "
                                "at the range's end, and loses others of its sort key",
    "numbers in lists and maps": "DynamoDB Local keeps them as they are written, DynamoDB does not",
    "order of a scan": "DynamoDB orders partitions by a hash of its own",
    "place of the shard": "sequence numbers and times of records are each service's own",
}


# ---- asking ----

class Service:
    """A connection that stays, since a request takes less time than to connect."""

    def __init__(self, url):
        self.url = url
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc,
                                                     timeout=TIMEOUT_S)

    def ask(self, operation, request, target=dynamodb_local.TABLES):
        """(status, code, the answer)"""
        self.connection.request("POST", "/", json.dumps(request), {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20200101T000000Z",
            "X-Amz-Target": f"{target}.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/dynamodb/"
                             "aws4_request, SignedHeaders=host, Signature=0"})
        answer = self.connection.getresponse()
        body = json.loads(answer.read() or b"{}")
        code = body.pop("__type", "").rpartition("#")[2]
        for unimportant in ("message", "Message", "ConsumedCapacity"):
            body.pop(unimportant, None)
        return answer.status, code, body


def tidy(value):
    """Without what has no order, and the wording of reasons."""
    if isinstance(value, dict):
        sets = {"SS", "NS", "BS"}
        return {name: sorted(inner) if name in sets and isinstance(inner, list) else tidy(inner)
                for name, inner in value.items() if name != "Message"}
    if isinstance(value, list):
        return [tidy(inner) for inner in value]
    return value


def as_text(value):
    return json.dumps(tidy(value), sort_keys=True)


def find_end(request):
    """The sort key at which a limited listing of the index ends; None: there is no such bound."""
    if "IndexName" not in request or "Limit" not in request:
        return None
    name = ":u" if request.get("ScanIndexForward", True) else ":l"
    return request["ExpressionAttributeValues"].get(name, {}).get("S")


def in_order(rows):
    """Whether a scan shows each partition as a whole, by its sort keys."""
    partitions = [pk for pk, _ in itertools.groupby(row["pk"]["S"] for row in rows)]
    keys = collections.defaultdict(list)
    for row in rows:
        keys[row["pk"]["S"]].append(row["sk"]["S"])
    return (len(partitions) == len(set(partitions)) and
            all(of_one == sorted(of_one) for of_one in keys.values()))


# ---- random requests ----

class Dice(random.Random):
    def happens(self, once_in):
        return self.randrange(once_in) == 0

    def text(self):
        return self.choice(["x", "y", "xyz", "é and \u65e5", 'say "no"\\', "a/b\tc", "z" * 40])

    def number(self):
        return self.choice(["0", "1", "-1", "1.0", "10", "1e1", "-0", "0.50", "007", "12.345e3"])

    def value(self):
        return self.choice([
            lambda: {"S": self.text()}, lambda: {"S": self.text()}, lambda: {"N": self.number()},
            lambda: {"BOOL": self.happens(2)}, lambda: {"NULL": True},
            lambda: {"SS": self.sample(["a", "b", "c", "d"], 2)},
            lambda: {"L": [{"S": self.text()}, {"N": "17"}]},
            lambda: {"M": {"k": {"S": self.text()}}}, lambda: {"S": ""}])()

    def key(self):
        return {"pk": {"S": self.choice(PARTITIONS)}, "sk": {"S": self.choice(SORT_KEYS)}}

    def item(self):
        item = self.key()
        if not self.happens(3):
            item["message_group_uuid"] = {"S": self.choice(GROUPS)}
        if not self.happens(4):
            item["message"] = {"S": self.text()}
        for name in ("a", "b", "version"):
            if self.happens(2):
                item[name] = self.value()
        return item


class Condition:
    """A random expression, and what its names and values stand for."""

    def __init__(self, dice):
        self.dice = dice
        self.names = {}
        self.values = {}
        self.text = self.any_of(2)

    def name(self):
        name = self.dice.choice(["a", "b", "version", "message", "message_group_uuid", "pk"])
        if self.dice.happens(3):
            placeholder = f"#n{len(self.names)}"
            self.names[placeholder] = name
            return placeholder
        return name

    def value(self, value):
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder

    def term(self):
        dice = self.dice
        return dice.choice([
            lambda: f"attribute_exists({self.name()})",
            lambda: f"attribute_not_exists({self.name()})",
            lambda: f"{self.name()} = {self.value(dice.value())}",
            lambda: f"{self.name()} <> {self.value(dice.value())}",
            lambda: f"message = {self.value({'S': dice.text()})}",
            lambda: f"begins_with(message, {self.value({'S': dice.text()[:2]})})",
            lambda: f"contains(message, {self.value({'S': dice.text()[-2:]})})",
            lambda: f"size(message) <> {self.value({'N': '40'})}",
        ])()

    def any_of(self, depth):
        if depth == 0 or self.dice.happens(3):
            return self.term()
        return self.dice.choice([
            lambda: f"{self.any_of(depth - 1)} AND {self.any_of(depth - 1)}",
            lambda: f"{self.any_of(depth - 1)} OR {self.any_of(depth - 1)}",
            lambda: f"NOT {self.term()}",
            lambda: f"({self.term()} OR {self.term()})"])()

    def members(self):
        made = {"ConditionExpression": self.text}
        if self.names:
            made["ExpressionAttributeNames"] = self.names
        if self.values:
            made["ExpressionAttributeValues"] = self.values
        return made


def as_read(item):
    """The library's condition that an item still is as it was read."""
    others = [name for name in item if name not in ("pk", "sk")]
    terms = ["pk = :k"] + [f"#o{i} = :o{i}" for i in range(len(others))]
    absent = [name for name in ("a", "b", "version", "message") if name not in item]
    terms += [f"attribute_not_exists({name})" for name in absent]
    made = {"ConditionExpression": " AND ".join(terms),
            "ExpressionAttributeValues": {":k": item["pk"]}}
    made["ExpressionAttributeValues"].update({f":o{i}": item[name]
                                              for i, name in enumerate(others)})
    if others:
        made["ExpressionAttributeNames"] = {f"#o{i}": name for i, name in enumerate(others)}
    return made


class Requests:
    """Draws them, and remembers what was seen and sent."""

    def __init__(self, seed):
        self.dice = Dice(seed)
        self.seen = collections.deque(maxlen=30)
        self.sent = collections.deque(maxlen=TOKENS)
        self.tokens = 0

    def draw(self):
        drawn = self.dice.choices(
            [self.put, self.delete, self.get, self.batch_get, self.batch_write, self.query,
             self.transaction, self.again, self.wrong, self.scan],
            [20, 10, 8, 6, 2, 20, 22, 4, 5, 2])[0]
        operation, request = drawn()
        return operation, {**request, "ReturnConsumedCapacity": "TOTAL"}

    def condition(self):
        if self.dice.happens(2):
            return Condition(self.dice).members()
        if self.seen and self.dice.happens(2):
            return as_read(self.dice.choice(self.seen))
        return self.dice.choice([{}, {"ConditionExpression": "attribute_not_exists(pk)"}])

    def told(self):
        return {"ReturnValuesOnConditionCheckFailure": self.dice.choice(["ALL_OLD", "NONE"])}

    def write(self, kinds, conditions=1):
        """{"Put": …}; a replacement of what was seen is often under its condition. One in so many
        others has one."""
        dice = self.dice
        kind = dice.choice(kinds)
        condition = self.condition() if dice.happens(conditions) else {}
        if kind == "ConditionCheck" and not condition:
            condition = {"ConditionExpression": dice.choice([
                "attribute_exists(pk)", "attribute_not_exists(pk) OR attribute_exists(pk)"])}
        what = {"Item": dice.item()} if kind == "Put" else {"Key": dice.key()}
        if self.seen and dice.happens(3 * conditions):
            old = dice.choice(self.seen)
            condition = as_read(old)
            key = {name: old[name] for name in ("pk", "sk")}
            what = {"Item": {**dice.item(), **key}} if kind == "Put" else {"Key": key}
        return kind, {"TableName": TABLE, **what, **condition, **self.told()}

    def put(self):
        return "PutItem", self.write(["Put"])[1]

    def delete(self):
        return "DeleteItem", self.write(["Delete"])[1]

    def get(self):
        return "GetItem", {"TableName": TABLE, "Key": self.dice.key(), "ConsistentRead": True}

    def distinct_keys(self, count):
        keys = {(dice["pk"]["S"], dice["sk"]["S"]): dice
                for dice in (self.dice.key() for _ in range(count))}
        return list(keys.values())

    def batch_get(self):
        keys = self.distinct_keys(self.dice.randrange(1, 12))
        return "BatchGetItem", {"RequestItems": {TABLE: {"Keys": keys, "ConsistentRead": True}}}

    def batch_write(self):
        writes = [{"PutRequest": {"Item": {**self.dice.item(), **key}}} if self.dice.happens(2)
                  else {"DeleteRequest": {"Key": key}}
                  for key in self.distinct_keys(self.dice.randrange(1, 6))]
        return "BatchWriteItem", {"RequestItems": {TABLE: writes}}

    def query(self):
        dice = self.dice
        is_index = dice.happens(3)
        form = dice.choice(["", " AND sk BETWEEN :l AND :u", " AND sk >= :l", " AND sk > :l",
                            " AND sk <= :u", " AND sk < :u"])
        values = {":p": {"S": dice.choice(GROUPS if is_index else PARTITIONS)}}
        lower, upper = sorted((dice.choice(SORT_KEYS), dice.choice(SORT_KEYS)),
                              reverse=dice.happens(20))
        values.update({name: {"S": bound} for name, bound in ((":l", lower), (":u", upper))
                       if name in form})
        made = {"TableName": TABLE, "ExpressionAttributeValues": values,
                "KeyConditionExpression":
                    ("message_group_uuid = :p" if is_index else "pk = :p") + form}
        if is_index:
            made["IndexName"] = INDEX
        if not is_index or dice.happens(20):
            made["ConsistentRead"] = True
        if dice.happens(2):
            made["ScanIndexForward"] = dice.happens(3)
        if dice.happens(2):
            made["Limit"] = dice.randrange(1, 5)
        return "Query", made

    def scan(self):
        made = {"TableName": TABLE, "ConsistentRead": True}
        if self.dice.happens(2):
            made["Limit"] = self.dice.randrange(5, 40)
        return "Scan", made

    def transaction(self):
        dice = self.dice
        count = dice.choice([1, 2, 3, 5, 8])
        kinds = ["Put", "Put", "Delete", "ConditionCheck"]
        actions = {}
        while len(actions) < count:
            kind, members = self.write(kinds, conditions=2 * count)
            key = members.get("Item", members.get("Key"))
            actions[key["pk"]["S"], key["sk"]["S"]] = {kind: members}
        self.tokens += 1
        made = {"TransactItems": list(actions.values()),
                "ClientRequestToken": f"token-{self.tokens}"}
        self.sent.append(made)
        return "TransactWriteItems", made

    def again(self):
        """With the same content, or with another."""
        if not self.sent:
            return self.transaction()
        old = self.dice.choice(self.sent)
        if self.dice.happens(3):
            return "TransactWriteItems", {**self.transaction()[1],
                                          "ClientRequestToken": old["ClientRequestToken"]}
        return "TransactWriteItems", old

    def wrong(self):
        """What a service refuses."""
        dice = self.dice
        operation, request = dice.choice([self.put, self.get, self.delete, self.query])()
        twice = {"Put": {"TableName": TABLE, "Item": dice.item()}}
        key = dice.key()
        index_query = {"TableName": TABLE, "IndexName": INDEX, "ConsistentRead": True,
                       "KeyConditionExpression": "message_group_uuid = :p",
                       "ExpressionAttributeValues": {":p": {"S": "g1"}}}
        return dice.choice([
            lambda: (operation, {**request, "TableName": "missing"}),
            lambda: ("TransactWriteItems", {"TransactItems": [twice, twice]}),
            lambda: ("TransactWriteItems", {"TransactItems": []}),
            lambda: ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [key, key]}}}),
            lambda: ("GetItem", {"TableName": TABLE, "Key": {**key, "sk": {"S": ""}}}),
            lambda: ("GetItem", {"TableName": TABLE, "Key": {**key, "sk": {"S": "s" * 1025}}}),
            lambda: ("GetItem", {"TableName": TABLE, "Key": {**key, "pk": {"S": "p" * 2049}}}),
            lambda: ("GetItem", {"TableName": TABLE, "Key": {**key, "pk": {"N": "1"}}}),
            lambda: ("PutItem", {"TableName": TABLE, "Item": {**key, "sk": {"N": "1"}}}),
            lambda: ("PutItem", {"TableName": TABLE,
                                 "Item": {**key, "message_group_uuid": {"S": ""}}}),
            lambda: ("PutItem", {"TableName": TABLE,
                                 "Item": {**key, "message_group_uuid": {"N": "1"}}}),
            lambda: ("Query", index_query),
            lambda: ("Query", {**self.query()[1], "Limit": 0}),
            lambda: ("DescribeNothing", {})])()


# ---- comparing ----

class Comparison:
    def __init__(self, simulated, other):
        self.services = (simulated, other)
        self.counts = collections.Counter()
        self.differences = 0

    def complain(self, operation, request, answers):
        self.differences += 1
        if self.differences <= DIFFERENCES_MAX:
            print(f"{operation} {as_text(request)[:2000]}\n"
                  f"   simulated: {str(answers[0])[:2000]}\n   the other: {str(answers[1])[:2000]}",
                  flush=True)

    def compare(self, operation, request):
        """The answer's status, code and body, as the simulated service gave it."""
        answers = [service.ask(operation, request) for service in self.services]
        parts = [self.judged(operation, request, answer) for answer in answers]
        self.counts[f"{operation} {answers[0][1]}".strip()] += 1
        if parts[0] != parts[1]:
            self.complain(operation, request, parts)
        return answers

    def judged(self, operation, request, answer):
        """What of an answer is compared."""
        status, code, body = answer
        body = tidy(body)
        if operation == "BatchGetItem":
            body = {name: sorted(map(as_text, rows))
                    for name, rows in body.get("Responses", {}).items()}
        elif status == 200 and operation == "Scan":
            body = None  # see follow()
        elif status == 200 and "IndexName" in request:
            keys = [row["sk"]["S"] for row in body["Items"]]
            is_at_end = keys and keys[-1] == find_end(request)
            body = keys, is_at_end or "LastEvaluatedKey" in body
        return status, code, body

    def follow(self, operation, request, answers):
        """All pages of both."""
        found = []
        for service, (status, _, body) in zip(self.services, answers):
            rows = list(body.get("Items", []))
            while status == 200 and "LastEvaluatedKey" in body:
                status, _, body = service.ask(
                    operation, {**request, "ExclusiveStartKey": body["LastEvaluatedKey"]})
                rows += body.get("Items", [])
            end = find_end(request)
            rows = [row for row in rows if end is None or row["sk"]["S"] != end]
            keys = [row["sk"]["S"] for row in rows] if operation == "Query" else in_order(rows)
            found.append((keys, sorted(map(as_text, rows))))
        if found[0] != found[1]:
            self.complain(f"all pages of {operation}", request, found)
        self.counts["pages followed"] += 1

    def run(self, operation, request, seen):
        answers = self.compare(operation, request)
        _, _, body = answers[0]
        rows = body.get("Items", [body["Item"]] if "Item" in body else [])
        seen.extend(rows[:3])
        if operation == "Scan" or "IndexName" in request or "LastEvaluatedKey" in body:
            self.follow(operation, request, answers)

    def compare_streams(self):
        """Of each item, the same records in the same order."""
        told = []
        for service in self.services:
            described = service.ask("DescribeTable", {"TableName": TABLE})[2]["Table"]
            records = collections.defaultdict(list)
            for record in dynamodb_local.read_stream(service.url, described["LatestStreamArn"]):
                change = record["dynamodb"]
                records[as_text(change["Keys"])].append(
                    (record["eventName"], as_text(change.get("NewImage"))))
            told.append(records)
        self.counts["records of the streams"] = sum(map(len, told[0].values()))
        for key in sorted(set(told[0]) | set(told[1])):
            if told[0][key] != told[1][key]:
                pairs = itertools.zip_longest(*(records[key] for records in told))
                at = next(i for i, (ours, others) in enumerate(pairs) if ours != others)
                self.complain(f"the stream, from record {at} on of", key,
                              [records[key][max(at - 2, 0):at + 3] for records in told])


def compare_large(comparison):
    """Pages that end at 1 MB, and items that are too large."""
    def put(sk, size):
        comparison.run("PutItem", {"TableName": TABLE, "Item": {
            "pk": {"S": "large"}, "sk": {"S": sk}, "message": {"S": "m" * size}}}, [])
    for number in range(20):
        put(f"{number:02}", LARGE)
    put("too large", 410_000)
    for forward in (True, False):
        comparison.run("Query", {"TableName": TABLE, "KeyConditionExpression": "pk = :p",
                                 "ScanIndexForward": forward, "ConsistentRead": True,
                                 "ExpressionAttributeValues": {":p": {"S": "large"}}}, [])


def main():
    parser = argparse.ArgumentParser(description="Compares the simulated DynamoDB with another.")
    parser.add_argument("served")
    parser.add_argument("--operations", type=int, default=3000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args()
    with subprocess.Popen([options.served], stdout=subprocess.PIPE, text=True) as served:
        try:
            simulated = Service(served.stdout.readline().strip())
            comparison = Comparison(simulated, Service(os.environ["CRUDDUR_TEST_DYNAMODB"]))
            for service in comparison.services:
                dynamodb_local.make_table(service.url, TABLE)
            requests = Requests(options.seed)
            for _ in range(options.operations):
                comparison.run(*requests.draw(), requests.seen)
            compare_large(comparison)
            comparison.run("Scan", {"TableName": TABLE, "ConsistentRead": True}, [])
            comparison.compare_streams()
        finally:
            served.terminate()
    for name, count in sorted(comparison.counts.items()):
        print(f"{count:7} {name}")
    for name, why in KNOWN.items():
        print(f"not compared: {name}: {why}")
    print(f"seed {options.seed}: {options.operations} operations, "
          f"{comparison.differences} differences")
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
