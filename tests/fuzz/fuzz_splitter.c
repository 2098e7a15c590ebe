/* SPDX-License-Identifier: MIT */
/* Texts of imports, cut into lines and items: the first byte says how many bytes a read returns at
 * most. What is found must not depend on it. */
#include "fuzz.h"
#include "transfer/splitter.h"

typedef struct source {
    cr_str text;
    size_t at;
    size_t most;
} source;

static bool read_text(void *data, char *text, size_t size, size_t *ret_size)
{
    source *from = data;
    size_t left = from->text.size - from->at;
    size_t count = size < from->most ? size : from->most;
    count = count < left ? count : left;
    memcpy(text, from->text.data + from->at, count);
    from->at += count;
    *ret_size = count;
    return true;
}

typedef cruddur_status next_fn(cr_splitter *splitter, cr_str *ret_piece);

/* All pieces, each ended by a NUL and a newline. */
static cruddur_status split(cr_str text, size_t most, next_fn *next, cr_buffer *pieces)
{
    source from = {text, 0, most};
    cr_splitter splitter;
    cruddur_error *error = NULL;
    cr_str piece = {"", 0};
    cr_export_format format;
    cruddur_status status = cr_splitter_init(&splitter, read_text, &from, &error);
    if (status == CRUDDUR_OK && cr_splitter_find_format(&splitter, &format) != CRUDDUR_OK) {
        cruddur_error_free(error);
        error = NULL;
    }
    while (status == CRUDDUR_OK && piece.data != NULL) {
        status = next(&splitter, &piece);
        if (status == CRUDDUR_OK && piece.data != NULL) {
            cr_buffer_add(pieces, piece);
            cr_buffer_add(pieces, (cr_str){"\0\n", 2});
        }
    }
    FUZZ_REQUIRE(status == CRUDDUR_OK || status == CRUDDUR_E_EXPORT_DAMAGED);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    FUZZ_REQUIRE(splitter.bytes <= text.size && (status != CRUDDUR_OK || splitter.is_at_end));
    cr_splitter_free(&splitter);
    cruddur_error_free(error);
    return status;
}

static void check(cr_str text, size_t most, next_fn *next)
{
    cr_buffer pieces, others;
    cr_buffer_init(&pieces, SIZE_MAX);
    cr_buffer_init(&others, SIZE_MAX);
    cruddur_status status = split(text, SIZE_MAX, next, &pieces);
    FUZZ_REQUIRE(split(text, most, next, &others) == status);
    FUZZ_REQUIRE(!pieces.failed && !others.failed);
    FUZZ_REQUIRE(
        cr_str_equal((cr_str){pieces.data, pieces.size}, (cr_str){others.data, others.size}));
    cr_buffer_free(&pieces);
    cr_buffer_free(&others);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        cr_str text = fuzz_text(bytes + 1, size - 1);
        check(text, (size_t)bytes[0] + 1, cr_splitter_next_line);
        check(text, (size_t)bytes[0] + 1, cr_splitter_next_item);
    }
    return 0;
}
