/* SPDX-License-Identifier: MIT */
/* Shared by the public functions: the handle, the entry of a call, the checks of arguments. */
#ifndef CR_CRUDDUR_ENTRY_H
#define CR_CRUDDUR_ENTRY_H

#include <cruddur/cruddur.h>
#include <stdatomic.h>

#include "cruddur/layout.h"
#include "listing/list.h"
#include "messaging/write.h"
#include "store/store.h"
#include "watch/hub.h"

struct cr_followers;
struct cr_pool;

/* How a call was submitted (submit.h). The call gets a copy of the handle that has this. */
typedef struct cr_submitted {
    struct cruddur *owner; /* the handle itself */
    bool only_checks;      /* its arguments, and returns CR_CHECKED */
    const atomic_bool *cancel;
    const struct cr_followers *followers; /* what was submitted after it; NULL: nothing */
    int64_t since_us;                     /* from when its deadline counts */
    int64_t deadline_us;                  /* of the request; INT64_MAX: none */
} cr_submitted;

/* No status of a call: its arguments are valid, and that was all there was to do. */
#define CR_CHECKED ((cruddur_status)1000)

struct cruddur {
    cr_store *store;
    cruddur_options options;
    uint32_t generation;            /* cr_fork_generation() of the process that opened it */
    _Atomic(struct cr_pool *) pool; /* of submitted calls; NULL until it is needed */
    const cr_submitted *submitted;  /* NULL: a blocking call */
    _Atomic(cr_hub *) hub;          /* of watches; made with the first */
};

/* Whether this process opened the handle. */
cruddur_status cr_handle_check(const cruddur *dm, cruddur_error **error);

/* The handle's pool, which is made if it has none. */
cruddur_status cr_handle_pool(cruddur *dm, struct cr_pool **ret_pool, cruddur_error **error);

/* ---- the entry of a call ---- */

typedef struct cr_entry {
    cr_call call;
    const cruddur *dm;
    cruddur_operation operation;
    int64_t started_us;
    int64_t since_us;     /* from when the deadline counts */
    cruddur_error *error; /* until the call ends: the caller's place is written on failure only */
    cruddur_error **ret_error;
} cr_entry;

/* Starts the clock, with the handle's deadline. Refuses a handle that was inherited by fork(); the
 * entry has to be ended all the same. */
cruddur_status cr_entry_begin(cr_entry *entry, const cruddur *dm, cruddur_operation operation,
                              cruddur_error **error);

/* Sets the deadline of this call, counted from its beginning; 0 keeps the handle's. */
void cr_entry_set_timeout(cr_entry *entry, uint32_t timeout_ms);

/* All arguments were read, and this is what came of it. A submission only checks them: what is
 * returned then is CR_CHECKED, with which the call ends. */
static inline cruddur_status cr_entry_checked(const cr_entry *entry, cruddur_status status)
{
    bool only_checks = entry->dm->submitted != NULL && entry->dm->submitted->only_checks;
    return status == CRUDDUR_OK && only_checks ? CR_CHECKED : status;
}

/* Calls the metrics hook, and returns the status. */
cruddur_status cr_entry_end(cr_entry *entry, cruddur_status status);

/* ---- the checks; each names the argument in its error ---- */

/* What the library knows of a struct that callers fill in. */
typedef struct cr_struct {
    size_t size;
    size_t first_size; /* in the version that introduced the struct: none is smaller */
    const char *initializer;
} cr_struct;

/* Of a structure of version 0.2: CR_STRUCT_0_2(LIST_OPTIONS, options). */
#define CR_STRUCT_0_2(NAME, structure)                                                             \
    ((cr_struct){sizeof(structure), CR_##NAME##_SIZE_0_2, "CRUDDUR_" #NAME "_INIT"})

/* Copies the caller's struct into ours, which has the defaults. An older caller's is shorter; what
 * a newer caller's has beyond ours must be zero. `given` may be NULL. */
cruddur_status cr_read_struct(const char *argument, const void *given, void *ours, cr_struct known,
                              cruddur_error **error);

cruddur_status cr_read_uuid(const char *argument, const char *given, cr_uuid *uuid,
                            cruddur_error **error);

/* The same for an optional uuid; *present tells whether there is one. */
cruddur_status cr_read_optional_uuid(const char *argument, const char *given, cr_uuid *uuid,
                                     bool *present, cruddur_error **error);

/* A message's text. */
cruddur_status cr_read_text(const char *argument, const char *given, size_t max_characters,
                            cr_str *text, cruddur_error **error);

/* A display name, a handle or a group's name; NULL becomes absent. */
cruddur_status cr_read_name(const char *argument, const char *given, cr_str *name,
                            cruddur_error **error);

/* The application's own data; NULL becomes absent. */
cruddur_status cr_read_data(const char *argument, const char *given, cr_str *data,
                            cruddur_error **error);

/* A time; the value `unset` stands for none. */
cruddur_status cr_read_time(const char *argument, int64_t time_us, int64_t unset,
                            cruddur_error **error);

/* Refuses unknown bits, so that later versions can give them a meaning. */
cruddur_status cr_check_flags(const char *argument, uint32_t flags, uint32_t known,
                              cruddur_error **error);

/* When a message was written; 0 means now. It must not be in the future, but for the difference of
 * clocks: every later message of the group has to follow it. */
cruddur_status cr_read_created_at(int64_t created_at_us, cruddur_error **error);

/* For how many seconds messages of this time last: at least 1, or CRUDDUR_EXPIRES_NEVER. */
cruddur_status cr_check_lasting(const char *argument, int64_t lasts_s, int64_t time_us,
                                cruddur_error **error);

/* What the options of an append and of an opening have in common. */
typedef struct cr_content {
    const char *reply_to;
    const char *data;
    int64_t expires_in_s;
} cr_content;

/* Reads it into a draft, whose `created_at_us` is set. */
cruddur_status cr_read_content(const cruddur *dm, const cr_content *given, cr_draft *draft,
                               cruddur_error **error);

/* The uuid of a message that is written at `created_at_us` (0: now); `given` may be NULL: *present
 * tells. A uuid whose repeat the store could not recognise is refused. */
cruddur_status cr_read_message_uuid(const cr_store *store, const char *given, int64_t created_at_us,
                                    cr_uuid *uuid, bool *present, cruddur_error **error);

/* The viewer whose membership is to be checked. A trusted caller has none: *ret_viewer becomes
 * NULL. Otherwise it becomes `viewer`. */
cruddur_status cr_read_viewer(const char *viewer_uuid, bool is_trusted, cr_uuid *viewer,
                              const cr_uuid **ret_viewer, cruddur_error **error);

/* A message that options name; *is_told is false where they name none. */
cruddur_status cr_read_message_name(const cr_message_arguments *arguments, const char *uuid,
                                    int64_t created_at_us, cr_message_name *name, bool *is_told,
                                    cruddur_error **error);

/* `flags` are the bits that the call knows. */
cruddur_status cr_read_listing(const cruddur_list_options *given, uint32_t flags,
                               cruddur_list_options *options, cr_listing *listing,
                               cruddur_error **error);

/* The names of a user argument and its fields, for errors. */
typedef struct cr_user_names {
    const char *user, *uuid, *display_name, *handle;
} cr_user_names;

cruddur_status cr_read_user(const cr_user_names *names, const cruddur_user *given,
                            cr_person *person, cruddur_error **error);

/* One of an array of users, whose elements before this one are valid. */
cruddur_status cr_read_element(const cr_user_names *names, const cruddur_user *users, size_t index,
                               cr_person *person, cruddur_error **error);

#endif
