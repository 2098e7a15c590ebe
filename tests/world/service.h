/* SPDX-License-Identifier: MIT */
/* A simulated DynamoDB: the requests that the library's engine makes, on the simulated tables
 * (table.h). A request that the library never makes ends the program. That it answers as DynamoDB
 * does is what tests/world/compare_services.py holds it to. */
#ifndef TESTS_WORLD_SERVICE_H
#define TESTS_WORLD_SERVICE_H

#include "base/buffer.h"
#include "world/table.h"

/* For how long the service remembers a transaction's token. */
#define SIM_TOKEN_US INT64_C(600000000)

typedef struct sim_answer {
    int status;       /* HTTP's */
    const char *code; /* of an error; empty: none */
    cr_buffer body;
} sim_answer;

void sim_service_begin(void);

/* What the real service may do and seldom does. */
typedef struct sim_manners {
    unsigned stale; /* reads that are not consistent show rows as they were so many moments ago */
    size_t page_bytes;   /* where pages end; 0: at 1 MB */
    size_t unprocessed;  /* of so many keys of a batch one is left for later; 0: none */
    int64_t iterator_us; /* how long iterators of streams last; 0: 15 minutes */
} sim_manners;

/* What it did of that, since the program began. */
typedef enum sim_trait {
    SIM_TRAIT_STALE,    /* an eventual read has shown a row that was not the latest */
    SIM_TRAIT_LAGGING,  /* so has the index */
    SIM_TRAIT_PAGE,     /* a page ended before the service's own limit */
    SIM_TRAIT_LEFT,     /* a key of a batch was left for later */
    SIM_TRAIT_EXPIRED,  /* a row was removed when its time was over */
    SIM_TRAIT_SPLIT,    /* the stream's shards were split */
    SIM_TRAIT_TRIMMED,  /* records of the stream were removed */
    SIM_TRAIT_TOO_LATE, /* a reader of the stream was told so */
    SIM_TRAIT_ITERATOR, /* an iterator has expired */
    SIM_TRAIT_COUNT,
} sim_trait;

void sim_note_trait(sim_trait trait);
uint64_t sim_trait_count(sim_trait trait);
const char *sim_trait_name(sim_trait trait);

/* From now on, until the next world begins. */
void sim_service_set_manners(const sim_manners *manners);

/* Carries out a request of an operation ("PutItem") for a job and fills the answer, whose body is
 * initialised. */
void sim_service_handle(cr_str operation, cr_str body, size_t job, sim_answer *answer);

/* Puts the code of an error into its body, as it is sent. */
void sim_answer_seal(sim_answer *answer);

bool sim_service_writes(cr_str operation);

/* What a planted fault does to the writes that it is about. */
typedef enum sim_deed {
    SIM_DEED_NONE,
    SIM_DEED_BLIND,         /* their condition is ignored */
    SIM_DEED_DROP,          /* they are not carried out */
    SIM_DEED_LAST,          /* of claims without transactions: put after their messages */
    SIM_DEED_SAME_VERSIONS, /* all rows get one and the same version */
    SIM_DEED_TEAR,          /* of a transaction, all are carried out whose condition holds */
    SIM_DEED_FORGET,        /* a transaction's token is not remembered */
    SIM_DEED_STALE,         /* strong reads by key show rows as they were a while ago */
    SIM_DEED_EVENTUAL,      /* that a read is to be strong is overlooked */
} sim_deed;

enum {
    SIM_ON_PUT = 1, /* where nothing may be */
    SIM_ON_REPLACE = 2,
    SIM_ON_DELETE = 4,
    SIM_ON_CHECK = 8,
    SIM_ON_ALL = 15,
};

typedef struct sim_fault {
    sim_deed deed;
    unsigned on;
    const char *pk; /* what their partition key begins with; NULL: any */
} sim_fault;

/* NULL: none. */
void sim_service_plant_fault(const sim_fault *fault);

/* Those that scenes need. */
typedef enum sim_plant {
    SIM_PLANT_NONE,
    SIM_PLANT_CLAIMS_UNSTATED,
    SIM_PLANT_CARDS_UNSTATED,
    SIM_PLANT_CARDS_OVERWRITTEN,
    SIM_PLANT_EDITS_BLIND,
    SIM_PLANT_REQUIREMENTS_IGNORED,
    SIM_PLANT_VERSIONS_SAME,
} sim_plant;

void sim_service_plant(sim_plant plant);

#endif
