/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Changing a group: what a member has read, a member's own settings, the group's name and data, its
 * members.
 *
 * All of it needs transactions: in a store that is written in steps, these calls fail with
 * #CRUDDUR_E_NEEDS_TRANSACTIONS. A change has taken effect when its call returns: for every call on
 * the same store that starts afterwards, in any process.
 */
#ifndef CRUDDUR_GROUP_CHANGE_H
#define CRUDDUR_GROUP_CHANGE_H

#include <cruddur/group.h>

CRUDDUR_BEGIN_DECLS

/** Options of cruddur_group_mark_read(). Start from #CRUDDUR_MARK_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_mark_options {
    /** `sizeof (cruddur_mark_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The newest message that was read; NULL: the group's newest. The marker only moves forward:
     * one that is further on already stays. */
    const char *up_to_message_uuid;
    /** Its time, as in #cruddur_msg_options; 0 if it is not known, and without a message. */
    int64_t up_to_created_at_us;
    /** For "mark as unread": this message and all later ones are unread from now on, and the marker
     * moves back if it must. NULL: no. Not together with `up_to_message_uuid`. */
    const char *unread_from_message_uuid;
    /** Its time; 0 if it is not known. */
    int64_t unread_from_created_at_us;
} cruddur_mark_options;

/* clang-format off */
/** The defaults: all that the group has was read. */
#define CRUDDUR_MARK_OPTIONS_INIT {sizeof(cruddur_mark_options), 0, 0, NULL, 0, NULL, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_MARK_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_mark_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_mark_options_init(cruddur_mark_options *options, size_t size);

/**
 * Notes up to which message a member has read a group. From then on cruddur_group_unread_count()
 * counts the messages of others after it. Other members see the marker as a receipt
 * (cruddur_members_read_up_to_us()). Who sends a message has read all before it, so this call is
 * not needed then. A marker that is where it should be is not written again.
 *
 * @param dm         the store.
 * @param user_uuid  the member.
 * @param group_uuid the group.
 * @param options    up to which message; NULL for the newest.
 * @param ret_group  receives the group as the member sees it now, with its unread count; free it
 *                   with cruddur_group_free(). May be NULL, which saves a request where messages
 *                   stay unread.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND: the group has no such message for the user;
 *         - #CRUDDUR_E_MESSAGE_TIME: the message is not found without its time;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, both messages, or a time without its message),
 *           #CRUDDUR_E_UUID, #CRUDDUR_E_TIME;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_mark_read(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const cruddur_mark_options *options,
    cruddur_group **ret_group, cruddur_error **error);

/** A setting that a call changes or leaves alone. */
typedef enum cruddur_switch {
    /** As it is. */
    CRUDDUR_SWITCH_KEEP = 0,
    CRUDDUR_SWITCH_ON = 1,
    CRUDDUR_SWITCH_OFF = 2,
} cruddur_switch;

/** Leaves `muted_until_us` as it is. */
#define CRUDDUR_MUTE_KEEP INT64_MIN
/** Ends muting. */
#define CRUDDUR_MUTE_OFF 0
/** Mutes until the member ends it. */
#define CRUDDUR_MUTE_FOREVER INT64_MAX

/** Options of cruddur_group_set(). Start from #CRUDDUR_SET_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_set_options {
    /** `sizeof (cruddur_set_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** A #cruddur_switch: the group leaves the inbox until its next message, and if it is muted
     * until this is switched off. */
    uint32_t archived;
    /** A #cruddur_switch. The library stores it for the application to sort by. */
    uint32_t pinned;
    /** #CRUDDUR_SWITCH_KEEP or #CRUDDUR_SWITCH_ON: the member's history is cleared. The member no
     * longer sees what was written so far, and the group leaves the inbox until its next message.
     * This cannot be taken back. */
    uint32_t hidden;
    /** A #cruddur_switch, for direct groups: neither member can write while one of them blocks. */
    uint32_t blocked;
    /** Until when the member wants no notifications, in microseconds since 1970, or one of the
     * `CRUDDUR_MUTE_…` values. The library sends none; the application asks
     * cruddur_group_muted_until_us(). */
    int64_t muted_until_us;
} cruddur_set_options;

