/* SPDX-License-Identifier: MIT */
/* What changes of the sequence mean to those who watch. */
#ifndef CR_WATCH_TELL_H
#define CR_WATCH_TELL_H

#include "messaging/change.h"
#include "watch/hub.h"
#include "watch/view.h"

/* Who gets events, and what each gets. `has_lost` of a watch is set if its viewer may not read the
 * group any more. */
typedef struct cr_audience {
    cr_crowd crowd;
    cr_event_list *events;
} cr_audience;

/* What members' rows said when they were last seen, so that a change of the marker can be told from
 * one of the settings. It may forget: then both are told. It is good for watches that were told all
 * of it. */
#define CR_OWN_CACHE_SIZE 4096

typedef struct cr_own_cache {
    struct {
        uint64_t row;
        uint64_t marker;
        uint64_t settings;
    } known[CR_OWN_CACHE_SIZE];
} cr_own_cache;

/* Reads what has changed, in the order of the changes, and adds the events. The place of an event
 * is before its change, and of the last event of a change after it. Read statuses. */
cruddur_status cr_tell_changes(cr_txn *txn, const cr_changed_keys *changed,
                               const cr_audience *audience, cr_own_cache *cache);

/* ---- for those who look at the table, too ---- */

/* A digest of the settings that are a member's own. */
uint64_t cr_own_settings(const cr_row *group_row);

/* Makes the news of a change row, whose text it borrows; false for a change of an unknown kind.
 * `message` is the message that it names, if it is to be shown, or NULL. */
bool cr_news_of_change(const cr_uuid *group, const cr_change *change, const cr_row *message,
                       cr_news *news);

/* Makes the news of a message. */
cr_news cr_news_of_message(const cr_uuid *group, const cr_row *message);

/* Makes the news of what a member has read. */
cr_news cr_news_of_marker(const cr_uuid *group, cr_str user, cr_str marker);

#endif
