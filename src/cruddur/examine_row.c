/* SPDX-License-Identifier: MIT */
/* Checking the table: what one row tells by itself, and which group or claim is to be looked at
 * because of it. */
#include "cruddur/examine.h"
#include "model/item.h"
#include "model/time.h"
#include "store/claim.h"

#define COUNTER_DIGITS 20
#define CLAIM_SK "CLAIM"
#define COUNTER_SK "COUNTER"
#define CARD_PREFIX "CARD#"

typedef enum row_kind {
    OF_MESSAGES,
    OF_GROUP_ROWS,
    OF_CARDS,
    OF_CLAIMS,
    OF_CHANGES,
    OF_OTHERS
} row_kind;

/* ---- kinds of rows ---- */

static bool is_change_sk(cr_str sk)
{
    return cr_str_equal(sk, cr_str_of(COUNTER_SK)) ||
           (sk.size == COUNTER_DIGITS && cr_str_is_number(sk));
}

/* Most rows are messages of the partition where the walk is: its key is not looked at again. */
static row_kind kind_of(const cr_examination *examination, const cr_row *row)
{
    cr_str pk = row->value[CR_PK];
    cr_str sk = row->value[CR_SK];
    if (cr_str_equal(pk, cr_pk_str(&examination->messages))) {
        return cr_row_fits_partition(row, CR_KIND_MESSAGE) ? OF_MESSAGES : OF_OTHERS;
    }
    switch (cr_row_kind(row)) {
    case CR_KIND_MESSAGE:
        return OF_MESSAGES;
    case CR_KIND_GROUP_ROW:
        return OF_GROUP_ROWS;
    case CR_KIND_FOREIGN:
        break;
    }
    if (cr_is_card(row) && cr_pk_has_prefix(pk, CARD_PREFIX)) {
        return OF_CARDS;
    }
    if (cr_pk_has_prefix(pk, CR_PK_CLAIMS) && cr_str_equal(sk, cr_str_of(CLAIM_SK))) {
        return OF_CLAIMS;
    }
    return cr_pk_has_prefix(pk, CR_PK_CHANGES) && is_change_sk(sk) ? OF_CHANGES : OF_OTHERS;
}

static void count_row(cruddur_check_event *counts, row_kind kind, const cr_row *row)
{
    uint64_t *const rows[] = {&counts->messages, &counts->group_rows, &counts->cards,
                              &counts->claims,   &counts->changes,    &counts->foreign_rows};
    uint64_t *const bytes[] = {&counts->message_bytes, &counts->group_row_bytes,
                               &counts->card_bytes,    &counts->claim_bytes,
                               &counts->change_bytes,  &counts->foreign_bytes};
    ++*rows[kind];
    *bytes[kind] += cr_item_size(row);
}

