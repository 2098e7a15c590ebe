/* SPDX-License-Identifier: MIT */
/* Watches of the same inbox, or of the same group by the same viewer, share one poll: one of them
 * leads, and the others get what its looks find. A watch joins, with those that follow it, when the
 * leader has found nothing in a time in which the watch has looked at everything by itself: then
 * both have told the same, so nothing is skipped and nothing repeated. All under the hub's lock. */
#ifndef CR_WATCH_SHARE_H
#define CR_WATCH_SHARE_H

#include "watch/hub.h"

/* Hands what a look of this watch has found to it and to those that follow it. */
void cr_share_deliver(cr_hub *hub, cruddur_watch *leader, cr_event_list *events,
                      const cr_place *at);

/* The same of a failure. Takes the error. */
void cr_share_fail(cr_hub *hub, cruddur_watch *leader, cruddur_status status, cruddur_error *error,
                   bool is_end);

/* A look at everything that began at `began_us` has found nothing: others of its kind join, if they
 * looked at everything after the leader's latest news, and ended before this look began. */
void cr_share_join(cr_hub *hub, cruddur_watch *leader, int64_t began_us);

/* The shortest intervals of this watch and of those that follow it. */
void cr_share_intervals(const cr_hub *hub, const cruddur_watch *leader, int64_t *min_us,
                        int64_t *max_us);

/* Whether another watch of the same is in work. */
bool cr_share_is_in_work(const cr_hub *hub, const cruddur_watch *watch);

/* A watch leaves the hub: if it leads, another one has its poll then. */
void cr_share_leave(cr_hub *hub, cruddur_watch *watch);

#endif
