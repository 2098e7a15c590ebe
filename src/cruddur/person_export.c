/* SPDX-License-Identifier: MIT */
/* Everything that the table has of one person, as JSON lines. */
#include "base/json.h"
#include "cruddur/people.h"
#include "model/card.h"
#include "model/kind.h"
#include "model/reactions.h"

#include <stdio.h>

/* The lines of a part are kept until the engine has left the table: the observer may take its time,
 * and may call the library. */
typedef struct exporting {
    cr_uuid user;
    cr_pk inbox;
    cr_buffer lines; /* each with a NUL behind it */
} exporting;

/* ---- lines ---- */

static void add_list(cr_buffer *out, cr_str list)
{
    CR_JSON_ADD(out, "[");
    for (bool first = true; list.size > 0; first = false) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t length = comma == NULL ? list.size : (size_t)(comma - list.data);
        size_t used = length + (comma == NULL ? 0 : 1);
        if (!first) {
            CR_JSON_ADD(out, ",");
        }
        cr_json_add_string(out, (cr_str){list.data, length});
        list = (cr_str){list.data + used, list.size - used};
    }
    CR_JSON_ADD(out, "]");
}

static void add_value(cr_buffer *out, cr_attribute attribute, cr_str value)
{
    switch (cr_attribute_type(attribute)) {
    case CR_TYPE_STRINGS:
        add_list(out, value);
        break;
    case CR_TYPE_NUMBER: /* its text is one of JSON, too */
    case CR_TYPE_FLAG:
        cr_buffer_add(out, value);
        break;
    case CR_TYPE_STRING:
        if (attribute == CR_OTHERS) {
            cr_buffer_add(out, value);
        } else {
            cr_json_add_string(out, value);
        }
        break;
    }
}

static void begin_line(cr_buffer *out, const char *kind)
{
    CR_JSON_ADD(out, "{\"kind\":");
    cr_json_add_string(out, cr_str_of(kind));
}

static void add_member(cr_buffer *out, const cr_row *row, cr_attribute attribute)
{
    cr_str value = row->value[attribute];
    if (value.data != NULL) {
        CR_JSON_ADD(out, ",");
        cr_json_add_string(out, cr_attribute_names[attribute]);
        CR_JSON_ADD(out, ":");
        add_value(out, attribute, value);
    }
}

static void end_line(cr_buffer *out)
{
    cr_buffer_add(out, (cr_str){"}", 2}); /* and a NUL */
}

static void add_row(cr_buffer *out, const char *kind, const cr_row *row)
{
    begin_line(out, kind);
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        add_member(out, row, (cr_attribute)i);
    }
    end_line(out);
}

/* Only what it says of the person. */
static void add_names(cr_buffer *out, const cr_row *row)
{
    static const cr_attribute told[] = {CR_PK,        CR_SK,           CR_GROUP_UUID,
                                        CR_USER_UUID, CR_DISPLAY_NAME, CR_HANDLE};
    begin_line(out, "name");
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        add_member(out, row, told[i]);
    }
    end_line(out);
}

static void add_reactions(const exporting *now, cr_buffer *out, const cr_row *row)
{
    static const cr_attribute told[] = {CR_PK, CR_SK, CR_MESSAGE_UUID};
    cr_str rest = row->value[CR_REACTIONS];
    cr_reaction reaction;
    while (cr_reactions_next(&rest, &reaction)) {
        if (!cr_str_equal(reaction.user, cr_uuid_str(&now->user))) {
            continue;
        }
        begin_line(out, "reaction");
        for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
            add_member(out, row, told[i]);
        }
        CR_JSON_ADD(out, ",\"reaction\":");
        cr_json_add_string(out, reaction.text);
        end_line(out);
    }
}

/* ---- rows ---- */

static void take_message(exporting *now, const cr_row *row)
{
    if (cr_row_names(row, &now->user)) {
        add_row(&now->lines, "message", row);
    } else {
        add_reactions(now, &now->lines, row);
    }
}

