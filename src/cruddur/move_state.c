/* SPDX-License-Identifier: MIT */
#include "cruddur/move_state.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/store_row.h"

/* ---- one row about the store ---- */

typedef struct store_row {
    const char *pk;
    const cr_row *wanted; /* NULL: it is to be removed, or only read */
    bool only_reads;
    bool is_kept;   /* a row that is there stays as it is */
    const char *id; /* of the move whose note must be there; NULL: of any, or of none */
    cr_move_note *note;
    bool is_there;
} store_row;

static const char *const words[] = {
    [CR_MOVE_COPYING] = "copying",
    [CR_MOVE_FOLLOWING] = "following",
    [CR_MOVE_SOURCE] = "source",
    [CR_MOVE_MOVED] = "moved",
};

static void copy_text(char *to, size_t size, cr_str text)
{
    size_t kept = text.size < size - 1 ? text.size : size - 1;
    if (kept > 0) {
        memcpy(to, text.data, kept);
    }
    to[kept] = '\0';
}

static int64_t read_number(cr_str text)
{
    char digits[24];
    if (!cr_str_is_number(text) || text.size >= sizeof(digits) - 4) {
        return 0;
    }
    copy_text(digits, sizeof(digits), text);
    return strtoll(digits, NULL, 10);
}

/* Takes what precedes the next space. */
static cr_str take_word(cr_str *rest)
{
    const char *space = rest->size == 0 ? NULL : memchr(rest->data, ' ', rest->size);
    size_t size = space == NULL ? rest->size : (size_t)(space - rest->data);
    cr_str word = {rest->data, size};
    size_t taken = space == NULL ? size : size + 1;
    *rest = (cr_str){rest->data + taken, rest->size - taken};
    return word;
}

static void read_note(const cr_row *row, cr_move_note *note)
{
    cr_str rest = cr_str_or_empty(row->value[CR_DATA]);
    cr_str word = take_word(&rest);
    *note = (cr_move_note){.role = CR_MOVE_NONE};
    if (!cr_row_exists(row)) {
        return;
    }
    note->role = CR_MOVE_UNKNOWN;
    for (size_t i = CR_MOVE_COPYING; i < sizeof(words) / sizeof(words[0]); i++) {
        note->role = cr_str_equal(word, cr_str_of(words[i])) ? (cr_move_role)i : note->role;
    }
    copy_text(note->id, sizeof(note->id), row->value[CR_VERSION]);
    note->began_us = read_number(take_word(&rest));
    note->seq = read_number(take_word(&rest));
    copy_text(note->cursor, sizeof(note->cursor), rest);
}

/* The move may have been given up, or ended, by another process since the last step. */
static cruddur_status check_id(cr_txn *txn, const store_row *now, const cr_row *note)
{
    if (now->id == NULL) {
        return CRUDDUR_OK;
    }
    if (!cr_row_exists(note) || !cr_str_equal(note->value[CR_VERSION], cr_str_of(now->id))) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_CANCELLED,
                            "the move was cancelled, or has ended, by another call");
    }
    bool is_other_row = strcmp(now->pk, CR_MOVE_PK) != 0;
    return is_other_row && !now->only_reads ? txn->ops->require(txn, note) : CRUDDUR_OK;
}

static cruddur_status store_row_body(cr_txn *txn, void *context)
{
    store_row *now = context;
    cr_row rows[2];
    const cr_key keys[] = {cr_store_row_key(now->pk), cr_store_row_key(CR_MOVE_PK)};
    bool is_note = strcmp(now->pk, CR_MOVE_PK) == 0;
    cruddur_status status = txn->ops->get(txn, keys, now->id != NULL && !is_note ? 2 : 1, rows);
    if (status == CRUDDUR_OK) {
        status = check_id(txn, now, &rows[is_note ? 0 : 1]);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    const cr_row there = rows[0];
    now->is_there = cr_row_exists(&there);
    if (now->note != NULL) {
        read_note(&there, now->note);
    }
    if (now->only_reads || (now->is_there && now->is_kept)) {
        return CRUDDUR_OK;
    }
    if (now->wanted == NULL) {
        return now->is_there ? txn->ops->remove(txn, &there) : CRUDDUR_OK;
    }
    return now->is_there ? txn->ops->replace(txn, &there, now->wanted)
                         : txn->ops->put(txn, now->wanted);
}

static cruddur_status change_row(cr_store *store, store_row *now, cr_call *call)
{
    return store->ops->change(store, store_row_body, now, call);
}

static cruddur_status read_row(cr_store *store, store_row *now, cr_call *call)
{
    now->only_reads = true;
    return store->ops->read(store, store_row_body, now, call);
}

/* ---- notes ---- */

bool cr_move_note_make(cr_move_note *note)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_str id = cr_row_fresh_version(&arena);
    *note = (cr_move_note){.role = CR_MOVE_COPYING, .began_us = cr_clock_now_us()};
    copy_text(note->id, sizeof(note->id), cr_str_or_empty(id));
    cr_arena_free(&arena);
    return note->id[0] != '\0';
}

cruddur_status cr_move_note_read(cr_store *store, cr_move_note *note, cr_call *call)
{
    return read_row(store, &(store_row){.pk = CR_MOVE_PK, .note = note}, call);
}

static cruddur_status write_note(cr_store *store, const cr_move_note *note, const char *id,
                                 cr_call *call)
{
    char seq[24];
    char text[CR_MOVE_TEXT_MAX + 64];
    cr_row row = {0};
    (void)snprintf(seq, sizeof(seq), "%" PRId64, note->seq);
    (void)snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64 " %s", words[note->role],
                   note->began_us, note->seq, note->cursor);
    row.value[CR_PK] = cr_str_of(CR_MOVE_PK);
    row.value[CR_SK] = cr_str_of(CR_STORE_SK);
    row.value[CR_VERSION] = cr_str_of(note->id);
    row.value[CR_REV] = note->role == CR_MOVE_SOURCE ? cr_str_of(seq) : CR_STR_ABSENT;
    row.value[CR_DATA] = cr_str_of(text);
    return change_row(store, &(store_row){.pk = CR_MOVE_PK, .wanted = &row, .id = id}, call);
}

cruddur_status cr_move_note_put(cr_store *store, const cr_move_note *note, cr_call *call)
{
    return write_note(store, note, NULL, call);
}

cruddur_status cr_move_note_write(cr_store *store, const cr_move_note *note, cr_call *call)
{
    return write_note(store, note, note->id, call);
}

cruddur_status cr_move_note_remove(cr_store *store, cr_call *call)
{
    return change_row(store, &(store_row){.pk = CR_MOVE_PK}, call);
}

/* ---- the fence ---- */

cruddur_status cr_move_fence_put(cr_store *store, const char *to, const char *id, cr_call *call)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(CR_FENCE_PK);
    row.value[CR_SK] = cr_str_of(CR_STORE_SK);
    row.value[CR_DATA] = cr_str_of(to);
    return change_row(
        store, &(store_row){.pk = CR_FENCE_PK, .wanted = &row, .is_kept = true, .id = id}, call);
}

cruddur_status cr_move_fence_read(cr_store *store, bool *is_there, cr_call *call)
{
    store_row fence = {.pk = CR_FENCE_PK};
    cruddur_status status = read_row(store, &fence, call);
    *is_there = fence.is_there;
    return status;
}

cruddur_status cr_move_fence_remove(cr_store *store, cr_call *call)
{
    return change_row(store, &(store_row){.pk = CR_FENCE_PK}, call);
}