/* clang-format off */
/** The defaults: everything stays as it is. */
#define CRUDDUR_SET_OPTIONS_INIT \
    {sizeof(cruddur_set_options), 0, 0, CRUDDUR_SWITCH_KEEP, CRUDDUR_SWITCH_KEEP, \
     CRUDDUR_SWITCH_KEEP, CRUDDUR_SWITCH_KEEP, CRUDDUR_MUTE_KEEP}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_SET_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_set_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_set_options_init(cruddur_set_options *options, size_t size);

/**
 * Changes a member's own settings for a group: mute, archive, pin, hide, block. Other members do
 * not see them, except that neither member can write to a direct group that one blocks.
 *
 * @param dm         the store.
 * @param user_uuid  the member.
 * @param group_uuid the group.
 * @param options    what to change; NULL for nothing.
 * @param ret_group  receives the group as the member sees it now; free it with
 *                   cruddur_group_free(). May be NULL.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if nothing changed, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_GROUP_NOT_DIRECT: a group that is not direct cannot be blocked; leave it
 *           instead;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, a switch), #CRUDDUR_E_UUID, #CRUDDUR_E_TIME;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_set(cruddur *dm, const char *user_uuid,
                                                              const char *group_uuid,
                                                              const cruddur_set_options *options,
                                                              cruddur_group **ret_group,
                                                              cruddur_error **error);

/** New members see all messages of the group, not only those from their joining on. */
#define CRUDDUR_ADD_WITH_HISTORY 0x1u

/**
 * Options of cruddur_group_rename(), cruddur_group_add_members() and cruddur_group_remove_member().
 * Start from #CRUDDUR_GROUP_OPTIONS_INIT. Since: 0.2.
 */
typedef struct cruddur_group_options {
    /** `sizeof (cruddur_group_options)`. */
    size_t size;
    /** For cruddur_group_add_members() #CRUDDUR_ADD_WITH_HISTORY or 0; else 0. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** For cruddur_group_rename(): the group's data from now on, the application's own, such as
     * where its picture is: UTF-8, at most #CRUDDUR_DATA_MAX bytes; "" removes it. NULL leaves it
     * as it is. */
    const char *data;
} cruddur_group_options;

/* clang-format off */
/** The defaults: the handle's deadline; new members see what is written after they joined. */
#define CRUDDUR_GROUP_OPTIONS_INIT {sizeof(cruddur_group_options), 0, 0, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_GROUP_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_group_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_group_options_init(cruddur_group_options *options, size_t size);

/**
 * Changes the name of a group, and if asked for its data. Any member may.
 *
 * @param dm         the store.
 * @param user_uuid  the member who does it.
 * @param group_uuid the group; not a direct one.
 * @param name       the name from now on; the rules are those of a display name. "" removes it, and
 *                   NULL leaves it as it is.
 * @param options    the options, with the data; NULL for the defaults.
 * @param ret_group  receives the group as the member sees it now; free it with
 *                   cruddur_group_free(). May be NULL.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if nothing changed, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_GROUP_DIRECT: a direct group has neither;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_UUID, #CRUDDUR_E_NOT_UTF8,
 *           #CRUDDUR_E_NAME_TOO_LONG, #CRUDDUR_E_NAME_CHARACTER, #CRUDDUR_E_DATA_TOO_LONG;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_rename(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *name,
    const cruddur_group_options *options, cruddur_group **ret_group, cruddur_error **error);

/**
 * Adds members to a group. Any member may. They find the group in their inbox at once, at its
 * newest message, with nothing unread.
 *
 * @param dm         the store.
 * @param user_uuid  the member who does it.
 * @param group_uuid the group; not a direct one, which has exactly its two: create a group of three
 *                   instead (cruddur_group_create()).
 * @param people     the new members, all with the same `size`.
 * @param n_people   the number of elements, 1 or more; the group has at most #CRUDDUR_MEMBERS_MAX.
 * @param options    whether they see what was written before; NULL for the defaults.
 * @param ret_group  receives the group as `user_uuid` sees it now; free it with
 *                   cruddur_group_free(). May be NULL.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_GROUP_DIRECT: the group is a direct one;
 *         - #CRUDDUR_E_MEMBER_TWICE: one of them is a member already, or is listed twice;
 *         - #CRUDDUR_E_MEMBER_COUNT: the group would have more than 49 members, or none is added;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or `data`), #CRUDDUR_E_UUID, #CRUDDUR_E_NOT_UTF8,
 *           #CRUDDUR_E_NAME_TOO_LONG, #CRUDDUR_E_NAME_CHARACTER;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_add_members(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const cruddur_user *people,
    size_t n_people, const cruddur_group_options *options, cruddur_group **ret_group,
    cruddur_error **error);

/**
 * Removes a member from a group; who removes themselves leaves it. Any member may. The one who is
 * gone reads nothing of the group any more, and may be added again.
 *
 * @param dm          the store.
 * @param user_uuid   the member who does it.
 * @param group_uuid  the group; not a direct one.
 * @param member_uuid the member who goes; may be `user_uuid`.
 * @param options     the options; NULL for the defaults.
 * @param ret_group   receives the group as `user_uuid` sees it now, NULL when leaving; free it with
 *                    cruddur_group_free(). May be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_GROUP_DIRECT: the group is a direct one;
 *         - #CRUDDUR_E_NOT_A_MEMBER: `member_uuid` is not a member;
 *         - #CRUDDUR_E_MEMBER_LAST: only two members are left;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or `data`), #CRUDDUR_E_UUID;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_remove_member(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *member_uuid,
    const cruddur_group_options *options, cruddur_group **ret_group, cruddur_error **error);

/** The most that an unread count counts. */
#define CRUDDUR_UNREAD_MAX 999

