/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef CRUDDUR_TOOL_OPTIONS_H
#define CRUDDUR_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

#define OPTIONS_OTHERS_MAX (CRUDDUR_MEMBERS_MAX - 1)
/* No fewer than there are options. */
#define OPTIONS_SPECS_MAX 128

/* The commands, as a set of bits: which options are whose. */
enum command_bit {
    COMMAND_NEW = 0x0001,
    COMMAND_SEND = 0x0002,
    COMMAND_GROUPS = 0x0004,
    COMMAND_MESSAGES = 0x0008,
    COMMAND_SHOW = 0x0010,
    COMMAND_MARK = 0x0020,
    COMMAND_EDIT = 0x0040,
    COMMAND_DELETE = 0x0080,
    COMMAND_REACT = 0x0100,
    COMMAND_GROUP = 0x0200,
    COMMAND_SEED = 0x0400,
    COMMAND_SCAN = 0x0800,
    COMMAND_PURGE = 0x1000,
    COMMAND_SCHEMA = 0x2000,
    COMMAND_STREAM = 0x4000,
    COMMAND_USERS = 0x8000,
    COMMAND_CHECK = 0x10000,
    COMMAND_EXPORT = 0x100000,
    COMMAND_IMPORT = 0x200000,
    COMMAND_PERSON = 0x400000,
    COMMAND_MOVE = 0x800000,
    COMMAND_WATCH = 0x1000000,
    COMMAND_EVERY = 0x1ffffff,
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
    bool given[OPTIONS_SPECS_MAX];    /* by the option; not those that all commands take */
    size_t n_given;                   /* how many of them */
    char *me;                         /* --as, --me */
    char *others[OPTIONS_OTHERS_MAX]; /* --to, --other, --member */
    size_t n_others;
    char *id;    /* a uuid in lower case */
    char *group; /* a uuid in lower case */
    char *name;
    bool no_name;
    bool separate;
    char *reply_to; /* a uuid in lower case */
    char *data;
    bool no_data;
    int64_t expires_in_s; /* CRUDDUR_EXPIRES_DEFAULT */
    char *up_to;          /* a uuid in lower case, as the next */
    char *unread_from;
    int64_t at_us; /* 0 */
    char *if_version;
    bool trusted;
    bool remove;
    bool around;
    bool uuids;
    bool history;
    bool unread;
    bool show_archived;
    bool show_hidden;
    bool no_counts;
    uint32_t archived; /* a CRUDDUR_SWITCH_…, as the following */
    uint32_t pinned;
    uint32_t hidden;
    uint32_t blocked;
    int64_t muted_until_us; /* CRUDDUR_MUTE_KEEP */
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
    bool keep_text;
    bool messages; /* are changed, too */
    bool once;
    char *checkpoint;
    char *from;
    uint64_t workers;
    uint64_t shards;
    bool repair;
    bool old_keys;
    char *user;
    bool resume;
    bool replace;
    bool unused;
    char *pool;
    bool dry_run;
    bool cancel;
    bool fence_anyway;
    uint64_t writers_s;
};

void options_init(struct options *options);

/* Reads the options of a command (a bit), wherever they stand; the other arguments are moved to the
 * end. With COMMAND_EVERY: those that all commands take, up to the first other argument. `argv[0]`
 * is none; `ret_first` receives the index of the first other argument. */
enum exit_code options_read(struct options *options, unsigned commands, int argc, char **argv,
                            int *ret_first);

/* Checks that the options which a command cannot do without were given. */
enum exit_code options_check(const struct options *options, unsigned command);

/* The name of an option of the command that was given and is not among `allowed`, which ends with
 * NULL; NULL if there is none. Options of every command are always allowed. */
const char *options_find_other(const struct options *options, unsigned command,
                               const char *const *allowed);

/* Checks that an argument is a uuid, and puts it in lower case. */
enum exit_code options_uuid(const char *argument, char *text);

#endif
