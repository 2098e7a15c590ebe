/* SPDX-License-Identifier: MIT */
#ifndef WEB_OPTIONS_H
#define WEB_OPTIONS_H

#include <stdbool.h>

#define OPTIONS_DEMO_MAX 8

struct options {
    const char *store, *users, *address, *static_folder, *session_key, *origin;
    const char *jwks, *issuer, *client_id;
    const char *demo[OPTIONS_DEMO_MAX]; /* handles */
    unsigned demo_count;
    unsigned port;
    unsigned connections, connections_per_address, streams_per_user;
    unsigned reads_per_s, writes_per_s; /* of each user; 0: no limit */
    unsigned heartbeat_s, read_s, stop_s;
    bool is_metrics_public, is_verbose, is_quiet;
};

/* Reads the arguments and the environment. -1, or the exit status of the process. */
int options_read(struct options *self, int count, char **arguments);

#endif
