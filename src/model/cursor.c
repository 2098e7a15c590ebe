/* SPDX-License-Identifier: MIT */
#include "model/cursor.h"

/* The bytes, before they become base64url text (RFC 4648, section 5, without padding):
 *
 *   1  version
 *   1  kind, and INCLUSIVE
 *   8  hash of the list that it belongs to, or of the walk over a table
 *   n  sort key; for a scan partition key, NUL, sort key
 *   4  hash of all that, against typing errors
 *
 * The hashes are no secret: whoever forges a cursor gets rows that the call allows anyway. */
enum {
    VERSION = CR_CURSOR_OF_LIST,
    INCLUSIVE = 0x10,
    AT_KIND = 1,
    AT_LIST = 2,
    AT_POSITION = 10,
    LIST_SIZE = 8,
    CHECK_SIZE = CR_CURSOR_CHECK_SIZE,
    /* Sort keys are at most 1,024 bytes, partition keys 2,048 (DynamoDB's limits). */
    BYTES_MAX = CR_CURSOR_BYTES_MAX,
};

_Static_assert((int)BYTES_MAX == AT_POSITION + CR_SK_MAX + 1 + CR_PK_MAX + CHECK_SIZE, "all of it");

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* FNV-1a, 64 bits. */
uint64_t cr_cursor_hash(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

void cr_cursor_write_number(unsigned char *bytes, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i));
    }
}

uint64_t cr_cursor_read_number(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

static void add_base64url(cr_buffer *out, const unsigned char *bytes, size_t size)
{
    char *text = cr_buffer_extend(out, (size * 4 + 2) / 3 + 1);
    if (text == NULL) {
        return;
    }
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffffu;
        held += 8;
        for (; held >= 6; held -= 6) {
            *text++ = alphabet[bits >> (held - 6) & 0x3fu];
        }
    }
    if (held > 0) {
        *text++ = alphabet[bits << (6 - held) & 0x3fu];
    }
    *text = '\0';
}

/* Returns how many bytes the text stands for; 0 for what is not base64url or too long. */
static size_t read_base64url(cr_str text, unsigned char bytes[BYTES_MAX])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *digit = memchr(alphabet, text.data[i], sizeof(alphabet) - 1);
        if (digit == NULL || size == BYTES_MAX) {
            return 0;
        }
        bits = (bits << 6 | (uint32_t)(digit - alphabet)) & 0xffffu;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[size++] = (unsigned char)(bits >> held);
        }
    }
    /* The last character may have bits to spare, all of them zero; one text for one position. */
    bool is_exact = held < 6 && (bits & ((1u << held) - 1)) == 0;
    return is_exact ? size : 0;
}

static void append(unsigned char *bytes, size_t *size, cr_str text)
{
    if (text.size > 0) {
        memcpy(bytes + *size, text.data, text.size);
        *size += text.size;
    }
}

void cr_cursor_seal(unsigned char *bytes, size_t size, cr_buffer *out)
{
    cr_cursor_write_number(bytes + size, CHECK_SIZE, cr_cursor_hash(bytes, size));
    add_base64url(out, bytes, size + CHECK_SIZE);
}

size_t cr_cursor_unseal(cr_str text, unsigned char bytes[CR_CURSOR_BYTES_MAX])
{
    unsigned char check[CHECK_SIZE];
    size_t size = read_base64url(text, bytes);
    if (size <= CHECK_SIZE) {
        return 0;
    }
    cr_cursor_write_number(check, CHECK_SIZE, cr_cursor_hash(bytes, size - CHECK_SIZE));
    return memcmp(check, bytes + size - CHECK_SIZE, CHECK_SIZE) == 0 ? size - CHECK_SIZE : 0;
}

void cr_cursor_write(const cr_cursor *cursor, cr_buffer *out)
{
    unsigned char bytes[BYTES_MAX];
    size_t size = AT_POSITION;
    bool is_scan = cursor->kind == CR_CURSOR_SCAN;
    if (cursor->position.sk.size > CR_SK_MAX || (is_scan && cursor->position.pk.size > CR_PK_MAX)) {
        out->failed = true; /* no engine has such a row */
        return;
    }
    bytes[0] = VERSION;
    bytes[AT_KIND] = (unsigned char)((unsigned)cursor->kind | (cursor->inclusive ? INCLUSIVE : 0u));
    cr_cursor_write_number(bytes + AT_LIST, LIST_SIZE,
                           cr_cursor_hash(cursor->list.data, cursor->list.size));
    if (is_scan) {
        append(bytes, &size, cursor->position.pk);
        bytes[size++] = '\0';
    }
    append(bytes, &size, cursor->position.sk);
    cr_cursor_seal(bytes, size, out);
}

static bool is_of_list(const unsigned char *bytes, cr_str list)
{
    unsigned char expected[LIST_SIZE];
    bool is_scan = (bytes[AT_KIND] & ~(unsigned)INCLUSIVE) == CR_CURSOR_SCAN;
    bool is_partition = list.size > 0 && memchr(list.data, '#', list.size) != NULL;
    cr_cursor_write_number(expected, LIST_SIZE, cr_cursor_hash(list.data, list.size));
    return is_scan == !is_partition && memcmp(expected, bytes + AT_LIST, LIST_SIZE) == 0;
}

cr_cursor_check cr_cursor_read(cr_str text, cr_str list, cr_arena *arena, cr_cursor *cursor)
{
    unsigned char bytes[BYTES_MAX];
    size_t size = cr_cursor_unseal(text, bytes);
    if (size > 0 && bytes[0] == CR_CURSOR_OF_WATCH) {
        return CR_CURSOR_FOREIGN;
    }
    unsigned kind = size > AT_KIND ? bytes[AT_KIND] & ~(unsigned)INCLUSIVE : 0;
    if (size < AT_POSITION || bytes[0] != VERSION || kind > CR_CURSOR_SCAN) {
        return CR_CURSOR_DAMAGED;
    }
    if (!is_of_list(bytes, list)) {
        return CR_CURSOR_FOREIGN;
    }
    cr_str position = {(const char *)bytes + AT_POSITION, size - AT_POSITION};
    cr_str copy = cr_arena_copy(arena, position);
    if (copy.data == NULL) {
        return CR_CURSOR_NO_MEMORY;
    }
    *cursor =
        (cr_cursor){(cr_cursor_kind)kind, (bytes[AT_KIND] & INCLUSIVE) != 0, list, {{0}, copy}};
    if (kind == CR_CURSOR_SCAN) {
        size_t pk_size = strlen(copy.data);
        if (pk_size == copy.size) {
            return CR_CURSOR_DAMAGED;
        }
        cursor->position.pk = (cr_str){copy.data, pk_size};
        cursor->position.sk = (cr_str){copy.data + pk_size + 1, copy.size - pk_size - 1};
    }
    return CR_CURSOR_GOOD;
}

bool cr_cursor_peek(cr_str text, cr_cursor_kind *kind)
{
    unsigned char bytes[BYTES_MAX];
    size_t size = cr_cursor_unseal(text, bytes);
    unsigned found = size > AT_KIND ? bytes[AT_KIND] & ~(unsigned)INCLUSIVE : 0;
    if (size < AT_POSITION || bytes[0] != VERSION || found > CR_CURSOR_SCAN) {
        return false;
    }
    *kind = (cr_cursor_kind)found;
    return true;
}
