/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Submitting calls that return at once: messages and groups. completion.h says how their results
 * come; submit_table.h has the calls on a whole table.
 *
 * A submission checks the arguments as the call does, and refuses what the call would refuse, but
 * for cursors and an event of a stream: of these the completion tells. It copies them, with all
 * that options and users point to, so the caller may free them at once. Not copied are functions
 * and their `data` pointers: these must be valid until the request completes, and they are called
 * on a thread of the library.
 *
 * The deadline of the call counts from the submission, so it includes the time in the queue.
 */
#ifndef CRUDDUR_SUBMIT_H
#define CRUDDUR_SUBMIT_H

#include <cruddur/completion.h>
#include <cruddur/group_change.h>
#include <cruddur/msg_change.h>
#include <cruddur/watch.h>

CRUDDUR_BEGIN_DECLS

/**
 * Receives the completion of a request.
 *
 * @param data       the `data` of the options.
 * @param completion the completion, valid until the function returns. Results may be taken out of
 *                   it; never free it.
 * Threads: called on a thread of the library, with all signals blocked, on several at once. The
 * handle's other requests go on, but each callback keeps a thread busy; those of requests that
 * ended in the queue run one after the other, and as long as one runs, no deadline ends another
 * request: let them be short. It may submit, cancel and make blocking calls. It must not call
 * cruddur_close(), which would do nothing, nor end its thread.
 */
typedef void (*cruddur_complete_fn)(void *data, cruddur_completion *completion);

/** Options of a submission. Start from #CRUDDUR_SUBMIT_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_submit_options {
    /** `sizeof (cruddur_submit_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of the whole request in milliseconds, counted from its submission. 0: only that
     * of the call's own options, or the handle's. Of the two the earlier one counts. A call without
     * a deadline as a whole, such as cruddur_export(), gets one by this. */
    uint32_t timeout_ms;
    /** Receives the completion; NULL: cruddur_completion_next() does. */
    cruddur_complete_fn complete;
    /** Passed to `complete`, and returned by cruddur_completion_data(). */
    void *data;
} cruddur_submit_options;

/* clang-format off */
/** The defaults: the call's own deadline, no callback. */
#define CRUDDUR_SUBMIT_OPTIONS_INIT {sizeof(cruddur_submit_options), 0, 0, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_SUBMIT_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_submit_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_submit_options_init(cruddur_submit_options *options, size_t size);

