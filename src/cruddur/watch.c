/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/fork.h"
#include "cruddur/entry.h"
#include "messaging/change.h"

#define US_PER_MS INT64_C(1000)
#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS 600000

/* ---- opening ---- */

static cruddur_status read_subject(const cruddur_watch_options *options, cr_watch_wish *wish,
                                   cruddur_error **error)
{
    bool is_inbox = options->user_uuid != NULL;
    if (is_inbox == (options->group_uuid != NULL)) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid",
                                "exactly one of user_uuid and group_uuid must be set");
    }
    wish->is_inbox = is_inbox;
    return is_inbox
               ? cr_read_uuid("options.user_uuid", options->user_uuid, &wish->subject, error)
               : cr_read_uuid("options.group_uuid", options->group_uuid, &wish->subject, error);
}

static cruddur_status read_viewer(const cruddur_watch_options *options, cr_watch_wish *wish,
                                  cruddur_error **error)
{
    const cr_uuid *viewer = NULL;
    bool is_trusted = (options->flags & CRUDDUR_WATCH_TRUSTED) != 0;
    if (wish->is_inbox) {
        return options->viewer_uuid == NULL
                   ? CRUDDUR_OK
                   : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.viewer_uuid",
                                      "must be NULL: an inbox is watched by its user");
    }
    cruddur_status status =
        cr_read_viewer(options->viewer_uuid, is_trusted, &wish->viewer, &viewer, error);
    wish->has_viewer = viewer != NULL;
    return status;
}

static cruddur_status read_intervals(const cruddur_watch_options *options, cr_watch_wish *wish,
                                     cruddur_error **error)
{
    wish->interval_min_us = options->interval_min_ms * US_PER_MS;
    wish->interval_max_us = options->interval_max_ms * US_PER_MS;
    if (options->interval_min_ms < INTERVAL_MIN_MS ||
        options->interval_min_ms > options->interval_max_ms) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_min_ms",
                                "must be %d to interval_max_ms, %u; it is %u", INTERVAL_MIN_MS,
                                options->interval_max_ms, options->interval_min_ms);
    }
    return options->interval_max_ms <= INTERVAL_MAX_MS
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_max_ms",
                                  "must be at most %d; it is %u", INTERVAL_MAX_MS,
                                  options->interval_max_ms);
}

