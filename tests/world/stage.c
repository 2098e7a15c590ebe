/* SPDX-License-Identifier: MIT */
#include "world/stage.h"

#include <stdarg.h>

#include "cruddur/entry.h"
#include "model/card.h"
#include "model/expiry.h"
#include "model/key.h"
#include "model/time.h"
#include "world/edits.h"
#include "world/settings.h"

void stage_breach(stage *all, const char *format, ...)
{
    va_list arguments;
    if (all->is_over) {
        return;
    }
    all->is_over = true;
    va_start(arguments, format);
    (void)vsnprintf(all->breach, sizeof(all->breach), format, arguments);
    va_end(arguments);
    sim_tell("BREACH: %s", all->breach);
}

const char *stage_allowance_text(stage_allowance allowance)
{
    static const char *const texts[STAGE_ALLOWANCE_COUNT] = {
        "a message came below one that was shown before",
        "an eventual read did not show what was acknowledged",
        "an eventual list has shown a group twice",
        "a list in several parts missed a group that moved to a part that had come before",
        "an eventual read was refused to a member",
        "the check did not see a group without a card, as the index lags",
        "a watch missed a message that was stored more than a minute late",
        "a message without a uuid of the caller's was stored again when it had expired and gone",
        "a watch missed a message, as clocks disagree by more than 15 minutes",
        "the watch of an inbox missed a change, as clocks disagree by more than 15 minutes",
        "a row stayed at a message that had expired and gone, beyond the newest",
    };
    return texts[allowance];
}

/* How far in the future the library lets a time be. */
#define LEAD_US INT64_C(900000000)

/* ---- the beginning ---- */

static cr_uuid uuid_of(unsigned number)
{
    cr_uuid uuid;
    (void)snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012x", number);
    return uuid;
}

bool stage_has_card(const stage *all, size_t group)
{
    cr_card_pk pk = cr_card_pk_of(&all->group[group].uuid);
    return sim_table_get(cr_card_key(&pk)) != NULL;
}

bool stage_is_member(const stage *all, size_t group, size_t person)
{
    const cr_members *members = &all->group[group].members;
    size_t i = 0;
    while (i < members->count && strcmp(members->uuid[i].text, all->person[person].text) != 0) {
        i++;
    }
    return i < members->count;
}

bool stage_may_be_guest(const stage *all, size_t group, size_t person)
{
    return all->has_guest && !all->is_quiet && group == GUEST_GROUP && person == GUEST;
}

bool stage_is_direct(const stage *all, size_t group)
{
    cr_uuid direct;
    const stage_group *made = &all->group[group];
    return made->members.count == 2 && cr_direct_group_uuid(&made->members, &direct) &&
           strcmp(direct.text, made->uuid.text) == 0;
}

size_t stage_any_member(const stage *all, size_t group)
{
    size_t person = sim_roll(PEOPLE);
    while (!stage_is_member(all, group, person)) {
        person = sim_roll(PEOPLE);
    }
    return person;
}

static void make_group(stage *all, size_t g, size_t count, const size_t *people)
{
    stage_group *made = &all->group[g];
    for (size_t i = 0; i < count; i++) {
        (void)cr_members_add(&made->members, &all->person[people[i]]);
    }
    made->uuid = uuid_of(100 + (unsigned)g);
    if (count == 2 && sim_happens(2) && !cr_direct_group_uuid(&made->members, &made->uuid)) {
        abort();
    }
}

static void put_card(const stage_group *group)
{
    cr_row row;
    cr_arena arena = CR_ARENA_INIT;
    cr_card_pk pk = cr_card_pk_of(&group->uuid);
    const cr_card card = {.members = group->members, .rev = 1};
    if (!cr_card_write(&pk, &card, &arena, &row)) {
        abort();
    }
    row.value[CR_VERSION] = cr_str_of("0000000000000001");
    sim_put_row(&row);
    cr_arena_free(&arena);
}

static cr_row group_row(const stage_group *group, size_t member, cr_str sk, cr_str list,
                        bool has_card)
{
    cr_row row = {0};
    row.value[CR_SK] = sk;
    row.value[CR_GROUP_UUID] = cr_uuid_str(&group->uuid);
    row.value[CR_TEXT] = cr_str_of("first");
    row.value[CR_USER_UUID] =
        cr_uuid_str(&group->members.uuid[cr_members_next(&group->members, member)]);
    row.value[CR_DISPLAY_NAME] = cr_str_of("");
    row.value[CR_HANDLE] = cr_str_of("");
    row.value[CR_MEMBER_UUIDS] = group->members.count > 2 ? list : CR_STR_ABSENT;
    row.value[CR_OTHERS] = cr_str_of(STAGE_KEPT);
    if (has_card) {
        row.value[CR_REV] = cr_str_of("1");
        row.value[CR_VERSION] = cr_str_of("0000000000000001");
    }
    return row;
}

