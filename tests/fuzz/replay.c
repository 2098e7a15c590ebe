/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files: on each as it is, and cut off behind each of its bytes. For builds
 * without libFuzzer. */
#include <dirent.h>

#include "fuzz.h"

#define INPUT_MAX 65536
#define PATH_SIZE 4096
/* Longer inputs are not cut. */
#define CUT_MAX 2048

/* In memory that ends where the input does. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, bytes, size);
    FUZZ_REQUIRE(LLVMFuzzerTestOneInput(copy, size) == 0);
    free(copy);
}

static void run_file(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    FUZZ_REQUIRE(file != NULL);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    FUZZ_REQUIRE(ferror(file) == 0);
    FUZZ_REQUIRE(fclose(file) == 0);
    (void)printf("%s\n", path);
    FUZZ_REQUIRE(fflush(stdout) == 0);
    for (size_t length = size > CUT_MAX ? size : 0; length <= size; length++) {
        run(bytes, length);
    }
}

int main(int count, char **arguments)
{
    size_t files = 0;
    char path[PATH_SIZE];
    for (int i = 1; i < count; i++) {
        DIR *folder = opendir(arguments[i]);
        FUZZ_REQUIRE(folder != NULL);
        for (const struct dirent *found = readdir(folder); found != NULL; found = readdir(folder)) {
            if (found->d_name[0] != '.') {
                int length = snprintf(path, sizeof(path), "%s/%s", arguments[i], found->d_name);
                FUZZ_REQUIRE(length > 0 && (size_t)length < sizeof(path));
                run_file(path);
                files++;
            }
        }
        FUZZ_REQUIRE(closedir(folder) == 0);
    }
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
