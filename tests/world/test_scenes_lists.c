/* SPDX-License-Identifier: MIT */
/* Lists that the service sends in several parts, while groups move. */
#include "../aws/unit.h"

#include <cruddur/cruddur.h>
#include <stdio.h>

#include "world/simulated.h"

#define OLDER "00000000-0000-4000-8000-000000000301"
#define NEWER "00000000-0000-4000-8000-000000000302"

static cruddur *dm;
static const cruddur_user ann = {sizeof(ann), "00000000-0000-4000-8000-000000000001", "Ann", "ann"};
static const cruddur_user bob = {sizeof(bob), "00000000-0000-4000-8000-000000000002", "Bob", "bob"};

static void open_group(const char *uuid)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = uuid;
    options.flags = CRUDDUR_CREATE_SEPARATE;
    cr_assert_eq(cruddur_group_create(dm, &ann, &bob, 1, "hello", &options, NULL, NULL),
                 CRUDDUR_OK);
    sim_advance(1000000);
}

/* Each part has one row. */
static void begin(void)
{
    sim_begin(1, 0, &SIM_CALM);
    sim_service_set_manners(&(sim_manners){.page_bytes = 20});
    dm = sim_open(CR_MODE_ATOMIC, false);
    open_group(OLDER);
    open_group(NEWER);
}

static void end(void)
{
    sim_service_set_manners(&(sim_manners){0});
    cruddur_close(dm);
    sim_end();
}

/* Before the second part the older group gets a message. */
static sim_fate write_between(void *context, const sim_request *request)
{
    size_t *parts = context;
    *parts += cr_str_equal(request->operation, cr_str_of("Query")) ? 1 : 0;
    if (*parts == 2) {
        ++*parts;
        cr_expect_eq(cruddur_msg_append(dm, &bob, OLDER, "again", NULL, NULL, NULL), CRUDDUR_OK);
    }
    return SIM_FATE_GOOD;
}

static void expect_groups(const char *cursor, const char *first, const char *second, bool has_newer,
                          char *newer)
{
    cruddur_group_page *page = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.cursor = cursor;
    options.flags = CRUDDUR_LIST_NO_COUNTS;
    cr_assert_eq(cruddur_group_list(dm, ann.uuid, &options, &page, NULL), CRUDDUR_OK);
    cr_assert_eq(cruddur_group_page_count(page), second == NULL ? 1u : 2u);
    cr_expect_str_eq(cruddur_group_uuid(cruddur_group_page_at(page, 0)), first);
    if (second != NULL) {
        cr_expect_str_eq(cruddur_group_uuid(cruddur_group_page_at(page, 1)), second);
    }
    cr_expect_eq(cruddur_group_page_has_newer(page), has_newer);
    (void)snprintf(newer, 512, "%s", cruddur_group_page_newer(page));
    cruddur_group_page_free(page);
}

Test(scenes, a_list_in_parts_is_whole, .init = begin, .fini = end)
{
    char newer[512];
    expect_groups(NULL, NEWER, OLDER, false, newer);
}

Test(scenes, a_list_in_parts_tells_that_a_group_has_moved, .init = begin, .fini = end)
{
    char newer[512];
    size_t parts = 0;
    sim_network_script(write_between, &parts);
    expect_groups(NULL, NEWER, NULL, true, newer);
    sim_network_script(NULL, NULL);
    expect_groups(newer, OLDER, NULL, false, newer);
}
