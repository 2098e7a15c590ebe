/* SPDX-License-Identifier: MIT */
/* Times. Up to the first NUL the input is a time as text, behind it the head of a partition; the
 * first eight bytes are a number of microseconds, too. */
#include "fuzz.h"
#include "model/time.h"

static void check_format(int64_t time_us)
{
    cr_sort_key key;
    cr_sort_key bound;
    int64_t back_us = 0;
    FUZZ_REQUIRE(cr_time_format(time_us, &key) == cr_time_is_valid(time_us));
    size_t length = cr_time_lower_bound(time_us, &bound);
    FUZZ_REQUIRE((length > 0) == cr_time_is_valid(time_us));
    if (length == 0) {
        return;
    }
    FUZZ_REQUIRE(cr_time_parse(cr_sort_key_str(&key), &back_us));
    FUZZ_REQUIRE(back_us == time_us);
    FUZZ_REQUIRE(cr_time_parse((cr_str){bound.text, length}, &back_us));
    FUZZ_REQUIRE(back_us == time_us);
    FUZZ_REQUIRE(cr_str_compare((cr_str){bound.text, length}, cr_sort_key_str(&key)) <= 0);
}

/* In the form that the library writes; a leap second is never written. */
static bool is_canonical(cr_str text)
{
    return text.size == CR_TIME_LENGTH && text.data[10] == 'T' && text.data[17] != '6' &&
           text.data[19] == '.' && memcmp(text.data + 26, "+00:00", 6) == 0;
}

static void check_parse(cr_str text)
{
    cr_sort_key key;
    int64_t time_us = 42;
    if (cr_time_parse(text, &time_us)) {
        FUZZ_REQUIRE(cr_time_is_valid(time_us));
        check_format(time_us);
        FUZZ_REQUIRE(!is_canonical(text) ||
                     (cr_time_format(time_us, &key) && cr_str_equal(cr_sort_key_str(&key), text)));
    } else {
        FUZZ_REQUIRE(time_us == 42);
    }
}

/* The next key sorts behind the head, and is a later time, and not before the one asked for. */
static void check_after(int64_t time_us, cr_str head)
{
    cr_sort_key key;
    int64_t key_us = 0;
    int64_t head_us = 0;
    if (!cr_sort_key_after(time_us, head, &key)) {
        return;
    }
    FUZZ_REQUIRE(cr_time_parse(cr_sort_key_str(&key), &key_us));
    FUZZ_REQUIRE(key_us >= time_us);
    FUZZ_REQUIRE(cr_str_compare(cr_sort_key_str(&key), head) > 0);
    FUZZ_REQUIRE(!cr_time_parse(head, &head_us) || key_us > head_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_str text = fuzz_text(bytes, size);
    cr_str head = fuzz_cut(&text);
    int64_t time_us = 0;
    check_parse(text);
    check_parse(head);
    (void)cr_time_parse(text, &time_us);
    check_after(time_us, head);
    if (size >= sizeof(time_us)) {
        memcpy(&time_us, bytes, sizeof(time_us));
        check_format(time_us);
        check_after(time_us, head);
        check_format(time_us / 64); /* more of these are times */
    }
    return 0;
}
