/* SPDX-License-Identifier: MIT */
#include "server.h"

/* A user who has been idle may send so many seconds' requests at once. */
#define BURST_US (3 * G_TIME_SPAN_SECOND)
#define IDLE_MS 60000

struct limited_user {
    int64_t paid_until_us[2]; /* by reads, by writes: each is paid with the time that it costs */
    int64_t used_ms;
};

static struct limited_user *find(struct server *server, const char *uuid)
{
    struct limited_user *user = g_hash_table_lookup(server->limits, uuid);
    if (user == NULL) {
        user = g_new0(struct limited_user, 1);
        (void)g_hash_table_insert(server->limits, g_strdup(uuid), user);
    }
    user->used_ms = clock_ms();
    return user;
}

bool limits_take(struct server *server, const char *uuid, bool is_write)
{
    int per_s = is_write ? server->options.writes_per_s : server->options.reads_per_s;
    int64_t now_us = g_get_monotonic_time();
    int64_t *paid_us = &find(server, uuid)->paid_until_us[is_write];
    int64_t next_us = MAX(*paid_us, now_us) + (per_s > 0 ? G_TIME_SPAN_SECOND / per_s : 0);
    if (next_us - now_us > BURST_US) {
        return false;
    }
    *paid_us = next_us;
    return true;
}

static gboolean is_idle(G_GNUC_UNUSED void *uuid, void *value, G_GNUC_UNUSED void *data)
{
    return clock_ms() - ((struct limited_user *)value)->used_ms > IDLE_MS;
}

void limits_sweep(struct server *server)
{
    (void)g_hash_table_foreach_remove(server->limits, is_idle, NULL);
}
