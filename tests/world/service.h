/* SPDX-License-Identifier: MIT */
/* A simulated DynamoDB: the requests that the library's engine makes, on the simulated table
 * (table.h). A request that the library never makes ends the program. */
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

/* Carries out a request of an operation ("PutItem") for a job and fills the answer, whose body is
 * initialised. */
void sim_service_handle(cr_str operation, cr_str body, size_t job, sim_answer *answer);

bool sim_service_writes(cr_str operation);

/* Faults that tests plant into the service: each takes one rule away from the library, or breaks a
 * promise on which a rule relies. */
typedef enum sim_plant {
    SIM_PLANT_NONE,
    SIM_PLANT_CLAIMS_UNSTATED,    /* claims are not put */
    SIM_PLANT_CLAIMS_LAST,        /* without transactions: a claim is put after its message */
    SIM_PLANT_CLAIMS_OVERWRITTEN, /* the condition of a claim's put is ignored */
    SIM_PLANT_CARDS_UNSTATED,     /* cards are not put */
    SIM_PLANT_CARDS_OVERWRITTEN,  /* the condition of a card's put is ignored */
    SIM_PLANT_MESSAGES_OVERWRITTEN,
    SIM_PLANT_ROWS_OVERWRITTEN,
    SIM_PLANT_EDITS_BLIND,          /* all conditions of a change of a message are ignored */
    SIM_PLANT_PREVIEWS_STAY,        /* group rows are not replaced in their places */
    SIM_PLANT_REMOVALS_BLIND,       /* the condition of a removal is ignored */
    SIM_PLANT_REQUIREMENTS_IGNORED, /* rows that are required need not be as they were read */
    SIM_PLANT_VERSIONS_SAME,        /* every row has the same version */
    SIM_PLANT_TRANSACTIONS_TORN,    /* where one condition fails, the others are carried out */
} sim_plant;

void sim_service_plant(sim_plant plant);

#endif
