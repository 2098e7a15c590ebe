/* SPDX-License-Identifier: MIT */
#include "world/scene.h"

#include <stdio.h>

#include "listing/list.h"
#include "messaging/regroup.h"
#include "model/expiry.h"
#include "model/key.h"
#include "model/time.h"
#include "processor/apply.h"

void scene_begin(scene *all, uint64_t seed)
{
    *all = (scene){.number = 100};
    sim_begin(seed, 0, &SIM_CALM);
    all->atomic = sim_store_open(CR_MODE_ATOMIC);
    all->stream = sim_store_open(CR_MODE_STREAM);
    all->steps[0] = sim_store_open(CR_MODE_STEPS);
    all->steps[1] = sim_store_open(CR_MODE_STEPS);
    for (unsigned i = 0; i < SCENE_PEOPLE; i++) {
        all->person[i] = scene_uuid(all);
        (void)cr_members_add(&all->members, &all->person[i]);
    }
    all->group = scene_uuid(all);
}

void scene_end(scene *all)
{
    sim_store_close(all->atomic);
    sim_store_close(all->stream);
    sim_store_close(all->steps[0]);
    sim_store_close(all->steps[1]);
    sim_end();
}

cr_uuid scene_uuid(scene *all)
{
    cr_uuid uuid;
    (void)snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012u", all->number++);
    return uuid;
}

/* ---- calls ---- */

static cr_draft draft_of(scene *all, size_t author, const char *text, const cr_uuid *uuid)
{
    return (cr_draft){.author = {all->person[author], cr_str_of("Somebody"), cr_str_of("somebody")},
                      .group = all->group,
                      .text = cr_str_of(text),
                      .uuid = uuid != NULL ? *uuid : scene_uuid(all),
                      .may_be_repeat = uuid != NULL,
                      .lasts_s = CR_EXPIRES_NEVER};
}

cruddur_status scene_open(scene *all, size_t author, const char *text, const cr_uuid *uuid)
{
    return scene_open_by(all, all->atomic, author, text, uuid);
}

cruddur_status scene_open_by(scene *all, cr_store *store, size_t author, const char *text,
                             const cr_uuid *uuid)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_opening opening = {.first_message = draft_of(all, author, text, uuid),
                          .members = all->members};
    for (size_t i = 0; i < SCENE_PEOPLE; i++) {
        opening.person[i] =
            (cr_person){all->person[i], cr_str_of("Somebody"), cr_str_of("somebody")};
    }
    cruddur_status status = cr_create(store, &opening, &call, &row);
    sim_tell("opening with %s: %s", text, cruddur_status_name(status));
    free(row);
    cruddur_error_free(error);
    return status;
}

void scene_put_original(scene *all, const char *text)
{
    cr_sort_key key;
    cr_pk pk = cr_pk_of_group(&all->group);
    cr_uuid uuid = scene_uuid(all);
    cr_row message = {0};
    (void)cr_time_format(SIM_BEGIN_US, &key);
    message.value[CR_PK] = cr_pk_str(&pk);
    message.value[CR_SK] = cr_sort_key_str(&key);
    message.value[CR_TEXT] = cr_str_of(text);
    message.value[CR_MESSAGE_UUID] = cr_uuid_str(&uuid);
    message.value[CR_USER_UUID] = cr_uuid_str(&all->person[ANN]);
    message.value[CR_DISPLAY_NAME] = cr_str_of("Somebody");
    message.value[CR_HANDLE] = cr_str_of("somebody");
    sim_put_row(&message);
    for (size_t i = 0; i < 2; i++) {
        cr_pk owner = cr_pk_of_member(&all->person[i]);
        cr_row row = message;
        row.value[CR_PK] = cr_pk_str(&owner);
        row.value[CR_MESSAGE_UUID] = CR_STR_ABSENT;
        row.value[CR_GROUP_UUID] = cr_uuid_str(&all->group);
        row.value[CR_USER_UUID] = cr_uuid_str(&all->person[1 - i]);
        sim_put_row(&row);
    }
}

cruddur_status scene_send(scene *all, cr_store *store, size_t author, const char *text,
                          const cr_uuid *uuid)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    cr_draft draft = draft_of(all, author, text, uuid);
    cruddur_status status = cr_append(store, &(cr_send){.draft = &draft}, &call, &row);
    sim_tell("sending %s: %s", text, cruddur_status_name(status));
    if (status == CRUDDUR_OK) {
        (void)snprintf(all->last_sk, sizeof(all->last_sk), "%s",
                       cr_packed_get_or_empty(row, CR_SK));
    }
    free(row);
    cruddur_error_free(error);
    return status;
}

static cruddur_status regroup(scene *all, cr_store *store, size_t by, cr_regroup *wanted,
                              const char *what)
{
    cruddur_error *error = NULL;
    cr_packed_row *row = NULL;
    cr_call call = sim_call(&error);
    wanted->group = &all->group;
    wanted->user = &all->person[by];
    sim_tell("%s by %zu", what, by);
    cruddur_status status = cr_regroup_change(store, wanted, &call, &row);
    sim_tell("%s by %zu: %s", what, by, cruddur_status_name(status));
    free(row);
    cruddur_error_free(error);
    return status;
}

