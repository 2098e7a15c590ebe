/* SPDX-License-Identifier: MIT */
#include "users_pool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json.h"
#include "pool.h"
#include "progress.h"
#include "sync.h"
#include "text.h"
#include "trace.h"

#define POOL_VARIABLE "AWS_COGNITO_USER_POOL_ID" /* as the application has it */
#define TIMEOUT_MS 30000
#define QUOTED_MAX 80

/* --- the pool --- */

static void show_progress(void *data, size_t count)
{
    (void)data;
    if (progress_can_be_shown()) {
        struct buffer line = {NULL, 0, 0};
        buffer_add_format(&line, "%zu users of the pool", count);
        progress_show(buffer_text(&line));
        buffer_free(&line);
    }
}

static enum exit_code read_pool(const struct context *context, struct pool_users *ret_accounts)
{
    const char *id = context->options.pool;
    const char *argument = id != NULL ? "--pool" : POOL_VARIABLE;
    cruddur_error *error = NULL;
    if (id == NULL) {
        id = getenv(POOL_VARIABLE);
    }
    if (id == NULL || id[0] == '\0') {
        return report(CODE_USAGE,
                      "no user pool is named: give --pool ID (such as eu-central-1_AbCdEfGhI), or "
                      "set " POOL_VARIABLE);
    }
    struct pool_options options = {
        .id = id, .timeout_ms = context_timeout_ms(context, TIMEOUT_MS), .observe = show_progress};
    if (context->options.verbose) {
        options.log = trace_log;
        report_request_ids();
    }
    cruddur_status status = pool_list(&options, ret_accounts, &error);
    if (progress_can_be_shown()) {
        progress_clear();
    }
    return status == CRUDDUR_OK
               ? CODE_OK
               : report_error(status, error,
                              cruddur_error_argument(error) != NULL ? argument : NULL);
}

/* --- cognito --- */

static bool has_same_handle(const struct pool_user *one, const struct pool_user *other)
{
    return one->handle != NULL && other->handle != NULL && strcmp(one->handle, other->handle) == 0;
}

/* A map has room for one account of a handle. */
static enum exit_code write_map(struct out *out, const struct pool_users *accounts)
{
    size_t without = 0;
    for (size_t i = 0; i < accounts->count; i++) {
        const struct pool_user *account = &accounts->users[i];
        without += account->handle == NULL;
        if (i > 0 && has_same_handle(account - 1, account)) {
            return report(CODE_FAILED,
                          "more than one user of the pool has the preferred_username %.*s; a map "
                          "of handles has room for one (without --json all are listed)",
                          TEXT_CUT(account->handle, QUOTED_MAX));
        }
    }
    for (size_t i = 0; i < accounts->count - without; i++) {
        out_text(out, i == 0 ? "{" : ",");
        json_string(out, accounts->users[i].handle);
        out_text(out, ":");
        json_string(out, accounts->users[i].sub);
    }
    out_text(out, accounts->count == without ? "{}\n" : "}\n");
    if (without > 0) {
        report_remark("%zu user%s of the pool without preferred_username %s left out", without,
                      without == 1 ? "" : "s", without == 1 ? "is" : "are");
    }
    return CODE_OK;
}

/* Writes a text that leaves as many columns as the widest one takes. */
static void write_cell(struct out *out, const char *text, size_t width)
{
    struct buffer clean = {NULL, 0, 0};
    text_clean(&clean, text, TEXT_BREAKS_ESCAPED);
    size_t taken = text_width(buffer_text(&clean), clean.length);
    out_text(out, buffer_text(&clean));
    out_repeat(out, " ", width > taken ? width - taken : 0);
    buffer_free(&clean);
}

static size_t width_of(const char *text)
{
    struct buffer clean = {NULL, 0, 0};
    text_clean(&clean, text, TEXT_BREAKS_ESCAPED);
    size_t width = text_width(buffer_text(&clean), clean.length);
    buffer_free(&clean);
    return width;
}

static const char *handle_of(const struct pool_user *account)
{
    return account->handle != NULL ? account->handle : "-";
}

static void write_table(struct out *out, const struct pool_users *accounts)
{
    static const char *const heads[] = {"preferred_username", "sub", "user name"};
    size_t widths[] = {strlen(heads[0]), strlen(heads[1])};
    for (size_t i = 0; i < accounts->count; i++) {
        size_t handle = width_of(handle_of(&accounts->users[i]));
        size_t sub = width_of(accounts->users[i].sub);
        widths[0] = handle > widths[0] ? handle : widths[0];
        widths[1] = sub > widths[1] ? sub : widths[1];
    }
    for (size_t i = 0; i <= accounts->count && out_flush(out); i++) {
        const struct pool_user *account = i > 0 ? &accounts->users[i - 1] : NULL;
        write_cell(out, account == NULL ? heads[0] : handle_of(account), widths[0] + 2);
        write_cell(out, account == NULL ? heads[1] : account->sub, widths[1] + 2);
        write_cell(out, account == NULL ? heads[2] : account->name, 0);
        out_text(out, "\n");
    }
}

