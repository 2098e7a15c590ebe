/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 48
#define TABLES_MAX 2
/* getopt's values for long options: beyond every character, then table and index. */
#define VALUE_BASE 256
#define VALUE_PER_TABLE 64

static const struct option_spec *spec_of(const struct option_table *tables, int value,
                                         const struct option_table **ret_table)
{
    size_t number = (size_t)(value - VALUE_BASE);

    *ret_table = &tables[number / VALUE_PER_TABLE];
    return &(*ret_table)->specs[number % VALUE_PER_TABLE];
}

/* Makes what getopt wants of the tables. */
static void fill_long_options(const struct option_table *tables, size_t n_tables,
                              struct option *long_options)
{
    size_t n = 0;

    for (size_t t = 0; t < n_tables && t < TABLES_MAX; t++) {
        for (size_t i = 0; i < tables[t].count && n + 1 < OPTIONS_MAX; i++, n++) {
            const struct option_spec *spec = &tables[t].specs[i];

            long_options[n].name = spec->name;
            long_options[n].has_arg = spec->kind == OPTION_FLAG ? no_argument : required_argument;
            long_options[n].flag = NULL;
            long_options[n].val = VALUE_BASE + (int)(t * VALUE_PER_TABLE + i);
        }
    }
    memset(&long_options[n], 0, sizeof(long_options[n]));
}

static enum exit_code read_whole_number(const char *command, const struct option_spec *spec,
                                        const char *text, uint64_t most, uint64_t *ret_number)
{
    unsigned long long number;
    char *end;

    errno = 0;
    /* strtoull() would accept white space and a sign. */
    number = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (number == 0 || errno != 0 || *end != '\0' || number > most) {
        if (most == UINT64_MAX) {
            return report(command, CODE_USAGE, "--%s: it must be a whole number from 1 on",
                          spec->name);
        }
        return report(command, CODE_USAGE, "--%s: it must be a whole number from 1 to %llu",
                      spec->name, (unsigned long long)most);
    }
    *ret_number = number;
    return CODE_OK;
}

static enum exit_code read_time(const char *command, const struct option_spec *spec,
                                const char *text, int64_t *ret_time_us)
{
    cruddur_status status = cruddur_time_parse(text, ret_time_us, NULL);

    if (status == CRUDDUR_OK) {
        return CODE_OK;
    }
    return report(command, CODE_USAGE,
                  "--%s: it must be a time such as 2025-01-31T09:00:00+01:00 (without an offset "
                  "it is UTC)",
                  spec->name);
}

static enum exit_code read_uuid(const char *command, const struct option_spec *spec,
                                const char *text, const char **ret_uuid)
{
    if (!cruddur_uuid_is_valid(text)) {
        return report(command, CODE_USAGE,
                      "--%s: it must be a uuid: 8-4-4-4-12 hexadecimal digits with hyphens",
                      spec->name);
    }
    *ret_uuid = text;
    return CODE_OK;
}

static enum exit_code add_to_list(const char *command, const struct option_spec *spec,
                                  const char *text, struct option_list *list)
{
    if (list->count == OPTION_LIST_MAX) {
        return report(command, CODE_USAGE, "--%s: it may be given at most %d times", spec->name,
                      OPTION_LIST_MAX - 1);
    }
    list->items[list->count++] = text;
    return CODE_OK;
}

static enum exit_code store_value(const char *command, const struct option_table *table,
                                  const struct option_spec *spec, const char *text)
{
    void *field = (char *)table->values + spec->offset;
    enum exit_code code;
    uint64_t number = 0;

    if (spec->kind != OPTION_FLAG && text[0] == '\0') {
        return report(command, CODE_USAGE, "--%s: its value is empty", spec->name);
    }
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return CODE_OK;
    case OPTION_TEXT:
        *(const char **)field = text;
        return CODE_OK;
    case OPTION_UUID:
        return read_uuid(command, spec, text, (const char **)field);
    case OPTION_LIMIT:
        code = read_whole_number(command, spec, text, CRUDDUR_LIMIT_MAX, &number);
        if (code == CODE_OK) {
            *(uint32_t *)field = (uint32_t)number;
        }
        return code;
    case OPTION_COUNT:
        return read_whole_number(command, spec, text, UINT64_MAX, (uint64_t *)field);
    case OPTION_TIME:
        return read_time(command, spec, text, (int64_t *)field);
    case OPTION_LIST:
        return add_to_list(command, spec, text, (struct option_list *)field);
    }
    return CODE_OK;
}

/*
 * Reports an option that is not known. It is quoted only if it looks like one, and never where it
 * may be a message that begins with a hyphen: that belongs into no error.
 */
static enum exit_code report_unknown(const char *command, const char *argument, unsigned flags)
{
    size_t length = strspn(argument, "abcdefghijklmnopqrstuvwxyz-");

    if ((flags & OPTIONS_WITH_TEXT) != 0) {
        return report(command, CODE_USAGE,
                      "there is an option that is not known, or a TEXT that begins with - and has "
                      "no -- before it; see cruddur %s --help",
                      command);
    }
    if (length > 32 || (argument[length] != '\0' && argument[length] != '=')) {
        return report(command, CODE_USAGE, "there is an option that is not known; see --help");
    }
    return report(command, CODE_USAGE,
                  "%.*s: this option is not known, or short for several; see --help", (int)length,
                  argument);
}

static enum exit_code report_misused(const char *command, const struct option_table *tables,
                                     const char *argument, unsigned flags)
{
    const struct option_table *table;

    if (optopt >= VALUE_BASE) {
        return report(command, CODE_USAGE, "--%s takes no value",
                      spec_of(tables, optopt, &table)->name);
    }
    return report_unknown(command, argument, flags);
}

enum exit_code options_parse(const char *command, const struct option_table *tables,
                             size_t n_tables, unsigned flags, int argc, char **argv, int *ret_first)
{
    struct option long_options[OPTIONS_MAX];
    const struct option_table *table;
    const struct option_spec *spec;
    enum exit_code code = CODE_OK;
    int value;

    fill_long_options(tables, n_tables, long_options);
    opterr = 0;
    optind = 0; /* Starts over, also with the C library's own state. */
    while (code == CODE_OK) {
        value = getopt_long(argc, argv, (flags & OPTIONS_STOP_EARLY) != 0 ? "+:h" : ":h",
                            long_options, NULL);
        if (value == -1) {
            break;
        }
        if (value == '?') {
            return report_misused(command, tables, argv[optind - 1], flags);
        }
        if (value == ':') {
            return report(command, CODE_USAGE, "--%s: its value is missing",
                          spec_of(tables, optopt, &table)->name);
        }
        if (value == 'h') { /* The first of the first table: see main.c. */
            value = VALUE_BASE;
        }
        spec = spec_of(tables, value, &table);
        code = store_value(command, table, spec, optarg);
    }
    *ret_first = optind;
    return code;
}

enum exit_code options_check(const char *command, const struct option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option_spec *spec = &table->specs[i];
        const char *field = (const char *)table->values + spec->offset;
        bool given = true;

        if (spec->kind == OPTION_LIST) {
            given = ((const struct option_list *)(const void *)field)->count > 0;
        } else if (spec->kind == OPTION_TEXT || spec->kind == OPTION_UUID) {
            given = *(const char *const *)(const void *)field != NULL;
        }
        if (spec->required && !given) {
            return report(command, CODE_USAGE, "--%s %s is missing; see cruddur %s --help",
                          spec->name, spec->value, command);
        }
    }
    return CODE_OK;
}
