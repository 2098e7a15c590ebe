/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Checking a table: what in it breaks the rules of the data model, and repairing that.
 *
 * The library keeps a table in order by itself. Other programs that write to it, writers of older
 * versions, and interrupted writers without transactions do not. A check finds what they left
 * behind; a repair applies the same rules as the next message of a group would.
 */
#ifndef CRUDDUR_CHECK_H
#define CRUDDUR_CHECK_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** X(NAME, value, name, text). From 100 on they are information, no breaches; the names and values
 * never change. */
#define CRUDDUR_CHECK_KIND_MAP(X)                                                                  \
    X(PROGRESS, 0, "progress", "a part of the table has been checked")                             \
    /* Group rows. */                                                                              \
    X(ROW_MISSING, 1, "row_missing", "a member has no group row")                                  \
    X(ROW_DOUBLED, 2, "row_doubled", "a member has more than one group row of the group")          \
    X(ROW_STALE, 3, "row_stale", "a group row is at an older message than the newest")             \
    X(ROW_AHEAD, 4, "row_ahead", "a group row is at a message that does not exist")                \
    X(ROW_STRAY, 5, "row_stray", "a group row belongs to a user who is not a member")              \
    X(PREVIEW_WRONG, 6, "preview_wrong",                                                           \
      "a group row does not show the newest message, or shows what its member must not see")       \
    X(READ_SK_IMPOSSIBLE, 7, "read_sk_impossible",                                                 \
      "read_sk is neither 0 nor the key of a message before the newest")                           \
    X(VISIBLE_SK_IMPOSSIBLE, 8, "visible_sk_impossible",                                           \
      "visible_sk is not a key, or is after the newest message")                                   \
    X(HEAD_SK_IMPOSSIBLE, 9, "head_sk_impossible", "head_sk is not a key before the row's own")    \
    X(MEMBERS_DIFFER, 10, "members_differ",                                                        \
      "a group row names other members than the card or the other rows")                           \
    X(MEMBERS_UNKNOWN, 11, "members_unknown",                                                      \
      "neither a card nor group rows tell 2 to 49 members of the group")                           \
    X(MESSAGES_GONE, 12, "messages_gone",                                                          \
      "the group has group rows, and its messages are gone without having expired")                \
    /* Keys. */                                                                                    \
    X(KEY_NOT_CANONICAL, 20, "key_not_canonical",                                                  \
      "a sort key is a time in another form than the library writes")                              \
    X(KEY_OUT_OF_ORDER, 21, "key_out_of_order",                                                    \
      "a message is not later in time than the message before it in the order of the keys")        \
    X(MESSAGE_DOUBLED, 22, "message_doubled",                                                      \
      "a message has the uuid of a message of the group before it")                                \
    /* Cards, claims, change rows. */                                                              \
    X(CARD_DAMAGED, 30, "card_damaged", "a card lacks an attribute, or has one that is no value")  \
    X(CARD_MISSING, 31, "card_missing", "group rows carry the rev of a card that is not there")    \
    X(CARD_CONTRADICTED, 32, "card_contradicted",                                                  \
      "a group row has another rev, name, data or blocks than the card")                           \
    X(CLAIM_DAMAGED, 33, "claim_damaged",                                                          \
      "a claim lacks an attribute, or has one that is no value")                                   \
    X(CLAIM_CONTRADICTED, 34, "claim_contradicted",                                                \
      "the message to which a claim leads has another uuid or another author")                     \
    X(CHANGES_CONTRADICTED, 35, "changes_contradicted",                                            \
      "change rows of a group have numbers that its counter has not reached")                      \
    X(GROUP_FAILED, 40, "group_failed", "the group could not be checked or repaired")              \
    /* Information. */                                                                             \
    X(FOREIGN_ROW, 100, "foreign_row",                                                             \
      "a row of another program is in a partition of the library")                                 \
    X(FOREIGN_WRITER, 101, "foreign_writer",                                                       \
      "a group row lost what the library writes: the original application's handler is at work")   \
    X(ROW_LAGGING, 102, "row_lagging",                                                             \
      "a group row has not moved to a message of the last minute yet")                             \
    X(CLAIM_UNUSED, 103, "claim_unused", "the message to which a claim leads is not there")        \
    X(CARD_UNUSED, 104, "card_unused", "a card has neither group rows nor messages")               \
    X(GROUP_BUSY, 105, "group_busy", "the group changed with each look at it, and was not judged")

/** What an event of a check is about. Later versions may add values. */
typedef enum cruddur_check_kind {
#define CRUDDUR_CHECK_KIND_ENUM(NAME, value, name, text) CRUDDUR_CHECK_##NAME = (value),
    CRUDDUR_CHECK_KIND_MAP(CRUDDUR_CHECK_KIND_ENUM)
#undef CRUDDUR_CHECK_KIND_ENUM
} cruddur_check_kind;

/** A finding, or how far a check has come. The observer receives it, and may use it until it
 * returns. Counts are of this call, and complete in events of the kind "progress".
 * Since: 0.2. */
