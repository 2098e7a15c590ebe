/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Options from tables: what they are called, where their values go, and their help.
 */
#ifndef CRUDDUR_TOOL_OPTIONS_H
#define CRUDDUR_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

/** As many values as an option can have that may be given several times. */
#define OPTION_LIST_MAX CRUDDUR_MEMBERS_MAX

/** What an option's value is, and so the type of the field that receives it. */
enum option_kind {
    /** bool; the option takes no value. */
    OPTION_FLAG,
    /** const char *, not empty. */
    OPTION_TEXT,
    /** const char *, a uuid. */
    OPTION_UUID,
    /** uint32_t, 1 to #CRUDDUR_LIMIT_MAX. */
    OPTION_LIMIT,
    /** uint64_t, from 1. */
    OPTION_COUNT,
    /** int64_t, microseconds since the epoch. */
    OPTION_TIME,
    /** struct option_list; the option may be given several times. */
    OPTION_LIST,
};

struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option_spec {
    const char *name;
    /** What its value is called in the help; NULL for a flag. */
    const char *value;
    const char *help;
    enum option_kind kind;
    bool required;
    /** Of the field, in the struct of the table's values. */
    size_t offset;
};

/** A table with the struct that its values go to. */
struct option_table {
    const struct option_spec *specs;
    size_t count;
    void *values;
};

/** Stop at the first argument that is no option; else the options are picked out of all. */
#define OPTIONS_STOP_EARLY 0x1u
/** One of the arguments may be a message, so what is not known is not quoted. */
#define OPTIONS_WITH_TEXT 0x2u

/**
 * Reads options; `argv[0]` is none.
 *
 * @param command   for error messages; NULL before it is known.
 * @param tables    tables whose options are known here.
 * @param flags     any of the `OPTIONS_…` bits.
 * @param ret_first receives the index of the first other argument; all of them stand at the end.
 */
enum exit_code options_parse(const char *command, const struct option_table *tables,
                             size_t n_tables, unsigned flags, int argc, char **argv,
                             int *ret_first);

/** Checks that the required options were given, and that those which name something do. */
enum exit_code options_check(const char *command, const struct option_table *table);

#endif
