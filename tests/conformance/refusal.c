/* SPDX-License-Identifier: MIT */
#include "refusal.h"

group_id refusal_group;

static test_report noted;

void refusals_begin(void)
{
    suite_begin();
    refusal_group = open_with_messages(3);
    noted = test_check_summary(&store);
}

void refusals_end(void)
{
    cr_assert_str_eq(noted.text, test_check_summary(&store).text, "something was written");
}

/* Where outputs point before the call, and must point after it. */
static max_align_t nowhere;
static void *const untouched = &nowhere;

/* Looks at what came back of the call with a place for the error and of the one without. */
static const char *judge(const char *call, cruddur_status status, cruddur_status without_error,
                         cruddur_status expected, const char *argument, const void *output)
{
    const char *wrong = test_wrong_failure(status, expected, argument);
    if (wrong == NULL && without_error != status) {
        wrong = "another status without a place for the error";
    }
    if (wrong == NULL && output != untouched) {
        wrong = "the output was touched";
    }
    if (wrong == NULL && !test_is_documented(call, expected)) {
        wrong = "the function's comment does not name this status";
    }
    return wrong;
}

const char *try_open(cruddur_status expected, const char *argument, const char *url,
                     const cruddur_options *options)
{
    cruddur *dm = untouched;
    cruddur_status status = cruddur_open(url, options, &dm, TEST_ERROR);
    return judge("cruddur_open", status, cruddur_open(url, options, &dm, NULL), expected, argument,
                 dm);
}

const char *try_append(cruddur_status expected, const char *argument, const cruddur_user *author,
                       const char *group, const char *text, const cruddur_append_options *options)
{
    cruddur_msg *msg = untouched;
    cruddur_status status =
        cruddur_msg_append(store.dm, author, group, text, options, &msg, TEST_ERROR);
    return judge("cruddur_msg_append", status,
                 cruddur_msg_append(store.dm, author, group, text, options, &msg, NULL), expected,
                 argument, msg);
}

const char *try_create(cruddur_status expected, const char *argument, const cruddur_user *creator,
                       const cruddur_user *others, size_t n_others, const char *text,
                       const cruddur_create_options *options)
{
    cruddur_group *group = untouched;
    cruddur_status status = cruddur_group_create(store.dm, creator, others, n_others, text, options,
                                                 &group, TEST_ERROR);
    return judge(
        "cruddur_group_create", status,
        cruddur_group_create(store.dm, creator, others, n_others, text, options, &group, NULL),
        expected, argument, group);
}

const char *try_messages(cruddur_status expected, const char *argument, const char *viewer,
                         const char *group, const cruddur_list_options *options)
{
    cruddur_msg_page *page = untouched;
    cruddur_status status = cruddur_msg_list(store.dm, viewer, group, options, &page, TEST_ERROR);
    return judge("cruddur_msg_list", status,
                 cruddur_msg_list(store.dm, viewer, group, options, &page, NULL), expected,
                 argument, page);
}

const char *try_groups(cruddur_status expected, const char *argument, const char *user,
                       const cruddur_list_options *options)
{
    cruddur_group_page *page = untouched;
    cruddur_status status = cruddur_group_list(store.dm, user, options, &page, TEST_ERROR);
    return judge("cruddur_group_list", status,
                 cruddur_group_list(store.dm, user, options, &page, NULL), expected, argument,
                 page);
}

const char *try_get(cruddur_status expected, const char *argument, const char *viewer,
                    const char *group, const cruddur_get_options *options)
{
    cruddur_group *found = untouched;
    cruddur_status status = cruddur_group_get(store.dm, viewer, group, options, &found, TEST_ERROR);
    return judge("cruddur_group_get", status,
                 cruddur_group_get(store.dm, viewer, group, options, &found, NULL), expected,
                 argument, found);
}

const char *try_members(cruddur_status expected, const char *argument, const char *viewer,
                        const char *group, const cruddur_members_options *options)
{
    cruddur_members *members = untouched;
    cruddur_status status =
        cruddur_group_members(store.dm, viewer, group, options, &members, TEST_ERROR);
    return judge("cruddur_group_members", status,
                 cruddur_group_members(store.dm, viewer, group, options, &members, NULL), expected,
                 argument, members);
}

const char *try_scan(cruddur_status expected, const char *argument,
                     const cruddur_scan_options *options)
{
    cruddur_row_page *page = untouched;
    cruddur_status status = cruddur_scan(store.dm, options, &page, TEST_ERROR);
    return judge("cruddur_scan", status, cruddur_scan(store.dm, options, &page, NULL), expected,
                 argument, page);
}
