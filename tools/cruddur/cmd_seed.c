/* SPDX-License-Identifier: MIT */
/* cruddur seed: brings a written conversation into the store, once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "progress.h"
#include "script.h"

#define FILE_MAX ((size_t)16 << 20)
#define MINUTE_US INT64_C(60000000)
#define REDRAW_US 100000
/* Where a uuid has its version. */
#define UUID_VERSION_AT 14
/* The namespace of every uuid that is made here: any constant that nobody else uses. */
#define SEED_NAMESPACE "e100f560-79dc-4885-aa1a-b84d3cb6480b"

/* A message of the conversation: its uuid, and whether the group has it. */
struct planned {
    char uuid[CRUDDUR_UUID_SIZE];
    size_t index;
    bool is_there;
};

struct seed {
    struct context *context;
    char *text; /* of the file */
    struct script script;
    cruddur_user people[CRUDDUR_MEMBERS_MAX]; /* Person 1 first */
    size_t n_people;
    char group[CRUDDUR_UUID_SIZE];
    struct planned *planned; /* as many as the script has */
    size_t n_there;
    int64_t start_us;
    int64_t drawn_at_us;
};

/* --- what is to be written --- */

static enum exit_code read_script(struct seed *seed)
{
    const cruddur_options limits = CRUDDUR_OPTIONS_INIT;
    struct problem problem;
    const char *path = seed->context->arguments[0];
    enum exit_code code = input_read("FILE", path, FILE_MAX, &seed->text);
    if (code == CODE_OK &&
        !script_parse(&seed->script, seed->text, seed->n_people, limits.max_text_chars, &problem)) {
        code = report_problem(path, &problem);
    }
    return code;
}

