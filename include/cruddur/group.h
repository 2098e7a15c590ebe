/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Groups: listing a user's (pattern B), opening one (pattern C), looking at one.
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

/** A group as one of its members sees it. Immutable; outlives the handle; may move between
 * threads. */
typedef struct cruddur_group cruddur_group;

/** One page of groups. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_group_page cruddur_group_page;

/** The members of a group. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_members cruddur_members;

/** Open a group of its own for two people, although they may have a direct one. */
#define CRUDDUR_CREATE_SEPARATE 0x1u

/** How to open a group. Start from #CRUDDUR_CREATE_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_create_options {
    /** `sizeof (cruddur_create_options)`. */
    size_t size;
    /** Any of the `CRUDDUR_CREATE_…` bits. */
    uint32_t flags;
    /** The deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /**
     * The group's uuid, so that the call can be repeated; NULL: see cruddur_group_create(). Version
     * 5 is kept for direct groups.
     */
    const char *group_uuid;
    /** What the group is called, same rules as a display name; only for more than two members. */
    const char *group_name;
    /** The first message's uuid, so that the call can be repeated; NULL to have one made. */
    const char *message_uuid;
    /** When the message was written, as in #cruddur_append_options. */
    int64_t created_at_us;
} cruddur_create_options;

/* clang-format off */
/** The defaults. */
#define CRUDDUR_CREATE_OPTIONS_INIT {sizeof(cruddur_create_options), 0, 0, NULL, NULL, NULL, 0}
/* clang-format on */

/**
 * The same as #CRUDDUR_CREATE_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_create_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_create_options_init(cruddur_create_options *options, size_t size);

/** How to look at a group. Start from #CRUDDUR_GET_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_get_options {
    /** `sizeof (cruddur_get_options)`. */
    size_t size;
    /** Zero: no bit has a meaning yet. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
} cruddur_get_options;

/* clang-format off */
/** The defaults. */
#define CRUDDUR_GET_OPTIONS_INIT {sizeof(cruddur_get_options), 0, 0}
/* clang-format on */

/**
 * The same as #CRUDDUR_GET_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_get_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_get_options_init(cruddur_get_options *options, size_t size);

/** The caller vouches for this read: membership is not checked, and there is no viewer. */
#define CRUDDUR_MEMBERS_TRUSTED 0x1u

/** How to list members. Start from #CRUDDUR_MEMBERS_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_members_options {
    /** `sizeof (cruddur_members_options)`. */
    size_t size;
    /** #CRUDDUR_MEMBERS_TRUSTED or 0. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
} cruddur_members_options;

/* clang-format off */
/** The defaults. */
#define CRUDDUR_MEMBERS_OPTIONS_INIT {sizeof(cruddur_members_options), 0, 0}
/* clang-format on */

