/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "timetext.h"

/* getopt's values for long options: beyond every character, then the index. */
#define VALUE_BASE 256
/* Longer than every option. */
#define QUOTED_MAX 24
/* Seconds, and units of capacity: what times a thousand still has 32 bits. */
#define SMALL_MAX 4000000
#define US_PER_S INT64_C(1000000)
#define MUTE_MAX_S (INT64_C(100) * 366 * 86400)

/* What an option's value is, and so the type of the field that receives it. */
enum kind {
    KIND_FLAG,  /* bool; the option takes no value */
    KIND_TEXT,  /* char *, not empty */
    KIND_ANY,   /* char *, may be empty */
    KIND_UUID,  /* char *, in lower case */
    KIND_LIMIT, /* uint64_t from 1, as the following */
    KIND_COUNT,
    KIND_SMALL,
    KIND_WORKERS,
    KIND_SHARDS,
    KIND_TIME,    /* int64_t */
    KIND_SECONDS, /* int64_t: how long, or CRUDDUR_EXPIRES_NEVER */
    KIND_MUTE,    /* int64_t: until when, or CRUDDUR_MUTE_FOREVER */
    KIND_UNMUTE,  /* the same field; the option takes no value */
    KIND_ON,      /* uint32_t: a CRUDDUR_SWITCH_…; the option takes no value */
    KIND_OFF,
    KIND_OTHER, /* the next one of the others */
};

/* What numbers go up to. */
static const uint64_t most_of[] = {
    [KIND_LIMIT] = CRUDDUR_LIMIT_MAX,
    [KIND_COUNT] = UINT64_MAX,
    [KIND_SMALL] = SMALL_MAX,
    [KIND_WORKERS] = CRUDDUR_STREAM_WORKERS_MAX,
    [KIND_SHARDS] = CRUDDUR_FOLLOW_SHARDS_MAX,
};

struct spec {
    const char *name;
    enum kind kind;
    unsigned commands; /* that take it */
    unsigned required; /* those that cannot do without */
    size_t offset;     /* of the field */
};

#define FIELD(name) offsetof(struct options, name)

/* Those that take --as, and cannot do without. */
#define COMMANDS_AS                                                                                \
    (COMMAND_NEW | COMMAND_SEND | COMMAND_MARK | COMMAND_EDIT | COMMAND_DELETE | COMMAND_REACT)
#define COMMANDS_LISTING (COMMAND_GROUPS | COMMAND_MESSAGES)
#define COMMANDS_CHANGE (COMMAND_EDIT | COMMAND_DELETE | COMMAND_REACT)

