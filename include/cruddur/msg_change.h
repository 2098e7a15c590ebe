/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One message: reading it by its uuid, editing, deleting, reacting.
 *
 * These calls name a message by its uuid. Rows are in the order of time, so a message is found at
 * once if its time is given, too: `created_at_us` of the options, as cruddur_msg_created_at_us()
 * returns it. Without it an SQLite file finds the message by its uuid. On DynamoDB the library
 * looks around the time that a uuid of version 7 tells, and at the claim that a message has whose
 * uuid the caller gave (cruddur_msg_append()); a message that is not found this way fails with
 * #CRUDDUR_E_MESSAGE_TIME. No call reads a whole group.
 *
 * A change of a message puts its row anew, with a new `version`, where it is: messages never move.
 * If it is the group's newest message, the previews in all inboxes change with it. Each change
 * tells watchers of the group about itself. It needs transactions: in a store that is written in
 * steps, these calls but cruddur_msg_get() fail with #CRUDDUR_E_NEEDS_TRANSACTIONS.
 */
#ifndef CRUDDUR_MSG_CHANGE_H
#define CRUDDUR_MSG_CHANGE_H

#include <cruddur/msg.h>
#include <cruddur/uuid.h>

CRUDDUR_BEGIN_DECLS

/**
 * The caller is trusted: the application has checked access itself. cruddur_msg_get() does not
 * check membership, and its `viewer_uuid` must be NULL. cruddur_msg_edit() and cruddur_msg_delete()
 * change the message of any author, also for a user who is no member. cruddur_msg_react() does not
 * know it.
 */
#define CRUDDUR_MSG_TRUSTED 0x1u

/** Options of the calls in this header. Start from #CRUDDUR_MSG_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_msg_options {
    /** `sizeof (cruddur_msg_options)`. */
    size_t size;
    /** #CRUDDUR_MSG_TRUSTED or 0. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The time of the message in microseconds since 1970; 0 if it is not known. */
    int64_t created_at_us;
    /**
     * The `version` that the message must have, as cruddur_msg_version() returned it, "" for one
     * that was never changed; else the change is refused. NULL: any. A change that is in place
     * already succeeds with any version, so that a call whose result got lost can be repeated. Not
     * for cruddur_msg_get().
     */
    const char *if_version;
    /**
     * For cruddur_msg_edit(): the message's data from now on, as in #cruddur_append_options; ""
     * removes it. NULL leaves it as it is.
     */
    const char *data;
} cruddur_msg_options;

/* clang-format off */
/** The defaults: a time that is not known, any version. */
#define CRUDDUR_MSG_OPTIONS_INIT {sizeof(cruddur_msg_options), 0, 0, 0, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_MSG_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_msg_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_msg_options_init(cruddur_msg_options *options, size_t size);

/**
 * Reads one message: to show what a reply refers to, or a message that a notification leads to. A
 * deleted message is returned as such (cruddur_msg_deleted_at_us()); one that has expired, or that
 * is before the viewer's history begins, is not found.
 *
 * @param dm           the store.
 * @param viewer_uuid  the person who reads; must be a member. NULL if and only if the options have
 *                     #CRUDDUR_MSG_TRUSTED.
 * @param group_uuid   the group.
 * @param message_uuid the message.
 * @param options      the options; NULL for the defaults.
 * @param ret_msg      receives the message; free it with cruddur_msg_free().
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the viewer is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND: the group has no such message for the viewer;
 *         - #CRUDDUR_E_MESSAGE_TIME: it is not found without its time;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, `if_version` or `data`, a viewer together with
 *           #CRUDDUR_MSG_TRUSTED), #CRUDDUR_E_UUID, #CRUDDUR_E_TIME;
 *         - a read status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_get(
    cruddur *dm, const char *viewer_uuid, const char *group_uuid, const char *message_uuid,
    const cruddur_msg_options *options, cruddur_msg **ret_msg, cruddur_error **error);

/**
 * Changes the text of a message, and if asked for its data. The time, the author and the reactions
 * stay; cruddur_msg_edited_at_us() tells that it was edited. An edit that changes nothing writes
 * nothing. Authors can change what they have written also if they have cleared their history.
 *
 * @param dm           the store.
 * @param user_uuid    the author of the message, who must still be a member; with
 *                     #CRUDDUR_MSG_TRUSTED anyone.
 * @param group_uuid   the group.
 * @param message_uuid the message.
 * @param text         the new text, as for cruddur_msg_append().
 * @param options      the options; NULL for the defaults.
 * @param ret_msg      receives the message as it is now; free it with cruddur_msg_free(). May be
 *                     NULL.
 * @param ret_changed  receives whether the call changed anything; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND, #CRUDDUR_E_MESSAGE_TIME: as for cruddur_msg_get();
 *         - #CRUDDUR_E_NOT_THE_AUTHOR: it is the message of another person;
 *         - #CRUDDUR_E_MESSAGE_DELETED: the message was deleted;
 *         - #CRUDDUR_E_VERSION: it has not got the version of the options;
 *         - #CRUDDUR_E_BLOCKED: one of the two of a direct group blocks it;
 *         - #CRUDDUR_E_CLOSED: the data of one of the group's two members were erased;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_UUID, #CRUDDUR_E_TIME,
 *           #CRUDDUR_E_TEXT_BLANK, #CRUDDUR_E_TEXT_TOO_LONG, #CRUDDUR_E_NOT_UTF8 (the text or the
 *           data), #CRUDDUR_E_DATA_TOO_LONG;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_msg_edit(cruddur *dm, const char *user_uuid, const char *group_uuid,
                 const char *message_uuid, const char *text, const cruddur_msg_options *options,
                 cruddur_msg **ret_msg, bool *ret_changed, cruddur_error **error);

/**
 * Deletes a message. What stays is a *tombstone*: its time, uuid and author, with an empty text,
 * without data and reactions, so that everyone learns of it who had the message.
 * cruddur_msg_deleted_at_us() tells. It does not count as unread. Deleting it again changes
 * nothing.
 *
 * @param dm           the store.
 * @param user_uuid    the author of the message, who must still be a member; with
 *                     #CRUDDUR_MSG_TRUSTED anyone.
 * @param group_uuid   the group.
 * @param message_uuid the message.
 * @param options      the options; NULL for the defaults.
 * @param ret_msg      receives the tombstone; free it with cruddur_msg_free(). May be NULL.
 * @param ret_changed  receives whether the call changed anything; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND, #CRUDDUR_E_MESSAGE_TIME: as for cruddur_msg_get();
 *         - #CRUDDUR_E_NOT_THE_AUTHOR: it is the message of another person;
 *         - #CRUDDUR_E_VERSION: it has not got the version of the options;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or `data`), #CRUDDUR_E_UUID, #CRUDDUR_E_TIME;
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_msg_delete(cruddur *dm, const char *user_uuid, const char *group_uuid,
                   const char *message_uuid, const cruddur_msg_options *options,
                   cruddur_msg **ret_msg, bool *ret_changed, cruddur_error **error);

/** The bytes of a reaction at most, its NUL included. */
#define CRUDDUR_REACTION_SIZE 65
/** The kinds of reactions that a message has at most. */
#define CRUDDUR_REACTION_KINDS_MAX 20

