/* SPDX-License-Identifier: MIT */
#include "checked.h"

#include <stdio.h>
#include <string.h>

static void keep(char *kept, size_t size, const char *text)
{
    (void)snprintf(kept, size, "%s", text == NULL ? "" : text);
}

static bool listen(void *data, const cruddur_check_event *event)
{
    told *heard = data;
    size_t used = strlen(heard->kinds);
    cr_assert_eq(event->size, sizeof(*event));
    heard->last = *event;
    if (event->kind == CRUDDUR_CHECK_PROGRESS) {
        cr_assert_null(event->message);
        keep(heard->cursor, sizeof(heard->cursor), event->cursor);
        return ++heard->parts != heard->parts_wanted;
    }
    cr_assert_eq(event->is_breach, event->kind < 100);
    cr_assert(event->message != NULL && strstr(event->message, TEST_SECRET) == NULL);
    keep(heard->group, sizeof(heard->group), event->group_uuid);
    keep(heard->user, sizeof(heard->user), event->user_uuid);
    (void)snprintf(heard->kinds + used, sizeof(heard->kinds) - used, "%s%s ",
                   event->is_repaired != 0 ? "+" : "", cruddur_check_kind_name(event->kind));
    return true;
}

told check_some(cruddur_check_options *options, size_t parts_wanted)
{
    told heard = {.kinds = "", .parts_wanted = parts_wanted};
    options->observe = listen;
    options->data = &heard;
    must_succeed(cruddur_check(store.dm, options, TEST_ERROR));
    return heard;
}

told check_with(cruddur_check_options *options)
{
    return check_some(options, 0);
}

told check_table(uint32_t flags)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.flags = flags;
    return check_with(&options);
}
