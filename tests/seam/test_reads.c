/* SPDX-License-Identifier: MIT */
/* get, query and scan. */
#include "suite.h"

#include <stdio.h>

SEAM_SUITE(seam_reads);

/* ---- get ---- */

typedef struct fetch {
    const cr_key *keys;
    size_t count;
    cr_row *rows;
} fetch;

static cruddur_status fetch_body(cr_txn *txn, void *context)
{
    const fetch *now = context;
    cr_row *found = cr_arena_alloc(txn->arena, now->count * sizeof(*found));
    cr_assert(found != NULL);
    cruddur_status status = txn->ops->get(txn, now->keys, now->count, found);
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        cr_assert(cr_row_copy(&arena, &found[i], &now->rows[i]));
    }
    return status;
}

/* More than a service takes at once, in no order, and every third is not there. */
Test(seam_reads, rows_by_key)
{
    enum { KEYS = 230 };
    static cr_row rows[KEYS];
    static cr_row found[KEYS];
    static cr_key keys[KEYS];
    cr_loaded loaded;
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        const char *sk = text_of("%03zu", (i * 7) % KEYS);
        keys[i] = (cr_key){cr_str_of("keys"), cr_str_of(sk)};
        if (i % 3 != 0) {
            rows[count++] = make_row("keys", sk, sk);
        }
    }
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, rows, count, NULL, &loaded, &call), CRUDDUR_OK);
    fetch now = {keys, KEYS, found};
    for (unsigned is_change = 0; is_change < 2; is_change++) {
        cruddur_status status = is_change != 0 ? seam->ops->change(seam, fetch_body, &now, &call)
                                               : seam->ops->read(seam, fetch_body, &now, &call);
        expect_status(status, CRUDDUR_OK);
        for (size_t i = 0; i < KEYS; i++) {
            cr_assert_eq(cr_row_exists(&found[i]), i % 3 != 0, "row %zu", i);
            cr_assert(i % 3 == 0 || cr_str_equal(found[i].value[CR_TEXT], keys[i].sk), "row %zu",
                      i);
        }
    }
}

Test(seam_reads, rows_are_what_was_put)
{
    cr_row row = make_full_row("pk \"\\ äöü €", "sk \x01 ~");
    put_row(&row);
    expect_row(&row, "full");
    row = make_row("bare", "row", NULL);
    put_row(&row);
    expect_row(&row, "bare");
    row = make_row("empty", "text", "");
    put_row(&row);
    expect_row(&row, "empty");
    expect_absent("empty", "other", "never put");
    expect_absent("empty", "text ", "never put");
    expect_absent("Empty", "text", "never put");
}

/* ---- query ---- */

typedef struct walk {
    cr_query query;
    const cr_reads *ahead; /* what is announced before; NULL: nothing */
    size_t stop_after;     /* rows; 0: never */
    cr_sink_answer answer;
    size_t rows;
    char found[2000]; /* the sort keys, with a space behind each */
} walk;

static cr_sink_answer note_row(void *context, const cr_row *row)
{
    walk *now = context;
    size_t used = strlen(now->found);
    (void)snprintf(now->found + used, sizeof(now->found) - used, "%.*s ",
                   CR_STR_ARGS(row->value[CR_SK]));
    now->rows++;
    return now->rows == now->stop_after ? now->answer : CR_SINK_MORE;
}

static cruddur_status walk_body(cr_txn *txn, void *context)
{
    walk *now = context;
    now->rows = 0;
    now->found[0] = '\0';
    if (now->ahead != NULL && txn->ops->read_ahead != NULL) {
        txn->ops->read_ahead(txn, now->ahead);
    }
    return txn->ops->query(txn, &now->query, note_row, now);
}

static cruddur_status run_walk(walk *now)
{
    cr_call call = make_call();
    return seam->ops->read(seam, walk_body, now, &call);
}

static void put_letters(const char *pk, const char *group, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        cr_row row = make_row(pk, text_of("%c", *letters), "text");
        row.value[CR_GROUP_UUID] = cr_str_of(group);
        put_row(&row);
    }
}