cruddur_status scene_remove(scene *all, cr_store *store, size_t by, size_t person)
{
    cr_regroup wanted = {.removed = &all->person[person]};
    return regroup(all, store, by, &wanted, "removing");
}

cruddur_status scene_add(scene *all, cr_store *store, size_t by, size_t person, bool with_history)
{
    const cr_person added = {all->person[person], cr_str_of("Somebody"), cr_str_of("somebody")};
    cr_regroup wanted = {.added = &added, .added_count = 1, .with_history = with_history};
    return regroup(all, store, by, &wanted, "adding");
}

cruddur_status scene_rename(scene *all, cr_store *store, size_t by, const char *name)
{
    cr_regroup wanted = {.name = cr_str_of(name)};
    return regroup(all, store, by, &wanted, "renaming");
}

cruddur_status scene_read(scene *all, size_t person)
{
    cruddur_error *error = NULL;
    cr_page *page = NULL;
    cr_call call = sim_call(&error);
    const cr_listing listing = {
        .limit = 100, .since_us = CRUDDUR_SINCE_ALWAYS, .until_us = CRUDDUR_UNTIL_FOREVER};
    cruddur_status status =
        cr_list_messages(all->stream, &all->person[person], &all->group, &listing, &call, &page);
    sim_tell("reading: %s", cruddur_status_name(status));
    free(page);
    cruddur_error_free(error);
    return status;
}

void scene_settle_up_to(scene *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_record record;
        cr_records records = {&record, 1, CR_STR_ABSENT};
        cr_stream_outcome outcome = {0};
        cr_arena arena = CR_ARENA_INIT;
        cruddur_error *error = NULL;
        cr_call call = sim_call(&error);
        if (sim_record_of(sim_log_at(i), &record)) {
            (void)cr_stream_apply(all->stream, &records, 1, &call, &arena, &outcome);
        }
        cr_arena_free(&arena);
        cruddur_error_free(error);
    }
}

void scene_settle(scene *all)
{
    scene_settle_up_to(all, sim_log_size());
}

void scene_watch(scene *all, bool is_handler, const size_t *writing)
{
    size_t position = 0;
    while (*writing > 0 || position < sim_log_size()) {
        if (position < sim_log_size() && is_handler) {
            act_handle(sim_log_at(position));
            position++;
        } else if (position < sim_log_size()) {
            scene_settle(all);
            position = sim_log_size();
        }
        sim_revive();
        sim_sleep(1 + (int64_t)sim_roll(40000));
    }
}

/* ---- the table ---- */

static bool has_text(const sim_item *item, const char *text)
{
    return item != NULL && sim_has_prefix(item->pk, "MSG#") &&
           cr_str_equal(sim_item_text(item, "message"), cr_str_of(text));
}

size_t scene_count(const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < sim_table_size(); i++) {
        count += has_text(sim_table_at(i), text) ? 1 : 0;
    }
    return count;
}

size_t scene_births(const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < sim_log_size(); i++) {
        count += has_text(sim_log_at(i)->new, text) ? 1 : 0;
    }
    return count;
}

cr_str scene_newest(const scene *all)
{
    const sim_item *const *found;
    cr_pk pk = cr_pk_of_group(&all->group);
    const sim_range range = {.partition = cr_pk_str(&pk)};
    size_t count = sim_table_query(&range, &found);
    return count == 0 ? CR_STR_ABSENT : found[count - 1]->sk;
}

size_t scene_rows(const scene *all, size_t person, bool at_newest)
{
    cr_pk pk = cr_pk_of_member(&all->person[person]);
    cr_str newest = scene_newest(all);
    size_t count = 0;
    for (size_t i = 0; i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        bool is_row = item != NULL && cr_str_equal(item->pk, cr_pk_str(&pk)) &&
                      cr_str_equal(item->group, cr_uuid_str(&all->group));
        count += is_row && (!at_newest || cr_str_equal(item->sk, newest)) ? 1 : 0;
    }
    return count;
}

/* ---- scripts ---- */

static sim_fate decide(void *context, const sim_request *request)
{
    scene_plan *plan = context;
    if (!plan->counts_reads && !request->is_write) {
        return SIM_FATE_GOOD;
    }
    plan->seen++;
    if (plan->seen == plan->death) {
        return SIM_FATE_DEATH;
    }
    if (plan->seen != plan->number) {
        return SIM_FATE_GOOD;
    }
    sim_sleep(plan->pause_us);
    if (plan->meanwhile != NULL) {
        plan->meanwhile(plan->context);
    }
    return plan->fate;
}

static sim_fate decide_for_job(void *context, const sim_request *request)
{
    scene_plan *plans = context;
    return decide(&plans[sim_job_number()], request);
}

void scene_script_jobs(scene_plan *plans)
{
    sim_network_script(decide_for_job, plans);
}

void scene_script(scene_plan *plan)
{
    sim_network_script(plan == NULL ? NULL : decide, plan);
}
