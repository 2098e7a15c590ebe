/* SPDX-License-Identifier: MIT */
#include "world/check.h"

#include "model/key.h"
#include "world/edits.h"

/* ---- messages ---- */

static bool is_text(cr_str text, const char *value)
{
    return cr_str_equal(text, cr_str_of(value));
}

static bool is_message(const sim_item *item)
{
    return item != NULL && sim_item_text(item, "message_uuid").data != NULL;
}

static bool expires(const sim_item *item)
{
    return sim_item_value(item, cr_str_of("expires_at")).data != NULL;
}

/* Of two rivals the author tells which one it is. */
static size_t find_message(const stage *all, const sim_item *item)
{
    cr_str uuid = sim_item_text(item, "message_uuid");
    cr_str author = sim_item_text(item, "user_uuid");
    size_t i = 0;
    while (i < all->message_count && !(is_text(uuid, all->message[i].uuid.text) &&
                                       is_text(author, all->person[all->message[i].author].text))) {
        i++;
    }
    return i;
}

static size_t find_group(const stage *all, cr_str uuid)
{
    size_t g = 0;
    while (g < GROUPS && !is_text(uuid, all->group[g].uuid.text)) {
        g++;
    }
    return g;
}

/* What the log tells of a message. */
typedef struct stored {
    unsigned copies;
    bool is_gone;     /* the latest has expired, and was removed */
    bool is_at_place; /* one of them was put where the message was acknowledged */
    cr_str sk;        /* of the latest */
} stored;

/* Nobody repeats a message that the library has named, and that has expired; but the call itself
 * may, whose first request came after all, when it has lasted longer than the message. */
static bool may_come_again(const stage_message *message, const stored *before)
{
    return message->lasts_s > 0 && !message->is_callers && before->is_gone;
}

static void check_insert(stage *all, const sim_item *item, stored *seen)
{
    size_t index = find_message(all, item);
    if (index == all->message_count) {
        stage_breach(all, "message %.*s is stored, and nobody sent it",
                     CR_STR_ARGS(sim_item_text(item, "message")));
        return;
    }
    const stage_message *message = &all->message[index];
    stored *own = &seen[index];
    own->copies++;
    if (own->copies > 1 && may_come_again(message, own)) {
        all->allowed[STAGE_AGAIN]++;
        own->copies = 1;
    }
    own->is_gone = false;
    own->sk = item->sk;
    own->is_at_place = own->is_at_place || is_text(item->sk, message->sk);
    if (own->copies + (message->rival < MESSAGES_MAX ? seen[message->rival].copies : 0) > 1) {
        stage_breach(all, "message %s is stored twice", message->text);
    }
    if (!is_text(sim_item_text(item, "message"), message->text) ||
        find_group(all, cr_pk_suffix(item->pk)) != message->group) {
        stage_breach(all, "message %s is not stored as it was sent", message->text);
    }
}

/* Where all programs write in transactions that move the rows, a message follows all that were
 * stored before it. */
static void check_order(stage *all, const sim_item *item, cr_str *last)
{
    bool are_ours = all->mode == STAGE_ATOMIC && !all->has_handler;
    size_t g = find_group(all, cr_pk_suffix(item->pk));
    if (g == GROUPS) {
        return;
    }
    if (are_ours && last[g].data != NULL && cr_str_compare(item->sk, last[g]) <= 0) {
        stage_breach(all, "message %.*s is stored before one that is older",
                     CR_STR_ARGS(sim_item_text(item, "message")));
    }
    last[g] = item->sk;
}

/* By a call that edits or removes messages, or as it has expired. */
static bool is_meant(const sim_change *change)
{
    bool is_gone = is_message(change->old) && change->new == NULL;
    return edits_are_cause(change) || (is_gone && expires(change->old));
}

static void note_removal(const stage *all, const sim_change *change, stored *seen)
{
    size_t index = is_message(change->old) && change->new == NULL ? find_message(all, change->old)
                                                                  : all->message_count;
    if (index < all->message_count) {
        seen[index].is_gone = true;
    }
}

static void judge_stored(stage *all, const stage_message *message, const stored *own)
{
    if (message->acks > 0 && own->copies == 0) {
        stage_breach(all, "message %s was acknowledged, and is not stored", message->text);
    } else if (message->acks > 0 && message->sk[0] != '\0' && !own->is_at_place) {
        stage_breach(all, "message %s was acknowledged at %s, and is at %.*s", message->text,
                     message->sk, CR_STR_ARGS(own->sk));
    }
    if (message->acks == 0 && !message->may_be_stored && own->copies > 0) {
        stage_breach(all, "message %s %s, and is stored", message->text,
                     message->is_refused ? "was refused" : "was not sent as its call says");
    }
}

