/* SPDX-License-Identifier: MIT */
/* People, groups and messages in a simulated world, and the history of what was asked and told:
 * what check.c judges by. */
#ifndef TESTS_WORLD_STAGE_H
#define TESTS_WORLD_STAGE_H

#include <stdio.h>

#include <cruddur/cruddur.h>

#include "messaging/write.h"
#include "world/simulated.h"

/* The last one is in no group. */
#define PEOPLE 5
#define STRANGER (PEOPLE - 1)
#define GROUPS 3
#define MESSAGES_MAX 256
#define FOREIGN_MAX 16
/* Where members come and go, it is this person in this group (guests.h). */
#define GUEST 3
#define GUEST_GROUP 2

/* What the library does not know in the rows of a group that was there before, and carries along.
 */
#define STAGE_KEPT_NAME "starred"
#define STAGE_KEPT "{\"" STAGE_KEPT_NAME "\":{\"BOOL\":true}}"

typedef enum stage_mode {
    STAGE_ATOMIC,
    STAGE_STREAM,
    STAGE_STEPS,
    STAGE_MIXED, /* programs in the modes atomic and stream on one table */
    STAGE_MODE_COUNT,
} stage_mode;

/* A message that somebody wants to send. */
typedef struct stage_message {
    cr_uuid uuid; /* empty: the library makes it, and has not yet */
    size_t group;
    size_t author;
    char text[16];
    bool is_callers; /* its uuid: so the send may be repeated */
    bool is_opening;
    bool is_done; /* nobody sends it again */
    int64_t created_at_us;
    int64_t begun_us; /* the first call */
    int64_t ended_us; /* the first that was acknowledged */
    unsigned calls;
    unsigned acks;
    bool may_be_stored; /* although no call was acknowledged */
    bool is_refused;
    int64_t lasts_s; /* 0: it does not expire */
    size_t rival;    /* another one with this uuid, of another author; MESSAGES_MAX: none */
    char sk[64];     /* that was acknowledged, of appends */
} stage_message;

typedef struct stage_group {
    cr_uuid uuid;
    cr_members members;
    bool is_open; /* somebody knows that it is there */
    bool is_old;  /* it was, before anybody did anything */
} stage_group;

/* What a breach would be, but for what the documentation of a mode says; counted. */
typedef enum stage_allowance {
    STAGE_BELOW,         /* a message came below one that was shown before */
    STAGE_STALE,         /* an eventual read did not show what was acknowledged before */
    STAGE_STALE_TWICE,   /* an eventual list of groups has shown a group twice */
    STAGE_MOVED,         /* a list in parts missed a group that moved to a part that had come */
    STAGE_STALE_REFUSED, /* an eventual list was refused to a member */
    STAGE_UNCHECKED,     /* the check did not see a group without a card, as the index lags */
    STAGE_UNWATCHED,     /* a watch missed a message that was stored more than a minute late */
    STAGE_AGAIN,         /* what had expired and gone was stored again, by its own call */
    STAGE_CLOCKS,        /* a watch missed one, as clocks disagree by more than 15 minutes */
    STAGE_CLOCKS_CHANGE, /* the watch of an inbox missed a change, for the same reason */
    STAGE_BEYOND,        /* a row stayed at a message that has gone, beyond the newest */
    STAGE_ALLOWANCE_COUNT,
} stage_allowance;

typedef struct stage {
    stage_mode mode;
    uint64_t seed;
    bool has_foreign; /* rows of other programs come in between */
    bool has_handler; /* the original application's stream handler works, too */
    bool has_guest;   /* one member comes and goes */
    bool has_operator;
    bool has_watchers;
    bool has_follower;     /* of the stream */
    bool are_clocks_wrong; /* by more than what live.md grants them */
    bool has_expiry;       /* some messages expire, and the service removes them */
    cr_uuid person[PEOPLE];
    stage_group group[GROUPS];
    stage_message message[MESSAGES_MAX];
    size_t message_count;
    const sim_item *foreign[FOREIGN_MAX]; /* rows that must stay as they are */
    size_t foreign_count;
    cruddur *dm[2];     /* handles of two programs */
    cr_store *store[2]; /* theirs */
    size_t writing;     /* clients that still do */
    bool is_quiet;      /* no faults any more: no call may fail */
    bool meets;         /* messages want the same few sort keys again and again */
    bool is_over;       /* something is wrong */
    size_t learned;     /* how far the log was looked at for uuids */
    uint64_t calls;
    uint64_t acks;
    uint64_t allowed[STAGE_ALLOWANCE_COUNT];
    char breach[512]; /* empty: none */
} stage;

const char *stage_allowance_text(stage_allowance allowance);

/* Notes the first thing that is wrong. */
void stage_breach(stage *all, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the world's people and groups; some groups are there from the beginning. `is_shared`: other
 * programs write to the table, too. */
void stage_begin(stage *all, stage_mode mode, bool is_shared, uint64_t seed);
void stage_end(stage *all);

/* Whether a group's card is in the table; those of older programs have none. */
bool stage_has_card(const stage *all, size_t group);

bool stage_is_member(const stage *all, size_t group, size_t person);

/* Whether its uuid is that of a direct group of its two members. */
bool stage_is_direct(const stage *all, size_t group);

/* Whether it is the one who comes and goes, while that is under way. */
bool stage_may_be_guest(const stage *all, size_t group, size_t person);
size_t stage_any_member(const stage *all, size_t group);

/* As calls name a person. */
cruddur_user stage_user(const stage *all, size_t person);

/* Plans a message; NULL: there are enough. */
stage_message *stage_plan(stage *all, size_t group, size_t author, bool is_callers);

/* Sends it, by an append or by opening the group, and notes what comes of it. True once nobody need
 * send it again. */
bool stage_send(stage *all, cruddur *dm, stage_message *message);

/* The same in parts: of a send that begins, with these options; and of what came of it. */
cruddur_append_options stage_begin_append(stage *all, stage_message *message);
typedef struct stage_sent {
    int64_t begun_us;
    cruddur_status status;
    const cr_packed_row *row;
    const cruddur_error *error;
} stage_sent;
void stage_note_sent(stage *all, stage_message *message, const stage_sent *sent);

/* Fills in the uuids of messages that the library has named. */
void stage_learn_uuids(stage *all);

/* The same program's handle for each job; programs differ in mode where the stage is mixed. */
cr_store *stage_store(stage *all, size_t number);
cruddur *stage_dm(stage *all, size_t number);

/* The deadline of a call of the public API, as the weather grants it. */
uint32_t stage_timeout_ms(void);

/* Whether a call may fail with this status at this moment. */
bool stage_may_fail(const stage *all, cruddur_status status);

#endif