static const struct spec specs[] = {
    {"help", KIND_FLAG, COMMAND_EVERY, 0, FIELD(help)},
    {"version", KIND_FLAG, COMMAND_EVERY, 0, FIELD(version)},
    {"store", KIND_TEXT, COMMAND_EVERY, 0, FIELD(store)},
    {"users", KIND_TEXT, COMMAND_EVERY, 0, FIELD(users)},
    {"json", KIND_FLAG, COMMAND_EVERY, 0, FIELD(json)},
    {"no-color", KIND_FLAG, COMMAND_EVERY, 0, FIELD(no_color)},
    {"no-pager", KIND_FLAG, COMMAND_EVERY, 0, FIELD(no_pager)},
    {"verbose", KIND_FLAG, COMMAND_EVERY, 0, FIELD(verbose)},
    {"timeout", KIND_SMALL, COMMAND_EVERY, 0, FIELD(timeout_s)},
    {"as", KIND_TEXT, COMMANDS_AS | COMMAND_MESSAGES | COMMAND_SHOW | COMMAND_GROUP, COMMANDS_AS,
     FIELD(me)},
    {"to", KIND_OTHER, COMMAND_NEW, COMMAND_NEW, FIELD(others)},
    {"member", KIND_OTHER, COMMAND_GROUP, 0, FIELD(others)},
    {"me", KIND_TEXT, COMMAND_SEED, COMMAND_SEED, FIELD(me)},
    {"other", KIND_OTHER, COMMAND_SEED, COMMAND_SEED, FIELD(others)},
    {"id", KIND_UUID, COMMAND_NEW | COMMAND_SEND, 0, FIELD(id)},
    {"group", KIND_UUID, COMMAND_NEW | COMMAND_SEED | COMMAND_CHECK, 0, FIELD(group)},
    {"name", KIND_TEXT, COMMAND_NEW, 0, FIELD(name)},
    {"no-name", KIND_FLAG, COMMAND_GROUP, 0, FIELD(no_name)},
    {"separate", KIND_FLAG, COMMAND_NEW, 0, FIELD(separate)},
    {"reply-to", KIND_UUID, COMMAND_NEW | COMMAND_SEND, 0, FIELD(reply_to)},
    {"data", KIND_TEXT, COMMAND_NEW | COMMAND_SEND | COMMAND_EDIT | COMMAND_GROUP, 0, FIELD(data)},
    {"no-data", KIND_FLAG, COMMAND_EDIT | COMMAND_GROUP, 0, FIELD(no_data)},
    {"expires-in", KIND_SECONDS, COMMAND_NEW | COMMAND_SEND, 0, FIELD(expires_in_s)},
    {"up-to", KIND_UUID, COMMAND_MARK, 0, FIELD(up_to)},
    {"unread-from", KIND_UUID, COMMAND_MARK, 0, FIELD(unread_from)},
    {"at", KIND_TIME, COMMANDS_CHANGE | COMMAND_MARK | COMMAND_SHOW, 0, FIELD(at_us)},
    {"if-version", KIND_ANY, COMMANDS_CHANGE, 0, FIELD(if_version)},
    {"trusted", KIND_FLAG, COMMAND_EDIT | COMMAND_DELETE, 0, FIELD(trusted)},
    {"remove", KIND_FLAG, COMMAND_REACT, 0, FIELD(remove)},
    {"around", KIND_FLAG, COMMAND_SHOW, 0, FIELD(around)},
    {"uuids", KIND_FLAG, COMMAND_MESSAGES | COMMAND_SHOW, 0, FIELD(uuids)},
    {"history", KIND_FLAG, COMMAND_GROUP, 0, FIELD(history)},
    {"unread", KIND_FLAG, COMMAND_GROUPS, 0, FIELD(unread)},
    {"archived", KIND_FLAG, COMMAND_GROUPS, 0, FIELD(show_archived)},
    {"hidden", KIND_FLAG, COMMAND_GROUPS, 0, FIELD(show_hidden)},
    {"no-counts", KIND_FLAG, COMMAND_GROUPS, 0, FIELD(no_counts)},
    {"archive", KIND_ON, COMMAND_GROUP, 0, FIELD(archived)},
    {"unarchive", KIND_OFF, COMMAND_GROUP, 0, FIELD(archived)},
    {"pin", KIND_ON, COMMAND_GROUP, 0, FIELD(pinned)},
    {"unpin", KIND_OFF, COMMAND_GROUP, 0, FIELD(pinned)},
    {"hide", KIND_ON, COMMAND_GROUP, 0, FIELD(hidden)},
    {"block", KIND_ON, COMMAND_GROUP, 0, FIELD(blocked)},
    {"unblock", KIND_OFF, COMMAND_GROUP, 0, FIELD(blocked)},
    {"mute", KIND_MUTE, COMMAND_GROUP, 0, FIELD(muted_until_us)},
    {"unmute", KIND_UNMUTE, COMMAND_GROUP, 0, FIELD(muted_until_us)},
    {"limit", KIND_LIMIT, COMMANDS_LISTING | COMMAND_SHOW, 0, FIELD(limit)},
    {"limit", KIND_COUNT, COMMAND_SCAN, 0, FIELD(limit)},
    {"cursor", KIND_TEXT,
     COMMANDS_LISTING | COMMAND_SCHEMA | COMMAND_PURGE | COMMAND_CHECK | COMMAND_IMPORT |
         COMMAND_PERSON | COMMAND_USERS | COMMAND_WATCH,
     0, FIELD(cursor)},
    {"all", KIND_FLAG, COMMANDS_LISTING, 0, FIELD(all)},
    {"since", KIND_TIME, COMMAND_MESSAGES, 0, FIELD(since_us)},
    {"until", KIND_TIME, COMMAND_MESSAGES, 0, FIELD(until_us)},
    {"start", KIND_TIME, COMMAND_SEED, 0, FIELD(start_us)},
    {"read-units", KIND_SMALL, COMMAND_SCHEMA, 0, FIELD(read_units)},
    {"write-units", KIND_SMALL, COMMAND_SCHEMA, 0, FIELD(write_units)},
    {"stream-view", KIND_TEXT, COMMAND_SCHEMA, 0, FIELD(stream_view)},
    {"no-stream", KIND_FLAG, COMMAND_SCHEMA, 0, FIELD(no_stream)},
    {"deletion-protection", KIND_FLAG, COMMAND_SCHEMA, 0, FIELD(deletion_protection)},
    {"point-in-time-recovery", KIND_FLAG, COMMAND_SCHEMA, 0, FIELD(point_in_time_recovery)},
    {"yes", KIND_FLAG, COMMAND_SCHEMA | COMMAND_PERSON, 0, FIELD(yes)},
    {"messages", KIND_FLAG, COMMAND_USERS, 0, FIELD(messages)},
    {"keep-text", KIND_FLAG, COMMAND_PERSON, 0, FIELD(keep_text)},
    {"once", KIND_FLAG, COMMAND_STREAM, 0, FIELD(once)},
    {"checkpoint", KIND_TEXT, COMMAND_STREAM | COMMAND_MOVE, 0, FIELD(checkpoint)},
    {"from", KIND_TEXT, COMMAND_STREAM, 0, FIELD(from)},
    {"workers", KIND_WORKERS, COMMAND_STREAM | COMMAND_IMPORT | COMMAND_MOVE, 0, FIELD(workers)},
    {"shards", KIND_SHARDS, COMMAND_STREAM, 0, FIELD(shards)},
    {"repair", KIND_FLAG, COMMAND_CHECK, 0, FIELD(repair)},
    {"old-keys", KIND_FLAG, COMMAND_CHECK, 0, FIELD(old_keys)},
    {"user", KIND_TEXT, COMMAND_CHECK, 0, FIELD(user)},
    {"resume", KIND_FLAG, COMMAND_EXPORT, 0, FIELD(resume)},
    {"replace", KIND_FLAG, COMMAND_IMPORT, 0, FIELD(replace)},
    {"unused", KIND_FLAG, COMMAND_IMPORT, 0, FIELD(unused)},
    {"pool", KIND_TEXT, COMMAND_USERS, 0, FIELD(pool)},
    {"dry-run", KIND_FLAG, COMMAND_USERS, 0, FIELD(dry_run)},
    {"cancel", KIND_FLAG, COMMAND_MOVE, 0, FIELD(cancel)},
    {"fence-anyway", KIND_FLAG, COMMAND_MOVE, 0, FIELD(fence_anyway)},
    {"writers", KIND_SMALL, COMMAND_MOVE, 0, FIELD(writers_s)},
};
#define N_SPECS (sizeof(specs) / sizeof(specs[0]))
_Static_assert(N_SPECS <= OPTIONS_SPECS_MAX, "options.given has an element for each");

