/* SPDX-License-Identifier: MIT */
#include "transfer/splitter.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "transfer/block.h"

#define WINDOW_SIZE ((size_t)256 * 1024)
#define END (-1)
/* Names of members, numbers, and what else a scan has beside its items. */
#define MEMBER_MAX ((size_t)64 * 1024)

cruddur_status cr_splitter_init(cr_splitter *splitter, cruddur_read_fn read, void *data,
                                cruddur_error **error)
{
    *splitter = (cr_splitter){.read = read, .data = data, .error = error};
    cr_buffer_init(&splitter->piece, CR_EXPORT_LINE_MAX);
    splitter->window = malloc(WINDOW_SIZE);
    return splitter->window == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

void cr_splitter_free(cr_splitter *splitter)
{
    free(splitter->window);
    cr_buffer_free(&splitter->piece);
}

/* Reads more when the window is used up. */
static cruddur_status fill(cr_splitter *splitter)
{
    size_t size = 0;
    if (splitter->at < splitter->size || splitter->is_at_end) {
        return CRUDDUR_OK;
    }
    if (!splitter->read(splitter->data, splitter->window, WINDOW_SIZE, &size) ||
        size > WINDOW_SIZE) {
        return cr_fail_with(splitter->error, CRUDDUR_E_CANCELLED,
                            "the text of the export could not be read");
    }
    splitter->at = 0;
    splitter->size = size;
    splitter->bytes += size;
    splitter->is_at_end = size == 0;
    return CRUDDUR_OK;
}

static cruddur_status fail_long(const cr_splitter *splitter)
{
    return cr_fail_with(splitter->error, CRUDDUR_E_EXPORT_DAMAGED,
                        "a line or item of the export, after %" PRIu64 " others, has more than "
                        "%zu MB",
                        splitter->pieces, CR_EXPORT_LINE_MAX >> 20);
}

/* ---- lines ---- */

cruddur_status cr_splitter_next_line(cr_splitter *splitter, cr_str *ret_line)
{
    cr_buffer *piece = &splitter->piece;
    bool is_whole = false;
    piece->size = 0;
    while (!is_whole) {
        cruddur_status status = fill(splitter);
        if (status != CRUDDUR_OK || splitter->is_at_end) {
            *ret_line = piece->size > 0 ? (cr_str){piece->data, piece->size} : CR_STR_ABSENT;
            splitter->pieces += piece->size > 0 ? 1 : 0;
            splitter->lacks_end = piece->size > 0;
            return status;
        }
        const char *from = splitter->window + splitter->at;
        size_t left = splitter->size - splitter->at;
        const char *end = memchr(from, '\n', left);
        size_t size = end == NULL ? left : (size_t)(end - from);
        if (piece->size + size > CR_EXPORT_LINE_MAX) {
            return fail_long(splitter);
        }
        cr_buffer_add(piece, (cr_str){from, size});
        if (piece->failed) {
            return cr_fail_memory(splitter->error);
        }
        is_whole = end != NULL;
        splitter->at += size + (is_whole ? 1 : 0);
    }
    splitter->pieces++;
    *ret_line = (cr_str){piece->size == 0 ? "" : piece->data, piece->size};
    return CRUDDUR_OK;
}

/* ---- what a scan prints ---- */

static cruddur_status fail_scan(const cr_splitter *splitter)
{
    return splitter->is_at_end
               ? cr_fail_with(splitter->error, CRUDDUR_E_EXPORT_DAMAGED,
                              "the text ends after item %" PRIu64 ", in the middle of the scan",
                              splitter->pieces)
               : cr_fail_with(splitter->error, CRUDDUR_E_EXPORT_DAMAGED,
                              "the text after item %" PRIu64 " is not what `aws dynamodb scan` "
                              "prints",
                              splitter->pieces);
}

/* The next byte, which stays; END at the end. */
static cruddur_status peek(cr_splitter *splitter, int *byte)
{
    cruddur_status status = fill(splitter);
    *byte = status != CRUDDUR_OK || splitter->is_at_end
                ? END
                : (unsigned char)splitter->window[splitter->at];
    return status;
}

static bool is_space(int byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* The next byte that is no white space, which stays. */
static cruddur_status peek_token(cr_splitter *splitter, int *byte)
{
    cruddur_status status = peek(splitter, byte);
    while (status == CRUDDUR_OK && is_space(*byte)) {
        splitter->at++;
        status = peek(splitter, byte);
    }
    return status;
}

/* How far a value is that is being copied. */
typedef struct copying {
    size_t depth;
    bool is_in_string;
    bool is_escaped;
    bool is_done;
} copying;

static void step(copying *now, char byte)
{
    if (now->is_in_string) {
        bool is_end = byte == '"' && !now->is_escaped;
        now->is_escaped = byte == '\\' && !now->is_escaped;
        now->is_in_string = !is_end;
    } else if (byte == '"') {
        now->is_in_string = true;
    } else if (byte == '{' || byte == '[') {
        now->depth++;
    } else if ((byte == '}' || byte == ']') && now->depth > 0) {
        now->depth--;
    }
}

static bool ends_literal(int byte)
{
    return byte == ',' || byte == '}' || byte == ']' || is_space(byte);
}

/* Takes one byte of a value. */
static cruddur_status copy_byte(cr_splitter *splitter, copying *now, char byte, size_t most)
{
    cr_buffer *piece = &splitter->piece;
    if (now->is_in_string || !is_space((unsigned char)byte)) {
        cr_buffer_add(piece, (cr_str){&byte, 1});
    }
    if (piece->failed || piece->size > most) {
        return piece->size >= most ? fail_long(splitter) : cr_fail_memory(splitter->error);
    }
    step(now, byte);
    splitter->at++;
    return CRUDDUR_OK;
}

/* Copies a value without the white space between its tokens, and goes behind it. A number or
 * literal ends before what ends it. */
static cruddur_status copy_value(cr_splitter *splitter, size_t most)
{
    int byte;
    copying now = {0, false, false, false};
    splitter->piece.size = 0;
    cruddur_status status = peek_token(splitter, &byte);
    bool is_nested = byte == '{' || byte == '[' || byte == '"';
    while (status == CRUDDUR_OK && !now.is_done) {
        bool is_end = !is_nested && ends_literal(byte);
        if (byte == END || (is_end && splitter->piece.size == 0)) {
            return fail_scan(splitter);
        }
        if (is_end) {
            break;
        }
        status = copy_byte(splitter, &now, (char)byte, most);
        now.is_done = is_nested && now.depth == 0 && !now.is_in_string;
        if (status == CRUDDUR_OK && !now.is_done) {
            status = peek(splitter, &byte);
        }
    }
    return status;
}

static cruddur_status expect(cr_splitter *splitter, char wanted)
{
    int byte;
    cruddur_status status = peek_token(splitter, &byte);
    if (status == CRUDDUR_OK && byte != wanted) {
        return fail_scan(splitter);
    }
    splitter->at += status == CRUDDUR_OK ? 1 : 0;
    return status;
}

static bool read_count(const cr_buffer *piece, uint64_t *count)
{
    *count = 0;
    bool is_number = cr_str_is_number((cr_str){piece->data, piece->size}) && piece->size < 18;
    for (size_t i = 0; is_number && i < piece->size; i++) {
        *count = *count * 10 + (uint64_t)(piece->data[i] - '0');
    }
    return is_number;
}

static bool is_name(const cr_buffer *piece, const char *quoted)
{
    return cr_str_equal((cr_str){piece->data, piece->size}, cr_str_of(quoted));
}

/* A member of the object: goes into its items, or behind it. */
static cruddur_status read_member(cr_splitter *splitter)
{
    cruddur_status status = copy_value(splitter, MEMBER_MAX);
    if (status != CRUDDUR_OK) {
        return status;
    }
    bool is_items = is_name(&splitter->piece, "\"Items\"");
    bool is_count = is_name(&splitter->piece, "\"Count\"");
    status = expect(splitter, ':');
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (is_items) {
        splitter->is_in_items = true;
        return expect(splitter, '[');
    }
    status = copy_value(splitter, MEMBER_MAX);
    if (status == CRUDDUR_OK && is_count) {
        splitter->has_count = read_count(&splitter->piece, &splitter->counted);
        status = splitter->has_count ? CRUDDUR_OK : fail_scan(splitter);
    }
    return status;
}

static cruddur_status end_object(cr_splitter *splitter)
{
    splitter->at++;
    splitter->is_in_object = false;
    if (splitter->has_count && splitter->counted != splitter->items) {
        return cr_fail_with(splitter->error, CRUDDUR_E_EXPORT_DAMAGED,
                            "the scan has %" PRIu64 " items, and says that it has %" PRIu64,
                            splitter->items, splitter->counted);
    }
    return CRUDDUR_OK;
}

static cruddur_status begin_object(cr_splitter *splitter)
{
    splitter->is_in_object = true;
    splitter->items = 0;
    splitter->has_count = false;
    return expect(splitter, '{');
}

/* One step towards the next item; *byte is the next token. */
static cruddur_status walk(cr_splitter *splitter, int byte)
{
    if (!splitter->is_in_object) {
        return begin_object(splitter);
    }
    if (byte == ',') { /* where commas belong is not our concern: each item is read as JSON later */
        splitter->at++;
        return CRUDDUR_OK;
    }
    if (splitter->is_in_items) {
        splitter->is_in_items = false;
        return expect(splitter, ']');
    }
    return byte == '}' ? end_object(splitter) : read_member(splitter);
}

cruddur_status cr_splitter_next_item(cr_splitter *splitter, cr_str *ret_item)
{
    int byte;
    *ret_item = CR_STR_ABSENT;
    cruddur_status status = peek_token(splitter, &byte);
    while (status == CRUDDUR_OK && !(splitter->is_in_items && byte == '{')) {
        if (byte == END) {
            return splitter->is_in_object ? fail_scan(splitter) : CRUDDUR_OK;
        }
        status = walk(splitter, byte);
        if (status == CRUDDUR_OK) {
            status = peek_token(splitter, &byte);
        }
    }
    if (status == CRUDDUR_OK) {
        status = copy_value(splitter, CR_EXPORT_LINE_MAX);
    }
    if (status == CRUDDUR_OK) {
        splitter->items++;
        splitter->pieces++;
        *ret_item = (cr_str){splitter->piece.data, splitter->piece.size};
    }
    return status;
}

/* ---- which format ---- */

static cruddur_status fail_format(const cr_splitter *splitter)
{
    return cr_fail_with(splitter->error, CRUDDUR_E_EXPORT_DAMAGED,
                        "the text is no export: neither one of this library, nor DynamoDB's to S3 "
                        "as JSON, nor what `aws dynamodb scan` prints");
}

/* Looks at what is in the window, which begins with the text. */
static bool name_begins(const cr_splitter *splitter, size_t at, const char *name)
{
    size_t size = strlen(name);
    return splitter->size - at >= size && memcmp(splitter->window + at, name, size) == 0;
}

static size_t skip_space(const cr_splitter *splitter, size_t at)
{
    while (at < splitter->size && is_space((unsigned char)splitter->window[at])) {
        at++;
    }
    return at;
}

/* A short read must not decide: reads on until the window is full, or the text ends. */
static cruddur_status fill_window(cr_splitter *splitter)
{
    size_t size = 1;
    cruddur_status status = fill(splitter);
    while (status == CRUDDUR_OK && size > 0 && splitter->size < WINDOW_SIZE / 2) {
        size = 0;
        if (!splitter->read(splitter->data, splitter->window + splitter->size,
                            WINDOW_SIZE - splitter->size, &size) ||
            size > WINDOW_SIZE - splitter->size) {
            return cr_fail_with(splitter->error, CRUDDUR_E_CANCELLED,
                                "the text of the export could not be read");
        }
        splitter->size += size;
        splitter->bytes += size;
    }
    return status;
}

cruddur_status cr_splitter_find_format(cr_splitter *splitter, cr_export_format *format)
{
    cruddur_status status = fill_window(splitter);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (name_begins(splitter, 0, CR_LINE_HEADER)) {
        *format = CR_FORMAT_OURS;
        return CRUDDUR_OK;
    }
    size_t at = skip_space(splitter, 0);
    if (!name_begins(splitter, at, "{")) {
        return fail_format(splitter);
    }
    at = skip_space(splitter, at + 1);
    *format = name_begins(splitter, at, "\"Item\"") ? CR_FORMAT_LINES : CR_FORMAT_SCAN;
    bool is_known = *format == CR_FORMAT_LINES || name_begins(splitter, at, "\"Items\"") ||
                    name_begins(splitter, at, "\"Count\"") ||
                    name_begins(splitter, at, "\"ScannedCount\"") ||
                    name_begins(splitter, at, "\"ConsumedCapacity\"") ||
                    name_begins(splitter, at, "\"LastEvaluatedKey\"") ||
                    name_begins(splitter, at, "\"NextToken\"");
    return is_known ? CRUDDUR_OK : fail_format(splitter);
}
