/* SPDX-License-Identifier: MIT */
#include "model/uuid.h"

#include <openssl/evp.h>

#include "base/random.h"

#define UUID_BYTES 16
#define SHA1_BYTES 20
#define US_PER_MS 1000
#define LOWER_CASE 0x20 /* the bit that tells a letter from its capital */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_hyphen_position(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Every row that is read has several, so there are no branches: the compiler takes many characters
 * at once. */
bool cr_uuid_parse(cr_str text, cr_uuid *uuid)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size != CR_UUID_LENGTH) {
        return false;
    }
    cr_uuid parsed;
    unsigned char misfits = 0;
    for (size_t i = 0; i < CR_UUID_LENGTH; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned char lower = c | LOWER_CASE; /* what else fits has this bit */
        unsigned char is_digit = (unsigned char)(c - '0') <= 9;
        unsigned char is_letter = (unsigned char)(lower - 'a') <= 'f' - 'a';
        unsigned char is_hyphen = c == '-';
        unsigned char is_foreign = (is_digit | is_letter | is_hyphen) ^ 1;
        misfits |= is_foreign | (is_hyphen ^ (form[i] == '-'));
        parsed.text[i] = (char)lower;
    }
    parsed.text[CR_UUID_LENGTH] = '\0';
    if (misfits == 0) {
        *uuid = parsed;
    }
    return misfits == 0;
}

bool cr_uuid_is_canonical(cr_str text)
{
    cr_uuid uuid;
    return cr_uuid_parse(text, &uuid) && memcmp(text.data, uuid.text, CR_UUID_LENGTH) == 0;
}

static void to_bytes(const cr_uuid *uuid, unsigned char bytes[UUID_BYTES])
{
    size_t at = 0;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        at += is_hyphen_position(at) ? 1 : 0;
        unsigned high = (unsigned)hex_digit(uuid->text[at]);
        bytes[i] = (unsigned char)(high << 4 | (unsigned)hex_digit(uuid->text[at + 1]));
        at += 2;
    }
}

/* Sets version and variant, and writes the text. */
static void from_bytes(unsigned char bytes[UUID_BYTES], unsigned version, cr_uuid *uuid)
{
    static const char digits[] = "0123456789abcdef";
    bytes[6] = (unsigned char)((bytes[6] & 0x0fu) | version << 4);
    bytes[8] = (unsigned char)((bytes[8] & 0x3fu) | 0x80u);
    size_t at = 0;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (is_hyphen_position(at)) {
            uuid->text[at++] = '-';
        }
        uuid->text[at++] = digits[bytes[i] >> 4];
        uuid->text[at++] = digits[bytes[i] & 0x0fu];
    }
    uuid->text[CR_UUID_LENGTH] = '\0';
}

bool cr_uuid_v4(cr_uuid *uuid)
{
    unsigned char bytes[UUID_BYTES];
    if (!cr_random_bytes(bytes, sizeof(bytes))) {
        return false;
    }
    from_bytes(bytes, 4, uuid);
    return true;
}

bool cr_uuid_v7(int64_t time_us, cr_uuid *uuid)
{
    unsigned char bytes[UUID_BYTES];
    if (!cr_random_bytes(bytes, sizeof(bytes))) {
        return false;
    }
    uint64_t ms = (uint64_t)(time_us / US_PER_MS);
    /* RFC 9562, 6.2, method 3: the part of the millisecond, in 4096ths, takes the 12 bits behind
     * the version, so that uuids made within one millisecond still sort. */
    unsigned part = (unsigned)(time_us % US_PER_MS) * 4096u / US_PER_MS;
    for (size_t i = 0; i < 6; i++) {
        bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    }
    bytes[6] = (unsigned char)(part >> 8);
    bytes[7] = (unsigned char)part;
    from_bytes(bytes, 7, uuid);
    return true;
}

bool cr_uuid_v5(const cr_uuid *name_space, cr_str name, cr_uuid *uuid)
{
    unsigned char prefix[UUID_BYTES];
    unsigned char digest[SHA1_BYTES];
    to_bytes(name_space, prefix);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(context, prefix, sizeof(prefix)) == 1 &&
                EVP_DigestUpdate(context, name.data, name.size) == 1 &&
                EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (done) {
        from_bytes(digest, 5, uuid);
    }
    return done;
}

unsigned cr_uuid_version(const cr_uuid *uuid)
{
    unsigned char bytes[UUID_BYTES];
    to_bytes(uuid, bytes);
    return bytes[6] >> 4;
}

bool cr_uuid_v7_time_us(const cr_uuid *uuid, int64_t *time_us)
{
    unsigned char bytes[UUID_BYTES];
    to_bytes(uuid, bytes);
    if (bytes[6] >> 4 != 7) {
        return false;
    }
    int64_t ms = 0;
    for (size_t i = 0; i < 6; i++) {
        ms = ms << 8 | bytes[i];
    }
    *time_us = ms * US_PER_MS;
    return true;
}
