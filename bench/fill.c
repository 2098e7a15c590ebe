/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <inttypes.h>
#include <stdio.h>

#include "measure.h"
#include "raw.h"

#define FIRST_US INT64_C(1700000000000000)
#define STEP_US INT64_C(1000000)
#define ROWS_PER_COMMIT 100000u
#define PROGRESS_ROWS 250000u
#define FIRST_GUEST 1000u

cruddur *open_store(const char *path, const char *parameters)
{
    char url[PATH_SIZE + 64];
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    (void)snprintf(url, sizeof(url), "sqlite:%s%s", path, parameters);
    need(cruddur_open(url, NULL, &dm, &error), &error);
    return dm;
}

/* Messages come first in the file, those of one time after each other. */
id message_of(uint64_t groups, uint64_t group, uint64_t number)
{
    return id_of(ID_MESSAGE, number * groups + group);
}

int64_t time_of_message(uint64_t number)
{
    return FIRST_US + (int64_t)number * STEP_US;
}

/* ---- filling ---- */

typedef struct filler {
    raw_store raw;
    uint64_t rows;
} filler;

static void begin_filling(filler *filling, const char *path)
{
    cruddur_close(open_store(path, "")); /* makes the table */
    raw_open(&filling->raw, path, false);
    raw_run(&filling->raw, "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144");
    raw_step(&filling->raw, RAW_BEGIN_IMMEDIATE);
    filling->rows = 0;
}

static void end_filling(filler *filling)
{
    raw_step(&filling->raw, RAW_COMMIT);
    raw_run(&filling->raw, "PRAGMA wal_checkpoint(TRUNCATE)");
    raw_close(&filling->raw);
}

static void fill_row(filler *filling, const char *const columns[COLUMN_COUNT])
{
    raw_put(&filling->raw, columns);
    filling->rows++;
    if (filling->rows % ROWS_PER_COMMIT == 0) {
        raw_step(&filling->raw, RAW_COMMIT);
        raw_step(&filling->raw, RAW_BEGIN_IMMEDIATE);
    }
    if (filling->rows % PROGRESS_ROWS == 0) {
        (void)printf("  %" PRIu64 " rows\n", filling->rows);
        (void)fflush(stdout);
    }
}

static void fill_message(filler *filling, const id *group, const id *author, uint64_t number)
{
    char sk[SORT_KEY_SIZE];
    raw_key key = raw_group_key(group->text);
    id uuid = id_of(ID_MESSAGE, filling->rows);
    bench_text text = text_of(number);
    raw_sort_key(time_of_message(number), sk);
    const char *columns[COLUMN_COUNT] = {key.text,  sk,           NULL,           text.text,
                                         uuid.text, author->text, "Andrew Brown", "andrewbrown"};
    fill_row(filling, columns);
}

/* The row of one member, which names the other. */
static void fill_group_row(filler *filling, const id *group, const id *member, const id *other,
                           uint64_t newest)
{
    char sk[SORT_KEY_SIZE];
    raw_key key = raw_member_key(member->text);
    bench_text text = text_of(newest);
    raw_sort_key(time_of_message(newest), sk);
    const char *columns[COLUMN_COUNT] = {key.text, sk,          group->text,    text.text,
                                         NULL,     other->text, "Andrew Brown", "andrewbrown"};
    fill_row(filling, columns);
}

static void fill_group_rows(filler *filling, const id *group, const id *one, const id *other,
                            uint64_t newest)
{
    fill_group_row(filling, group, one, other, newest);
    fill_group_row(filling, group, other, one, newest);
}

void fill_sizes(const char *path, uint64_t messages, uint64_t inbox)
{
    filler filling;
    id group = id_of(ID_GROUP, LONG_GROUP);
    id members[2] = {id_of(ID_USER, 0), id_of(ID_USER, 1)};
    id host = id_of(ID_USER, INBOX_USER);
    begin_filling(&filling, path);
    for (uint64_t i = 0; i < messages; i++) {
        fill_message(&filling, &group, &members[i % 2], i);
    }
    fill_group_rows(&filling, &group, &members[0], &members[1], messages - 1);
    for (uint64_t i = 1; i <= inbox; i++) {
        id small = id_of(ID_GROUP, i);
        id guest = id_of(ID_USER, FIRST_GUEST + i);
        fill_message(&filling, &small, &guest, i);
        fill_group_rows(&filling, &small, &host, &guest, i);
    }
    end_filling(&filling);
}

void fill_groups(const char *path, uint64_t groups, uint64_t messages)
{
    filler filling;
    begin_filling(&filling, path);
    for (uint64_t number = 0; number < messages; number++) {
        for (uint64_t i = 0; i < groups; i++) {
            id group = id_of(ID_GROUP, i);
            id author = member_of(i, number % 2);
            fill_message(&filling, &group, &author, number);
        }
    }
    for (uint64_t i = 0; i < groups; i++) {
        id group = id_of(ID_GROUP, i);
        id one = member_of(i, 0);
        id other = member_of(i, 1);
        fill_group_rows(&filling, &group, &one, &other, messages - 1);
    }
    end_filling(&filling);
}
