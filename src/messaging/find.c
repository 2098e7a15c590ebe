/* SPDX-License-Identifier: MIT */
#include "messaging/find.h"

#include "base/clock.h"
#include "messaging/write.h"
#include "model/expiry.h"

#define US_PER_DAY INT64_C(86400000000)
/* "YYYY-MM-DD" sorts before every key that shows this day. */
#define DAY_LENGTH 10

/* How many messages are looked at around the time of a uuid, on either side, and how many that
 * takes in most cases. */
#define AROUND_MAX 100
#define AROUND_EXPECTED 4

/* And around a time that was told, for keys that show another offset. */
#define OFFSETS_MAX 1000

/* ---- a walk along the messages ---- */

typedef struct walk {
    cr_message_lookup *lookup;
    cr_arena *arena;
    size_t left;
} walk;

/* A time that was told is that of the message, whatever form the key has. */
static bool is_named(const cr_message_lookup *lookup, const cr_row *row)
{
    int64_t time_us = 0;
    int64_t told_us = lookup->name->created_at_us;
    return cr_row_kind(row) == CR_KIND_MESSAGE &&
           cr_str_equal(row->value[CR_PK], cr_pk_str(&lookup->pk)) &&
           cr_str_equal(row->value[CR_MESSAGE_UUID], cr_uuid_str(&lookup->name->uuid)) &&
           cr_time_parse(row->value[CR_SK], &time_us) && (told_us == 0 || time_us == told_us);
}

static cr_sink_answer take_named(void *context, const cr_row *row)
{
    walk *walking = context;
    cr_message_lookup *lookup = walking->lookup;
    if (is_named(lookup, row)) {
        return cr_row_copy(walking->arena, row, &lookup->row) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
    }
    return --walking->left > 0 ? CR_SINK_MORE : CR_SINK_STOP;
}

/* Looks at up to `max` messages of a query. */
static cruddur_status look_along(cr_txn *txn, cr_message_lookup *lookup, cr_query query, size_t max)
{
    walk walking = {lookup, txn->arena, max};
    query.partition = cr_pk_str(&lookup->pk);
    query.expected = AROUND_EXPECTED;
    return cr_rows_query(txn, &query, take_named, &walking);
}

/* ---- without the time ---- */

static cr_bound bound_of(int64_t time_us, bool included, cr_sort_key *key)
{
    size_t length = cr_time_lower_bound(time_us, key);
    return length == 0 ? (cr_bound){CR_STR_ABSENT, false}
                       : (cr_bound){{key->text, length}, included};
}

/* A message is stored soon after its uuid was made. */
static cr_query after_query(const cr_message_lookup *lookup, int64_t made_us, cr_sort_key *from)
{
    return (cr_query){.partition = cr_pk_str(&lookup->pk),
                      .lower = bound_of(made_us, true, from),
                      .expected = AROUND_EXPECTED};
}

static cruddur_status look_after(cr_txn *txn, cr_message_lookup *lookup, int64_t made_us)
{
    cr_sort_key from;
    return look_along(txn, lookup, after_query(lookup, made_us, &from), AROUND_MAX);
}

/* Unless it was made by a clock that is ahead. */
static cruddur_status look_before(cr_txn *txn, cr_message_lookup *lookup, int64_t made_us)
{
    cr_sort_key from;
    cr_sort_key to;
    cr_query query = {.lower = bound_of(made_us - CR_CLOCK_MARGIN_US, true, &from),
                      .upper = bound_of(made_us, false, &to),
                      .descending = true};
    return look_along(txn, lookup, query, AROUND_MAX);
}

static cruddur_status look_at_claim(cr_txn *txn, cr_message_lookup *lookup, bool *is_claimed)
{
    cr_claim claim;
    cr_str group = cr_uuid_str(lookup->group);
    cruddur_status status =
        txn->ops->find_claim(txn, cr_uuid_str(&lookup->name->uuid), group, &claim);
    *is_claimed = status == CRUDDUR_OK && claim.sk.data != NULL;
    if (*is_claimed && cr_str_equal(claim.group, group)) {
        lookup->sk = claim.sk;
    }
    return status;
}

