/* SPDX-License-Identifier: MIT */
/* Checking the table: one group, and the claims of one part of the walk. */
#include "cruddur/examine.h"

/* Of so many groups it is known that they were met; then they are forgotten, and those that the
 * walk meets again are looked up once more. */
#define SEEN_MAX 98000

#define FIRST_NOTICE 100

const char *cruddur_check_kind_name(uint32_t kind)
{
    switch (kind) {
#define CASE(NAME, value, name, text)                                                              \
    case (value):                                                                                  \
        return name;
        CRUDDUR_CHECK_KIND_MAP(CASE)
#undef CASE
    default:
        return "unknown";
    }
}

const char *cruddur_check_kind_text(uint32_t kind)
{
    switch (kind) {
#define CASE(NAME, value, name, text)                                                              \
    case (value):                                                                                  \
        return text;
        CRUDDUR_CHECK_KIND_MAP(CASE)
#undef CASE
    default:
        return "unknown";
    }
}

/* ---- events ---- */

static const char *text_of(const cr_uuid *uuid)
{
    return uuid->text[0] == '\0' ? NULL : uuid->text;
}

static void tell(cr_examination *examination, cruddur_check_event *event)
{
    const cruddur_check_options *options = examination->options;
    if (options->observe != NULL && !options->observe(options->data, event)) {
        examination->is_stopped = true;
    }
}

static void tell_with(cr_examination *examination, const cr_note *note, bool is_repaired,
                      cruddur_status status, const char *message)
{
    cruddur_check_event *counts = &examination->counts;
    bool is_breach = note->kind < FIRST_NOTICE;
    counts->breaches += is_breach ? 1 : 0;
    counts->repaired += is_breach && is_repaired ? 1 : 0;
    counts->notices += is_breach ? 0 : 1;
    cruddur_check_event event = *counts;
    event.size = sizeof(event);
    event.kind = (uint32_t)note->kind;
    event.status = (uint32_t)status;
    event.is_breach = is_breach ? 1 : 0;
    event.is_repaired = is_breach && is_repaired ? 1 : 0;
    event.group_uuid = text_of(&note->group);
    event.user_uuid = text_of(&note->user);
    event.pk = note->row.pk.data;
    event.sk = note->row.sk.data;
    event.message = message;
    tell(examination, &event);
}

void cr_examination_tell(cr_examination *examination, const cr_note *note, bool is_repaired)
{
    tell_with(examination, note, is_repaired, CRUDDUR_OK,
              cruddur_check_kind_text((uint32_t)note->kind));
}

/* ---- one group ---- */

/* What is wrong with one group alone: the others can do without it. */
static bool is_of_group(cruddur_status status)
{
    return status == CRUDDUR_E_STORE_DAMAGED || status == CRUDDUR_E_CONFLICT ||
           status == CRUDDUR_E_ITEM_TOO_LARGE || status == CRUDDUR_E_INVALID_ARGUMENT ||
           status == CRUDDUR_E_GROUP_NOT_FOUND;
}

/* Ends a call about a group. */
static cruddur_status end_call(cr_examination *examination, const cr_uuid *group,
                               const cr_call *call, cruddur_error *error, cruddur_status status)
{
    const cr_note failed = {.kind = CRUDDUR_CHECK_GROUP_FAILED, .group = *group, .user = {""}};
    bool is_failed = is_of_group(status);
    if (is_failed) {
        tell_with(examination, &failed, false, status, cruddur_error_message(error));
    }
    cr_parts_end_call(&examination->parts, call, error, status != CRUDDUR_OK && !is_failed);
    return is_failed ? CRUDDUR_OK : status;
}

static cruddur_status inspect(cr_examination *examination, const cr_met *met,
                              cr_inspection *inspection)
{
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&examination->parts, &error);
    inspection->count = 0;
    inspection->is_there = inspection->is_elsewhere = inspection->is_busy = false;
    cruddur_status status = cr_inspect(examination->parts.store, met, &call, inspection);
    return end_call(examination, &met->group, &call, error, status);
}

static bool has_finding(const cr_inspection *inspection, const cr_finding *wanted)
{
    for (size_t i = 0; i < inspection->count; i++) {
        const cr_finding *finding = &inspection->finding[i];
        if (finding->kind == wanted->kind && cr_uuid_compare(&finding->user, &wanted->user) == 0) {
            return true;
        }
    }
    return false;
}

/* Those of an inspection that another one (NULL: none) does not have, or all. */
static void tell_findings(cr_examination *examination, const cr_uuid *group,
                          const cr_inspection *inspection, const cr_inspection *after)
{
    for (size_t i = 0; i < inspection->count && !examination->is_stopped; i++) {
        const cr_finding *finding = &inspection->finding[i];
        const cr_note note = {finding->kind, *group, finding->user, finding->row};
        cr_examination_tell(examination, &note, after != NULL && !has_finding(after, finding));
    }
}

static void tell_new_findings(cr_examination *examination, const cr_uuid *group)
{
    const cr_inspection *after = &examination->after;
    for (size_t i = 0; i < after->count && !examination->is_stopped; i++) {
        const cr_finding *finding = &after->finding[i];
        const cr_note note = {finding->kind, *group, finding->user, finding->row};
        if (!has_finding(&examination->found, finding)) {
            cr_examination_tell(examination, &note, false);
        }
    }
}

static cruddur_status mend(cr_examination *examination, const cr_uuid *group)
{
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&examination->parts, &error);
    const cr_met alone = {.at = CR_MET_ALONE, .group = *group};
    cruddur_status status = cr_mend(examination->parts.store, group, &examination->found, &call);
    status = end_call(examination, group, &call, error, status);
    return status == CRUDDUR_OK ? inspect(examination, &alone, &examination->after) : status;
}

