/* SPDX-License-Identifier: MIT */
#include "messaging/write.h"

#include <stdlib.h>

#include "base/clock.h"
#include "messaging/rewrite.h"
#include "model/time.h"

#define US_PER_MINUTE INT64_C(60000000)
/* How far ahead the clock that made a uuid of version 7 may have been. */
#define CLOCK_MARGIN_US (15 * US_PER_MINUTE)
/* How far back a repeat of any other uuid is looked for. */
#define REPEAT_WINDOW_US (1440 * US_PER_MINUTE)
/* Steps are exact at first, and grow up to half a second. */
#define STEP_RUNS_EXACT 3
#define STEP_RUNS_MAX 20

/* How many messages a group has had since one was first sent that is sent again. */
#define REPEAT_EXPECTED 16

/* The namespace of direct groups' uuids. Never to be changed: two releases must find the same
 * group. */
static const cr_uuid direct_namespace = {"1610e24a-6dab-4dbd-a05d-8f9178288498"};

/* ---- the sort key ---- */

/* Chooses sort keys for one call. A run after the first one means that a key was taken (another
 * group of some member has it, invariant 4) or that the rows moved: either way the next plan steps
 * on, by 1 µs, then 2, 4, then somewhere up to 8, 16, … so that a crowd is soon left behind, and
 * does not step on as one. */
typedef struct key_chooser {
    int64_t created_at_us; /* 0: now */
    int64_t planned_us;
    unsigned runs;
    uint32_t salt; /* of the message's uuid, which is nobody else's */
} key_chooser;

static uint32_t salt_of(const cr_uuid *uuid)
{
    char digits[9];
    memcpy(digits, uuid->text + CR_UUID_LENGTH - 8, sizeof(digits));
    return (uint32_t)strtoul(digits, NULL, 16);
}

static int64_t step_of(const key_chooser *chooser)
{
    unsigned run = chooser->runs < STEP_RUNS_MAX ? chooser->runs : STEP_RUNS_MAX;
    uint32_t most = run == 0 ? 0 : UINT32_C(1) << (run - 1);
    /* Other digits of the salt count in each run. */
    uint32_t mixed = (chooser->salt ^ chooser->runs) * UINT32_C(2654435761) >> 12;
    return chooser->runs <= STEP_RUNS_EXACT ? most : 1 + mixed % most;
}

static cruddur_status choose_key(key_chooser *chooser, cr_str head_sk, cr_sort_key *key,
                                 const cr_call *call)
{
    int64_t time_us = chooser->created_at_us != 0 ? chooser->created_at_us : cr_clock_now_us();
    int64_t step_us = step_of(chooser);
    if (step_us > 0 && time_us < chooser->planned_us + step_us) {
        time_us = chooser->planned_us + step_us;
    }
    if (!cr_sort_key_after(time_us, head_sk, key) ||
        !cr_time_parse(cr_sort_key_str(key), &chooser->planned_us)) {
        return cr_fail(call->error, CRUDDUR_E_TIME,
                       "no time up to the year 9999 comes after the group's newest message");
    }
    chooser->runs++;
    return CRUDDUR_OK;
}

/* ---- a send that is repeated ---- */

/* The earliest time at which an earlier call with this uuid can have stored its message. */
static int64_t earliest_repeat_us(const cr_draft *draft)
{
    int64_t made_us;
    int64_t sent_us = draft->created_at_us != 0 ? draft->created_at_us : cr_clock_now_us();
    if (!cr_uuid_v7_time_us(&draft->uuid, &made_us)) {
        return sent_us - REPEAT_WINDOW_US;
    }
    return (made_us < sent_us ? made_us : sent_us) - CLOCK_MARGIN_US;
}

/* Looks for a message that an earlier call with the same uuid stored, from the newest on. */
static cruddur_status find_repeat(cr_txn *txn, const cr_draft *draft, cr_row *found)
{
    *found = (cr_row){0};
    if (!draft->may_be_repeat) {
        return CRUDDUR_OK;
    }
    cr_sort_key lower;
    size_t length = cr_time_lower_bound(earliest_repeat_us(draft), &lower);
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_query query = {.partition = cr_pk_str(&pk), .descending = true, .expected = REPEAT_EXPECTED};
    if (length > 0) {
        query.lower = (cr_bound){{lower.text, length}, true};
    }
    return cr_find_first(txn, &query, CR_MESSAGE_UUID, cr_uuid_str(&draft->uuid), found);
}

