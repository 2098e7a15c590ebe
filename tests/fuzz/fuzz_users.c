/* SPDX-License-Identifier: MIT */
/* Users files: CSV, or JSON. The first byte chooses what the users are for. */
#include "users.h"

#include "csv.h"
#include "fuzz.h"

/* Fields that are written as CSV with quotes are read as they were. */
static void check_record(const struct csv *csv)
{
    struct csv again;
    struct problem problem;
    struct buffer text = {NULL, 0, 0};
    for (size_t i = 0; i < csv->n_fields; i++) {
        buffer_add_text(&text, i == 0 ? "\"" : ",\"");
        for (const char *at = csv_field(csv, i); *at != '\0'; at++) {
            buffer_add(&text, "\"", *at == '"');
            buffer_add(&text, at, 1);
        }
        buffer_add_text(&text, "\"");
    }
    csv_init(&again, buffer_text(&text));
    FUZZ_REQUIRE(csv_next(&again, &problem) == CSV_RECORD);
    FUZZ_REQUIRE(again.n_fields == csv->n_fields);
    for (size_t i = 0; i < csv->n_fields; i++) {
        FUZZ_REQUIRE(strcmp(csv_field(&again, i), csv_field(csv, i)) == 0);
    }
    FUZZ_REQUIRE(csv_next(&again, &problem) == CSV_END);
    csv_free(&again);
    buffer_free(&text);
}

static void check_csv(const char *text)
{
    struct csv csv;
    struct problem problem = {0};
    enum csv_status status;
    size_t line = 0;
    csv_init(&csv, text);
    while ((status = csv_next(&csv, &problem)) == CSV_RECORD) {
        FUZZ_REQUIRE(csv.n_fields > 0 && csv.n_fields <= CSV_FIELDS_MAX);
        FUZZ_REQUIRE(csv.record_line > line);
        line = csv.record_line;
        check_record(&csv);
    }
    FUZZ_REQUIRE(status == CSV_END || (problem.line > 0 && *problem.text != '\0'));
    csv_free(&csv);
}

static void check_users(const char *text, enum users_purpose purpose)
{
    struct users users = {0};
    struct problem problem = {0};
    if (users_parse(&users, text, purpose, &problem)) {
        for (size_t i = 0; i < users.count; i++) {
            const struct users_entry *entry = &users.entries[i];
            bool is_ambiguous;
            FUZZ_REQUIRE(users_find(&users, USERS_HANDLE, entry->fields[USERS_HANDLE],
                                    &is_ambiguous) == entry);
            FUZZ_REQUIRE(!is_ambiguous);
        }
    } else {
        FUZZ_REQUIRE(*problem.text != '\0');
    }
    users_free(&users);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        char *text = fuzz_copy(fuzz_text(bytes + 1, size - 1));
        check_csv(text);
        check_users(text, bytes[0] % 2 == 0 ? USERS_TO_LOOK_UP : USERS_TO_LOAD);
        free(text);
    }
    return 0;
}
