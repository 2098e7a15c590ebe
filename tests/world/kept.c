/* SPDX-License-Identifier: MIT */
#include "world/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/world.h"

#define SECTOR ((size_t)512)

struct kept_pending {
    struct kept_pending *next;
    size_t at;
    size_t size;
    char *bytes;
};

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("the simulated disk");
        abort();
    }
    return memory;
}

static void forget_pending(kept *file)
{
    while (file->first != NULL) {
        kept_pending *one = file->first;
        file->first = one->next;
        free(one->bytes);
        free(one);
    }
    file->last = &file->first;
}

void kept_note(kept *file, size_t at, const void *bytes, size_t size)
{
    kept_pending *made = must(calloc(1, sizeof(*made)));
    made->at = at;
    made->size = size;
    if (bytes != NULL) {
        made->bytes = must(malloc(size));
        memcpy(made->bytes, bytes, size);
    }
    *file->last = made;
    file->last = &made->next;
}

static void set_safe_size(kept *file, size_t size)
{
    if (size > file->safe_size) {
        file->safe = must(realloc(file->safe, size));
        memset(file->safe + file->safe_size, 0, size - file->safe_size);
    }
    file->safe_size = size;
}

static void apply_part(kept *file, const kept_pending *one, size_t from, size_t size)
{
    if (one->at + from + size > file->safe_size) {
        set_safe_size(file, one->at + from + size);
    }
    memcpy(file->safe + one->at + from, one->bytes + from, size);
}

void kept_make_safe(kept *file)
{
    for (const kept_pending *one = file->first; one != NULL; one = one->next) {
        if (one->bytes == NULL) {
            set_safe_size(file, one->at);
        } else {
            apply_part(file, one, 0, one->size);
        }
    }
    forget_pending(file);
}

/* Of a write that was not synced: all, nothing, or some sectors, of which one is torn. */
static void lose(kept *file, const kept_pending *one, size_t fate)
{
    if (one->bytes == NULL) {
        if (fate != 0) {
            set_safe_size(file, one->at);
        }
        return;
    }
    for (size_t from = 0; from < one->size; from += SECTOR) {
        size_t size = one->size - from < SECTOR ? one->size - from : SECTOR;
        size = fate == 2 && sim_happens(4) ? sim_roll(size) + 1 : size;
        if (fate == 1 || (fate == 2 && sim_happens(2))) {
            apply_part(file, one, from, size);
        }
    }
}

void kept_read(kept *file, bool is_safe)
{
    struct stat facts;
    int real = open(file->path, O_RDONLY | O_CLOEXEC);
    if (real < 0 || fstat(real, &facts) != 0) {
        perror(file->path);
        abort();
    }
    size_t size = (size_t)facts.st_size;
    char *bytes = must(malloc(size + 1));
    if (read(real, bytes, size) != (ssize_t)size || close(real) != 0) {
        perror(file->path);
        abort();
    }
    forget_pending(file);
    file->safe_size = 0;
    if (size > 0) {
        kept_note(file, 0, bytes, size);
    }
    free(bytes);
    if (is_safe) {
        kept_make_safe(file);
    }
}

void kept_change_name(kept *file, bool is_there)
{
    if (file->is_name_safe) {
        file->was_there = file->is_there;
        file->old = file->safe;
        file->old_size = file->safe_size;
        file->safe = NULL;
    }
    forget_pending(file);
    file->safe_size = 0;
    file->is_there = is_there;
    file->is_name_safe = false;
}

static void write_back(const kept *file)
{
    int real = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (real < 0 || write(real, file->safe, file->safe_size) != (ssize_t)file->safe_size ||
        close(real) != 0) {
        perror(file->path);
        abort();
    }
}

static void take_old(kept *file)
{
    forget_pending(file);
    free(file->safe);
    file->safe = file->old;
    file->safe_size = file->old_size;
    file->is_there = file->was_there;
    file->old = NULL;
}

static void lose_pending(kept *file)
{
    size_t luck = sim_roll(4); /* nothing, all, or a bit of everything */
    for (const kept_pending *one = file->first; one != NULL; one = one->next) {
        lose(file, one, luck < 2 ? luck : sim_roll(3));
    }
    forget_pending(file);
}

void kept_fail_sync(kept *file)
{
    lose_pending(file);
}

void kept_restore(kept *file, bool is_name_lost)
{
    if (!file->is_name_safe && is_name_lost) {
        take_old(file);
    }
    lose_pending(file);
    if (file->is_there) {
        write_back(file);
    } else {
        (void)unlink(file->path);
    }
}

void kept_make_name_safe(kept *file)
{
    free(file->old);
    file->old = NULL;
    file->is_name_safe = true;
}

void kept_init(kept *file, const char *path)
{
    if (strlen(path) >= sizeof(file->path)) {
        abort();
    }
    *file = (kept){.is_name_safe = true};
    file->last = &file->first;
    (void)snprintf(file->path, sizeof(file->path), "%s", path);
}

void kept_free(kept *file)
{
    forget_pending(file);
    free(file->safe);
    free(file->old);
}
