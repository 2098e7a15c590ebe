/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

/* A user who has been idle may ask for so many seconds' requests at once. */
#define BURST_S 3
#define IDLE_MS 60000

struct limit_entry {
    struct limit_entry *next;
    char user_uuid[37];
    double left[2];
    int64_t at_ms;
    unsigned streams;
};

static struct limit_entry **find(struct limits *self, const char *user_uuid)
{
    uint32_t hash = 2166136261u; /* FNV-1a; uuids that clients choose do not get here */
    for (const char *c = user_uuid; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    struct limit_entry **place = &self->buckets[hash % LIMIT_BUCKETS];
    while (*place != NULL && strcmp((*place)->user_uuid, user_uuid) != 0) {
        place = &(*place)->next;
    }
    return place;
}

/* The user's entry, filled up to now; NULL if memory ran out. */
static struct limit_entry *look(struct limits *self, const char *user_uuid, int64_t now_ms)
{
    struct limit_entry **place = find(self, user_uuid);
    if (*place == NULL) {
        struct limit_entry *made = calloc(1, sizeof(*made));
        if (made == NULL) {
            return NULL;
        }
        strncpy(made->user_uuid, user_uuid, sizeof(made->user_uuid) - 1);
        *place = made;
    }
    for (int kind = 0; kind < 2; kind++) {
        double most = (double)self->per_s[kind] * BURST_S;
        double gained = (double)(now_ms - (*place)->at_ms) / 1000 * self->per_s[kind];
        double left = (*place)->left[kind] + gained;
        (*place)->left[kind] = left < most ? left : most;
    }
    (*place)->at_ms = now_ms;
    return *place;
}

bool limits_take(struct limits *self, const char *user_uuid, bool is_write, int64_t now_ms)
{
    struct limit_entry *entry = look(self, user_uuid, now_ms);
    if (entry == NULL || self->per_s[is_write] == 0) {
        return entry != NULL;
    }
    if (entry->left[is_write] < 1) {
        return false;
    }
    entry->left[is_write]--;
    return true;
}

bool limits_open_stream(struct limits *self, const char *user_uuid, int64_t now_ms)
{
    struct limit_entry *entry = look(self, user_uuid, now_ms);
    if (entry == NULL || entry->streams >= self->streams) {
        return false;
    }
    entry->streams++;
    return true;
}

void limits_close_stream(struct limits *self, const char *user_uuid)
{
    struct limit_entry *entry = *find(self, user_uuid);
    if (entry != NULL) {
        entry->streams--;
    }
}

/* Removes the entries that are idle; all of them if `now_ms` is the end of time. */
void limits_sweep(struct limits *self, int64_t now_ms)
{
    for (size_t i = 0; i < LIMIT_BUCKETS; i++) {
        for (struct limit_entry **place = &self->buckets[i]; *place != NULL;) {
            struct limit_entry *entry = *place;
            if (now_ms == INT64_MAX || (entry->streams == 0 && now_ms - entry->at_ms > IDLE_MS)) {
                *place = entry->next;
                free(entry);
            } else {
                place = &entry->next;
            }
        }
    }
}

void limits_free(struct limits *self)
{
    limits_sweep(self, INT64_MAX);
}
