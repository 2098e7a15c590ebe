/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <unistd.h>

bool cr_random_bytes(void *bytes, size_t size)
{
    return getentropy(bytes, size) == 0;
}