/* ---- append ---- */

/* The message row; its strings are the arguments'. */
static cr_row message_row(const cr_draft *draft, const cr_person *author, const cr_pk *pk,
                          const cr_sort_key *sk)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(pk);
    row.value[CR_SK] = cr_sort_key_str(sk);
    row.value[CR_TEXT] = draft->text;
    row.value[CR_MESSAGE_UUID] = cr_uuid_str(&draft->uuid);
    row.value[CR_USER_UUID] = cr_uuid_str(&draft->author.uuid);
    row.value[CR_DISPLAY_NAME] = author->display_name;
    row.value[CR_HANDLE] = author->handle;
    return row;
}

static cr_str first_present(cr_str a, cr_str b)
{
    return a.data != NULL ? a : b.data != NULL ? b : cr_str_of("");
}

/* Which of the rows that a write makes the caller wants back. */
typedef enum wanted_row {
    WANT_MESSAGE,
    WANT_GROUP_ROW,
} wanted_row;

typedef struct write_context {
    const cr_draft *draft;
    const cr_opening *opening; /* NULL for an append */
    wanted_row wanted;
    key_chooser chooser;
    cr_packed_row *result; /* of the latest run */
} write_context;

static cruddur_status keep_result(write_context *context, const cr_row *row, const cr_call *call)
{
    free(context->result);
    context->result = cr_pack_row(row);
    return context->result == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

static cr_person name_author(const cr_draft *draft, const cr_person *known)
{
    return (cr_person){draft->author.uuid,
                       first_present(draft->author.display_name, known->display_name),
                       first_present(draft->author.handle, known->handle)};
}

/* Appends where somebody else moves the group rows: they are read only for what the caller does not
 * tell. */
static cruddur_status append_message(cr_txn *txn, write_context *context, const cr_row *head,
                                     const cr_row *author_row, const cr_sort_key *sk)
{
    const cr_draft *draft = context->draft;
    cr_person author = draft->author;
    cruddur_status status = CRUDDUR_OK;
    if (author.display_name.data == NULL || author.handle.data == NULL) {
        cr_inboxes inboxes;
        status = cr_inboxes_read(txn, head, author_row, &inboxes);
        if (status == CRUDDUR_OK) {
            cr_person known = cr_inboxes_person(&inboxes, &author.uuid);
            author = name_author(draft, &known);
        }
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_row message = message_row(draft, &author, &pk, sk);
    cr_row moved = *author_row;
    moved.value[CR_SK] = message.value[CR_SK];
    moved.value[CR_TEXT] = message.value[CR_TEXT];
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, &message);
    }
    return status == CRUDDUR_OK
               ? keep_result(context, context->wanted == WANT_MESSAGE ? &message : &moved,
                             txn->call)
               : status;
}

/* Appends, and moves the group rows. */
static cruddur_status append_and_move(cr_txn *txn, write_context *context, const cr_row *head,
                                      const cr_row *author_row, const cr_sort_key *sk)
{
    const cr_draft *draft = context->draft;
    cr_inboxes inboxes;
    cruddur_status status = cr_inboxes_read(txn, head, author_row, &inboxes);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_person known = cr_inboxes_person(&inboxes, &draft->author.uuid);
    cr_person author = name_author(draft, &known);
    cr_row message = message_row(draft, &author, &pk, sk);
    status = txn->ops->put(txn, &message);
    if (status == CRUDDUR_OK) {
        status = cr_inboxes_rewrite(txn, &inboxes, &author, &message);
    }
    if (status == CRUDDUR_OK) {
        size_t self = cr_members_find(&inboxes.members, &author.uuid);
        cr_row moved = cr_inboxes_moved(&inboxes, self, &author, &message);
        status =
            keep_result(context, context->wanted == WANT_MESSAGE ? &message : &moved, txn->call);
    }
    return status;
}