static cruddur_status look_without_time(cr_txn *txn, cr_message_lookup *lookup)
{
    int64_t made_us;
    bool is_claimed = false;
    bool knows_uuids = (txn->traits & CR_TRAIT_UUIDS) != 0;
    bool is_timed = !knows_uuids && cr_uuid_v7_time_us(&lookup->name->uuid, &made_us);
    cruddur_status status = is_timed ? look_after(txn, lookup, made_us) : CRUDDUR_OK;
    if (status == CRUDDUR_OK && !cr_row_exists(&lookup->row)) {
        status = look_at_claim(txn, lookup, &is_claimed);
        lookup->is_timeless = !is_claimed && !knows_uuids;
    }
    if (status == CRUDDUR_OK && lookup->is_timeless && is_timed) {
        status = look_before(txn, lookup, made_us);
    }
    return status;
}

/* ---- the look-up ---- */

static void begin(cr_message_lookup *lookup, const cr_uuid *group, const cr_message_name *name)
{
    *lookup = (cr_message_lookup){.group = group, .name = name, .pk = cr_pk_of_group(group)};
}

/* Finds out where the message is. The look-up has the row afterwards, or the sort key, or none of
 * the two: then there is no such message. */
static cruddur_status look_up(cr_txn *txn, const cr_row *head, cr_message_lookup *lookup)
{
    begin(lookup, lookup->group, lookup->name); /* the group may be looked at again */
    if (is_named(lookup, head)) {
        lookup->row = *head;
        return CRUDDUR_OK;
    }
    if (lookup->name->created_at_us == 0) {
        return look_without_time(txn, lookup);
    }
    if (cr_time_format(lookup->name->created_at_us, &lookup->made_sk)) {
        lookup->sk = cr_sort_key_str(&lookup->made_sk);
    }
    return CRUDDUR_OK;
}

/* Keys that show their time without a fraction, or with an offset: that is less than a day. */
static cruddur_status look_at_older_forms(cr_txn *txn, cr_message_lookup *lookup)
{
    cr_sort_key from;
    cr_sort_key to;
    int64_t time_us = lookup->name->created_at_us;
    cr_query query = {.lower = bound_of(time_us, true, &from),
                      .upper = bound_of(time_us + 1, false, &to)};
    cruddur_status status = look_along(txn, lookup, query, AROUND_MAX);
    if (status != CRUDDUR_OK || cr_row_exists(&lookup->row)) {
        return status;
    }
    if (cr_time_format(time_us - US_PER_DAY, &from)) {
        query.lower = (cr_bound){{from.text, DAY_LENGTH}, true};
    }
    query.upper = cr_time_format(time_us + 2 * US_PER_DAY, &to)
                      ? (cr_bound){{to.text, DAY_LENGTH}, false}
                      : (cr_bound){CR_STR_ABSENT, false};
    return look_along(txn, lookup, query, OFFSETS_MAX);
}

/* Takes the row that was read at the sort key, whatever it is. Where the message is not there, it
 * may have a key of an older form. */
static cruddur_status take(cr_txn *txn, cr_message_lookup *lookup, const cr_row *there)
{
    if (is_named(lookup, there)) {
        lookup->row = *there;
        return CRUDDUR_OK;
    }
    return lookup->name->created_at_us == 0 ? CRUDDUR_OK : look_at_older_forms(txn, lookup);
}

/* ---- with its group ---- */

typedef struct target {
    cr_message_lookup *lookup;
    const cr_key *also;
} target;

static bool has_key(const cr_message_lookup *lookup)
{
    return lookup->sk.data != NULL && !cr_row_exists(&lookup->row);
}

/* Where the message is shows as soon as the head is known. */
static cruddur_status choose_beside(cr_txn *txn, const cr_row *head, cr_beside *beside)
{
    const target *wanted = beside->context;
    cr_message_lookup *lookup = wanted->lookup;
    cruddur_status status = look_up(txn, head, lookup);
    beside->count = 0;
    if (wanted->also != NULL) {
        beside->key[beside->count++] = *wanted->also;
    }
    if (has_key(lookup)) {
        beside->key[beside->count++] = (cr_key){cr_pk_str(&lookup->pk), lookup->sk};
    }
    return status;
}

/* A uuid that tells its time, in a store that does not know messages by it. */
static bool is_looked_up_by_time(const cr_txn *txn, const cr_message_name *name, int64_t *made_us)
{
    return name->created_at_us == 0 && (txn->traits & CR_TRAIT_UUIDS) == 0 &&
           cr_uuid_v7_time_us(&name->uuid, made_us);
}