/* The last message comes before now, so that whatever is written next sorts after it. */
static enum exit_code choose_start(struct seed *seed)
{
    int64_t duration_us = (int64_t)(seed->script.count - 1) * MINUTE_US;
    int64_t latest_us = seed->context->now_us - duration_us;
    seed->start_us = seed->context->options.start_us;
    if (seed->start_us == CRUDDUR_TIME_UNKNOWN) {
        seed->start_us = latest_us - MINUTE_US;
    }
    if (seed->start_us < latest_us) {
        return CODE_OK;
    }
    char latest[CRUDDUR_TIME_SIZE] = "";
    (void)!cruddur_time_format(latest_us, latest, NULL);
    return report(CODE_USAGE,
                  "--start: the last of %zu messages, one minute apart, must come before now: the "
                  "start must be before %s",
                  seed->script.count, latest);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The uuid that stands for these people, whoever of them is Person 1. */
static cruddur_status make_people_uuid(struct seed *seed, cruddur_error **error)
{
    const char *uuids[CRUDDUR_MEMBERS_MAX];
    for (size_t i = 0; i < seed->n_people; i++) {
        uuids[i] = seed->people[i].uuid;
    }
    qsort(uuids, seed->n_people, sizeof(uuids[0]), compare_texts);
    struct buffer name = {NULL, 0, 0};
    for (size_t i = 0; i < seed->n_people; i++) {
        buffer_add_format(&name, "%s,", uuids[i]);
    }
    cruddur_status status = cruddur_uuid_v5(SEED_NAMESPACE, buffer_text(&name), seed->group, error);
    buffer_free(&name);
    /* Version 5 is kept for direct groups; 8 is for uuids that applications make their own way. */
    seed->group[UUID_VERSION_AT] = '8';
    return status;
}

/* --group; or the direct group of two people; or one whose uuid stands for these people. */
static enum exit_code choose_group(struct seed *seed)
{
    const char *group = seed->context->options.group;
    cruddur_error *error = NULL;
    cruddur_status status = CRUDDUR_OK;
    if (group != NULL) {
        memcpy(seed->group, group, sizeof(seed->group));
    } else if (seed->n_people > 2) {
        status = make_people_uuid(seed, &error);
    } else {
        status = cruddur_group_direct_uuid(seed->people[0].uuid, seed->people[1].uuid, seed->group,
                                           &error);
    }
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

static int compare_uuids(const void *a, const void *b)
{
    return strcmp(((const struct planned *)a)->uuid, ((const struct planned *)b)->uuid);
}

static int compare_indices(const void *a, const void *b)
{
    size_t one = ((const struct planned *)a)->index, other = ((const struct planned *)b)->index;
    return (one > other) - (one < other);
}

/* Gives every message its uuid: the same one whenever the same conversation is seeded. */
static enum exit_code plan(struct seed *seed)
{
    struct buffer name = {NULL, 0, 0};
    cruddur_error *error = NULL;
    cruddur_status status = CRUDDUR_OK;
    seed->planned = memory_resize(NULL, seed->script.count, sizeof(*seed->planned));
    for (size_t i = 0; status == CRUDDUR_OK && i < seed->script.count; i++) {
        const struct script_message *message = &seed->script.messages[i];
        struct planned *planned = &seed->planned[i];
        planned->index = i;
        planned->is_there = false;
        buffer_clear(&name);
        buffer_add_format(&name, "seed:%zu:%s:%s", i, seed->people[message->person - 1].uuid,
                          message->text);
        status = cruddur_uuid_v5(seed->group, buffer_text(&name), planned->uuid, &error);
    }
    buffer_free(&name);
    return status == CRUDDUR_OK ? CODE_OK : report_error(status, error, NULL);
}

/* Does everything that needs no store. */
static enum exit_code prepare(struct seed *seed)
{
    enum exit_code code = context_people(seed->context, "--me", "--other", seed->people);
    if (code == CODE_OK) {
        code = read_script(seed);
    }
    if (code == CODE_OK) {
        code = choose_start(seed);
    }
    if (code == CODE_OK) {
        code = choose_group(seed);
    }
    return code == CODE_OK ? plan(seed) : code;
}

/* --- what is there --- */

static void note_message(struct seed *seed, const cruddur_msg *msg)
{
    struct planned key;
    (void)snprintf(key.uuid, sizeof(key.uuid), "%s", cruddur_msg_uuid(msg));
    struct planned *planned =
        bsearch(&key, seed->planned, seed->script.count, sizeof(key), compare_uuids);
    if (planned == NULL || planned->is_there) {
        return;
    }
    planned->is_there = true;
    seed->n_there++;
    /* What is missing of an interrupted run goes where that run would have put it. */
    int64_t time_us = cruddur_msg_created_at_us(msg);
    if (planned->index == 0 && time_us != CRUDDUR_TIME_UNKNOWN && time_us < seed->start_us) {
        seed->start_us = time_us;
    }
}

/* Looks for the conversation's messages; a group that is not there has none. */
static enum exit_code look_in_group(struct seed *seed)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = CRUDDUR_LIMIT_MAX;
    cruddur_msg_page *page = NULL;
    bool has_more = true;
    qsort(seed->planned, seed->script.count, sizeof(*seed->planned), compare_uuids);
    while (has_more) {
        cruddur_msg_page *next = NULL;
        cruddur_error *error = NULL;
        cruddur_status status = cruddur_msg_list(seed->context->dm, seed->people[0].uuid,
                                                 seed->group, &options, &next, &error);
        cruddur_msg_page_free(page);
        page = next;
        if (status != CRUDDUR_OK && status != CRUDDUR_E_GROUP_NOT_FOUND) {
            return report_error(status, error, NULL);
        }
        cruddur_error_free(error);
        for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
            note_message(seed, cruddur_msg_page_at(page, i));
        }
        options.cursor = cruddur_msg_page_older(page);
        has_more = cruddur_msg_page_has_older(page);
    }
    cruddur_msg_page_free(page);
    qsort(seed->planned, seed->script.count, sizeof(*seed->planned), compare_indices);
    return CODE_OK;
}

/* --- writing --- */

/* Tells a terminal how far it is, once that takes noticeable time. */
static void show_progress(struct seed *seed, size_t done, size_t total)
{
    int64_t now_us = cruddur_time_now_us();
    /* A clock that was set back must not stop the drawing. */
    if (progress_can_be_shown() &&
        (now_us - seed->drawn_at_us >= REDRAW_US || now_us < seed->drawn_at_us)) {
        seed->drawn_at_us = now_us;
        struct buffer line = {NULL, 0, 0};
        buffer_add_format(&line, "seeding %zu/%zu", done, total);
        progress_show(buffer_text(&line));
        buffer_free(&line);
    }
}

static void end_progress(const struct seed *seed)
{
    if (seed->drawn_at_us != seed->context->now_us) {
        progress_clear();
    }
}

