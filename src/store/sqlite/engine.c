/* SPDX-License-Identifier: MIT */
#include "store/sqlite/engine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fork.h"
#include "base/print.h"
#include "store/sqlite/absence.h"
#include "store/sqlite/create.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/files.h"
#include "store/sqlite/load.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/scrub.h"
#include "store/sqlite/sequence.h"
#include "store/sqlite/tide.h"
#include "store/sqlite/txn.h"
#include "store/sqlite/writer.h"

#define TRAITS (CR_TRAIT_SNAPSHOT | CR_TRAIT_INDEX_CONSISTENT | CR_TRAIT_ATOMIC | CR_TRAIT_UUIDS)

typedef struct sqlite_store {
    cr_store base;
    cr_sqlite_place place;
    cr_store_files files; /* none in memory */
    cr_writer *writer;
    cr_readers *readers;
    cr_tide tide;
} sqlite_store;

/* Stores that are open, being opened or being closed. SQLite has state of the whole process: the
 * files that it has open, with the locks on them, and mutexes. The child of a fork has a copy, but
 * no locks on files, and a mutex that a thread of the parent held stays locked in it; so stores in
 * memory count as well. */
static cr_fork_guard open_stores;

/* ---- opening ---- */

static cruddur_status set_synchronous(cr_sqlite_place *place, const char *value,
                                      cruddur_error **error)
{
    if (strcmp(value, "full") != 0 && strcmp(value, "normal") != 0) {
        return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                "synchronous is full or normal, not \"%.*s\"", CR_CUT(value, 40));
    }
    place->synchronous_full = strcmp(value, "full") == 0;
    return CRUDDUR_OK;
}

static const struct {
    const char *name;
    cruddur_status (*set)(cr_sqlite_place *place, const char *value, cruddur_error **error);
} parameters[] = {
    {"synchronous", set_synchronous},
};

static cruddur_status set_parameter(cr_sqlite_place *place, const cr_url_parameter *parameter,
                                    cruddur_error **error)
{
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        if (strcmp(parameters[i].name, parameter->name) == 0) {
            return parameters[i].set(place, parameter->value, error);
        }
    }
    return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                            "sqlite has no parameter \"%.*s\"; there is synchronous",
                            CR_CUT(parameter->name, 40));
}

/* A path that begins with `file:` would be a URI to SQLite where those are switched on, and one
 * that begins with a colon is reserved. */
static char *copy_path(const char *path, bool is_memory)
{
    bool needs_dot = !is_memory && (strncmp(path, "file:", 5) == 0 || *path == ':');
    size_t size = strlen(path) + sizeof("./");
    char *copy = malloc(size);
    if (copy != NULL) {
        (void)snprintf(copy, size, "%s%s", needs_dot ? "./" : "", path);
    }
    return copy;
}

static cruddur_status read_url(const cr_url *url, cr_sqlite_place *place, cruddur_error **error)
{
    if (*url->rest == '\0') {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "store_url",
                                "sqlite: needs a path behind the colon, or :memory:");
    }
    if (strncmp(url->rest, "//", 2) == 0) { /* meant as another program's URL, not as a path */
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "store_url",
                                "a path follows the colon directly, as in sqlite:messages.db or "
                                "sqlite:/var/lib/messages.db; sqlite:// is not supported");
    }
    place->synchronous_full = true;
    for (size_t i = 0; i < url->parameter_count; i++) {
        cruddur_status status = set_parameter(place, &url->parameters[i], error);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
    place->is_memory = strcmp(url->rest, ":memory:") == 0;
    place->named = copy_path(url->rest, place->is_memory);
    place->path = copy_path(url->rest, place->is_memory);
    return place->named == NULL || place->path == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

/* There is nothing at the path, or a symbolic link to nothing: creating the file would fail because
 * the link exists, and opening it because its target does not. */
static cruddur_status find_nothing(const cr_sqlite_place *place, bool must_exist,
                                   cruddur_error **error)
{
    struct stat facts;
    if (lstat(place->path, &facts) == 0 && S_ISLNK(facts.st_mode)) {
        return cr_fail_with(error, must_exist ? CRUDDUR_E_STORE_MISSING : CRUDDUR_E_STORE_ACCESS,
                            "%.*s is a symbolic link to a file that does not exist",
                            CR_STORE_PATH(place->path));
    }
    return must_exist ? cr_fail_with(error, CRUDDUR_E_STORE_MISSING, "%.*s does not exist",
                                     CR_STORE_PATH(place->path))
                      : cr_sqlite_create(place, error);
}

static cruddur_status find_file(const cr_sqlite_place *place, bool must_exist,
                                cruddur_error **error)
{
    struct stat facts;
    assert(place->path != NULL);
    int reason = stat(place->path, &facts) == 0 ? 0 : errno;
    if (reason == ENOENT) {
        return find_nothing(place, must_exist, error);
    }
    if (reason != 0) {
        return cr_sqlite_fail_system(error, reason, "looking for", place->path);
    }
    return S_ISREG(facts.st_mode)
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_STORE_ACCESS, "%.*s is not a regular file",
                              CR_STORE_PATH(place->path));
}

