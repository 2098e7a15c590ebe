/* SPDX-License-Identifier: MIT */
/* cruddur_schema_upgrade(): groups of version 0.1 and of the original application get their cards,
 * and are settled; nothing else about them changes. */
#include "planted.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "messaging/rows.h"
#include "model/card.h"
#include "support/raw.h"

/* In steps there is nothing to test but that it is refused. (Mode `auto` finds out with the first
 * change.) */
static void begin(void)
{
    suite_begin();
    if (test_store_is_in_steps(&store)) {
        (void)open_direct(&test_ann, &test_bob, "one");
        must_fail(CRUDDUR_E_CONFIG, NULL, cruddur_schema_upgrade(store.dm, NULL, TEST_ERROR));
        cr_skip_test("the store has no transactions");
    }
}

TestSuite(upgrade, .init = begin, .fini = suite_end, .timeout = 600);

#define GROUP "12345678-0000-4000-8000-000000000001"

/* ---- rows of version 0.1 ---- */

/* All rows of the table; each is copied. */
static cr_rows all_rows(cr_arena *arena)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cr_rows rows = {.arena = arena};
    cruddur_row_page *last = NULL;
    options.limit = CRUDDUR_LIMIT_MAX;
    do {
        cruddur_row_page *page = NULL;
        must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
        for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
            cr_row row = raw_row_at(page, i);
            cr_assert(cr_rows_add(&rows, &row));
        }
        options.cursor = cruddur_row_page_next(page);
        cruddur_row_page_free(last);
        last = page;
    } while (options.cursor != NULL);
    cruddur_row_page_free(last);
    return rows;
}

/* Makes all groups as version 0.1 leaves them. */
static void make_old(void)
{
    test_store_settle(&store);
    must_succeed(raw_make_old(store.dm));
}

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

/* ---- the call ---- */

typedef struct told {
    cruddur_upgrade_event last; /* its texts are not kept */
    size_t parts;
    size_t failures;
    char group[CRUDDUR_UUID_SIZE]; /* that failed last */
    uint32_t status;
    char cursor[512]; /* the latest; empty at the end */
    size_t parts_wanted;
} told;

static bool listen(void *data, const cruddur_upgrade_event *event)
{
    told *heard = data;
    cr_assert_eq(event->size, sizeof(*event));
    heard->last = *event;
    if (event->kind == CRUDDUR_UPGRADE_GROUP_FAILED) {
        heard->failures++;
        heard->status = event->status;
        (void)snprintf(heard->group, sizeof(heard->group), "%s", event->group_uuid);
        cr_assert_not_null(event->message);
        cr_assert_null(strstr(event->message, TEST_SECRET));
        cr_assert_null(event->cursor);
        return true;
    }
    cr_assert_eq(event->kind, CRUDDUR_UPGRADE_PROGRESS);
    cr_assert_null(event->group_uuid);
    heard->parts++;
    const char *cursor = event->cursor == NULL ? "" : event->cursor;
    cr_assert_lt(strlen(cursor), sizeof(heard->cursor));
    (void)snprintf(heard->cursor, sizeof(heard->cursor), "%s", cursor);
    return heard->parts != heard->parts_wanted;
}

static told upgrade_from(const char *cursor, size_t parts)
{
    told heard = {.parts_wanted = parts};
    cruddur_upgrade_options options = CRUDDUR_UPGRADE_OPTIONS_INIT;
    options.cursor = cursor;
    options.observe = listen;
    options.data = &heard;
    must_succeed(cruddur_schema_upgrade(store.dm, &options, TEST_ERROR));
    return heard;
}

static void expect_counts(const told *heard, uint64_t groups, uint64_t cards, uint64_t failed)
{
    cr_assert_eq(heard->last.groups, groups, "%lu groups", (unsigned long)heard->last.groups);
    cr_assert_eq(heard->last.cards, cards, "%lu cards", (unsigned long)heard->last.cards);
    cr_assert_eq(heard->last.failed, failed, "%lu failed", (unsigned long)heard->last.failed);
    cr_assert_eq(heard->failures, failed);
}

static void upgrade_all(uint64_t groups, uint64_t cards, uint64_t failed)
{
    told heard = upgrade_from(NULL, 0);
    expect_counts(&heard, groups, cards, failed);
    cr_assert_str_eq(heard.cursor, "");
}

/* ---- what is there ---- */

static cr_row read_card(const char *group, cr_arena *arena)
{
    cr_row row;
    const cr_key key = {cr_str_of(planted_text("CARD#%s", group)), cr_str_of(CR_CARD_SK)};
    must_succeed(raw_get_row(store.dm, key, arena, &row));
    return row;
}

