/* SPDX-License-Identifier: MIT */
/* The table's stream, which is a service of its own. */
#ifndef CR_STORE_DYNAMODB_STREAM_H
#define CR_STORE_DYNAMODB_STREAM_H

#include "store/stream.h"

extern const cr_stream_ops cr_dynamodb_stream_operations;

#endif
