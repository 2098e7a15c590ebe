/* SPDX-License-Identifier: MIT */
/**
 * @file
 * libcruddur: direct messaging on a single table. Includes all other headers.
 *
 * The main calls are cruddur_msg_list() (access pattern A), cruddur_group_list() (B),
 * cruddur_group_create() (C) and cruddur_msg_append() (D). A handle from cruddur_open() is all that
 * they need; there is no global set-up.
 *
 * The comments of the functions follow these conventions:
 * - Strings are NUL-terminated UTF-8. Arguments are copied if they are kept; the caller may free
 *   them after the call.
 * - What a `ret_…` argument receives belongs to the caller. What an accessor returns lives as long
 *   as the object that it was read from.
 * - Times are microseconds since 1970 (time.h). Units are in names: `timeout_ms`, `created_at_us`.
 * - *Threads: any* means: callable from any thread, several at once. Objects are immutable, and may
 *   be used by several threads; the last one frees them.
 * - *Read statuses* and *write statuses* are the lists in error.h.
 * - *Since* is the version that introduced a function or a struct.
 */
#ifndef CRUDDUR_CRUDDUR_H
#define CRUDDUR_CRUDDUR_H

#include <cruddur/api.h>
#include <cruddur/check.h>
#include <cruddur/completion.h>
#include <cruddur/error.h>
#include <cruddur/fields.h>
#include <cruddur/follow.h>
#include <cruddur/group.h>
#include <cruddur/group_change.h>
#include <cruddur/handle.h>
#include <cruddur/list.h>
#include <cruddur/move.h>
#include <cruddur/msg.h>
#include <cruddur/msg_change.h>
#include <cruddur/person.h>
#include <cruddur/purge.h>
#include <cruddur/scan.h>
#include <cruddur/schema.h>
#include <cruddur/stream.h>
#include <cruddur/submit.h>
#include <cruddur/submit_table.h>
#include <cruddur/time.h>
#include <cruddur/transfer.h>
#include <cruddur/user.h>
#include <cruddur/uuid.h>
#include <cruddur/version.h>
#include <cruddur/watch.h>

#endif
