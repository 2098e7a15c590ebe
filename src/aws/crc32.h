/* SPDX-License-Identifier: MIT */
/* The CRC-32 with which DynamoDB vouches for the bodies of its answers. */
#ifndef CR_AWS_CRC32_H
#define CR_AWS_CRC32_H

#include "base/str.h"

/* Whether the header x-amz-crc32 contradicts the body; one that is absent or garbled does not. */
bool cr_crc32_contradicts(cr_str header, cr_str body);

#endif
