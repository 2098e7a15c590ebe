#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a service load the classes that tests need: each kind of request once.

    exercise.py ENDPOINT
"""
import pathlib
import sys
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from dynamodb_local import INDEX, Tail, ask, make_table  # noqa: E402

TABLE = "exercise"


def row(number):
    return {"pk": {"S": "MSG#1"}, "sk": {"S": f"{number:04}"}, "message": {"S": "text"}, "n": {"N": "1"},
            "message_group_uuid": {"S": "1"}}


def key(number):
    return {name: row(number)[name] for name in ("pk", "sk")}


def is_new(number):
    return {"Put": {"TableName": TABLE, "Item": row(number),
                    "ConditionExpression": "attribute_not_exists(pk) OR #n = :n",
                    "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":n": {"N": "2"}}}}


def refused(operation, **request):
    try:
        ask(endpoint, operation, **request)
    except urllib.error.HTTPError as error:
        error.read()
        error.close()


endpoint = sys.argv[1]
stream = make_table(endpoint, TABLE)["LatestStreamArn"]
ask(endpoint, "ListTables")
ask(endpoint, "DescribeTable", TableName=TABLE)
ask(endpoint, "UpdateTimeToLive", TableName=TABLE,
    TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
ask(endpoint, "DescribeTimeToLive", TableName=TABLE)
refused("DescribeTable", TableName="none")
ask(endpoint, "PutItem", TableName=TABLE, Item=row(1))
ask(endpoint, "TransactWriteItems", TransactItems=[is_new(2), is_new(3)], ClientRequestToken="one")
refused("TransactWriteItems", TransactItems=[is_new(2), is_new(4)])
refused("PutItem", TableName=TABLE, Item=row(1), ConditionExpression="attribute_not_exists(pk)")
ask(endpoint, "UpdateItem", TableName=TABLE, Key=key(1), UpdateExpression="SET #n = :n REMOVE message",
    ExpressionAttributeNames={"#n": "n"}, ExpressionAttributeValues={":n": {"N": "2"}},
    ReturnValues="ALL_NEW")
ask(endpoint, "GetItem", TableName=TABLE, Key=key(1), ConsistentRead=True)
ask(endpoint, "BatchGetItem", RequestItems={TABLE: {"Keys": [key(1), key(2)]}})
ask(endpoint, "BatchWriteItem", RequestItems={TABLE: [{"PutRequest": {"Item": row(5)}}]})
ask(endpoint, "TransactGetItems", TransactItems=[{"Get": {"TableName": TABLE, "Key": key(1)}}])
ask(endpoint, "Query", TableName=TABLE, KeyConditionExpression="pk = :pk", ScanIndexForward=False, Limit=2,
    ExpressionAttributeValues={":pk": {"S": "MSG#1"}}, ReturnConsumedCapacity="TOTAL")
ask(endpoint, "Query", TableName=TABLE, IndexName=INDEX, KeyConditionExpression="message_group_uuid = :g",
    ExpressionAttributeValues={":g": {"S": "1"}})
ask(endpoint, "Scan", TableName=TABLE, Limit=2, ConsistentRead=True)
ask(endpoint, "DeleteItem", TableName=TABLE, Key=key(5), ReturnValues="ALL_OLD")
Tail(endpoint, stream).read()
ask(endpoint, "DeleteTable", TableName=TABLE)
