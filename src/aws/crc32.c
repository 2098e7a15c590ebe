/* SPDX-License-Identifier: MIT */
#include "aws/crc32.h"

#include <stdint.h>
#include <zlib.h>

/* A decimal number of 32 bits. */
static bool read_sum(cr_str text, uint32_t *sum)
{
    uint64_t value = 0;
    bool ok = text.size > 0 && text.size <= 10;
    for (size_t i = 0; ok && i < text.size; i++) {
        ok = text.data[i] >= '0' && text.data[i] <= '9';
        value = value * 10 + (uint64_t)(ok ? text.data[i] - '0' : 0);
    }
    *sum = (uint32_t)value;
    return ok && value <= UINT32_MAX;
}

bool cr_crc32_contradicts(cr_str header, cr_str body)
{
    uint32_t expected;
    return read_sum(header, &expected) &&
           expected != crc32_z(0, (const Bytef *)body.data, body.size);
}