/* Appends to a group whose head and whose author's row are known. */
static cruddur_status append_to(cr_txn *txn, write_context *context, const cr_row *head,
                                const cr_row *author_row)
{
    cr_sort_key sk;
    cruddur_status status = choose_key(&context->chooser, head->value[CR_SK], &sk, txn->call);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return (txn->traits & CR_TRAIT_STREAMED) != 0
               ? append_message(txn, context, head, author_row, &sk)
               : append_and_move(txn, context, head, author_row, &sk);
}

/* The message is there already. Where a change can be left half done, the group rows may still have
 * to be moved to it. */
static cruddur_status take_repeat(cr_txn *txn, write_context *context, const cr_row *head,
                                  const cr_row *author_row, const cr_row *repeat)
{
    cruddur_status status = CRUDDUR_OK;
    bool may_be_half_done = (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == 0 &&
                            cr_str_equal(repeat->value[CR_SK], head->value[CR_SK]);
    if (may_be_half_done) {
        cr_inboxes inboxes;
        status = cr_inboxes_read(txn, head, author_row, &inboxes);
        if (status == CRUDDUR_OK) {
            status = cr_inboxes_rewrite(txn, &inboxes, &context->draft->author, repeat);
        }
    }
    return status == CRUDDUR_OK
               ? keep_result(context, context->wanted == WANT_MESSAGE ? repeat : author_row,
                             txn->call)
               : status;
}

/* Appends, unless the message is there already. */
static cruddur_status append_once(cr_txn *txn, write_context *context, const cr_row *head,
                                  const cr_row *author_row)
{
    cr_row repeat;
    cruddur_status status = find_repeat(txn, context->draft, &repeat);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return cr_row_exists(&repeat) ? take_repeat(txn, context, head, author_row, &repeat)
                                  : append_to(txn, context, head, author_row);
}

static cruddur_status append_body(cr_txn *txn, void *argument)
{
    write_context *context = argument;
    cr_row head;
    cr_row author_row;
    cruddur_status status =
        cr_group_read_member(txn, &context->draft->group, &context->draft->author.uuid,
                             "author.uuid", &head, &author_row);
    return status == CRUDDUR_OK ? append_once(txn, context, &head, &author_row) : status;
}

/* ---- create ---- */

static cruddur_status fail_exists(const cr_call *call, const cr_uuid *group)
{
    return cr_fail_argument(call->error, CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
                            "group %s is there, with other members", group->text);
}

static bool are_same_members(const cr_members *a, const cr_members *b)
{
    return a->count == b->count && memcmp(a->uuid, b->uuid, a->count * sizeof(a->uuid[0])) == 0;
}

/* The group is there: the first message becomes one more, if the members are the same. */
static cruddur_status append_to_existing(cr_txn *txn, write_context *context)
{
    const cr_uuid *group = &context->draft->group;
    cr_members members;
    cr_row head;
    cr_row author_row;
    cruddur_status status = cr_group_read_member(txn, group, &context->draft->author.uuid,
                                                 "creator.uuid", &head, &author_row);
    if (status == CRUDDUR_E_NOT_A_MEMBER) {
        cr_error_discard(txn->call->error);
        return fail_exists(txn->call, group);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!cr_members_of_row(&author_row, &members) ||
        !are_same_members(&members, &context->opening->members)) {
        return fail_exists(txn->call, group);
    }
    return append_once(txn, context, &head, &author_row);
}

/* "uuid,uuid,…"; absent when memory ran out. */
static cr_str join_members(const cr_members *members, cr_arena *arena)
{
    char *list = cr_arena_alloc(arena, members->count * sizeof(members->uuid[0]));
    if (list == NULL) {
        return CR_STR_ABSENT;
    }
    for (size_t i = 0; i < members->count; i++) {
        memcpy(list + i * sizeof(cr_uuid), members->uuid[i].text, CR_UUID_LENGTH);
        list[i * sizeof(cr_uuid) + CR_UUID_LENGTH] = ',';
    }
    return (cr_str){list, members->count * sizeof(cr_uuid) - 1};
}

static cr_row new_group_row(const cr_opening *opening, size_t member, const cr_pk *pk,
                            const cr_row *message, cr_str member_list)
{
    const cr_person *other = &opening->person[cr_members_next(&opening->members, member)];
    cr_row row = {0};
    row.value[CR_PK] = cr_pk_str(pk);
    row.value[CR_SK] = message->value[CR_SK];
    row.value[CR_GROUP_UUID] = cr_uuid_str(&opening->first_message.group);
    row.value[CR_TEXT] = message->value[CR_TEXT];
    row.value[CR_USER_UUID] = cr_uuid_str(&other->uuid);
    row.value[CR_DISPLAY_NAME] = first_present(other->display_name, CR_STR_ABSENT);
    row.value[CR_HANDLE] = first_present(other->handle, CR_STR_ABSENT);
    row.value[CR_GROUP_NAME] = opening->name;
    row.value[CR_MEMBER_UUIDS] = member_list;
    return row;
}

static cruddur_status put_group_rows(cr_txn *txn, write_context *context, const cr_row *message)
{
    const cr_opening *opening = context->opening;
    cr_str member_list = CR_STR_ABSENT;
    cruddur_status status = CRUDDUR_OK;
    if (opening->members.count > 2) {
        member_list = join_members(&opening->members, txn->arena);
        status = member_list.data == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < opening->members.count; i++) {
        const cr_uuid *member = &opening->members.uuid[i];
        cr_pk pk = cr_pk_of_member(member);
        cr_row row = new_group_row(opening, i, &pk, message, member_list);
        status = txn->ops->put(txn, &row);
        if (status == CRUDDUR_OK && cr_uuid_compare(member, &context->draft->author.uuid) == 0) {
            status = keep_result(context, &row, txn->call);
        }
    }
    return status;
}

static cruddur_status create_body(cr_txn *txn, void *argument)
{
    write_context *context = argument;
    const cr_draft *draft = context->draft;
    cr_row head;
    cr_sort_key sk;
    cruddur_status status = cr_group_find_head(txn, &draft->group, &head);
    if (status == CRUDDUR_OK && cr_row_exists(&head)) {
        return append_to_existing(txn, context);
    }
    if (status == CRUDDUR_OK) {
        status = choose_key(&context->chooser, CR_STR_ABSENT, &sk, txn->call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_pk pk = cr_pk_of_group(&draft->group);
    cr_person author = {draft->author.uuid,
                        first_present(draft->author.display_name, CR_STR_ABSENT),
                        first_present(draft->author.handle, CR_STR_ABSENT)};
    cr_row message = message_row(draft, &author, &pk, &sk);
    /* The message comes last: it is what makes the group be there, and group rows that an
     * interruption leaves without one do not keep the next try from opening it. */
    status = put_group_rows(txn, context, &message);
    return status == CRUDDUR_OK ? txn->ops->put(txn, &message) : status;
}

/* ---- the calls ---- */

static cruddur_status run_write(cr_store *store, cr_body body, write_context *context,
                                cr_call *call, cr_packed_row **ret_row)
{
    context->chooser = (key_chooser){.created_at_us = context->draft->created_at_us,
                                     .salt = salt_of(&context->draft->uuid)};
    cruddur_status status = store->ops->change(store, body, context, call);
    if (status == CRUDDUR_OK) {
        *ret_row = context->result;
    } else {
        free(context->result);
    }
    return status;
}

cruddur_status cr_append(cr_store *store, const cr_draft *draft, cr_call *call,
                         cr_packed_row **ret_message)
{
    write_context context = {.draft = draft, .wanted = WANT_MESSAGE};
    return run_write(store, append_body, &context, call, ret_message);
}

cruddur_status cr_create(cr_store *store, const cr_opening *opening, cr_call *call,
                         cr_packed_row **ret_group)
{
    write_context context = {
        .draft = &opening->first_message, .opening = opening, .wanted = WANT_GROUP_ROW};
    return run_write(store, create_body, &context, call, ret_group);
}

bool cr_direct_group_uuid(const cr_members *members, cr_uuid *uuid)
{
    char name[2 * sizeof(cr_uuid)];
    memcpy(name, members->uuid[0].text, CR_UUID_LENGTH);
    name[CR_UUID_LENGTH] = ',';
    memcpy(name + sizeof(cr_uuid), members->uuid[1].text, sizeof(cr_uuid));
    return cr_uuid_v5(&direct_namespace, (cr_str){name, sizeof(name) - 1}, uuid);
}
