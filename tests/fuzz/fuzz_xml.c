/* SPDX-License-Identifier: MIT */
/* Texts in XML: the first byte chooses how much room there is for what is found. */
#include "aws/providers/xml.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const paths[] = {
        "A/B", "A", "A/A/A", "AssumeRoleResponse/AssumeRoleResult/Credentials/SessionToken"};
    if (size == 0) {
        return 0;
    }
    cr_str document = fuzz_text(bytes + 1, size - 1);
    char *whole = malloc(size);
    char *little = malloc((size_t)bytes[0] + 1);
    FUZZ_REQUIRE(whole != NULL && little != NULL);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ptrdiff_t length = cr_xml_find(document, paths[i], whole, size);
        ptrdiff_t cut = cr_xml_find(document, paths[i], little, (size_t)bytes[0] + 1);
        /* What is found is text, shorter than its document, and found whole or not at all. */
        FUZZ_REQUIRE(length == -1 || strlen(whole) == (size_t)length);
        FUZZ_REQUIRE(cut == (length <= bytes[0] ? length : -1));
        FUZZ_REQUIRE(cut == -1 || strcmp(whole, little) == 0);
    }
    free(whole);
    free(little);
    return 0;
}
