/* SPDX-License-Identifier: MIT */
/* JSON on standard output: the same objects in every command. */
#ifndef CRUDDUR_TOOL_JSON_H
#define CRUDDUR_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <cruddur/cruddur.h>

#include "out.h"

/* A string. Bytes that are not UTF-8 become U+FFFD, so that the document stays valid; control
 * characters are escaped, also those that JSON would allow but a terminal may act on. NULL is null.
 */
void json_string(struct out *out, const char *text);

/* Members of an object: the first one begins it, `}` ends it. */
void json_text(struct out *out, const char *before, const char *key, const char *text);
void json_number(struct out *out, const char *before, const char *key, uint64_t number);

void json_flag(struct out *out, const char *before, const char *key, bool value);

/* A time; null if it is not known. */
void json_time(struct out *out, const char *before, const char *key, int64_t time_us);

/* The members of an object without its `}`: more may follow. */
void json_begin_group(struct out *out, const cruddur_group *group);
void json_begin_message(struct out *out, const cruddur_msg *msg);

/* Whole objects. `message_uuid` is one member more, unless it is NULL. */
void json_group(struct out *out, const cruddur_group *group, const char *message_uuid);
void json_message(struct out *out, const cruddur_msg *msg);
void json_member(struct out *out, const cruddur_members *members, size_t index);
void json_row(struct out *out, const cruddur_row_page *page, size_t index);

#endif
