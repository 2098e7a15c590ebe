/* SPDX-License-Identifier: MIT */
/* SHA-256 and its HMAC, without looking the algorithm up anew each time. */
#ifndef CR_BASE_HASH_H
#define CR_BASE_HASH_H

#include <openssl/evp.h>

#include "base/str.h"

#define CR_SHA256_SIZE 32
#define CR_SHA256_HEX_SIZE ((size_t)2 * CR_SHA256_SIZE)

/* For one thread at a time; false when OpenSSL fails, which is when memory runs out. */
typedef struct cr_hasher {
    EVP_MD_CTX *context;
    const EVP_MD *sha256;
} cr_hasher;

bool cr_hasher_init(cr_hasher *hasher, const EVP_MD *sha256);
void cr_hasher_free(cr_hasher *hasher);

bool cr_sha256(cr_hasher *hasher, cr_str data, unsigned char *digest);
bool cr_hmac_sha256(cr_hasher *hasher, cr_str key, cr_str data, unsigned char *digest);

/* Writes 2 * size lower-case digits and no NUL. */
void cr_hex(const unsigned char *bytes, size_t size, char *hex);

#endif
