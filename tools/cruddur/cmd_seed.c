/* SPDX-License-Identifier: MIT */
/* cruddur seed: brings a written conversation into the store, once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "context.h"
#include "file.h"
#include "json_out.h"
#include "progress.h"
#include "script.h"

#define FILE_MAX ((size_t)16 << 20)
#define MINUTE_US INT64_C(60000000)
/* The namespace of every uuid that is made here: any constant that nobody else uses. */
#define SEED_NAMESPACE "e100f560-79dc-4885-aa1a-b84d3cb6480b"

struct seed_options {
    const char *me;
    struct option_list other;
    const char *group;
    int64_t start_us;
};

static const struct option_spec options_table[] = {
    {"me", "USER", "Person 1", OPTION_TEXT, true, offsetof(struct seed_options, me)},
    {"other", "USER", "Person 2; given again: Person 3, and so on", OPTION_LIST, true,
     offsetof(struct seed_options, other)},
    {"group", "UUID", "the group's uuid, for a group of its own", OPTION_UUID, false,
     offsetof(struct seed_options, group)},
    {"start", "TIME",
     "when the first message was written (default: so long ago that the last "
     "one was a minute ago)",
     OPTION_TIME, false, offsetof(struct seed_options, start_us)},
};

static const struct seed_options defaults = {NULL, {{NULL}, 0}, NULL, CRUDDUR_TIME_UNKNOWN};

static const struct argument_name argument_names[] = {
    {"creator", "--me or --other"},
    {"others", "--me or --other"},
    {"author", "--me or --other"},
    {"user_uuid", "--me"},
    {"viewer_uuid", "--me"},
    {"options.group_uuid", "--group"},
    {"group_uuid", "--group"},
    {"text", "FILE"},
    {"options.created_at_us", "--start"},
    {NULL, NULL},
};

/* The uuid of a message of the conversation, and which one it is of. */
struct known_uuid {
    char text[CRUDDUR_UUID_SIZE];
    size_t index;
};

struct seed {
    struct context *context;
    const char *file;
    struct script script;
    /* Person 1 first. */
    cruddur_user persons[CRUDDUR_MEMBERS_MAX];
    size_t n_persons;
    /* The group, in lower case: the messages' uuids are made from it. */
    char group[CRUDDUR_UUID_SIZE];
    /* By message: its uuid, and whether the group has it. */
    char (*uuids)[CRUDDUR_UUID_SIZE];
    bool *present;
    size_t n_present;
    /* The same uuids in their own order, to look them up. */
    struct known_uuid *known;
    int64_t start_us;
    struct progress progress;
};

static size_t message_count(const struct seed *seed)
{
    return seed->script.count;
}

/* --- what is to be written --------------------------------------------------------------- */

static enum exit_code read_script(struct seed *seed)
{
    const cruddur_options limits = CRUDDUR_OPTIONS_INIT;
    struct buffer content = BUFFER_INIT;
    struct problem problem = {0, ""};
    const char *command = seed->context->command;
    enum exit_code code = file_read(command, "FILE", seed->file, FILE_MAX, &content);

    if (code == CODE_OK && !script_parse(&seed->script, buffer_text(&content), content.length,
                                         seed->n_persons, limits.max_text_chars, &problem)) {
        code = report_problem(
            command, strcmp(seed->file, FILE_STDIN) == 0 ? "standard input" : seed->file, &problem);
    }
    buffer_free(&content);
    return code;
}

static enum exit_code read_persons(struct seed *seed, const struct seed_options *options)
{
    enum exit_code code = context_user(seed->context, "--me", options->me, &seed->persons[0]);

    if (code == CODE_OK) {
        code = context_others(seed->context, "--me", &seed->persons[0], "--other", &options->other,
                              &seed->persons[1]);
    }
    seed->n_persons = 1 + options->other.count;
    return code;
}

