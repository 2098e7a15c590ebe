/* SPDX-License-Identifier: MIT */
/* Submissions: messages and groups. */
#include "cruddur/submitting.h"

CR_SUBMISSION(msg_list, list, (CRUDDUR_OP_MSG_LIST, CR_PRODUCT_msg_page, CR_NO_ORDER, false),
              (const char *viewer_uuid, const char *group_uuid,
               const cruddur_list_options *options),
              (.text = {viewer_uuid, group_uuid}),
              (dm, given->text[0], given->text[1], given->options, &out->msg_page, error));

CR_SUBMISSION(msg_append, append, (CRUDDUR_OP_MSG_APPEND, CR_PRODUCT_msg, CR_ORDER_OF_FIRST, false),
              (const cruddur_user *author, const char *group_uuid, const char *text,
               const cruddur_append_options *options),
              (.text = {group_uuid, text}, .user = author),
              (dm, given->user, given->text[0], given->text[1], given->options, &out->msg, error));

CR_SUBMISSION(msg_get, msg, (CRUDDUR_OP_MSG_GET, CR_PRODUCT_msg, CR_NO_ORDER, false),
              (const char *viewer_uuid, const char *group_uuid, const char *message_uuid,
               const cruddur_msg_options *options),
              (.text = {viewer_uuid, group_uuid, message_uuid}),
              (dm, given->text[0], given->text[1], given->text[2], given->options, &out->msg,
               error));

CR_SUBMISSION(msg_edit, msg, (CRUDDUR_OP_MSG_EDIT, CR_PRODUCT_msg, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const char *message_uuid,
               const char *text, const cruddur_msg_options *options),
              (.text = {user_uuid, group_uuid, message_uuid, text}),
              (dm, given->text[0], given->text[1], given->text[2], given->text[3], given->options,
               &out->msg, &out->is_changed, error));

CR_SUBMISSION(msg_delete, msg, (CRUDDUR_OP_MSG_DELETE, CR_PRODUCT_msg, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const char *message_uuid,
               const cruddur_msg_options *options),
              (.text = {user_uuid, group_uuid, message_uuid}),
              (dm, given->text[0], given->text[1], given->text[2], given->options, &out->msg,
               &out->is_changed, error));

CR_SUBMISSION(msg_react, msg, (CRUDDUR_OP_MSG_REACT, CR_PRODUCT_msg, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const char *message_uuid,
               const char *reaction, bool is_added, const cruddur_msg_options *options),
              (.text = {user_uuid, group_uuid, message_uuid, reaction}, .flag = is_added),
              (dm, given->text[0], given->text[1], given->text[2], given->text[3], given->flag,
               given->options, &out->msg, &out->is_changed, error));

CR_SUBMISSION(group_list, list, (CRUDDUR_OP_GROUP_LIST, CR_PRODUCT_group_page, CR_NO_ORDER, false),
              (const char *user_uuid, const cruddur_list_options *options), (.text = {user_uuid}),
              (dm, given->text[0], given->options, &out->group_page, error));

CR_SUBMISSION(group_create, create,
              (CRUDDUR_OP_GROUP_CREATE, CR_PRODUCT_group, CR_ORDER_OF_CREATE, false),
              (const cruddur_user *creator, const cruddur_user *others, size_t n_others,
               const char *text, const cruddur_create_options *options),
              (.text = {text}, .user = creator, .users = others, .n_users = n_others),
              (dm, given->user, given->users, given->n_users, given->text[0], given->options,
               &out->group, error));

CR_SUBMISSION(group_get, get, (CRUDDUR_OP_GROUP_GET, CR_PRODUCT_group, CR_NO_ORDER, false),
              (const char *viewer_uuid, const char *group_uuid, const cruddur_get_options *options),
              (.text = {viewer_uuid, group_uuid}),
              (dm, given->text[0], given->text[1], given->options, &out->group, error));

CR_SUBMISSION(group_members, members,
              (CRUDDUR_OP_GROUP_MEMBERS, CR_PRODUCT_members, CR_NO_ORDER, false),
              (const char *viewer_uuid, const char *group_uuid,
               const cruddur_members_options *options),
              (.text = {viewer_uuid, group_uuid}),
              (dm, given->text[0], given->text[1], given->options, &out->members, error));

CR_SUBMISSION(group_mark_read, mark,
              (CRUDDUR_OP_GROUP_MARK_READ, CR_PRODUCT_group, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const cruddur_mark_options *options),
              (.text = {user_uuid, group_uuid}),
              (dm, given->text[0], given->text[1], given->options, &out->group, error));

CR_SUBMISSION(group_set, set, (CRUDDUR_OP_GROUP_SET, CR_PRODUCT_group, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const cruddur_set_options *options),
              (.text = {user_uuid, group_uuid}),
              (dm, given->text[0], given->text[1], given->options, &out->group, error));

CR_SUBMISSION(group_rename, group,
              (CRUDDUR_OP_GROUP_RENAME, CR_PRODUCT_group, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const char *name,
               const cruddur_group_options *options),
              (.text = {user_uuid, group_uuid, name}),
              (dm, given->text[0], given->text[1], given->text[2], given->options, &out->group,
               error));

CR_SUBMISSION(group_add_members, group,
              (CRUDDUR_OP_GROUP_ADD_MEMBERS, CR_PRODUCT_group, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const cruddur_user *people,
               size_t n_people, const cruddur_group_options *options),
              (.text = {user_uuid, group_uuid}, .users = people, .n_users = n_people),
              (dm, given->text[0], given->text[1], given->users, given->n_users, given->options,
               &out->group, error));

CR_SUBMISSION(group_remove_member, group,
              (CRUDDUR_OP_GROUP_REMOVE_MEMBER, CR_PRODUCT_group, CR_ORDER_OF_SECOND, false),
              (const char *user_uuid, const char *group_uuid, const char *member_uuid,
               const cruddur_group_options *options),
              (.text = {user_uuid, group_uuid, member_uuid}),
              (dm, given->text[0], given->text[1], given->text[2], given->options, &out->group,
               error));

CR_SUBMISSION(watch_open, watch, (CRUDDUR_OP_WATCH_OPEN, CR_PRODUCT_watch, CR_NO_ORDER, false),
              (const cruddur_watch_options *options), (.flag = false),
              (dm, given->options, &out->watch, error));
