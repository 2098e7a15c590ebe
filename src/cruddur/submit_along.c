/* SPDX-License-Identifier: MIT */
/* Appends that wait in a lane and go along with the first of it. What one has come to is kept with
 * its request until it ends: it may be in a change of which nothing is known, and then has to find
 * out by itself. */
#include "cruddur/submitting.h"

#include <stdlib.h>

static cr_pool *pool_of(const cruddur_completion *completion)
{
    return atomic_load(&completion->submitted.owner->pool);
}

/* NULL if it cannot begin: it fails when it is its turn. */
static cr_appending *begin(cruddur_completion *taken)
{
    const cr_given *given = &taken->given;
    const cr_append_arguments arguments = {given->user, given->text[0], given->text[1],
                                           given->options};
    cr_appending *made = malloc(sizeof(*made));
    if (made != NULL &&
        cr_appending_begin(made, &taken->dm, &arguments, &taken->request.error) != CRUDDUR_OK) {
        cruddur_error_free(made->entry.error);
        free(made);
        made = NULL;
    }
    return made;
}

static cr_send *next(void *context, int64_t least_us, int64_t *deadline_us)
{
    cruddur_completion *first = context;
    cr_request *request = cr_pool_take_along(pool_of(first), &first->request, least_us);
    if (request == NULL) {
        return NULL;
    }
    cruddur_completion *taken = cr_completion_of(request);
    taken->appending = taken->appending != NULL ? taken->appending : begin(taken);
    if (taken->appending == NULL) {
        cr_pool_set_down(pool_of(first), request, false);
        return NULL;
    }
    *deadline_us = request->deadline_us;
    taken->appending->completion = taken;
    taken->appending->send.cancel = &request->cancel;
    return &taken->appending->send;
}

static void set_down(void *context, cr_send *send)
{
    const cruddur_completion *first = context;
    cr_request *request = &((cr_appending *)send)->completion->request;
    request->is_in_doubt = send->may_be_stored;
    cr_pool_set_down(pool_of(first), request, send->is_together);
}

cr_followers cr_followers_of(cruddur_completion *completion)
{
    return (cr_followers){completion, &completion->request.cancel_all, next, set_down};
}

cruddur_status cr_go_on(cruddur_completion *completion)
{
    cr_appending *now = completion->appending;
    now->entry.call.followers = completion->submitted.followers;
    cruddur_status status = cr_appending_run(now, &completion->out.msg);
    free(now);
    completion->appending = NULL;
    return status;
}

void cr_appending_drop(cr_appending *dropped)
{
    if (dropped != NULL) {
        cruddur_error_free(dropped->entry.error);
        free(dropped->send.result);
        free(dropped);
    }
}