/* The same when the query is announced, or one that begins like it and goes on to the end. */
static void expect_walk(walk *now, const char *expected, const char *what)
{
    const cr_key other = {cr_str_of("no such"), cr_str_of("row")};
    cr_query query = now->query;
    const cr_reads ahead = {.queries = &query, .query_count = 1, .keys = &other, .key_count = 1};
    for (int turn = 0; turn < 3; turn++) {
        now->ahead = turn > 0 ? &ahead : NULL;
        if (turn == 2) {
            *(query.descending ? &query.lower : &query.upper) = (cr_bound){CR_STR_ABSENT, false};
        }
        expect_status(run_walk(now), CRUDDUR_OK);
        cr_assert_str_eq(now->found, expected, "%s, turn %d", what, turn);
    }
}

Test(seam_reads, queries_have_bounds)
{
    static const struct {
        const char *lower;
        bool with_lower;
        const char *upper;
        bool with_upper;
        const char *ascending;
        const char *descending;
    } samples[] = {
        {NULL, false, NULL, false, "b c d e ", "e d c b "},
        {"c", true, NULL, false, "c d e ", "e d c "},
        {"c", false, NULL, false, "d e ", "e d "},
        {NULL, false, "d", true, "b c d ", "d c b "},
        {NULL, false, "d", false, "b c ", "c b "},
        {"c", true, "d", true, "c d ", "d c "},
        {"b", false, "e", false, "c d ", "d c "},
        {"b", false, "d", true, "c d ", "d c "},
        {"c", true, "e", false, "c d ", "d c "},
        {"c", true, "c", true, "c ", "c "},
        {"c", false, "c", true, "", ""},
        {"c", true, "c", false, "", ""},
        {"d", true, "c", true, "", ""},
        {"a", true, "a~", true, "", ""},
        {"e", false, NULL, false, "", ""},
        {NULL, false, "b", false, "", ""},
        {"", true, "c", true, "b c ", "c b "},
        {NULL, false, "", true, "", ""},
    };
    static const char *const partitions[] = {"p", "group"};
    put_letters("o", "other group", "acz");
    put_letters("p", "group", "ecbd");
    put_letters("q", NULL, "acz");
    for (size_t i = 0; i < COUNT(samples) * 4; i++) {
        size_t sample = i / 4;
        bool is_descending = i % 2 != 0;
        cr_index index = i % 4 < 2 ? CR_INDEX_TABLE : CR_INDEX_GROUPS;
        walk now = {.query = {
                        .index = index,
                        .partition = cr_str_of(partitions[index]),
                        .lower = {cr_str_of(samples[sample].lower), samples[sample].with_lower},
                        .upper = {cr_str_of(samples[sample].upper), samples[sample].with_upper},
                        .descending = is_descending,
                        .expected = i % 3,
                    }};
        expect_walk(&now, is_descending ? samples[sample].descending : samples[sample].ascending,
                    text_of("sample %zu, index %d, descending %d", sample, index, is_descending));
    }
}

/* ---- what is announced ---- */

/* Reads everything twice: what was announced counts for the first time. */
static cruddur_status ahead_body(cr_txn *txn, void *context)
{
    walk *walks = context;
    const cr_key keys[] = {{cr_str_of("k"), cr_str_of("a")},
                           {cr_str_of("k"), cr_str_of("none")},
                           {cr_str_of("k"), cr_str_of("b")}};
    const cr_query queries[] = {walks[0].query, walks[1].query, walks[0].query};
    const cr_reads reads = {queries, COUNT(queries), keys, COUNT(keys), NULL, 0};
    if (txn->ops->read_ahead != NULL) {
        txn->ops->read_ahead(txn, &reads);
    }
    for (int turn = 0; turn < 2; turn++) {
        cr_row rows[4];
        const cr_key mixed[] = {keys[2], {cr_str_of("k"), cr_str_of("c")}, keys[1], keys[0]};
        cr_assert_eq(txn->ops->get(txn, mixed, COUNT(mixed), rows), CRUDDUR_OK);
        cr_expect(cr_str_equal(rows[0].value[CR_SK], cr_str_of("b")));
        cr_expect(cr_str_equal(rows[1].value[CR_SK], cr_str_of("c")));
        cr_expect_not(cr_row_exists(&rows[2]));
        cr_expect(cr_str_equal(rows[3].value[CR_SK], cr_str_of("a")));
        for (size_t i = 0; i < 3; i++) {
            walk *now = &walks[i == 1];
            now->rows = 0;
            now->found[0] = '\0';
            cr_assert_eq(txn->ops->query(txn, &now->query, note_row, now), CRUDDUR_OK);
            cr_expect_str_eq(now->found, i == 1 ? "e d c b a " : "a b c d e ");
        }
    }
    return CRUDDUR_OK;
}

