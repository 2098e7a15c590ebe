/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Messages: listing those of a group (pattern A), appending one (pattern D).
 */
#ifndef CRUDDUR_MSG_H
#define CRUDDUR_MSG_H

#include <cruddur/handle.h>
#include <cruddur/list.h>
#include <cruddur/user.h>

CRUDDUR_BEGIN_DECLS

/** A message. Immutable; outlives the handle. */
typedef struct cruddur_msg cruddur_msg;

/** A page of messages. Immutable; outlives the handle. */
typedef struct cruddur_msg_page cruddur_msg_page;

/** Options of cruddur_msg_append(). Start from #CRUDDUR_APPEND_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_append_options {
    /** `sizeof (cruddur_append_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /**
     * The message's uuid, so that the call can be repeated. NULL: the library makes one. See
     * cruddur_msg_append().
     */
    const char *message_uuid;
    /**
     * When the message was written, in microseconds since 1970; 0 for now. For importing
     * conversations: the message still follows all messages that the group has. It may be up to 15
     * minutes in the future, since clocks disagree.
     */
    int64_t created_at_us;
    /** The uuid of the message that this one replies to; NULL: none. It is stored as it is: whether
     * the group has such a message is not checked. Since: 0.2. */
    const char *reply_to;
    /** The application's own data, such as where attachments are, or who is mentioned: UTF-8, at
     * most #CRUDDUR_DATA_MAX bytes; NULL or "": none. Since: 0.2. */
    const char *data;
    /** After how many seconds the message expires, counted from its time: at least 1, or
     * #CRUDDUR_EXPIRES_NEVER, or #CRUDDUR_EXPIRES_DEFAULT. Since: 0.2. */
    int64_t expires_in_s;
} cruddur_append_options;

/* clang-format off */
/** The defaults: now, a uuid of the library's, the handle's deadline. */
#define CRUDDUR_APPEND_OPTIONS_INIT \
    {sizeof(cruddur_append_options), 0, 0, NULL, 0, NULL, NULL, CRUDDUR_EXPIRES_DEFAULT}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_APPEND_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_append_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_append_options_init(cruddur_append_options *options, size_t size);