/**
 * Returns how many messages of others the viewer has not read: those after the viewer's marker and
 * in the viewer's history, neither deleted nor expired.
 *
 * @param group a group; not NULL, as for all its accessors.
 * @return 0 to #CRUDDUR_UNREAD_MAX; 0, too, if the page was listed with #CRUDDUR_LIST_NO_COUNTS.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API uint32_t cruddur_group_unread_count(const cruddur_group *group);

/**
 * Tells whether the unread count is exact.
 *
 * @param group a group.
 * @return false if there may be more than that: a count ends at #CRUDDUR_UNREAD_MAX, and after
 *         10,000 messages that were looked at, deleted ones and the viewer's own included. In a
 * page that was listed with #CRUDDUR_LIST_NO_COUNTS: true if the group has none, which needs no
 * counting. Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_unread_is_exact(const cruddur_group *group);

/**
 * Returns the time of the newest message that the viewer has read.
 *
 * @param group a group.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if the viewer has read nothing.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_group_read_up_to_us(const cruddur_group *group);

/**
 * Returns until when the viewer has muted the group.
 *
 * @param group a group.
 * @return microseconds since 1970, which may be in the past; #CRUDDUR_MUTE_OFF,
 *         #CRUDDUR_MUTE_FOREVER.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_group_muted_until_us(const cruddur_group *group);

/**
 * Tells whether the viewer has archived the group, and it has had no message since.
 *
 * @param group a group.
 * @return true if so.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_is_archived(const cruddur_group *group);

/**
 * Tells whether the viewer has pinned the group.
 *
 * @param group a group.
 * @return true if so.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_is_pinned(const cruddur_group *group);

/**
 * Tells whether the viewer has hidden the group, and it has had no message since.
 *
 * @param group a group.
 * @return true if so.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_is_hidden(const cruddur_group *group);

/**
 * Tells whether a member blocks a direct group, so that neither can write to it.
 *
 * @param group a group.
 * @return true if so.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_is_blocked(const cruddur_group *group);

/**
 * Tells whether the viewer blocks a direct group, and so can switch it off.
 *
 * @param group a group.
 * @return true if so.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_group_is_blocked_by_viewer(const cruddur_group *group);

/**
 * Returns the data that the application gave a group (cruddur_group_rename()).
 *
 * @param group a group.
 * @return text that lives as long as the group; NULL if there is none.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_group_data(const cruddur_group *group);

/**
 * Returns up to where a member has read, as a receipt: the time of the newest message that they
 * have read.
 *
 * @param members members, or NULL.
 * @param index   0 to the count less 1.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN beyond the end, for NULL, for a member who
 *         has read nothing, and for one whose group row was lost.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_members_read_up_to_us(const cruddur_members *members, size_t index);

CRUDDUR_END_DECLS

#endif
