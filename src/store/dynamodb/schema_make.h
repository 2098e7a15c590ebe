/* SPDX-License-Identifier: MIT */
/* Making the table, and what one that is there may lack. */
#ifndef CR_STORE_DYNAMODB_SCHEMA_MAKE_H
#define CR_STORE_DYNAMODB_SCHEMA_MAKE_H

#include "store/dynamodb/schema_call.h"

/* Begins to make the table. Somebody else may be making it at the same moment. */
cruddur_status cr_schema_create(cr_schema_call *now);

/* Adds the index and the time to live if they are missing, and what the options ask for.
 * CRUDDUR_E_REFUSED: the index is there, and the service did not add one of the others. */
cruddur_status cr_schema_add_settings(cr_schema_call *now, cr_description *description);

/* Adds a line if the options ask for backups, and the table has none. */
cruddur_status cr_schema_check_backups(cr_schema_call *now, cr_lines *differences);

#endif