static enum exit_code make_uuid(const struct seed *seed, const char *namespace_uuid,
                                const struct buffer *name, char *ret_uuid)
{
    cruddur_error *error = NULL;
    cruddur_status status;

    if (name->failed) {
        return report_no_memory(seed->context->command);
    }
    status = cruddur_uuid_v5(namespace_uuid, buffer_text(name), ret_uuid, &error);
    return status == CRUDDUR_OK ? CODE_OK : context_error(seed->context, status, error, NULL);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

/* Uuids are the same in upper and lower case; what is made from them must be, too. */
static void add_lower(struct buffer *to, const char *uuid)
{
    for (; *uuid != '\0'; uuid++) {
        char c = lower(*uuid);

        buffer_add(to, &c, 1);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* The uuid that stands for these people, whoever of them is Person 1. */
static enum exit_code make_people_uuid(const struct seed *seed, char *ret_uuid)
{
    const char *uuids[CRUDDUR_MEMBERS_MAX];
    struct buffer name = BUFFER_INIT;
    enum exit_code code;

    for (size_t i = 0; i < seed->n_persons; i++) {
        uuids[i] = seed->persons[i].uuid;
    }
    qsort(uuids, seed->n_persons, sizeof(uuids[0]), compare_texts);
    for (size_t i = 0; i < seed->n_persons; i++) {
        add_lower(&name, uuids[i]);
        buffer_add_text(&name, ",");
    }
    code = make_uuid(seed, SEED_NAMESPACE, &name, ret_uuid);
    buffer_free(&name);
    return code;
}

/* The caller's group; or the direct one of two people; or one whose uuid stands for these people.
 */
static enum exit_code choose_group(struct seed *seed, const char *group)
{
    cruddur_error *error = NULL;
    cruddur_status status;

    if (group != NULL) {
        for (size_t i = 0; i < sizeof(seed->group); i++) {
            seed->group[i] = lower(group[i]);
        }
        return CODE_OK;
    }
    if (seed->n_persons > 2) {
        return make_people_uuid(seed, seed->group);
    }
    status = cruddur_group_direct_uuid(seed->persons[0].uuid, seed->persons[1].uuid, seed->group,
                                       &error);
    return status == CRUDDUR_OK ? CODE_OK : context_error(seed->context, status, error, NULL);
}

static int compare_known(const void *a, const void *b)
{
    return strcmp(((const struct known_uuid *)a)->text, ((const struct known_uuid *)b)->text);
}

/* Gives every message its uuid: the same one whenever the same conversation is seeded. */
static enum exit_code make_message_uuids(struct seed *seed)
{
    struct buffer name = BUFFER_INIT;
    enum exit_code code = CODE_OK;

    for (size_t i = 0; code == CODE_OK && i < message_count(seed); i++) {
        const struct script_message *message = &seed->script.messages[i];

        buffer_clear(&name);
        buffer_add_format(&name, "seed:%zu:", i);
        add_lower(&name, seed->persons[message->person - 1].uuid);
        buffer_add_text(&name, ":");
        buffer_add_text(&name, message->text);
        code = make_uuid(seed, seed->group, &name, seed->uuids[i]);
        memcpy(seed->known[i].text, seed->uuids[i], sizeof(seed->known[i].text));
        seed->known[i].index = i;
    }
    buffer_free(&name);
    if (code == CODE_OK) {
        qsort(seed->known, message_count(seed), sizeof(*seed->known), compare_known);
    }
    return code;
}

static enum exit_code allocate(struct seed *seed)
{
    size_t count = message_count(seed);

    seed->uuids = calloc(count, sizeof(*seed->uuids));
    seed->known = calloc(count, sizeof(*seed->known));
    seed->present = calloc(count, sizeof(*seed->present));
    if (seed->uuids == NULL || seed->known == NULL || seed->present == NULL) {
        return report_no_memory(seed->context->command);
    }
    return CODE_OK;
}

/* The last message comes before now, so that whatever is written next sorts after it. */
static enum exit_code choose_start(struct seed *seed, int64_t start_us)
{
    int64_t duration_us = (int64_t)(message_count(seed) - 1) * MINUTE_US;
    int64_t now_us = seed->context->now_us;
    char latest[CRUDDUR_TIME_SIZE] = "";

    seed->start_us = start_us;
    if (start_us == CRUDDUR_TIME_UNKNOWN) {
        seed->start_us = now_us - duration_us - MINUTE_US;
    }
    if (seed->start_us < now_us - duration_us) {
        return CODE_OK;
    }
    if (cruddur_time_format(now_us - duration_us, latest, NULL) != CRUDDUR_OK) {
        latest[0] = '\0';
    }
    return report(seed->context->command, CODE_USAGE,
                  "--start: the last of %zu messages, one minute apart, must come before now: "
                  "the start must be before %s",
                  message_count(seed), latest);
}

/* Does everything that needs no store. */
static enum exit_code prepare(struct seed *seed, const struct seed_options *options)
{
    enum exit_code code = read_persons(seed, options);

    if (code == CODE_OK) {
        code = read_script(seed);
    }
    if (code == CODE_OK) {
        code = choose_start(seed, options->start_us);
    }
    if (code == CODE_OK) {
        code = choose_group(seed, options->group);
    }
    if (code == CODE_OK) {
        code = allocate(seed);
    }
    if (code == CODE_OK) {
        code = make_message_uuids(seed);
    }
    return code;
}

/* --- what is there ----------------------------------------------------------------------- */

static void mark_present(struct seed *seed, const cruddur_msg *msg)
{
    const char *uuid = cruddur_msg_uuid(msg);
    const struct known_uuid *known;
    struct known_uuid key = {"", 0};
    int64_t time_us = cruddur_msg_created_at_us(msg);

    if (strlen(uuid) >= sizeof(key.text)) {
        return;
    }
    memcpy(key.text, uuid, strlen(uuid) + 1);
    known = bsearch(&key, seed->known, message_count(seed), sizeof(key), compare_known);
    if (known == NULL || seed->present[known->index]) {
        return;
    }
    seed->present[known->index] = true;
    seed->n_present++;
    /* What is missing of an interrupted run goes where that run would have put it. */
    if (known->index == 0 && time_us != CRUDDUR_TIME_UNKNOWN && time_us < seed->start_us) {
        seed->start_us = time_us;
    }
}

/* Looks for the conversation's messages; a group that is not there has none. */
static enum exit_code look_in_group(struct seed *seed)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL, *next = NULL;
    cruddur_error *error = NULL;
    cruddur_status status;

    options.limit = CRUDDUR_LIMIT_MAX;
    do {
        status = cruddur_msg_list(seed->context->dm, seed->persons[0].uuid, seed->group, &options,
                                  &next, &error);
        cruddur_msg_page_free(page);
        if (status == CRUDDUR_E_GROUP_NOT_FOUND) {
            cruddur_error_free(error);
            return CODE_OK;
        }
        if (status != CRUDDUR_OK) {
            return context_error(seed->context, status, error, argument_names);
        }
        page = next;
        for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
            mark_present(seed, cruddur_msg_page_at(page, i));
        }
        options.cursor = cruddur_msg_page_older(page);
    } while (cruddur_msg_page_has_older(page));
    cruddur_msg_page_free(page);
    return CODE_OK;
}

/* --- writing ----------------------------------------------------------------------------- */

static int64_t time_of(const struct seed *seed, size_t index)
{
    int64_t time_us = seed->start_us + (int64_t)index * MINUTE_US;

    /* To the library 0 means now; the start of 1970 is moved by a microsecond. */
    return time_us != 0 ? time_us : 1;
}

static enum exit_code write_error(struct seed *seed, cruddur_status status, cruddur_error *error)
{
    /* The error gets a line of its own. */
    progress_end(&seed->progress);
    return context_error(seed->context, status, error, argument_names);
}

/* The first message opens the group, or is appended to one that is there. */
static enum exit_code write_first(struct seed *seed)
{
    const struct script_message *message = &seed->script.messages[0];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user others[CRUDDUR_MEMBERS_MAX];
    cruddur_error *error = NULL;
    cruddur_status status;
    size_t n_others = 0;

    for (size_t i = 0; i < seed->n_persons; i++) {
        if (i != message->person - 1) {
            others[n_others++] = seed->persons[i];
        }
    }
    options.group_uuid = seed->group;
    options.message_uuid = seed->uuids[0];
    options.created_at_us = time_of(seed, 0);
    status = cruddur_group_create(seed->context->dm, &seed->persons[message->person - 1], others,
                                  n_others, message->text, &options, NULL, &error);
    return status == CRUDDUR_OK ? CODE_OK : write_error(seed, status, error);
}

static enum exit_code write_next(struct seed *seed, size_t index)
{
    const struct script_message *message = &seed->script.messages[index];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_error *error = NULL;
    cruddur_status status;

    options.message_uuid = seed->uuids[index];
    options.created_at_us = time_of(seed, index);
    status = cruddur_msg_append(seed->context->dm, &seed->persons[message->person - 1], seed->group,
                                message->text, &options, NULL, &error);
    return status == CRUDDUR_OK ? CODE_OK : write_error(seed, status, error);
}

/* Writes what is missing; `ret_added` counts it, also when it fails on the way. */
static enum exit_code write_missing(struct seed *seed, size_t *ret_added)
{
    size_t missing = message_count(seed) - seed->n_present;
    enum exit_code code = CODE_OK;

    progress_start(&seed->progress, "seeding", missing);
    for (size_t i = 0; code == CODE_OK && i < message_count(seed); i++) {
        if (seed->present[i]) {
            continue;
        }
        code = i == 0 ? write_first(seed) : write_next(seed, i);
        *ret_added += code == CODE_OK;
        progress_update(&seed->progress, *ret_added);
    }
    progress_end(&seed->progress);
    if (code != CODE_OK && *ret_added > 0) {
        (void)report(seed->context->command, code,
                     "%zu of %zu messages were added; run it again to add the others", *ret_added,
                     missing);
    }
    return code;
}

static void write_summary(const struct seed *seed, size_t added)
{
    struct out *out = &seed->context->out;
    struct json_row row;

    if (!seed->context->globals.json) {
        out_format(out, "seeded %zu message%s into %s (%zu already there)\n", added,
                   added == 1 ? "" : "s", seed->group, seed->n_present);
        return;
    }
    json_row_init(&row);
    json_row_text(&row, "message_group_uuid", seed->group);
    json_row_number(&row, "messages", (int64_t)message_count(seed));
    json_row_number(&row, "added", (int64_t)added);
    json_row_number(&row, "already_there", (int64_t)seed->n_present);
    json_row_write(&row, out);
}

static enum exit_code run(struct context *context, const void *values, char *const *arguments)
{
    enum exit_code code;
    struct seed seed;
    size_t added = 0;

    memset(&seed, 0, sizeof(seed));
    seed.context = context;
    seed.file = arguments[0];
    code = prepare(&seed, values);
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
    free(seed.uuids);
    free(seed.known);
    free(seed.present);
    return code;
}

static const char *const arguments_table[] = {"FILE"};

const struct command command_seed = {
    .name = "seed",
    .summary = "bring a written conversation into the store",
    .description =
        "Reads a conversation from FILE (- is standard input) and writes it into the group of "
        "its people, one message a minute, the last one before now. Run again, it adds "
        "only what is missing. The store is made if there is none yet.\n"
        "\n"
        "FILE has lines \"Person 1: text\", \"Person 2: text\": --me is Person 1, and "
        "each --other in turn the next. A line without a person goes on with the "
        "message before it. Blank lines, and lines that begin with #, are skipped.\n"
        "\n"
        "Without --group, two people's conversation goes to their direct group, and one "
        "of more people to a group whose uuid is made from theirs. TIME is as in "
        "2025-01-31T09:00:00+01:00, and UTC where it has no offset.",
    .examples = "  cruddur seed conversation.txt --me @maren --other @teo\n"
                "  cruddur seed trip.txt --me @maren --other @teo --other @layla \\\n"
                "      --start 2025-01-31T09:00:00+01:00\n",
    .arguments = arguments_table,
    .n_arguments = sizeof(arguments_table) / sizeof(arguments_table[0]),
    .options = options_table,
    .n_options = sizeof(options_table) / sizeof(options_table[0]),
    .defaults = &defaults,
    .defaults_size = sizeof(defaults),
    .run = run,
};
