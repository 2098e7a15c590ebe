/* SPDX-License-Identifier: MIT */
/* What is listed while others write: each list is in order and shows nothing twice, and what was
 * acknowledged before is on it. */
#include <cruddur/cruddur.h>

#include "model/key.h"
#include "model/page.h"
#include "world/actors.h"
#include "world/judge.h"
#include "world/requests.h"

#define LIMIT 200

/* All of a list. What a call returns are rows. */
static cruddur_list_options whole(bool is_eventual)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = LIMIT;
    options.timeout_ms = stage_timeout_ms();
    options.consistency = is_eventual ? CRUDDUR_CONSISTENCY_EVENTUAL : CRUDDUR_CONSISTENCY_STRONG;
    return options;
}

static bool may_fail(const stage *all, cruddur_status status)
{
    return sim_is_dead() || (!all->is_quiet && sim_may_pass(status));
}

static const char *get(const cr_page *page, size_t index, cr_attribute attribute)
{
    return cr_packed_get_or_empty(cr_page_at(page, index), attribute);
}

/* The original handler takes rows away before it puts them again, and a group without a card has
 * the members that its rows name. */
static bool may_overlook(const stage *all, size_t group)
{
    return sim_is_dead() || (all->has_handler && !all->is_quiet && !stage_has_card(all, group));
}

/* Every fourth read may be eventual: what it shows may be older, as its documentation says. */
#define EVENTUAL 4

/* True: it was counted. At rest the service has nothing stale to show. */
static bool is_allowed(stage *all, bool is_eventual, stage_allowance allowance)
{
    bool is_so = is_eventual && !all->is_quiet;
    all->allowed[allowance] += is_so ? 1 : 0;
    return is_so;
}

/* From the newest on, and no row twice. */
static void check_order(stage *all, const cr_page *page, cr_attribute unique, const char *what,
                        bool may_be_twice)
{
    for (size_t i = 1; i < page->count; i++) {
        if (strcmp(get(page, i - 1, CR_SK), get(page, i, CR_SK)) <= 0) {
            stage_breach(all, "a list of %s is not in order at %s", what, get(page, i, CR_SK));
        }
        for (size_t j = 0; j < i; j++) {
            const char *one = get(page, i, unique);
            if (one[0] != '\0' && strcmp(one, get(page, j, unique)) == 0 &&
                !is_allowed(all, may_be_twice, STAGE_STALE_TWICE)) {
                stage_breach(all, "a list of %s shows %s twice", what, one);
            }
        }
    }
}

