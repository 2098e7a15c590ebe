/* SPDX-License-Identifier: MIT */
/* GET /events: server-sent events of the signed-in user's inbox, from a watch of the library. */
#ifndef WEB_EVENTS_H
#define WEB_EVENTS_H

#include "request.h"

void events_get(request *self);

/* To be called every second: heartbeats. */
void events_tick(struct server *server);

/* Ends all streams; clients come back with the cursor of the last event. */
void events_stop(struct server *server);

#endif
