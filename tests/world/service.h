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
    unsigned stale;     /* other reads than consistent ones show what was, so many moments ago */
    size_t page_bytes;  /* where pages end; 0: at 1 MB */
    size_t unprocessed; /* of so many keys of a batch one is left for later; 0: none */
} sim_manners;

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