/* A group that was opened long ago, by the library or by another program. */
static void put_group(stage *all, size_t g)
{
    cr_sort_key key;
    cr_arena arena = CR_ARENA_INIT;
    stage_group *group = &all->group[g];
    size_t author = stage_any_member(all, g);
    stage_message *first =
        stage_plan(all, g, all->has_guest && author == GUEST ? 0 : author, false);
    if (!cr_uuid_v4(&first->uuid)) {
        abort();
    }
    cr_row message = {0};
    cr_pk pk = cr_pk_of_group(&group->uuid);
    cr_str list = cr_members_join(&group->members, &arena);
    group->is_open = group->is_old = true;
    /* Beside the original handler a card is needed by larger groups, whose members its rows do not
     * name, and without transactions, where a group may lose all its rows. */
    bool needs_card =
        (all->has_handler && (group->members.count > 2 || all->mode == STAGE_STEPS)) ||
        (all->has_guest && g == GUEST_GROUP);
    bool has_card = sim_happens(2) || needs_card;
    /* Keys after the head's, as a clock that is behind makes them, meet in all inboxes; the
     * original handler would put a row of one group over another's. */
    int64_t step_us = all->has_handler ? 100000 : 1;
    (void)cr_time_format(SIM_BEGIN_US - 1000000 + (int64_t)g * step_us, &key);
    if (has_card) {
        put_card(group);
    }
    for (size_t i = 0; i < group->members.count; i++) {
        cr_pk owner = cr_pk_of_member(&group->members.uuid[i]);
        cr_row row = group_row(group, i, cr_sort_key_str(&key), list, has_card);
        row.value[CR_PK] = cr_pk_str(&owner);
        sim_put_row(&row);
    }
    (void)snprintf(first->text, sizeof(first->text), "first");
    (void)snprintf(first->sk, sizeof(first->sk), "%.*s", CR_STR_ARGS(cr_sort_key_str(&key)));
    first->acks = 1;
    first->is_done = true;
    message.value[CR_PK] = cr_pk_str(&pk);
    message.value[CR_SK] = cr_sort_key_str(&key);
    message.value[CR_TEXT] = cr_str_of(first->text);
    message.value[CR_MESSAGE_UUID] = cr_uuid_str(&first->uuid);
    message.value[CR_USER_UUID] = cr_uuid_str(&all->person[first->author]);
    sim_put_row(&message);
    cr_arena_free(&arena);
}

cr_store *stage_store(stage *all, size_t number)
{
    return all->store[number % 2];
}

cruddur *stage_dm(stage *all, size_t number)
{
    return all->dm[number % 2];
}

uint32_t stage_timeout_ms(void)
{
    return (uint32_t)(sim_network_weather()->timeout_us / 1000);
}

/* Who else takes part. */
static void choose_cast(stage *all, bool is_shared)
{
    all->has_foreign = is_shared;
    all->has_handler = is_shared && sim_happens(2);
    bool is_whole = all->mode != STAGE_STEPS && !all->has_handler;
    all->has_guest = is_whole && sim_happens(2);
    all->has_operator = is_whole && sim_happens(5);
    all->has_watchers = is_whole && sim_happens(5);
    all->has_follower = sim_happens(3);
    all->has_expiry = is_whole && sim_happens(3);
}

void stage_begin(stage *all, stage_mode mode, bool is_shared, uint64_t seed)
{
    static const size_t people[GROUPS][4] = {{0, 1}, {0, 1, 2}, {0, 2, 3, 1}};
    static const size_t counts[GROUPS] = {2, 3, 4};
    static const cr_mode modes[STAGE_MODE_COUNT][2] = {
        [STAGE_ATOMIC] = {CR_MODE_ATOMIC, CR_MODE_ATOMIC},
        [STAGE_STREAM] = {CR_MODE_STREAM, CR_MODE_STREAM},
        [STAGE_STEPS] = {CR_MODE_STEPS, CR_MODE_STEPS},
        [STAGE_MIXED] = {CR_MODE_ATOMIC, CR_MODE_STREAM},
    };
    memset(all, 0, offsetof(stage, message));
    all->message_count = all->foreign_count = all->learned = 0;
    all->writing = 0;
    all->is_quiet = all->meets = all->is_over = all->are_clocks_wrong = false;
    memset(all->allowed, 0, sizeof(all->allowed));
    all->calls = all->acks = 0;
    all->breach[0] = '\0';
    all->mode = mode;
    all->seed = seed;
    choose_cast(all, is_shared);
    for (unsigned i = 0; i < PEOPLE; i++) {
        all->person[i] = uuid_of(1 + i);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        make_group(all, g, counts[g], people[g]);
        if (sim_happens(2) || (all->has_guest && g == GUEST_GROUP)) {
            put_group(all, g);
        }
    }
    if (all->has_guest) {
        cr_members_remove(&all->group[GUEST_GROUP].members, &all->person[GUEST]);
    }
    bool are_ours = mode == STAGE_ATOMIC && !is_shared && sim_happens(2);
    for (size_t i = 0; i < 2; i++) {
        all->dm[i] = sim_open(modes[mode][i], are_ours);
        all->store[i] = all->dm[i]->store;
    }
}