static void close_store(cr_store *base)
{
    sqlite_store *store = (sqlite_store *)base;
    cr_readers_free(store->readers);
    cr_writer_free(store->writer); /* last: its connection tidies up the log */
    cr_tide_close(&store->tide);
    cr_bell_leave(store->base.bell);
    cr_store_files_free(&store->files);
    free(store->place.named);
    free(store->place.path);
    free(store);
    cr_fork_guard_leave(&open_stores);
}

/* From here on the file is named from the root: readers are opened later, and the process may have
 * gone to another folder by then. */
static cruddur_status fix_path(sqlite_store *store, const cr_connection *connection,
                               cruddur_error **error)
{
    if (store->place.is_memory) {
        return CRUDDUR_OK;
    }
    char *path = copy_path(sqlite3_db_filename(connection->db, "main"), false);
    if (path == NULL) {
        return cr_fail_memory(error);
    }
    free(store->place.path);
    store->place.path = path;
    return CRUDDUR_OK;
}

/* Asks last whether the file at the path is the connection's: if it was replaced since the
 * connection was opened, the identity that was noted is another file's. */
static cruddur_status note_files(sqlite_store *store, cr_connection *connection,
                                 cruddur_error **error)
{
    if (store->place.is_memory) {
        return CRUDDUR_OK;
    }
    int code = cr_connection_touch(connection);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "opening", error);
    }
    cruddur_status status =
        cr_store_files_note(&store->files, store->place.named, store->place.path, error);
    return status == CRUDDUR_OK && cr_connection_has_moved(connection)
               ? cr_store_files_fail_opening(store->place.path, error)
               : status;
}

/* Ending a transaction must not need memory that is not there. */
static cruddur_status prepare_ends(cr_connection *connection, cruddur_error **error)
{
    static const cr_statement ends[] = {CR_STATEMENT_COMMIT, CR_STATEMENT_ROLLBACK,
                                        CR_STATEMENT_RELEASE, CR_STATEMENT_ROLLBACK_TO};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (cr_connection_statement(connection, ends[i]) == NULL) {
            return cr_connection_fail(connection, sqlite3_extended_errcode(connection->db),
                                      "opening", error);
        }
    }
    return CRUDDUR_OK;
}

