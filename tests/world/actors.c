/* SPDX-License-Identifier: MIT */
#include "world/actors.h"

#include "model/key.h"
#include "model/time.h"
#include "processor/apply.h"
#include "world/edits.h"
#include "world/guests.h"
#include "world/settings.h"
#include "world/submissions.h"

#define BATCH_MAX 4
#define PAUSE_MAX_US 400000
#define MEET_US 4 /* keys that all want */
#define CALLS_MAX 12
#define LASTS_MAX_S 1200

/* ---- clients ---- */

/* Every other one of the dead ends, the rest begin anew, as a program that is started again. */
static bool goes_on(const actor *self)
{
    if (!sim_is_dead()) {
        return !self->all->is_over;
    }
    sim_revive();
    sim_sleep(PAUSE_MAX_US);
    return !self->all->is_over && sim_happens(2);
}

/* A message of the client's that is not acknowledged yet; NULL: none. */
static stage_message *find_pending(stage *all, const actor *self)
{
    size_t at = sim_roll(all->message_count + 1);
    for (size_t i = 0; i < all->message_count; i++) {
        stage_message *one = &all->message[(at + i) % all->message_count];
        if (one->is_callers && !one->is_done && !(all->has_guest && one->author == GUEST) &&
            (one->author + self->number) % 2 == 0) {
            return one;
        }
    }
    return NULL;
}

static stage_message *plan_send(stage *all, size_t group, bool is_opening)
{
    /* Without a claim a late request may find the rows as it read them, where the original handler
     * puts them back. */
    bool is_callers = !sim_happens(4) || all->has_handler;
    if (!is_opening && !all->group[group].is_open) {
        return NULL;
    }
    stage_message *made = stage_plan(all, group, stage_any_member(all, group), is_callers);
    if (made != NULL) {
        made->is_opening = is_opening;
        made->created_at_us =
            all->meets && !is_opening
                ? SIM_BEGIN_US + (int64_t)sim_roll(MEET_US) + (int64_t)all->message_count / 2
                : 0;
        made->lasts_s = all->has_expiry && !is_opening && made->created_at_us == 0 && sim_happens(3)
                            ? 1 + (int64_t)sim_roll(LASTS_MAX_S)
                            : 0;
    }
    return made;
}

/* Somebody else sends a message under the same uuid. */
static stage_message *plan_rival(stage *all)
{
    size_t other = sim_roll(all->message_count + 1);
    if (other >= all->message_count || !all->message[other].is_callers ||
        all->message[other].rival < MESSAGES_MAX || all->message[other].lasts_s > 0 ||
        !all->group[all->message[other].group].is_open) {
        return NULL;
    }
    size_t group = all->message[other].group;
    size_t author = sim_happens(3) ? STRANGER : stage_any_member(all, group);
    if (author == all->message[other].author) {
        return NULL;
    }
    stage_message *made = stage_plan(all, group, author, true);
    if (made != NULL) {
        made->uuid = all->message[other].uuid;
        made->rival = other;
        all->message[other].rival = (size_t)(made - all->message);
    }
    return made;
}

static void send_as_stranger(stage *all, cruddur *dm)
{
    stage_message *made = stage_plan(all, sim_roll(GROUPS), STRANGER, true);
    if (made == NULL) {
        return;
    }
    (void)stage_send(all, dm, made);
    made->is_done = true;
    if (made->acks > 0) {
        stage_breach(all, "a stranger wrote %s to group %zu", made->text, made->group);
    }
}

static void send(stage *all, cruddur *dm, stage_message *message)
{
    if (message == NULL) {
        return;
    }
    (void)stage_send(all, dm, message);
    if (message->calls >= CALLS_MAX) {
        message->is_done = true; /* it gives up */
    }
}

/* ---- their tasks ---- */

static void do_list_groups(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_list_groups(all, dm, sim_roll(PEOPLE));
}

static void do_list_messages(stage *all, cruddur *dm, const actor *self)
{
    size_t group = sim_roll(GROUPS);
    (void)self;
    act_list_messages(all, dm, group, sim_happens(2) ? STRANGER : stage_any_member(all, group));
}

static void do_send_as_stranger(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    send_as_stranger(all, dm);
}

static void do_send_as_rival(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    send(all, dm, plan_rival(all));
}

static void do_open(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    /* Where a member comes and goes, the group is there. */
    send(all, dm, plan_send(all, sim_roll(all->has_guest ? GUEST_GROUP : GROUPS), true));
}

static void do_send(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    send(all, dm, plan_send(all, sim_roll(GROUPS), false));
}

static void do_send_again(stage *all, cruddur *dm, const actor *self)
{
    send(all, dm, find_pending(all, self));
}

/* Several to one group; some perhaps sent before, or by the stranger, whom other programs list as a
 * member. */
