/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "report.h"

#define US_PER_MS 1000.0

/* A later library may have more of them. */
static const char *const operations[] = {
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
};

static const char *const levels[] = {
    [CRUDDUR_LOG_DEBUG] = "debug",
    [CRUDDUR_LOG_INFO] = "info",
    [CRUDDUR_LOG_WARNING] = "warning",
    [CRUDDUR_LOG_ERROR] = "error",
};

static const char *name_at(const char *const *names, size_t count, size_t index)
{
    return index < count && names[index] != NULL ? names[index] : "other";
}

#define NAME_AT(names, index) name_at(names, sizeof(names) / sizeof((names)[0]), (size_t)(index))

void trace_log(void *data, uint32_t level, const char *message)
{
    (void)data;
    report_remark("%s: %s", NAME_AT(levels, level), message);
}

void trace_metrics(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    report_remark("%s: %s in %.3f ms; runs %u, rows read %u, rows written %u, requests %u "
                  "in %u waves, read units %g, write units %g",
                  NAME_AT(operations, metrics->operation), cruddur_status_name(metrics->status),
                  (double)metrics->duration_us / US_PER_MS, metrics->attempts, metrics->rows_read,
                  metrics->rows_written, metrics->requests, metrics->waves, metrics->read_units,
                  metrics->write_units);
}
