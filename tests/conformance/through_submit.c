/* SPDX-License-Identifier: MIT */

#include "through_submit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call that waits for its completion. */
typedef struct waiter {
    cruddur_submit_options options;
    uint64_t id;
    bool is_done;
    cruddur_status status;
    cruddur_error *error;
    bool is_changed;
    cruddur_msg_page *msg_page;
    cruddur_msg *msg;
    cruddur_group_page *group_page;
    cruddur_group *group;
    cruddur_members *members;
    cruddur_row_page *row_page;
    cruddur_lines *lines;
    cruddur_stream_result *stream_result;
    cruddur_watch *watch;
} waiter;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;

/* A completion is of some waiter's, not only of the thread that receives it. */
static void settle(void *data, cruddur_completion *completion)
{
    waiter *waiting = data;
    (void)pthread_mutex_lock(&lock);
    waiting->status = cruddur_completion_status(completion);
    waiting->error = cruddur_completion_take_error(completion);
    waiting->is_changed = cruddur_completion_changed(completion);
    waiting->msg_page = cruddur_completion_take_msg_page(completion);
    waiting->msg = cruddur_completion_take_msg(completion);
    waiting->group_page = cruddur_completion_take_group_page(completion);
    waiting->group = cruddur_completion_take_group(completion);
    waiting->members = cruddur_completion_take_members(completion);
    waiting->row_page = cruddur_completion_take_row_page(completion);
    waiting->lines = cruddur_completion_take_lines(completion);
    waiting->stream_result = cruddur_completion_take_stream_result(completion);
    waiting->watch = cruddur_completion_take_watch(completion);
    waiting->is_done = true;
    (void)pthread_cond_broadcast(&done);
    (void)pthread_mutex_unlock(&lock);
}

/* Every other one has a callback. */
static const cruddur_submit_options *begin(waiter *waiting)
{
    static atomic_uint count;
    *waiting = (waiter){.options = CRUDDUR_SUBMIT_OPTIONS_INIT};
    waiting->options.data = waiting;
    waiting->options.complete = atomic_fetch_add(&count, 1) % 2 == 0 ? settle : NULL;
    return &waiting->options;
}

static bool is_done(waiter *waiting)
{
    (void)pthread_mutex_lock(&lock);
    bool is = waiting->is_done;
    (void)pthread_mutex_unlock(&lock);
    return is;
}

static void receive(cruddur *dm, waiter *waiting)
{
    cruddur_error *error = NULL;
    while (!is_done(waiting)) { /* another thread may receive it */
        cruddur_completion *completion = NULL;
        if (cruddur_completion_next(dm, 5, &completion, &error) != CRUDDUR_OK) {
            (void)fprintf(stderr, "%s\n", cruddur_error_message(error));
            abort();
        }
        if (completion != NULL) {
            settle(cruddur_completion_data(completion), completion);
            cruddur_completion_free(completion);
        }
    }
}