static bool takes_value(enum kind kind)
{
    return kind != KIND_FLAG && kind != KIND_ON && kind != KIND_OFF && kind != KIND_UNMUTE;
}

void options_init(struct options *options)
{
    *options = (struct options){.since_us = CRUDDUR_SINCE_ALWAYS,
                                .until_us = CRUDDUR_UNTIL_FOREVER,
                                .start_us = CRUDDUR_TIME_UNKNOWN,
                                .expires_in_s = CRUDDUR_EXPIRES_DEFAULT,
                                .muted_until_us = CRUDDUR_MUTE_KEEP};
}

enum exit_code options_uuid(const char *argument, char *text)
{
    if (!cruddur_uuid_is_valid(text)) {
        return report(CODE_USAGE,
                      "%s: it must be a uuid: 8-4-4-4-12 hexadecimal digits with hyphens",
                      argument);
    }
    text_lower(text);
    return CODE_OK;
}

static enum exit_code read_number(const struct spec *spec, const char *text, uint64_t *ret_number)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    uint64_t most = most_of[spec->kind];
    /* strtoull() accepts white space and a sign. */
    bool is_good = isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && number > 0 &&
                   number <= most;
    if (!is_good && most == UINT64_MAX) {
        return report(CODE_USAGE, "--%s: it must be a whole number from 1 on", spec->name);
    }
    if (!is_good) {
        return report(CODE_USAGE, "--%s: it must be a whole number from 1 to %" PRIu64, spec->name,
                      most);
    }
    *ret_number = number;
    return CODE_OK;
}

