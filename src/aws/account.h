/* SPDX-License-Identifier: MIT */
/* Endpoints of accounts' own, each taken apart once. Any number of threads may ask. */
#ifndef CR_AWS_ACCOUNT_H
#define CR_AWS_ACCOUNT_H

#include "aws/endpoint.h"
#include "aws/endpoint_url.h"

typedef struct cr_accounts cr_accounts;

cruddur_status cr_accounts_new(const cr_endpoint *endpoint, cr_accounts **ret_accounts,
                               cruddur_error **error);

/* NULL is ignored. */
void cr_accounts_free(cr_accounts *accounts);

/* Where the requests of an identity go, whose account id may be absent; lives as long as the
 * accounts. CRUDDUR_E_CONFIG as with cr_endpoint_of_account(). */
cruddur_status cr_accounts_find(cr_accounts *accounts, cr_str account_id,
                                const cr_endpoint_url **ret_endpoint, cruddur_error **error);

#endif
