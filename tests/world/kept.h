/* SPDX-License-Identifier: MIT */
/* What the simulated disk knows of a file: what of it is safe from a power cut, and what may be
 * lost. */
#ifndef TESTS_WORLD_KEPT_H
#define TESTS_WORLD_KEPT_H

#include <stdbool.h>
#include <stddef.h>

/* A write that was not synced; without bytes it cuts the file off. */
typedef struct kept_pending kept_pending;

/* A file's name, and the file that it leads to. Names are safe once their folder was synced. */
typedef struct kept {
    char path[512];
    bool is_there;
    char *safe; /* of the file: what is left of it if all that was not synced is lost */
    size_t safe_size;
    kept_pending *first;
    kept_pending **last;
    bool is_name_safe; /* else the name may lead where it led when the folder was synced: */
    bool was_there;
    char *old; /* that file */
    size_t old_size;
} kept;

void kept_init(kept *file, const char *path);
void kept_free(kept *file);

/* A write, or without bytes a truncation, that was not synced. */
void kept_note(kept *file, size_t at, const void *bytes, size_t size);

/* All of it was synced. */
void kept_make_safe(kept *file);

/* A sync has failed: some of what was written gets to the disk, and the system does not try again
 * with the rest. */
void kept_fail_sync(kept *file);

/* Takes over what the file at its path has now: as safe, or as one write that was not synced. */
void kept_read(kept *file, bool is_safe);

/* The name leads elsewhere from now on: to a new file, or nowhere. */
void kept_change_name(kept *file, bool is_there);

/* The folder was synced. */
void kept_make_name_safe(kept *file);

/* Makes the file at its path what it is after a power cut. */
void kept_restore(kept *file, bool is_name_lost);

#endif
