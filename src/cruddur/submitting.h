/* SPDX-License-Identifier: MIT */
/* Submitting a call: its arguments in one form for all calls, copied into a request.
 *
 *   submit_calls.c, submit_table.c   the calls: what each is given, what comes of it
 *   submit_copy.c                    copies of arguments
 *   submit_along.c                   appends that go together in one change
 *   submit.c                         making a request, carrying it out
 *   completion.c                     what comes of it; the pool of the handle */
#ifndef CR_CRUDDUR_SUBMITTING_H
#define CR_CRUDDUR_SUBMITTING_H

#include <stdalign.h>

#include "async/pool.h"
#include "cruddur/append.h"
#include "cruddur/entry.h"
#include "messaging/followers.h"

/* ---- arguments ---- */

#define CR_GIVEN_TEXTS 4

/* What a call is given; each has some of it. */
typedef struct cr_given {
    const void *options;
    const char *text[CR_GIVEN_TEXTS];
    const cruddur_user *user;
    const cruddur_user *users;
    size_t n_users;
    const char *bytes; /* of no text */
    size_t size;
    cruddur *other;
    cruddur_write_fn write;
    cruddur_read_fn read;
    cruddur_person_lookup_fn lookup;
    void *data; /* of one of these functions */
    bool flag;
} cr_given;

#define CR_FORM_TEXTS 5

/* The options of a call: their size, and where their texts are. */
typedef struct cr_form {
    size_t size;
    size_t count;
    size_t text[CR_FORM_TEXTS];
} cr_form;

extern const cr_form cr_list_form, cr_append_form, cr_create_form, cr_get_form, cr_members_form,
    cr_mark_form, cr_set_form, cr_group_form, cr_msg_form, cr_scan_form, cr_schema_form,
    cr_upgrade_form, cr_stream_form, cr_follow_form, cr_purge_form, cr_check_form, cr_export_form,
    cr_import_form, cr_move_form, cr_person_form, cr_watch_form;

/* Copies valid arguments into the room, which has the size that a copy into NULL needs. */
size_t cr_copy_given(const cr_given *given, const cr_form *form, void *room, cr_given *copy);

/* ---- results ---- */

/* The public objects that a call may return: X(NAME, END) for cruddur_NAME, which
 * cruddur_NAME_END() frees. */
#define CR_PRODUCTS(X)                                                                             \
    X(msg_page, free)                                                                              \
    X(msg, free)                                                                                   \
    X(group_page, free)                                                                            \
    X(group, free)                                                                                 \
    X(members, free)                                                                               \
    X(row_page, free)                                                                              \
    X(lines, free)                                                                                 \
    X(stream_result, free)                                                                         \
    X(watch, close)

typedef enum cr_product {
    CR_PRODUCT_none,
#define CR_PRODUCT_ENUM(name, end) CR_PRODUCT_##name,
    CR_PRODUCTS(CR_PRODUCT_ENUM)
#undef CR_PRODUCT_ENUM
} cr_product;

typedef struct cr_outcome {
    union {
#define CR_PRODUCT_FIELD(name, end) cruddur_##name *name;
        CR_PRODUCTS(CR_PRODUCT_FIELD)
#undef CR_PRODUCT_FIELD
    };
    bool is_changed;
} cr_outcome;

/* ---- calls ---- */

typedef enum cr_order {
    CR_NO_ORDER,
    CR_ORDER_OF_FIRST,  /* text[0] is the uuid of the group that is changed */
    CR_ORDER_OF_SECOND, /* text[1] is */
    CR_ORDER_OF_CREATE, /* the group is one of the options, or the direct group of the two */
} cr_order;

typedef struct cr_operation {
    cruddur_operation number;
    cr_product product;
    cr_order order;
    bool is_walk; /* its deadline is that of a part: as a whole it has none */
    const cr_form *form;
    cruddur_status (*run)(cruddur *dm, const cr_given *given, cr_outcome *out,
                          cruddur_error **error);
} cr_operation;

cruddur_status cr_submit(cruddur *dm, const cr_operation *operation, const cr_given *given,
                         const cruddur_submit_options *submit, uint64_t *ret_request,
                         cruddur_error **error);

struct cruddur_completion {
    cr_request request; /* first: one is the other */
    const cr_operation *operation;
    cr_product product; /* what `out` has */
    cr_outcome out;
    cr_appending *appending; /* of one that was taken along, until it ends; else NULL */
    cr_submitted submitted;
    cruddur dm; /* a copy of the handle, with `submitted` */
    cr_given given;
    alignas(max_align_t) unsigned char room[];
};

static inline cruddur_completion *cr_completion_of(cr_request *request)
{
    return (cruddur_completion *)request;
}

/* The appends that wait behind this one in its lane. */
cr_followers cr_followers_of(cruddur_completion *completion);

/* Makes the call of one that was taken along, and left out. */
cruddur_status cr_go_on(cruddur_completion *completion);

/* Of a request that ended in the queue. NULL is ignored. */
void cr_appending_drop(cr_appending *dropped);

#define CR_LIST(...) __VA_ARGS__

/* What all options of calls begin with. */
typedef struct cr_beginning {
    size_t size;
    uint32_t flags;
    uint32_t timeout_ms;
} cr_beginning;

/* Defines the submission of cruddur_NAME(), whose options are cruddur_FORM_options: its operation,
 * the parameters between `dm` and `submit`, where they are kept, and the call with them. */
#define CR_SUBMISSION(NAME, FORM, OPERATION, PARAMETERS, GIVEN, CALL)                              \
    static cruddur_status run_##NAME(cruddur *dm, const cr_given *given, cr_outcome *out,          \
                                     cruddur_error **error)                                        \
    {                                                                                              \
        (void)out;                                                                                 \
        return cruddur_##NAME CALL;                                                                \
    }                                                                                              \
    cruddur_status cruddur_##NAME##_submit(cruddur *dm, CR_LIST PARAMETERS,                        \
                                           const cruddur_submit_options *submit,                   \
                                           uint64_t *ret_request, cruddur_error **error)           \
    {                                                                                              \
        static const cr_operation operation = {CR_LIST OPERATION, &cr_##FORM##_form, run_##NAME};  \
        const cr_given given = {.options = options, CR_LIST GIVEN};                                \
        return cr_submit(dm, &operation, &given, submit, ret_request, error);                      \
    }                                                                                              \
    _Static_assert(offsetof(cruddur_##FORM##_options, timeout_ms) ==                               \
                       offsetof(cr_beginning, timeout_ms),                                         \
                   "options begin alike")

#endif