/* Prefixes of the library before anything: a near miss of one of its rows. */
static bool is_in_our_partition(cr_str pk)
{
    static const char *const prefixes[] = {CR_PK_GROUPS, CR_PK_MESSAGES, CR_PK_CHANGES,
                                           CR_PK_CLAIMS, CARD_PREFIX};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t size = strlen(prefixes[i]);
        if (pk.size >= size && memcmp(pk.data, prefixes[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- notes ---- */

static bool has_user(const cr_examination *examination)
{
    return examination->user.text[0] != '\0';
}

static bool copy_key(cr_examination *examination, const cr_row *row, cr_key *key)
{
    key->pk = cr_arena_copy(&examination->arena, row->value[CR_PK]);
    key->sk = cr_arena_copy(&examination->arena, row->value[CR_SK]);
    return key->pk.data != NULL && key->sk.data != NULL;
}

/* The group and the person that a row tells. False when memory ran out. */
static bool note_row(cr_examination *examination, cruddur_check_kind kind, const cr_row *row)
{
    cr_note *note = &examination->note[examination->note_count++];
    cr_str pk = row->value[CR_PK];
    *note = (cr_note){.kind = kind, .group = {""}, .user = {""}};
    if (cr_row_kind(row) == CR_KIND_GROUP_ROW) {
        (void)cr_uuid_parse(row->value[CR_GROUP_UUID], &note->group);
        (void)cr_row_owner(row, &note->user);
    } else if (cr_row_kind(row) == CR_KIND_MESSAGE || cr_pk_has_prefix(pk, CR_PK_CHANGES)) {
        (void)cr_uuid_parse(cr_pk_suffix(pk), &note->group);
        (void)cr_uuid_parse(row->value[CR_USER_UUID], &note->user);
    }
    return copy_key(examination, row, &note->row);
}

/* Whether a text that is a time has the form in which the library writes times: without a leap
 * second, which is read as the next one. */
static bool is_written_form(cr_str time)
{
    static const char zone[] = "+00:00";
    size_t zone_size = sizeof(zone) - 1;
    return time.size == CR_TIME_LENGTH && time.data[10] == 'T' && time.data[17] != '6' &&
           time.data[19] == '.' && memcmp(time.data + time.size - zone_size, zone, zone_size) == 0;
}

static bool note_key(cr_examination *examination, const cr_row *row, int64_t *time_us)
{
    bool is_canonical =
        cr_time_parse(row->value[CR_SK], time_us) && is_written_form(row->value[CR_SK]);
    return is_canonical || (examination->options->flags & CRUDDUR_CHECK_OLD_KEYS) != 0 ||
           note_row(examination, CRUDDUR_CHECK_KEY_NOT_CANONICAL, row);
}

static bool meet(cr_examination *examination, cr_place_met at, cr_str group, const cr_row *row)
{
    cr_met *met = &examination->met[examination->met_count];
    if (!cr_uuid_parse(group, &met->group) || cr_examination_knows(examination, at, &met->group)) {
        return true;
    }
    examination->met_count++;
    met->at = at;
    return copy_key(examination, row, &met->row);
}

/* ---- rows of each kind; false when memory ran out ---- */

static void forget_messages(cr_examination *examination)
{
    cr_uuid_set_free(&examination->uuids);
    cr_uuid_set_free(&examination->older);
}

/* Notes a message whose uuid one of the last CR_TWINS_REACH messages of the group had, or more. */
static bool note_twin(cr_examination *examination, const cr_row *row)
{
    cr_uuid uuid;
    bool is_new = true;
    cr_uuid_set *latest = &examination->uuids;
    if (!cr_uuid_parse(row->value[CR_MESSAGE_UUID], &uuid)) {
        return true;
    }
    if (!cr_uuid_set_add(latest, &uuid, &is_new)) {
        return false;
    }
    is_new = is_new && !cr_uuid_set_has(&examination->older, &uuid);
    if (latest->count >= CR_TWINS_REACH) {
        cr_uuid_set_free(&examination->older);
        examination->older = *latest;
        *latest = (cr_uuid_set){0};
    }
    return is_new || note_row(examination, CRUDDUR_CHECK_MESSAGE_DOUBLED, row);
}

static bool take_message(cr_examination *examination, const cr_row *row)
{
    int64_t time_us = 0;
    cr_str pk = row->value[CR_PK];
    bool is_first = !cr_str_equal(pk, cr_pk_str(&examination->messages));
    bool is_users = cr_str_equal(row->value[CR_USER_UUID], cr_uuid_str(&examination->user));
    if (is_first) {
        memcpy(examination->messages.text, pk.data, pk.size); /* it has the size of all of them */
        examination->has_latest = false;
        forget_messages(examination);
    }
    bool is_late = examination->has_latest;
    int64_t latest_us = examination->latest_us;
    bool is_kept = has_user(examination) && !is_users ? cr_time_parse(row->value[CR_SK], &time_us)
                                                      : note_key(examination, row, &time_us);
    examination->latest_us = time_us;
    examination->has_latest = true;
    if (has_user(examination) && !is_users) {
        return true;
    }
    if (is_late && time_us <= latest_us) {
        is_kept = is_kept && note_row(examination, CRUDDUR_CHECK_KEY_OUT_OF_ORDER, row);
    }
    is_kept = is_kept && note_twin(examination, row);
    bool is_to_meet = is_first || has_user(examination);
    return is_kept && (!is_to_meet || meet(examination, CR_MET_MESSAGE, cr_pk_suffix(pk), row));
}

static bool take_group_row(cr_examination *examination, const cr_row *row)
{
    int64_t time_us;
    cr_uuid owner = {""};
    cr_members named = {0};
    (void)cr_members_add_row(&named, row);
    (void)cr_row_owner(row, &owner);
    bool is_users = !has_user(examination) || cr_uuid_compare(&owner, &examination->user) == 0;
    if (!is_users && !cr_members_have(&named, &examination->user)) {
        return true;
    }
    return (!is_users || note_key(examination, row, &time_us)) &&
           meet(examination, CR_MET_ROW, row->value[CR_GROUP_UUID], row);
}

static bool take_card(cr_examination *examination, const cr_row *row)
{
    cr_members members;
    cr_str pk = row->value[CR_PK];
    size_t prefix = sizeof(CARD_PREFIX) - 1;
    bool is_users =
        !has_user(examination) || (cr_members_split(row->value[CR_MEMBER_UUIDS], &members) &&
                                   cr_members_have(&members, &examination->user));
    return !is_users ||
           meet(examination, CR_MET_CARD, (cr_str){pk.data + prefix, pk.size - prefix}, row);
}

static bool take_claim(cr_examination *examination, const cr_row *row)
{
    size_t at = examination->claim_count;
    size_t prefix = sizeof(CR_PK_CLAIMS) - 1;
    cr_claim claim = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, false, false};
    cr_claim_look *look = &examination->claim[at];
    bool is_users = cr_str_equal(row->value[CR_USER_UUID], cr_uuid_str(&examination->user));
    if (has_user(examination) && !is_users) {
        return true;
    }
    if (!cr_claim_read(row, &examination->arena, &claim)) {
        return note_row(examination, CRUDDUR_CHECK_CLAIM_DAMAGED, row);
    }
    cr_uuid group;
    (void)cr_uuid_parse(claim.group, &group); /* the reader has looked at it */
    cr_pk pk = cr_pk_of_group(&group);
    cr_arena *arena = &examination->arena;
    *look = (cr_claim_look){
        .message = {cr_arena_copy(arena, cr_pk_str(&pk)), cr_arena_copy(arena, claim.sk)},
        .author = cr_arena_copy(arena, claim.author),
        .is_ahead = claim.is_ahead};
    examination->claim_count++;
    if (!copy_key(examination, row, &examination->claim_row[at])) {
        return false;
    }
    cr_str token = examination->claim_row[at].pk;
    look->token = (cr_str){token.data + prefix, token.size - prefix};
    return look->message.pk.data != NULL && look->message.sk.data != NULL &&
           look->author.data != NULL;
}

/* ---- change rows ---- */

/* Numbers that no counter has reached would be used again. */
static bool note_changes(cr_examination *examination)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(examination->changes.text);
    row.value[CR_SK] = cr_str_of(examination->last_change.text);
    examination->last_change.text[0] = '\0';
    return note_row(examination, CRUDDUR_CHECK_CHANGES_CONTRADICTED, &row);
}

static bool has_changes(const cr_examination *examination)
{
    return examination->last_change.text[0] != '\0';
}

/* In a partition the numbers come first, in order, and then their counter. */
static bool take_change(cr_examination *examination, const cr_row *row)
{
    uint64_t last = 0;
    uint64_t counted = 0;
    cr_uuid group;
    cr_str sk = row->value[CR_SK];
    if (has_user(examination) || !cr_uuid_parse(cr_pk_suffix(row->value[CR_PK]), &group)) {
        return true;
    }
    if (!cr_str_equal(sk, cr_str_of(COUNTER_SK))) {
        examination->changes = cr_change_pk_of(&group);
        memcpy(examination->last_change.text, sk.data, COUNTER_DIGITS);
        return true;
    }
    bool is_behind = has_changes(examination) &&
                     cr_rev_read(cr_str_of(examination->last_change.text), &last) &&
                     (!cr_rev_read(row->value[CR_REV], &counted) || counted < last);
    bool is_noted = !is_behind || note_changes(examination);
    examination->last_change.text[0] = '\0';
    return is_noted;
}

bool cr_examine_end_of_changes(cr_examination *examination)
{
    return !has_changes(examination) || note_changes(examination);
}

/* The walk has left a partition without having met a counter. */
static bool end_changes(cr_examination *examination, const cr_row *row)
{
    bool has_left = has_changes(examination) &&
                    !cr_str_equal(row->value[CR_PK], cr_str_of(examination->changes.text));
    return !has_left || note_changes(examination);
}

static bool take_other(cr_examination *examination, const cr_row *row)
{
    return has_user(examination) || !is_in_our_partition(row->value[CR_PK]) ||
           note_row(examination, CRUDDUR_CHECK_FOREIGN_ROW, row);
}

typedef bool (*take_kind)(cr_examination *examination, const cr_row *row);

static const take_kind takers[] = {take_message, take_group_row, take_card,
                                   take_claim,   take_change,    take_other};

cr_sink_answer cr_examine_row(void *context, const cr_row *row)
{
    cr_examination *examination = context;
    row_kind kind = kind_of(examination, row);
    count_row(&examination->counts, kind, row);
    return end_changes(examination, row) && takers[kind](examination, row) ? CR_SINK_MORE
                                                                           : CR_SINK_NO_MEMORY;
}
