/* SPDX-License-Identifier: MIT */
#include "aws/identity.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct shared_identity {
    cr_identity fields; /* first, so that both have one address */
    atomic_uint references;
    size_t size; /* of the texts */
    char texts[];
} shared_identity;

/* Every reference was made from this type, which is not const. */
static shared_identity *shared(const cr_identity *identity)
{
    union {
        const cr_identity *constant;
        shared_identity *mutable;
    } either = {identity};
    return either.mutable;
}

static cr_str copy_text(cr_str text, char **room)
{
    if (text.data == NULL) {
        return CR_STR_ABSENT;
    }
    cr_str copy = {*room, text.size};
    memcpy(*room, text.data, text.size);
    (*room)[text.size] = '\0';
    *room += text.size + 1;
    return copy;
}

const cr_identity *cr_identity_new(const cr_identity *fields)
{
    size_t size = fields->access_key_id.size + fields->secret_access_key.size +
                  fields->session_token.size + fields->account_id.size + 4;
    shared_identity *made = malloc(sizeof(*made) + size);
    if (made == NULL) {
        return NULL;
    }
    char *room = made->texts;
    made->fields.access_key_id = copy_text(fields->access_key_id, &room);
    made->fields.secret_access_key = copy_text(fields->secret_access_key, &room);
    made->fields.session_token = copy_text(fields->session_token, &room);
    made->fields.account_id = copy_text(fields->account_id, &room);
    made->fields.expires_at_us = fields->expires_at_us;
    made->size = size;
    atomic_init(&made->references, 1);
    return &made->fields;
}

const cr_identity *cr_identity_retain(const cr_identity *identity)
{
    (void)atomic_fetch_add_explicit(&shared(identity)->references, 1, memory_order_relaxed);
    return identity;
}

void cr_identity_release(const cr_identity *identity)
{
    if (identity == NULL) {
        return;
    }
    shared_identity *last = shared(identity);
    if (atomic_fetch_sub_explicit(&last->references, 1, memory_order_acq_rel) == 1) {
        explicit_bzero(last->texts, last->size);
        free(last);
    }
}
