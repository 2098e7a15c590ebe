/* SPDX-License-Identifier: MIT */
/* Why the service refused a request. Its words decide nothing, for they change: what its code
 * leaves open is found out by a look at the table. */
#ifndef CR_STORE_DYNAMODB_REFUSAL_H
#define CR_STORE_DYNAMODB_REFUSAL_H

#include "store/dynamodb/description.h"
#include "store/dynamodb/table.h"

/* Describes the table. One that does not exist is described by nothing. */
cruddur_status cr_dynamodb_describe(cr_dynamodb *table, cr_call *call, cr_description *description);

/* Describes an error that the service answered with. May ask the service about the table. */
cruddur_status cr_dynamodb_fail(cr_dynamodb *table, cr_operation operation,
                                const cr_aws_answer *answer, cr_call *call);

#endif
