/* SPDX-License-Identifier: MIT */
#include "aws/invocation.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

void cr_invocation_id_make(char text[CR_INVOCATION_ID_SIZE])
{
    static const char form[CR_INVOCATION_ID_SIZE] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    unsigned char random[CR_INVOCATION_ID_SIZE] = {0};
    (void)cr_random_bytes(random, sizeof(random));
    for (size_t i = 0; i < sizeof(form); i++) {
        unsigned digit = form[i] == 'y' ? 8u | (random[i] & 3u) : random[i] & 15u;
        bool is_digit = form[i] == 'x' || form[i] == 'y';
        text[i] = (char)(is_digit ? "0123456789abcdef"[digit] : form[i]);
    }
}
