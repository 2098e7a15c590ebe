/* SPDX-License-Identifier: MIT */
/* Tables as the service describes them, and the list of what is wrong with them. */
#include "fuzz.h"
#include "store/dynamodb/description.h"

/* A check that is content says nothing, one that is not says why, in a line or more. */
static void look_at(bool is_good, const cr_lines *differences, size_t *said)
{
    FUZZ_REQUIRE(is_good == (differences->count == *said));
    *said = differences->count;
}

static void check_all(const cr_description *found, cr_lines *lines)
{
    static const cr_table_names names = {{"messages", 8}, {"by-group", 8}};
    size_t said = 0;
    look_at(cr_description_check_keys(found, lines), lines, &said);
    look_at(cr_description_check_index(found, &names, lines), lines, &said);
    look_at(cr_description_check_active(found, lines), lines, &said);
    look_at(cr_description_check_stream(found, NULL, lines), lines, &said);
    look_at(cr_description_check_stream(found, "NEW_IMAGE", lines), lines, &said);
    look_at(cr_description_check_capacity(found, 5, 6, lines), lines, &said);
    look_at(cr_description_check_protection(found, lines), lines, &said);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_description description;
    cr_lines differences;
    bool is_table =
        cr_description_read(&description, fuzz_text(bytes, size), cr_str_of("by-group"));
    FUZZ_REQUIRE(is_table == (*cr_description_status(&description) != '\0'));
    FUZZ_REQUIRE(description.table != NULL || (!is_table && description.index == NULL));
    cr_lines_init(&differences);
    check_all(&description, &differences);
    FUZZ_REQUIRE(!differences.bytes.failed);
    size_t count = differences.count;
    void *taken = cr_lines_take(&differences);
    FUZZ_REQUIRE(taken != NULL && cr_lines_count(taken) == count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_REQUIRE(*cr_lines_at(taken, i) != '\0');
    }
    free(taken);
    cr_lines_free(&differences);
    cr_description_free(&description);
    return 0;
}
