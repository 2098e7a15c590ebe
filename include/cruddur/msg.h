/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Messages: listing a group's (pattern A), appending one (pattern D).
 */
#ifndef CRUDDUR_MSG_H
#define CRUDDUR_MSG_H

#include <cruddur/handle.h>
#include <cruddur/list.h>
#include <cruddur/user.h>

CRUDDUR_BEGIN_DECLS

/** One message. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_msg cruddur_msg;

/** One page of messages. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_msg_page cruddur_msg_page;

/** How to append. Start from #CRUDDUR_APPEND_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_append_options {
    /** `sizeof (cruddur_append_options)`. */
    size_t size;
    /** Zero: no bit has a meaning yet. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /**
     * The message's uuid, so that the call can be repeated; NULL to have one made. See
     * cruddur_msg_append().
     */
    const char *message_uuid;
    /**
     * When it was written, microseconds since the epoch; 0 for now. For conversations that are
     * brought in from elsewhere: the message still comes after all that the group has. Not in the
     * future, but for the 15 minutes that clocks may disagree.
     */
    int64_t created_at_us;
} cruddur_append_options;

/* clang-format off */
/** The defaults. */
#define CRUDDUR_APPEND_OPTIONS_INIT {sizeof(cruddur_append_options), 0, 0, NULL, 0}
/* clang-format on */

