/* SPDX-License-Identifier: MIT */
#include "json_rows.h"

void json_row_group(struct json_row *row, const cruddur_group *group)
{
    json_row_text(row, "uuid", cruddur_group_uuid(group));
    json_row_text(row, "display_name", cruddur_group_user_display_name(group));
    json_row_text(row, "handle", cruddur_group_user_handle(group));
    json_row_text(row, "user_uuid", cruddur_group_user_uuid(group));
    json_row_text(row, "name", cruddur_group_name(group));
    json_row_number(row, "member_count", (int64_t)cruddur_group_member_count(group));
    json_row_text(row, "message", cruddur_group_text(group));
    json_row_time(row, "created_at", cruddur_group_last_message_at_us(group));
    json_row_text(row, "sort_key", cruddur_group_sort_key(group));
}

void json_row_msg(struct json_row *row, const cruddur_msg *msg)
{
    json_row_text(row, "uuid", cruddur_msg_uuid(msg));
    json_row_text(row, "message_group_uuid", cruddur_msg_group_uuid(msg));
    json_row_text(row, "user_uuid", cruddur_msg_user_uuid(msg));
    json_row_text(row, "display_name", cruddur_msg_user_display_name(msg));
    json_row_text(row, "handle", cruddur_msg_user_handle(msg));
    json_row_text(row, "message", cruddur_msg_text(msg));
    json_row_time(row, "created_at", cruddur_msg_created_at_us(msg));
    json_row_text(row, "sort_key", cruddur_msg_sort_key(msg));
}
