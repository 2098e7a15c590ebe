/* SPDX-License-Identifier: MIT */
#include "messaging/judge.h"

#include "messaging/write.h"
#include "model/expiry.h"
#include "model/marker.h"
#include "model/time.h"

/* How long a row may take to follow a message, where the stream's processor moves the rows. */
#define LAG_US INT64_C(60000000)

static bool is_same(const cr_row *a, const cr_row *b, cr_attribute attribute)
{
    cr_str x = a->value[attribute];
    cr_str y = b->value[attribute];
    return (x.data == NULL) == (y.data == NULL) && cr_str_equal(x, y);
}

/* ---- where a row is ---- */

/* Whether another row of the same member counts rather than this one: the newest up to the head,
 * and of two at one message the one with the smaller key. */
static bool is_outdone(const cr_group_state *group, const cr_row *row)
{
    for (size_t i = 0; i < group->rows.count; i++) {
        const cr_row *other = &group->rows.row[i];
        if (!cr_str_equal(other->value[CR_PK], row->value[CR_PK]) ||
            cr_str_equal(other->value[CR_SK], row->value[CR_SK]) ||
            cr_str_compare(cr_row_place(other), group->head.value[CR_SK]) > 0) {
            continue;
        }
        int order = cr_str_compare(cr_row_place(other), cr_row_place(row));
        if (order > 0 ||
            (order == 0 && cr_str_compare(other->value[CR_SK], row->value[CR_SK]) < 0)) {
            return true;
        }
    }
    return false;
}

static bool may_lag(const cr_group_state *group)
{
    int64_t time_us;
    return (group->traits & CR_TRAIT_STREAMED) != 0 &&
           cr_time_parse(group->head.value[CR_SK], &time_us) && group->now_us - time_us < LAG_US;
}

/* ---- what a row shows ---- */

static bool is_preview_right(const cr_group_state *group, const cr_row *row)
{
    cr_str text = row->value[CR_TEXT];
    cr_str visible_sk = row->value[CR_VISIBLE_SK];
    bool is_visible = visible_sk.data == NULL || cr_str_compare(cr_row_place(row), visible_sk) > 0;
    bool has_expired = group->is_head_gone || !cr_message_is_shown(&group->head, group->now_us);
    /* By the clock of who wrote the row. */
    bool may_have_expired =
        text.size == 0 && !cr_message_is_shown(&group->head, group->now_us + CR_CLOCK_MARGIN_US);
    cr_str end = row->value[CR_HEAD_EXPIRES_AT];
    if (!cr_str_equal(end, group->head.value[CR_EXPIRES_AT])) {
        return false;
    }
    if (!is_visible && !cr_row_is_hidden(row)) {
        return text.size == 0; /* its member was added later */
    }
    return has_expired || may_have_expired || (!is_visible && text.size == 0) ||
           cr_str_equal(text, group->head.value[CR_TEXT]);
}

/* ---- whom it names ---- */

static bool names_members(const cr_group_state *group, const cr_row *row, const cr_uuid *owner)
{
    cr_members listed;
    cr_uuid named;
    const cr_members *members = &group->members;
    bool has_list = row->value[CR_MEMBER_UUIDS].data != NULL;
    if (has_list || members->count > CRUDDUR_MEMBERS_MIN) {
        bool is_list = cr_members_split(row->value[CR_MEMBER_UUIDS], &listed);
        if (!is_list || !cr_members_are_same(&listed, members)) {
            return false;
        }
    }
    if (!cr_uuid_parse(row->value[CR_USER_UUID], &named) || !cr_members_have(members, &named)) {
        return false;
    }
    size_t next = cr_members_next(members, cr_members_find(members, owner));
    return cr_row_exists(&group->card.row) ? cr_uuid_compare(&named, &members->uuid[next]) == 0
                                           : cr_uuid_compare(&named, owner) != 0;
}

static void judge_card_of(const cr_group_state *group, const cr_row *row, const cr_uuid *owner,
                          cr_inspection *inspection)
{
    const cr_row *card = &group->card.row;
    bool has_rev = row->value[CR_REV].data != NULL;
    if (!has_rev && row->value[CR_VERSION].data == NULL) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_FOREIGN_WRITER, owner, row);
    }
    if ((has_rev && !is_same(row, card, CR_REV)) || !is_same(row, card, CR_GROUP_NAME) ||
        !is_same(row, card, CR_GROUP_DATA) || !is_same(row, card, CR_BLOCKED)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_CARD_CONTRADICTED, owner, row);
    }
}

/* ---- a row, as a whole ---- */