/**
 * The same as #CRUDDUR_APPEND_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_append_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_append_options_init(cruddur_append_options *options, size_t size);

/**
 * Lists the messages of a group (pattern A).
 *
 * @param dm          the store.
 * @param viewer_uuid who asks: only members get an answer. NULL with #CRUDDUR_LIST_TRUSTED, and
 *                    only then.
 * @param group_uuid  the group.
 * @param options     which messages; NULL for the defaults.
 * @param ret_page    receives the page; free it with cruddur_msg_page_free().
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_GROUP_NOT_FOUND; #CRUDDUR_E_NOT_A_MEMBER; for the arguments
 *         #CRUDDUR_E_UUID, #CRUDDUR_E_LIMIT, #CRUDDUR_E_CURSOR_DAMAGED,
 *         #CRUDDUR_E_CURSOR_FOREIGN, #CRUDDUR_E_TIME, #CRUDDUR_E_TIME_RANGE,
 *         #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_INVALID_ARGUMENT, #CRUDDUR_E_NULL_ARGUMENT; of the
 *         store any `E_STORE_…`; #CRUDDUR_E_TIMEOUT, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_list(cruddur *dm, const char *viewer_uuid,
                                                             const char *group_uuid,
                                                             const cruddur_list_options *options,
                                                             cruddur_msg_page **ret_page,
                                                             cruddur_error **error);

/**
 * Appends a message to a group (pattern D), and moves the group to the front of every member's
 * list. All of it happens, or nothing.
 *
 * The message's time is the present, or one microsecond after the group's newest message where the
 * clock has not passed that yet: times within a group strictly increase.
 *
 * **Sending again.** A call that failed with cruddur_error_outcome_unknown(), or whose answer got
 * lost, is repeated with the same `message_uuid`: the message is stored once, and every repeat
 * returns the stored one (the text of the repeat is not compared; a uuid of somebody else's message
 * is refused). A uuid of version 7 (made with cruddur_uuid_v7() when the draft was written) is
 * recognised at any later time, where the clock that made it was less than 15 minutes ahead; one of
 * another version is searched for among the messages of the 24 hours before the call (before
 * `created_at_us` where that is given). When the library makes the uuid, a repeat is a new message.
 *
 * @param dm         the store.
 * @param author     who writes: only members may. Names that are NULL are taken from the group.
 * @param group_uuid the group.
 * @param text       the message: UTF-8, at most the handle's `max_text_chars`, with a visible
 *                   character: one that is not white space, a control character, ignorable by
 *                   default (Unicode's properties), or U+2800.
 * @param options    how; NULL for the defaults.
 * @param ret_msg    receives the stored message; free it with cruddur_msg_free(). May be NULL.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_GROUP_NOT_FOUND; #CRUDDUR_E_NOT_A_MEMBER; for the arguments
 *         #CRUDDUR_E_UUID, #CRUDDUR_E_TEXT_BLANK, #CRUDDUR_E_TEXT_TOO_LONG, #CRUDDUR_E_NOT_UTF8,
 *         #CRUDDUR_E_NAME_TOO_LONG, #CRUDDUR_E_NAME_CHARACTER, #CRUDDUR_E_TIME,
 *         #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_INVALID_ARGUMENT, #CRUDDUR_E_NULL_ARGUMENT;
 *         #CRUDDUR_E_CONFLICT; of the store any `E_STORE_…`; #CRUDDUR_E_TIMEOUT,
 *         #CRUDDUR_E_NO_MEMORY, #CRUDDUR_E_INTERNAL (the system failed to give random bytes).
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_append(
    cruddur *dm, const cruddur_user *author, const char *group_uuid, const char *text,
    const cruddur_append_options *options, cruddur_msg **ret_msg, cruddur_error **error);

/**
 * How many messages are on the page.
 *
 * @param page a page.
 * @return 0 to the limit asked for; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_msg_page_count(const cruddur_msg_page *page);

/**
 * A message of the page.
 *
 * @param page  a page.
 * @param index 0 to the count less 1, in the order asked for.
 * @return the message, which lives as long as the page: do not free it. NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_msg *cruddur_msg_page_at(const cruddur_msg_page *page, size_t index);

/**
 * The cursor that continues towards older messages.
 *
 * @param page a page.
 * @return text that lives as long as the page; never NULL but for a NULL page.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_page_older(const cruddur_msg_page *page);

/**
 * The cursor that continues towards newer messages, also those that are written later: asking with
 * it again and again follows the group.
 *
 * @param page a page.
 * @return text that lives as long as the page; never NULL but for a NULL page.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_page_newer(const cruddur_msg_page *page);

/**
 * Tells whether there were older messages, within the bounds asked for, when the page was read.
 *
 * @param page a page.
 * @return true if the older cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_msg_page_has_older(const cruddur_msg_page *page);

/**
 * Tells whether there were newer messages, within the bounds asked for, when the page was read.
 *
 * @param page a page.
 * @return true if the newer cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_msg_page_has_newer(const cruddur_msg_page *page);

/**
 * Frees a page with all its messages.
 *
 * @param page a page, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_msg_page_free(cruddur_msg_page *page);

/**
 * The message's uuid.
 *
 * @param msg a message; not NULL, as in all its accessors.
 * @return text that lives as long as the message; empty where the row has none.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_uuid(const cruddur_msg *msg);

/**
 * The uuid of the group that the message belongs to.
 *
 * @param msg a message.
 * @return text that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_group_uuid(const cruddur_msg *msg);

/**
 * The message's text.
 *
 * @param msg a message.
 * @return UTF-8 that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_text(const cruddur_msg *msg);

/**
 * The author's uuid.
 *
 * @param msg a message.
 * @return text that lives as long as the message; empty where the row has none.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_uuid(const cruddur_msg *msg);

/**
 * The author's name when the message was written.
 *
 * @param msg a message.
 * @return text that lives as long as the message; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_display_name(const cruddur_msg *msg);

/**
 * The author's handle when the message was written, without `@`.
 *
 * @param msg a message.
 * @return text that lives as long as the message; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_user_handle(const cruddur_msg *msg);

/**
 * When the message was written.
 *
 * @param msg a message.
 * @return microseconds since the epoch; #CRUDDUR_TIME_UNKNOWN where the sort key is no time.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_msg_created_at_us(const cruddur_msg *msg);

/**
 * The row's sort key, to the letter as it is in the table.
 *
 * @param msg a message.
 * @return text that lives as long as the message.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_msg_sort_key(const cruddur_msg *msg);

/**
 * Frees a message that cruddur_msg_append() returned; those of a page belong to the page.
 *
 * @param msg a message, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_msg_free(cruddur_msg *msg);

CRUDDUR_END_DECLS

#endif
