/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Watching: being told of what is new in an inbox or a group, as it becomes visible.
 *
 * A watch returns one event after the other. Each event has a cursor; a watch that is opened with
 * it continues after that event, also in another process, and after any time. Nothing is skipped,
 * but events may be repeated after such a restart. A repeat has the same kind, group, message uuid
 * and version, and user: a program that must act once remembers these.
 *
 * docs/live.md explains the guarantees, delays and costs.
 */
#ifndef CRUDDUR_WATCH_H
#define CRUDDUR_WATCH_H

#include <cruddur/handle.h>
#include <cruddur/msg.h>

CRUDDUR_BEGIN_DECLS

/** A watch of one inbox or one group. */
typedef struct cruddur_watch cruddur_watch;

/** What has happened. Immutable; outlives the watch and the handle. */
typedef struct cruddur_event cruddur_event;

/** The kind of an event. Later versions may add kinds: ignore those that you do not know. */
typedef enum cruddur_event_kind {
    /** A message was sent. */
    CRUDDUR_EVENT_MESSAGE = 1,
    /** The text or data of a message changed. */
    CRUDDUR_EVENT_EDIT = 2,
    /** A message was deleted. */
    CRUDDUR_EVENT_DELETION = 3,
    /** A reaction to a message was added or removed. */
    CRUDDUR_EVENT_REACTION = 4,
    /** A member's marker moved: what the member has read. */
    CRUDDUR_EVENT_READ = 5,
    /** A group was opened. Its first message follows as an event of its own. */
    CRUDDUR_EVENT_GROUP_OPENED = 6,
    /** The name, the data or the blocks of a group changed; in an inbox, also the member's own
     * settings of the group. */
    CRUDDUR_EVENT_GROUP_CHANGED = 7,
    /** A member was added. */
    CRUDDUR_EVENT_MEMBER_ADDED = 8,
    /** A member was removed, or has left. */
    CRUDDUR_EVENT_MEMBER_REMOVED = 9,
} cruddur_event_kind;

/** The caller is trusted: a watch of a group does not check membership, and `viewer_uuid` must be
 * NULL. */
#define CRUDDUR_WATCH_TRUSTED 0x1u

/** As a timeout of cruddur_watch_next(): waits without a limit. */
#define CRUDDUR_WATCH_FOREVER UINT32_MAX

/** Options of cruddur_watch_open(). Start from #CRUDDUR_WATCH_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_watch_options {
    /** `sizeof (cruddur_watch_options)`. */
    size_t size;
    /** #CRUDDUR_WATCH_TRUSTED or 0. */
    uint32_t flags;
    /** The deadline of cruddur_watch_open() in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The person whose inbox is watched: all groups of which the person is a member, also those
     * that are opened later. Exactly one of `user_uuid` and `group_uuid` is set. */
    const char *user_uuid;
    /** The group that is watched. */
    const char *group_uuid;
    /** For a group: the member who reads. NULL for an inbox, and with #CRUDDUR_WATCH_TRUSTED. */
    const char *viewer_uuid;
    /** Where to continue: the cursor of an event, or of cruddur_watch_cursor(), of a watch of the
     * same inbox or group in the same store. NULL: with what happens from now on. */
    const char *cursor;
    /** On DynamoDB: the shortest pause between two looks at the table, in milliseconds: at least
     * 100, and not more than `interval_max_ms`. It is used while there is something new. */
    uint32_t interval_min_ms;
    /** The longest such pause, at most 600,000. It is reached after a while without events. */
    uint32_t interval_max_ms;
} cruddur_watch_options;

/* clang-format off */
/** The defaults: nothing is watched yet, from now on; pauses of 1 to 10 seconds on DynamoDB. */
#define CRUDDUR_WATCH_OPTIONS_INIT \
    {sizeof(cruddur_watch_options), 0, 0, NULL, NULL, NULL, NULL, 1000, 10000}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_WATCH_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_watch_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_watch_options_init(cruddur_watch_options *options, size_t size);

