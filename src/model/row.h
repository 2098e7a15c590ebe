/* SPDX-License-Identifier: MIT */
/* One row of the table, whatever the engine: its attributes, borrowed from wherever they are. The
 * names are wire format (docs/data-model.md). */
#ifndef CR_MODEL_ROW_H
#define CR_MODEL_ROW_H

#include "base/arena.h"
#include "base/str.h"

/* The type of an attribute in DynamoDB, and its text here. */
typedef enum cr_type {
    CR_TYPE_STRING,  /* S */
    CR_TYPE_NUMBER,  /* N, as decimal digits */
    CR_TYPE_STRINGS, /* SS, sorted, with commas between */
    CR_TYPE_FLAG,    /* BOOL, always CR_TRUE: what is false is absent */
} cr_type;

#define CR_TRUE "true"

/* X(NAME, name in the table, type). The keys come first; what the library does not know comes last,
 * as a JSON object in DynamoDB's notation, and is carried along untouched. No name is a reserved
 * word of DynamoDB. `…_sk` names a message by its sort key; `…_at` and `…_until` are times, written
 * as sort keys are; `…expires_at` is in seconds since 1970. */
#define CR_ATTRIBUTE_MAP(X) X(PK, "pk", STRING) CR_ATTRIBUTE_MAP_BEHIND_PK(X)

#define CR_ATTRIBUTE_MAP_BEHIND_PK(X)                                                              \
    CR_ATTRIBUTE_MAP_COMMON(X)                                                                     \
    CR_ATTRIBUTE_MAP_GROUP(X)                                                                      \
    CR_ATTRIBUTE_MAP_MESSAGE(X)                                                                    \
    X(OTHERS, "other_attributes", STRING)

#define CR_ATTRIBUTE_MAP_COMMON(X)                                                                 \
    X(SK, "sk", STRING)                                                                            \
    X(GROUP_UUID, "message_group_uuid", STRING)                                                    \
    X(TEXT, "message", STRING)                                                                     \
    X(MESSAGE_UUID, "message_uuid", STRING)                                                        \
    X(USER_UUID, "user_uuid", STRING)                                                              \
    X(DISPLAY_NAME, "user_display_name", STRING)                                                   \
    X(HANDLE, "user_handle", STRING)                                                               \
    X(VERSION, "version", STRING) /* 16 hexadecimal digits, new with each change */

/* Of cards and group rows. */
#define CR_ATTRIBUTE_MAP_GROUP(X)                                                                  \
    X(GROUP_NAME, "group_name", STRING)                                                            \
    X(GROUP_DATA, "group_data", STRING) /* the application's own */                                \
    X(MEMBER_UUIDS, "member_uuids", STRINGS)                                                       \
    X(BLOCKED, "blocked", STRINGS) /* who blocks a direct group */                                 \
    X(REV, "rev", NUMBER)          /* the generation of the card */                                \
    X(HEAD_SK, "head_sk", STRING)  /* the rest of group rows alone: what they show, */             \
    X(HEAD_EXPIRES_AT, "head_expires_at", NUMBER)                                                  \
    X(READ_SK, "read_sk", STRING) /* and what is their member's own */                             \
    X(VISIBLE_SK, "visible_sk", STRING)                                                            \
    X(MUTED_UNTIL, "muted_until", STRING)                                                          \
    X(ARCHIVED, "archived", FLAG)                                                                  \
    X(PINNED, "pinned", FLAG)

/* Of messages. */
#define CR_ATTRIBUTE_MAP_MESSAGE(X)                                                                \
    X(EDITED_AT, "edited_at", STRING)                                                              \
    X(DELETED_AT, "deleted_at", STRING)                                                            \
    X(REPLY_TO, "reply_to", STRING)     /* a message uuid */                                       \
    X(DATA, "message_data", STRING)     /* the application's own */                                \
    X(REACTIONS, "reactions", STRING)   /* model/reactions.h */                                    \
    X(EXPIRES_AT, "expires_at", NUMBER) /* of claims and change rows, too */

typedef enum cr_attribute {
#define CR_ATTRIBUTE_ENUM(NAME, name, type) CR_##NAME,
    CR_ATTRIBUTE_MAP(CR_ATTRIBUTE_ENUM)
#undef CR_ATTRIBUTE_ENUM
        CR_ATTRIBUTE_COUNT
} cr_attribute;

/* Where the groups of attributes begin. */
#define CR_FIRST_OF_GROUP CR_GROUP_NAME
#define CR_FIRST_OF_MESSAGE CR_EDITED_AT

typedef struct cr_row {
    cr_str value[CR_ATTRIBUTE_COUNT];
} cr_row;

typedef struct cr_key {
    cr_str pk;
    cr_str sk;
} cr_key;

/* What the texts of a key can be on every engine. */
#define CR_PK_MAX 2048
#define CR_SK_MAX 1024

static inline bool cr_key_is_possible(cr_key key)
{
    return key.pk.data != NULL && key.pk.size <= CR_PK_MAX &&
           memchr(key.pk.data, '\0', key.pk.size) == NULL && key.sk.data != NULL &&
           key.sk.size <= CR_SK_MAX && memchr(key.sk.data, '\0', key.sk.size) == NULL;
}

extern const cr_str cr_attribute_names[CR_ATTRIBUTE_COUNT];

/* NULL: there is none of that number. */
static inline const char *cr_attribute_name(size_t attribute)
{
    return attribute < CR_ATTRIBUTE_COUNT ? cr_attribute_names[attribute].data : NULL;
}

cr_type cr_attribute_type(cr_attribute attribute);

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