/**
 * Submits cruddur_msg_list(). The result: cruddur_completion_take_msg_page().
 *
 * @param dm          the store.
 * @param viewer_uuid as for cruddur_msg_list().
 * @param group_uuid  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_list();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_msg_list_submit(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                        const cruddur_list_options *options, const cruddur_submit_options *submit,
                        uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_msg_append(). The result: cruddur_completion_take_msg().
 *
 * Appends to one group that wait directly behind each other are stored together, in the order of
 * submission, and complete one after the other once all of them are known to be stored. What cannot
 * go along, such as a repeat, runs by itself in its turn. One that is cancelled while it is stored
 * together with others completes with them.
 *
 * @param dm          the store.
 * @param author      as for cruddur_msg_append().
 * @param group_uuid  as there.
 * @param text        as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_append();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_append_submit(
    cruddur *dm, const cruddur_user *author, const char *group_uuid, const char *text,
    const cruddur_append_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_msg_get(). The result: cruddur_completion_take_msg().
 *
 * @param dm           the store.
 * @param viewer_uuid  as for cruddur_msg_get().
 * @param group_uuid   as there.
 * @param message_uuid as there.
 * @param options      as there.
 * @param submit       how to submit; NULL for the defaults.
 * @param ret_request  receives the number of the request; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_get();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_get_submit(
    cruddur *dm, const char *viewer_uuid, const char *group_uuid, const char *message_uuid,
    const cruddur_msg_options *options, const cruddur_submit_options *submit, uint64_t *ret_request,
    cruddur_error **error);

/**
 * Submits cruddur_msg_edit(). The result: cruddur_completion_take_msg(),
 * cruddur_completion_changed().
 *
 * @param dm           the store.
 * @param user_uuid    as for cruddur_msg_edit().
 * @param group_uuid   as there.
 * @param message_uuid as there.
 * @param text         as there.
 * @param options      as there.
 * @param submit       how to submit; NULL for the defaults.
 * @param ret_request  receives the number of the request; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_edit();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_edit_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *message_uuid,
    const char *text, const cruddur_msg_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_msg_delete(). The result: cruddur_completion_take_msg(),
 * cruddur_completion_changed().
 *
 * @param dm           the store.
 * @param user_uuid    as for cruddur_msg_delete().
 * @param group_uuid   as there.
 * @param message_uuid as there.
 * @param options      as there.
 * @param submit       how to submit; NULL for the defaults.
 * @param ret_request  receives the number of the request; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_delete();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_delete_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *message_uuid,
    const cruddur_msg_options *options, const cruddur_submit_options *submit, uint64_t *ret_request,
    cruddur_error **error);

/**
 * Submits cruddur_msg_react(). The result: cruddur_completion_take_msg(),
 * cruddur_completion_changed().
 *
 * @param dm           the store.
 * @param user_uuid    as for cruddur_msg_react().
 * @param group_uuid   as there.
 * @param message_uuid as there.
 * @param reaction     as there.
 * @param is_added     as there.
 * @param options      as there.
 * @param submit       how to submit; NULL for the defaults.
 * @param ret_request  receives the number of the request; may be NULL.
 * @param error        receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_msg_react();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_msg_react_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *message_uuid,
    const char *reaction, bool is_added, const cruddur_msg_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_list(). The result: cruddur_completion_take_group_page().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_list().
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_list();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_list_submit(
    cruddur *dm, const char *user_uuid, const cruddur_list_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_create(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param creator     as for cruddur_group_create().
 * @param others      as there.
 * @param n_others    as there.
 * @param text        as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_create();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_create_submit(
    cruddur *dm, const cruddur_user *creator, const cruddur_user *others, size_t n_others,
    const char *text, const cruddur_create_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_get(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param viewer_uuid as for cruddur_group_get().
 * @param group_uuid  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_get();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_group_get_submit(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                         const cruddur_get_options *options, const cruddur_submit_options *submit,
                         uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_members(). The result: cruddur_completion_take_members().
 *
 * @param dm          the store.
 * @param viewer_uuid as for cruddur_group_members().
 * @param group_uuid  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_members();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_members_submit(
    cruddur *dm, const char *viewer_uuid, const char *group_uuid,
    const cruddur_members_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_mark_read(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_mark_read().
 * @param group_uuid  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_mark_read();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_mark_read_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const cruddur_mark_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_set(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_set().
 * @param group_uuid  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_set();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_set_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const cruddur_set_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_rename(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_rename().
 * @param group_uuid  as there.
 * @param name        as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_rename();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_rename_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *name,
    const cruddur_group_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_add_members(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_add_members().
 * @param group_uuid  as there.
 * @param people      as there.
 * @param n_people    as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_add_members();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_add_members_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const cruddur_user *people,
    size_t n_people, const cruddur_group_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_group_remove_member(). The result: cruddur_completion_take_group().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_group_remove_member().
 * @param group_uuid  as there.
 * @param member_uuid as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_group_remove_member();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_group_remove_member_submit(
    cruddur *dm, const char *user_uuid, const char *group_uuid, const char *member_uuid,
    const cruddur_group_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_watch_open(). The result: cruddur_completion_take_watch().
 *
 * @param dm          the store.
 * @param options     as for cruddur_watch_open().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_watch_open();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_watch_open_submit(
    cruddur *dm, const cruddur_watch_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

CRUDDUR_END_DECLS

#endif
