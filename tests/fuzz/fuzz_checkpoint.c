/* SPDX-License-Identifier: MIT */
/* Checkpoints. Up to the first NUL the input is a checkpoint's text, behind it the lines of its
 * shards, for which the rest is made: so that those, too, are read that a hash would keep out. */
#include <inttypes.h>

#include "fuzz.h"
#include "processor/checkpoint.h"

#define STREAM "arn:aws:dynamodb:eu-central-1:1:table/t/stream/1"

/* What is taken is written as it was read, but for the order of the shards. */
static void check(cr_str text)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_lineage again = CR_LINEAGE_INIT;
    cr_buffer written;
    cr_buffer_init(&written, CR_CHECKPOINT_MAX);
    if (cr_checkpoint_parse(text, cr_str_of(STREAM), &lineage) == CR_CHECKPOINT_GOOD) {
        cr_checkpoint_format(cr_str_of(STREAM), &lineage, &written);
        cr_str copy = {written.data, written.size};
        FUZZ_REQUIRE(!written.failed);
        FUZZ_REQUIRE(written.size == text.size);
        FUZZ_REQUIRE(cr_checkpoint_parse(copy, cr_str_of(STREAM), &again) == CR_CHECKPOINT_GOOD);
        FUZZ_REQUIRE(again.count == lineage.count);
    }
    cr_buffer_free(&written);
    cr_lineage_free(&lineage);
    cr_lineage_free(&again);
}

/* The hash is made once more, by its definition. */
static void check_shards(cr_str shards)
{
    static const char heading[] = "cruddur stream checkpoint 1\nstream " STREAM "\n";
    const size_t before = sizeof(heading) - 1 + shards.size;
    char *text = malloc(before + 100);
    size_t count = 0;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    FUZZ_REQUIRE(text != NULL);
    memcpy(text, heading, sizeof(heading) - 1);
    memcpy(text + sizeof(heading) - 1, shards.data, shards.size);
    for (size_t i = 0; i < before; i++) {
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    }
    for (size_t i = 0; i < shards.size; i++) {
        count += shards.data[i] == '\n' ? 1 : 0;
    }
    int end = snprintf(text + before, 100, "end %zu %016" PRIx64 "\n", count, hash);
    check((cr_str){text, before + (size_t)end});
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_str text = fuzz_text(bytes, size);
    cr_str shards = fuzz_cut(&text);
    check(text);
    check_shards(text);
    check_shards(shards);
    return 0;
}
