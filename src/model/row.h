/* SPDX-License-Identifier: MIT */
/* One row of the table, whatever the engine: its attributes, borrowed from wherever they are. The
 * names are wire format (docs/data-model.md). */
#ifndef CR_MODEL_ROW_H
#define CR_MODEL_ROW_H

#include "base/arena.h"
#include "base/str.h"

/* X(NAME, name in the table). The keys come first; what the library does not know comes last, as a
 * JSON object in DynamoDB's notation, and is carried along untouched. */
#define CR_ATTRIBUTE_MAP(X)                                                                        \
    X(PK, "pk")                                                                                    \
    X(SK, "sk")                                                                                    \
    X(GROUP_UUID, "message_group_uuid")                                                            \
    X(TEXT, "message")                                                                             \
    X(MESSAGE_UUID, "message_uuid")                                                                \
    X(USER_UUID, "user_uuid")                                                                      \
    X(DISPLAY_NAME, "user_display_name")                                                           \
    X(HANDLE, "user_handle")                                                                       \
    X(GROUP_NAME, "group_name")                                                                    \
    X(MEMBER_UUIDS, "member_uuids")                                                                \
    X(HEAD_SK, "head_sk")                                                                          \
    X(REV, "rev")         /* a number: the generation of the group's card */                       \
    X(VERSION, "version") /* 16 hexadecimal digits, new with each put of a card or group row */    \
    X(OTHERS, "other_attributes")

typedef enum cr_attribute {
#define CR_ATTRIBUTE_ENUM(NAME, name) CR_##NAME,
    CR_ATTRIBUTE_MAP(CR_ATTRIBUTE_ENUM)
#undef CR_ATTRIBUTE_ENUM
        CR_ATTRIBUTE_COUNT
} cr_attribute;

typedef struct cr_row {
    cr_str value[CR_ATTRIBUTE_COUNT];
} cr_row;

typedef struct cr_key {
    cr_str pk;
    cr_str sk;
} cr_key;

const char *cr_attribute_name(cr_attribute attribute);

static inline bool cr_row_exists(const cr_row *row)
{
    return row->value[CR_PK].data != NULL;
}

static inline cr_key cr_row_key(const cr_row *row)
{
    return (cr_key){row->value[CR_PK], row->value[CR_SK]};
}

/* A value for the attribute `version`, which is another with every put of a group row and of a
 * card. It lies in the arena; absent when memory ran out. */
cr_str cr_row_fresh_version(cr_arena *arena);

/* Copies a row and all its text into the arena; false when memory ran out. */
bool cr_row_copy(cr_arena *arena, const cr_row *row, cr_row *copy);

#endif
