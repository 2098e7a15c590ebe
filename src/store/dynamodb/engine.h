/* SPDX-License-Identifier: MIT */
/* The distributed engine: a table of Amazon DynamoDB, or of what speaks its API.
 *
 *   engine.c   the seam's functions; running bodies until their conditions hold
 *   open.c     the URL's parameters; opening and closing
 *   txn.c      what a body may do: reading, and stating writes
 *   commit.c   what was stated as one transaction
 *   steps.c    the same as single writes, for services without transactions
 *   bulk.c     loading rows in bulk
 *   request.c  requests as text
 *   result.c   what responses about rows contain
 *   table.c    asking the service; which responses are successes
 *   refusal.c  what its errors mean
 *   schema.c   loading, verifying, listing and dropping the table: schema_call.c, schema_make.c,
 *              schema_expiry.c
 *   stream.c   reading the table's stream
 */
#ifndef CR_STORE_DYNAMODB_ENGINE_H
#define CR_STORE_DYNAMODB_ENGINE_H

#include "store/store.h"
#include "store/url.h"

cruddur_status cr_dynamodb_open(const cr_url *url, const cr_store_options *options,
                                cr_store **ret_store, cruddur_error **error);

#endif
