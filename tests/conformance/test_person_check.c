/* SPDX-License-Identifier: MIT */
/* A table in which the data of one person were erased is in order: a check finds nothing in it, and
 * a repair leaves it as it is. */
#include "checked.h"
#include "eve.h"
#include "planted.h"

TestSuite(person_check, .init = eve_begin, .fini = suite_end, .timeout = 600);

static cruddur_status append_to(const group_id *group)
{
    return cruddur_msg_append(store.dm, &test_bob, group->text, "more", NULL, NULL, TEST_ERROR);
}

static void erase(uint32_t flags)
{
    cruddur_person_options options = CRUDDUR_PERSON_OPTIONS_INIT;
    options.flags = flags;
    test_store_settle(&store);
    must_succeed(cruddur_person_erase(store.dm, eve.uuid, &options, TEST_ERROR));
    test_store_settle(&store);
}

static void expect_in_order(uint32_t flags)
{
    told heard = check_table(flags);
    cr_assert_str_eq(heard.kinds, "");
    cr_assert_eq(heard.last.groups, 4);
    cr_assert_eq(heard.last.repaired, 0);
}

/* The whole table, the closed group alone, and what is Eve's; then all of it with a repair. */
static void expect_erased_table(const talk *all)
{
    cruddur_check_options of_group = CRUDDUR_CHECK_OPTIONS_INIT;
    cruddur_check_options of_eve = CRUDDUR_CHECK_OPTIONS_INIT;
    of_group.group_uuid = all->direct.text;
    of_eve.user_uuid = eve.uuid;
    expect_in_order(0);
    told heard = check_with(&of_group);
    cr_assert_str_eq(heard.kinds, "");
    heard = check_with(&of_eve);
    cr_assert_str_eq(heard.kinds, "");
    test_report before = test_check_summary(&store);
    expect_in_order(CRUDDUR_CHECK_REPAIR);
    test_report after = test_check_summary(&store);
    cr_assert_str_eq(before.text, after.text);
}

Test(person_check, finds_nothing_after_an_erasure)
{
    talk all = talk_with_eve();
    erase(0);
    expect_erased_table(&all);
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_to(&all.direct));
}

Test(person_check, finds_nothing_where_texts_were_kept)
{
    talk all = talk_with_eve();
    erase(CRUDDUR_PERSON_KEEP_TEXT);
    expect_erased_table(&all);
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_to(&all.direct));
}

/* Rows of a closed group that were broken since are repaired, and the group stays closed, the name
 * erased. */
Test(person_check, repairs_a_closed_group)
{
    talk all = talk_with_eve();
    erase(0);
    const char *pk = planted_text("GRP#%s", test_bob.uuid);
    cr_assert_eq(uproot(pk, all.direct.text), 1);
    expect_found(CRUDDUR_CHECK_REPAIR, "+row_missing ");
    reword(pk, all.direct.text, CR_REV, "77");
    expect_found(CRUDDUR_CHECK_REPAIR, "+card_contradicted ");
    expect_in_order(0);
    cr_assert_not(table_has(EVE_NAME));
    cr_assert_not(table_has(EVE_HANDLE));
    must_fail(CRUDDUR_E_CLOSED, "group_uuid", append_to(&all.direct));
    test_check(&store);
}
