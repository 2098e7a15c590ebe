/* SPDX-License-Identifier: MIT */
/* The table itself: as cr_store_ops has it. */
#ifndef CR_STORE_DYNAMODB_SCHEMA_H
#define CR_STORE_DYNAMODB_SCHEMA_H

#include "base/lines.h"
#include "store/dynamodb/table.h"

cruddur_status cr_dynamodb_schema_load(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call);
cruddur_status cr_dynamodb_schema_verify(cr_store *base, const cruddur_schema_options *options,
                                         cr_lines *differences, cr_call *call);
cruddur_status cr_dynamodb_schema_list(cr_store *base, cr_lines *tables, cr_call *call);
cruddur_status cr_dynamodb_schema_drop(cr_store *base, const cruddur_schema_options *options,
                                       cr_call *call);

#endif
