/* SPDX-License-Identifier: MIT */
/* Answers of Cognito to ListUsers: the first page up to the first 0xff, a second attempt at it
 * behind that. */
#include "fuzz.h"
#include "pool_page.h"

static void check_users(const struct pool_users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        FUZZ_REQUIRE(users->users[i].name != NULL);
        FUZZ_REQUIRE(users->users[i].sub != NULL && *users->users[i].sub != '\0');
        FUZZ_REQUIRE(users->users[i].handle == NULL || *users->users[i].handle != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *parting = size == 0 ? NULL : memchr(bytes, 0xff, size);
    size_t first_size = parting == NULL ? size : (size_t)(parting - bytes);
    struct pool_users users = {0};
    struct pool_page first = {.users = &users};
    if (pool_page_read(&first, fuzz_text(bytes, first_size)) == CRUDDUR_OK) {
        check_users(&users);
    }
    if (parting != NULL) {
        cr_str again = fuzz_text(parting + 1, size - first_size - 1);
        struct pool_users alone = {0};
        struct pool_page fresh = {.users = &alone};
        /* Of a first attempt nothing is left. */
        cruddur_status status = pool_page_read(&first, again);
        FUZZ_REQUIRE(pool_page_read(&fresh, again) == status);
        FUZZ_REQUIRE(users.count == alone.count);
        FUZZ_REQUIRE((first.token == NULL) == (fresh.token == NULL));
        if (status == CRUDDUR_OK) {
            check_users(&users);
        }
        free(fresh.token);
        pool_users_free(&alone);
    }
    free(first.token);
    pool_users_free(&users);
    return 0;
}
