/* SPDX-License-Identifier: MIT */
/* The AWS files: the config file up to the first byte 0xff, the credentials file behind it. */
#include "aws/profile.h"
#include "fuzz.h"

static const char *const sections[] = {"default", "a", "b c"};
static const char *const groups[] = {NULL, "dynamodb"};
static const char *const names[] = {"region", "aws_access_key_id", "endpoint_url", "dynamodb"};

static void check_property(const cr_profiles *profiles, cr_section kind, const char *section,
                           const char *group, const char *name)
{
    const cr_property *found = cr_profiles_find(profiles, kind, section, group, name);
    const char *value = cr_profiles_get(profiles, kind, section, group, name);
    FUZZ_REQUIRE(found == NULL || cr_profiles_have(profiles, kind, section));
    FUZZ_REQUIRE(found == NULL || (found->line > 0 && found->path != NULL));
    FUZZ_REQUIRE(value == (found == NULL || *found->value == '\0' ? NULL : found->value));
    FUZZ_REQUIRE(value == NULL || strchr(" \t\r\n", *value) == NULL);
    FUZZ_REQUIRE(value == NULL || strchr(" \t\r\n", value[strlen(value) - 1]) == NULL);
}

/* Whatever is found has a place, and no blanks around it. */
static void check_section(const cr_profiles *profiles, cr_section kind, const char *section)
{
    cruddur_error *error = NULL;
    cruddur_status status = cr_profiles_check(profiles, kind, section, &error);
    FUZZ_REQUIRE(status == CRUDDUR_E_CONFIG ||
                 (status == CRUDDUR_OK && cr_profiles_have(profiles, kind, section)));
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    cruddur_error_free(error);
    for (size_t group = 0; group < sizeof(groups) / sizeof(groups[0]); group++) {
        for (size_t name = 0; name < sizeof(names) / sizeof(names[0]); name++) {
            check_property(profiles, kind, section, groups[group], names[name]);
        }
    }
}

static void check(const cr_profiles *profiles)
{
    static const cr_section kinds[] = {CR_SECTION_PROFILE, CR_SECTION_SSO_SESSION,
                                       CR_SECTION_SERVICES};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (size_t j = 0; j < sizeof(sections) / sizeof(sections[0]); j++) {
            check_section(profiles, kinds[i], sections[j]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_profiles *profiles = NULL;
    cruddur_error *error = NULL;
    const uint8_t *parting = size == 0 ? NULL : memchr(bytes, 0xff, size);
    size_t config_size = parting == NULL ? size : (size_t)(parting - bytes);
    cr_str config = fuzz_text(bytes, config_size);
    cr_str credentials =
        parting == NULL ? CR_STR_ABSENT : fuzz_text(parting + 1, size - config_size - 1);
    cruddur_status status = cr_profiles_parse(config, credentials, &profiles, &error);
    FUZZ_REQUIRE(status == CRUDDUR_OK || status == CRUDDUR_E_CONFIG);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    if (status == CRUDDUR_OK) {
        check(profiles);
    }
    cr_profiles_free(profiles);
    cruddur_error_free(error);
    return 0;
}