/**
 * Lists the messages of a group (pattern A): to show a conversation, and to poll it for new
 * messages with the page's newer cursor.
 *
 * @param dm          the store.
 * @param viewer_uuid the person who reads; must be a member. NULL if and only if the options have
 *                    #CRUDDUR_LIST_TRUSTED.
 * @param group_uuid  the group.
 * @param options     which messages; NULL for the defaults.
 * @param ret_page    receives the page; free it with cruddur_msg_page_free().
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the viewer is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND: the group has no message `around_message_uuid` for the
 *           viewer;
 *         - #CRUDDUR_E_MESSAGE_TIME: that message is not found without its time;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, `start`, `order` or `consistency`, a viewer
 *           together with #CRUDDUR_LIST_TRUSTED, or a cursor or a bound together with
 *           `around_message_uuid`), #CRUDDUR_E_UUID, #CRUDDUR_E_LIMIT,
 *           #CRUDDUR_E_CURSOR_DAMAGED, #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another group, or
 *           of an inbox), #CRUDDUR_E_TIME, #CRUDDUR_E_TIME_RANGE;
 *         - a read status.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_list(cruddur *dm, const char *viewer_uuid,
                                                             const char *group_uuid,
                                                             const cruddur_list_options *options,
                                                             cruddur_msg_page **ret_page,
                                                             cruddur_error **error);

/**
 * Appends a message to a group (pattern D), and moves the group to the front of each member's
 * inbox. The change is atomic, unless the store's mode says otherwise (cruddur_open()).
 *
 * The message gets the current time, or one microsecond after the group's newest message if that is
 * later: times within a group strictly increase.
 *
 * **Repeating.** Repeat a call that failed with cruddur_error_outcome_unknown(), or whose result
 * got lost, with the same `message_uuid`. The message is stored once, also if the first request is
 * carried out late, and every repeat returns the stored message; texts are not compared. The uuid
 * of another author's message, or of a message to another group, is refused. For how long a repeat
 * is recognised:
 * - In an SQLite file, and with `created_at_us`: at any time.
 * - On DynamoDB: for the store's `claim_days` after the message was stored, 7 unless its URL says
 *   otherwise (docs/dynamodb-engine.md).
 * Without `created_at_us`, a uuid of version 7 (cruddur_uuid_v7(), made when the draft was written)
 * that is older than `claim_days`, on SQLite than 7 days, is refused (#CRUDDUR_E_UUID_TIME), as its
 * message might be stored twice. So is one that is more than 15 minutes ahead of this clock. If the
 * message has been removed since, the repeat fails with #CRUDDUR_E_MESSAGE_GONE; in an SQLite file,
 * and on DynamoDB where the message was sent without transactions, it stores the message again. The
 * repeat of a message that has expired fails with #CRUDDUR_E_MESSAGE_GONE, too; in an SQLite file
 * for as long as cruddur_purge() keeps the uuid.
 *
 * If the library makes the uuid, a repeat is a new message.
 *
 * @param dm         the store.
 * @param author     the person who writes; must be a member.
 * @param group_uuid the group.
 * @param text       the message: at most the handle's `max_text_chars` characters, one of them
 *                   visible. White space, control characters, U+2800 and what Unicode calls
 *                   Default_Ignorable_Code_Point are not.
 * @param options    the options; NULL for the defaults.
 * @param ret_msg    receives the stored message; free it with cruddur_msg_free(). May be NULL.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the author is not a member;
 *         - #CRUDDUR_E_MESSAGE_GONE: it is a repeat, and the message has been removed since, or has
 *           expired;
 *         - #CRUDDUR_E_BLOCKED: one of the two of a direct group blocks it;
 *         - #CRUDDUR_E_CLOSED: the data of one of the group's two members were erased;
 *         - #CRUDDUR_E_FOREIGN_WRITER: the store's URL says `writers=ours`, but the rows of the
 *           group show that another program writes to it, and nothing was written;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or the uuid of another message),
 *           #CRUDDUR_E_UUID, #CRUDDUR_E_UUID_TIME, #CRUDDUR_E_TEXT_BLANK, #CRUDDUR_E_TEXT_TOO_LONG,
 *           #CRUDDUR_E_NOT_UTF8 (the text, the data or a name), #CRUDDUR_E_DATA_TOO_LONG,
 *           #CRUDDUR_E_NAME_TOO_LONG, #CRUDDUR_E_NAME_CHARACTER,
 *           #CRUDDUR_E_TIME (no such time, in the future, an end that is not after the message or
 *           is beyond the year 9999, or no time is left after the group's newest message);
 *         - a read or write status. Unless cruddur_error_outcome_unknown() is true, nothing was
 *           stored.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_append(
    cruddur *dm, const cruddur_user *author, const char *group_uuid, const char *text,
    const cruddur_append_options *options, cruddur_msg **ret_msg, cruddur_error **error);

/**
 * Returns the number of messages on a page.
 *
 * @param page a page, or NULL.
 * @return 0 to the limit; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_msg_page_count(const cruddur_msg_page *page);

/**
 * Returns a message of a page.
 *
 * @param page  a page, or NULL.
 * @param index 0 to the count less 1, in the order of the options.
 * @return the message, which the page owns; NULL beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_msg *cruddur_msg_page_at(const cruddur_msg_page *page, size_t index);

/**
 * Returns the cursor that continues with older messages.
 *
 * @param page a page, or NULL.
 * @return text that lives as long as the page; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_page_older(const cruddur_msg_page *page);

/**
 * Returns the cursor that continues with newer messages, including those that are written later. A
 * client polls the group with the newer cursor of the last page that it received, empty or not.
 *
 * @param page a page, or NULL.
 * @return text that lives as long as the page; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_page_newer(const cruddur_msg_page *page);

/**
 * Tells whether there were older messages within the bounds when the page was read.
 *
 * @param page a page, or NULL.
 * @return true if the older cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_msg_page_has_older(const cruddur_msg_page *page);

/**
 * Tells whether there were newer messages within the bounds when the page was read.
 *
 * @param page a page, or NULL.
 * @return true if the newer cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_msg_page_has_newer(const cruddur_msg_page *page);

/**
 * Frees a page with all its messages.
 *
 * @param page a page, or NULL.
 * Threads: any; no other thread may be using the page. Since: 0.1.
 */
CRUDDUR_API void cruddur_msg_page_free(cruddur_msg_page *page);

/**
 * Returns the uuid of a message.
 *
 * @param msg a message; not NULL, as for all its accessors.
 * @return text that lives as long as the message; empty if the row has no uuid.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_uuid(const cruddur_msg *msg);

/**
 * Returns the uuid of a message's group.
 *
 * @param msg a message.
 * @return text that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_group_uuid(const cruddur_msg *msg);

/**
 * Returns the text of a message.
 *
 * A row that another program wrote may have U+0000 in its text or its names. All accessors of
 * messages, groups, members and scanned rows give U+FFFD in its place.
 *
 * @param msg a message.
 * @return text that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_text(const cruddur_msg *msg);

/**
 * Returns the uuid of a message's author.
 *
 * @param msg a message.
 * @return text that lives as long as the message; empty if the row has none.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_uuid(const cruddur_msg *msg);

/**
 * Returns the name that the author had when the message was written.
 *
 * @param msg a message.
 * @return text that lives as long as the message; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_display_name(const cruddur_msg *msg);

/**
 * Returns the handle, without `@`, that the author had when the message was written.
 *
 * @param msg a message.
 * @return text that lives as long as the message; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_handle(const cruddur_msg *msg);

/**
 * Returns the time at which a message was written.
 *
 * @param msg a message.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if the sort key is not a time.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_msg_created_at_us(const cruddur_msg *msg);

/**
 * Returns the sort key of a message's row, exactly as the table has it.
 *
 * @param msg a message.
 * @return text that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_sort_key(const cruddur_msg *msg);

/**
 * Frees a message that cruddur_msg_append() returned. The messages of a page belong to the page.
 *
 * @param msg a message, or NULL.
 * Threads: any; no other thread may be using the message. Since: 0.1.
 */
CRUDDUR_API void cruddur_msg_free(cruddur_msg *msg);

CRUDDUR_END_DECLS

#endif