static void wait_for_callback(waiter *waiting)
{
    (void)pthread_mutex_lock(&lock);
    while (!waiting->is_done) {
        (void)pthread_cond_wait(&done, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
}

static void free_results(waiter *waiting)
{
    cruddur_msg_page_free(waiting->msg_page);
    cruddur_msg_free(waiting->msg);
    cruddur_group_page_free(waiting->group_page);
    cruddur_group_free(waiting->group);
    cruddur_members_free(waiting->members);
    cruddur_row_page_free(waiting->row_page);
    cruddur_lines_free(waiting->lines);
    cruddur_stream_result_free(waiting->stream_result);
    cruddur_watch_close(waiting->watch);
    cruddur_error_free(waiting->error);
}

/* What the blocking call would have returned. `result` is the field of the result, whose place may
 * be NULL, as may those of the change and of the error. */
static cruddur_status end(waiter *waiting, cruddur_status status, cruddur *dm,
                          cruddur_error **error, size_t result, void *ret_result, bool *ret_changed)
{
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (waiting->options.complete == NULL) {
        receive(dm, waiting);
    } else {
        wait_for_callback(waiting);
    }
    status = waiting->status;
    if (status == CRUDDUR_OK && ret_result != NULL) {
        void *none = NULL;
        memcpy(ret_result, (char *)waiting + result, sizeof(void *));
        memcpy((char *)waiting + result, &none, sizeof(none));
    }
    if (status == CRUDDUR_OK && ret_changed != NULL) {
        *ret_changed = waiting->is_changed;
    }
    if (status != CRUDDUR_OK && error != NULL) {
        *error = waiting->error;
        waiting->error = NULL;
    }
    free_results(waiting);
    return status;
}

cruddur_status submitted_msg_list(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                  const cruddur_list_options *options, cruddur_msg_page **ret_page,
                                  cruddur_error **error)
{
    waiter waiting;
    if (ret_page == NULL) {
        return (cruddur_msg_list)(dm, viewer_uuid, group_uuid, options, ret_page,
                                  error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_msg_list_submit(dm, viewer_uuid, group_uuid, options,
                                                    begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg_page), ret_page, NULL);
}

cruddur_status submitted_msg_append(cruddur *dm, const cruddur_user *author, const char *group_uuid,
                                    const char *text, const cruddur_append_options *options,
                                    cruddur_msg **ret_msg, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_msg_append_submit(dm, author, group_uuid, text, options,
                                                      begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg), ret_msg, NULL);
}

cruddur_status submitted_msg_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                 const char *message_uuid, const cruddur_msg_options *options,
                                 cruddur_msg **ret_msg, cruddur_error **error)
{
    waiter waiting;
    if (ret_msg == NULL) {
        return (cruddur_msg_get)(dm, viewer_uuid, group_uuid, message_uuid, options, ret_msg,
                                 error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_msg_get_submit(dm, viewer_uuid, group_uuid, message_uuid,
                                                   options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg), ret_msg, NULL);
}

cruddur_status submitted_msg_edit(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                  const char *message_uuid, const char *text,
                                  const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                  bool *ret_changed, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_msg_edit_submit(dm, user_uuid, group_uuid, message_uuid, text,
                                                    options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg), ret_msg, ret_changed);
}

cruddur_status submitted_msg_delete(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                    const char *message_uuid, const cruddur_msg_options *options,
                                    cruddur_msg **ret_msg, bool *ret_changed, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_msg_delete_submit(dm, user_uuid, group_uuid, message_uuid,
                                                      options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg), ret_msg, ret_changed);
}

cruddur_status submitted_msg_react(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                   const char *message_uuid, const char *reaction, bool is_added,
                                   const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                   bool *ret_changed, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_msg_react_submit(dm, user_uuid, group_uuid, message_uuid, reaction, is_added,
                                 options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, msg), ret_msg, ret_changed);
}