void check_messages_stored(stage *all)
{
    static stored seen[MESSAGES_MAX];
    cr_str last[GROUPS] = {CR_STR_ABSENT};
    memset(seen, 0, sizeof(seen));
    stage_learn_uuids(all);
    for (size_t i = 0; i < sim_log_size(); i++) {
        const sim_change *change = sim_log_at(i);
        if (is_meant(change)) {
            note_removal(all, change, seen);
        } else if (is_message(change->old)) {
            stage_breach(all, "message %.*s was %s",
                         CR_STR_ARGS(sim_item_text(change->old, "message")),
                         change->new == NULL ? "removed" : "overwritten");
        } else if (is_message(change->new)) {
            check_insert(all, change->new, seen);
            check_order(all, change->new, last);
        }
    }
    for (size_t i = 0; i < all->message_count; i++) {
        judge_stored(all, &all->message[i], &seen[i]);
    }
}

/* ---- group rows ---- */

static const sim_item *newest_message(const stage *all, size_t group)
{
    const sim_item *const *found;
    const sim_item *newest = NULL;
    cr_pk pk = cr_pk_of_group(&all->group[group].uuid);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count; i++) {
        newest = is_message(found[i]) ? found[i] : newest;
    }
    return newest;
}

static cr_str place_of(const sim_item *row)
{
    cr_str head_sk = sim_item_text(row, "head_sk");
    return head_sk.data != NULL ? head_sk : row->sk;
}

/* To a member who was added after the message the row shows nothing of it. */
static bool shows(const sim_item *row, const sim_item *head)
{
    cr_str visible_sk = sim_item_text(row, "visible_sk");
    bool is_hidden = visible_sk.data != NULL && cr_str_compare(place_of(row), visible_sk) <= 0;
    cr_str text = sim_item_text(row, "message");
    return is_hidden ? text.size == 0 : cr_str_equal(text, sim_item_text(head, "message"));
}

static bool is_group_row(const sim_item *item)
{
    return item != NULL && item->group.data != NULL && sim_has_prefix(item->pk, "GRP#");
}

/* In mode stream a message may get a key before the rows of one that has expired and gone: those
 * stay there until a later message comes (docs/invariants.md). */
static bool may_stay_beyond(const stage *all, const sim_item *row, const sim_item *head)
{
    bool is_streamed = all->mode == STAGE_STREAM || all->mode == STAGE_MIXED;
    return is_streamed && all->are_clocks_wrong && head != NULL &&
           sim_item_value(row, cr_str_of("head_expires_at")).data != NULL &&
           sim_item_text(row, "message").size == 0 && cr_str_compare(place_of(row), head->sk) > 0;
}

static void check_row(stage *all, size_t group, const sim_item *row, const sim_item *head)
{
    if (may_stay_beyond(all, row, head)) {
        all->allowed[STAGE_BEYOND]++;
        return;
    }
    cr_str list = sim_item_value(row, cr_str_of("member_uuids"));
    if (!cr_str_equal(place_of(row), head->sk)) {
        stage_breach(all, "the row of group %zu at %.*s of %.*s is not at the newest message, %.*s",
                     group, CR_STR_ARGS(row->sk), CR_STR_ARGS(row->pk), CR_STR_ARGS(head->sk));
    }
    if (!shows(row, head)) {
        stage_breach(all, "the row of group %zu of %.*s shows %.*s, and not %.*s", group,
                     CR_STR_ARGS(row->pk), CR_STR_ARGS(sim_item_text(row, "message")),
                     CR_STR_ARGS(sim_item_text(head, "message")));
    }
    size_t listed = 0;
    for (size_t i = 0; list.data != NULL && i < PEOPLE; i++) {
        bool is_listed = sim_contains(list, all->person[i].text);
        listed += is_listed && stage_is_member(all, group, i) ? 1 : 0;
        if (is_listed && !stage_is_member(all, group, i)) {
            stage_breach(all, "a row of group %zu lists %zu, who is no member", group, i);
        }
    }
    if (all->group[group].members.count > 2 && listed != all->group[group].members.count) {
        stage_breach(all, "a row of group %zu lists %zu members", group, listed);
    }
}

/* The newest of a member's rows of a group; NULL: there is none. */
static const sim_item *find_row(const stage *all, size_t group, size_t person, size_t *count)
{
    const sim_item *newest = NULL;
    *count = 0;
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (is_group_row(item) && is_text(cr_pk_suffix(item->pk), all->person[person].text) &&
            is_text(item->group, all->group[group].uuid.text)) {
            ++*count;
            newest = newest == NULL || cr_str_compare(item->sk, newest->sk) > 0 ? item : newest;
        }
    }
    return newest;
}

