/* SPDX-License-Identifier: MIT */
/* Where identities come from, and keeping them fresh. Any number of threads may use one. */
#ifndef CR_AWS_CREDENTIALS_H
#define CR_AWS_CREDENTIALS_H

#include "aws/identity.h"
#include "base/call.h"
#include "base/cancel.h"

typedef struct cr_credentials cr_credentials;

/* Always this one identity, of which a reference is taken. */
cruddur_status cr_credentials_new_fixed(const cr_identity *identity,
                                        cr_credentials **ret_credentials, cruddur_error **error);

/* Something that can be asked for an identity, by one thread at a time. */
typedef struct cr_identity_source {
    /* Takes until the deadline (on the monotonic clock) at the most. */
    cruddur_status (*fetch)(void *context, int64_t deadline_us, const cr_identity **ret_identity,
                            cruddur_error **error);
    /* Asks a fetch that is under way on another thread to come to an end. May be NULL. */
    void (*cancel)(void *context);
    void (*free)(void *context); /* may be NULL */
    void *context;
} cr_identity_source;

/* What the source gives, fetched at the first call that needs it and fetched again before it
 * expires, on a thread of its own: nobody waits for that while the old identity is good for another
 * minute, and a fetch does not end with the deadline of the call that began it. While fetching
 * fails, the old identity stays in use: only the service knows what it still takes. The source is
 * freed with the credentials, and at once on failure. */
cruddur_status cr_credentials_new(const cr_identity_source *source, cr_logger logger,
                                  cr_credentials **ret_credentials, cruddur_error **error);

/* No call is under way; a fetch that is gets cancelled. NULL is ignored. */
void cr_credentials_free(cr_credentials *credentials);

/* An identity that is good for now; the caller releases it. Where none is there yet, or the one
 * there is about to expire, it is fetched, and the call waits for that until the deadline (on the
 * monotonic clock), or half that time where the one there is still good. CRUDDUR_E_CREDENTIALS: no
 * source had any; CRUDDUR_E_TIMEOUT; CRUDDUR_E_CANCELLED, which ends the wait and not the fetch. */
cruddur_status cr_credentials_get(cr_credentials *credentials, int64_t deadline_us,
                                  const atomic_bool *cancel, const cr_identity **ret_identity,
                                  cruddur_error **error);

/* The service said that this identity has expired: if it is still the one that is handed out, it is
 * handed out no longer. */
void cr_credentials_reject(cr_credentials *credentials, const cr_identity *identity);

#endif
