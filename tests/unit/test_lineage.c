/* SPDX-License-Identifier: MIT */
/* Which shards may be read: parents first. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "processor/lineage.h"

TestSuite(lineage, .timeout = 300);

static cr_node *add(cr_lineage *lineage, const char *id, const char *parent)
{
    cr_node *node = cr_lineage_add(lineage, cr_str_of(id));
    cr_assert(node != NULL);
    cr_assert(cr_node_set_parent(node, cr_str_of(parent)));
    return node;
}

static cr_node *find(const cr_lineage *lineage, const char *id)
{
    return cr_lineage_find(lineage, cr_str_of(id));
}

/* The shards that may be read, as one text. */
static const char *readable(const cr_lineage *lineage)
{
    static char text[200];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < lineage->count; i++) {
        const cr_node *node = lineage->node[i];
        if (!node->is_done && cr_lineage_may_read(lineage, node)) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s ", node->id);
        }
    }
    return text;
}

Test(lineage, parents_before_children)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    (void)add(&lineage, "e", "c");
    (void)add(&lineage, "b", "a");
    (void)add(&lineage, "c", "a");
    (void)add(&lineage, "d", "b");
    (void)add(&lineage, "a", NULL);
    cr_assert_str_eq(readable(&lineage), "a ");
    find(&lineage, "a")->is_done = true;
    cr_assert_str_eq(readable(&lineage), "b c ");
    find(&lineage, "c")->is_done = true;
    cr_assert_str_eq(readable(&lineage), "b e ");
    find(&lineage, "b")->is_done = true;
    find(&lineage, "e")->is_done = true;
    cr_assert_str_eq(readable(&lineage), "d ");
    cr_assert(!cr_lineage_is_done(&lineage));
    find(&lineage, "d")->is_done = true;
    cr_assert(cr_lineage_is_done(&lineage));
    cr_lineage_free(&lineage);
}

Test(lineage, a_parent_that_is_not_kept_is_not_waited_for)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    (void)add(&lineage, "b", "a");
    (void)add(&lineage, "c", "b");
    cr_assert_str_eq(readable(&lineage), "b ");
    cr_lineage_remove(&lineage, 0);
    cr_assert_str_eq(readable(&lineage), "c ");
    cr_lineage_free(&lineage);
}

Test(lineage, circles_do_not_wait_for_themselves)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    (void)add(&lineage, "own", "own");
    (void)add(&lineage, "x", "z");
    (void)add(&lineage, "y", "x");
    (void)add(&lineage, "z", "y");
    (void)add(&lineage, "behind", "x");
    cr_assert_str_eq(readable(&lineage), "own x y z ");
    find(&lineage, "x")->is_done = true;
    cr_assert_str_eq(readable(&lineage), "behind own y ");
    cr_lineage_free(&lineage);
}

Test(lineage, ids_are_found_and_there_once)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    char id[20];
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof(id), "shard-%u", i * 7919 % 1000);
        cr_node *node = add(&lineage, id, NULL);
        cr_assert_eq(cr_lineage_add(&lineage, cr_str_of(id)), node);
    }
    cr_assert_eq(lineage.count, 1000);
    for (size_t i = 1; i < lineage.count; i++) {
        cr_assert(strcmp(lineage.node[i - 1]->id, lineage.node[i]->id) < 0);
    }
    cr_assert(find(&lineage, "shard-999") != NULL);
    cr_assert(find(&lineage, "shard-") == NULL);
    cr_assert(find(&lineage, "shard-9999") == NULL);
    cr_lineage_free(&lineage);
}
