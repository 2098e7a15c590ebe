/* SPDX-License-Identifier: MIT */
#include "base/call.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/print.h"

#define LINE_MAX_SIZE 512
/* More than a call ever writes; what is beyond it is dropped. */
#define KEPT_MAX ((size_t)64 * 1024)

void cr_log_line(const cr_logger *logger, cruddur_log_level level, const char *format, ...)
{
    if (logger->log == NULL) {
        return;
    }
    char line[LINE_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)cr_print_line(line, sizeof(line), format, arguments);
    va_end(arguments);
    logger->log(logger->data, level, line);
}

/* A line is kept as its level in one byte, its text, and a NUL. */
static void keep_line(void *data, uint32_t level, const char *message)
{
    cr_kept_log *kept = data;
    cr_str text = cr_str_of(message);
    char *room = cr_buffer_extend(&kept->lines, 1 + text.size + 1);
    if (room != NULL) {
        room[0] = (char)level;
        memcpy(room + 1, text.data, text.size + 1);
    }
}

void cr_log_keep(cr_kept_log *kept, cr_call *call)
{
    kept->logger = call->logger;
    cr_buffer_init(&kept->lines, KEPT_MAX);
    if (call->logger.log != NULL) {
        call->logger = (cr_logger){keep_line, kept};
    }
}

void cr_log_release(cr_kept_log *kept, cr_call *call)
{
    call->logger = kept->logger;
    for (size_t at = 0; at < kept->lines.size;) {
        const char *line = kept->lines.data + at;
        kept->logger.log(kept->logger.data, (uint32_t)(unsigned char)line[0], line + 1);
        at += 1 + strlen(line + 1) + 1;
    }
    cr_buffer_free(&kept->lines);
}

bool cr_call_is_over(const cr_call *call)
{
    return cr_is_cancelled(call->cancel) || cr_deadline_passed(call->deadline_us);
}

cruddur_status cr_call_check_deadline(const cr_call *call)
{
    if (cr_is_cancelled(call->cancel)) {
        return cr_fail_cancelled(call->error);
    }
    if (!cr_deadline_passed(call->deadline_us)) {
        return CRUDDUR_OK;
    }
    return cr_fail_with(call->error, CRUDDUR_E_TIMEOUT, "the deadline passed during the call");
}

void cr_meter_add(cr_meter *sum, const cr_meter *part)
{
    sum->attempts += part->attempts;
    sum->rows_read += part->rows_read;
    sum->rows_written += part->rows_written;
    sum->requests += part->requests;
    sum->waves += part->waves;
    sum->guesses += part->guesses;
    sum->guesses_wrong += part->guesses_wrong;
    sum->combined += part->combined;
    sum->read_units += part->read_units;
    sum->write_units += part->write_units;
}
