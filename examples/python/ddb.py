# SPDX-License-Identifier: MIT
"""The `lib/ddb.py` of the original application, on this library: the same functions, the same results.
Its 170 lines held the table's rows, keys and times; all of that is the library's now. The one argument
more is who reads: the original let any signed-in user read any conversation."""
import os

import cruddur
from cruddur import Message, Store, User

Json = dict[str, str]


class Ddb:
    @staticmethod
    def client() -> Store:
        return cruddur.open(os.environ.get("CRUDDUR_STORE", "dynamodb:cruddur-messages"))

    @staticmethod
    def list_message_groups(client: Store, my_user_uuid: str) -> list[Json]:
        return [{"uuid": group.uuid, "display_name": group.user_display_name,
                 "handle": group.user_handle, "message": group.text, "created_at": group.sort_key}
                for group in client.group_page(my_user_uuid)]

    @staticmethod
    def list_messages(client: Store, message_group_uuid: str, my_user_uuid: str) -> list[Json]:
        return [shown(message) for message in client.message_page(
            message_group_uuid, viewer_uuid=my_user_uuid, newest_first=False)]

    @staticmethod
    def create_message(client: Store, message_group_uuid: str, message: str, me: User) -> Json:
        sent = client.append(me, message_group_uuid, message)
        return {"message_group_uuid": message_group_uuid} | shown(sent)

    @staticmethod
    def create_message_group(client: Store, message: str, me: User, other: User) -> Json:
        return {"message_group_uuid": client.create_group(me, other, message).uuid}


def shown(message: Message) -> Json:
    return {"uuid": message.uuid, "display_name": message.user_display_name,
            "handle": message.user_handle, "message": message.text, "created_at": message.sort_key}