enum exit_code users_run_cognito(struct context *context)
{
    struct pool_users accounts = {NULL, 0, 0};
    enum exit_code code = read_pool(context, &accounts);
    if (code == CODE_OK && context->options.json) {
        code = write_map(&context->out, &accounts);
    } else if (code == CODE_OK) {
        write_table(&context->out, &accounts);
    }
    pool_users_free(&accounts);
    return code;
}

/* --- sync: what is told --- */

/* What the results are called in JSON, and what is counted at the end. */
static const struct {
    const char *json;
    const char *count;
    const char *dry_count; /* NULL: the same */
} results[SYNC_N_KINDS] = {
    [SYNC_CHANGED] = {"changed", "changed", "would change"},
    [SYNC_UNCHANGED] = {"unchanged", "unchanged", NULL},
    [SYNC_NOT_IN_POOL] = {"not_in_pool", "not in the pool", NULL},
    [SYNC_NOT_IN_TABLE] = {"not_in_table", "not in the table", NULL},
    [SYNC_WITHOUT_HANDLE] = {"without_handle", "without preferred_username", NULL},
    [SYNC_SAME_HANDLE] = {"same_handle", "with an ambiguous handle", NULL},
    [SYNC_SAME_ID] = {"same_id", "with an ambiguous sub", NULL},
};

/* The user's cognito_user_id; NULL if there is no user. */
static const char *id_of(const struct users_entry *user)
{
    return user != NULL ? user->fields[USERS_COGNITO_USER_ID] : NULL;
}

static void add_words(struct buffer *line, const struct sync_item *item, bool is_dry)
{
    const char *id = id_of(item->user);
    if (id == NULL || id[0] == '\0') {
        id = "nothing";
    }
    switch (item->kind) {
    case SYNC_CHANGED:
        buffer_add_format(line, "%s from %s to %s", is_dry ? "would change" : "changed", id,
                          item->account->sub);
        break;
    case SYNC_NOT_IN_POOL:
        buffer_add_format(line, "not in the pool; cognito_user_id remains %s", id);
        break;
    case SYNC_NOT_IN_TABLE:
        buffer_add_format(line, "not in the table; its sub is %s", item->account->sub);
        break;
    case SYNC_WITHOUT_HANDLE:
        buffer_add_format(line, "user %s of the pool has no preferred_username; its sub is %s",
                          item->account->name, item->account->sub);
        break;
    case SYNC_SAME_HANDLE:
        buffer_add_format(line,
                          "ambiguous: the handle is that of %zu in the table and %zu in the pool",
                          item->n_users, item->n_accounts);
        break;
    case SYNC_SAME_ID:
        buffer_add_format(line, "ambiguous: %s is the cognito_user_id of @%s", item->account->sub,
                          item->other->fields[USERS_HANDLE]);
        break;
    default:
        break;
    }
}

static void write_line(struct out *out, const struct sync_item *item, bool is_dry)
{
    struct buffer line = {NULL, 0, 0};
    if (item->kind == SYNC_UNCHANGED) {
        return;
    }
    if (item->kind != SYNC_WITHOUT_HANDLE) {
        buffer_add_format(
            &line,
            "@%s: ", item->user != NULL ? item->user->fields[USERS_HANDLE] : item->account->handle);
    }
    add_words(&line, item, is_dry);
    write_cell(out, buffer_text(&line), 0);
    out_text(out, "\n");
    buffer_free(&line);
}

static void write_json(struct out *out, const struct sync_item *item)
{
    const struct users_entry *user = item->user;
    const struct pool_user *account = item->account;
    json_text(out, "{", "result", results[item->kind].json);
    json_text(out, ",", "handle", user != NULL ? user->fields[USERS_HANDLE] : account->handle);
    if (item->kind == SYNC_SAME_HANDLE) {
        json_number(out, ",", "users", item->n_users);
        json_number(out, ",", "accounts", item->n_accounts);
        out_text(out, "}\n");
        return;
    }
    json_text(out, ",", "user_uuid", user != NULL ? user->fields[USERS_UUID] : NULL);
    json_text(out, ",", "cognito_user_id", id_of(user));
    json_text(out, ",", "user_name", account != NULL ? account->name : NULL);
    json_text(out, ",", "sub", account != NULL ? account->sub : NULL);
    if (item->kind == SYNC_SAME_ID) {
        json_text(out, ",", "other_user_uuid", item->other->fields[USERS_UUID]);
    }
    out_text(out, "}\n");
}

