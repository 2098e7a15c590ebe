/* SPDX-License-Identifier: MIT */
#include "cruddur/submitting.h"

#include <stdlib.h>

#include "base/clock.h"

#define US_PER_MS 1000

/* ---- the lane: the group that is changed ---- */

/* Two groups of one number would be changed one after the other, which does no harm. */
static uint64_t lane_of(const char *group_uuid)
{
    cr_uuid uuid;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    if (!cr_uuid_parse(cr_str_of(group_uuid), &uuid)) {
        return 0;
    }
    for (const char *at = uuid.text; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    return hash == 0 ? 1 : hash;
}

/* A random uuid is of a group in which no other request can be. */
static uint64_t lane_of_create(const cr_given *given)
{
    char direct[CRUDDUR_UUID_SIZE];
    const cruddur_create_options *options = given->options;
    bool is_separate = options != NULL && (options->flags & CRUDDUR_CREATE_SEPARATE) != 0;
    if (options != NULL && options->group_uuid != NULL) {
        return lane_of(options->group_uuid);
    }
    bool is_direct = given->n_users == 1 && !is_separate;
    return is_direct && cruddur_group_direct_uuid(given->user->uuid, given->users->uuid, direct,
                                                  NULL) == CRUDDUR_OK
               ? lane_of(direct)
               : 0;
}

static uint64_t find_lane(const cr_operation *operation, const cr_given *given)
{
    switch (operation->order) {
    case CR_ORDER_OF_FIRST:
        return lane_of(given->text[0]);
    case CR_ORDER_OF_SECOND:
        return lane_of(given->text[1]);
    case CR_ORDER_OF_CREATE:
        return lane_of_create(given);
    case CR_NO_ORDER:
        break;
    }
    return 0;
}

/* ---- carrying it out ---- */

static void run(cr_request *request)
{
    cruddur_completion *completion = cr_completion_of(request);
    const cr_operation *operation = completion->operation;
    const cr_followers followers = cr_followers_of(completion);
    if (operation->is_walk) {
        completion->submitted.since_us = cr_clock_monotonic_us();
    }
    completion->submitted.followers = &followers;
    request->status = completion->appending != NULL
                          ? cr_go_on(completion)
                          : operation->run(&completion->dm, &completion->given, &completion->out,
                                           &request->error);
    if (request->status == CRUDDUR_OK) {
        completion->product = operation->product;
    }
}

/* ---- submitting ---- */

static int64_t deadline_of(int64_t since_us, uint32_t timeout_ms)
{
    return timeout_ms == 0 ? INT64_MAX : since_us + (int64_t)timeout_ms * US_PER_MS;
}

static void set_deadlines(cruddur_completion *completion, const cruddur *dm, uint32_t timeout_ms)
{
    cr_beginning options = {0};
    cr_request *request = &completion->request;
    cr_submitted *submitted = &completion->submitted;
    submitted->since_us = cr_clock_monotonic_us();
    request->deadline_us = deadline_of(submitted->since_us, timeout_ms);
    request->has_deadline_running = completion->operation->is_walk;
    submitted->deadline_us = completion->operation->is_walk ? INT64_MAX : request->deadline_us;
    if (completion->operation->is_walk) {
        return;
    }
    if (completion->given.options != NULL) {
        memcpy(&options, completion->given.options, sizeof(options));
    }
    int64_t own_us = deadline_of(
        submitted->since_us, options.timeout_ms != 0 ? options.timeout_ms : dm->options.timeout_ms);
    request->deadline_us = own_us < request->deadline_us ? own_us : request->deadline_us;
}

/* NULL if memory ran out. */
static cruddur_completion *make_request(cruddur *dm, const cr_operation *operation,
                                        const cr_given *given,
                                        const cruddur_submit_options *options)
{
    cr_given measured;
    size_t size = cr_copy_given(given, operation->form, NULL, &measured);
    cruddur_completion *made = malloc(sizeof(*made) + size);
    if (made == NULL) {
        return NULL;
    }
    memset(made, 0, sizeof(*made));
    (void)cr_copy_given(given, operation->form, made->room, &made->given);
    made->operation = operation;
    made->request.run = run;
    made->request.complete = options->complete;
    made->request.data = options->data;
    made->request.lane = find_lane(operation, &made->given);
    made->request.may_go_along = operation->number == CRUDDUR_OP_MSG_APPEND;
    atomic_init(&made->request.cancel, false);
    atomic_init(&made->request.cancel_all, false);
    made->submitted.owner = dm;
    made->submitted.cancel = &made->request.cancel;
    made->dm.store = dm->store;
    made->dm.options = dm->options;
    made->dm.generation = dm->generation;
    made->dm.submitted = &made->submitted;
    set_deadlines(made, dm, options->timeout_ms);
    return made;
}

/* The call reads its arguments, and does nothing else. */
static cruddur_status check(const cruddur *dm, const cr_operation *operation, const cr_given *given,
                            cruddur_error **error)
{
    cr_outcome out;
    const cr_submitted submitted = {.only_checks = true, .since_us = 0, .deadline_us = INT64_MAX};
    cruddur copy = {.store = dm->store,
                    .options = dm->options,
                    .generation = dm->generation,
                    .submitted = &submitted};
    cruddur_status status = operation->run(&copy, given, &out, error);
    return status == CR_CHECKED ? CRUDDUR_OK : status;
}

static cruddur_status read_options(const cruddur_submit_options *given,
                                   cruddur_submit_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_read_struct("submit", given, options, CR_STRUCT_0_2(SUBMIT_OPTIONS, *options), error);
    return status == CRUDDUR_OK ? cr_check_flags("submit.flags", options->flags, 0, error) : status;
}

cruddur_status cr_submit(cruddur *dm, const cr_operation *operation, const cr_given *given,
                         const cruddur_submit_options *submit, uint64_t *ret_request,
                         cruddur_error **error)
{
    cruddur_submit_options options = CRUDDUR_SUBMIT_OPTIONS_INIT;
    cr_pool *pool = NULL;
    cruddur_completion *made = NULL;
    uint64_t id = 0;
    if (dm == NULL) {
        return cr_fail_null(error, operation->number == CRUDDUR_OP_MOVE ? "from" : "dm");
    }
    cruddur_status status = cr_handle_check(dm, error);
    if (status == CRUDDUR_OK) {
        status = read_options(submit, &options, error);
    }
    if (status == CRUDDUR_OK) {
        status = check(dm, operation, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_handle_pool(dm, &pool, error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    made = make_request(dm, operation, given, &options);
    if (made == NULL) {
        return cr_fail_memory(error);
    }
    status = cr_pool_submit(pool, &made->request, &id, error);
    if (status != CRUDDUR_OK) {
        free(made);
    } else if (ret_request != NULL) {
        *ret_request = id;
    }
    return status;
}
