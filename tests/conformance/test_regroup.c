/* SPDX-License-Identifier: MIT */
/* Groups whose name and members change in whatever state other programs have left the rows. */
#include "planted.h"

#include "people.h"
#include "support/raw.h"

CONFORMANCE_SUITE(regroup);

#define MEMBERS 4

static cruddur_user people[MEMBERS + 1]; /* and one who is to be added */

static const char *inbox_of(size_t person)
{
    return planted_text("GRP#%s", people[person].uuid);
}

/* A group in which everybody has written, so that messages tell the names of all. */
static group_id open_group(void)
{
    people_of(people, MEMBERS + 1);
    group_id group = open_large(MEMBERS, "Four", "hello");
    for (size_t i = 0; i < MEMBERS; i++) {
        say(&people[i], &group, "text");
    }
    return group;
}

/* ---- the states ---- */

typedef void (*spoil)(const group_id *group);

static void leave_alone(const group_id *group)
{
    (void)group; /* in mode stream the rows are where the opening has put them */
}

static void lose_one(const group_id *group)
{
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(2), group->text), 1);
}

static void lose_all(const group_id *group)
{
    test_store_settle(&store);
    for (size_t i = 0; i < MEMBERS; i++) {
        cr_assert_eq(uproot(inbox_of(i), group->text), 1);
    }
}

static void lose_card(const group_id *group)
{
    uproot_card(group);
}

static void lose_card_and_row(const group_id *group)
{
    lose_one(group);
    uproot_card(group);
}

static void lose_lists(const group_id *group)
{
    test_store_settle(&store);
    strip(NULL, group->text, CR_MEMBER_UUIDS);
    strip(NULL, group->text, CR_GROUP_NAME);
}

static void lose_revs(const group_id *group)
{
    test_store_settle(&store);
    strip(inbox_of(1), group->text, CR_REV);
    strip(inbox_of(1), group->text, CR_VERSION);
}

/* A row that another program has put back as it was: an older one of a member, one of somebody who
 * is none, and one of the person who is to be added, at the newest message. */
static planted row_of(const group_id *group, const char *inbox, const char *sk, const char *head_sk)
{
    return (planted){{[CR_PK] = inbox,
                      [CR_SK] = sk,
                      [CR_GROUP_UUID] = group->text,
                      [CR_TEXT] = "text",
                      [CR_USER_UUID] = people[0].uuid,
                      [CR_DISPLAY_NAME] = people[0].display_name,
                      [CR_HANDLE] = people[0].handle,
                      [CR_HEAD_SK] = head_sk}};
}

static const char *head_of(const group_id *group)
{
    return newest_key(planted_text("MSG#%s", group->text));
}

static void put_older(const group_id *group)
{
    const planted row = row_of(group, inbox_of(1), planted_key(1), NULL);
    plant(&row, 1);
}

static void put_strangers(const group_id *group)
{
    const planted rows[] = {
        row_of(group, planted_text("GRP#%s", test_ann.uuid), planted_key(1), NULL),
        row_of(group, planted_text("GRP#%s", test_bob.uuid), head_of(group), NULL),
    };
    plant(rows, 2);
}

static void put_before(const group_id *group)
{
    const planted row = row_of(group, inbox_of(MEMBERS), head_of(group), NULL);
    plant(&row, 1);
}

/* The key of a microsecond after the newest message. */
static const char *after_head(const group_id *group)
{
    int64_t time_us;
    char key[CRUDDUR_TIME_SIZE];
    must_succeed(cruddur_time_parse(head_of(group), &time_us, TEST_ERROR));
    must_succeed(cruddur_time_format(time_us + 1, key, TEST_ERROR));
    return planted_text("%s", key);
}

/* Another program's row has the newest message's key in an inbox. */
static planted obstacle(const group_id *group, size_t person)
{
    return (planted){
        {[CR_PK] = inbox_of(person), [CR_SK] = head_of(group), [CR_TEXT] = TEST_SECRET}};
}

static void displace(const group_id *group)
{
    const planted rows[] = {
        obstacle(group, 3),
        row_of(group, inbox_of(3), after_head(group), head_of(group)), /* names the first */
    };
    plant_instead(inbox_of(3), group->text, rows, 2);
}