static void count_group(cr_examination *examination)
{
    cruddur_check_event *counts = &examination->counts;
    const cr_inspection *found = &examination->found;
    counts->groups += found->is_there ? 1 : 0;
    if (examination->group.text[0] != '\0') { /* no walk counts its rows */
        counts->group_rows += found->group_rows;
        counts->group_row_bytes += found->group_row_bytes;
        counts->cards += found->card_bytes > 0 ? 1 : 0;
        counts->card_bytes += found->card_bytes;
    }
}

bool cr_examination_knows(const cr_examination *examination, cr_place_met at, const cr_uuid *group)
{
    return cr_uuid_set_has(&examination->seen, group) ||
           (at != CR_MET_CARD && cr_uuid_set_has(&examination->carded, group));
}

/* Without a card, the other group rows are looked at again: one of them is where the group is
 * judged. */
static cruddur_status remember(cr_examination *examination, const cr_uuid *group)
{
    bool is_new;
    const cr_inspection *found = &examination->found;
    cr_uuid_set *set = found->is_elsewhere ? &examination->carded : &examination->seen;
    if (found->is_elsewhere && !found->has_card) {
        return CRUDDUR_OK;
    }
    if (set->count >= SEEN_MAX) {
        cr_uuid_set_free(set);
    }
    return cr_uuid_set_add(set, group, &is_new) ? CRUDDUR_OK
                                                : cr_fail_memory(examination->parts.call->error);
}

cruddur_status cr_examine_group(cr_examination *examination, const cr_met *met)
{
    cr_inspection *found = &examination->found;
    if (cr_examination_knows(examination, met->at, &met->group)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = inspect(examination, met, found);
    if (status == CRUDDUR_OK) {
        status = remember(examination, &met->group);
    }
    if (status != CRUDDUR_OK || found->is_elsewhere) {
        return status;
    }
    count_group(examination);
    bool mends = (examination->options->flags & CRUDDUR_CHECK_REPAIR) != 0 &&
                 cr_inspection_is_mendable(found);
    if (mends) {
        status = mend(examination, &met->group);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    tell_findings(examination, &met->group, found, mends ? &examination->after : NULL);
    if (mends) {
        tell_new_findings(examination, &met->group);
    }
    if (found->is_busy) {
        const cr_note busy = {.kind = CRUDDUR_CHECK_GROUP_BUSY, .group = met->group, .user = {""}};
        cr_examination_tell(examination, &busy, false);
    }
    return CRUDDUR_OK;
}

/* ---- messages with one uuid ---- */

static const char *const twin_texts[] = {
    [CR_TWIN_UNCLAIMED] = "a message has the uuid of a message of the group before it; no claim "
                          "says which of the two was sent",
    [CR_TWIN_IS_CLAIMED] = "a message has the uuid of a message of the group before it; the claim "
                           "of the uuid leads to the later one",
    [CR_TWIN_OTHER_IS_CLAIMED] = "a message has the uuid of a message of the group before it; the "
                                 "claim of the uuid does not lead to the later one",
};

cruddur_status cr_examine_twin(cr_examination *examination, const cr_note *note)
{
    cruddur_error *error = NULL;
    bool removes = (examination->options->flags & CRUDDUR_CHECK_REPAIR) != 0;
    cr_twin twin = {.group = note->group, .sk = note->row.sk};
    cr_call call = cr_parts_call(&examination->parts, &error);
    cruddur_status status = cr_look_at_twin(examination->parts.store, &twin, removes, &call);
    status = end_call(examination, &note->group, &call, error, status);
    if (status == CRUDDUR_OK) {
        tell_with(examination, note, twin.is_removed, CRUDDUR_OK, twin_texts[twin.claim]);
    }
    return status;
}

/* ---- claims ---- */

static bool is_among(const cr_claim_look *looks, size_t count, const cr_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(looks[i].message.pk, key->pk) &&
            cr_str_equal(looks[i].message.sk, key->sk)) {
            return true;
        }
    }
    return false;
}

/* So many from this one on as can be looked at together: no two lead to one message. */
static size_t gather(const cr_examination *examination, size_t from)
{
    const cr_claim_look *first = &examination->claim[from];
    size_t count = 0;
    while (from + count < examination->claim_count && count < CR_CLAIM_LOOKS_MAX &&
           !is_among(first, count, &first[count].message)) {
        count++;
    }
    return count;
}

static void tell_claims(cr_examination *examination, size_t from, size_t count)
{
    for (size_t i = from; i < from + count && !examination->is_stopped; i++) {
        const cr_claim_look *look = &examination->claim[i];
        cr_note note = {look->kind, {""}, {""}, examination->claim_row[i]};
        (void)cr_uuid_parse(cr_pk_suffix(look->message.pk), &note.group);
        (void)cr_uuid_parse(look->author, &note.user);
        if (look->kind != CRUDDUR_CHECK_PROGRESS) {
            cr_examination_tell(examination, &note, false);
        }
    }
}

cruddur_status cr_examine_claims(cr_examination *examination)
{
    cruddur_status status = CRUDDUR_OK;
    size_t count;
    for (size_t i = 0; status == CRUDDUR_OK && i < examination->claim_count; i += count) {
        cruddur_error *error = NULL;
        cr_call call = cr_parts_call(&examination->parts, &error);
        count = gather(examination, i);
        status = cr_inspect_claims(examination->parts.store, &examination->claim[i], count, &call);
        cr_parts_end_call(&examination->parts, &call, error, status != CRUDDUR_OK);
        if (status == CRUDDUR_OK) {
            tell_claims(examination, i, count);
        }
    }
    return status;
}
