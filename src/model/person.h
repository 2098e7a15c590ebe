/* SPDX-License-Identifier: MIT */
/* People as rows name them: the author of a message; in a group row another member. */
#ifndef CR_MODEL_PERSON_H
#define CR_MODEL_PERSON_H

#include "model/row.h"
#include "model/uuid.h"

/* Somebody, and under which names. */
typedef struct cr_person {
    cr_uuid uuid;
    cr_str display_name; /* absent: not told */
    cr_str handle;
} cr_person;

/* Whether the row names this one. */
bool cr_row_names(const cr_row *row, const cr_uuid *uuid);

/* A row that names this one gets the names that are told. */
void cr_row_name_author(cr_row *row, const cr_person *author);

/* The author of a message. */
cr_person cr_person_of(const cr_row *message);

#endif