static enum exit_code read_time(const struct spec *spec, const char *text, int64_t *ret_time_us)
{
    if (timetext_read(text, cruddur_time_now_us(), ret_time_us)) {
        return CODE_OK;
    }
    return report(CODE_USAGE,
                  "--%s: it must be a time such as 2025-01-31T09:00:00+01:00, a local time such as "
                  "\"2025-01-31 09:00\", a date, now, today or yesterday",
                  spec->name);
}

static enum exit_code read_seconds(const struct spec *spec, const char *text, int64_t *ret_seconds)
{
    if (strcmp(text, "never") == 0) {
        *ret_seconds = CRUDDUR_EXPIRES_NEVER;
        return CODE_OK;
    }
    if (timetext_read_seconds(text, ret_seconds) && *ret_seconds > 0) {
        return CODE_OK;
    }
    return report(CODE_USAGE,
                  "--%s: it must be never, or a time from 1 second on such as 90s, 15m, 8h, 7d or "
                  "2w; without a letter it is in seconds",
                  spec->name);
}

static enum exit_code read_mute(const struct spec *spec, const char *text, int64_t *ret_until_us)
{
    int64_t now_us = cruddur_time_now_us();
    int64_t seconds;
    if (strcmp(text, "forever") == 0) {
        *ret_until_us = CRUDDUR_MUTE_FOREVER;
        return CODE_OK;
    }
    if (timetext_read_seconds(text, &seconds) && seconds <= MUTE_MAX_S) {
        *ret_until_us = now_us + seconds * US_PER_S;
    } else if (!timetext_read(text, now_us, ret_until_us)) {
        return report(CODE_USAGE,
                      "--%s: it must be forever, a time from now such as 8h or 7d, or a time such "
                      "as 2025-01-31T09:00:00+01:00 or \"2025-01-31 09:00\"",
                      spec->name);
    }
    if (*ret_until_us > now_us) {
        return CODE_OK;
    }
    return report(CODE_USAGE, "--%s: it must be in the future; see --unmute", spec->name);
}

/* Sets the field of an option that takes no value. */
static void set_switch(const struct spec *spec, struct options *options)
{
    void *field = (char *)options + spec->offset;
    if (spec->kind == KIND_FLAG) {
        *(bool *)field = true;
    } else if (spec->kind == KIND_UNMUTE) {
        *(int64_t *)field = CRUDDUR_MUTE_OFF;
    } else {
        *(uint32_t *)field = spec->kind == KIND_ON ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF;
    }
}

/* Refuses an option whose field another one has set. */
static enum exit_code check_opposite(const struct spec *spec, struct options *options)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        if (specs[i].offset == spec->offset && &specs[i] != spec && options->given[i]) {
            return report(CODE_USAGE, "--%s: it does not go together with --%s", spec->name,
                          specs[i].name);
        }
    }
    bool *given = &options->given[spec - specs];
    if (spec->commands != COMMAND_EVERY && !*given) {
        *given = true;
        options->n_given++;
    }
    return CODE_OK;
}

static enum exit_code add_other(const struct spec *spec, char *text, struct options *options)
{
    if (options->n_others == OPTIONS_OTHERS_MAX) {
        return report(CODE_USAGE, "--%s: it may be given at most %d times", spec->name,
                      OPTIONS_OTHERS_MAX);
    }
    options->others[options->n_others++] = text;
    return CODE_OK;
}

