/* SPDX-License-Identifier: MIT */
#include "listing/period.h"

#include "model/time.h"

#define US_PER_DAY INT64_C(86400000000)
/* "YYYY-MM-DD": sorts before every key that shows this day, whatever comes between date and time.
 */
#define DAY_LENGTH 10

/* The parts of a walk, in the order of the keys. */
enum {
    BEFORE,
    WITHIN,
    BEHIND,
    PARTS,
};

typedef struct walk {
    const cr_period *period;
    cr_sink sink;
    void *context;
    bool has_stopped; /* the sink has */
    size_t run;       /* rows so far that show their own time, one after the other */
    cr_sort_key since, until;
    cr_sort_key first_day, behind_days;
    cr_bound lower[PARTS], upper[PARTS];
} walk;

/* ---- where the parts begin and end ---- */

static cr_bound bound_of_time(int64_t time_us, bool included, cr_sort_key *key)
{
    size_t length = cr_time_lower_bound(time_us, key);
    return (cr_bound){{key->text, length}, included};
}

/* Beyond the calendar there is no bound. */
static cr_bound bound_of_day(int64_t time_us, bool included, cr_sort_key *key)
{
    return cr_time_format(time_us, key) ? (cr_bound){{key->text, DAY_LENGTH}, included}
                                        : (cr_bound){CR_STR_ABSENT, false};
}

/* An offset is less than a day. */
static void divide(walk *walking)
{
    const cr_period *period = walking->period;
    if (period->since_us != CRUDDUR_SINCE_ALWAYS) {
        walking->lower[BEFORE] =
            bound_of_day(period->since_us - US_PER_DAY, true, &walking->first_day);
        walking->upper[BEFORE] = bound_of_time(period->since_us, false, &walking->since);
        walking->lower[WITHIN] = bound_of_time(period->since_us, true, &walking->since);
    }
    if (period->until_us != CRUDDUR_UNTIL_FOREVER) {
        walking->upper[WITHIN] = bound_of_time(period->until_us, false, &walking->until);
        walking->lower[BEHIND] = bound_of_time(period->until_us, true, &walking->until);
        walking->upper[BEHIND] =
            bound_of_day(period->until_us + 2 * US_PER_DAY, false, &walking->behind_days);
    }
}

static bool has_part(const walk *walking, int part)
{
    const cr_period *period = walking->period;
    return part == WITHIN || (part == BEFORE && period->since_us != CRUDDUR_SINCE_ALWAYS) ||
           (part == BEHIND && period->until_us != CRUDDUR_UNTIL_FOREVER);
}

/* The tighter of two bounds: `sign` 1 for lower bounds, -1 for upper. */
static cr_bound tighter(cr_bound a, cr_bound b, int sign)
{
    if (a.sk.data == NULL || b.sk.data == NULL) {
        return a.sk.data == NULL ? b : a;
    }
    int order = cr_str_compare(a.sk, b.sk) * sign;
    if (order == 0) {
        return (cr_bound){a.sk, a.included && b.included};
    }
    return order > 0 ? a : b;
}

static bool is_empty(const cr_query *query)
{
    if (query->lower.sk.data == NULL || query->upper.sk.data == NULL) {
        return false;
    }
    int order = cr_str_compare(query->lower.sk, query->upper.sk);
    return order > 0 || (order == 0 && !(query->lower.included && query->upper.included));
}

static cr_query query_part(const walk *walking, int part, const cr_query *query)
{
    cr_query within = *query;
    within.lower = tighter(query->lower, walking->lower[part], 1);
    within.upper = tighter(query->upper, walking->upper[part], -1);
    return within;
}

/* ---- rows ---- */

static bool is_of_period(const walk *walking, const cr_row *row)
{
    int64_t time_us;
    return cr_time_parse(row->value[CR_SK], &time_us) && time_us >= walking->period->since_us &&
           time_us < walking->period->until_us;
}

static cr_sink_answer hand_on(walk *walking, const cr_row *row)
{
    if (!is_of_period(walking, row)) {
        return CR_SINK_MORE;
    }
    cr_sink_answer answer = walking->sink(walking->context, row);
    walking->has_stopped = answer != CR_SINK_MORE;
    return answer;
}

