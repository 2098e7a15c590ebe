/* SPDX-License-Identifier: MIT */
/* What the SQLite engine's tests share: a folder of their own, people, and a look at the table
 * that does without the library. */
#ifndef TESTS_SQLITE_BED_H
#define TESTS_SQLITE_BED_H

#include <sqlite3.h>

#include "support/check.h"

#define PATH_SIZE 512
#define URL_SIZE (sizeof("sqlite:") + 3 * PATH_SIZE)
#define PROBLEM_SIZE 512
#define PEOPLE 16

/* Stands for "now" in most tests, so that what they write is the same each time: 2024-05-06. */
#define NOON_US INT64_C(1714996800000000)

/* `slow` under a sanitizer or valgrind (CRUDDUR_TEST_SLOW=1), where all takes longer. */
int scaled(int plain, int slow);

/* What a sweep over all faults tries after the nth: the next one, as long as it is not beyond
 * `dense`; then, and under sanitizers and valgrind, fewer. */
unsigned next_fault(unsigned nth, unsigned dense);

/* Under valgrind. */
bool is_very_slow(void);

/* ---- files ---- */

/* Makes the test's folder, and removes it with all that is in it; for .init and .fini. */
void bed_make(void);
void bed_remove(void);

const char *bed_folder(void);

/* The path of a file in the folder. The text lives until eight more have been asked for. */
const char *bed_path(const char *name);

/* The store URL of a path; lives as long. */
const char *bed_url(const char *path);

/* Copies a store as a crash would leave it: the file and its log, not what processes share. Another
 * process does it, as closing a file here would give up the locks of this one. */
void bed_copy_store(const char *from, const char *to);

/* Removes a store's files. */
void bed_remove_store(const char *path);

/* ---- people ---- */

/* Person 0 to PEOPLE - 1; their uuids sort in this order. */
const cruddur_user *person(unsigned index);

/* The uuid of the nth thing; of version 4. */
void number_uuid(uint64_t number, char uuid[CRUDDUR_UUID_SIZE]);

/* ---- calls that must succeed ---- */

cruddur *open_store(const char *path);

/* Opens a group of persons `first` to `first + members - 1`; the first one writes. */
void open_group(cruddur *dm, unsigned first, unsigned members, const char *group_uuid,
                const char *text, int64_t created_at_us);

void append_text(cruddur *dm, unsigned author, const char *group_uuid, const char *text);

/* ---- the table, by SQL ---- */

sqlite3 *raw_open(const char *path);

/* Runs SQL, which must succeed. */
void raw_run(const char *path, const char *sql);

/* Runs SQL that gives one number. */
int64_t raw_number(const char *path, const char *sql);

/* All rows as text, to be freed with free(). NULL where there is no such file or no table. */
char *dump_table(const char *path);

/* Tells whether the invariants of docs/data-model.md hold, and the file is whole; if not, writes
 * down why not. */
bool is_sound(const char *path, char problem[PROBLEM_SIZE]);

/* Fails the test unless is_sound(). */
void must_be_sound(const char *path);

/* Fails the test unless the independent checker, support/check_table.py, is content too. */
void must_pass_checker(const char *path);

#endif
