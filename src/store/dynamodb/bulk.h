/* SPDX-License-Identifier: MIT */
/* Loading rows, as cr_store_ops.load. */
#ifndef CR_STORE_DYNAMODB_BULK_H
#define CR_STORE_DYNAMODB_BULK_H

#include "store/store.h"

cruddur_status cr_dynamodb_bulk_load(cr_store *store, const cr_row *rows, size_t count,
                                     const cr_load_options *options, cr_loaded *loaded,
                                     cr_call *call);

#endif