static bool shows(const cr_page *page, cr_attribute attribute, const char *value)
{
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(get(page, i, attribute), value) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- groups ---- */

/* What a list of groups has come to, with what moved to its newest end while it was read. */
typedef struct inbox {
    size_t person;
    bool is_eventual;
    size_t changes; /* of the table, when it began */
    bool was_open[GROUPS];
    bool is_shown[GROUPS];
} inbox;

static void check_groups(stage *all, inbox *listed, const cr_page *page)
{
    check_order(all, page, CR_GROUP_UUID, "groups", listed->is_eventual);
    for (size_t g = 0; g < GROUPS; g++) {
        bool is_shown = shows(page, CR_GROUP_UUID, all->group[g].uuid.text);
        listed->is_shown[g] = listed->is_shown[g] || is_shown;
        if (is_shown && !stage_is_member(all, g, listed->person) &&
            !stage_may_be_guest(all, g, listed->person)) {
            stage_breach(all, "group %zu is in the list of %zu, who is no member", g,
                         listed->person);
        }
    }
}

/* Whether the person's row of a group was put somewhere else while the list came in several parts.
 */
static bool has_moved(const stage *all, const inbox *listed, size_t group)
{
    cr_pk pk = cr_pk_of_member(&all->person[listed->person]);
    for (size_t i = listed->changes; i < sim_change_count(); i++) {
        const sim_item *new = sim_change_at(i)->new;
        if (new != NULL && cr_str_equal(new->pk, cr_pk_str(&pk)) &&
            cr_str_equal(new->group, cr_uuid_str(&all->group[group].uuid))) {
            return sim_service_manners()->page_bytes > 0;
        }
    }
    return false;
}

/* The original handler deletes rows before it puts them again. */
static void check_whole(stage *all, const inbox *listed)
{
    for (size_t g = 0; g < GROUPS; g++) {
        if (!listed->is_shown[g] && listed->was_open[g] &&
            stage_is_member(all, g, listed->person) && (!all->has_handler || all->is_quiet) &&
            !is_allowed(all, listed->is_eventual, STAGE_STALE) &&
            !is_allowed(all, has_moved(all, listed, g), STAGE_MOVED)) {
            stage_breach(all, "group %zu is not in the list of %zu", g, listed->person);
        }
    }
}

/* Whether all of the list has come; a page that tells of newer groups is followed by theirs. */
static bool list_groups(stage *all, cruddur *dm, inbox *listed, cruddur_error **error)
{
    cruddur_group_page *page = NULL;
    cruddur_status status = CRUDDUR_OK;
    cruddur_list_options options = whole(listed->is_eventual);
    bool has_more = true;
    while (status == CRUDDUR_OK && has_more && !all->is_over) {
        cruddur_group_page *next = NULL;
        options.cursor = cruddur_group_page_newer(page);
        status = cruddur_group_list(dm, all->person[listed->person].text, &options, &next, error);
        cruddur_group_page_free(page);
        page = next;
        has_more = cruddur_group_page_has_newer(page);
        if (status == CRUDDUR_OK) {
            check_groups(all, listed, (const cr_page *)page);
        }
    }
    cruddur_group_page_free(page);
    if (status != CRUDDUR_OK && !may_fail(all, status)) {
        stage_breach(all, "listing groups: %s", cruddur_error_message(*error));
    }
    return status == CRUDDUR_OK;
}

void act_list_groups(stage *all, cruddur *dm, size_t person)
{
    cruddur_error *error = NULL;
    inbox listed = {
        .person = person, .is_eventual = sim_happens(EVENTUAL), .changes = sim_change_count()};
    for (size_t g = 0; g < GROUPS; g++) {
        listed.was_open[g] = all->group[g].is_open;
    }
    all->calls++;
    sim_tell("listing the groups of %zu", person);
    if (list_groups(all, dm, &listed, &error)) {
        check_whole(all, &listed);
    }
    cruddur_error_free(error);
}

/* ---- messages ---- */

/* Which messages a list that begins now has to show. */
static void note_acknowledged(const stage *all, size_t group, bool acknowledged[MESSAGES_MAX])
{
    for (size_t i = 0; i < all->message_count; i++) {
        acknowledged[i] = all->message[i].group == group && all->message[i].acks > 0 &&
                          all->message[i].lasts_s == 0;
    }
}

static void check_messages(stage *all, const bool acknowledged[MESSAGES_MAX], size_t count,
                           const cr_page *page, bool is_eventual)
{
    check_order(all, page, CR_MESSAGE_UUID, "messages", false);
    for (size_t i = 0; i < count; i++) {
        if (acknowledged[i] && !shows(page, CR_MESSAGE_UUID, all->message[i].uuid.text) &&
            !is_allowed(all, is_eventual, STAGE_STALE)) {
            stage_breach(all, "message %s was acknowledged and is not listed",
                         all->message[i].text);
        }
    }
}

void act_list_messages(stage *all, cruddur *dm, size_t group, size_t person)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *page = NULL;
    bool acknowledged[MESSAGES_MAX];
    size_t count = all->message_count;
    bool was_open = all->group[group].is_open;
    bool is_member = stage_is_member(all, group, person);
    bool is_eventual = sim_happens(EVENTUAL);
    int64_t begun_us = sim_now_us();
    const cruddur_list_options options = whole(is_eventual);
    note_acknowledged(all, group, acknowledged);
    all->calls++;
    sim_tell("listing the messages of group %zu for %zu", group, person);
    cruddur_status status = cruddur_msg_list(dm, all->person[person].text,
                                             all->group[group].uuid.text, &options, &page, &error);
    bool is_denied = status == CRUDDUR_E_GROUP_NOT_FOUND;
    if (status == CRUDDUR_OK && !is_member) {
        stage_breach(all, "a stranger read group %zu", group);
    } else if (status == CRUDDUR_OK) {
        /* Who was added sees what came since. */
        bool sees_all = !(all->has_guest && group == GUEST_GROUP && person == GUEST);
        const cr_page *rows = (const cr_page *)page;
        stage_learn_uuids(all);
        check_messages(all, acknowledged, sees_all ? count : 0, rows, is_eventual);
        if (!is_eventual && sees_all) {
            judge_note_read(all, group, begun_us, rows);
        }
    } else if (is_denied ? is_member && was_open && !may_overlook(all, group) &&
                               !is_allowed(all, is_eventual, STAGE_STALE_REFUSED)
                         : !may_fail(all, status)) {
        stage_breach(all, "listing the messages of group %zu for %zu: %s", group, person,
                     cruddur_error_message(error));
    }
    cruddur_msg_page_free(page);
    cruddur_error_free(error);
}
