/* SPDX-License-Identifier: MIT */
/* Compiles only while every public struct is laid out as version 0.2 has it. A field that is
 * inserted changes the size, as there is no padding (on 64 bits) where it could go unnoticed. */
#include "cruddur/layout.h"

#if defined(__GNUC__) && UINTPTR_MAX > UINT32_MAX
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#endif
#include <cruddur/cruddur.h>
#if defined(__GNUC__) && UINTPTR_MAX > UINT32_MAX
#pragma GCC diagnostic pop
#endif

/* A later version may append fields: then `==` becomes `>=`, and a constant of that version holds
 * the new size. */
#define KEEPS(type, SIZE) _Static_assert(sizeof(type) == (SIZE), #type " has another size")

KEEPS(cruddur_options, CR_OPTIONS_SIZE_0_2);
KEEPS(cruddur_user, CR_USER_SIZE_0_2);
KEEPS(cruddur_list_options, CR_LIST_OPTIONS_SIZE_0_2);
KEEPS(cruddur_append_options, CR_APPEND_OPTIONS_SIZE_0_2);
KEEPS(cruddur_create_options, CR_CREATE_OPTIONS_SIZE_0_2);
KEEPS(cruddur_get_options, CR_GET_OPTIONS_SIZE_0_2);
KEEPS(cruddur_members_options, CR_MEMBERS_OPTIONS_SIZE_0_2);
KEEPS(cruddur_scan_options, CR_SCAN_OPTIONS_SIZE_0_2);
KEEPS(cruddur_schema_options, CR_SCHEMA_OPTIONS_SIZE_0_2);
KEEPS(cruddur_stream_options, CR_STREAM_OPTIONS_SIZE_0_2);
KEEPS(cruddur_follow_options, CR_FOLLOW_OPTIONS_SIZE_0_2);
KEEPS(cruddur_upgrade_options, CR_UPGRADE_OPTIONS_SIZE_0_2);
KEEPS(cruddur_msg_options, CR_MSG_OPTIONS_SIZE_0_2);
KEEPS(cruddur_mark_options, CR_MARK_OPTIONS_SIZE_0_2);
KEEPS(cruddur_set_options, CR_SET_OPTIONS_SIZE_0_2);
KEEPS(cruddur_group_options, CR_GROUP_OPTIONS_SIZE_0_2);
KEEPS(cruddur_purge_options, CR_PURGE_OPTIONS_SIZE_0_2);
KEEPS(cruddur_check_options, CR_CHECK_OPTIONS_SIZE_0_2);
KEEPS(cruddur_export_options, CR_EXPORT_OPTIONS_SIZE_0_2);
KEEPS(cruddur_import_options, CR_IMPORT_OPTIONS_SIZE_0_2);
KEEPS(cruddur_person_options, CR_PERSON_OPTIONS_SIZE_0_2);
KEEPS(cruddur_move_options, CR_MOVE_OPTIONS_SIZE_0_2);
KEEPS(cruddur_async_options, CR_ASYNC_OPTIONS_SIZE_0_2);
KEEPS(cruddur_submit_options, CR_SUBMIT_OPTIONS_SIZE_0_2);
KEEPS(cruddur_watch_options, CR_WATCH_OPTIONS_SIZE_0_2);
KEEPS(cruddur_metrics, CR_METRICS_SIZE_0_2);
KEEPS(cruddur_follow_event, CR_FOLLOW_EVENT_SIZE_0_2);
KEEPS(cruddur_upgrade_event, CR_UPGRADE_EVENT_SIZE_0_2);
KEEPS(cruddur_purge_event, CR_PURGE_EVENT_SIZE_0_2);
KEEPS(cruddur_check_event, CR_CHECK_EVENT_SIZE_0_2);
KEEPS(cruddur_transfer_event, CR_TRANSFER_EVENT_SIZE_0_2);
KEEPS(cruddur_person_event, CR_PERSON_EVENT_SIZE_0_2);
KEEPS(cruddur_move_event, CR_MOVE_EVENT_SIZE_0_2);
KEEPS(cruddur_reaction, CR_REACTION_SIZE_0_2);

/* Enumerations cross calls and callbacks as 32 bits, also where a foreign function interface
 * declares them. */
KEEPS(cruddur_status, 4);
KEEPS(cruddur_log_level, 4);
KEEPS(cruddur_direction, 4);
