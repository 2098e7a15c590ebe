/* SPDX-License-Identifier: MIT */
#include "watch/place.h"

/* The bytes of a cursor:
 *
 *   1  version: a watch's
 *   8  hash of the inbox or group
 *   8  hash of the store
 *   8  epoch
 *   8  number in the sequence
 *   8  time, in microseconds since 1970
 *   8  number of the change row
 *   n  sort key of the message; may be empty
 */
enum {
    NUMBER_SIZE = 8,
    AT_SUBJECT = 1,
    AT_STORE = 9,
    AT_EPOCH = 17,
    AT_SEQ = 25,
    AT_TIME = 33,
    AT_CHANGE = 41,
    AT_LOW = 49,
};

static uint64_t hash_subject(const cr_place_owner *owner)
{
    char text[1 + CR_UUID_LENGTH];
    text[0] = owner->is_inbox ? 'i' : 'g';
    memcpy(text + 1, owner->subject.text, CR_UUID_LENGTH);
    return cr_cursor_hash(text, sizeof(text));
}

void cr_place_write(const cr_place *place, const cr_place_owner *owner, cr_buffer *out)
{
    unsigned char bytes[AT_LOW + CR_TIME_LENGTH_MAX + CR_CURSOR_CHECK_SIZE];
    bytes[0] = CR_CURSOR_OF_WATCH;
    cr_cursor_write_number(bytes + AT_SUBJECT, NUMBER_SIZE, hash_subject(owner));
    cr_cursor_write_number(bytes + AT_STORE, NUMBER_SIZE, owner->store);
    cr_cursor_write_number(bytes + AT_EPOCH, NUMBER_SIZE, place->epoch);
    cr_cursor_write_number(bytes + AT_SEQ, NUMBER_SIZE, (uint64_t)place->seq);
    cr_cursor_write_number(bytes + AT_TIME, NUMBER_SIZE, (uint64_t)place->time_us);
    cr_cursor_write_number(bytes + AT_CHANGE, NUMBER_SIZE, place->change);
    memcpy(bytes + AT_LOW, place->low.text, place->low.size);
    cr_cursor_seal(bytes, AT_LOW + place->low.size, out);
}

static bool read_fields(const unsigned char *bytes, size_t size, cr_place *place)
{
    int64_t time_us;
    cr_str low = {(const char *)bytes + AT_LOW, size - AT_LOW};
    *place = (cr_place){.epoch = cr_cursor_read_number(bytes + AT_EPOCH, NUMBER_SIZE),
                        .seq = (int64_t)cr_cursor_read_number(bytes + AT_SEQ, NUMBER_SIZE),
                        .time_us = (int64_t)cr_cursor_read_number(bytes + AT_TIME, NUMBER_SIZE),
                        .change = cr_cursor_read_number(bytes + AT_CHANGE, NUMBER_SIZE)};
    if (low.size > 0 && !cr_time_parse(low, &time_us)) {
        return false;
    }
    cr_kept_key_set(&place->low, low);
    return place->low.size == low.size && place->seq >= 0 && cr_time_is_valid(place->time_us);
}

cr_cursor_check cr_place_read(cr_str text, const cr_place_owner *owner, cr_place *place)
{
    unsigned char bytes[CR_CURSOR_BYTES_MAX];
    size_t size = cr_cursor_unseal(text, bytes);
    if (size > 0 && bytes[0] == CR_CURSOR_OF_LIST) {
        return CR_CURSOR_FOREIGN;
    }
    if (size < AT_LOW || bytes[0] != CR_CURSOR_OF_WATCH || !read_fields(bytes, size, place)) {
        return CR_CURSOR_DAMAGED;
    }
    return cr_cursor_read_number(bytes + AT_SUBJECT, NUMBER_SIZE) == hash_subject(owner) &&
                   cr_cursor_read_number(bytes + AT_STORE, NUMBER_SIZE) == owner->store
               ? CR_CURSOR_GOOD
               : CR_CURSOR_FOREIGN;
}
