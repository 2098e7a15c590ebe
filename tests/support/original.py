# SPDX-License-Identifier: MIT
"""The application that the library grew out of. Its pages read the newest rows of a partition, and show
attributes that each of them must have. Its stream handler takes a record of a message, asks the index
for the group's rows, deletes each, and puts it again with the message's sort key and text."""
import datetime

from dynamodb_local import INDEX

NAMES = ("pk", "message_group_uuid", "user_uuid", "user_display_name", "user_handle")


class Original:
    """Through a client of boto3's. As it was, it goes no further than a batch's first record, and puts
    the attributes that it knows; measurements are of one that handles all and keeps all."""

    def __init__(self, client, table, is_thorough=False):
        self.client = client
        self.table = table
        self.is_thorough = is_thorough
        self.requests = 0

    def ask(self, method, **arguments):
        self.requests += 1
        return getattr(self.client, method)(TableName=self.table, **arguments)

    def move(self, row, sort_key, message):
        self.ask("delete_item", Key={"pk": row["pk"], "sk": row["sk"]})
        kept = row if self.is_thorough else {name: row[name] for name in NAMES}
        self.ask("put_item", Item=kept | {"sk": sort_key, "message": message})

    def handle(self, record):
        keys = record["dynamodb"]["Keys"]
        if record["eventName"] == "REMOVE" or not keys["pk"]["S"].startswith("MSG#"):
            return
        group = {"S": keys["pk"]["S"].removeprefix("MSG#")}
        rows = self.ask("query", IndexName=INDEX,
                        KeyConditionExpression="message_group_uuid = :group",
                        ExpressionAttributeValues={":group": group})["Items"]
        for row in rows:
            self.move(row, keys["sk"], record["dynamodb"]["NewImage"]["message"])

    def apply_all(self, records):
        for record in records if self.is_thorough else records[:1]:
            self.handle(record)


class Pages:
    """Its two pages: a user's groups, and a group's messages. A row that lacks what they show is a
    KeyError, as it was there."""
    LIMIT = 20

    def __init__(self, client, table):
        self.client = client
        self.table = table

    def read(self, partition):
        year = str(datetime.datetime.now(datetime.timezone.utc).year)
        return self.client.query(
            TableName=self.table, KeyConditionExpression="pk = :pk AND begins_with(sk, :year)",
            ExpressionAttributeValues={":pk": {"S": partition}, ":year": {"S": year}},
            ScanIndexForward=False, Limit=self.LIMIT)["Items"]

    def groups(self, user):
        """Newest first."""
        return [{"uuid": row["message_group_uuid"]["S"],
                 "display_name": row["user_display_name"]["S"], "handle": row["user_handle"]["S"],
                 "message": row["message"]["S"], "created_at": row["sk"]["S"]}
                for row in self.read("GRP#" + user)]

    def messages(self, group):
        """Newest first."""
        return [{"uuid": row["message_uuid"]["S"], "display_name": row["user_display_name"]["S"],
                 "handle": row["user_handle"]["S"], "message": row["message"]["S"],
                 "created_at": row["sk"]["S"]}
                for row in self.read("MSG#" + group)]
