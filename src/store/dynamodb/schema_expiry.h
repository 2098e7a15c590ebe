/* SPDX-License-Identifier: MIT */
/* The table's time to live: the service removes claims of messages once they have expired. */
#ifndef CR_STORE_DYNAMODB_SCHEMA_EXPIRY_H
#define CR_STORE_DYNAMODB_SCHEMA_EXPIRY_H

#include "store/dynamodb/schema_call.h"

/* Whether time to live is on, or is being switched on. A service that does not have it counts as if
 * it were on, and the log says so: claims stay there. CRUDDUR_E_REFUSED: it cannot be switched on
 * now, as it is on for another attribute, or is being switched off. */
cruddur_status cr_schema_has_expiry(cr_schema_call *now, const cr_description *description,
                                    bool *has);

/* Switches it on, and does not wait until the service has done so. */
cruddur_status cr_schema_add_expiry(cr_schema_call *now, const cr_description *description);

/* Adds a line unless time to live is on, or the service does not have it. */
cruddur_status cr_schema_check_expiry(cr_schema_call *now, cr_lines *differences);

#endif