static void take_key_of_new_member(const group_id *group)
{
    const planted row = obstacle(group, MEMBERS);
    plant(&row, 1);
}

static void take_keys(const group_id *group)
{
    if (test_store_is_streamed(&store)) { /* of rows that have not got there yet */
        const planted rows[] = {obstacle(group, 0), obstacle(group, 2)};
        for (size_t i = 0; i < 2; i++) {
            cr_row row = {0};
            for (size_t j = 0; j < CR_ATTRIBUTE_COUNT; j++) {
                row.value[j] = cr_str_of(rows[i].value[j]);
            }
            must_succeed(raw_put_row(store.dm, &row));
        }
    }
}

/* ---- the changes ---- */

static void call_it_five(const group_id *group)
{
    rename_group(&people[2], group, "Renamed", "data");
}

static void add_fifth(const group_id *group)
{
    add_member(&people[2], group, &people[MEMBERS], 0);
}

static void add_fifth_with_history(const group_id *group)
{
    add_member(&people[2], group, &people[MEMBERS], CRUDDUR_ADD_WITH_HISTORY);
}

static void remove_last(const group_id *group)
{
    remove_member(&people[2], group, &people[MEMBERS - 1]);
}

static const struct {
    void (*make)(const group_id *group);
    const char *name;
    const char *data;
    size_t members;
} changes[] = {
    {call_it_five, "Renamed", "data", MEMBERS},
    {add_fifth, "Four", NULL, MEMBERS + 1},
    {add_fifth_with_history, "Four", NULL, MEMBERS + 1},
    {remove_last, "Four", NULL, MEMBERS - 1},
};

static void change_from(spoil make_so, bool beside_others)
{
    if (test_store_is_in_steps(&store)) {
        return;
    }
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        group_id group = open_group();
        expected_group expected = {&group, changes[i].name, changes[i].data, "text", beside_others};
        make_so(&group);
        changes[i].make(&group);
        expect_group(&expected, people, changes[i].members);
        for (size_t gone = changes[i].members; gone < MEMBERS; gone++) {
            expect_outside(&people[gone], &group);
        }
        say(&people[0], &group, "later");
        expected.text = "later";
        expect_group(&expected, people, changes[i].members);
    }
}

Test(regroup, where_nothing_is_wrong)
{
    change_from(leave_alone, false);
}

Test(regroup, without_a_row)
{
    change_from(lose_one, false);
}

Test(regroup, without_any_row)
{
    change_from(lose_all, false);
}

Test(regroup, without_a_card)
{
    change_from(lose_card, false);
}

Test(regroup, without_a_card_and_a_row)
{
    change_from(lose_card_and_row, false);
}

Test(regroup, with_rows_that_have_lost_the_list_and_the_name)
{
    change_from(lose_lists, false);
}

Test(regroup, with_a_row_that_has_lost_the_generation)
{
    change_from(lose_revs, false);
}

Test(regroup, with_an_older_row_of_a_member)
{
    change_from(put_older, false);
}

Test(regroup, with_rows_of_strangers)
{
    change_from(put_strangers, false);
}

Test(regroup, with_a_row_of_who_is_added)
{
    change_from(put_before, false);
}

Test(regroup, with_a_displaced_row)
{
    change_from(displace, true);
}

Test(regroup, where_another_row_has_the_key)
{
    change_from(take_key_of_new_member, true);
}

Test(regroup, where_other_rows_have_keys_to_come)
{
    change_from(take_keys, true);
}

/* Another program has removed the newest message: the rows stay where they are until the next. */
Test(regroup, where_the_newest_message_has_gone)
{
    if (test_store_is_in_steps(&store)) {
        return;
    }
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_row newest;
        group_id group = open_group();
        test_store_settle(&store);
        const cr_key key = {cr_str_of(planted_text("MSG#%s", group.text)),
                            cr_str_of(head_of(&group))};
        must_succeed(raw_get_row(store.dm, key, &arena, &newest));
        must_succeed(raw_remove_row(store.dm, &newest));
        cr_arena_free(&arena);
        changes[i].make(&group);
        say(&people[1], &group, "later");
        expected_group expected = {&group, changes[i].name, changes[i].data, "later", false};
        expect_group(&expected, people, changes[i].members);
    }
}