static void take_group_row(exporting *now, const cr_row *row)
{
    if (cr_str_equal(row->value[CR_PK], cr_pk_str(&now->inbox))) {
        add_row(&now->lines, "inbox", row);
    } else if (cr_row_names(row, &now->user)) {
        add_names(&now->lines, row);
    }
}

static bool is_claim(const cr_row *row)
{
    cr_str pk = row->value[CR_PK];
    size_t prefix = sizeof(CR_PK_CLAIMS) - 1;
    return pk.size > prefix && memcmp(pk.data, CR_PK_CLAIMS, prefix) == 0;
}

static void take_other(exporting *now, const cr_row *row)
{
    cr_card card;
    if (cr_str_equal(row->value[CR_PK], cr_pk_str(&now->inbox))) {
        add_row(&now->lines, "other", row);
    } else if (is_claim(row) && cr_row_names(row, &now->user)) {
        add_row(&now->lines, "claim", row);
    } else if (cr_is_card(row) && cr_card_read(row, &card) &&
               cr_members_have(&card.members, &now->user)) {
        add_row(&now->lines, "group", row);
    }
}

static bool look(cr_person_walk *walk, const cr_row *row, cr_found_row *found, bool *is_wanted)
{
    exporting *now = walk->context;
    (void)found;
    *is_wanted = false;
    switch (cr_row_kind(row)) {
    case CR_KIND_MESSAGE:
        take_message(now, row);
        break;
    case CR_KIND_GROUP_ROW:
        take_group_row(now, row);
        break;
    case CR_KIND_FOREIGN:
        take_other(now, row);
        break;
    }
    return !now->lines.failed;
}

/* Nothing is changed: the lines are handed out. */
static cruddur_status hand_out(cr_person_walk *walk)
{
    exporting *now = walk->context;
    const char *line = now->lines.data;
    const char *end = line + now->lines.size;
    while (now->lines.size > 0 && line < end && !walk->is_stopped) {
        walk->counts.lines++;
        walk->is_stopped = !cr_person_tell(walk, line, NULL);
        line += strlen(line) + 1;
    }
    cr_buffer_free(&now->lines);
    cr_buffer_init(&now->lines, SIZE_MAX);
    return CRUDDUR_OK;
}

/* ---- the call ---- */

static cruddur_status export_all(const cruddur *dm, exporting *now,
                                 const cruddur_person_options *options, cr_call *call)
{
    static const cr_person_pass pass = {look, hand_out};
    char subject[sizeof("export-") + CRUDDUR_UUID_SIZE];
    (void)snprintf(subject, sizeof(subject), "export-%s", now->user.text);
    cr_person_walk walk = {.dm = dm,
                           .call = call,
                           .options = options,
                           .passes = &pass,
                           .pass_count = 1,
                           .subject = cr_str_of(subject),
                           .context = now};
    now->inbox = cr_pk_of_member(&now->user);
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cr_buffer_init(&now->lines, SIZE_MAX);
    cruddur_status status = cr_person_walk_run(&walk);
    cr_buffer_free(&now->lines);
    if (status == CRUDDUR_OK && !walk.is_stopped) {
        cr_person_tell_end(&walk);
    }
    return status;
}

cruddur_status cruddur_person_export(cruddur *dm, const char *user_uuid,
                                     const cruddur_person_options *given, cruddur_error **error)
{
    cruddur_person_options options;
    exporting now;
    cr_entry entry;
    if (dm == NULL || user_uuid == NULL || given == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : user_uuid == NULL ? "user_uuid" : "options");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_PERSON_EXPORT, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid("user_uuid", user_uuid, &now.user, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_person_read_options(given, 0, &options, entry.call.error);
    }
    if (status == CRUDDUR_OK && options.observe == NULL) {
        status = cr_fail_null(entry.call.error, "options.observe");
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = export_all(dm, &now, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