void stage_end(stage *all)
{
    cruddur_close(all->dm[0]);
    cruddur_close(all->dm[1]);
}

/* ---- messages ---- */

stage_message *stage_plan(stage *all, size_t group, size_t author, bool is_callers)
{
    if (all->message_count == MESSAGES_MAX) {
        return NULL;
    }
    size_t number = all->message_count++;
    stage_message *made = &all->message[number];
    *made = (stage_message){
        .group = group, .author = author, .is_callers = is_callers, .rival = MESSAGES_MAX};
    (void)snprintf(made->text, sizeof(made->text), "m%zu", number);
    if (is_callers && !cr_uuid_v4(&made->uuid)) {
        abort();
    }
    return made;
}

cruddur_user stage_user(const stage *all, size_t person)
{
    return (cruddur_user){sizeof(cruddur_user), all->person[person].text, "Somebody", "somebody"};
}

static cruddur_append_options options_of(const stage_message *message)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.message_uuid = message->is_callers ? message->uuid.text : NULL;
    options.created_at_us = message->created_at_us;
    options.expires_in_s = message->lasts_s > 0 ? message->lasts_s : CRUDDUR_EXPIRES_NEVER;
    return options;
}

static cruddur_status append(stage *all, cruddur *dm, const stage_message *message,
                             cr_packed_row **ret_row, cruddur_error **error)
{
    cruddur_msg *made = NULL;
    cruddur_user author = stage_user(all, message->author);
    const cruddur_append_options options = options_of(message);
    if (sim_happens(2)) {
        author.display_name = author.handle = NULL;
    }
    cruddur_status status = cruddur_msg_append(dm, &author, all->group[message->group].uuid.text,
                                               message->text, &options, &made, error);
    *ret_row = (cr_packed_row *)made;
    return status;
}

/* Two people meet in their direct group without naming it. */
static cruddur_status open_group(stage *all, cruddur *dm, const stage_message *message,
                                 cr_packed_row **ret_row, cruddur_error **error)
{
    cruddur_user others[PEOPLE];
    size_t count = 0;
    cruddur_group *made = NULL;
    const stage_group *group = &all->group[message->group];
    const cruddur_user creator = stage_user(all, message->author);
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.timeout_ms = stage_timeout_ms();
    options.message_uuid = message->is_callers ? message->uuid.text : NULL;
    options.group_uuid = stage_is_direct(all, message->group) ? NULL : group->uuid.text;
    for (size_t i = 0; i < PEOPLE; i++) {
        if (i != message->author && stage_is_member(all, message->group, i)) {
            others[count++] = stage_user(all, i);
        }
    }
    cruddur_status status =
        cruddur_group_create(dm, &creator, others, count, message->text, &options, &made, error);
    *ret_row = (cr_packed_row *)made;
    return status;
}

/* The library names a message whose uuid is not the caller's: the first time that its text is
 * stored tells. */
void stage_learn_uuids(stage *all)
{
    for (; all->learned < sim_log_size(); all->learned++) {
        const sim_change *change = sim_log_at(all->learned);
        cr_str uuid = change->old != NULL || change->new == NULL
                          ? CR_STR_ABSENT
                          : sim_item_text(change->new, "message_uuid");
        for (size_t i = 0; uuid.data != NULL && i < all->message_count; i++) {
            stage_message *one = &all->message[i];
            if (one->uuid.text[0] == '\0' &&
                cr_str_equal(sim_item_text(change->new, "message"), cr_str_of(one->text))) {
                (void)cr_uuid_parse(uuid, &one->uuid);
                break;
            }
        }
    }
}

static bool is_about(const stage *all, const stage_message *message, const cr_packed_row *row)
{
    return strcmp(cr_packed_get_or_empty(row, CR_MESSAGE_UUID), message->uuid.text) == 0 &&
           (edits_may_be_of(all, message) ||
            strcmp(cr_packed_get_or_empty(row, CR_TEXT), message->text) == 0) &&
           strcmp(cr_packed_get_or_empty(row, CR_USER_UUID), all->person[message->author].text) ==
               0;
}

