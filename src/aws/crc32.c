/* SPDX-License-Identifier: MIT */
#include "aws/crc32.h"

#include <pthread.h>

/* Reversed, as the whole of it runs from the low bit to the high. */
#define POLYNOMIAL 0xedb88320u

/* Bytes taken in one step. A page's check is to cost little beside its way through the network, and
 * one byte at a time would cost as much. */
#define STRIDE 16

/* tables[k][b]: what the byte b does to the sum when k bytes come after it. */
static uint32_t tables[STRIDE][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void fill_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; bit++) {
            sum = (sum & 1u) != 0 ? sum >> 1 ^ POLYNOMIAL : sum >> 1;
        }
        tables[0][byte] = sum;
    }
    for (size_t k = 1; k < STRIDE; k++) {
        for (size_t byte = 0; byte < 256; byte++) {
            uint32_t before = tables[k - 1][byte];
            tables[k][byte] = before >> 8 ^ tables[0][before & 0xffu];
        }
    }
}

static uint32_t add_stride(uint32_t sum, const unsigned char *bytes)
{
    uint32_t next = 0;
    for (unsigned i = 0; i < 4; i++) {
        next ^= tables[STRIDE - 1 - i][bytes[i] ^ (sum >> 8 * i & 0xffu)];
    }
    for (unsigned i = 4; i < STRIDE; i++) {
        next ^= tables[STRIDE - 1 - i][bytes[i]];
    }
    return next;
}

uint32_t cr_crc32(cr_str bytes)
{
    (void)pthread_once(&tables_once, fill_tables);
    const unsigned char *at = (const unsigned char *)bytes.data;
    size_t left = bytes.size;
    uint32_t sum = 0xffffffffu;
    for (; left >= STRIDE; left -= STRIDE, at += STRIDE) {
        sum = add_stride(sum, at);
    }
    for (; left > 0; left--, at++) {
        sum = sum >> 8 ^ tables[0][(sum ^ *at) & 0xffu];
    }
    return sum ^ 0xffffffffu;
}

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
    return read_sum(header, &expected) && expected != cr_crc32(body);
}