static cruddur_status read_options(cr_entry *entry, const cruddur_watch_options *given,
                                   cr_watch_wish *wish)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    cruddur_error **error = entry->call.error;
    cruddur_status status =
        cr_read_struct("options", given, &options, CR_STRUCT_0_2(WATCH_OPTIONS, options), error);
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(entry, options.timeout_ms);
        status = cr_check_flags("options.flags", options.flags, CRUDDUR_WATCH_TRUSTED, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_subject(&options, wish, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_viewer(&options, wish, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_entry_checked(entry, read_intervals(&options, wish, error));
    }
    wish->cursor = cr_str_of(options.cursor);
    return status;
}

/* Two threads may both make one; the handle keeps the first. */
static cruddur_status find_hub(cruddur *dm, cr_hub **ret_hub, cruddur_error **error)
{
    cr_hub *hub = atomic_load(&dm->hub);
    if (hub != NULL) {
        *ret_hub = hub;
        return CRUDDUR_OK;
    }
    const cr_logger logger = {dm->options.log, dm->options.log_data};
    cruddur_status status =
        cr_hub_new(dm->store, &logger, dm->options.timeout_ms * US_PER_MS, &hub, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_hub *first = NULL;
    if (!atomic_compare_exchange_strong(&dm->hub, &first, hub)) {
        cr_hub_close(hub);
        hub = first;
    }
    *ret_hub = hub;
    return CRUDDUR_OK;
}

static cruddur_status check_store(const cr_store *store, cruddur_error **error)
{
    return (store->traits & CR_TRAIT_ATOMIC) != 0
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_NEEDS_TRANSACTIONS,
                              "the store is written in steps, without transactions: what changes "
                              "there leaves no trace to watch");
}

cruddur_status cruddur_watch_open(cruddur *dm, const cruddur_watch_options *options,
                                  cruddur_watch **ret_watch, cruddur_error **error)
{
    cr_entry entry;
    cr_hub *hub = NULL;
    cr_watch_wish wish = {.is_inbox = false};
    if (dm == NULL || options == NULL || ret_watch == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : options == NULL ? "options" : "ret_watch");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_WATCH_OPEN, error);
    if (status == CRUDDUR_OK) {
        status = read_options(&entry, options, &wish);
    }
    if (status == CRUDDUR_OK) {
        status = check_store(dm->store, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status =
            find_hub(dm->submitted != NULL ? dm->submitted->owner : dm, &hub, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_hub_open_watch(hub, &wish, &entry.call, ret_watch);
    }
    return cr_entry_end(&entry, status);
}

/* ---- a watch ---- */

static bool is_inherited(const cruddur_watch *watch)
{
    return watch->hub->generation != cr_fork_generation();
}

static cruddur_status enter(cruddur_watch *watch, cruddur_error **error)
{
    if (is_inherited(watch)) {
        return cr_fail_with(error, CRUDDUR_E_STORE_FORKED,
                            "the watch was opened before this process was forked, and only the "
                            "process that opened it may use it");
    }
    return !atomic_exchange(&watch->is_busy, true)
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_WATCH_BUSY,
                              "another thread is in a call on this watch; give each thread a "
                              "watch of its own");
}

cruddur_status cruddur_watch_next(cruddur_watch *watch, uint32_t timeout_ms,
                                  cruddur_event **ret_event, cruddur_error **error)
{
    if (watch == NULL || ret_event == NULL) {
        return cr_fail_null(error, watch == NULL ? "watch" : "ret_event");
    }
    int64_t until_us =
        timeout_ms == CRUDDUR_WATCH_FOREVER ? -1 : cr_clock_monotonic_us() + timeout_ms * US_PER_MS;
    cruddur_status status = enter(watch, error);
    if (status == CRUDDUR_OK) {
        status = cr_hub_next(watch, until_us, ret_event, error);
        atomic_store(&watch->is_busy, false);
    }
    return status;
}

int cruddur_watch_fd(const cruddur_watch *watch)
{
    return watch == NULL ? -1 : cr_beacon_fd(&watch->beacon);
}

const char *cruddur_watch_cursor(cruddur_watch *watch)
{
    const char *cursor = NULL;
    if (watch != NULL && enter(watch, NULL) == CRUDDUR_OK) {
        cursor = cr_hub_cursor(watch);
        atomic_store(&watch->is_busy, false);
    }
    return cursor;
}

void cruddur_watch_close(cruddur_watch *watch)
{
    if (watch != NULL && !is_inherited(watch)) {
        cr_hub_close_watch(watch);
    }
}

/* ---- an event ---- */

cruddur_event_kind cruddur_event_get_kind(const cruddur_event *event)
{
    return event->kind;
}

const char *cruddur_event_kind_name(cruddur_event_kind kind)
{
    static const char *const names[] = {
        [CRUDDUR_EVENT_MESSAGE] = "message",
        [CRUDDUR_EVENT_EDIT] = "edit",
        [CRUDDUR_EVENT_DELETION] = "deletion",
        [CRUDDUR_EVENT_REACTION] = "reaction",
        [CRUDDUR_EVENT_READ] = "read",
        [CRUDDUR_EVENT_GROUP_OPENED] = "group-opened",
        [CRUDDUR_EVENT_GROUP_CHANGED] = "group-changed",
        [CRUDDUR_EVENT_MEMBER_ADDED] = "member-added",
        [CRUDDUR_EVENT_MEMBER_REMOVED] = "member-removed",
    };
    size_t number = (size_t)kind;
    bool is_known = number < sizeof(names) / sizeof(names[0]) && names[number] != NULL;
    return is_known ? names[number] : "unknown";
}

const char *cruddur_event_cursor(const cruddur_event *event)
{
    return event->cursor;
}

const char *cruddur_event_group_uuid(const cruddur_event *event)
{
    return event->group.text;
}

const cruddur_msg *cruddur_event_msg(const cruddur_event *event)
{
    return (const cruddur_msg *)event->msg;
}

const char *cruddur_event_version(const cruddur_event *event)
{
    return event->version;
}

const char *cruddur_event_user_uuid(const cruddur_event *event)
{
    return event->user.text;
}

int64_t cruddur_event_read_up_to_us(const cruddur_event *event)
{
    return event->read_up_to_us;
}

void cruddur_event_free(cruddur_event *event)
{
    cr_event_free(event);
}
