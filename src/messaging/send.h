/* SPDX-License-Identifier: MIT */
/* One call that sends a message: what is kept over all runs of its body, and what is done around
 * them. */
#ifndef CR_MESSAGING_SEND_H
#define CR_MESSAGING_SEND_H

#include "messaging/write.h"
#include "model/taken_key.h"

typedef struct cr_send {
    const cr_draft *draft;
    const cr_opening *opening; /* NULL for an append */
    cr_str token;              /* the draft's uuid, where it may have a claim */
    cr_kept_key first;         /* of all sort keys that were chosen */
    bool may_be_stored;        /* by a change for several messages, of which nothing is known */
    bool is_together;          /* a change for several messages has this one */
    bool is_apart;             /* it cannot go together with others: something is special */
    const atomic_bool *cancel; /* of its call */
    cr_meter shared;           /* what that one cost which was waited for */
    cr_kept_key left;          /* the key at which a run in steps may have left rows; empty: none */

    /* Of the latest run. */
    unsigned traits;        /* that it met */
    bool is_guess;          /* it went by rows that may be out of date */
    bool is_recalled;       /* namely by what this handle left, and read nothing */
    cr_kept_key strange;    /* the version of the card that rows did not agree with */
    cr_kept_key head;       /* that it found; none: there was no message */
    cr_kept_key first_head; /* the same of its first run: later ones may have left rows behind it */
    cr_kept_key oldest;    /* the place of the oldest group row that it found, if before the head */
    int64_t planned_us;    /* the time of the key that was looked at in the inboxes; 0: none was */
    cr_key_choice choice;  /* of the message's sort key */
    cr_packed_row *result; /* the message row, or the author's group row */
    bool is_repeat;        /* the result was there before this call */
    bool is_late;          /* the message was put alone, at the key that was claimed for it */
} cr_send;

static inline bool cr_send_is_atomic(const cr_send *send)
{
    return (send->traits & CR_TRAIT_ATOMIC) != 0;
}

/* Whether a run before this one stated its writes, and a condition failed. */
static inline bool cr_send_has_failed(const cr_send *send)
{
    return send->choice.has_chosen;
}

/* Whether a message without a claim may be stored by a request of a run before this one: its answer
 * got lost; or it was refused and has come again since, which the head then shows. */
bool cr_send_may_be_stored(const cr_send *send, const cr_txn *txn, const cr_row *head);

/* Begins a run of the body. */
void cr_send_begin(cr_send *send, const cr_txn *txn);

/* The tokens that a run looks for. */
static inline cr_reads cr_send_reads(const cr_send *send)
{
    return (cr_reads){.tokens = &send->token, .token_count = send->token.data == NULL ? 0 : 1};
}

/* Notes the head that this run found. A run that finds the same head as the one before it was run
 * again because a key was taken, and steps on. */
void cr_send_note_head(cr_send *send, const cr_row *head);

/* Chooses the message's sort key: the present, or the time that the caller wants, but after
 * `last_sk`. */
cruddur_status cr_send_choose_key(cr_send *send, cr_str last_sk, cr_sort_key *key,
                                  const cr_call *call);

/* Plans the key that the message gets if this is the last one before it, and nothing comes between.
 */
bool cr_send_plan_key(cr_send *send, cr_str last_sk, cr_sort_key *key);

/* Makes the message row; its strings are the arguments', and the transaction's. */
cruddur_status cr_send_message(cr_txn *txn, const cr_draft *draft, const cr_person *author,
                               const cr_pk *pk, const cr_sort_key *sk, cr_row *row);

/* Keeps what the call is to return. */
cruddur_status cr_send_keep(cr_send *send, const cr_row *result, const cr_call *call);

/* Runs the body after the threads that came earlier, unless another call has sent it along
 * (combine.h), and in steps looks back. *ret_row is the result; free it with free(). */
cruddur_status cr_send_run(cr_store *store, cr_body body, cr_send *send, cr_call *call,
                           cr_packed_row **ret_row);

#endif