static bool is_version(cr_str version)
{
    return version.size == 16 && strspn(version.data, "0123456789abcdef") == 16;
}

/* The group has a card of these members, and a row of its generation for `n_rows` of them. */
static void expect_card(const char *group, size_t n_members, const char *name, size_t n_rows)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_card card;
    cr_row row = read_card(group, &arena);
    size_t of_card = 0;
    cr_assert(cr_card_read(&row, &card), "group %s", group);
    cr_assert_eq(card.members.count, n_members);
    cr_assert_eq(card.rev, 1);
    cr_assert(!card.is_removed);
    cr_assert(cr_str_equal(card.name, cr_str_of(name)));
    cr_assert(is_version(row.value[CR_VERSION]));
    cr_rows rows = all_rows(&arena);
    for (size_t i = 0; i < rows.count; i++) {
        const cr_row *found = &rows.row[i];
        if (!cr_row_is_of_group(found, cr_str_of(group)) || found->value[CR_REV].data == NULL) {
            continue;
        }
        cr_uuid owner;
        cr_assert(cr_row_owner(found, &owner) && cr_members_have(&card.members, &owner));
        cr_assert(cr_str_equal(found->value[CR_REV], cr_str_of("1")));
        cr_assert(is_version(found->value[CR_VERSION]));
        of_card++;
    }
    cr_assert_eq(of_card, n_rows, "%zu rows of the card's generation", of_card);
    cr_arena_free(&arena);
}

static void expect_no_card(const char *group)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = read_card(group, &arena);
    cr_assert(!cr_row_exists(&row));
    cr_arena_free(&arena);
}

/* ---- tests ---- */

Test(upgrade, gives_each_group_its_card)
{
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    say(&test_bob, &direct, "two");
    group_id large = open_large(5, "Five", "first");
    group_id separate = open_large(3, NULL, "hello");
    make_old();
    group_id later = open_direct(&test_ann, &test_cem, "later");
    upgrade_all(4, 3, 0);
    expect_card(direct.text, 2, NULL, 2);
    expect_card(large.text, 5, "Five", 5);
    expect_card(separate.text, 3, NULL, 3);
    test_check(&store);
    upgrade_all(4, 0, 0);
    say(&test_ann, &direct, "three");
    say(&test_ann, &later, "more");
    cruddur_user last = test_user(4);
    say(&last, &large, "last");
    test_check(&store);
}

/* Of healthy rows every attribute but two. */
Test(upgrade, changes_nothing_else)
{
    cr_arena arena = CR_ARENA_INIT;
    group_id group = open_large(3, "Three", "one");
    cruddur_user user = test_user(1);
    say(&user, &group, "two");
    test_store_settle(&store);
    reword(inbox_of(&user), group.text, CR_OTHERS, "{\"starred\":{\"BOOL\":true}}");
    make_old();
    cr_rows before = all_rows(&arena);
    upgrade_all(1, 1, 0);
    cr_rows after = all_rows(&arena);
    cr_assert_eq(after.count, before.count + 1);
    for (size_t i = 0; i < before.count; i++) {
        size_t at = 0;
        while (at < after.count &&
               (!cr_str_equal(after.row[at].value[CR_PK], before.row[i].value[CR_PK]) ||
                !cr_str_equal(after.row[at].value[CR_SK], before.row[i].value[CR_SK]))) {
            at++;
        }
        cr_assert_lt(at, after.count);
        for (int j = 0; j < CR_ATTRIBUTE_COUNT; j++) {
            cr_assert(j == CR_REV || j == CR_VERSION ||
                          cr_str_equal(after.row[at].value[j], before.row[i].value[j]),
                      "%s of %s", cr_attribute_name((cr_attribute)j),
                      before.row[i].value[CR_PK].data);
        }
    }
    cr_arena_free(&arena);
}

/* Whoever lost the own row is still a member, and gets it back. */
Test(upgrade, names_members_who_have_no_row)
{
    const group_id group = open_large(4, NULL, "one");
    cruddur_user lost = test_user(2);
    cruddur_user stranger = test_user(9);
    make_old();
    cr_assert_eq(uproot(inbox_of(&lost), group.text), 1);
    upgrade_all(1, 1, 0);
    expect_card(group.text, 4, NULL, 4);
    cruddur_msg_page_free(list_messages(&lost, &group, NULL));
    say(&lost, &group, "two");
    cr_assert_eq(count_in(inbox_of(&lost), group.text), 1);
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_msg_append(store.dm, &stranger, group.text, TEST_SECRET, NULL, NULL, TEST_ERROR));
    test_check(&store);
}

