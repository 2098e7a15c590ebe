/* SPDX-License-Identifier: MIT */
/* The data that is measured on: the same in every run. */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <cruddur/cruddur.h>

#define PATH_SIZE 4096

typedef struct id {
    char text[CRUDDUR_UUID_SIZE];
} id;

typedef enum id_kind {
    ID_USER,
    ID_GROUP,
    ID_MESSAGE,
} id_kind;

/* Uuids that look random, so that partitions lie scattered as they do in practice. */
id id_of(id_kind kind, uint64_t number);

/* A message's text, 20 to 180 bytes. */
typedef struct bench_text {
    char text[181];
} bench_text;
bench_text text_of(uint64_t number);

/* A path in the folder. */
typedef struct bench_path {
    char text[PATH_SIZE];
} bench_path;
bench_path path_in(const char *folder, const char *name);

/* Opens a store with the library; `parameters` stand behind the path. */
cruddur *open_store(const char *path, const char *parameters);

/* Ends the program unless the call succeeded. The error is looked at after the call: of two
 * arguments, a compiler may work out the last one first. */
void need(cruddur_status status, cruddur_error *const *error);

/* The stores are filled by SQL, much faster than by one append after the other; the rows are as the
 * library would have written them. */

/* One long conversation, LONG_GROUP, between the users 0 and 1; and INBOX_USER with many groups. */
#define LONG_GROUP 0
#define INBOX_USER 2
void fill_sizes(const char *path, uint64_t messages, uint64_t inbox);

/* Groups 0, 1, …, each of two users of its own, with a few messages. */
void fill_groups(const char *path, uint64_t groups, uint64_t messages);
id member_of(uint64_t group, uint64_t which);

/* A message of such a store: its uuid, and its time. */
id message_of(uint64_t groups, uint64_t group, uint64_t number);
int64_t time_of_message(uint64_t number);

#endif
