/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Groups: listing a user's groups (pattern B), creating one (pattern C), looking at one.
 */
#ifndef CRUDDUR_GROUP_H
#define CRUDDUR_GROUP_H

#include <cruddur/handle.h>
#include <cruddur/list.h>
#include <cruddur/user.h>

CRUDDUR_BEGIN_DECLS

/** The fewest and the most members of a group. */
#define CRUDDUR_MEMBERS_MIN 2
#define CRUDDUR_MEMBERS_MAX 49

/** A group as one of its members sees it. Immutable; outlives the handle. */
typedef struct cruddur_group cruddur_group;

/** A page of groups. Immutable; outlives the handle. */
typedef struct cruddur_group_page cruddur_group_page;

/** The members of a group. Immutable; outlives the handle. */
typedef struct cruddur_members cruddur_members;

/** Creates another group for two people, although they may have a direct one. */
#define CRUDDUR_CREATE_SEPARATE 0x1u

/** Options of cruddur_group_create(). Start from #CRUDDUR_CREATE_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_create_options {
    /** `sizeof (cruddur_create_options)`. */
    size_t size;
    /** #CRUDDUR_CREATE_SEPARATE or 0. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /**
     * The group's uuid, so that the call can be repeated. NULL: the direct group's for two people,
     * else a random one. Version 5 is reserved for direct groups.
     */
    const char *group_uuid;
    /** The group's name, for three members and more; the rules are those of a display name. */
    const char *group_name;
    /** The first message's uuid, so that the call can be repeated. NULL: the library makes one. */
    const char *message_uuid;
    /** When the message was written, as in #cruddur_append_options. */
    int64_t created_at_us;
    /** As in #cruddur_append_options. Since: 0.2. */
    const char *reply_to;
    /** As in #cruddur_append_options. Since: 0.2. */
    const char *data;
    /** As in #cruddur_append_options. Since: 0.2. */
    int64_t expires_in_s;
} cruddur_create_options;

/* clang-format off */
/** The defaults: uuids of the library's, now, the handle's deadline. */
#define CRUDDUR_CREATE_OPTIONS_INIT \
    {sizeof(cruddur_create_options), 0, 0, NULL, NULL, NULL, 0, NULL, NULL, CRUDDUR_EXPIRES_DEFAULT}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_CREATE_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_create_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_create_options_init(cruddur_create_options *options, size_t size);

/** Options of cruddur_group_get(). Start from #CRUDDUR_GET_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_get_options {
    /** `sizeof (cruddur_get_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
} cruddur_get_options;

/* clang-format off */
/** The defaults: the handle's deadline. */
#define CRUDDUR_GET_OPTIONS_INIT {sizeof(cruddur_get_options), 0, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_GET_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_get_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_get_options_init(cruddur_get_options *options, size_t size);

/**
 * The caller is trusted: the application has checked access itself, or reads for its operator. The
 * call does not check membership, and `viewer_uuid` must be NULL.
 */
#define CRUDDUR_MEMBERS_TRUSTED 0x1u

/** Options of cruddur_group_members(). Start from #CRUDDUR_MEMBERS_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_members_options {
    /** `sizeof (cruddur_members_options)`. */
    size_t size;
    /** #CRUDDUR_MEMBERS_TRUSTED or 0. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
} cruddur_members_options;

/* clang-format off */
/** The defaults: the handle's deadline. */
#define CRUDDUR_MEMBERS_OPTIONS_INIT {sizeof(cruddur_members_options), 0, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_MEMBERS_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_members_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_members_options_init(cruddur_members_options *options, size_t size);