/**
 * Opens a watch: to push what is new to a client, instead of polling its lists.
 *
 * Events come in the order in which they became visible in the store; on DynamoDB that holds
 * within each group. An event never has a text that the viewer may not read. A viewer who is
 * removed from a group learns of that, and of nothing that happens in the group afterwards.
 *
 * All watches of a handle share one thread and their reads. On SQLite a watch sees a change as soon
 * as it is committed, also by another process; idle watches cost nearly nothing. On DynamoDB the
 * table is asked at an interval; what this process writes wakes its watches at once.
 *
 * @param dm        the store.
 * @param options   what to watch; not NULL.
 * @param ret_watch receives the watch; close it with cruddur_watch_close().
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the viewer is not a member;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, an interval, a user together with a group or a
 *           viewer, a viewer together with #CRUDDUR_WATCH_TRUSTED), #CRUDDUR_E_UUID,
 *           #CRUDDUR_E_CURSOR_DAMAGED, #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another inbox or
 *           group, of another store, or of a list);
 *         - a read status; on SQLite also a write status, as the file notes that it is watched. A
 *           store that was moved (#CRUDDUR_E_STORE_FENCED) can still be watched.
 * Threads: any. The first watch of a handle starts a thread. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_watch_open(cruddur *dm,
                                                               const cruddur_watch_options *options,
                                                               cruddur_watch **ret_watch,
                                                               cruddur_error **error);

/**
 * Returns the next event, and waits for it if there is none.
 *
 * That no event came in time is no failure: the call returns #CRUDDUR_OK, and no event. A failure
 * of a read is returned once and has cost no event: the library goes on trying, and the next call
 * continues. After #CRUDDUR_E_GROUP_NOT_FOUND, #CRUDDUR_E_CANCELLED and #CRUDDUR_E_STORE_REPLACED
 * each call fails in the same way.
 *
 * @param watch      the watch.
 * @param timeout_ms how long to wait, in milliseconds; 0: not at all; #CRUDDUR_WATCH_FOREVER.
 * @param ret_event  receives the event, or NULL if none came in time; free it with
 *                   cruddur_event_free().
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_NULL_ARGUMENT;
 *         - #CRUDDUR_E_WATCH_BUSY: another thread is in a call on this watch;
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the viewer is not a member of the group any more, or the
 *           group was removed; it comes after the last event that the viewer may see;
 *         - #CRUDDUR_E_CANCELLED: the handle was closed;
 *         - #CRUDDUR_E_STORE_FORKED: the parent of this process opened the watch;
 *         - a read status.
 * Threads: any, but one at a time for each watch. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_watch_next(cruddur_watch *watch,
                                                               uint32_t timeout_ms,
                                                               cruddur_event **ret_event,
                                                               cruddur_error **error);

/**
 * Returns a descriptor for `poll` and event loops. It is readable as long as cruddur_watch_next()
 * would return an event or a failure at once: call that with a timeout of 0 until it returns no
 * event. Neither read from the descriptor nor close it.
 *
 * @param watch a watch, or NULL.
 * @return the descriptor, which lives as long as the watch; -1 for NULL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int cruddur_watch_fd(const cruddur_watch *watch);

/**
 * Returns the cursor that continues after the last event that cruddur_watch_next() returned, or
 * where the watch began: to be kept before the first event comes.
 *
 * @param watch a watch, or NULL.
 * @return text that lives until the next call of this function on the watch, or until the watch is
 *         closed. NULL for NULL, when memory ran out, while another thread is in a call on this
 *         watch, and in a child of `fork` for a watch of the parent.
 * Threads: any, but one at a time for each watch. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_watch_cursor(cruddur_watch *watch);

/**
 * Closes a watch. Events that it returned stay valid. A watch may be closed before its handle or
 * after it: closing the handle ends its watches, whose calls then fail with #CRUDDUR_E_CANCELLED.
 * In a child of `fork` it does nothing with a watch of the parent.
 *
 * @param watch a watch, or NULL. No other call on it may be in progress, and none may start
 *              afterwards.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_watch_close(cruddur_watch *watch);

/**
 * Returns the kind of an event.
 *
 * @param event an event; not NULL, as for all its accessors.
 * @return a #cruddur_event_kind.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API cruddur_event_kind cruddur_event_get_kind(const cruddur_event *event);

/**
 * Returns the name of a kind of events, for logs and protocols: "message", "edit", "deletion",
 * "reaction", "read", "group-opened", "group-changed", "member-added" or "member-removed".
 *
 * @param kind a kind.
 * @return a string that lives as long as the library; "unknown" for an unknown value.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_event_kind_name(cruddur_event_kind kind);

/**
 * Returns the cursor that continues after an event.
 *
 * @param event an event.
 * @return text that lives as long as the event.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_event_cursor(const cruddur_event *event);

/**
 * Returns the uuid of the group that an event is about.
 *
 * @param event an event.
 * @return text that lives as long as the event.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_event_group_uuid(const cruddur_event *event);

/**
 * Returns the message that an event is about, as it was when the event was read: a message that has
 * been edited since it was sent has its new text.
 *
 * @param event an event.
 * @return the message, which the event owns; NULL if the event is not about a message, or if the
 *         message has expired or was removed since.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const cruddur_msg *cruddur_event_msg(const cruddur_event *event);

/**
 * Returns what tells the versions of an event's subject apart: of the message, of the member's
 * marker (READ), of the change of the group. Two events of one kind, group, message and user with
 * the same version are the same event.
 *
 * @param event an event.
 * @return text that lives as long as the event; empty for a message that was never changed.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_event_version(const cruddur_event *event);

/**
 * Returns the uuid of the person whom an event is about: the author of the message; who has read;
 * who was added or removed.
 *
 * @param event an event.
 * @return text that lives as long as the event; empty for events about a whole group.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_event_user_uuid(const cruddur_event *event);

/**
 * Returns up to which message a person has read (#CRUDDUR_EVENT_READ).
 *
 * @param event an event.
 * @return the time of that message, in microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if nothing is
 *         read, and for other kinds.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_event_read_up_to_us(const cruddur_event *event);

/**
 * Frees an event.
 *
 * @param event an event, or NULL.
 * Threads: any; no other thread may be using the event. Since: 0.2.
 */
CRUDDUR_API void cruddur_event_free(cruddur_event *event);

CRUDDUR_END_DECLS

#endif