static void write_counts(struct out *out, const struct sync_plan *plan, bool is_dry)
{
    const char *before = "";
    for (size_t kind = 0; kind < SYNC_N_KINDS; kind++) {
        const char *words = results[kind].count;
        if (is_dry && results[kind].dry_count != NULL) {
            words = results[kind].dry_count;
        }
        if (plan->counts[kind] > 0 || kind == SYNC_CHANGED) {
            out_format(out, "%s%zu %s", before, plan->counts[kind], words);
            before = ", ";
        }
    }
    out_text(out, is_dry ? "; nothing was written\n" : "\n");
}

static void write_plan(struct context *context, const struct sync_plan *plan)
{
    struct out *out = &context->out;
    bool is_dry = context->options.dry_run;
    for (size_t i = 0; i < plan->count && out_flush(out); i++) {
        if (context->options.json) {
            write_json(out, &plan->items[i]);
        } else {
            write_line(out, &plan->items[i], is_dry);
        }
    }
    if (!context->options.json) {
        write_counts(out, plan, is_dry);
    }
}

/* --- sync: what is done --- */

static bool keep_user(void *data, const struct users_entry *entry)
{
    struct users *users = data;
    const char *values[USERS_N_FIELDS];
    for (size_t i = 0; i < USERS_N_FIELDS; i++) {
        values[i] = entry->fields[i];
    }
    (void)users_add(users, values);
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids that users will get, in order. */
static const char **order_new_ids(const struct sync_plan *plan)
{
    size_t count = 0;
    const char **ids = memory_resize(NULL, plan->counts[SYNC_CHANGED] + 1, sizeof(*ids));
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->items[i].kind == SYNC_CHANGED) {
            ids[count++] = plan->items[i].account->sub;
        }
    }
    qsort(ids, count, sizeof(*ids), compare_texts);
    return ids;
}

/* Takes ids from users who get others, where another user gets them: at no time may two have one.
 */
static enum exit_code free_ids(struct directory *directory, const struct sync_plan *plan)
{
    enum exit_code code = CODE_OK;
    const char **ids = order_new_ids(plan);
    for (size_t i = 0; code == CODE_OK && i < plan->count; i++) {
        const struct sync_item *item = &plan->items[i];
        if (item->kind != SYNC_CHANGED) {
            continue;
        }
        const char *id = id_of(item->user);
        if (bsearch(&id, ids, plan->counts[SYNC_CHANGED], sizeof(*ids), compare_texts) != NULL) {
            code = directory_set_cognito_user_id(directory, item->user->fields[USERS_UUID],
                                                 USERS_NO_ACCOUNT);
        }
    }
    free(ids);
    return code;
}

static enum exit_code write_ids(struct directory *directory, const struct sync_plan *plan)
{
    enum exit_code code = free_ids(directory, plan);
    for (size_t i = 0; code == CODE_OK && i < plan->count; i++) {
        const struct sync_item *item = &plan->items[i];
        if (item->kind == SYNC_CHANGED) {
            code = directory_set_cognito_user_id(directory, item->user->fields[USERS_UUID],
                                                 item->account->sub);
        }
    }
    return code;
}

/* Reads the users and compares; then, unless it is a dry run, writes what differs. */
static enum exit_code compare_and_write(struct context *context, struct users *users,
                                        const struct pool_users *accounts, struct sync_plan *plan)
{
    enum exit_code code = directory_list(context->directory, keep_user, users);
    if (code == CODE_OK) {
        sync_make_plan(users, accounts, plan);
        code = context->options.dry_run ? CODE_OK : write_ids(context->directory, plan);
    }
    return code;
}

/* No other change of users can come between what is read and what is written. */
static enum exit_code sync_directory(struct context *context, struct users *users,
                                     const struct pool_users *accounts, struct sync_plan *plan)
{
    if (context->options.dry_run) {
        return compare_and_write(context, users, accounts, plan);
    }
    enum exit_code code = directory_begin(context->directory);
    if (code != CODE_OK) {
        return code;
    }
    code = compare_and_write(context, users, accounts, plan);
    enum exit_code end_code = directory_end(context->directory, code == CODE_OK);
    return code == CODE_OK ? end_code : code;
}

enum exit_code users_run_sync(struct context *context)
{
    struct users users = {NULL, 0, 0};
    struct pool_users accounts = {NULL, 0, 0};
    struct sync_plan plan = {NULL, 0, 0, {0}};
    enum exit_code code = context_directory(context, DIRECTORY_TIMEOUT_MS);
    if (code == CODE_OK) {
        code = read_pool(context, &accounts);
    }
    if (code == CODE_OK) {
        code = sync_directory(context, &users, &accounts, &plan);
    }
    if (code == CODE_OK) {
        write_plan(context, &plan);
    }
    sync_plan_free(&plan);
    users_free(&users);
    pool_users_free(&accounts);
    return code;
}
