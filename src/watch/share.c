/* SPDX-License-Identifier: MIT */
#include "watch/share.h"

#include "base/clock.h"
#include "watch/poll.h"

/* The watches of one kind. */
typedef struct range {
    cruddur_watch **first;
    cruddur_watch **end;
} range;

static range find_kind(const cr_hub *hub, const cruddur_watch *watch)
{
    size_t end;
    const cr_crowd *crowd = &hub->crowd;
    size_t first = cr_crowd_find_same(crowd, &watch->wish, &end);
    return (range){crowd->watch + first, crowd->watch + end};
}

/* To others of its kind, what the poll has told up to now is news. A hint that waits may be of a
 * group that only a look at everything finds. */
static void go_on_as(cruddur_watch *watch, const cruddur_watch *before, cr_poll *poll)
{
    watch->poll = poll;
    watch->leader = NULL;
    watch->pause_us = before->pause_us;
    watch->look_us = cr_clock_monotonic_us();
    watch->due_us = watch->look_us;
    watch->looked_until_us = watch->look_us;
    watch->news_until_us = watch->look_us;
    watch->is_hinted_all = watch->is_hinted_all || before->is_hinted_all || before->hint_count > 0;
}

bool cr_share_is_in_work(const cr_hub *hub, const cruddur_watch *watch)
{
    const range kind = find_kind(hub, watch);
    for (cruddur_watch **at = kind.first; at < kind.end; at++) {
        if ((*at)->is_in_work) {
            return true;
        }
    }
    return false;
}

/* Another one of those that follow the same watch leads them; the poll is its own. */
static void lead(cr_hub *hub, cruddur_watch *before, cruddur_watch *next, cr_poll *poll)
{
    const range kind = find_kind(hub, before);
    go_on_as(next, before, poll);
    for (cruddur_watch **at = kind.first; at < kind.end; at++) {
        if ((*at)->leader == before && *at != next) {
            (*at)->leader = next;
            next->followers++;
        }
    }
    before->followers = 0;
}

static cruddur_watch *find_follower(const cr_hub *hub, const cruddur_watch *leader)
{
    const range kind = find_kind(hub, leader);
    for (cruddur_watch **at = kind.first; at < kind.end; at++) {
        if ((*at)->leader == leader) {
            return *at;
        }
    }
    return NULL;
}

/* Where memory has run out, it stays as it is, and gets more than it has room for. */
static void part_follower(cruddur_watch *leader, cruddur_watch *follower)
{
    cr_poll *poll = cr_poll_copy(leader->poll);
    if (poll != NULL) {
        go_on_as(follower, leader, poll);
        leader->followers--;
    }
}

/* One whose program does not take its events keeps nobody else waiting. */
static void part_full(cr_hub *hub, cruddur_watch *leader)
{
    const range kind = find_kind(hub, leader);
    for (cruddur_watch **at = kind.first; at < kind.end; at++) {
        if ((*at)->leader == leader && (*at)->queue.count >= CR_QUEUE_FULL) {
            part_follower(leader, *at);
        }
    }
    cruddur_watch *next = leader->queue.count >= CR_QUEUE_FULL && leader->followers > 0
                              ? find_follower(hub, leader)
                              : NULL;
    cr_poll *poll = next == NULL ? NULL : cr_poll_copy(leader->poll);
    if (poll != NULL) {
        lead(hub, leader, next, poll);
    }
}

/* What there was no memory for is looked for again, by a poll of its own from its place on. */
static void begin_again(cruddur_watch *leader, cruddur_watch *follower)
{
    go_on_as(follower, leader, NULL);
    leader->followers--;
}

void cr_share_deliver(cr_hub *hub, cruddur_watch *leader, cr_event_list *events, const cr_place *at)
{
    const range kind = find_kind(hub, leader);
    for (cruddur_watch **each = kind.first; leader->followers > 0 && each < kind.end; each++) {
        cr_event_list copies = {NULL, NULL, 0};
        if ((*each)->leader != leader || (*each)->has_ended) {
            continue;
        }
        if (cr_event_list_copy(events, &copies)) {
            cr_hub_deliver(*each, &copies, at);
        } else {
            begin_again(leader, *each);
        }
    }
    cr_hub_deliver(leader, events, at);
    if (leader->followers > 0) {
        part_full(hub, leader);
    }
}

void cr_share_fail(cr_hub *hub, cruddur_watch *leader, cruddur_status status, cruddur_error *error,
                   bool is_end)
{
    const range kind = find_kind(hub, leader);
    for (cruddur_watch **at = kind.first; leader->followers > 0 && at < kind.end; at++) {
        if ((*at)->leader == leader) {
            cruddur_error *copy = NULL;
            (void)cr_fail_with(&copy, status, "%s", cruddur_error_message(error));
            cr_error_set_retryable(&copy, cruddur_error_is_retryable(error));
            cr_hub_fail(*at, status, copy, is_end);
        }
    }
    cr_hub_fail(leader, status, error, is_end);
}

static bool can_join(const cruddur_watch *watch, const cruddur_watch *leader, int64_t began_us)
{
    return watch != leader && watch->leader == NULL && !watch->is_in_work && !watch->has_ended &&
           watch->failed == CRUDDUR_OK && watch->queue.count < CR_QUEUE_FULL &&
           watch->poll != NULL && cr_poll_whole_at(watch->poll) >= leader->news_until_us &&
           watch->looked_until_us <= began_us;
}

/* With those that follow it: they have told the same. */
static void join(const range *kind, cruddur_watch *watch, cruddur_watch *leader)
{
    cr_poll_free(watch->poll);
    watch->poll = NULL;
    watch->leader = leader;
    leader->followers += 1 + watch->followers;
    for (cruddur_watch **at = kind->first; watch->followers > 0 && at < kind->end; at++) {
        if ((*at)->leader == watch) {
            (*at)->leader = leader;
            watch->followers--;
        }
    }
}

void cr_share_join(cr_hub *hub, cruddur_watch *leader, int64_t began_us)
{
    const range kind = find_kind(hub, leader);
    for (cruddur_watch **at = kind.first; at < kind.end; at++) {
        if (can_join(*at, leader, began_us)) {
            join(&kind, *at, leader);
        }
    }
}

void cr_share_intervals(const cr_hub *hub, const cruddur_watch *leader, int64_t *min_us,
                        int64_t *max_us)
{
    const range kind = find_kind(hub, leader);
    *min_us = leader->wish.interval_min_us;
    *max_us = leader->wish.interval_max_us;
    for (cruddur_watch **at = kind.first; leader->followers > 0 && at < kind.end; at++) {
        const cr_watch_wish *wish = &(*at)->wish;
        if ((*at)->leader == leader) {
            *min_us = wish->interval_min_us < *min_us ? wish->interval_min_us : *min_us;
            *max_us = wish->interval_max_us < *max_us ? wish->interval_max_us : *max_us;
        }
    }
}

void cr_share_leave(cr_hub *hub, cruddur_watch *watch)
{
    cruddur_watch *next = watch->followers == 0 ? NULL : find_follower(hub, watch);
    if (watch->leader != NULL) {
        watch->leader->followers--;
    } else if (next != NULL) {
        lead(hub, watch, next, watch->poll);
        watch->poll = NULL;
    }
}
