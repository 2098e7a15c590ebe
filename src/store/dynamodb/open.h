/* SPDX-License-Identifier: MIT */
/* Opening and closing. */
#ifndef CR_STORE_DYNAMODB_OPEN_H
#define CR_STORE_DYNAMODB_OPEN_H

#include "store/dynamodb/table.h"
#include "store/url.h"

/* Makes what the URL describes, but for `base`; touches no network. On failure too the table has to
 * be closed. */
cruddur_status cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                      cr_dynamodb *table, cruddur_error **error);

/* A client for one of the services, by the table's configuration. It sees the credentials and the
 * connections of the table, and is to be freed before them. */
cruddur_status cr_dynamodb_make_client(cr_dynamodb *table, cr_service service,
                                       cr_aws_client **ret_client, cruddur_error **error);

void cr_dynamodb_close_table(cr_dynamodb *table);

#endif
