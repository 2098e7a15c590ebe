/* SPDX-License-Identifier: MIT */
/* The table of routes. */
#include "web.h"

#define USER ROUTE_SIGNED_IN
#define GROUP (ROUTE_SIGNED_IN | ROUTE_UUID)
#define API (ROUTE_SIGNED_IN | ROUTE_API)

static const struct route routes[] = {
    {"GET", "/", page_home, USER},
    {"GET", "/messages", page_inbox, USER},
    {"GET", "/messages/new", page_new, USER},
    {"GET", "/messages/new/*", page_new, USER},
    {"POST", "/messages/new", form_new, USER},
    {"GET", "/messages/*", page_conversation, GROUP},
    {"GET", "/messages/*/items", page_items, GROUP},
    {"POST", "/messages/*/send", form_send, GROUP},
    {"POST", "/messages/*/edit", form_change, GROUP},
    {"POST", "/messages/*/delete", form_change, GROUP},
    {"POST", "/messages/*/react", form_change, GROUP},
    {"POST", "/messages/*/read", form_read, GROUP},
    {"POST", "/messages/*/mute", form_set, GROUP},
    {"POST", "/messages/*/archive", form_set, GROUP},
    {"POST", "/messages/*/block", form_set, GROUP},
    {"POST", "/time-zone", form_time_zone, USER},
    {"GET", "/sign-in", session_begin, 0},
    {"POST", "/sign-in", session_begin, 0},
    {"POST", "/sign-out", session_end, USER},
    {"GET", "/static/*", static_get, 0},
    {"GET", "/events", events_get, API},
    {"GET", "/api/message_groups", api_groups, API},
    {"GET", "/api/messages/*", api_messages, API | ROUTE_UUID},
    {"POST", "/api/messages", api_send, API},
    {"GET", "/api/users/*/short", api_user, API},
    {"GET", "/healthz", api_health, ROUTE_API | ROUTE_ANY_HOST},
    {"GET", "/metrics", metrics_get, ROUTE_API | ROUTE_ANY_HOST},
};

/* Whether a path has the form of a pattern; `part` is what the `*` stands for, if there is one. */
static bool matches(const char *pattern, const char *path, const char **part, size_t *size)
{
    size_t before = strcspn(pattern, "*");
    if (pattern[before] == '\0') {
        return strcmp(pattern, path) == 0;
    }
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    *part = path + before;
    *size = strcspn(*part, "/");
    return *size > 0 && strcmp(pattern + before + 1, *part + *size) == 0;
}

bool route_find(request *self, const char **ret_allowed)
{
    static const char *const allowed[] = {NULL, "GET", "POST", "GET, POST"};
    unsigned methods = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        const char *part = "";
        size_t size = 0;
        if (!matches(routes[i].pattern, self->path, &part, &size)) {
            continue;
        }
        if (strcmp(routes[i].method, self->method) == 0) {
            self->path[size > 0 ? (size_t)(part - self->path) + size : strlen(self->path)] = '\0';
            self->part = part;
            self->route = &routes[i];
            for (char *at = self->path; (routes[i].flags & ROUTE_UUID) != 0 && *at != '\0'; at++) {
                *at = g_ascii_tolower(*at); /* as the library writes uuids */
            }
            return true;
        }
        methods |= strcmp(routes[i].method, "GET") == 0 ? 1 : 2;
    }
    *ret_allowed = allowed[methods];
    return false;
}