/* Handles of one file have one bell; what is in memory is its handle's alone. */
static cruddur_status find_bell(sqlite_store *store, cruddur_error **error)
{
    char place[64];
    (void)snprintf(place, sizeof(place), "sqlite:%ju:%ju", (uintmax_t)store->files.file[0].device,
                   (uintmax_t)store->files.file[0].inode);
    store->base.bell = cr_bell_of(store->place.is_memory ? NULL : place);
    return store->base.bell == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

/* Opens the one connection that writes, and makes sure that the file is a store. */
static cruddur_status open_writer(sqlite_store *store, const cr_store_options *options,
                                  cruddur_error **error)
{
    cr_connection *connection = NULL;
    (void)pthread_mutex_lock(&cr_sqlite_creating);
    cruddur_status status =
        cr_connection_open(&store->place, options->deadline_us, &connection, error);
    (void)pthread_mutex_unlock(&cr_sqlite_creating);
    if (status == CRUDDUR_OK) {
        status = fix_path(store, connection, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_sqlite_schema_ensure(connection, options->must_exist, &options->logger, error);
    }
    if (status == CRUDDUR_OK) {
        status = prepare_ends(connection, error);
    }
    if (status == CRUDDUR_OK) {
        status = note_files(store, connection, error);
    }
    if (status == CRUDDUR_OK) {
        status = find_bell(store, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_writer_new(connection, &store->files, &store->base, &store->writer, error);
    }
    if (status != CRUDDUR_OK) {
        cr_connection_give_up(connection);
    }
    return status;
}

static cruddur_status open_parts(sqlite_store *store, const cr_store_options *options,
                                 cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    if (!store->place.is_memory) {
        status = find_file(&store->place, options->must_exist, error);
    }
    if (status == CRUDDUR_OK) {
        status = open_writer(store, options, error);
    }
    if (status == CRUDDUR_OK && !store->place.is_memory) {
        status = cr_readers_new(&store->place, &store->files, &store->readers, error);
    }
    return status;
}

/* ---- the seam ---- */

static cruddur_status change_store(cr_store *base, cr_body body, void *context, cr_call *call)
{
    return cr_writer_change(((sqlite_store *)base)->writer, body, context, call);
}

static cruddur_status read_on(cr_connection *connection, unsigned traits, cr_body body,
                              void *context, cr_call *call)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_sqlite_txn txn;
    int code = cr_connection_run(connection, CR_STATEMENT_BEGIN_READ);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "reading", call->error);
    }
    cr_sqlite_txn_init(&txn, connection, traits, &arena, call);
    call->meter.attempts++;
    cruddur_status status = cr_absence_confirm(&txn, body(&txn.base, context));
    cr_arena_free(&arena);
    if (!sqlite3_get_autocommit(connection->db)) {
        code = cr_connection_run(connection, CR_STATEMENT_COMMIT);
    }
    return status == CRUDDUR_OK && code != SQLITE_OK
               ? cr_connection_fail(connection, code, "reading", call->error)
               : status;
}

static cruddur_status read_store(cr_store *base, cr_body body, void *context, cr_call *call)
{
    sqlite_store *store = (sqlite_store *)base;
    if (store->readers == NULL) {
        return change_store(base, body, context, call); /* one connection, one user at a time */
    }
    cr_connection *connection;
    cr_kept_log kept;
    cruddur_status status = cr_readers_take(store->readers, call, &connection);
    if (status == CRUDDUR_OK) {
        cr_log_keep(&kept, call); /* a long read keeps the log from being started anew */
        status = read_on(connection, base->traits, body, context, call);
        cr_readers_give(store->readers, connection);
        cr_log_release(&kept, call);
    }
    cr_store_finding finding = cr_store_files_look(&store->files);
    return finding == 0 ? status : cr_store_files_fail(&store->files, finding, call->error);
}

typedef struct scan_context {
    cr_key after;
    cr_sink sink;
    void *context;
} scan_context;

static cruddur_status scan_body(cr_txn *txn, void *context)
{
    const scan_context *scan = context;
    return cr_sqlite_scan(((cr_sqlite_txn *)txn)->connection, scan->after, scan->sink,
                          scan->context, txn->call);
}

static cruddur_status scan_store(cr_store *base, cr_key after, size_t expected, cr_sink sink,
                                 void *context, cr_call *call)
{
    (void)expected; /* rows come one by one */
    scan_context scan = {after, sink, context};
    return read_store(base, scan_body, &scan, call);
}

typedef struct load_context {
    const cr_row *rows;
    size_t count;
    const cr_load_options *options;
    cr_loaded *loaded;
} load_context;

static cruddur_status load_body(cr_txn *txn, void *context)
{
    const load_context *load = context;
    return cr_sqlite_bulk_load((cr_sqlite_txn *)txn, load->rows, load->count, load->options,
                               load->loaded);
}

static cruddur_status load_store(cr_store *base, const cr_row *rows, size_t count,
                                 const cr_load_options *options, cr_loaded *loaded, cr_call *call)
{
    load_context load = {rows, count, options, loaded};
    *loaded = (cr_loaded){0};
    cruddur_status status = change_store(base, load_body, &load, call);
    if (status != CRUDDUR_OK) {
        *loaded = (cr_loaded){0}; /* all of it is one transaction */
    }
    return status;
}

/* ---- the schema ---- */

/* A store that lacks nothing is only read. */
static cruddur_status load_schema(cr_store *base, const cruddur_schema_options *options,
                                  cr_call *call)
{
    (void)options;
    bool is_ready = true;
    cruddur_status status = read_store(base, cr_load_check, &is_ready, call);
    return status == CRUDDUR_OK && !is_ready ? change_store(base, cr_load_restore, NULL, call)
                                             : status;
}