typedef struct cruddur_check_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** A #cruddur_check_kind. */
    uint32_t kind;
    /** Why a group failed, a #cruddur_status; otherwise #CRUDDUR_OK. */
    uint32_t status;
    /** 1 if the kind is a breach of an invariant, 0 if it is information. */
    uint32_t is_breach;
    /** 1 if the breach was found and is repaired; otherwise 0. */
    uint32_t is_repaired;
    /** The group, or NULL. */
    const char *group_uuid;
    /** The member or author, or NULL. */
    const char *user_uuid;
    /** The keys of the row, or NULL: a row that is missing has none. */
    const char *pk;
    /** As `pk`. */
    const char *sk;
    /** What was found, in words, without message text; NULL for progress. */
    const char *message;
    /** Of progress: where another call can continue; NULL at the end. */
    const char *cursor;
    /** Rows of the table that were looked at. */
    uint64_t rows;
    /** Groups that were checked. */
    uint64_t groups;
    /** Breaches that were found, the repaired ones included. */
    uint64_t breaches;
    /** Breaches that were repaired. */
    uint64_t repaired;
    /** Findings that are information. */
    uint64_t notices;
    /** Message rows, and their size in bytes, as DynamoDB counts it. */
    uint64_t messages;
    /** As `messages`. */
    uint64_t message_bytes;
    /** Group rows. */
    uint64_t group_rows;
    /** The size of the group rows. */
    uint64_t group_row_bytes;
    /** Cards. */
    uint64_t cards;
    /** The size of the cards. */
    uint64_t card_bytes;
    /** Claims. */
    uint64_t claims;
    /** The size of the claims. */
    uint64_t claim_bytes;
    /** Change rows and their counters. */
    uint64_t changes;
    /** The size of the change rows. */
    uint64_t change_bytes;
    /** Rows of other programs. */
    uint64_t foreign_rows;
    /** The size of these rows. */
    uint64_t foreign_bytes;
} cruddur_check_event;

/**
 * Receives the findings and the progress of a check.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop.
 * Threads: called on the calling thread. It may use the store.
 */
typedef bool (*cruddur_check_fn)(void *data, const cruddur_check_event *event);

/** Flags of a check. */
enum {
    /** Repairs what can be repaired. */
    CRUDDUR_CHECK_REPAIR = 0x1,
    /** Accepts sort keys in the older forms, which the original application and imports wrote. */
    CRUDDUR_CHECK_OLD_KEYS = 0x2,
};

/** Options of cruddur_check(). Start from #CRUDDUR_CHECK_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_check_options {
    /** `sizeof (cruddur_check_options)`. */
    size_t size;
    /** #CRUDDUR_CHECK_REPAIR, #CRUDDUR_CHECK_OLD_KEYS. */
    uint32_t flags;
    /** The deadline of each part of the table, and of each group, in milliseconds; 0 for the
     * handle's. The call as a whole has none. */
    uint32_t timeout_ms;
    /** The one group to check, or NULL. Its card, its group rows and its messages are checked,
     * without a walk over the table. */
    const char *group_uuid;
    /** The user whose groups are checked, or NULL for all. The walk over the table is the same, as
     * groups may be missing from the user's inbox. */
    const char *user_uuid;
    /** Where to begin: the `cursor` of an event, or NULL for the start of the table. */
    const char *cursor;
    /** Receives events; may be NULL. */
    cruddur_check_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_check_options;

/* clang-format off */
/** The defaults: the whole table is checked, nothing is repaired, no observer. */
#define CRUDDUR_CHECK_OPTIONS_INIT \
    {sizeof(cruddur_check_options), 0, 0, NULL, NULL, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_CHECK_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_check_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_check_options_init(cruddur_check_options *options, size_t size);

/**
 * Checks the table, and repairs it if asked to: regularly where other programs write to it too, and
 * after they were replaced, after an import, or when a user misses a conversation.
 *
 * The call walks over the table, part by part, in bounded memory, and looks at each group as a
 * whole. The store may be in use meanwhile: where reads are not of one moment, a breach is reported
 * only if the group did not change between two looks. Groups that move during the walk may be
 * missed, or checked twice.
 *
 * A repair uses the conditional writes of the library, so it is safe beside live writers: one
 * transaction sets the rows of a group right, and one more each impossible marker. It moves group
 * rows to the newest message, never back; restores missing ones; removes rows of a member who has a
 * newer one and rows of users whom the card does not name; sets previews, members, name, data,
 * blocks and `rev` to what the newest message and the card say; sets an impossible `read_sk` to the
 * row's place, and an impossible `visible_sk` to the newest message at or before it; and makes a
 * card that is missing. It never removes a message, a card, a claim or a row of another program.
 * Interrupted, call it again.
 *
 * @param dm      the store.
 * @param options what to check, and the observer; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end, whatever was found, and when the observer stopped it; or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: there is nothing of the group;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: a repair, and the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or two that exclude each other), #CRUDDUR_E_UUID,
 *           #CRUDDUR_E_CURSOR_DAMAGED, #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - a read status; for a repair, a write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_check(cruddur *dm,
                                                          const cruddur_check_options *options,
                                                          cruddur_error **error);

/**
 * Returns the name of a kind of finding, for example "row_missing": for logs and protocols, since
 * names never change.
 *
 * @param kind any value.
 * @return a string that lives as long as the library; "unknown" for an unknown value.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_check_kind_name(uint32_t kind);

/**
 * Returns a sentence about a kind of finding, to show it to a person.
 *
 * @param kind any value.
 * @return a string that lives as long as the library; "unknown" for an unknown value.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_check_kind_text(uint32_t kind);

CRUDDUR_END_DECLS

#endif