/* More rows than expected are behind what was read ahead. */
Test(seam_reads, announced_reads_are_the_same)
{
    put_letters("k", NULL, "abcde");
    walk walks[] = {{.query = {.partition = cr_str_of("k"), .expected = 2}},
                    {.query = {.partition = cr_str_of("k"), .descending = true, .expected = 1}}};
    cr_call call = make_call();
    expect_status(seam->ops->read(seam, ahead_body, walks, &call), CRUDDUR_OK);
    expect_status(seam->ops->change(seam, ahead_body, walks, &call), CRUDDUR_OK);
    cr_expect_leq(call.meter.waves, call.meter.requests);
    cr_expect(call.meter.requests == 0 || call.meter.waves < call.meter.requests);
}

/* In the order of their bytes. */
Test(seam_reads, queries_are_in_order)
{
    static const char *const sks[] = {"ä", "a~", "2026", "Z", "a", "2", " ", "€", "A", "20"};
    for (size_t i = 0; i < COUNT(sks); i++) {
        const cr_row row = make_row("order", sks[i], "text");
        put_row(&row);
    }
    walk now = {.query = {.partition = cr_str_of("order")}};
    expect_status(run_walk(&now), CRUDDUR_OK);
    cr_assert_str_eq(now.found, "  2 20 2026 A Z a a~ ä € ");
}

Test(seam_reads, sinks_stop_queries)
{
    put_letters("p", NULL, "abcde");
    walk now = {.query = {.partition = cr_str_of("p"), .expected = 1},
                .stop_after = 2,
                .answer = CR_SINK_STOP};
    expect_status(run_walk(&now), CRUDDUR_OK);
    cr_assert_str_eq(now.found, "a b ");
    now.answer = CR_SINK_NO_MEMORY;
    expect_status(run_walk(&now), CRUDDUR_E_NO_MEMORY);
    cr_assert_str_eq(now.found, "a b ");
}

/* Pages end where their rows are too large, and grow where more was wanted than expected. */
Test(seam_reads, queries_go_on_behind_a_page)
{
    enum { ROWS = 300, SIZE = 10000 };
    static char text[SIZE + 1];
    static cr_row rows[ROWS];
    cr_loaded loaded;
    memset(text, 'x', SIZE);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = make_row("pages", text_of("%03zu", i), text);
    }
    cr_call call = make_call();
    expect_status(seam->ops->load(seam, rows, ROWS, NULL, &loaded, &call), CRUDDUR_OK);
    cr_assert_eq(loaded.put, ROWS);
    for (size_t expected = 0; expected < 3; expected++) {
        walk now = {
            .query = {.partition = cr_str_of("pages"), .descending = true, .expected = expected}};
        expect_status(run_walk(&now), CRUDDUR_OK);
        cr_assert_eq(now.rows, ROWS);
        cr_assert_eq(strncmp(now.found, "299 298 297 ", 12), 0);
    }
}

/* ---- scan ---- */

typedef struct scanned {
    size_t rows;
    size_t stop_after;
    cr_key last;
} scanned;

static cr_sink_answer note_scanned(void *context, const cr_row *row)
{
    scanned *now = context;
    now->rows++;
    now->last = (cr_key){cr_arena_copy(&arena, row->value[CR_PK]),
                         cr_arena_copy(&arena, row->value[CR_SK])};
    return now->rows == now->stop_after ? CR_SINK_STOP : CR_SINK_MORE;
}

/* In pieces that each go on where the last one ended, every row is seen once. */
Test(seam_reads, scans_go_on_where_they_stopped)
{
    size_t seen = 0;
    cr_key after = {CR_STR_ABSENT, CR_STR_ABSENT};
    put_letters("p", NULL, "abcde");
    put_letters("q", "group", "abcde");
    cr_assert_eq(count_rows(), 10);
    for (scanned now = {.rows = 1}; now.rows > 0; seen += now.rows) {
        cr_call call = make_call();
        now = (scanned){.stop_after = 3};
        expect_status(seam->ops->scan(seam, after, 3, note_scanned, &now, &call), CRUDDUR_OK);
        cr_assert_leq(now.rows, 3);
        after = now.last;
    }
    cr_assert_eq(seen, 10);
}
