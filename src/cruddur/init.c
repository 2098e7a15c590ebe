/* SPDX-License-Identifier: MIT */
/* The defaults of option structs, for callers that cannot use the _INIT macros. */
#include "cruddur/entry.h"

/* Writes no more than `size` bytes, the size of the caller's struct. */
static void init(void *options, size_t size, const void *defaults, size_t defaults_size)
{
    if (options == NULL || size < sizeof(size)) {
        return;
    }
    memset(options, 0, size);
    memcpy(options, defaults, size < defaults_size ? size : defaults_size);
    memcpy(options, &size, sizeof(size)); /* every sized struct begins with it */
}

void cruddur_options_init(cruddur_options *options, size_t size)
{
    static const cruddur_options defaults = CRUDDUR_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_list_options_init(cruddur_list_options *options, size_t size)
{
    static const cruddur_list_options defaults = CRUDDUR_LIST_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_append_options_init(cruddur_append_options *options, size_t size)
{
    static const cruddur_append_options defaults = CRUDDUR_APPEND_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_create_options_init(cruddur_create_options *options, size_t size)
{
    static const cruddur_create_options defaults = CRUDDUR_CREATE_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_get_options_init(cruddur_get_options *options, size_t size)
{
    static const cruddur_get_options defaults = CRUDDUR_GET_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_members_options_init(cruddur_members_options *options, size_t size)
{
    static const cruddur_members_options defaults = CRUDDUR_MEMBERS_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_scan_options_init(cruddur_scan_options *options, size_t size)
{
    static const cruddur_scan_options defaults = CRUDDUR_SCAN_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_stream_options_init(cruddur_stream_options *options, size_t size)
{
    static const cruddur_stream_options defaults = CRUDDUR_STREAM_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_follow_options_init(cruddur_follow_options *options, size_t size)
{
    static const cruddur_follow_options defaults = CRUDDUR_FOLLOW_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_schema_options_init(cruddur_schema_options *options, size_t size)
{
    static const cruddur_schema_options defaults = CRUDDUR_SCHEMA_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_upgrade_options_init(cruddur_upgrade_options *options, size_t size)
{
    static const cruddur_upgrade_options defaults = CRUDDUR_UPGRADE_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_msg_options_init(cruddur_msg_options *options, size_t size)
{
    static const cruddur_msg_options defaults = CRUDDUR_MSG_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_mark_options_init(cruddur_mark_options *options, size_t size)
{
    static const cruddur_mark_options defaults = CRUDDUR_MARK_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_set_options_init(cruddur_set_options *options, size_t size)
{
    static const cruddur_set_options defaults = CRUDDUR_SET_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_group_options_init(cruddur_group_options *options, size_t size)
{
    static const cruddur_group_options defaults = CRUDDUR_GROUP_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_purge_options_init(cruddur_purge_options *options, size_t size)
{
    static const cruddur_purge_options defaults = CRUDDUR_PURGE_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_check_options_init(cruddur_check_options *options, size_t size)
{
    static const cruddur_check_options defaults = CRUDDUR_CHECK_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_export_options_init(cruddur_export_options *options, size_t size)
{
    static const cruddur_export_options defaults = CRUDDUR_EXPORT_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_import_options_init(cruddur_import_options *options, size_t size)
{
    static const cruddur_import_options defaults = CRUDDUR_IMPORT_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_person_options_init(cruddur_person_options *options, size_t size)
{
    static const cruddur_person_options defaults = CRUDDUR_PERSON_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_watch_options_init(cruddur_watch_options *options, size_t size)
{
    static const cruddur_watch_options defaults = CRUDDUR_WATCH_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_move_options_init(cruddur_move_options *options, size_t size)
{
    static const cruddur_move_options defaults = CRUDDUR_MOVE_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_async_options_init(cruddur_async_options *options, size_t size)
{
    static const cruddur_async_options defaults = CRUDDUR_ASYNC_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}

void cruddur_submit_options_init(cruddur_submit_options *options, size_t size)
{
    static const cruddur_submit_options defaults = CRUDDUR_SUBMIT_OPTIONS_INIT;
    init(options, size, &defaults, sizeof(defaults));
}
