/* SPDX-License-Identifier: MIT */
/* Cursors of watches. The first byte chooses what the rest is: a cursor's text, or the bytes that
 * the text stands for, to which the check is added that nobody guesses. */
#include "fuzz.h"
#include "watch/place.h"

static const cr_place_owner owner = {true, {"5ae290ed-55d1-47a0-bc6d-fe2bc2700399"}, 7};
static const cr_place_owner other = {false, {"5ae290ed-55d1-47a0-bc6d-fe2bc2700399"}, 7};

/* A text that is taken is the one text of its place, and of no other watch. */
static cr_cursor_check check_text(cr_str text)
{
    cr_buffer out;
    cr_place place;
    cr_place again;
    cr_cursor_check check = cr_place_read(text, &owner, &place);
    FUZZ_REQUIRE(check != CR_CURSOR_NO_MEMORY);
    if (check == CR_CURSOR_GOOD) {
        cr_buffer_init(&out, 10000);
        cr_place_write(&place, &owner, &out);
        FUZZ_REQUIRE(!out.failed);
        FUZZ_REQUIRE(cr_str_equal((cr_str){out.data, out.size - 1}, text));
        FUZZ_REQUIRE(cr_place_read(text, &other, &again) == CR_CURSOR_FOREIGN);
        FUZZ_REQUIRE(place.seq >= 0 && cr_time_is_valid(place.time_us));
        cr_buffer_free(&out);
    }
    return check;
}

static void check_bytes(cr_str given, bool is_ours)
{
    cr_buffer out;
    cr_buffer kept;
    cr_place none = {.change = 1};
    unsigned char bytes[CR_CURSOR_BYTES_MAX] = {CR_CURSOR_OF_WATCH};
    size_t room = sizeof(bytes) - CR_CURSOR_CHECK_SIZE - 17;
    size_t size = given.size < room ? given.size : room;
    cr_buffer_init(&out, 10000);
    cr_buffer_init(&kept, 10000);
    cr_place_write(&none, &owner, &kept); /* for the hashes of the owner */
    FUZZ_REQUIRE(!kept.failed);
    unsigned char whole[CR_CURSOR_BYTES_MAX];
    FUZZ_REQUIRE(cr_cursor_unseal((cr_str){kept.data, kept.size - 1}, whole) > 17);
    memcpy(bytes, whole, is_ours ? 17 : 1);
    if (size > 0) {
        memcpy(bytes + 17, given.data, size);
    }
    cr_cursor_seal(bytes, 17 + size, &out);
    FUZZ_REQUIRE(!out.failed);
    cr_cursor_check check = check_text((cr_str){out.data, out.size - 1});
    FUZZ_REQUIRE(is_ours || check != CR_CURSOR_GOOD);
    cr_buffer_free(&out);
    cr_buffer_free(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1) {
        return 0;
    }
    cr_str text = fuzz_text(bytes + 1, size - 1);
    if (bytes[0] % 3 == 0) {
        (void)check_text(text);
    } else {
        check_bytes(text, bytes[0] % 3 == 1);
    }
    return 0;
}
