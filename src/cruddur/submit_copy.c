/* SPDX-License-Identifier: MIT */
/* Copies of arguments, one after the other in one room. The same walk measures them, and copies
 * them when there is a room. */
#include "cruddur/submitting.h"

/* ---- which texts the options have ---- */

#define OPTIONS(name) sizeof(cruddur_##name##_options)
#define AT(name, field) offsetof(cruddur_##name##_options, field)

const cr_form cr_list_form = {OPTIONS(list), 2, {AT(list, cursor), AT(list, around_message_uuid)}};
const cr_form cr_append_form = {
    OPTIONS(append), 3, {AT(append, message_uuid), AT(append, reply_to), AT(append, data)}};
const cr_form cr_create_form = {OPTIONS(create),
                                5,
                                {AT(create, group_uuid), AT(create, group_name),
                                 AT(create, message_uuid), AT(create, reply_to), AT(create, data)}};
const cr_form cr_get_form = {OPTIONS(get), 0, {0}};
const cr_form cr_members_form = {OPTIONS(members), 0, {0}};
const cr_form cr_mark_form = {
    OPTIONS(mark), 2, {AT(mark, up_to_message_uuid), AT(mark, unread_from_message_uuid)}};
const cr_form cr_set_form = {OPTIONS(set), 0, {0}};
const cr_form cr_group_form = {OPTIONS(group), 1, {AT(group, data)}};
const cr_form cr_msg_form = {OPTIONS(msg), 2, {AT(msg, if_version), AT(msg, data)}};
const cr_form cr_scan_form = {OPTIONS(scan), 1, {AT(scan, cursor)}};
const cr_form cr_schema_form = {OPTIONS(schema), 1, {AT(schema, stream_view)}};
const cr_form cr_upgrade_form = {OPTIONS(upgrade), 1, {AT(upgrade, cursor)}};
const cr_form cr_stream_form = {OPTIONS(stream), 0, {0}};
const cr_form cr_follow_form = {OPTIONS(follow), 1, {AT(follow, checkpoint)}};
const cr_form cr_purge_form = {OPTIONS(purge), 1, {AT(purge, cursor)}};
const cr_form cr_check_form = {
    OPTIONS(check), 3, {AT(check, group_uuid), AT(check, user_uuid), AT(check, cursor)}};
const cr_form cr_export_form = {OPTIONS(export), 1, {AT(export, cursor)}};
const cr_form cr_import_form = {OPTIONS(import), 1, {AT(import, cursor)}};
const cr_form cr_move_form = {OPTIONS(move), 1, {AT(move, checkpoint)}};
const cr_form cr_person_form = {OPTIONS(person), 1, {AT(person, cursor)}};
const cr_form cr_watch_form = {
    OPTIONS(watch),
    4,
    {AT(watch, user_uuid), AT(watch, group_uuid), AT(watch, viewer_uuid), AT(watch, cursor)}};

/* ---- the walk ---- */

typedef struct copier {
    unsigned char *room; /* NULL: only measures */
    size_t used;
} copier;

static void *place(copier *to, const void *from, size_t size, size_t alignment)
{
    to->used = (to->used + alignment - 1) / alignment * alignment;
    unsigned char *at = to->room == NULL ? NULL : to->room + to->used;
    if (at != NULL && size > 0) {
        memcpy(at, from, size);
    }
    to->used += size;
    return at;
}

static const char *copy_text(copier *to, const char *text)
{
    return text == NULL ? NULL : place(to, text, strlen(text) + 1, 1);
}

/* What a newer caller's options have beyond ours is zero, and left out. */
static const void *copy_options(copier *to, const void *given, const cr_form *form)
{
    size_t size;
    if (given == NULL) {
        return NULL;
    }
    memcpy(&size, given, sizeof(size)); /* every sized struct begins with it */
    size = size < form->size ? size : form->size;
    unsigned char *copy = place(to, given, size, alignof(max_align_t));
    if (copy != NULL) {
        memcpy(copy, &size, sizeof(size));
    }
    for (size_t i = 0; i < form->count && form->text[i] < size; i++) {
        const char *text;
        memcpy(&text, (const unsigned char *)given + form->text[i], sizeof(text));
        text = copy_text(to, text);
        if (copy != NULL) {
            memcpy(copy + form->text[i], &text, sizeof(text));
        }
    }
    return copy;
}

/* The elements become those of this version, whatever the distance of the caller's is. */
static const cruddur_user *copy_users(copier *to, const cruddur_user *given, size_t count)
{
    static const cruddur_user none = CRUDDUR_USER_INIT;
    cruddur_user *first = NULL;
    size_t distance = 0;
    if (given != NULL && count > 0) {
        distance = given->size == 0 ? CR_USER_SIZE_0_2 : given->size;
    }
    for (size_t i = 0; i < count && given != NULL; i++) {
        cruddur_user *copy = place(to, &none, sizeof(none), alignof(cruddur_user));
        first = i == 0 ? copy : first;
    }
    for (size_t i = 0; i < count && given != NULL; i++) {
        cruddur_user user;
        memcpy(&user, (const unsigned char *)given + i * distance, CR_USER_SIZE_0_2);
        user.size = sizeof(user);
        user.uuid = copy_text(to, user.uuid);
        user.display_name = copy_text(to, user.display_name);
        user.handle = copy_text(to, user.handle);
        if (first != NULL) {
            first[i] = user;
        }
    }
    return first;
}

size_t cr_copy_given(const cr_given *given, const cr_form *form, void *room, cr_given *copy)
{
    copier to = {room, 0};
    *copy = *given; /* functions, their data, another handle, numbers */
    copy->options = copy_options(&to, given->options, form);
    copy->user = copy_users(&to, given->user, 1);
    copy->users = copy_users(&to, given->users, given->n_users);
    for (size_t i = 0; i < CR_GIVEN_TEXTS; i++) {
        copy->text[i] = copy_text(&to, given->text[i]);
    }
    copy->bytes = given->bytes == NULL ? NULL : place(&to, given->bytes, given->size, 1);
    return to.used;
}