/* Each repeat must be told the same. */
static void note_ack(stage *all, stage_message *message, const cr_packed_row *row)
{
    const char *sk = cr_packed_get_or_empty(row, CR_SK);
    const char *group = cr_packed_get_or_empty(row, CR_GROUP_UUID);
    all->acks++;
    message->ended_us = message->acks++ == 0 ? sim_now_us() : message->ended_us;
    message->is_done = true;
    all->group[message->group].is_open = true;
    if (message->is_opening) {
        if (strcmp(group, all->group[message->group].uuid.text) != 0) {
            stage_breach(all, "an opening returned a row of group %s", group);
        }
        return;
    }
    if (!is_about(all, message, row)) {
        stage_breach(all, "message %s was acknowledged with another one", message->text);
    } else if (message->sk[0] != '\0' && strcmp(message->sk, sk) != 0) {
        stage_breach(all, "message %s was acknowledged at %s and at %s", message->text, message->sk,
                     sk);
    }
    (void)snprintf(message->sk, sizeof(message->sk), "%s", sk);
}

/* Of two authors with one uuid one is refused; and so is a time that the program's clock takes for
 * the future. */
static bool may_be_refused(const stage *all, const stage_message *message, cruddur_status status)
{
    bool is_member = stage_is_member(all, message->group, message->author);
    return (status == CRUDDUR_E_GROUP_NOT_FOUND && !is_member) ||
           (status == CRUDDUR_E_TIME && message->created_at_us > sim_wall_us() + LEAD_US) ||
           (status == CRUDDUR_E_INVALID_ARGUMENT && message->rival < MESSAGES_MAX);
}

bool stage_may_fail(const stage *all, cruddur_status status)
{
    return !all->is_quiet && sim_may_pass(status);
}

/* A group without a card has the members that its rows name; the original handler takes rows away
 * before it puts them again. */
static bool may_overlook(const stage *all, size_t group, cruddur_status status)
{
    return all->has_handler && !all->is_quiet && !stage_has_card(all, group) &&
           (status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_GROUP_EXISTS);
}

static bool may_fail_now(const stage *all, const stage_message *message, cruddur_status status,
                         int64_t begun_us)
{
    return stage_may_fail(all, status) || may_overlook(all, message->group, status) ||
           settings_may_refuse(message->group, status, begun_us);
}

/* A repeat may be told of what was sent before. */
static void judge_block(stage *all, const stage_message *message, int64_t begun_us)
{
    if (message->calls == 1 && settings_must_refuse(message->group, begun_us)) {
        stage_breach(all, "message %s was sent to a group that is blocked", message->text);
    }
}

static void begin_send(stage *all, stage_message *message)
{
    all->calls++;
    message->begun_us = message->calls++ == 0 ? sim_now_us() : message->begun_us;
    sim_tell("%s %s to group %zu by %zu", message->is_opening ? "opening with" : "sending",
             message->text, message->group, message->author);
}

cruddur_append_options stage_begin_append(stage *all, stage_message *message)
{
    begin_send(all, message);
    return options_of(message);
}

void stage_note_sent(stage *all, stage_message *message, const stage_sent *sent)
{
    cruddur_status status = sent->status;
    bool is_unknown = cruddur_error_outcome_unknown(sent->error);
    stage_learn_uuids(all);
    sim_tell("%s: %s%s", message->text, cruddur_status_name(status),
             is_unknown ? ", outcome unknown" : "");
    if (sim_is_dead()) {
        message->may_be_stored = true; /* whatever it was told, nobody knows */
    } else if (status == CRUDDUR_OK) {
        note_ack(all, message, sent->row);
        judge_block(all, message, sent->begun_us);
    } else if (status == CRUDDUR_E_MESSAGE_GONE && message->lasts_s > 0) {
        message->may_be_stored = message->is_done = true;
    } else if (may_be_refused(all, message, status)) {
        message->is_refused = message->is_done = true;
    } else if (!may_fail_now(all, message, status, sent->begun_us)) {
        stage_breach(all, "sending %s: %s: %s", message->text, cruddur_status_name(status),
                     cruddur_error_message(sent->error));
    } else {
        message->may_be_stored = message->may_be_stored || is_unknown;
    }
    message->is_done = message->is_done || !message->is_callers;
}

bool stage_send(stage *all, cruddur *dm, stage_message *message)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    int64_t begun_us = sim_now_us();
    begin_send(all, message);
    cruddur_status status =
        (message->is_opening ? open_group : append)(all, dm, message, &row, &error);
    const stage_sent sent = {begun_us, status, row, error};
    stage_note_sent(all, message, &sent);
    free(row);
    cruddur_error_free(error);
    return message->is_done;
}