static cr_sink_answer take_within(void *context, const cr_row *row)
{
    return hand_on(context, row);
}

/* Counts the run of rows that show their own time; false at its end. */
static bool count_run(walk *walking, const cr_row *row)
{
    walking->run = cr_time_shows_itself(row->value[CR_SK]) ? walking->run + 1 : 0;
    return walking->run < CR_PERIOD_RUN;
}

static cr_sink_answer take_in_margin(void *context, const cr_row *row)
{
    walk *walking = context;
    cr_sink_answer answer = hand_on(walking, row);
    bool goes_on = count_run(walking, row);
    return answer == CR_SINK_MORE && !goes_on ? CR_SINK_STOP : answer;
}

/* The key of the outermost row of the period that a margin has. */
typedef struct reach {
    walk *walking;
    char sk[CR_TIME_LENGTH_MAX];
    size_t size; /* 0: there is none */
} reach;

static cr_sink_answer note_reach(void *context, const cr_row *row)
{
    reach *found = context;
    cr_str sk = row->value[CR_SK];
    if (sk.size <= sizeof(found->sk) && is_of_period(found->walking, row)) {
        memcpy(found->sk, sk.data, sk.size);
        found->size = sk.size;
    }
    return count_run(found->walking, row) ? CR_SINK_MORE : CR_SINK_STOP;
}

/* ---- the parts ---- */

/* Walks along a margin, outwards. */
static cruddur_status walk_out(cr_txn *txn, walk *walking, const cr_query *within)
{
    cr_query query = *within;
    query.expected = CR_PERIOD_RUN;
    walking->run = 0;
    return cr_rows_query(txn, &query, take_in_margin, walking);
}

/* Walks along a margin, inwards: from the outermost row of the period, which is looked for from
 * inside. A walk that begins in the margin, at a cursor, continues one that has found it. */
static cruddur_status walk_in(cr_txn *txn, walk *walking, const cr_query *within, bool is_continued)
{
    reach found = {.walking = walking};
    cr_query query = *within;
    walking->run = 0;
    if (!is_continued) {
        cr_query outwards = *within;
        outwards.descending = !within->descending;
        outwards.expected = CR_PERIOD_RUN;
        cruddur_status status = cr_rows_query(txn, &outwards, note_reach, &found);
        if (status != CRUDDUR_OK || found.size == 0) {
            return status;
        }
        *(within->descending ? &query.upper : &query.lower) =
            (cr_bound){{found.sk, found.size}, true};
        walking->run = 0;
    }
    return cr_rows_query(txn, &query, take_in_margin, walking);
}

static cruddur_status walk_part(cr_txn *txn, walk *walking, int part, const cr_query *query)
{
    cr_query within = query_part(walking, part, query);
    if (is_empty(&within)) {
        return CRUDDUR_OK;
    }
    if (part == WITHIN) {
        return cr_rows_query(txn, &within, take_within, walking);
    }
    if (query->descending == (part == BEFORE)) {
        return walk_out(txn, walking, &within);
    }
    const cr_bound *begin = query->descending ? &within.upper : &within.lower;
    const cr_bound *edge = query->descending ? &walking->upper[part] : &walking->lower[part];
    bool is_continued = edge->sk.data != NULL && begin->sk.data != edge->sk.data;
    return walk_in(txn, walking, &within, is_continued);
}

cruddur_status cr_period_query(cr_txn *txn, const cr_period *period, const cr_query *query,
                               cr_sink sink, void *context)
{
    walk walking = {.period = period, .sink = sink, .context = context};
    cruddur_status status = CRUDDUR_OK;
    if (!has_part(&walking, BEFORE) && !has_part(&walking, BEHIND)) {
        return cr_rows_query(txn, query, sink, context); /* every row is of the period */
    }
    divide(&walking);
    for (int i = 0; status == CRUDDUR_OK && !walking.has_stopped && i < PARTS; i++) {
        int part = query->descending ? PARTS - 1 - i : i;
        if (has_part(&walking, part)) {
            status = walk_part(txn, &walking, part, query);
        }
    }
    return status;
}
