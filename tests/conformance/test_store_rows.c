/* SPDX-License-Identifier: MIT */
/* Rows about the store as a whole are left out by every walk over the table that deals with data.
 */
#include <string.h>

#include "checked.h"
#include "model/store_row.h"
#include "planted.h"
#include "support/raw.h"

CONFORMANCE_SUITE(store_rows);

#define NOTE "how far a move has come"

/* What a scan by another program shows of a store that was moved; three rows are data. */
static const char scan_of_fenced[] =
    "{\"Items\":[{\"pk\":{\"S\":\"STORE#FENCE\"},\"sk\":{\"S\":\"STORE\"},"
    "\"message_data\":{\"S\":\"elsewhere\"}},"
    "{\"pk\":{\"S\":\"a\"},\"sk\":{\"S\":\"1\"}},{\"pk\":{\"S\":\"b\"},\"sk\":{\"S\":\"1\"}},"
    "{\"pk\":{\"S\":\"STORE#MOVE\"},\"sk\":{\"S\":\"STORE\"},"
    "\"message_data\":{\"S\":\"other\"}},"
    "{\"pk\":{\"S\":\"STORE#MOVE\"},\"sk\":{\"S\":\"1\"}}],\"Count\":5}";

/* ---- what the observers are told ---- */

typedef struct counted {
    uint64_t rows; /* of the latest event */
    uint64_t expected_rows;
    size_t lines;
    bool names_store_row;
    cruddur_transfer_event latest;
} counted;

static bool hear_transfer(void *data, const cruddur_transfer_event *event)
{
    counted *now = data;
    now->latest = *event;
    now->names_store_row = now->names_store_row || event->pk != NULL;
    now->rows = event->rows;
    now->expected_rows = event->expected_rows;
    return true;
}

static bool hear_person(void *data, const cruddur_person_event *event)
{
    counted *now = data;
    now->lines += event->line != NULL ? 1 : 0;
    now->names_store_row =
        now->names_store_row || (event->line != NULL && strstr(event->line, NOTE) != NULL);
    now->rows = event->rows;
    return true;
}

static bool hear_purge(void *data, const cruddur_purge_event *event)
{
    counted *now = data;
    now->rows = event->rows;
    return true;
}

static bool hear_upgrade(void *data, const cruddur_upgrade_event *event)
{
    counted *now = data;
    now->rows = event->rows;
    return true;
}

/* ---- the walks ---- */

static bool look_up_nothing(void *data, const char *uuid, cruddur_user *user)
{
    (void)data;
    (void)uuid;
    (void)user;
    return false;
}

static bool look_for_note(void *data, const char *piece, size_t size)
{
    counted *now = data;
    for (size_t i = 0; i + strlen(NOTE) <= size; i++) {
        now->names_store_row = now->names_store_row || memcmp(piece + i, NOTE, strlen(NOTE)) == 0;
    }
    return true;
}

static counted export_all(void)
{
    counted now = {.rows = 0};
    cruddur_export_options options = CRUDDUR_EXPORT_OPTIONS_INIT;
    options.observe = hear_transfer;
    options.data = &now;
    must_succeed(cruddur_export(store.dm, look_for_note, &now, &options, TEST_ERROR));
    return now;
}

static cruddur_person_options person_options(counted *now)
{
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.observe = hear_person;
    options.data = now;
    return options;
}

static counted export_person(void)
{
    counted now = {.rows = 0};
    cruddur_person_options options = person_options(&now);
    must_succeed(cruddur_person_export(store.dm, test_ann.uuid, &options, TEST_ERROR));
    return now;
}

static counted rename_people(void)
{
    counted now = {.rows = 0};
    cruddur_person_options options = person_options(&now);
    must_succeed(cruddur_person_rename(store.dm, look_up_nothing, NULL, &options, TEST_ERROR));
    return now;
}

static counted erase_person(void)
{
    counted now = {.rows = 0};
    cruddur_person_options options = person_options(&now);
    must_succeed(cruddur_person_erase(store.dm, test_user(7).uuid, &options, TEST_ERROR));
    return now;
}

static counted purge(void)
{
    counted now = {.rows = 0};
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    options.observe = hear_purge;
    options.data = &now;
    must_succeed(cruddur_purge(store.dm, &options, TEST_ERROR));
    return now;
}