/* Rows that have lost their lists name one member each: all of them together name all. */
Test(upgrade, gathers_members_from_all_rows)
{
    const group_id group = open_large(6, NULL, "one");
    make_old();
    strip(NULL, group.text, CR_MEMBER_UUIDS);
    upgrade_all(1, 1, 0);
    expect_card(group.text, 6, NULL, 6);
    test_check(&store); /* the lists are back */
}

/* Of a member's two rows the newest counts, and the other one goes. */
Test(upgrade, takes_the_newest_of_twin_rows)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    make_old();
    const planted rows[] = {{{[CR_PK] = inbox_of(&test_bob),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = group.text,
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_TEXT] = "zero"}}};
    plant(rows, 1);
    upgrade_all(1, 1, 0);
    expect_card(group.text, 2, NULL, 2);
    cr_assert_eq(count_in(inbox_of(&test_bob), group.text), 1);
    test_check(&store);
}

/* One row that names nobody, or rows that name too many. The others get their cards. */
Test(upgrade, tells_of_groups_whose_members_are_not_known)
{
    const char *other = "12345678-0000-4000-8000-0000000000ff";
    group_id group = open_direct(&test_ann, &test_bob, "one");
    make_old();
    const planted rows[] = {{{[CR_PK] = inbox_of(&test_ann),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = other,
                              [CR_TEXT] = TEST_SECRET}},
                            {{[CR_PK] = planted_text("MSG#%s", other),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_TEXT] = TEST_SECRET}}};
    plant(rows, 2);
    told heard = upgrade_from(NULL, 0);
    expect_counts(&heard, 2, 1, 1);
    cr_assert_str_eq(heard.group, other);
    cr_assert_eq(heard.status, CRUDDUR_E_STORE_DAMAGED);
    expect_card(group.text, 2, NULL, 2);
    expect_no_card(other);
    expect_planted(rows, 2);
    upgrade_all(2, 0, 1);
}

Test(upgrade, tells_of_damaged_cards)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    const planted rows[] = {{{[CR_PK] = planted_text("CARD#%s", group.text),
                              [CR_SK] = CR_CARD_SK,
                              [CR_GROUP_NAME] = "x"}}};
    uproot_card(&group);
    plant(rows, 1);
    told heard = upgrade_from(NULL, 0);
    expect_counts(&heard, 1, 0, 1);
    cr_assert_str_eq(heard.group, group.text);
    cr_assert_eq(heard.status, CRUDDUR_E_STORE_DAMAGED);
    expect_planted(rows, 1);
}

/* The card of a group that was removed stays as it is, whatever rows a late writer has left. */
Test(upgrade, leaves_cards_alone)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    make_old();
    char list[2 * CRUDDUR_UUID_SIZE];
    bool is_first = strcmp(test_ann.uuid, test_bob.uuid) < 0;
    (void)snprintf(list, sizeof(list), "%s,%s", is_first ? test_ann.uuid : test_bob.uuid,
                   is_first ? test_bob.uuid : test_ann.uuid);
    const planted card = {{[CR_PK] = planted_text("CARD#%s", group.text),
                           [CR_SK] = CR_CARD_SK,
                           [CR_REV] = "7",
                           [CR_MEMBER_UUIDS] = list,
                           [CR_OTHERS] = "{\"removed\":{\"BOOL\":true}}"}};
    plant(&card, 1);
    upgrade_all(1, 0, 0);
    expect_planted(&card, 1);
}

/* Foreign rows, messages without group rows, a group row without messages: no call finds a group in
 * any of these. */
Test(upgrade, of_a_table_that_others_write_to)
{
    const char *lone = "12345678-0000-4000-8000-0000000000fe";
    const planted rows[] = {{{[CR_PK] = inbox_of(&test_ann),
                              [CR_SK] = "PROFILE",
                              [CR_GROUP_UUID] = GROUP,
                              [CR_TEXT] = "x"}},
                            {{[CR_PK] = planted_text("MSG#%s", lone),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_TEXT] = "x"}},
                            {{[CR_PK] = "ORDER#1", [CR_SK] = "x", [CR_GROUP_UUID] = GROUP}},
                            {{[CR_PK] = inbox_of(&test_ann),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = GROUP,
                              [CR_USER_UUID] = test_bob.uuid}}};
    plant(rows, 4);
    upgrade_all(1, 0, 0);
    expect_planted(rows, 4);
    expect_no_card(GROUP);
}

/* Rows that the processor has not moved yet: it finds them moved, and is not disturbed. */
Test(upgrade, beside_a_processor)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    make_old();
    say(&test_ann, &group, "two");
    say(&test_bob, &group, "three");
    upgrade_all(1, 1, 0);
    expect_card(group.text, 2, NULL, 2);
    test_store_settle(&store); /* no record of a card or a row fails */
    test_check(&store);
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    cr_assert_str_eq(texts_of_groups(page).all, "three ");
    cruddur_group_page_free(page);
}

