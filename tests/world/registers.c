/* SPDX-License-Identifier: MIT */
#include "world/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITES_MAX 1024
#define CALLS_MAX 512

typedef struct value {
    char text[REGISTER_SIZE];
} value;

static struct {
    value first[REGISTERS_MAX]; /* before all calls */
    value seen[REGISTERS_MAX];
    struct {
        size_t number;
        size_t call;  /* from 1 */
        bool is_done; /* for certain: the call succeeded, and the value is another than before */
        value set;
    } write[WRITES_MAX];
    size_t write_count;
    size_t pending; /* of the writes, those of before the last look */
    bool is_acknowledged[CALLS_MAX + 1];
    size_t call_count;
} all;

static value value_of(const char *text)
{
    value made;
    if (strlen(text) >= sizeof(made.text)) {
        abort();
    }
    memset(&made, 0, sizeof(made));
    memcpy(made.text, text, strlen(text));
    return made;
}

static bool is_same(const value *one, const value *other)
{
    return strcmp(one->text, other->text) == 0;
}

void registers_begin(void)
{
    memset(&all, 0, sizeof(all));
}

void registers_call(bool is_acknowledged)
{
    if (all.call_count == CALLS_MAX) {
        abort();
    }
    all.is_acknowledged[++all.call_count] = is_acknowledged;
}

void registers_set(size_t number, const char *text)
{
    if (all.write_count == WRITES_MAX || number >= REGISTERS_MAX) {
        abort();
    }
    /* What is in place already is not written. */
    bool is_done = all.is_acknowledged[all.call_count] && strcmp(registers_last(number), text) != 0;
    if (is_done) {
        all.write_count -= all.pending;
        memmove(all.write, all.write + all.pending, all.write_count * sizeof(all.write[0]));
        all.pending = 0;
    }
    size_t at = all.write_count++;
    all.write[at].number = number;
    all.write[at].call = all.call_count;
    all.write[at].is_done = is_done;
    all.write[at].set = value_of(text);
}

const char *registers_certain(size_t number)
{
    const char *certain = all.first[number].text;
    for (size_t i = 0; i < all.write_count; i++) {
        if (all.write[i].number == number) {
            certain = all.is_acknowledged[all.write[i].call] ? all.write[i].set.text : NULL;
        }
    }
    return certain;
}

const char *registers_last(size_t number)
{
    const char *last = all.first[number].text;
    for (size_t i = 0; i < all.write_count; i++) {
        bool is_it = all.write[i].number == number && all.is_acknowledged[all.write[i].call];
        last = is_it ? all.write[i].set.text : last;
    }
    return last;
}

void registers_see(size_t number, const char *text)
{
    all.seen[number] = value_of(text);
}

/* ---- judging ---- */

/* At which moments, each after so many calls, a register may have had the value that was seen. */
static void find_moments(size_t number, bool *fits)
{
    bool may_be = is_same(&all.first[number], &all.seen[number]);
    size_t from = 0;
    for (size_t i = 0; i < all.write_count; i++) {
        if (all.write[i].number != number) {
            continue;
        }
        for (; from < all.write[i].call; from++) {
            fits[from] = fits[from] && may_be;
        }
        bool is_it = is_same(&all.write[i].set, &all.seen[number]);
        may_be = is_it || (may_be && !all.write[i].is_done);
    }
    for (; from <= all.call_count; from++) {
        fits[from] = fits[from] && may_be;
    }
}

/* One that does not fit the moment. */
static size_t find_odd(size_t moment)
{
    for (size_t i = 0; i < REGISTERS_MAX; i++) {
        bool fits[CALLS_MAX + 1];
        memset(fits, true, sizeof(fits));
        find_moments(i, fits);
        if (!fits[moment]) {
            return i;
        }
    }
    return REGISTERS_MAX;
}

/* What calls with an unknown outcome have left in the log behind all that was committed is still
 * there: it may come true by the next power cut, unless something was written since. */
static void keep_pending(void)
{
    size_t last = 0; /* the call that was written for certain */
    size_t kept = 0;
    for (size_t i = 0; i < all.write_count; i++) {
        last = all.write[i].is_done ? all.write[i].call : last;
    }
    for (size_t i = 0; i < all.write_count; i++) {
        if (all.write[i].call > last && !all.is_acknowledged[all.write[i].call]) {
            all.write[kept] = all.write[i];
            all.write[kept++].call = 1;
        }
    }
    all.write_count = all.pending = kept;
    all.call_count = kept > 0 ? 1 : 0;
    all.is_acknowledged[1] = false;
}

bool registers_agree(bool may_lose, size_t *lost, char *why, size_t size)
{
    bool fits[CALLS_MAX + 1];
    size_t moment = all.call_count;
    memset(fits, true, sizeof(fits));
    for (size_t i = 0; i < REGISTERS_MAX; i++) {
        find_moments(i, fits);
    }
    *lost = 0;
    while (may_lose && !fits[moment] && moment > 0) {
        *lost += all.is_acknowledged[moment--] ? 1 : 0;
    }
    if (!fits[moment]) {
        size_t odd = find_odd(all.call_count);
        const char *certain = registers_certain(odd);
        (void)snprintf(why, size, "register %zu is \"%s\" and should be \"%s\"%s", odd,
                       all.seen[odd].text, certain == NULL ? "?" : certain,
                       may_lose ? ", and there was no moment at which all were as they are" : "");
        return false;
    }
    memcpy(all.first, all.seen, sizeof(all.first));
    keep_pending();
    return true;
}