static counted upgrade(void)
{
    counted now = {.rows = 0};
    cruddur_upgrade_options options = CRUDDUR_UPGRADE_OPTIONS_INIT;
    options.observe = hear_upgrade;
    options.data = &now;
    must_succeed(cruddur_schema_upgrade(store.dm, &options, TEST_ERROR));
    return now;
}

static const struct {
    const char *name;
    counted (*walk)(void);
    bool changes_rows;
} walks[] = {
    {"export", export_all, false},   {"person export", export_person, false},
    {"rename", rename_people, true}, {"person erase", erase_person, true},
    {"purge", purge, true},          {"upgrade", upgrade, true},
};

/* ---- the tests ---- */

static planted note_of_move(void)
{
    return (planted){
        {[CR_PK] = CR_MOVE_PK, [CR_SK] = CR_STORE_SK, [CR_DATA] = NOTE, [CR_REV] = "7"}};
}

Test(store_rows, are_left_out_by_every_walk)
{
    counted before[sizeof(walks) / sizeof(walks[0])] = {{.rows = 0}};
    bool is_in_steps = test_store_is_in_steps(&store);
    (void)open_with_messages(3);
    test_store_settle(&store);
    told checked = check_table(0);
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        before[i] = is_in_steps && walks[i].changes_rows ? before[i] : walks[i].walk();
    }
    const planted note = note_of_move();
    plant(&note, 1);
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        if (is_in_steps && walks[i].changes_rows) {
            continue;
        }
        counted after = walks[i].walk();
        cr_assert_gt(after.rows, 0, "%s", walks[i].name);
        cr_assert_eq(after.rows, before[i].rows, "%s counts a row about the store", walks[i].name);
        cr_assert_eq(after.expected_rows, before[i].expected_rows, "%s", walks[i].name);
        cr_assert_eq(after.lines, before[i].lines, "%s", walks[i].name);
        cr_assert_not(after.names_store_row, "%s has a row about the store", walks[i].name);
    }
    told again = check_table(is_in_steps ? 0 : CRUDDUR_CHECK_REPAIR);
    cr_assert_str_eq(again.kinds, "");
    cr_assert_eq(again.last.rows, checked.last.rows);
    cr_assert_eq(again.last.foreign_rows, 0);
    expect_planted(&note, 1);
    test_check(&store);
}

typedef struct text {
    const char *data;
    size_t at;
} text;

static bool read_text(void *data, char *piece, size_t size, size_t *ret_size)
{
    text *now = data;
    size_t left = strlen(now->data) - now->at;
    *ret_size = left < size ? left : size;
    memcpy(piece, now->data + now->at, *ret_size);
    now->at += *ret_size;
    return true;
}

static counted import_scan(uint32_t flags, uint32_t on_conflict)
{
    counted now = {.rows = 0};
    text scanned = {scan_of_fenced, 0};
    cruddur_import_options options = CRUDDUR_IMPORT_OPTIONS_INIT;
    options.flags = flags;
    options.on_conflict = on_conflict;
    options.observe = hear_transfer;
    options.data = &now;
    must_succeed(cruddur_import(store.dm, read_text, &scanned, &options, TEST_ERROR));
    return now;
}

/* Neither do they make a store "not empty", nor are they in conflict with those of this store. */
Test(store_rows, are_not_imported)
{
    const planted note = note_of_move();
    bool is_in_steps = test_store_is_in_steps(&store);
    plant(&note, 1);
    counted now = import_scan(CRUDDUR_IMPORT_UNUSED, CRUDDUR_CONFLICT_SKIP);
    cr_assert_eq(now.latest.put, 3);
    cr_assert_eq(now.rows, 3);
    now = import_scan(0, is_in_steps ? CRUDDUR_CONFLICT_SKIP : CRUDDUR_CONFLICT_REPLACE);
    cr_assert_eq(now.rows, 3);
    cr_assert_eq(now.latest.same, 3);
    cr_assert_eq(now.latest.put + now.latest.conflicts + now.latest.replaced, 0);
    cr_assert_not(now.names_store_row);
    expect_planted(&note, 1);
    cruddur_user other = test_user(1);
    (void)open_direct(&test_ann, &other, "there is no fence");
    check_beside(3);
}
