/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cruddur/entry.h"

#define FLAGS                                                                                      \
    (CRUDDUR_SCHEMA_NO_STREAM | CRUDDUR_SCHEMA_DELETION_PROTECTION |                               \
     CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY)

static cruddur_status check_stream_view(const cruddur_schema_options *options,
                                        cruddur_error **error)
{
    const char *view = options->stream_view;
    if (view != NULL && strcmp(view, "NEW_IMAGE") != 0 && strcmp(view, "NEW_AND_OLD_IMAGES") != 0) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.stream_view",
                                "must be NEW_IMAGE or NEW_AND_OLD_IMAGES");
    }
    if (view != NULL && (options->flags & CRUDDUR_SCHEMA_NO_STREAM) != 0) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.stream_view",
                                "must be NULL with CRUDDUR_SCHEMA_NO_STREAM");
    }
    return CRUDDUR_OK;
}

static cruddur_status check_options(const cruddur_schema_options *options, cruddur_error **error)
{
    cruddur_status status = cr_check_flags("options.flags", options->flags, FLAGS, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if ((options->read_units == 0) != (options->write_units == 0)) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.read_units",
                                "must be 0 if and only if options.write_units is 0");
    }
    return check_stream_view(options, error);
}

/* Begins a call that takes options. */
static cruddur_status begin(cr_entry *entry, const cruddur *dm, cruddur_operation operation,
                            const cruddur_schema_options *given, cruddur_schema_options *options,
                            cruddur_error **error)
{
    cruddur_status status = cr_entry_begin(entry, dm, operation, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, options, CR_STRUCT_0_2(SCHEMA_OPTIONS, *options),
                                entry->call.error);
    }
    if (status == CRUDDUR_OK) {
        status = check_options(options, entry->call.error);
    }
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(entry, options->timeout_ms);
    }
    return cr_entry_checked(entry, status);
}

/* Ends a call that returns lines. */
static cruddur_status end(cr_entry *entry, cruddur_status status, cr_lines *lines,
                          cruddur_lines **ret_lines)
{
    void *taken = status == CRUDDUR_OK ? cr_lines_take(lines) : NULL;
    cr_lines_free(lines);
    if (status == CRUDDUR_OK && taken == NULL) {
        status = cr_fail_memory(entry->call.error);
    }
    if (status == CRUDDUR_OK) {
        *ret_lines = taken;
    }
    return cr_entry_end(entry, status);
}

cruddur_status cruddur_schema_load(cruddur *dm, const cruddur_schema_options *given,
                                   cruddur_error **error)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = begin(&entry, dm, CRUDDUR_OP_SCHEMA_LOAD, given, &options, error);
    if (status == CRUDDUR_OK) {
        status = dm->store->ops->schema_load(dm->store, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}

cruddur_status cruddur_schema_verify(cruddur *dm, const cruddur_schema_options *given,
                                     cruddur_lines **ret_differences, cruddur_error **error)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cr_entry entry;
    cr_lines lines;
    if (dm == NULL || ret_differences == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_differences");
    }
    cr_lines_init(&lines);
    cruddur_status status = begin(&entry, dm, CRUDDUR_OP_SCHEMA_VERIFY, given, &options, error);
    if (status == CRUDDUR_OK) {
        const cruddur_schema_options *asked = given == NULL ? NULL : &options;
        status = dm->store->ops->schema_verify(dm->store, asked, &lines, &entry.call);
    }
    return end(&entry, status, &lines, ret_differences);
}

cruddur_status cruddur_schema_list(cruddur *dm, const cruddur_schema_options *given,
                                   cruddur_lines **ret_tables, cruddur_error **error)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cr_entry entry;
    cr_lines lines;
    if (dm == NULL || ret_tables == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_tables");
    }
    cr_lines_init(&lines);
    cruddur_status status = begin(&entry, dm, CRUDDUR_OP_SCHEMA_LIST, given, &options, error);
    if (status == CRUDDUR_OK) {
        status = dm->store->ops->schema_list(dm->store, &lines, &entry.call);
    }
    return end(&entry, status, &lines, ret_tables);
}

cruddur_status cruddur_schema_drop(cruddur *dm, const cruddur_schema_options *given,
                                   cruddur_error **error)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = begin(&entry, dm, CRUDDUR_OP_SCHEMA_DROP, given, &options, error);
    if (status == CRUDDUR_OK) {
        status = dm->store->ops->schema_drop(dm->store, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}

const char *cruddur_schema_table(const cruddur *dm)
{
    return dm == NULL ? NULL : dm->store->table;
}

/* ---- lines ---- */

size_t cruddur_lines_count(const cruddur_lines *lines)
{
    return lines == NULL ? 0 : cr_lines_count(lines);
}

const char *cruddur_lines_at(const cruddur_lines *lines, size_t index)
{
    return lines == NULL ? NULL : cr_lines_at(lines, index);
}

void cruddur_lines_free(cruddur_lines *lines)
{
    free(lines);
}