/**
 * Lists the groups of a user (pattern B), by the time of their newest message: to show an inbox.
 *
 * A group that receives a message moves to the newest end, also while a caller pages: a client that
 * pages towards older groups can miss it, and finds it with the newer cursor of its first page. So
 * it is within one page where DynamoDB sends that in several parts, as it does from 1 MB on: then
 * cruddur_group_page_has_newer() tells of it. Where a row moves late, in mode `stream` or by a
 * clock that is behind, it can also come in among groups that were sent before: the next list shows
 * it. A group that is in the inbox twice, after an interrupted write in mode `steps`, is listed
 * once.
 *
 * Archived and hidden groups are left out unless `options.flags` asks for them. A page that would
 * leave out more than 1,000 rows ends there, and its cursor continues. The messages that the user
 * has not read are counted (cruddur_group_unread_count()), with one query for each group that has
 * some, unless #CRUDDUR_LIST_NO_COUNTS is set.
 *
 * @param dm        the store.
 * @param user_uuid the user. The caller makes sure that this is who asks.
 * @param options   which groups; NULL for the defaults.
 * @param ret_page  receives the page, which is empty for an unknown user; free it with
 *                  cruddur_group_page_free().
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, `start`, `order`, `consistency` or
 *           `around_message_uuid`),
 *           #CRUDDUR_E_UUID, #CRUDDUR_E_LIMIT, #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another user, or of messages),
 *           #CRUDDUR_E_TIME, #CRUDDUR_E_TIME_RANGE;
 *         - a read status.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_list(cruddur *dm, const char *user_uuid,
                                                               const cruddur_list_options *options,
                                                               cruddur_group_page **ret_page,
                                                               cruddur_error **error);

/**
 * Creates a group with its first message (pattern C). The change is atomic, unless the store's mode
 * says otherwise (cruddur_open()).
 *
 * Two people have one **direct** group. Its uuid is made from theirs (cruddur_group_direct_uuid()):
 * either of them can write first, both at the same moment too, and they meet in one group. If the
 * direct group exists, the call appends the message to it. #CRUDDUR_CREATE_SEPARATE, or a
 * `group_uuid` of the caller's, creates another group for the two.
 *
 * A larger group gets a random uuid unless the caller gives one; with the caller's, the call can be
 * repeated. If the group exists with the same members, the message is appended to it. A repeat with
 * the same `message_uuid` stores the message once; see cruddur_msg_append().
 *
 * @param dm        the store.
 * @param creator   the person who creates the group, and writes the message.
 * @param others    the other members, 1 to 48 elements, all with the same `size`.
 * @param n_others  the number of elements.
 * @param text      the message, as for cruddur_msg_append().
 * @param options   the options; NULL for the defaults.
 * @param ret_group receives the group as the creator sees it; free it with cruddur_group_free().
 *                  May be NULL.
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_EXISTS: the group with this uuid has other members;
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: on DynamoDB, the group was removed during the call;
 *         - #CRUDDUR_E_MESSAGE_GONE: it is a repeat, and the message has been removed since, or has
 *           expired;
 *         - #CRUDDUR_E_BLOCKED: it is the direct group of two, and one of them blocks it;
 *         - #CRUDDUR_E_CLOSED: it is a group of two, and the data of one of them were erased;
 *         - #CRUDDUR_E_FOREIGN_WRITER: the store's URL says `writers=ours`, but the rows of the
 *           group show that another program writes to it, and nothing was written;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, a name for two members, or the uuid of another
 *           message), #CRUDDUR_E_MEMBER_COUNT, #CRUDDUR_E_MEMBER_TWICE,
 *           #CRUDDUR_E_MEMBER_SELF (the creator is among the others), #CRUDDUR_E_UUID,
 *           #CRUDDUR_E_UUID_TIME, #CRUDDUR_E_TEXT_BLANK, #CRUDDUR_E_TEXT_TOO_LONG,
 *           #CRUDDUR_E_NOT_UTF8 (the text, the data or a name), #CRUDDUR_E_DATA_TOO_LONG,
 *           #CRUDDUR_E_NAME_TOO_LONG, #CRUDDUR_E_NAME_CHARACTER, #CRUDDUR_E_TIME (as for
 *           cruddur_msg_append());
 *         - a read or write status. Unless cruddur_error_outcome_unknown() is true, nothing was
 *           stored.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_group_create(cruddur *dm, const cruddur_user *creator, const cruddur_user *others,
                     size_t n_others, const char *text, const cruddur_create_options *options,
                     cruddur_group **ret_group, cruddur_error **error);

/**
 * Computes the uuid of the direct group of two people, whether or not it exists: for opening a
 * conversation from a profile page without creating it. No store is needed.
 *
 * @param user_uuid  one of the two.
 * @param other_uuid the other one; the order does not matter.
 * @param buffer     receives the text and its NUL, #CRUDDUR_UUID_SIZE bytes; unchanged on failure.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_UUID; #CRUDDUR_E_MEMBER_SELF if the two
 *         are the same; #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_direct_uuid(const char *user_uuid,
                                                                      const char *other_uuid,
                                                                      char *buffer,
                                                                      cruddur_error **error);

/**
 * Reads one group as one of its members sees it: to show a conversation's title, or to find out
 * whether a direct group exists.
 *
 * @param dm          the store.
 * @param viewer_uuid the member.
 * @param group_uuid  the group.
 * @param options     the options; NULL for the defaults.
 * @param ret_group   receives the group; free it with cruddur_group_free().
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the viewer is not a member;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_UUID;
 *         - a read status.
 * Threads: any. Since: 0.1; the options since 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_get(cruddur *dm, const char *viewer_uuid,
                                                              const char *group_uuid,
                                                              const cruddur_get_options *options,
                                                              cruddur_group **ret_group,
                                                              cruddur_error **error);

/**
 * Lists the members of a group, in the order of their uuids, with the names that others see.
 *
 * @param dm          the store.
 * @param viewer_uuid the person who reads; must be a member. NULL if and only if the options have
 *                    #CRUDDUR_MEMBERS_TRUSTED.
 * @param group_uuid  the group.
 * @param options     the options; NULL for the defaults.
 * @param ret_members receives the members; free them with cruddur_members_free().
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_GROUP_NOT_FOUND: the group does not exist, or the viewer is not a member;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, or a viewer together with
 *           #CRUDDUR_MEMBERS_TRUSTED), #CRUDDUR_E_UUID;
 *         - a read status.
 * Threads: any. Since: 0.1; the options since 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_members(
    cruddur *dm, const char *viewer_uuid, const char *group_uuid,
    const cruddur_members_options *options, cruddur_members **ret_members, cruddur_error **error);

/**
 * Returns the number of groups on a page.
 *
 * @param page a page, or NULL.
 * @return 0 to the limit; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_group_page_count(const cruddur_group_page *page);

/**
 * Returns a group of a page.
 *
 * @param page  a page, or NULL.
 * @param index 0 to the count less 1, in the order of the options.
 * @return the group, which the page owns; NULL beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_group *cruddur_group_page_at(const cruddur_group_page *page,
                                                       size_t index);

/**
 * Returns the cursor that continues with groups that have older messages.
 *
 * @param page a page, or NULL.
 * @return text that lives as long as the page; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_page_older(const cruddur_group_page *page);

/**
 * Returns the cursor that continues with groups that have newer messages, including those that move
 * there later. A client polls an inbox with the newer cursor of the last page that it received.
 *
 * @param page a page, or NULL.
 * @return text that lives as long as the page; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_page_newer(const cruddur_group_page *page);

/**
 * Tells whether there were groups with older messages within the bounds when the page was read.
 *
 * @param page a page, or NULL.
 * @return true if the older cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_group_page_has_older(const cruddur_group_page *page);

/**
 * Tells whether there were groups with newer messages within the bounds when the page was read.
 *
 * @param page a page, or NULL.
 * @return true if the newer cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_group_page_has_newer(const cruddur_group_page *page);

/**
 * Frees a page with all its groups.
 *
 * @param page a page, or NULL.
 * Threads: any; no other thread may be using the page. Since: 0.1.
 */