/* What only a service can give. */
static void add_what_files_lack(const cruddur_schema_options *options, cr_lines *differences)
{
    const struct {
        bool is_asked_for;
        const char *what;
    } lacks[] = {
        {options->read_units > 0, "provisioned capacity"},
        {options->stream_view != NULL, "stream"},
        {(options->flags & CRUDDUR_SCHEMA_DELETION_PROTECTION) != 0, "protection from deletion"},
        {(options->flags & CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY) != 0, "point-in-time recovery"},
    };
    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
        if (lacks[i].is_asked_for) {
            cr_lines_add(differences, "an SQLite file has no %s", lacks[i].what);
        }
    }
}

static cruddur_status verify_schema(cr_store *base, const cruddur_schema_options *options,
                                    cr_lines *differences, cr_call *call)
{
    cruddur_status status = read_store(base, cr_load_verify, differences, call);
    if (status == CRUDDUR_OK && options != NULL) {
        add_what_files_lack(options, differences);
    }
    return status;
}

static cruddur_status list_schema(cr_store *base, cr_lines *tables, cr_call *call)
{
    return read_store(base, cr_load_list, tables, call);
}

static cruddur_status drop_schema(cr_store *base, const cruddur_schema_options *options,
                                  cr_call *call)
{
    (void)options;
    return change_store(base, cr_load_drop, NULL, call);
}

/* On a connection of the pool: the one that writes is the leader's. */
static cruddur_status scrub_store(cr_store *base, cr_call *call)
{
    sqlite_store *store = (sqlite_store *)base;
    cr_connection *connection;
    if (store->readers == NULL) {
        return CRUDDUR_OK; /* in memory */
    }
    cruddur_status status = cr_readers_take(store->readers, call, &connection);
    if (status == CRUDDUR_OK) {
        status = cr_sqlite_scrub(connection, call);
        cr_readers_give(store->readers, connection);
    }
    cr_store_finding finding = cr_store_files_look(&store->files);
    return finding == 0 ? status : cr_store_files_fail(&store->files, finding, call->error);
}

static cruddur_status forget_twins(cr_store *base, cr_call *call)
{
    bool is_needless = false;
    cruddur_status status = read_store(base, cr_twins_check, &is_needless, call);
    return status == CRUDDUR_OK && is_needless ? change_store(base, cr_twins_forget, NULL, call)
                                               : status;
}

static cruddur_status read_changes(cr_store *base, int64_t after, size_t limit,
                                   cr_changed_keys *changed, cr_arena *arena, cr_call *call)
{
    cr_sequence_request request = {after, limit, changed, arena};
    return read_store(base, cr_sequence_read, &request, call);
}

static bool await(cr_store *base, int alarm_fd, int64_t until_us)
{
    sqlite_store *store = (sqlite_store *)base;
    const char *log = store->place.is_memory ? NULL : store->files.file[CR_STORE_FILE_LOG].path;
    return cr_tide_wait(&store->tide, log, alarm_fd, until_us);
}

static const cr_store_ops operations = {
    close_store, read_store,  change_store, load_store,   scan_store,   load_schema, verify_schema,
    list_schema, drop_schema, scrub_store,  forget_twins, read_changes, await,
};

cruddur_status cr_sqlite_open(const cr_url *url, const cr_store_options *options,
                              cr_store **ret_store, cruddur_error **error)
{
    if (sqlite3_threadsafe() == 0) {
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "this SQLite was built without threads");
    }
    if (!cr_fork_guard_enter(&open_stores)) {
        return cr_fail_with(error, CRUDDUR_E_STORE_FORKED,
                            "opening %.*s: an SQLite store was open when this process was "
                            "forked; close all SQLite stores before forking, or open them after "
                            "exec",
                            CR_STORE_PATH(url->rest));
    }
    sqlite_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        cr_fork_guard_leave(&open_stores);
        return cr_fail_memory(error);
    }
    store->tide = (cr_tide)CR_TIDE_INIT;
    store->base =
        (cr_store){&operations, TRAITS, CR_SQLITE_TABLE, NULL, NULL, NULL, CR_CLAIM_US, NULL};
    cruddur_status status = read_url(url, &store->place, error);
    if (status == CRUDDUR_OK) {
        status = open_parts(store, options, error);
    }
    if (status != CRUDDUR_OK) {
        close_store(&store->base);
        return status;
    }
    store->base.place = store->place.path;
    *ret_store = &store->base;
    return CRUDDUR_OK;
}
