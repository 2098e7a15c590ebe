/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What listings have in common: which rows, in which order, and where to continue.
 *
 * A listing walks along one list (the messages of a group, or the groups of a user) page by page.
 * The first page begins at one end of the list, `start`. Each page has a cursor for both
 * directions; a cursor in the options continues in its own direction. `order` is the order of the
 * rows on the page, and does not matter to the cursors. A chat window shows the newest 20 messages
 * with the oldest first (`start` newest, `order` oldest first), and gets the 20 before them by the
 * page's older cursor.
 *
 * `since_us` and `until_us` are compared with the time that a row's sort key stands for, including
 * its offset. The order is always that of the keys. The two agree for keys of the library's own
 * form. A key of an old form with an offset, such as `2023-04-01T10:00:00+02:00`, sorts up to a day
 * away from its time. Such a row is found unless more than 256 rows in a row that show their own
 * time are between it and the bound. docs/data-model.md says what bounds cost.
 *
 * A cursor is text that can be part of a URL. It does not expire, works on every engine and in any
 * process, and belongs to its list: another list refuses it.
 */
#ifndef CRUDDUR_LIST_H
#define CRUDDUR_LIST_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** The most rows on a page. */
#define CRUDDUR_LIMIT_MAX 1000

/** No lower bound, in `since_us`. */
#define CRUDDUR_SINCE_ALWAYS INT64_MIN
/** No upper bound, in `until_us`. */
#define CRUDDUR_UNTIL_FOREVER INT64_MAX

/** The end at which a listing without a cursor begins. */
typedef enum cruddur_list_start {
    CRUDDUR_START_NEWEST = 0,
    CRUDDUR_START_OLDEST = 1,
} cruddur_list_start;

/** The order of the rows on a page. */
typedef enum cruddur_list_order {
    CRUDDUR_NEWEST_FIRST = 0,
    CRUDDUR_OLDEST_FIRST = 1,
} cruddur_list_order;

/** What a read may miss. */
typedef enum cruddur_consistency {
    /** Nothing that was acknowledged before the call. */
    CRUDDUR_CONSISTENCY_STRONG = 0,
    /** The latest writes. On DynamoDB such a read costs half as much. */
    CRUDDUR_CONSISTENCY_EVENTUAL = 1,
} cruddur_consistency;

/**
 * The caller is trusted: the application has checked access itself, or reads for its operator. The
 * call does not check membership, and `viewer_uuid` must be NULL. For cruddur_msg_list() only.
 */
#define CRUDDUR_LIST_TRUSTED 0x1u

/** Only groups with messages that the user has not read. A page may have fewer rows than it could,
 * or none, and go on: `has_older` and `has_newer` tell. For cruddur_group_list() only. Since: 0.2.
 */
#define CRUDDUR_LIST_UNREAD 0x2u
/** Archived groups, too. For cruddur_group_list() only. Since: 0.2. */
#define CRUDDUR_LIST_ARCHIVED 0x4u
/** Hidden groups, too. For cruddur_group_list() only. Since: 0.2. */
#define CRUDDUR_LIST_HIDDEN 0x8u
/** Does not count unread messages, which saves a query for each group that has some. For
 * cruddur_group_list() only, and not together with #CRUDDUR_LIST_UNREAD. Since: 0.2. */
#define CRUDDUR_LIST_NO_COUNTS 0x10u

/** The most bytes of an application's own data, of a message or a group. */
#define CRUDDUR_DATA_MAX 4096

/** Options of a listing. Start from #CRUDDUR_LIST_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_list_options {
    /** `sizeof (cruddur_list_options)`. */
    size_t size;
    /** Any of the `CRUDDUR_LIST_…` bits. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The most rows on the page, 1 to #CRUDDUR_LIMIT_MAX. */
    uint32_t limit;
    /** A #cruddur_list_start. Ignored if there is a cursor. */
    uint32_t start;
    /** A #cruddur_list_order. */
    uint32_t order;
    /** A #cruddur_consistency. */
    uint32_t consistency;
    /** Where to continue: a cursor of an earlier page of the same list, or NULL. */
    const char *cursor;
    /** Only rows of this time or later, or #CRUDDUR_SINCE_ALWAYS. */
    int64_t since_us;
    /** Only rows before this time, or #CRUDDUR_UNTIL_FOREVER; after `since_us`. */
    int64_t until_us;
    /** For cruddur_msg_list(): the page has this message in its middle, half of the others before
     * it and half after it, one more after it if their number is odd, and goes on both ways by its
     * cursors. NULL: no. Without `cursor`, `since_us` and `until_us`; `start` does not matter.
     * Since: 0.2. */
    const char *around_message_uuid;
    /** Its time, as in #cruddur_msg_options; 0 if it is not known. Since: 0.2. */
    int64_t around_created_at_us;
} cruddur_list_options;

/* clang-format off */
/** The defaults: the newest 20 rows, newest first, strongly consistent. */
#define CRUDDUR_LIST_OPTIONS_INIT \
    {sizeof(cruddur_list_options), 0, 0, 20, CRUDDUR_START_NEWEST, CRUDDUR_NEWEST_FIRST, \
     CRUDDUR_CONSISTENCY_STRONG, NULL, CRUDDUR_SINCE_ALWAYS, CRUDDUR_UNTIL_FOREVER, NULL, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_LIST_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_list_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_list_options_init(cruddur_list_options *options, size_t size);

/** Where the cursor of a page leads. Since: 0.2. */
typedef enum cruddur_direction {
    /** Nowhere: it is damaged, or no cursor of a page of messages or groups. */
    CRUDDUR_DIRECTION_NONE = 0,
    CRUDDUR_DIRECTION_OLDER = 1,
    CRUDDUR_DIRECTION_NEWER = 2,
} cruddur_direction;

/**
 * Tells in which direction a cursor of a page of messages or groups leads, whatever list it belongs
 * to: for a program that got it from outside and walks in one direction.
 *
 * @param cursor a text, or NULL.
 * @return a #cruddur_direction.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API uint32_t cruddur_cursor_direction(const char *cursor);

CRUDDUR_END_DECLS

#endif