static enum exit_code read_value(struct options *options, const struct spec *spec, char *text)
{
    void *field = (char *)options + spec->offset;
    char argument[QUOTED_MAX + 3];
    enum exit_code code = check_opposite(spec, options);
    if (code != CODE_OK) {
        return code;
    }
    if (!takes_value(spec->kind)) {
        set_switch(spec, options);
        return CODE_OK;
    }
    if (text[0] == '\0' && spec->kind != KIND_ANY) {
        return report(CODE_USAGE, "--%s: its value is empty", spec->name);
    }
    switch (spec->kind) {
    case KIND_UUID:
        *(char **)field = text;
        (void)snprintf(argument, sizeof(argument), "--%s", spec->name);
        return options_uuid(argument, text);
    case KIND_LIMIT:
    case KIND_COUNT:
    case KIND_SMALL:
    case KIND_WORKERS:
    case KIND_SHARDS:
        return read_number(spec, text, field);
    case KIND_TIME:
        return read_time(spec, text, field);
    case KIND_SECONDS:
        return read_seconds(spec, text, field);
    case KIND_MUTE:
        return read_mute(spec, text, field);
    case KIND_OTHER:
        return add_other(spec, text, options);
    default: /* KIND_TEXT, KIND_ANY */
        break;
    }
    *(char **)field = text;
    return CODE_OK;
}

/* An option that is not known is quoted only where it looks like one, and never where it may be a
 * message that begins with a hyphen. For a short one `optopt` has its letter. */
static enum exit_code report_unknown(unsigned commands, const char *argument)
{
    if ((commands & (COMMAND_NEW | COMMAND_SEND | COMMAND_EDIT)) == commands) {
        return report(CODE_USAGE, "there is an option that is not known, or a TEXT that begins "
                                  "with - and has no -- before it; see --help");
    }
    if (optopt > ' ' && optopt <= '~') {
        return report(CODE_USAGE, "-%c: this option is not known; see --help", (char)optopt);
    }
    size_t length = strspn(argument, "abcdefghijklmnopqrstuvwxyz-");
    if (length > QUOTED_MAX || (argument[length] != '\0' && argument[length] != '=')) {
        return report(CODE_USAGE, "there is an option that is not known; see --help");
    }
    return report(CODE_USAGE, "%.*s: this option is not known, or short for several; see --help",
                  (int)length, argument);
}

enum exit_code options_read(struct options *options, unsigned commands, int argc, char **argv,
                            int *ret_first)
{
    struct option known[N_SPECS + 1] = {{0}};
    for (size_t i = 0, n = 0; i < N_SPECS; i++) {
        if ((specs[i].commands & commands) == commands) {
            known[n++] = (struct option){
                specs[i].name, takes_value(specs[i].kind) ? required_argument : no_argument, NULL,
                VALUE_BASE + (int)i};
        }
    }
    const char *short_options = commands == COMMAND_EVERY ? "+:h" : ":h";
    opterr = 0;
    optind = 0; /* Starts over, also with the C library's own state. */
    enum exit_code code = CODE_OK;
    int value;
    while (code == CODE_OK && (value = getopt_long(argc, argv, short_options, known, NULL)) != -1) {
        if (value >= VALUE_BASE) {
            code = read_value(options, &specs[value - VALUE_BASE], optarg);
        } else if (value == 'h') {
            options->help = true;
        } else if (optopt >= VALUE_BASE) {
            code = report(CODE_USAGE, "--%s%s", specs[optopt - VALUE_BASE].name,
                          value == ':' ? ": its value is missing" : " takes no value");
        } else {
            code = report_unknown(commands, argv[optind - 1]);
        }
    }
    *ret_first = optind;
    return code;
}

enum exit_code options_check(const struct options *options, unsigned command)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        const void *field = (const char *)options + specs[i].offset;
        if ((specs[i].required & command) != 0 && *(char *const *)field == NULL) {
            return report(CODE_USAGE, "--%s is missing; see --help", specs[i].name);
        }
    }
    return CODE_OK;
}

const char *options_find_other(const struct options *options, unsigned command,
                               const char *const *allowed)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        if (!options->given[i] || (specs[i].commands & command) == 0) {
            continue;
        }
        size_t n = 0;
        while (allowed[n] != NULL && strcmp(allowed[n], specs[i].name) != 0) {
            n++;
        }
        if (allowed[n] == NULL) {
            return specs[i].name;
        }
    }
    return NULL;
}
