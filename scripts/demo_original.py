# SPDX-License-Identifier: MIT
"""What the application has of its own, for `scripts/demo --full`: its users' accounts, and its pages.

    demo_original.py accounts                                   users list --json on standard input
    demo_original.py pages ENDPOINT TABLE USERS HANDLE GROUP    USERS is users list --json

`accounts` creates a user pool and an account for each user, and prints the pool's id. The user names
are no e-mail addresses: the handle is the attribute preferred_username.
"""
import json
import os
import pathlib
import sys

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
from original import Pages  # noqa: E402

LAST_MESSAGES = 5
SHOWN_CHARACTERS = 40


def make_accounts():
    users = json.load(sys.stdin)["users"]
    cognito = boto3.client("cognito-idp",
                           endpoint_url=os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])
    pool = cognito.create_user_pool(PoolName="cruddur")["UserPool"]["Id"]
    for number, user in enumerate(users, 1):
        attributes = {"preferred_username": user["handle"], "email": user["email"],
                      "name": user["display_name"]}
        cognito.admin_create_user(
            UserPoolId=pool, Username=f"account-{number}", MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()])
    print(pool)


def show_pages(endpoint, table, users, handle, group):
    uuid = next(user["uuid"] for user in json.loads(users)["users"] if user["handle"] == handle)
    pages = Pages(boto3.client("dynamodb", endpoint_url=endpoint), table)
    print(f"\nThe groups of @{handle}, newest first:")
    for row in pages.groups(uuid):
        print(f"  {row['created_at']}  {row['display_name']} @{row['handle']}: "
              f"{row['message'][:SHOWN_CHARACTERS]}")
    print(f"\nThe messages of {group}, oldest first (the last {LAST_MESSAGES} of its page):")
    for row in reversed(pages.messages(group)[:LAST_MESSAGES]):
        print(f"  {row['created_at']}  @{row['handle']}: {row['message'][:SHOWN_CHARACTERS]}")


def main():
    action, *arguments = sys.argv[1:]
    if action == "accounts":
        make_accounts()
    else:
        show_pages(*arguments)


if __name__ == "__main__":
    main()