static void judge_contents(const cr_group_state *group, const cr_row *row, const cr_uuid *owner,
                           cr_inspection *inspection)
{
    cr_str head_sk = group->head.value[CR_SK];
    bool is_at_head = cr_str_equal(cr_row_place(row), head_sk);
    if (is_at_head && !is_preview_right(group, row)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_PREVIEW_WRONG, owner, row);
    }
    if (!cr_row_marker_is_possible(row, head_sk)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_READ_SK_IMPOSSIBLE, owner, row);
    }
    if (!cr_row_history_is_possible(row, head_sk)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_VISIBLE_SK_IMPOSSIBLE, owner, row);
    }
    if (row->value[CR_HEAD_SK].data != NULL &&
        !cr_str_equal(cr_row_place(row), row->value[CR_HEAD_SK])) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_HEAD_SK_IMPOSSIBLE, owner, row);
    }
    if (!names_members(group, row, owner)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_MEMBERS_DIFFER, owner, row);
    }
    if (cr_row_exists(&group->card.row)) {
        judge_card_of(group, row, owner, inspection);
    }
}

static void judge_row(const cr_group_state *group, const cr_row *row, cr_inspection *inspection)
{
    cr_uuid owner = {""};
    int order = cr_str_compare(cr_row_place(row), group->head.value[CR_SK]);
    if (!cr_row_owner(row, &owner) || !cr_members_have(&group->members, &owner)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_ROW_STRAY, &owner, row);
        return;
    }
    if (order <= 0 && is_outdone(group, row)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_ROW_DOUBLED, &owner, row);
        return;
    }
    if (order != 0) {
        cr_inspection_add(inspection,
                          order > 0        ? CRUDDUR_CHECK_ROW_AHEAD
                          : may_lag(group) ? CRUDDUR_CHECK_ROW_LAGGING
                                           : CRUDDUR_CHECK_ROW_STALE,
                          &owner, row);
    }
    judge_contents(group, row, &owner, inspection);
}

/* ---- the group ---- */

static void judge_missing(const cr_group_state *group, cr_inspection *inspection)
{
    bool has_row[CRUDDUR_MEMBERS_MAX + 1] = {false};
    for (size_t i = 0; i < group->rows.count; i++) {
        cr_uuid owner;
        if (cr_row_owner(&group->rows.row[i], &owner)) {
            has_row[cr_members_find(&group->members, &owner)] = true;
        }
    }
    for (size_t i = 0; i < group->members.count; i++) {
        if (!has_row[i]) {
            cr_inspection_add(inspection, CRUDDUR_CHECK_ROW_MISSING, &group->members.uuid[i], NULL);
        }
    }
}

static bool are_of_a_card(const cr_rows *rows)
{
    bool have_rev = false;
    for (size_t i = 0; i < rows->count; i++) {
        have_rev = have_rev || rows->row[i].value[CR_REV].data != NULL;
    }
    return have_rev;
}

static void judge_card(const cr_group_state *group, cr_inspection *inspection)
{
    const cr_card *card = &group->card.card;
    bool has_blocks = card->blocked.count > 0;
    bool are_members = true;
    for (size_t i = 0; i < card->blocked.count; i++) {
        are_members = are_members && cr_members_have(&card->members, &card->blocked.uuid[i]);
    }
    if (has_blocks && (!are_members || card->members.count != CRUDDUR_MEMBERS_MIN)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_CARD_CONTRADICTED, NULL, &group->card.row);
    }
    if (!cr_row_exists(&group->card.row) && are_of_a_card(&group->rows)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_CARD_MISSING, NULL, NULL);
    }
}

static void judge_without_messages(const cr_group_state *group, cr_inspection *inspection)
{
    if (group->rows.count > 0) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_MESSAGES_GONE, NULL, NULL);
    } else if (cr_row_exists(&group->card.row)) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_CARD_UNUSED, NULL, &group->card.row);
    }
}

/* What is left of a group that was removed. */
static void judge_removed(const cr_group_state *group, cr_inspection *inspection)
{
    for (size_t i = 0; i < group->rows.count; i++) {
        cr_uuid owner = {""};
        (void)cr_row_owner(&group->rows.row[i], &owner);
        cr_inspection_add(inspection, CRUDDUR_CHECK_ROW_STRAY, &owner, &group->rows.row[i]);
    }
}

void cr_judge(const cr_group_state *group, cr_inspection *inspection)
{
    if (group->is_card_damaged) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_CARD_DAMAGED, NULL, &group->card.row);
        return;
    }
    if (group->card.card.is_removed) {
        judge_removed(group, inspection);
        return;
    }
    if (!cr_row_exists(&group->head)) {
        judge_without_messages(group, inspection);
        return;
    }
    judge_card(group, inspection);
    if (group->members.count < CRUDDUR_MEMBERS_MIN) {
        cr_inspection_add(inspection, CRUDDUR_CHECK_MEMBERS_UNKNOWN, NULL, NULL);
        return;
    }
    judge_missing(group, inspection);
    for (size_t i = 0; i < group->rows.count; i++) {
        judge_row(group, &group->rows.row[i], inspection);
    }
}
