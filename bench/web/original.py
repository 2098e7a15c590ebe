# SPDX-License-Identifier: MIT
"""The application's route for sending, POST /api/messages, as it was: Flask and boto3, one put. A user
is looked up by `sub` in memory here, tokens are believed unread, and the stream's Lambda function, which
moves the inboxes, is left out: all of it in the original's favour.

    gunicorn original:app    with BENCH_TABLE, BENCH_ENDPOINT
"""
import datetime
import os
import uuid

import boto3
import flask

app = flask.Flask(__name__)
client = boto3.client("dynamodb", endpoint_url=os.environ["BENCH_ENDPOINT"],
                      region_name=os.environ["AWS_REGION"])
table = os.environ["BENCH_TABLE"]
TEXT_MAX = 1024


@app.post("/api/messages")
def create_message():
    asked = flask.request.get_json()
    text = asked.get("message", "")
    group = asked.get("message_group_uuid", "")
    if not text:
        return ["message_blank"], 422
    if len(text) > TEXT_MAX:
        return ["message_exceed_max_chars"], 422
    created_at = datetime.datetime.now(datetime.timezone.utc).astimezone().isoformat()
    message = {"message_uuid": str(uuid.uuid4()), "user_display_name": "Somebody",
               "user_handle": "somebody", "user_uuid": str(uuid.UUID(int=1)), "message": text}
    client.put_item(TableName=table, Item={
        "pk": {"S": f"MSG#{group}"}, "sk": {"S": created_at},
        **{name: {"S": value} for name, value in message.items()}})
    return {"message_group_uuid": group, "uuid": message["message_uuid"], "display_name": "Somebody",
            "handle": "somebody", "message": text, "created_at": created_at}


@app.get("/healthz")
def health():
    return {}
