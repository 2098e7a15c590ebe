/* SPDX-License-Identifier: MIT */
/* What the canned service has in its table: one group of two, and their latest messages. */
#ifndef BENCH_CANNED_H
#define BENCH_CANNED_H

#include "data.h"

#define CANNED_GROUP 0u
#define CANNED_AUTHOR 0u
#define CANNED_OTHER 1u
#define CANNED_PAGE 20u

static inline id canned_group(void)
{
    return id_of(ID_GROUP, CANNED_GROUP);
}

static inline id canned_member(uint64_t which)
{
    return member_of(CANNED_GROUP, which);
}

#endif
