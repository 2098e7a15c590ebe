/* SPDX-License-Identifier: MIT */
/* The reader of JSON with secrets in it, against json-c (oracle.h says where they may differ), and
 * the identities that are made of it. */
#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "oracle.h"

/* It stops at 32 levels, json-c counts one more or less. */
#define DEPTH_BOTH_TAKE 30
#define DEPTH_ORACLE 40

static const char *const names[] = {"AccessKeyId", "Expiration", "roleCredentials", ""};

static void check_text(cr_str value, json_object *expected)
{
    char *text = malloc(value.size == 0 ? 1 : value.size);
    FUZZ_REQUIRE(text != NULL);
    ptrdiff_t size = cr_secret_json_text(value, text);
    if (!json_object_is_type(expected, json_type_string)) {
        FUZZ_REQUIRE(size == -1);
    } else {
        cr_str theirs = oracle_text(expected);
        bool has_nul = memchr(theirs.data, '\0', theirs.size) != NULL;
        FUZZ_REQUIRE(has_nul ? size == -1 : cr_str_equal(theirs, (cr_str){text, (size_t)size}));
    }
    free(text);
}

static void check_value(cr_str value, json_object *expected)
{
    int64_t number = 0;
    check_text(value, expected);
    if (cr_secret_json_integer(value, &number)) {
        FUZZ_REQUIRE(json_object_is_type(expected, json_type_int));
        FUZZ_REQUIRE(json_object_get_int64(expected) == number);
    }
    FUZZ_REQUIRE(cr_secret_json_is_object(value) ==
                 json_object_is_type(expected, json_type_object));
}

static void check_members(cr_str text, json_object *object)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_object *expected = NULL;
        cr_str value = cr_secret_json_find(text, names[i]);
        FUZZ_REQUIRE((value.data != NULL) == oracle_member(object, names[i], &expected));
        if (value.data != NULL) {
            check_value(value, expected);
        }
    }
}

static void check_identity(cr_str text)
{
    cruddur_error *error = NULL;
    const cr_identity *identity = NULL;
    cr_provider_context context = {.error = &error};
    cruddur_status status =
        cr_provider_identity_of_json(&context, "fuzzing", text, &cr_usual_answer_names, &identity);
    FUZZ_REQUIRE(status == CRUDDUR_OK || status == CRUDDUR_E_CREDENTIALS);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (identity != NULL && error == NULL));
    cr_identity_release(identity);
    cruddur_error_free(error);
}

static void compare(cr_str text)
{
    json_object *theirs = oracle_read(text, DEPTH_ORACLE);
    bool is_object = cr_secret_json_is_object(text);
    FUZZ_REQUIRE(!is_object || json_object_is_type(theirs, json_type_object));
    (void)json_object_put(theirs);
    theirs = oracle_read(text, DEPTH_BOTH_TAKE);
    cr_str plain = oracle_write(theirs);
    if (json_object_is_type(theirs, json_type_object) && plain.data != NULL) {
        FUZZ_REQUIRE(cr_secret_json_is_object(plain));
        check_members(plain, theirs);
    }
    (void)json_object_put(theirs);
    /* Names with escapes are not found, so that the text itself says less than json-c's. */
    for (size_t i = 0; is_object && i < sizeof(names) / sizeof(names[0]); i++) {
        cr_str value = cr_secret_json_find(text, names[i]);
        FUZZ_REQUIRE(value.data == NULL ||
                     (value.data > text.data && value.data + value.size < text.data + text.size));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_str text = fuzz_text(bytes, size);
    int64_t time_us;
    compare(text);
    check_identity(text);
    (void)cr_provider_parse_time(text, &time_us);
    return 0;
}