/* A member's rows of a group: the newest counts. */
static void check_member(stage *all, size_t group, size_t person, const sim_item *head,
                         check_rows rows)
{
    size_t count;
    const sim_item *newest = find_row(all, group, person, &count);
    if (newest == NULL) {
        stage_breach(all, "member %zu has no row of group %zu", person, group);
        return;
    }
    if (count > 1 && rows == CHECK_ROWS_EXACT) {
        stage_breach(all, "member %zu has %zu rows of group %zu", person, count, group);
    }
    check_row(all, group, newest, head);
    /* The original handler puts rows without what it does not know. */
    bool may_be_new =
        all->has_handler || (all->has_guest && person == GUEST) || all->mode == STAGE_STEPS;
    if (all->group[group].is_old && !may_be_new &&
        sim_item_value(newest, cr_str_of(STAGE_KEPT_NAME)).data == NULL) {
        stage_breach(all, "the row of group %zu of member %zu has lost what others put there",
                     group, person);
    }
}

/* Each row belongs to a message and to a member. */
static void check_stray(stage *all, const sim_item *row)
{
    size_t group = find_group(all, row->group);
    cr_pk pk;
    if (group == GROUPS) {
        stage_breach(all, "a row of an unknown group %.*s", CR_STR_ARGS(row->group));
        return;
    }
    pk = cr_pk_of_group(&all->group[group].uuid);
    if (!may_stay_beyond(all, row, newest_message(all, group)) &&
        !is_message(sim_table_get((cr_key){cr_pk_str(&pk), place_of(row)}))) {
        stage_breach(all, "the row of group %zu at %.*s of %.*s is of no message", group,
                     CR_STR_ARGS(row->sk), CR_STR_ARGS(row->pk));
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        if (is_text(cr_pk_suffix(row->pk), all->person[i].text) &&
            !stage_is_member(all, group, i)) {
            stage_breach(all, "%zu has a row of group %zu and is no member", i, group);
        }
    }
}

void check_previews(stage *all)
{
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *row = sim_table_at(i);
        size_t group = is_group_row(row) ? find_group(all, row->group) : GROUPS;
        const sim_item *head = group < GROUPS ? newest_message(all, group) : NULL;
        if (head != NULL && !expires(head) && cr_str_equal(place_of(row), head->sk) &&
            !shows(row, head)) {
            stage_breach(all, "an inbox shows \"%.*s\" of group %zu, and not \"%.*s\"",
                         CR_STR_ARGS(sim_item_text(row, "message")), group,
                         CR_STR_ARGS(sim_item_text(head, "message")));
        }
    }
}

/* ---- cards and claims ---- */

static bool is_marked(const sim_item *item, const char *name)
{
    return sim_item_value(item, cr_str_of(name)).data != NULL;
}

/* A claim is there exactly if its message was stored; in steps it may come first. */
static void check_claim(stage *all, const sim_item *claim)
{
    size_t group = find_group(all, sim_item_text(claim, "group_uuid"));
    const sim_item *message = NULL;
    if (group < GROUPS) {
        cr_pk pk = cr_pk_of_group(&all->group[group].uuid);
        message = sim_table_get((cr_key){cr_pk_str(&pk), sim_item_text(claim, "message_sk")});
    }
    size_t number = 0;
    cr_str uuid = {claim->pk.data + 6, claim->pk.size - 6};
    while (number < all->message_count && !is_text(uuid, all->message[number].uuid.text)) {
        number++;
    }
    if (number < all->message_count && all->message[number].lasts_s > 0) {
        return; /* the message may have gone, and its key be another one's in mode stream */
    }
    bool leads_there = is_message(message) && sim_has_prefix(claim->pk, "CLAIM#") &&
                       cr_str_equal(sim_item_text(message, "message_uuid"),
                                    (cr_str){claim->pk.data + 6, claim->pk.size - 6});
    if (!leads_there && !(all->mode == STAGE_STEPS && is_marked(claim, "ahead"))) {
        stage_breach(all, "claim %.*s leads to no message", CR_STR_ARGS(claim->pk));
    }
    if (leads_there &&
        !cr_str_equal(sim_item_text(claim, "user_uuid"), sim_item_text(message, "user_uuid"))) {
        stage_breach(all, "claim %.*s is another author's", CR_STR_ARGS(claim->pk));
    }
}

static void check_foreign(stage *all)
{
    for (size_t i = 0; i < all->foreign_count && !all->has_handler; i++) {
        const sim_item *was = all->foreign[i];
        const sim_item *is = sim_table_get((cr_key){was->pk, was->sk});
        if (is == NULL || !cr_str_equal(is->json, was->json)) {
            stage_breach(all, "the row of another program at %.*s of %.*s has changed",
                         CR_STR_ARGS(was->sk), CR_STR_ARGS(was->pk));
        }
    }
}

void check_table(stage *all, check_rows rows)
{
    for (size_t g = 0; g < GROUPS; g++) {
        const sim_item *head = newest_message(all, g);
        for (size_t i = 0; i < PEOPLE && head != NULL; i++) {
            if (stage_is_member(all, g, i)) {
                check_member(all, g, i, head, rows);
            }
        }
    }
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (is_group_row(item) && rows == CHECK_ROWS_EXACT) {
            check_stray(all, item);
        } else if (item != NULL && sim_has_prefix(item->pk, "CLAIM#")) {
            check_claim(all, item);
        }
    }
    check_foreign(all);
}