/* ---- in parts ---- */

#define MANY 170 /* groups: three rows each, without their cards */

Test(upgrade, can_be_continued)
{
    for (size_t i = 0; i < MANY; i++) {
        cruddur_user other = test_user(i);
        (void)open_direct(&test_ann, &other, "hello");
    }
    make_old();
    told heard = upgrade_from(NULL, 1);
    cr_assert_eq(heard.parts, 1);
    cr_assert_eq(heard.last.rows, 500);
    cr_assert_str_neq(heard.cursor, "");
    uint64_t cards = heard.last.cards;
    cr_assert(cards > 0 && cards <= MANY);
    char cursor[sizeof(heard.cursor)];
    memcpy(cursor, heard.cursor, sizeof(cursor));
    heard = upgrade_from(cursor, 0);
    cr_assert_str_eq(heard.cursor, "");
    cr_assert_eq(heard.last.cards, MANY - cards);
    upgrade_all(MANY, 0, 0);
    test_check(&store);
}

/* ---- while the groups are being written to ---- */

#define BUSY_GROUPS 8
#define BUSY_WRITERS 3

typedef struct busy {
    group_id group[BUSY_GROUPS];
    atomic_bool has_ended;
    atomic_int failures;
} busy;

static void *keep_writing(void *argument)
{
    busy *shared = argument;
    for (size_t i = 0; !atomic_load(&shared->has_ended); i++) {
        cruddur_error *error = NULL;
        const group_id *group = &shared->group[i % BUSY_GROUPS];
        cruddur_status status =
            cruddur_msg_append(store.dm, &test_ann, group->text, "busy", NULL, NULL, &error);
        atomic_fetch_add(&shared->failures, status == CRUDDUR_OK ? 0 : 1);
        cruddur_error_free(error);
    }
    return NULL;
}

Test(upgrade, beside_writers)
{
    static busy shared;
    pthread_t thread[BUSY_WRITERS];
    for (size_t i = 0; i < BUSY_GROUPS; i++) {
        cruddur_user other = test_user(i);
        shared.group[i] = open_direct(&test_ann, &other, "hello");
    }
    make_old();
    cruddur *own = store.dm;
    store.dm = test_store_is_lasting(&store) ? test_store_connect(&store, NULL) : own;
    for (size_t i = 0; i < BUSY_WRITERS; i++) {
        cr_assert_eq(pthread_create(&thread[i], NULL, keep_writing, &shared), 0);
    }
    told heard = {.parts_wanted = 0};
    cruddur_upgrade_options options = CRUDDUR_UPGRADE_OPTIONS_INIT;
    options.observe = listen;
    options.data = &heard;
    must_succeed(cruddur_schema_upgrade(own, &options, TEST_ERROR));
    atomic_store(&shared.has_ended, true);
    for (size_t i = 0; i < BUSY_WRITERS; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    if (store.dm != own) {
        cruddur_close(store.dm);
    }
    store.dm = own;
    cr_assert_eq(atomic_load(&shared.failures), 0);
    cr_assert_eq(heard.failures, 0);
    /* A walk may miss rows that move meanwhile. */
    told again = upgrade_from(NULL, 0);
    cr_assert_eq(again.last.groups, BUSY_GROUPS);
    cr_assert_eq(heard.last.cards + again.last.cards, BUSY_GROUPS);
    for (size_t i = 0; i < BUSY_GROUPS; i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_row card = read_card(shared.group[i].text, &arena);
        cr_assert(cr_row_exists(&card));
        cr_arena_free(&arena);
    }
    test_store_settle(&store);
    test_check(&store);
}

/* ---- what is refused ---- */

Test(upgrade, refuses_bad_arguments)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    say(&test_ann, &group, "two");
    cruddur_upgrade_options options = CRUDDUR_UPGRADE_OPTIONS_INIT;
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm", cruddur_schema_upgrade(NULL, NULL, TEST_ERROR));
    for (uint32_t bit = 0; bit < 32; bit++) {
        options.flags = UINT32_C(1) << bit;
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                  cruddur_schema_upgrade(store.dm, &options, TEST_ERROR));
    }
    options.flags = 0;
    static const char *const damaged[] = {"", "x", "\xff", TEST_SECRET};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        options.cursor = damaged[i];
        must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                  cruddur_schema_upgrade(store.dm, &options, TEST_ERROR));
    }
    cruddur_list_options list = from_newest(1);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &list);
    options.cursor = cruddur_msg_page_older(page);
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_schema_upgrade(store.dm, &options, TEST_ERROR));
    cruddur_msg_page_free(page);
}