/**
 * Adds a member's own reaction to a message, or takes it back. A member can have several, of
 * different kinds. Adding one that is there, and removing one that is not, changes nothing.
 *
 * @param dm           the store.
 * @param user_uuid    the person who reacts; must be a member.
 * @param group_uuid   the group.
 * @param message_uuid the message.
 * @param reaction     one character as people see it (an extended grapheme cluster of Unicode,
 *                     <https://www.unicode.org/reports/tr29/>, as the installed libutf8proc
 *                     knows them), such as an emoji with its skin tone; visible, not a combining
 *                     mark alone, in UTF-8, less than #CRUDDUR_REACTION_SIZE bytes.
 * @param is_added     true to add it, false to remove it.
 * @param options      the options; NULL for the defaults.
 * @param ret_msg      receives the message as it is now; free it with cruddur_msg_free(). May be
 *                     NULL.
 * @param ret_changed  receives whether the call changed anything; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the user is not a member;
 *         - #CRUDDUR_E_MESSAGE_NOT_FOUND, #CRUDDUR_E_MESSAGE_TIME: as for cruddur_msg_get();
 *         - #CRUDDUR_E_MESSAGE_DELETED: the message was deleted;
 *         - #CRUDDUR_E_VERSION: it has not got the version of the options;
 *         - #CRUDDUR_E_REACTION_COUNT: it has #CRUDDUR_REACTION_KINDS_MAX other kinds already;
 *         - #CRUDDUR_E_BLOCKED: one of the two of a direct group blocks it;
 *         - #CRUDDUR_E_CLOSED: the data of one of the group's two members were erased;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or `data`), #CRUDDUR_E_UUID, #CRUDDUR_E_TIME,
 *           #CRUDDUR_E_NOT_UTF8, #CRUDDUR_E_REACTION (none or more than one character, or an
 *           invisible or a too long one);
 *         - a read or write status.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_react(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *message_uuid,
    const char *reaction, bool is_added, const cruddur_msg_options *options, cruddur_msg **ret_msg,
    bool *ret_changed, cruddur_error **error);

/** A reaction to a message. cruddur_msg_reaction_at() fills it in. Its layout never changes.
 * Since: 0.2. */
typedef struct cruddur_reaction {
    /** Whose it is. */
    char user_uuid[CRUDDUR_UUID_SIZE];
    /** The character. */
    char text[CRUDDUR_REACTION_SIZE];
} cruddur_reaction;

/**
 * Returns the number of reactions to a message: each of each person counts.
 *
 * @param msg a message; not NULL, as for all its accessors.
 * @return 0 or more.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_msg_reaction_count(const cruddur_msg *msg);

/**
 * Returns one of the reactions to a message. Those of one kind are together.
 *
 * @param msg          a message.
 * @param index        0 to the count less 1.
 * @param ret_reaction receives the reaction.
 * @return false beyond the end.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_msg_reaction_at(const cruddur_msg *msg, size_t index,
                                         cruddur_reaction *ret_reaction);

/**
 * Returns the version of a message, for `if_version`.
 *
 * @param msg a message.
 * @return text that lives as long as the message; empty for a message that was never changed.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_msg_version(const cruddur_msg *msg);

/**
 * Returns when a message was last edited.
 *
 * @param msg a message.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if it never was.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_msg_edited_at_us(const cruddur_msg *msg);

/**
 * Returns when a message was deleted.
 *
 * @param msg a message.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if it was not.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_msg_deleted_at_us(const cruddur_msg *msg);

/**
 * Returns when a message expires.
 *
 * @param msg a message.
 * @return microseconds since 1970, of a whole second; #CRUDDUR_TIME_UNKNOWN if it does not.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API int64_t cruddur_msg_expires_at_us(const cruddur_msg *msg);

/**
 * Returns the uuid of the message that a message replies to.
 *
 * @param msg a message.
 * @return text that lives as long as the message; NULL if it is no reply.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_msg_reply_to(const cruddur_msg *msg);

/**
 * Returns the data that the application gave a message.
 *
 * @param msg a message.
 * @return text that lives as long as the message; NULL if there is none.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_msg_data(const cruddur_msg *msg);

CRUDDUR_END_DECLS

#endif