/* Opens the group with the message, or appends it to the group that is there. */
static cruddur_status write_message(struct seed *seed, const struct planned *planned,
                                    cruddur_error **error)
{
    const struct script_message *message = &seed->script.messages[planned->index];
    const cruddur_user *author = &seed->people[message->person - 1];
    cruddur_user others[CRUDDUR_MEMBERS_MAX];
    size_t n_others = 0;
    for (size_t i = 0; i < seed->n_people; i++) {
        if (&seed->people[i] != author) {
            others[n_others++] = seed->people[i];
        }
    }
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = seed->group;
    options.message_uuid = planned->uuid;
    options.created_at_us = seed->start_us + (int64_t)planned->index * MINUTE_US;
    if (options.created_at_us == 0) {
        options.created_at_us = 1; /* To the library 0 means now. */
    }
    return cruddur_group_create(seed->context->dm, author, others, n_others, message->text,
                                &options, NULL, error);
}

/* Writes what is missing; `ret_added` counts it. */
static enum exit_code write_missing(struct seed *seed, size_t *ret_added)
{
    size_t missing = seed->script.count - seed->n_there;
    cruddur_error *error = NULL;
    cruddur_status status = CRUDDUR_OK;
    seed->drawn_at_us = seed->context->now_us;
    for (size_t i = 0; status == CRUDDUR_OK && i < seed->script.count; i++) {
        if (!seed->planned[i].is_there) {
            status = write_message(seed, &seed->planned[i], &error);
            *ret_added += status == CRUDDUR_OK;
            show_progress(seed, *ret_added, missing);
        }
    }
    end_progress(seed);
    if (status == CRUDDUR_OK) {
        return CODE_OK;
    }
    enum exit_code code = report_error(status, error, NULL);
    if (*ret_added > 0) {
        (void)report(code, "%zu of %zu messages were added; run it again to add the others",
                     *ret_added, missing);
    }
    return code;
}

static void write_summary(const struct seed *seed, size_t added)
{
    struct out *out = &seed->context->out;
    if (!seed->context->options.json) {
        out_format(out, "seeded %zu message%s into %s (%zu already there)\n", added,
                   added == 1 ? "" : "s", seed->group, seed->n_there);
        return;
    }
    json_text(out, "{", "group_uuid", seed->group);
    json_number(out, ",", "messages", seed->script.count);
    json_number(out, ",", "added", added);
    json_number(out, ",", "already_there", seed->n_there);
    out_text(out, "}\n");
}

static enum exit_code run(struct context *context)
{
    struct seed seed = {.context = context, .n_people = 1 + context->options.n_others};
    size_t added = 0;
    enum exit_code code = prepare(&seed);
    if (code == CODE_OK) {
        code = context_open(context, 0);
    }
    if (code == CODE_OK) {
        code = look_in_group(&seed);
    }
    if (code == CODE_OK) {
        code = write_missing(&seed, &added);
    }
    if (code == CODE_OK) {
        write_summary(&seed, added);
    }
    script_free(&seed.script);
    free(seed.text);
    free(seed.planned);
    return code;
}

const struct command command_seed = {
    .name = "seed",
    .bit = COMMAND_SEED,
    .arguments = {"FILE"},
    .summary = "bring a written conversation into the store",
    .help = "Usage: cruddur seed --me USER --other USER... [OPTION]... FILE\n"
            "\n"
            "Reads a conversation from FILE (- is standard input) and writes it into the\n"
            "group of its people, one message a minute, the last one before now. Run again,\n"
            "it adds only what is missing. A store that does not exist is created.\n"
            "\n"
            "FILE has lines \"Person 1: text\", \"Person 2: text\": --me is Person 1, and each\n"
            "--other in turn the next. A line that begins with white space continues the\n"
            "previous message; other lines are refused. Blank lines, and lines that begin\n"
            "with #, are skipped.\n"
            "\n"
            "Without --group, two people's conversation goes to their direct group, and one\n"
            "of more people to a group whose uuid is made from theirs. TIME is as in\n"
            "2025-01-31T09:00:00+01:00; a local time such as '2025-01-31 09:00'; a date; or\n"
            "now, today or yesterday.\n"
            "\n"
            "Options:\n"
            "  --me USER       Person 1\n"
            "  --other USER    Person 2; given again: Person 3, and so on, at most 48 times\n"
            "  --group UUID    the group's uuid, for a group of its own\n"
            "  --start TIME    when the first message was written (default: so long ago that\n"
            "                  the last one was a minute ago)\n"
            "\n"
            "Examples:\n"
            "  cruddur seed conversation.txt --me @maren --other @teo\n"
            "  cruddur seed trip.txt --me @maren --other @teo --other @layla \\\n"
            "      --start 2025-01-31T09:00:00+01:00\n",
    .run = run,
};
