/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <stdio.h>
#include <string.h>

#include "api.h"
#include "events.h"
#include "metrics.h"
#include "page.h"
#include "session.h"
#include "static.h"

#define USER ROUTE_SIGNED_IN
#define API (ROUTE_SIGNED_IN | ROUTE_API)
#define MONITOR (ROUTE_API | ROUTE_ANY_HOST)

const struct route routes[] = {
    {"GET", "/", page_home, USER},
    {"GET", "/messages", page_inbox, USER},
    {"GET", "/messages/new", page_new, USER},
    {"GET", "/messages/new/*", page_new, USER},
    {"POST", "/time-zone", form_time_zone, USER},
    {"POST", "/messages/new", form_new, USER},
    {"GET", "/messages/*", page_conversation, USER},
    {"GET", "/messages/*/items", page_items, USER},
    {"GET", "/inbox", page_groups, USER},
    {"POST", "/messages/*/send", form_send, USER},
    {"POST", "/messages/*/edit", form_edit, USER},
    {"POST", "/messages/*/delete", form_delete, USER},
    {"POST", "/messages/*/react", form_react, USER},
    {"POST", "/messages/*/read", form_read, USER},
    {"POST", "/messages/*/mute", form_mute, USER},
    {"POST", "/messages/*/archive", form_archive, USER},
    {"POST", "/messages/*/block", form_block, USER},
    {"GET", "/sign-in", session_get, 0},
    {"POST", "/sign-in", session_post, 0},
    {"POST", "/sign-out", session_end, USER},
    {"GET", "/static/*", static_get, 0},
    {"GET", "/events", events_get, API},
    {"GET", "/api/message_groups", api_groups, API},
    {"GET", "/api/messages/*", api_messages, API},
    {"POST", "/api/messages", api_send, API},
    {"GET", "/api/users/*/short", api_user, API},
    {"GET", "/healthz", api_health, MONITOR},
    {"GET", "/metrics", metrics_get, MONITOR},
};
const size_t route_count = sizeof(routes) / sizeof(routes[0]);

/* Whether a path has the form of a pattern; `at` and `size` receive the parts. */
static bool matches(const char *pattern, const char *path, const char *at[ROUTE_PARTS_MAX],
                    size_t size[ROUTE_PARTS_MAX])
{
    size_t count = 0;
    while (*pattern != '\0') {
        if (*pattern == '*') {
            at[count] = path;
            size[count] = strcspn(path, "/");
            if (size[count] == 0) {
                return false;
            }
            path += size[count++];
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

const struct route *route_find(const char *method, char *path, const char *parts[ROUTE_PARTS_MAX],
                               char ret_allowed[ROUTE_ALLOWED_SIZE])
{
    const char *at[ROUTE_PARTS_MAX] = {NULL, NULL};
    size_t size[ROUTE_PARTS_MAX] = {0, 0};
    ret_allowed[0] = '\0';
    for (size_t i = 0; i < route_count; i++) {
        if (!matches(routes[i].pattern, path, at, size)) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0) {
            for (size_t part = 0; part < ROUTE_PARTS_MAX && at[part] != NULL; part++) {
                path[(size_t)(at[part] - path) + size[part]] = '\0';
                parts[part] = at[part];
            }
            return &routes[i];
        }
        if (strstr(ret_allowed, routes[i].method) == NULL) {
            size_t used = strlen(ret_allowed);
            (void)snprintf(ret_allowed + used, ROUTE_ALLOWED_SIZE - used, "%s%s",
                           used == 0 ? "" : ", ", routes[i].method);
        }
    }
    return NULL;
}
