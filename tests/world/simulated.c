/* SPDX-License-Identifier: MIT */
#include "world/simulated.h"

#include "base/clock.h"
#include "model/item.h"
#include "model/key.h"
#include "world/tables.h"

void sim_begin(uint64_t seed, unsigned lag, const sim_weather *weather)
{
    sim_world_begin(seed);
    sim_table_begin(lag);
    sim_service_begin();
    sim_tables_begin();
    sim_network_begin(weather);
}

void sim_end(void)
{
    sim_network_end();
    sim_tables_end();
    sim_table_end();
    sim_world_end();
}

void sim_put_row(const cr_row *row)
{
    cr_buffer item;
    cr_buffer_init(&item, SIZE_MAX);
    cr_item_write(&item, row);
    if (item.failed) {
        abort();
    }
    sim_table_put((cr_str){item.data, item.size}, sim_job_number());
    cr_buffer_free(&item);
}

cr_row sim_row_of(const sim_item *item, cr_arena *arena)
{
    cr_json in;
    cr_row row = {0};
    cr_json_init(&in, item->json, arena);
    cr_item_read(&in, &row);
    if (!cr_json_is_done(&in)) {
        abort();
    }
    return row;
}

bool sim_record_of(const sim_change *change, cr_record *record)
{
    *record = (cr_record){.kind = CR_RECORD_MESSAGE, .sequence_number = cr_str_of("1")};
    if (change->new == NULL || sim_item_text(change->new, "message_uuid").data == NULL) {
        return false; /* a removal, or a row of another program */
    }
    record->is_change = change->old != NULL;
    record->text = sim_item_text(change->new, "message");
    record->sk = change->new->sk;
    record->has_author = cr_uuid_parse(sim_item_text(change->new, "user_uuid"), &record->author);
    return cr_uuid_parse(cr_pk_suffix(change->new->pk), &record->group);
}

cr_call sim_call(cruddur_error **error)
{
    return (cr_call){.deadline_us = cr_clock_monotonic_us() + sim_network_weather()->timeout_us,
                     .error = error};
}
