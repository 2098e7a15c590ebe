/* SPDX-License-Identifier: MIT */
#include "world/judge.h"

#include "model/key.h"
#include "world/history.h"

#define READS_MAX 256
#define NOBODY MESSAGES_MAX

typedef struct noted {
    size_t group;
    int64_t begun_us;
    int64_t ended_us;
    bool shows[MESSAGES_MAX];
} noted;

static noted reads[READS_MAX];
static size_t read_count;
static size_t insertions;

void judge_begin(void)
{
    read_count = insertions = 0;
}

/* Of two rivals the author tells which one it is. */
static size_t find(const stage *all, cr_str uuid, cr_str author)
{
    for (size_t i = 0; i < all->message_count; i++) {
        const stage_message *one = &all->message[i];
        if (cr_str_equal(uuid, cr_uuid_str(&one->uuid)) &&
            cr_str_equal(author, cr_uuid_str(&all->person[one->author]))) {
            return i;
        }
    }
    return NOBODY;
}

void judge_note_read(const stage *all, size_t group, int64_t begun_us, const cr_page *page)
{
    if (read_count == READS_MAX) {
        return;
    }
    noted *made = &reads[read_count++];
    *made = (noted){.group = group, .begun_us = begun_us, .ended_us = sim_now_us()};
    for (size_t i = 0; i < page->count; i++) {
        const cr_packed_row *row = cr_page_at(page, i);
        size_t index = find(all, cr_str_of(cr_packed_get_or_empty(row, CR_MESSAGE_UUID)),
                            cr_str_of(cr_packed_get_or_empty(row, CR_USER_UUID)));
        if (index != NOBODY) {
            made->shows[index] = true;
        }
    }
}

/* ---- a group's history ---- */

static history_append append_of(const stage_message *message)
{
    history_outcome outcome = message->acks > 0        ? HISTORY_OK
                              : message->may_be_stored ? HISTORY_UNKNOWN
                                                       : HISTORY_FAILED;
    return (history_append){
        .begun_us = message->begun_us, .ended_us = message->ended_us, .outcome = outcome};
}

static void add_places(const stage *all, size_t group, const size_t *number, history *made)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_group(&all->group[group].uuid);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    for (size_t i = 0; i < count; i++) {
        size_t index = find(all, sim_item_text(found[i], "message_uuid"),
                            sim_item_text(found[i], "user_uuid"));
        if (index != NOBODY && number[index] != NOBODY) {
            history_append *append = &made->append[number[index]];
            append->place = append->copies++ == 0 ? i + 1 : append->place;
        }
    }
}

static void read_history(const stage *all, size_t group, history *made)
{
    size_t number[MESSAGES_MAX]; /* of each message's append */
    made->append_count = made->read_count = 0;
    made->is_in_order = all->mode == STAGE_ATOMIC && !all->has_handler;
    for (size_t i = 0; i < all->message_count; i++) {
        const stage_message *message = &all->message[i];
        bool counts = message->group == group && message->lasts_s == 0 &&
                      (message->calls > 0 || message->acks > 0);
        number[i] = counts ? made->append_count : NOBODY;
        if (counts) {
            made->append[made->append_count++] = append_of(message);
        }
    }
    for (size_t i = 0; i < read_count && made->read_count < HISTORY_READS; i++) {
        if (reads[i].group != group) {
            continue;
        }
        history_read *read = &made->read[made->read_count++];
        *read = (history_read){.begun_us = reads[i].begun_us, .ended_us = reads[i].ended_us};
        for (size_t j = 0; j < all->message_count; j++) {
            if (number[j] != NOBODY) {
                read->shows[number[j]] = reads[i].shows[j];
            }
        }
    }
    add_places(all, group, number, made);
}

void judge_histories(stage *all)
{
    static history group;
    for (size_t g = 0; g < GROUPS && !all->is_over; g++) {
        char why[512];
        size_t found = 0;
        read_history(all, g, &group);
        if (history_is_wrong(&group, &found, why, sizeof(why))) {
            stage_breach(all, "the history of group %zu: %.400s", g, why);
        }
        insertions += found;
    }
}

size_t judge_insertions(void)
{
    return insertions;
}