static void do_submit(stage *all, cruddur *dm, const actor *self)
{
    stage_message *messages[SUBMITTED_MAX];
    size_t count = 0;
    size_t group = sim_roll(GROUPS);
    for (size_t left = 2 + sim_roll(SUBMITTED_MAX - 1); left > 0; left--) {
        stage_message *pending = sim_happens(4) ? find_pending(all, self) : NULL;
        bool is_other = pending == NULL || pending->is_opening || pending->group != group;
        stage_message *made = is_other ? plan_send(all, group, false) : pending;
        bool is_twice = false;
        for (size_t i = 0; i < count; i++) {
            is_twice = is_twice || messages[i] == made;
        }
        if (made != NULL && !is_twice) {
            bool is_stranger = is_other && !all->has_foreign && sim_happens(8);
            made->author = is_stranger ? STRANGER : made->author;
            messages[count++] = made;
        }
    }
    act_submit(all, dm, messages, count);
}

static void do_edit(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_edit(all, dm);
}

static void do_set(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_set(all, dm);
}

static void do_mark(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_mark(all, dm);
}

static void do_react(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_react(all, dm);
}

static void do_rename(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_rename(all, dm);
}

static void do_block(stage *all, cruddur *dm, const actor *self)
{
    (void)self;
    act_block(all, dm);
}

static void do_invite(stage *all, cruddur *dm, const actor *self)
{
    (void)dm;
    act_invite(all, self->number);
}

static void do_guest(stage *all, cruddur *dm, const actor *self)
{
    (void)dm;
    act_guest(all, self->number);
}

/* What clients do, each so often. */
static const struct {
    void (*run)(stage *all, cruddur *dm, const actor *self);
    size_t weight;
} tasks[] = {
    {do_list_groups, 1},   {do_list_messages, 2}, {do_send_as_stranger, 1},
    {do_send_as_rival, 1}, {do_open, 3},          {do_send_again, 3},
    {do_edit, 2},          {do_set, 2},           {do_mark, 1},
    {do_react, 1},         {do_invite, 2},        {do_guest, 2},
    {do_rename, 1},        {do_block, 2},         {do_send, 5},
    {do_submit, 1},
};

static void do_task(stage *all, cruddur *dm, const actor *self)
{
    size_t sum = 0;
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        sum += tasks[i].weight;
    }
    size_t dice = sim_roll(sum);
    size_t chosen = 0;
    while (dice >= tasks[chosen].weight) {
        dice -= tasks[chosen++].weight;
    }
    tasks[chosen].run(all, dm, self);
}

void act_client(void *context)
{
    actor *self = context;
    stage *all = self->all;
    while (self->tasks > 0 && goes_on(self)) {
        self->tasks--;
        do_task(all, stage_dm(all, self->number), self);
        if (sim_happens(3)) {
            sim_sleep((int64_t)sim_roll(PAUSE_MAX_US));
        }
    }
    sim_revive();
    all->writing--;
}

/* ---- the stream ---- */

/* Applies up to so many records from the position on; how many there were. *failed: not all of them
 * went through. */
static size_t apply_batch(stage *all, cr_store *store, size_t position, bool *failed)
{
    cr_record record[BATCH_MAX];
    cr_records records = {record, 0, CR_STR_ABSENT};
    cr_stream_outcome outcome = {0};
    cr_arena arena = CR_ARENA_INIT;
    cruddur_error *error = NULL;
    cr_call call = sim_call(&error);
    size_t wanted = 1 + sim_roll(BATCH_MAX);
    size_t read = 0;
    while (read < wanted && position + read < sim_log_size()) {
        records.count += sim_record_of(sim_log_at(position + read), &record[records.count]) ? 1 : 0;
        read++;
    }
    cruddur_status status = records.count == 0
                                ? CRUDDUR_OK
                                : cr_stream_apply(store, &records, 1, &call, &arena, &outcome);
    *failed = status != CRUDDUR_OK || outcome.failure_count > 0 || sim_is_dead();
    if (*failed && all->is_quiet) {
        cr_str why = outcome.failure_count > 0 ? outcome.failure[0].message : cr_str_of("");
        stage_breach(all, "a record failed: %.*s", CR_STR_ARGS(why));
    }
    cr_arena_free(&arena);
    cruddur_error_free(error);
    return read;
}

/* Its tasks are how often it goes back, as a program does that ended before it noted how far it
 * was.
 */
void act_processor(void *context)
{
    actor *self = context;
    stage *all = self->all;
    size_t position = 0;
    bool is_over = false;
    while (!is_over && !all->is_over) {
        bool failed;
        is_over = all->writing == 0;
        sim_revive();
        size_t count = apply_batch(all, stage_store(all, self->number), position, &failed);
        is_over = is_over && count == 0;
        position += failed ? 0 : count;
        if (!is_over && position > 0 && self->tasks > 0 && sim_happens(8)) {
            self->tasks--;
            position -= 1 + sim_roll(position);
        }
        sim_sleep(1 + (int64_t)sim_roll(PAUSE_MAX_US));
    }
    sim_revive();
}

void act_settle(stage *all)
{
    size_t position = 0;
    size_t count = 1;
    bool failed = false;
    while (count > 0 && !all->is_over) {
        count = apply_batch(all, stage_store(all, position), position, &failed);
        position += count;
    }
}