/**
 * The same as #CRUDDUR_MEMBERS_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_members_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_members_options_init(cruddur_members_options *options, size_t size);

/**
 * Lists the groups of a user (pattern B), by the time of their newest message.
 *
 * A group that receives a message moves to the newest end, also while a caller pages. Where the
 * table has two rows of one group for the user (a writer without transactions was interrupted),
 * the newer one counts.
 *
 * @param dm        the store.
 * @param user_uuid whose groups.
 * @param options   which; NULL for the defaults.
 * @param ret_page  receives the page, empty for a user without groups; free it with
 *                  cruddur_group_page_free().
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; for the arguments as cruddur_msg_list(); of the store any `E_STORE_…`;
 *         #CRUDDUR_E_TIMEOUT, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_list(cruddur *dm, const char *user_uuid,
                                                               const cruddur_list_options *options,
                                                               cruddur_group_page **ret_page,
                                                               cruddur_error **error);

/**
 * Opens a group with its first message (pattern C). All of it happens, or nothing.
 *
 * Two people have one **direct** group: its uuid is made from theirs
 * (cruddur_group_direct_uuid()), so that whoever of them
 * writes first, or both at the same moment, opens the same group, and a call for a group that is
 * already there appends the message to it. #CRUDDUR_CREATE_SEPARATE opens another one, and so does
 * a `group_uuid` of the caller's. A larger group gets a random uuid unless the caller gives one;
 * with the caller's, the call can be repeated too. Repeating with the same `message_uuid` stores
 * the message once; see cruddur_msg_append().
 *
 * @param dm       the store.
 * @param creator  who opens the group and writes the message.
 * @param others   the other members, 1 to 48 elements, all with the same `size`.
 * @param n_others how many.
 * @param text     the message: UTF-8, at most the handle's `max_text_chars`, with a visible
 *                 character: one that is not white space, a control character, ignorable by
 *                 default (Unicode's properties), or U+2800.
 * @param options  how; NULL for the defaults.
 * @param ret_group receives the group as the creator sees it; free it with cruddur_group_free().
 *                 May be NULL.
 * @param error    receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_GROUP_EXISTS (the uuid given has other members); for the
 *         arguments #CRUDDUR_E_MEMBER_COUNT, #CRUDDUR_E_MEMBER_TWICE, #CRUDDUR_E_MEMBER_SELF and
 *         as cruddur_msg_append(); #CRUDDUR_E_CONFLICT; of the store any `E_STORE_…`;
 *         #CRUDDUR_E_TIMEOUT, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_group_create(cruddur *dm, const cruddur_user *creator, const cruddur_user *others,
                     size_t n_others, const char *text, const cruddur_create_options *options,
                     cruddur_group **ret_group, cruddur_error **error);

/**
 * The uuid of the direct group of two people, whether or not it is there yet.
 *
 * @param user_uuid  one of them.
 * @param other_uuid the other; in which order does not matter.
 * @param buffer     #CRUDDUR_UUID_SIZE bytes that receive the text and its NUL; as it was on
 *                   failure.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_UUID, #CRUDDUR_E_MEMBER_SELF, #CRUDDUR_E_NO_MEMORY,
 *         #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_direct_uuid(const char *user_uuid,
                                                                      const char *other_uuid,
                                                                      char *buffer,
                                                                      cruddur_error **error);

/**
 * Looks at one group as one of its members sees it.
 *
 * @param dm          the store.
 * @param viewer_uuid the member.
 * @param group_uuid  the group.
 * @param options     how; NULL for the defaults.
 * @param ret_group   receives the group; free it with cruddur_group_free().
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_GROUP_NOT_FOUND; #CRUDDUR_E_NOT_A_MEMBER; #CRUDDUR_E_UUID,
 *         #CRUDDUR_E_NULL_ARGUMENT; any `E_STORE_…`; #CRUDDUR_E_TIMEOUT, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_get(cruddur *dm, const char *viewer_uuid,
                                                              const char *group_uuid,
                                                              const cruddur_get_options *options,
                                                              cruddur_group **ret_group,
                                                              cruddur_error **error);

/**
 * Lists the members of a group, by uuid.
 *
 * @param dm          the store.
 * @param viewer_uuid who asks: only members get an answer. NULL with #CRUDDUR_MEMBERS_TRUSTED, and
 *                    only then.
 * @param group_uuid  the group.
 * @param options     how; NULL for the defaults.
 * @param ret_members receives the members; free them with cruddur_members_free().
 * @param error       receives the error on failure; may be NULL.
 * @return as cruddur_group_get().
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_members(
    cruddur *dm, const char *viewer_uuid, const char *group_uuid,
    const cruddur_members_options *options, cruddur_members **ret_members, cruddur_error **error);

/**
 * How many groups are on the page.
 *
 * @param page a page.
 * @return 0 to the limit asked for; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_group_page_count(const cruddur_group_page *page);

/**
 * A group of the page.
 *
 * @param page  a page.
 * @param index 0 to the count less 1, in the order asked for.
 * @return the group, which lives as long as the page: do not free it. NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_group *cruddur_group_page_at(const cruddur_group_page *page,
                                                       size_t index);

/**
 * The cursor that continues towards groups with older messages.
 *
 * @param page a page.
 * @return text that lives as long as the page; never NULL but for a NULL page.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_page_older(const cruddur_group_page *page);

/**
 * The cursor that continues towards groups with newer messages: also those that move there later.
 *
 * @param page a page.
 * @return text that lives as long as the page; never NULL but for a NULL page.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_page_newer(const cruddur_group_page *page);

/**
 * Tells whether there were groups with older messages, within the bounds asked for.
 *
 * @param page a page.
 * @return true if the older cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_group_page_has_older(const cruddur_group_page *page);

/**
 * Tells whether there were groups with newer messages, within the bounds asked for.
 *
 * @param page a page.
 * @return true if the newer cursor leads to more; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_group_page_has_newer(const cruddur_group_page *page);

/**
 * Frees a page with all its groups.
 *
 * @param page a page, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_group_page_free(cruddur_group_page *page);

/**
 * The group's uuid.
 *
 * @param group a group; not NULL, as in all its accessors.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_uuid(const cruddur_group *group);

/**
 * What the group is called.
 *
 * @param group a group.
 * @return text that lives as long as the group; NULL where it has no name, as with two members.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_name(const cruddur_group *group);

/**
 * The text of the group's newest message.
 *
 * @param group a group.
 * @return UTF-8 that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_text(const cruddur_group *group);

/**
 * The uuid of the other party; with more than two members, of one of the others.
 *
 * @param group a group.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_uuid(const cruddur_group *group);

/**
 * The name of the person that cruddur_group_user_uuid() names.
 *
 * @param group a group.
 * @return text that lives as long as the group; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_display_name(const cruddur_group *group);

/**
 * The handle of the person that cruddur_group_user_uuid() names, without `@`.
 *
 * @param group a group.
 * @return text that lives as long as the group; may be empty.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_user_handle(const cruddur_group *group);

/**
 * How many members the group has, the viewer included.
 *
 * @param group a group.
 * @return 2 to 49.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_group_member_count(const cruddur_group *group);

/**
 * When the newest message was written.
 *
 * @param group a group.
 * @return microseconds since the epoch; #CRUDDUR_TIME_UNKNOWN where the sort key is no time.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_group_last_message_at_us(const cruddur_group *group);

/**
 * The row's sort key, to the letter as it is in the table.
 *
 * @param group a group.
 * @return text that lives as long as the group.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_group_sort_key(const cruddur_group *group);

/**
 * Frees a group that cruddur_group_create() or cruddur_group_get() returned; those of a page
 * belong to the page.
 *
 * @param group a group, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_group_free(cruddur_group *group);

/**
 * How many members there are.
 *
 * @param members members.
 * @return 2 to 49; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_members_count(const cruddur_members *members);

/**
 * One member.
 *
 * @param members members.
 * @param index   0 to the count less 1, by uuid.
 * @return the member, which lives as long as `members`; names may be empty, never NULL. NULL
 *         beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const cruddur_user *cruddur_members_at(const cruddur_members *members, size_t index);

/**
 * Frees the members.
 *
 * @param members members, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_members_free(cruddur_members *members);

CRUDDUR_END_DECLS

#endif
