/* SPDX-License-Identifier: MIT */
#include "world/submissions.h"

#include <stdlib.h>

#include "async/pool.h"

#define THREADS 2
#define PAUSE_MAX_US 20000

typedef struct submission {
    stage_message *message;
    uint64_t request; /* 0: it was refused */
    int64_t begun_us;
    bool is_cancelled;
} submission;

void submissions_open(cruddur *own, const cruddur *dm)
{
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = THREADS;
    *own = (cruddur){.store = dm->store, .options = dm->options, .generation = dm->generation};
    if (cruddur_async_start(own, &options, NULL) != CRUDDUR_OK) {
        abort();
    }
}

void submissions_close(cruddur *own)
{
    cr_pool_close(own->pool);
}

static void submit(stage *all, cruddur *own, submission *one)
{
    cruddur_error *error = NULL;
    stage_message *message = one->message;
    const cruddur_user author = stage_user(all, message->author);
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    cruddur_append_options options = stage_begin_append(all, message);
    one->begun_us = sim_now_us();
    submit.data = one;
    if (sim_happens(5)) {
        submit.timeout_ms = 1 + (uint32_t)sim_roll(stage_timeout_ms() / 10);
    }
    cruddur_status status =
        cruddur_msg_append_submit(own, &author, all->group[message->group].uuid.text, message->text,
                                  &options, &submit, &one->request, &error);
    if (status != CRUDDUR_OK) {
        const stage_sent sent = {one->begun_us, status, NULL, error};
        stage_note_sent(all, message, &sent);
    }
    cruddur_error_free(error);
}

/* It may have completed already. */
static void cancel(cruddur *own, submission *one)
{
    one->is_cancelled = true;
    cruddur_status status = cruddur_request_cancel(own, one->request, NULL);
    sim_tell("cancelling %s: %s", one->message->text, cruddur_status_name(status));
}

static void note(stage *all, const submission *one, cruddur_completion *completion)
{
    cruddur_msg *made = cruddur_completion_take_msg(completion);
    const stage_sent sent = {one->begun_us, cruddur_completion_status(completion),
                             (const cr_packed_row *)made, cruddur_completion_error(completion)};
    if (sent.status == CRUDDUR_E_CANCELLED && one->is_cancelled && !sim_is_dead()) {
        bool is_unknown = cruddur_error_outcome_unknown(sent.error);
        sim_tell("%s was cancelled%s", one->message->text, is_unknown ? ", outcome unknown" : "");
        stage_learn_uuids(all);
        one->message->may_be_stored = one->message->may_be_stored || is_unknown;
        one->message->is_done = one->message->is_done || !one->message->is_callers;
    } else {
        stage_note_sent(all, one->message, &sent);
    }
    if (one->message->author == STRANGER && sent.status == CRUDDUR_OK) {
        stage_breach(all, "a stranger submitted %s", one->message->text);
    }
    cruddur_msg_free(made);
}

static void receive_all(stage *all, cruddur *own, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cruddur_completion *completion = NULL;
        if (cruddur_completion_next(own, CRUDDUR_WAIT_FOREVER, &completion, NULL) != CRUDDUR_OK) {
            abort();
        }
        note(all, cruddur_completion_data(completion), completion);
        cruddur_completion_free(completion);
    }
}

/* Of messages that get the present for their time, were sent once, and stay. */
static void check_order(stage *all, const submission *submissions, size_t count)
{
    const stage_message *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const stage_message *message = submissions[i].message;
        if (message->sk[0] == '\0' || message->created_at_us != 0 || message->lasts_s > 0 ||
            message->calls > 1 || message->rival < MESSAGES_MAX) {
            continue;
        }
        if (last != NULL && strcmp(last->sk, message->sk) >= 0) {
            stage_breach(all, "%s was submitted before %s, and is after it", last->text,
                         message->text);
        }
        last = message;
    }
}

void act_submit(stage *all, cruddur *dm, stage_message *const *messages, size_t count)
{
    cruddur own;
    submission submissions[SUBMITTED_MAX] = {{0}};
    size_t submitted = 0;
    submissions_open(&own, dm);
    for (size_t i = 0; i < count; i++) {
        submissions[i].message = messages[i];
        submit(all, &own, &submissions[i]);
        submitted += submissions[i].request != 0 ? 1 : 0;
    }
    while (submitted > 0 && sim_happens(4)) {
        sim_sleep((int64_t)sim_roll(PAUSE_MAX_US));
        submission *one = &submissions[sim_roll(count)];
        if (one->request != 0) {
            cancel(&own, one);
        }
    }
    receive_all(all, &own, submitted);
    check_order(all, submissions, count);
    submissions_close(&own);
}
