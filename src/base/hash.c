/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#define BLOCK_SIZE 64
#define INNER_PAD 0x36u
#define OUTER_PAD 0x5cu

bool cr_hasher_init(cr_hasher *hasher, const EVP_MD *sha256)
{
    *hasher = (cr_hasher){EVP_MD_CTX_new(), sha256};
    return hasher->context != NULL;
}

void cr_hasher_free(cr_hasher *hasher)
{
    EVP_MD_CTX_free(hasher->context); /* wipes what it holds */
    hasher->context = NULL;
}

/* The digest of two pieces, one behind the other. */
static bool digest_two(cr_hasher *hasher, cr_str first, cr_str second, unsigned char *digest)
{
    return EVP_DigestInit_ex2(hasher->context, hasher->sha256, NULL) == 1 &&
           EVP_DigestUpdate(hasher->context, first.data, first.size) == 1 &&
           EVP_DigestUpdate(hasher->context, second.data, second.size) == 1 &&
           EVP_DigestFinal_ex(hasher->context, digest, NULL) == 1;
}

bool cr_sha256(cr_hasher *hasher, cr_str data, unsigned char *digest)
{
    return digest_two(hasher, data, CR_STR_ABSENT, digest);
}

static cr_str str_of_bytes(const unsigned char *bytes, size_t size)
{
    return (cr_str){(const char *)bytes, size};
}

static void flip(unsigned char *block, unsigned pad)
{
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        block[i] = (unsigned char)(block[i] ^ pad);
    }
}

/* RFC 2104. */
bool cr_hmac_sha256(cr_hasher *hasher, cr_str key, cr_str data, unsigned char *digest)
{
    unsigned char block[BLOCK_SIZE] = {0};
    unsigned char inner[CR_SHA256_SIZE];
    bool ok = true;
    if (key.size > BLOCK_SIZE) {
        ok = cr_sha256(hasher, key, block);
    } else if (key.size > 0) {
        memcpy(block, key.data, key.size);
    }
    flip(block, INNER_PAD);
    ok = ok && digest_two(hasher, str_of_bytes(block, BLOCK_SIZE), data, inner);
    flip(block, INNER_PAD ^ OUTER_PAD);
    ok = ok && digest_two(hasher, str_of_bytes(block, BLOCK_SIZE),
                          str_of_bytes(inner, sizeof(inner)), digest);
    explicit_bzero(block, sizeof(block));
    explicit_bzero(inner, sizeof(inner));
    return ok;
}

static char hex_digit(unsigned char value)
{
    return (char)(value + (value < 10 ? '0' : 'a' - 10));
}

void cr_hex(const unsigned char *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = hex_digit(bytes[i] >> 4);
        hex[2 * i + 1] = hex_digit(bytes[i] & 0xfu);
    }
}