CRUDDUR_API void cruddur_group_page_free(cruddur_group_page *page);

/**
 * Returns the uuid of a group.
 *
 * @param group a group; not NULL, as for all its accessors.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_uuid(const cruddur_group *group);

/**
 * Returns the name of a group.
 *
 * @param group a group.
 * @return text that lives as long as the group; NULL if the group has no name, as a group of two.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_name(const cruddur_group *group);

/**
 * Returns the text of a group's newest message, for a preview.
 *
 * @param group a group.
 * @return text that lives as long as the group; empty if the message was deleted or has expired.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_text(const cruddur_group *group);

/**
 * Returns the uuid of the other party. In a group of more than two it is one of the others.
 *
 * @param group a group.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_uuid(const cruddur_group *group);

/**
 * Returns the name of the person whom cruddur_group_user_uuid() returns.
 *
 * @param group a group.
 * @return text that lives as long as the group; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_display_name(const cruddur_group *group);

/**
 * Returns the handle, without `@`, of the person whom cruddur_group_user_uuid() returns.
 *
 * @param group a group.
 * @return text that lives as long as the group; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_handle(const cruddur_group *group);

/**
 * Returns the number of members of a group, the viewer included.
 *
 * @param group a group.
 * @return 2 to 49.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_group_member_count(const cruddur_group *group);

/**
 * Returns the time of a group's newest message.
 *
 * @param group a group.
 * @return microseconds since 1970; #CRUDDUR_TIME_UNKNOWN if the sort key is not a time.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_group_last_message_at_us(const cruddur_group *group);

/**
 * Returns the sort key of a group's row, exactly as the table has it. Lists of groups are in the
 * order of these keys. It is the sort key of the group's newest message, or a later one if the
 * inbox already had another row at that key (in mode `stream`).
 *
 * @param group a group.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_sort_key(const cruddur_group *group);

/**
 * Frees a group that cruddur_group_create() or cruddur_group_get() returned. The groups of a page
 * belong to the page.
 *
 * @param group a group, or NULL.
 * Threads: any; no other thread may be using the group. Since: 0.1.
 */
CRUDDUR_API void cruddur_group_free(cruddur_group *group);

/**
 * Returns the number of members.
 *
 * @param members members, or NULL.
 * @return 2 to 49; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_members_count(const cruddur_members *members);

/**
 * Returns one member.
 *
 * @param members members, or NULL.
 * @param index   0 to the count less 1.
 * @return the member, which `members` owns. Names may be empty, but are not NULL. NULL beyond the
 *         end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_user *cruddur_members_at(const cruddur_members *members, size_t index);

/**
 * Frees members.
 *
 * @param members members, or NULL.
 * Threads: any; no other thread may be using them. Since: 0.1.
 */
CRUDDUR_API void cruddur_members_free(cruddur_members *members);

CRUDDUR_END_DECLS

#endif