/* A group of two as the original application opens it: the first change makes its card. */
Test(regroup, of_two_without_a_card)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id group = {"12345678-0000-4000-8000-000000000001"};
    people_of(people, MEMBERS + 1);
    options.group_uuid = group.text;
    must_succeed(cruddur_group_create(store.dm, &people[1], &people[0], 1, "one", &options, NULL,
                                      TEST_ERROR));
    if (test_store_is_in_steps(&store)) {
        return;
    }
    must_succeed(raw_make_old(store.dm));
    add_member(&people[0], &group, &people[2], 0);
    expect_group(&(expected_group){&group, NULL, NULL, "one", false}, people, 3);
    say(&people[2], &group, "two");
    remove_member(&people[2], &group, &people[0]);
    expect_group(&(expected_group){&group, NULL, NULL, "two", false}, &people[1], 2);
}

/* ---- direct groups ---- */

static void lose_both(const group_id *group)
{
    test_store_settle(&store);
    cr_assert_eq(uproot(planted_text("GRP#%s", test_ann.uuid), group->text), 1);
    cr_assert_eq(uproot(planted_text("GRP#%s", test_bob.uuid), group->text), 1);
}

static void lose_card_and_bobs(const group_id *group)
{
    test_store_settle(&store);
    cr_assert_eq(uproot(planted_text("GRP#%s", test_bob.uuid), group->text), 1);
    uproot_card(group);
}

static void lose_card_and_both(const group_id *group)
{
    lose_both(group);
    uproot_card(group);
}

/* Blocking takes effect without a row or a card, too: then it makes them. */
Test(regroup, of_a_direct_group_that_is_blocked)
{
    static const spoil states[] = {leave_alone, lose_both, lose_card, lose_card_and_bobs,
                                   lose_card_and_both};
    const cruddur_user both[] = {test_ann, test_bob};
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        group_id group = open_direct(&test_ann, &test_bob, "hello");
        say(&test_bob, &group, "text");
        if (test_store_is_in_steps(&store)) {
            return;
        }
        states[i](&group);
        options.blocked = CRUDDUR_SWITCH_ON;
        must_succeed(
            cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, NULL, TEST_ERROR));
        must_fail(CRUDDUR_E_BLOCKED, "group_uuid",
                  cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, NULL, NULL,
                                     TEST_ERROR));
        must_fail(CRUDDUR_E_BLOCKED, "others",
                  cruddur_group_create(store.dm, &test_bob, &test_ann, 1, TEST_SECRET, NULL, NULL,
                                       TEST_ERROR));
        expect_group(&(expected_group){&group, NULL, NULL, "text", false}, both, 2);
        options.blocked = CRUDDUR_SWITCH_OFF;
        must_succeed(
            cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, NULL, TEST_ERROR));
    }
}

/* A direct group that was removed stays blocked: nobody opens it again. */
Test(regroup, of_a_direct_group_that_is_blocked_and_removed)
{
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    if (test_store_is_in_steps(&store)) {
        return;
    }
    options.blocked = CRUDDUR_SWITCH_ON;
    must_succeed(
        cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, NULL, TEST_ERROR));
    lose_both(&group);
    cr_assert_eq(uproot(planted_text("MSG#%s", group.text), NULL), 1);
    must_fail(CRUDDUR_E_BLOCKED, "others",
              cruddur_group_create(store.dm, &test_ann, &test_bob, 1, TEST_SECRET, NULL, NULL,
                                   TEST_ERROR));
}

/* An attribute that the library does not know stays with its row. */
Test(regroup, keeps_attributes_of_others)
{
    if (test_store_is_in_steps(&store)) {
        return;
    }
    group_id group = open_group();
    test_store_settle(&store);
    reword(inbox_of(1), group.text, CR_OTHERS, "{\"starred\":{\"BOOL\":true}}");
    call_it_five(&group);
    add_fifth(&group);
    remove_last(&group);
    test_report report;
    cr_assert_eq(test_check_run(&store, "--unknown-attributes", &report), 0, "%s", report.text);
    cr_assert_eq(test_check_run(&store, NULL, &report), 1);
}