/* ---- the original application's handler ---- */

static void add_text(cr_row *row, cr_attribute attribute, const sim_item *item)
{
    row->value[attribute] = sim_item_text(item, cr_attribute_name(attribute));
}

static void rewrite(const sim_item *item, const sim_item *message)
{
    cr_row row = {0};
    add_text(&row, CR_PK, item);
    add_text(&row, CR_GROUP_UUID, item);
    add_text(&row, CR_USER_UUID, item);
    add_text(&row, CR_DISPLAY_NAME, item);
    add_text(&row, CR_HANDLE, item);
    row.value[CR_SK] = message->sk;
    row.value[CR_TEXT] = sim_item_text(message, "message");
    sim_step();
    sim_tell("the handler deletes %.*s %.*s", CR_STR_ARGS(item->pk), CR_STR_ARGS(item->sk));
    sim_table_remove((cr_key){item->pk, item->sk}, sim_job_number());
    sim_step();
    sim_tell("the handler puts %.*s %.*s", CR_STR_ARGS(row.value[CR_PK]),
             CR_STR_ARGS(row.value[CR_SK]));
    sim_put_row(&row);
}

void act_handle(const sim_change *change)
{
    const sim_item *rows[PEOPLE * 4];
    const sim_item *const *found;
    if (change->new == NULL || sim_item_text(change->new, "message").data == NULL) {
        return;
    }
    const sim_range range = {.is_index = true, .partition = cr_pk_suffix(change->new->pk)};
    sim_step();
    size_t count = sim_table_query(&range, &found);
    count = count < sizeof(rows) / sizeof(rows[0]) ? count : sizeof(rows) / sizeof(rows[0]);
    for (size_t i = 0; i < count; i++) {
        rows[i] = found[i];
    }
    for (size_t i = 0; i < count; i++) {
        rewrite(rows[i], change->new);
    }
}

void act_handler(void *context)
{
    stage *all = ((actor *)context)->all;
    size_t position = 0;
    while ((all->writing > 0 || position < sim_log_size()) && !all->is_over) {
        if (position < sim_log_size()) {
            act_handle(sim_log_at(position++));
        }
        sim_sleep(1 + (int64_t)sim_roll(PAUSE_MAX_US / 4));
    }
}

/* ---- other programs ---- */

/* Puts a foreign row, unless the key is taken. */
static void put_foreign(stage *all, const char *pk, const char *sk)
{
    char json[256];
    if (all->foreign_count == FOREIGN_MAX ||
        sim_table_get((cr_key){cr_str_of(pk), cr_str_of(sk)}) != NULL) {
        return;
    }
    (void)snprintf(json, sizeof(json),
                   "{\"pk\":{\"S\":\"%s\"},\"sk\":{\"S\":\"%s\"},\"note\":{\"N\":\"%zu\"}}", pk, sk,
                   all->foreign_count);
    sim_tell("another program puts %s", json);
    sim_table_put(cr_str_of(json), SIM_NO_JOB);
    all->foreign[all->foreign_count++] = sim_table_get((cr_key){cr_str_of(pk), cr_str_of(sk)});
}

/* A member's group row that somebody changed: it lists the stranger, and has no rev. */
static void forge(const stage *all, size_t group)
{
    const sim_item *const *found;
    cr_arena arena = CR_ARENA_INIT;
    cr_pk pk = cr_pk_of_member(&all->person[stage_any_member(all, group)]);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    cr_members members = all->group[group].members;
    (void)cr_members_add(&members, &all->person[STRANGER]);
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(found[i]->group, cr_uuid_str(&all->group[group].uuid))) {
            cr_row row = sim_row_of(found[i], &arena);
            row.value[CR_MEMBER_UUIDS] = cr_members_join(&members, &arena);
            sim_tell("another program lists the stranger in %.*s %.*s", CR_STR_ARGS(found[i]->pk),
                     CR_STR_ARGS(found[i]->sk));
            sim_put_row(&row);
            break;
        }
    }
    cr_arena_free(&arena);
}

static void put_beside(stage *all)
{
    size_t group = sim_roll(GROUPS);
    cr_sort_key key;
    cr_pk pk = sim_happens(2) ? cr_pk_of_group(&all->group[group].uuid)
                              : cr_pk_of_member(&all->person[stage_any_member(all, group)]);
    int64_t soon_us = sim_wall_us() + (int64_t)sim_roll(2000);
    (void)cr_time_format(soon_us, &key);
    put_foreign(all, pk.text, sim_happens(3) ? "NOTE" : key.text);
}

void act_foreigner(void *context)
{
    actor *self = context;
    stage *all = self->all;
    for (size_t i = 0; i < self->tasks && !all->is_over; i++) {
        size_t group = sim_roll(GROUPS);
        sim_sleep((int64_t)sim_roll(3 * PAUSE_MAX_US));
        if (stage_has_card(all, group) && sim_happens(3)) {
            forge(all, group);
        } else {
            put_beside(all);
        }
    }
}
