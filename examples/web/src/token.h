/* SPDX-License-Identifier: MIT */
/* Bearer tokens: JSON Web Tokens signed with RS256, as Amazon Cognito makes them. */
#ifndef WEB_TOKEN_H
#define WEB_TOKEN_H

#include <stdint.h>

#include "jwks.h"

/* TOKEN_UNKNOWN_KEY: it names a key that is not in the set; nothing of it has been believed. */
enum token_result { TOKEN_GOOD, TOKEN_BAD, TOKEN_UNKNOWN_KEY };

struct token_rules {
    const char *issuer, *client_id;
};

struct token_claims {
    char sub[129];
    int64_t expires_s;
};

enum token_result token_check(const char *token, const struct jwks *keys,
                              const struct token_rules *rules, int64_t now_s,
                              struct token_claims *ret_claims);

#endif
