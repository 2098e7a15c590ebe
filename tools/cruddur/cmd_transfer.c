/* SPDX-License-Identifier: MIT */
/* cruddur export and import: all rows of a table as text, and back. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "buffer.h"
#include "command.h"
#include "json.h"
#include "progress.h"

#define US_PER_S 1000000.0
#define SHOW_EVERY_US 200000
/* A single write may wait for the service to have capacity again. */
#define TIMEOUT_MS 60000

struct transfer {
    struct context *context;
    const char *path;
    int file;            /* of an export */
    gzFile packed;       /* of an import: a file that is compressed or not */
    int failure;         /* an errno of the file */
    uint64_t size;       /* of the file of an import; 0: not known */
    uint64_t first_rows; /* where the first event of this run began */
    bool has_begun;
    int64_t started_us;
    int64_t shown_us;
    bool has_progress;
    bool is_complete;
    cruddur_transfer_event latest;
    char *cursor; /* where another run can continue */
};

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* ---- progress ---- */

static void add_duration(struct buffer *line, double seconds)
{
    uint64_t whole = (uint64_t)seconds;
    if (whole >= 3600) {
        buffer_add_format(line, "%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole / 60 % 60);
    } else if (whole >= 60) {
        buffer_add_format(line, "%" PRIu64 " min %" PRIu64 " s", whole / 60, whole % 60);
    } else {
        buffer_add_format(line, "%" PRIu64 " s", whole);
    }
}

/* How much is done, from 0 to 1; 0 where that is not known. */
static double find_share(const struct transfer *transfer, const cruddur_transfer_event *event)
{
    if (event->expected_rows > 0) {
        return (double)event->rows / (double)event->expected_rows;
    }
    z_off_t at = transfer->packed != NULL && transfer->size > 0 ? gzoffset(transfer->packed) : 0;
    return at > 0 ? (double)at / (double)transfer->size : 0;
}

static void add_progress(struct buffer *line, const struct transfer *transfer,
                         const cruddur_transfer_event *event)
{
    double seconds = (double)(cruddur_time_now_us() - transfer->started_us) / US_PER_S;
    double share = find_share(transfer, event);
    uint64_t rows = event->rows - transfer->first_rows;
    buffer_add_format(line, "%" PRIu64 " rows", event->rows);
    if (seconds > 0) {
        buffer_add_format(line, ", %.0f a second", (double)rows / seconds);
    }
    if (share > 0 && share < 1) {
        buffer_add_format(line, "; %.0f %%, ", 100 * share);
        add_duration(line, seconds / share * (1 - share));
        buffer_add_format(line, " left");
    }
}

static void show(struct transfer *transfer, const cruddur_transfer_event *event)
{
    int64_t now_us = cruddur_time_now_us();
    bool is_verbose = transfer->context->options.verbose;
    bool is_due = now_us - transfer->shown_us >= SHOW_EVERY_US;
    if (!is_verbose && !(is_due && progress_can_be_shown())) {
        return;
    }
    struct buffer line = {NULL, 0, 0};
    add_progress(&line, transfer, event);
    if (is_verbose) {
        report_remark("%s", buffer_text(&line));
    } else {
        progress_show(buffer_text(&line));
        transfer->has_progress = true;
    }
    transfer->shown_us = now_us;
    buffer_free(&line);
}

static void clear(struct transfer *transfer)
{
    if (transfer->has_progress) {
        progress_clear();
        transfer->has_progress = false;
    }
}

static bool observe(void *data, const cruddur_transfer_event *event)
{
    struct transfer *transfer = data;
    if (event->pk != NULL) {
        clear(transfer);
        report_remark("%s %s: the table has another row with this key, which %s", event->pk,
                      event->sk, transfer->context->options.replace ? "is replaced" : "stays");
        return true;
    }
    transfer->latest = *event;
    transfer->is_complete = event->cursor == NULL;
    free(transfer->cursor);
    transfer->cursor = event->cursor != NULL ? memory_copy(event->cursor) : NULL;
    show(transfer, event);
    return true;
}

/* ---- export ---- */

static bool write_text(void *data, const char *text, size_t size)
{
    struct transfer *transfer = data;
    while (size > 0) {
        ssize_t written = write(transfer->file, text, size);
        if (written < 0 && errno != EINTR) {
            transfer->failure = errno;
            return false;
        }
        size_t done = written > 0 ? (size_t)written : 0;
        text += done;
        size -= done;
    }
    return true;
}

static const char *name_of(const char *path, const char *standard)
{
    return is_standard(path) ? standard : path;
}

/* What is in a file that an export is to continue. */
struct found {
    char *cursor; /* the line of the last block, without its end */
    off_t end;    /* of that line */
    bool is_export;
    bool is_complete;
};

static bool begins(const char *line, const char *begin)
{
    return strncmp(line, begin, strlen(begin)) == 0;
}

/* Looks for the last block that is whole. No row's line begins as one that ends a block. */
static int find_end(FILE *file, struct found *found)
{
    char *line = NULL;
    size_t room = 0;
    off_t at = 0;
    errno = 0;
    for (ssize_t size = getline(&line, &room, file); size > 0 && line[size - 1] == '\n';
         size = getline(&line, &room, file)) {
        found->is_export = found->is_export || (at == 0 && begins(line, "{\"cruddur_export\":"));
        at += size;
        found->is_complete = begins(line, "{\"end\":");
        if (begins(line, "{\"block\":")) {
            line[size - 1] = '\0';
            free(found->cursor);
            found->cursor = memory_copy(line);
            found->end = at;
        }
    }
    int error = ferror(file) != 0 ? errno : 0;
    /* The export was interrupted before its first line was written. */
    found->is_export = found->is_export || ftello(file) == 0;
    free(line);
    return error;
}

/* Opens a file that has the beginning of an export, and cuts off what is not whole. */
static enum exit_code open_beginning(struct transfer *transfer)
{
    struct found found = {NULL, 0, false, false};
    FILE *file = fopen(transfer->path, "r+e");
    if (file == NULL) {
        return report_system(errno, "%s", transfer->path);
    }
    int error = find_end(file, &found);
    enum exit_code code = CODE_OK;
    if (error != 0) {
        code = report_system(error, "%s", transfer->path);
    } else if (!found.is_export) {
        code = report(CODE_USAGE, "%s: it is not the beginning of an export", transfer->path);
    } else if (found.is_complete) {
        code = report(CODE_USAGE, "%s: the export is complete", transfer->path);
    } else if (ftruncate(fileno(file), found.end) != 0) {
        code = report_system(errno, "%s", transfer->path);
    }
    (void)fclose(file); /* nothing was written through it */
    if (code == CODE_OK) {
        transfer->cursor = found.cursor;
        transfer->file = open(transfer->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        return transfer->file < 0 ? report_system(errno, "%s", transfer->path) : CODE_OK;
    }
    free(found.cursor);
    return code;
}

static enum exit_code open_target(struct transfer *transfer)
{
    bool resumes = transfer->context->options.resume;
    if (is_standard(transfer->path)) {
        transfer->file = STDOUT_FILENO;
        return resumes ? report(CODE_USAGE, "--resume: it needs a FILE, not standard output")
                       : CODE_OK;
    }
    if (resumes) {
        return open_beginning(transfer);
    }
    transfer->file =
        open(transfer->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (transfer->file >= 0) {
        return CODE_OK;
    }
    return errno == EEXIST ? report(CODE_USAGE,
                                    "%s: it exists; --resume continues an export that was "
                                    "interrupted",
                                    transfer->path)
                           : report_system(errno, "%s", transfer->path);
}

/* The file is on the disk when the command says so. */
static enum exit_code close_target(struct transfer *transfer, enum exit_code code)
{
    if (is_standard(transfer->path) || transfer->file < 0) {
        return code;
    }
    int error = fsync(transfer->file) != 0 && errno != EINVAL && errno != EROFS ? errno : 0;
    error = close(transfer->file) != 0 && error == 0 ? errno : error;
    return code == CODE_OK && error != 0 ? report_system(error, "%s", transfer->path) : code;
}

static void write_export_counts(const struct transfer *transfer)
{
    struct out *out = &transfer->context->out;
    if (is_standard(transfer->path)) {
        return; /* it has the export */
    }
    if (transfer->context->options.json) {
        json_number(out, "{", "rows", transfer->latest.rows);
        out_text(out, "}\n");
    } else {
        out_format(out, "%" PRIu64 " rows\n", transfer->latest.rows);
    }
}

static enum exit_code report_export(struct transfer *transfer, cruddur_status status,
                                    cruddur_error *error)
{
    const char *name = name_of(transfer->path, "standard output");
    enum exit_code code = CODE_OK;
    if (transfer->failure != 0) {
        cruddur_error_free(error);
        code = report_system(transfer->failure, "%s", name);
    } else if (status != CRUDDUR_OK) {
        bool is_cursor = status == CRUDDUR_E_CURSOR_DAMAGED;
        code = report_error(status, error, is_cursor ? transfer->path : NULL);
    }
    if (code == CODE_OK || is_standard(transfer->path)) {
        return code;
    }
    if (transfer->cursor == NULL && !transfer->context->options.resume) {
        (void)unlink(transfer->path); /* it has no row; if it stays, --resume begins anew */
    } else {
        report_remark("%" PRIu64 " rows are in %s; --resume continues", transfer->latest.rows,
                      name);
    }
    return code;
}

static void begin(struct transfer *transfer, struct context *context)
{
    *transfer = (struct transfer){.context = context,
                                  .path = context->arguments[0],
                                  .file = -1,
                                  .started_us = cruddur_time_now_us()};
}

static enum exit_code run_export(struct context *context)
{
    struct transfer transfer;
    cruddur_export_options options = CRUDDUR_EXPORT_OPTIONS_INIT;
    cruddur_error *error = NULL;
    begin(&transfer, context);
    enum exit_code code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        code = open_target(&transfer);
    }
    char *cursor = transfer.cursor;
    transfer.cursor = NULL;
    if (code == CODE_OK) {
        options.cursor = cursor;
        options.observe = observe;
        options.data = &transfer;
        options.timeout_ms = context_timeout_ms(context, TIMEOUT_MS);
        cruddur_status status =
            cruddur_export(context->dm, write_text, &transfer, &options, &error);
        clear(&transfer);
        code = report_export(&transfer, status, error);
    }
    code = close_target(&transfer, code);
    if (code == CODE_OK) {
        write_export_counts(&transfer);
    }
    free(cursor);
    free(transfer.cursor);
    return code;
}

/* ---- import ---- */

static bool read_text(void *data, char *text, size_t size, size_t *ret_size)
{
    struct transfer *transfer = data;
    unsigned most = size < INT_MAX ? (unsigned)size : INT_MAX;
    int got = gzread(transfer->packed, text, most);
    int number = Z_OK;
    /* To gzread() a compressed file that was cut short has ended. */
    if (got == 0) {
        (void)gzerror(transfer->packed, &number);
    }
    *ret_size = got > 0 ? (size_t)got : 0;
    return got >= 0 && number == Z_OK;
}

/* The file may be compressed, as those of DynamoDB's export to S3 are. */
static enum exit_code open_source(struct transfer *transfer)
{
    struct stat facts;
    int file = is_standard(transfer->path) ? dup(STDIN_FILENO)
                                           : open(transfer->path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts) != 0) {
        int error = errno;
        if (file >= 0) {
            (void)close(file);
        }
        return report_system(error, "%s", name_of(transfer->path, "standard input"));
    }
    transfer->size = S_ISREG(facts.st_mode) ? (uint64_t)facts.st_size : 0;
    transfer->packed = gzdopen(file, "rb");
    if (transfer->packed == NULL) {
        (void)close(file);
        return report(CODE_FAILED, "out of memory");
    }
    return CODE_OK;
}

static void write_import_counts(const struct transfer *transfer)
{
    struct out *out = &transfer->context->out;
    const cruddur_transfer_event *counts = &transfer->latest;
    if (transfer->context->options.json) {
        json_number(out, "{", "rows", counts->rows);
        json_number(out, ",", "put", counts->put);
        json_number(out, ",", "same", counts->same);
        json_number(out, ",", "conflicts", counts->conflicts);
        json_number(out, ",", "replaced", counts->replaced);
        json_number(out, ",", "claims", counts->claims);
        out_text(out, "}\n");
        return;
    }
    out_format(out, "%" PRIu64 " rows; %" PRIu64 " put, %" PRIu64 " the same", counts->rows,
               counts->put, counts->same);
    if (counts->conflicts > 0) {
        out_format(out, ", %" PRIu64 " in conflict and left as they were", counts->conflicts);
    }
    if (counts->replaced > 0) {
        out_format(out, ", %" PRIu64 " replaced", counts->replaced);
    }
    if (counts->claims > 0) {
        out_format(out, "; %" PRIu64 " claims put", counts->claims);
    }
    out_text(out, "\n");
}

/* What zlib says, without its name of the file. */
static const char *find_reason(gzFile file, int *number)
{
    const char *reason = gzerror(file, number);
    const char *name_end = begins(reason, "<fd:") ? strstr(reason, ">: ") : NULL;
    return name_end != NULL ? name_end + strlen(">: ") : reason;
}

static enum exit_code report_import(struct transfer *transfer, cruddur_status status,
                                    cruddur_error *error)
{
    int number = Z_OK;
    const char *name = name_of(transfer->path, "standard input");
    const char *reason = find_reason(transfer->packed, &number);
    if (number == Z_ERRNO || (number != Z_OK && number != Z_STREAM_END)) {
        cruddur_error_free(error);
        return report(CODE_FAILED, "%s: %s", name, reason);
    }
    bool is_of_text = status == CRUDDUR_E_EXPORT_DAMAGED || status == CRUDDUR_E_STORE_NEWER;
    return report_error(status, error, is_of_text ? name : NULL);
}

static cruddur_status import(struct transfer *transfer, cruddur_error **error)
{
    const struct options *given = &transfer->context->options;
    cruddur_import_options options = CRUDDUR_IMPORT_OPTIONS_INIT;
    options.cursor = given->cursor;
    options.flags = given->unused ? CRUDDUR_IMPORT_UNUSED : 0;
    options.on_conflict = given->replace ? CRUDDUR_CONFLICT_REPLACE : CRUDDUR_CONFLICT_SKIP;
    options.workers = (uint32_t)given->workers;
    options.observe = observe;
    options.data = transfer;
    options.timeout_ms = context_timeout_ms(transfer->context, TIMEOUT_MS);
    return cruddur_import(transfer->context->dm, read_text, transfer, &options, error);
}

static enum exit_code run_import(struct context *context)
{
    struct transfer transfer;
    cruddur_error *error = NULL;
    begin(&transfer, context);
    enum exit_code code = open_source(&transfer);
    if (code != CODE_OK) {
        return code;
    }
    code = context_open(context, CRUDDUR_OPEN_EXISTING);
    if (code == CODE_OK) {
        cruddur_status status = import(&transfer, &error);
        clear(&transfer);
        if (status != CRUDDUR_OK) {
            code = report_import(&transfer, status, error);
            if (transfer.cursor != NULL) {
                report_remark("%" PRIu64 " rows are imported; to continue, run it again, or add "
                              "--cursor %s",
                              transfer.latest.rows, transfer.cursor);
            }
        } else {
            write_import_counts(&transfer);
            code = transfer.latest.conflicts > 0 ? CODE_FAILED : CODE_OK;
        }
    }
    (void)gzclose_r(transfer.packed);
    free(transfer.cursor);
    return code;
}

const struct command command_export = {
    .name = "export",
    .bit = COMMAND_EXPORT,
    .arguments = {"FILE"},
    .summary = "write all rows of the table to a file",
    .help = "Usage: cruddur export [OPTION]... FILE\n"
            "\n"
            "Writes all rows of the table, with all their attributes and those of other\n"
            "programs, to a new FILE, or to standard output for -. The file has JSON lines\n"
            "with checksums: a backup, or what import reads into another table. An SQLite\n"
            "store may be in use: the file shows it at one moment.\n"
            "\n"
            "Options:\n"
            "  --resume        continue a FILE whose export was interrupted\n"
            "\n"
            "Examples:\n"
            "  cruddur export --store sqlite:messages.db messages.export\n"
            "  cruddur export --store dynamodb:messages - | gzip > messages.export.gz\n",
    .run = run_export,
};

const struct command command_import = {
    .name = "import",
    .bit = COMMAND_IMPORT,
    .arguments = {"FILE"},
    .summary = "put the rows of an export into a table",
    .help = "Usage: cruddur import [OPTION]... FILE\n"
            "\n"
            "Puts the rows of an export into the table, which exists (see schema load). FILE,\n"
            "or standard input for -, is what export writes, what `aws dynamodb scan`\n"
            "prints, or a file of DynamoDB's export to S3, each compressed by gzip or not.\n"
            "Rows that are in the table already stay. A row whose key has another row there\n"
            "is reported and left out; then the exit status is 1. When interrupted, run it\n"
            "again. No program should write to the table meanwhile.\n"
            "\n"
            "Options:\n"
            "  --replace       replace the table's row instead of leaving the export's out\n"
            "  --unused        the table is empty and not in use: write in batches, without\n"
            "                  conditions, which needs fewer requests on DynamoDB\n"
            "  --workers N     so many writes at the same time, on DynamoDB (default 16)\n"
            "  --cursor C      go on where another run ended (shown when it fails)\n"
            "\n"
            "Examples:\n"
            "  cruddur import --store dynamodb:messages messages.export\n"
            "  cat data/*.json.gz | cruddur import --store sqlite:messages.db -\n",
    .run = run_import,
};