cruddur_status submitted_group_list(cruddur *dm, const char *user_uuid,
                                    const cruddur_list_options *options,
                                    cruddur_group_page **ret_page, cruddur_error **error)
{
    waiter waiting;
    if (ret_page == NULL) {
        return (cruddur_group_list)(dm, user_uuid, options, ret_page,
                                    error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status =
        cruddur_group_list_submit(dm, user_uuid, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group_page), ret_page, NULL);
}

cruddur_status submitted_group_create(cruddur *dm, const cruddur_user *creator,
                                      const cruddur_user *others, size_t n_others, const char *text,
                                      const cruddur_create_options *options,
                                      cruddur_group **ret_group, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_create_submit(
        dm, creator, others, n_others, text, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                   const cruddur_get_options *options, cruddur_group **ret_group,
                                   cruddur_error **error)
{
    waiter waiting;
    if (ret_group == NULL) {
        return (cruddur_group_get)(dm, viewer_uuid, group_uuid, options, ret_group,
                                   error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_group_get_submit(dm, viewer_uuid, group_uuid, options,
                                                     begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_members(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                       const cruddur_members_options *options,
                                       cruddur_members **ret_members, cruddur_error **error)
{
    waiter waiting;
    if (ret_members == NULL) {
        return (
            cruddur_group_members)(dm, viewer_uuid, group_uuid, options, ret_members,
                                   error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_group_members_submit(dm, viewer_uuid, group_uuid, options,
                                                         begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, members), ret_members, NULL);
}

cruddur_status submitted_group_mark_read(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                         const cruddur_mark_options *options,
                                         cruddur_group **ret_group, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_mark_read_submit(dm, user_uuid, group_uuid, options,
                                                           begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_set(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                   const cruddur_set_options *options, cruddur_group **ret_group,
                                   cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_set_submit(dm, user_uuid, group_uuid, options,
                                                     begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_rename(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                      const char *name, const cruddur_group_options *options,
                                      cruddur_group **ret_group, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_rename_submit(dm, user_uuid, group_uuid, name, options,
                                                        begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_add_members(cruddur *dm, const char *user_uuid,
                                           const char *group_uuid, const cruddur_user *people,
                                           size_t n_people, const cruddur_group_options *options,
                                           cruddur_group **ret_group, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_add_members_submit(
        dm, user_uuid, group_uuid, people, n_people, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_group_remove_member(cruddur *dm, const char *user_uuid,
                                             const char *group_uuid, const char *member_uuid,
                                             const cruddur_group_options *options,
                                             cruddur_group **ret_group, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_group_remove_member_submit(
        dm, user_uuid, group_uuid, member_uuid, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, group), ret_group, NULL);
}

cruddur_status submitted_scan(cruddur *dm, const cruddur_scan_options *options,
                              cruddur_row_page **ret_page, cruddur_error **error)
{
    waiter waiting;
    if (ret_page == NULL) {
        return (cruddur_scan)(dm, options, ret_page,
                              error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_scan_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, row_page), ret_page, NULL);
}

cruddur_status submitted_schema_load(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_schema_load_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_schema_verify(cruddur *dm, const cruddur_schema_options *options,
                                       cruddur_lines **ret_differences, cruddur_error **error)
{
    waiter waiting;
    if (ret_differences == NULL) {
        return (
            cruddur_schema_verify)(dm, options, ret_differences,
                                   error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status =
        cruddur_schema_verify_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, lines), ret_differences, NULL);
}

cruddur_status submitted_schema_list(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_lines **ret_tables, cruddur_error **error)
{
    waiter waiting;
    if (ret_tables == NULL) {
        return (cruddur_schema_list)(dm, options, ret_tables,
                                     error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status =
        cruddur_schema_list_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, lines), ret_tables, NULL);
}

cruddur_status submitted_schema_drop(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_schema_drop_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_schema_upgrade(cruddur *dm, const cruddur_upgrade_options *options,
                                        cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_schema_upgrade_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_stream_apply(cruddur *dm, const char *event, size_t event_size,
                                      const cruddur_stream_options *options,
                                      cruddur_stream_result **ret_result, cruddur_error **error)
{
    waiter waiting;
    if (ret_result == NULL) {
        return (
            cruddur_stream_apply)(dm, event, event_size, options, ret_result,
                                  error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status = cruddur_stream_apply_submit(dm, event, event_size, options,
                                                        begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, stream_result), ret_result, NULL);
}

cruddur_status submitted_stream_follow(cruddur *dm, const cruddur_follow_options *options,
                                       cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_stream_follow_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_purge(cruddur *dm, const cruddur_purge_options *options,
                               cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_purge_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_check(cruddur *dm, const cruddur_check_options *options,
                               cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_check_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_export(cruddur *dm, cruddur_write_fn write, void *data,
                                const cruddur_export_options *options, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_export_submit(dm, write, data, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_import(cruddur *dm, cruddur_read_fn read, void *data,
                                const cruddur_import_options *options, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_import_submit(dm, read, data, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_move(cruddur *from, cruddur *to, const cruddur_move_options *options,
                              cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_move_submit(from, to, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, from, error, 0, NULL, NULL);
}

cruddur_status submitted_person_export(cruddur *dm, const char *user_uuid,
                                       const cruddur_person_options *options, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_person_export_submit(dm, user_uuid, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_person_erase(cruddur *dm, const char *user_uuid,
                                      const cruddur_person_options *options, cruddur_error **error)
{
    waiter waiting;
    cruddur_status status =
        cruddur_person_erase_submit(dm, user_uuid, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_person_rename(cruddur *dm, cruddur_person_lookup_fn lookup,
                                       void *lookup_data, const cruddur_person_options *options,
                                       cruddur_error **error)
{
    waiter waiting;
    cruddur_status status = cruddur_person_rename_submit(dm, lookup, lookup_data, options,
                                                         begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, 0, NULL, NULL);
}

cruddur_status submitted_watch_open(cruddur *dm, const cruddur_watch_options *options,
                                    cruddur_watch **ret_watch, cruddur_error **error)
{
    waiter waiting;
    if (ret_watch == NULL) {
        return (cruddur_watch_open)(dm, options, ret_watch,
                                    error); /* the blocking one: no submission has this argument */
    }
    cruddur_status status =
        cruddur_watch_open_submit(dm, options, begin(&waiting), &waiting.id, error);
    return end(&waiting, status, dm, error, offsetof(waiter, watch), ret_watch, NULL);
}
