/* SPDX-License-Identifier: MIT */
/* Error answers. The first byte chooses the HTTP status; up to the first zero byte the rest is the
 * header lines, and behind it the body. */
#include "aws/answer.h"
#include "aws/skew.h"
#include "fuzz.h"

/* A copy with a NUL behind it, which libcurl's side of the library sees to. */
static void fill(cr_buffer *buffer, const uint8_t *bytes, size_t size)
{
    cr_buffer_init(buffer, size + 1);
    char *room = cr_buffer_extend(buffer, size + 1);
    FUZZ_REQUIRE(room != NULL);
    if (size > 0) {
        memcpy(room, bytes, size);
    }
    room[size] = '\0';
    buffer->size--;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const int statuses[] = {400, 403, 404, 429, 500, 503, 200, 302};
    cr_aws_answer answer;
    cruddur_error *error = NULL;
    int64_t offset_us;
    if (size == 0) {
        return 0;
    }
    const uint8_t *zero = memchr(bytes + 1, 0, size - 1);
    size_t header_size = zero == NULL ? 0 : (size_t)(zero - bytes) - 1;
    size_t body_at = zero == NULL ? 1 : header_size + 2;
    cr_aws_answer_init(&answer);
    answer.http.status = statuses[bytes[0] % 8];
    fill(&answer.http.header, bytes + 1, header_size);
    fill(&answer.http.body, bytes + body_at, size - body_at);
    cr_aws_answer_read(&answer);
    (void)cr_skew_measure(&answer.http, &offset_us);
    FUZZ_REQUIRE(cr_aws_is_ok(&answer) || cr_aws_fail(&answer, "reading", &error) != CRUDDUR_OK);
    cruddur_error_free(error);
    cr_aws_answer_free(&answer);
    return 0;
}
