# SPDX-License-Identifier: MIT
"""Uses a local service without the library: a call, the records of a stream, a table."""
import json
import urllib.request

TABLES, STREAMS = "DynamoDB_20120810", "DynamoDBStreams_20120810"
INDEX = "message-group-sk-index"
KEYS = (("pk", "S"), ("sk", "S"))
INDEX_KEYS = (("message_group_uuid", "S"), ("sk", "S"))
TIMEOUT_S = 60


def ask(endpoint, operation, target=TABLES, **request):
    """The service looks at no signature."""
    headers = {"Content-Type": "application/x-amz-json-1.0",
               "X-Amz-Date": "20200101T000000Z",
               "X-Amz-Target": f"{target}.{operation}",
               "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/dynamodb/"
                                "aws4_request, SignedHeaders=host, Signature=0"}
    posted = urllib.request.Request(endpoint, json.dumps(request).encode(), headers)
    with urllib.request.urlopen(posted, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def scan(endpoint, table):
    """All rows, as the table has them now."""
    start = {}
    while True:
        answer = ask(endpoint, "Scan", TableName=table, ConsistentRead=True, **start)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


# ---- streams ----

def read_shard(endpoint, stream, shard):
    """What is there now: an open shard has no end, but this service has no empty pages before it."""
    iterator = ask(endpoint, "GetShardIterator", STREAMS, StreamArn=stream, ShardId=shard,
                   ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while iterator is not None:
        answer = ask(endpoint, "GetRecords", STREAMS, ShardIterator=iterator)
        yield from answer["Records"]
        iterator = answer.get("NextShardIterator") if answer["Records"] else None


def read_stream(endpoint, stream):
    """All records of a stream, as JSON; botocore would make dates of some values."""
    described = ask(endpoint, "DescribeStream", STREAMS, StreamArn=stream)["StreamDescription"]
    return [record for shard in described["Shards"]
            for record in read_shard(endpoint, stream, shard["ShardId"])]


class Tail:
    """A stream's records from its start on, as they come; of the shards that it has now."""

    def __init__(self, endpoint, stream):
        self.endpoint = endpoint
        described = ask(endpoint, "DescribeStream", STREAMS, StreamArn=stream)
        self.iterators = [
            ask(endpoint, "GetShardIterator", STREAMS, StreamArn=stream, ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            for shard in described["StreamDescription"]["Shards"]]

    def read(self):
        """The next records; none if there are no more for now."""
        records = []
        for number, iterator in enumerate(self.iterators):
            if iterator is not None:
                answer = ask(self.endpoint, "GetRecords", STREAMS, ShardIterator=iterator)
                records += answer["Records"]
                self.iterators[number] = answer.get("NextShardIterator")
        return records


# ---- tables ----

def key_schema(keys):
    return [{"AttributeName": name, "KeyType": role}
            for (name, _), role in zip(keys, ("HASH", "RANGE"))]


def make_table(endpoint, name, keys=KEYS, indexes=((INDEX_KEYS, "ALL"),), has_stream=True):
    """A table of such keys, [(name, type), …], and indexes, [(keys, projection)]: as `cruddur schema
    load` makes it, where nothing else is said. Returns its description."""
    types = dict(keys)
    for index_keys, _ in indexes:
        types.update(index_keys)
    more = {}
    if indexes:
        more["GlobalSecondaryIndexes"] = [
            {"IndexName": INDEX, "KeySchema": key_schema(index_keys),
             "Projection": {"ProjectionType": projection}} for index_keys, projection in indexes]
    if has_stream:
        more["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    return ask(endpoint, "CreateTable", TableName=name, KeySchema=key_schema(keys),
               BillingMode="PAY_PER_REQUEST",
               AttributeDefinitions=[{"AttributeName": key, "AttributeType": of_type}
                                     for key, of_type in types.items()],
               **more)["TableDescription"]
