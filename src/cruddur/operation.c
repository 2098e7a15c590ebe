/* SPDX-License-Identifier: MIT */
#include <cruddur/handle.h>

const char *cruddur_operation_name(cruddur_operation operation)
{
    static const char *const names[] = {
        [CRUDDUR_OP_MSG_LIST] = "msg_list",
        [CRUDDUR_OP_GROUP_LIST] = "group_list",
        [CRUDDUR_OP_GROUP_CREATE] = "group_create",
        [CRUDDUR_OP_MSG_APPEND] = "msg_append",
        [CRUDDUR_OP_GROUP_GET] = "group_get",
        [CRUDDUR_OP_GROUP_MEMBERS] = "group_members",
        [CRUDDUR_OP_SCAN] = "scan",
        [CRUDDUR_OP_SCHEMA_LOAD] = "schema_load",
        [CRUDDUR_OP_SCHEMA_VERIFY] = "schema_verify",
        [CRUDDUR_OP_SCHEMA_LIST] = "schema_list",
        [CRUDDUR_OP_SCHEMA_DROP] = "schema_drop",
        [CRUDDUR_OP_STREAM_APPLY] = "stream_apply",
        [CRUDDUR_OP_STREAM_FOLLOW] = "stream_follow",
        [CRUDDUR_OP_SCHEMA_UPGRADE] = "schema_upgrade",
        [CRUDDUR_OP_MSG_GET] = "msg_get",
        [CRUDDUR_OP_MSG_EDIT] = "msg_edit",
        [CRUDDUR_OP_MSG_DELETE] = "msg_delete",
        [CRUDDUR_OP_MSG_REACT] = "msg_react",
        [CRUDDUR_OP_GROUP_MARK_READ] = "group_mark_read",
        [CRUDDUR_OP_GROUP_SET] = "group_set",
        [CRUDDUR_OP_GROUP_RENAME] = "group_rename",
        [CRUDDUR_OP_GROUP_ADD_MEMBERS] = "group_add_members",
        [CRUDDUR_OP_GROUP_REMOVE_MEMBER] = "group_remove_member",
        [CRUDDUR_OP_PURGE] = "purge",
        [CRUDDUR_OP_CHECK] = "check",
        [CRUDDUR_OP_EXPORT] = "export",
        [CRUDDUR_OP_IMPORT] = "import",
        [CRUDDUR_OP_PERSON_EXPORT] = "person_export",
        [CRUDDUR_OP_PERSON_ERASE] = "person_erase",
        [CRUDDUR_OP_PERSON_RENAME] = "person_rename",
        [CRUDDUR_OP_MOVE] = "move",
        [CRUDDUR_OP_WATCH_OPEN] = "watch_open",
    };
    size_t index = (size_t)operation;
    const char *name = index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
    return name != NULL ? name : "unknown";
}
