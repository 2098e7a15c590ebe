/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"

bool cr_random_bytes(void *bytes, size_t size)
{
    return getentropy(bytes, size) == 0;
}

double cr_random_fraction(void)
{
    uint32_t random;
    if (!cr_random_bytes(&random, sizeof(random))) {
        random = (uint32_t)cr_clock_monotonic_us() * 2654435761u;
    }
    return (double)random / 4294967296.0;
}
