/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef CRUDDUR_TOOL_OPTIONS_H
#define CRUDDUR_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

#define OPTIONS_OTHERS_MAX (CRUDDUR_MEMBERS_MAX - 1)

/* The commands, as a set of bits: which options are whose. */
enum command_bit {
    COMMAND_NEW = 0x01,
    COMMAND_SEND = 0x02,
    COMMAND_GROUPS = 0x04,
    COMMAND_MESSAGES = 0x08,
    COMMAND_SEED = 0x10,
    COMMAND_SCAN = 0x20,
    COMMAND_SCHEMA = 0x40,
    COMMAND_STREAM = 0x80,
    COMMAND_EVERY = 0xff,
};

/* The options' values; false, NULL or 0 where they were not given, unless it says more. */
struct options {
    bool help;
    bool version;
    bool json;
    bool no_color;
    bool no_pager;
    bool verbose;
    uint64_t timeout_s;
    char *store;
    char *users;
    char *me;                         /* --as, --me */
    char *others[OPTIONS_OTHERS_MAX]; /* --to, --other */
    size_t n_others;
    char *id;    /* a uuid in lower case */
    char *group; /* a uuid in lower case */
    char *name;
    bool separate;
    bool all;
    uint64_t limit;
    char *cursor;
    int64_t since_us; /* CRUDDUR_SINCE_ALWAYS */
    int64_t until_us; /* CRUDDUR_UNTIL_FOREVER */
    int64_t start_us; /* CRUDDUR_TIME_UNKNOWN */
    uint64_t read_units;
    uint64_t write_units;
    char *stream_view;
    bool no_stream;
    bool deletion_protection;
    bool point_in_time_recovery;
    bool yes;
    bool once;
    char *checkpoint;
    char *from;
    uint64_t workers;
    uint64_t shards;
};

void options_init(struct options *options);

/* Reads the options of a command (a bit), wherever they stand; the other arguments are moved to the
 * end. With COMMAND_EVERY: those that all commands take, up to the first other argument. `argv[0]`
 * is none; `ret_first` receives the index of the first other argument. */
enum exit_code options_read(struct options *options, unsigned commands, int argc, char **argv,
                            int *ret_first);

/* Checks that the options which a command cannot do without were given. */
enum exit_code options_check(const struct options *options, unsigned command);

/* Checks that an argument is a uuid, and puts it in lower case. */
enum exit_code options_uuid(const char *argument, char *text);

#endif
