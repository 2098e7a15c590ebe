/* SPDX-License-Identifier: MIT */
#include "model/version.h"

#include "base/random.h"

#define BYTES (CR_VERSION_LENGTH / 2)

bool cr_version_make(cr_version *version)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[BYTES];
    if (!cr_random_bytes(bytes, sizeof(bytes))) {
        return false;
    }
    for (size_t i = 0; i < BYTES; i++) {
        version->text[2 * i] = digits[bytes[i] >> 4];
        version->text[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    version->text[CR_VERSION_LENGTH] = '\0';
    return true;
}
