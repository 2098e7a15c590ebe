/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What all listings share: which rows, in which order, from where on.
 *
 * A listing walks along one list (the messages of a group, the groups of a user) a page at a time.
 * The first page begins at one end, `start`; a page has a cursor for each way, and a cursor given
 * back in the options continues in its own direction. `order` is only how the rows stand on the
 * page. So "the newest 20, oldest first, then the 20 before them" is `start` newest, `order`
 * oldest first, and then the page's older cursor.
 *
 * Bounds are compared with the sort keys as text. For keys of the library's own form that is the
 * order of the times. Rows of the old forms with another offset than UTC are judged by the time
 * that they show.
 *
 * A cursor is text, made for URLs; it keeps for ever, works on every engine and from any process,
 * and belongs to its list: another list refuses it.
 */
#ifndef CRUDDUR_LIST_H
#define CRUDDUR_LIST_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** The most rows on a page. */
#define CRUDDUR_LIMIT_MAX 1000

/** No bound, in `since_us`. */
#define CRUDDUR_SINCE_ALWAYS INT64_MIN
/** No bound, in `until_us`. */
#define CRUDDUR_UNTIL_FOREVER INT64_MAX

/** The end at which a listing without a cursor begins. */
typedef enum cruddur_list_start {
    CRUDDUR_START_NEWEST = 0,
    CRUDDUR_START_OLDEST = 1,
} cruddur_list_start;

/** How the rows stand on the page. */
typedef enum cruddur_list_order {
    CRUDDUR_NEWEST_FIRST = 0,
    CRUDDUR_OLDEST_FIRST = 1,
} cruddur_list_order;

/** What a read may miss. */
typedef enum cruddur_consistency {
    /** Everything that was acknowledged before the call. */
    CRUDDUR_CONSISTENCY_STRONG = 0,
    /** The latest writes may be missing, where that is cheaper. */
    CRUDDUR_CONSISTENCY_EVENTUAL = 1,
} cruddur_consistency;

/**
 * The caller vouches for this read: membership is not checked, and there is no viewer. For
 * cruddur_msg_list() only.
 */
#define CRUDDUR_LIST_TRUSTED 0x1u

/** What to list. Start from #CRUDDUR_LIST_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_list_options {
    /** `sizeof (cruddur_list_options)`. */
    size_t size;
    /** #CRUDDUR_LIST_TRUSTED or 0. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The most rows, 1 to #CRUDDUR_LIMIT_MAX. */
    uint32_t limit;
    /** A #cruddur_list_start; without meaning when there is a cursor. */
    uint32_t start;
    /** A #cruddur_list_order. */
    uint32_t order;
    /** A #cruddur_consistency. */
    uint32_t consistency;
    /** Where to continue: a cursor of an earlier page of the same list, or NULL. */
    const char *cursor;
    /** Only rows of this time or later, microseconds since the epoch. */
    int64_t since_us;
    /** Only rows before this time, microseconds since the epoch; after `since_us`. */
    int64_t until_us;
} cruddur_list_options;

/* clang-format off */
/** The defaults: the newest 20, newest first, strongly consistent. */
#define CRUDDUR_LIST_OPTIONS_INIT \
    {sizeof(cruddur_list_options), 0, 0, 20, CRUDDUR_START_NEWEST, CRUDDUR_NEWEST_FIRST, \
     CRUDDUR_CONSISTENCY_STRONG, NULL, CRUDDUR_SINCE_ALWAYS, CRUDDUR_UNTIL_FOREVER}
/* clang-format on */

/**
 * The same as #CRUDDUR_LIST_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_list_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_list_options_init(cruddur_list_options *options, size_t size);

CRUDDUR_END_DECLS

#endif
