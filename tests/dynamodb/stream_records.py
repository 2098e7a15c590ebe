# SPDX-License-Identifier: MIT
"""The records of a table's stream as the service tells of them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import check_table  # noqa: E402


def ask(endpoint, operation, **request):
    return check_table.ask_dynamodb(endpoint, operation, request,
                                    target="DynamoDBStreams_20120810")


def read_shard(endpoint, arn, shard):
    """What is there now: an open shard has no end, but this service has no empty pages before it."""
    iterator = ask(endpoint, "GetShardIterator", StreamArn=arn, ShardId=shard,
                   ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while iterator is not None:
        answer = ask(endpoint, "GetRecords", ShardIterator=iterator)
        yield from answer["Records"]
        iterator = answer.get("NextShardIterator") if answer["Records"] else None


def read_stream(endpoint, arn):
    """All records of DynamoDB Local's stream, as JSON; botocore would make dates of some values."""
    described = ask(endpoint, "DescribeStream", StreamArn=arn)["StreamDescription"]
    return [record for shard in described["Shards"]
            for record in read_shard(endpoint, arn, shard["ShardId"])]
