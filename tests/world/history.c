/* SPDX-License-Identifier: MIT */
#include "world/history.h"

#include <stdio.h>
#include <string.h>

#define NODES (HISTORY_APPENDS + HISTORY_READS)

/* Why one call comes before another one. */
typedef enum edge {
    EDGE_NONE,
    EDGE_TIME,
    EDGE_WRITE_READ,
    EDGE_READ_WRITE,
    EDGE_WRITE_WRITE,
} edge;

typedef struct search {
    const history *all;
    size_t path[NODES];
    size_t depth;
    unsigned char color[NODES]; /* 0: not seen; 1: on the path; 2: done */
} search;

/* Appends come first, then reads. */
static bool is_append(const history *all, size_t node)
{
    return node < all->append_count;
}

static bool is_stored(const history *all, size_t node)
{
    return all->append[node].copies > 0;
}

static int64_t begun_us(const history *all, size_t node)
{
    return is_append(all, node) ? all->append[node].begun_us
                                : all->read[node - all->append_count].begun_us;
}

static int64_t ended_us(const history *all, size_t node)
{
    if (!is_append(all, node)) {
        return all->read[node - all->append_count].ended_us;
    }
    const history_append *append = &all->append[node];
    return append->outcome == HISTORY_OK ? append->ended_us : INT64_MAX;
}

static edge edge_between(const history *all, size_t from, size_t to)
{
    bool is_from_append = is_append(all, from);
    bool is_to_append = is_append(all, to);
    if (from == to) {
        return EDGE_NONE;
    }
    if (is_from_append && !is_to_append && all->read[to - all->append_count].shows[from]) {
        return EDGE_WRITE_READ;
    }
    if (!is_from_append && is_to_append && !all->read[from - all->append_count].shows[to]) {
        return EDGE_READ_WRITE;
    }
    if (is_from_append && is_to_append && all->is_in_order &&
        all->append[from].place < all->append[to].place) {
        return EDGE_WRITE_WRITE;
    }
    return ended_us(all, from) < begun_us(all, to) ? EDGE_TIME : EDGE_NONE;
}

/* ---- cycles ---- */

static void tell_cycle(const search *now, size_t from, char *text, size_t text_size)
{
    static const char *const names[] = {"", "ended before", "is shown by", "is not shown to",
                                        "is older in the list than"};
    size_t used = 0;
    for (size_t i = from; i < now->depth && used + 1 < text_size; i++) {
        size_t node = now->path[i];
        size_t next = now->path[i + 1 < now->depth ? i + 1 : from];
        bool is_write = is_append(now->all, node);
        size_t number = is_write ? node : node - now->all->append_count;
        edge why = edge_between(now->all, node, next);
        /* Of a read that does not show an append the append comes later. */
        int added =
            snprintf(text + used, text_size - used, "%s %zu %s; ", is_write ? "append" : "read",
                     number, why == EDGE_READ_WRITE ? "does not show the next" : names[why]);
        used += added > 0 ? (size_t)added : 0;
    }
}

/* Whether a cycle can be reached from the node. */
static bool has_cycle(search *now, size_t node, char *text, size_t text_size)
{
    size_t count = now->all->append_count + now->all->read_count;
    now->color[node] = 1;
    now->path[now->depth++] = node;
    for (size_t next = 0; next < count; next++) {
        if (edge_between(now->all, node, next) == EDGE_NONE || now->color[next] == 2 ||
            (is_append(now->all, next) && !is_stored(now->all, next))) {
            continue;
        }
        if (now->color[next] == 1) {
            size_t from = 0;
            while (now->path[from] != next) {
                from++;
            }
            tell_cycle(now, from, text, text_size);
            return true;
        }
        if (has_cycle(now, next, text, text_size)) {
            return true;
        }
    }
    now->color[node] = 2;
    now->depth--;
    return false;
}

/* ---- the end ---- */

/* What each append came to. */
static bool is_append_wrong(const history *all, char *text, size_t text_size)
{
    static const struct {
        history_outcome outcome;
        size_t least;
        size_t most;
        const char *what;
    } rules[] = {
        {HISTORY_OK, 1, 1, "was acknowledged"},
        {HISTORY_FAILED, 0, 0, "failed"},
        {HISTORY_UNKNOWN, 0, 1, "may have failed"},
    };
    for (size_t i = 0; i < all->append_count; i++) {
        const history_append *append = &all->append[i];
        for (size_t j = 0; j < sizeof(rules) / sizeof(rules[0]); j++) {
            if (append->outcome == rules[j].outcome &&
                (append->copies < rules[j].least || append->copies > rules[j].most)) {
                (void)snprintf(text, text_size, "append %zu %s, and is in the list %zu times", i,
                               rules[j].what, append->copies);
                return true;
            }
        }
    }
    return false;
}

static bool is_read_wrong(const history *all, char *text, size_t text_size)
{
    for (size_t i = 0; i < all->read_count; i++) {
        for (size_t j = 0; j < all->append_count; j++) {
            if (all->read[i].shows[j] && all->append[j].copies == 0) {
                (void)snprintf(text, text_size,
                               "read %zu shows append %zu, which is not in the list", i, j);
                return true;
            }
        }
    }
    return false;
}

static size_t count_insertions(const history *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->read_count; i++) {
        size_t newest = 0;
        for (size_t j = 0; j < all->append_count; j++) {
            bool is_newer = all->read[i].shows[j] && all->append[j].place > newest;
            newest = is_newer ? all->append[j].place : newest;
        }
        for (size_t j = 0; j < all->append_count; j++) {
            count += !all->read[i].shows[j] && is_stored(all, j) && all->append[j].place < newest
                         ? 1
                         : 0;
        }
    }
    return count;
}

bool history_is_wrong(const history *all, size_t *insertions, char *text, size_t text_size)
{
    search now = {.all = all};
    *insertions = count_insertions(all);
    if (is_append_wrong(all, text, text_size) || is_read_wrong(all, text, text_size)) {
        return true;
    }
    for (size_t i = 0; i < all->append_count + all->read_count; i++) {
        bool counts = !is_append(all, i) || is_stored(all, i);
        if (counts && now.color[i] == 0 && has_cycle(&now, i, text, text_size)) {
            return true;
        }
    }
    return false;
}