/* What is read for the message as far as the head does not tell. */
typedef struct expected {
    cr_query query;
    cr_sort_key from;
    cr_sort_key made_sk;
    cr_key key[CR_BESIDE_MAX];
} expected;

static void expect(const cr_txn *txn, const cr_message_lookup *lookup, const cr_key *also,
                   cr_group_reading *reading, expected *room)
{
    int64_t made_us;
    size_t count = 0;
    int64_t told_us = lookup->name->created_at_us;
    if (is_looked_up_by_time(txn, lookup->name, &made_us)) {
        room->query = after_query(lookup, made_us, &room->from);
        reading->ahead.queries = &room->query;
        reading->ahead.query_count = 1;
    }
    if (!reading->asks_index) {
        return;
    }
    if (also != NULL) {
        room->key[count++] = *also;
    }
    if (told_us != 0 && cr_time_format(told_us, &room->made_sk)) {
        room->key[count++] = (cr_key){cr_pk_str(&lookup->pk), cr_sort_key_str(&room->made_sk)};
    }
    reading->ahead.keys = room->key;
    reading->ahead.key_count = count;
}

cruddur_status cr_message_read(cr_txn *txn, const cr_uuid *group, cr_group_reading reading,
                               const cr_message_name *name, const cr_key *also, cr_row *also_row,
                               cr_group *read, cr_message_lookup *lookup)
{
    expected room;
    target wanted = {lookup, also};
    cr_beside beside = {.choose = choose_beside, .context = &wanted};
    reading.beside = &beside;
    begin(lookup, group, name);
    expect(txn, lookup, also, &reading, &room);
    cruddur_status status = cr_group_read_as(txn, group, &reading, read);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (also != NULL) {
        *also_row = beside.row[0];
    }
    return has_key(lookup) ? take(txn, lookup, &beside.row[beside.count - 1]) : CRUDDUR_OK;
}

bool cr_message_is_newest(const cr_uuid *group, const cr_message_name *name, const cr_row *newest,
                          cr_message_lookup *lookup)
{
    begin(lookup, group, name);
    bool is_it = is_named(lookup, newest);
    lookup->row = is_it ? *newest : lookup->row;
    return is_it;
}

bool cr_message_guess(const cr_uuid *group, const cr_message_name *name, cr_message_lookup *lookup)
{
    begin(lookup, group, name);
    if (name->created_at_us == 0 || !cr_time_format(name->created_at_us, &lookup->made_sk)) {
        return false;
    }
    lookup->row.value[CR_PK] = cr_pk_str(&lookup->pk);
    lookup->row.value[CR_SK] = cr_sort_key_str(&lookup->made_sk);
    return true;
}

bool cr_message_is_there(const cr_message_lookup *lookup)
{
    return cr_row_exists(&lookup->row) && cr_message_is_shown(&lookup->row, cr_clock_now_us());
}

/* ---- not found ---- */

cruddur_status cr_message_fail(const cr_txn *txn, const cr_message_lookup *lookup)
{
    static const cr_message_arguments arguments = {"message_uuid", "options.created_at_us"};
    return cr_message_fail_as(txn, lookup, &arguments);
}

void cr_message_hide(const cr_txn *txn, cr_message_lookup *lookup)
{
    lookup->row = (cr_row){0};
    lookup->is_timeless = (txn->traits & CR_TRAIT_UUIDS) == 0 && lookup->name->created_at_us == 0;
}

cruddur_status cr_message_fail_as(const cr_txn *txn, const cr_message_lookup *lookup,
                                  const cr_message_arguments *arguments)
{
    const char *uuid = lookup->name->uuid.text;
    if (lookup->is_timeless) {
        return cr_fail_argument(txn->call->error, CRUDDUR_E_MESSAGE_TIME, arguments->created_at_us,
                                "message %s cannot be found without its time", uuid);
    }
    return cr_fail_argument(txn->call->error, CRUDDUR_E_MESSAGE_NOT_FOUND, arguments->uuid,
                            "group %s has no message %s%s", lookup->group->text, uuid,
                            lookup->name->created_at_us == 0 ? "" : " of this time");
}
