/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "cruddur/entry.h"
#include "model/expiry.h"
#include "model/text.h"
#include "model/time.h"

#define US_PER_DAY INT64_C(86400000000)

#define NAME_MAX_CHARACTERS 256
/* No public struct will ever be larger: one with a larger size was not initialised. */
#define STRUCT_MAX 4096

/* Copies a struct of `size` bytes, if a version can have such a struct. */
static cruddur_status copy_struct(const char *argument, const void *given, size_t size, void *ours,
                                  cr_struct known, cruddur_error **error)
{
    if (size < known.first_size || size > STRUCT_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_STRUCT_SIZE, argument,
                                "its size is %zu; start from %s", size, known.initializer);
    }
    const unsigned char *bytes = given;
    for (size_t i = known.size; i < size; i++) {
        if (bytes[i] != 0) {
            return cr_fail_argument(error, CRUDDUR_E_STRUCT_SIZE, argument,
                                    "it is of a newer version (%zu bytes, this library knows %zu) "
                                    "and sets a field that this library does not know",
                                    size, known.size);
        }
    }
    memcpy(ours, given, size < known.size ? size : known.size);
    memcpy(ours, &known.size, sizeof(known.size));
    return CRUDDUR_OK;
}

cruddur_status cr_read_struct(const char *argument, const void *given, void *ours, cr_struct known,
                              cruddur_error **error)
{
    size_t size;
    if (given == NULL) {
        return CRUDDUR_OK;
    }
    memcpy(&size, given, sizeof(size)); /* every sized struct begins with it */
    return copy_struct(argument, given, size, ours, known, error);
}

cruddur_status cr_read_uuid(const char *argument, const char *given, cr_uuid *uuid,
                            cruddur_error **error)
{
    if (given == NULL) {
        return cr_fail_null(error, argument);
    }
    if (!cr_uuid_parse(cr_str_of(given), uuid)) {
        return cr_fail_argument(error, CRUDDUR_E_UUID, argument,
                                "must be a uuid, 8-4-4-4-12 hexadecimal digits; it has %zu "
                                "characters",
                                strlen(given));
    }
    return CRUDDUR_OK;
}

cruddur_status cr_read_optional_uuid(const char *argument, const char *given, cr_uuid *uuid,
                                     bool *present, cruddur_error **error)
{
    *present = given != NULL;
    return *present ? cr_read_uuid(argument, given, uuid, error) : CRUDDUR_OK;
}

cruddur_status cr_read_viewer(const char *viewer_uuid, bool is_trusted, cr_uuid *viewer,
                              const cr_uuid **ret_viewer, cruddur_error **error)
{
    *ret_viewer = is_trusted ? NULL : viewer;
    if (!is_trusted) {
        return cr_read_uuid("viewer_uuid", viewer_uuid, viewer, error);
    }
    return viewer_uuid == NULL ? CRUDDUR_OK
                               : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "viewer_uuid",
                                                  "must be NULL if options.flags says that the "
                                                  "caller is trusted");
}

static cruddur_status fail_utf8(const char *argument, const cr_text_facts *facts,
                                cruddur_error **error)
{
    return cr_fail_argument(error, CRUDDUR_E_NOT_UTF8, argument, "must be UTF-8; byte %zu is not",
                            facts->bad_position);
}

cruddur_status cr_read_text(const char *argument, const char *given, size_t max_characters,
                            cr_str *text, cruddur_error **error)
{
    if (given == NULL) {
        return cr_fail_null(error, argument);
    }
    cr_text_facts facts = cr_text_look(cr_str_of(given));
    if (!facts.is_utf8) {
        return fail_utf8(argument, &facts, error);
    }
    if (facts.is_blank) {
        return cr_fail_argument(error, CRUDDUR_E_TEXT_BLANK, argument,
                                "must not be blank; none of its %zu characters is visible",
                                facts.characters);
    }
    if (facts.characters > max_characters) {
        return cr_fail_argument(error, CRUDDUR_E_TEXT_TOO_LONG, argument,
                                "must have at most %zu characters; it has %zu", max_characters,
                                facts.characters);
    }
    *text = cr_str_of(given);
    return CRUDDUR_OK;
}

cruddur_status cr_read_name(const char *argument, const char *given, cr_str *name,
                            cruddur_error **error)
{
    *name = cr_str_of(given);
    if (given == NULL) {
        return CRUDDUR_OK;
    }
    cr_text_facts facts = cr_text_look(*name);
    if (!facts.is_utf8) {
        return fail_utf8(argument, &facts, error);
    }
    if (facts.characters > NAME_MAX_CHARACTERS) {
        return cr_fail_argument(error, CRUDDUR_E_NAME_TOO_LONG, argument,
                                "must have at most %d characters; it has %zu", NAME_MAX_CHARACTERS,
                                facts.characters);
    }
    if (facts.has_control) {
        return cr_fail_argument(error, CRUDDUR_E_NAME_CHARACTER, argument,
                                "must not contain control characters");
    }
    if (facts.is_blank && facts.characters > 0) {
        return cr_fail_argument(error, CRUDDUR_E_NAME_CHARACTER, argument,
                                "must have a visible character, or be empty");
    }
    return CRUDDUR_OK;
}

cruddur_status cr_read_data(const char *argument, const char *given, cr_str *data,
                            cruddur_error **error)
{
    *data = cr_str_of(given);
    cr_text_facts facts = cr_text_look(*data);
    if (!facts.is_utf8) {
        return fail_utf8(argument, &facts, error);
    }
    if (data->size > CRUDDUR_DATA_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_DATA_TOO_LONG, argument,
                                "must have at most %d bytes; it has %zu", CRUDDUR_DATA_MAX,
                                data->size);
    }
    return CRUDDUR_OK;
}

cruddur_status cr_read_time(const char *argument, int64_t time_us, int64_t unset,
                            cruddur_error **error)
{
    if (time_us != unset && !cr_time_is_valid(time_us)) {
        return cr_fail_argument(error, CRUDDUR_E_TIME, argument,
                                "must be in the years 1 to 9999; it is %lld microseconds since "
                                "1970",
                                (long long)time_us);
    }
    return CRUDDUR_OK;
}

cruddur_status cr_read_created_at(int64_t created_at_us, cruddur_error **error)
{
    cruddur_status status = cr_read_time("options.created_at_us", created_at_us, 0, error);
    if (status == CRUDDUR_OK && created_at_us > cr_clock_now_us() + CR_CLOCK_MARGIN_US) {
        status = cr_fail_argument(error, CRUDDUR_E_TIME, "options.created_at_us",
                                  "must not be in the future");
    }
    return status;
}

cruddur_status cr_read_message_uuid(const cr_store *store, const char *given, int64_t created_at_us,
                                    cr_uuid *uuid, bool *present, cruddur_error **error)
{
    static const char argument[] = "options.message_uuid";
    int64_t made_us;
    cruddur_status status = cr_read_optional_uuid(argument, given, uuid, present, error);
    bool is_timed = status == CRUDDUR_OK && *present && created_at_us == 0 &&
                    cr_uuid_v7_time_us(uuid, &made_us);
    if (!is_timed) {
        return status;
    }
    int64_t age_us = cr_clock_now_us() - made_us;
    if (age_us > store->claim_us) {
        return cr_fail_argument(
            error, CRUDDUR_E_UUID_TIME, argument,
            "is of version 7 and was made more than %d days ago; make a new one "
            "if the message was never sent",
            (int)(store->claim_us / US_PER_DAY));
    }
    if (age_us < -CR_CLOCK_MARGIN_US) {
        return cr_fail_argument(error, CRUDDUR_E_UUID_TIME, argument,
                                "is of version 7 and was made in the future, by a clock that is "
                                "more than 15 minutes ahead");
    }
    return status;
}

cruddur_status cr_check_lasting(const char *argument, int64_t lasts_s, int64_t time_us,
                                cruddur_error **error)
{
    int64_t end_s;
    if (lasts_s < 1) {
        return cr_fail_argument(error, CRUDDUR_E_TIME, argument,
                                "must be at least 1 second, or CRUDDUR_EXPIRES_NEVER; it is %lld",
                                (long long)lasts_s);
    }
    return cr_expiry_of(time_us, lasts_s, &end_s)
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_TIME, argument,
                                  "must not lead beyond the year 9999, as %lld seconds do",
                                  (long long)lasts_s);
}

cruddur_status cr_read_content(const cruddur *dm, const cr_content *given, cr_draft *draft,
                               cruddur_error **error)
{
    bool is_default = given->expires_in_s == CRUDDUR_EXPIRES_DEFAULT;
    int64_t time_us = draft->created_at_us != 0 ? draft->created_at_us : cr_clock_now_us();
    cruddur_status status = cr_read_optional_uuid("options.reply_to", given->reply_to,
                                                  &draft->reply_to, &draft->is_reply, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_data("options.data", given->data, &draft->data, error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (draft->data.size == 0) {
        draft->data = CR_STR_ABSENT;
    }
    draft->lasts_s = is_default ? dm->options.retention_s : given->expires_in_s;
    return cr_check_lasting("options.expires_in_s", draft->lasts_s, time_us, error);
}

cruddur_status cr_check_flags(const char *argument, uint32_t flags, uint32_t known,
                              cruddur_error **error)
{
    if ((flags & ~known) != 0) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, argument,
                                "has bits that this library does not know: 0x%x", flags & ~known);
    }
    return CRUDDUR_OK;
}

static cruddur_status check_choice(const char *argument, uint32_t value, cruddur_error **error)
{
    return value <= 1 ? CRUDDUR_OK
                      : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, argument,
                                         "must be one of the constants 0 and 1; it is %u", value);
}

static cruddur_status check_bounds(const cruddur_list_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_read_time("options.since_us", options->since_us, CRUDDUR_SINCE_ALWAYS, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_time("options.until_us", options->until_us, CRUDDUR_UNTIL_FOREVER, error);
    }
    if (status == CRUDDUR_OK && options->since_us >= options->until_us) {
        status = cr_fail_argument(error, CRUDDUR_E_TIME_RANGE, "options.since_us",
                                  "must be before options.until_us");
    }
    return status;
}

cruddur_status cr_read_message_name(const cr_message_arguments *arguments, const char *uuid,
                                    int64_t created_at_us, cr_message_name *name, bool *is_told,
                                    cruddur_error **error)
{
    cruddur_status status =
        cr_read_optional_uuid(arguments->uuid, uuid, &name->uuid, is_told, error);
    name->created_at_us = created_at_us;
    if (status == CRUDDUR_OK && !*is_told && created_at_us != 0) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, arguments->created_at_us,
                                "must be 0 without %s", arguments->uuid);
    }
    return status == CRUDDUR_OK ? cr_read_time(arguments->created_at_us, created_at_us, 0, error)
                                : status;
}

/* A page around a message begins in its middle, and nowhere else. */
static cruddur_status read_around(const cruddur_list_options *options, cr_listing *listing,
                                  cruddur_error **error)
{
    static const cr_message_arguments arguments = {"options.around_message_uuid",
                                                   "options.around_created_at_us"};
    const bool has_other = options->cursor != NULL || options->since_us != CRUDDUR_SINCE_ALWAYS ||
                           options->until_us != CRUDDUR_UNTIL_FOREVER;
    cruddur_status status = cr_read_message_name(&arguments, options->around_message_uuid,
                                                 options->around_created_at_us, &listing->around,
                                                 &listing->is_around, error);
    if (status == CRUDDUR_OK && listing->is_around && has_other) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, arguments.uuid,
                                  "must be NULL if there is a cursor, since_us or until_us");
    }
    return status;
}

cruddur_status cr_read_listing(const cruddur_list_options *given, uint32_t flags,
                               cruddur_list_options *options, cr_listing *listing,
                               cruddur_error **error)
{
    cruddur_status status =
        cr_read_struct("options", given, options, CR_STRUCT_0_2(LIST_OPTIONS, *options), error);
    if (status == CRUDDUR_OK && (options->limit < 1 || options->limit > CRUDDUR_LIMIT_MAX)) {
        status = cr_fail_argument(error, CRUDDUR_E_LIMIT, "options.limit",
                                  "must be 1 to %d; it is %u", CRUDDUR_LIMIT_MAX, options->limit);
    }
    if (status == CRUDDUR_OK) {
        status = check_choice("options.start", options->start, error);
    }
    if (status == CRUDDUR_OK) {
        status = check_choice("options.order", options->order, error);
    }
    if (status == CRUDDUR_OK) {
        status = check_choice("options.consistency", options->consistency, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options->flags, flags, error);
    }
    if (status == CRUDDUR_OK) {
        status = check_bounds(options, error);
    }
    if (status == CRUDDUR_OK) {
        *listing = (cr_listing){.limit = options->limit,
                                .from_oldest = options->start == CRUDDUR_START_OLDEST,
                                .oldest_first = options->order == CRUDDUR_OLDEST_FIRST,
                                .since_us = options->since_us,
                                .until_us = options->until_us,
                                .cursor = cr_str_of(options->cursor)};
        status = read_around(options, listing, error);
    }
    return status;
}

/* A struct without a size is that of version 0.2, also in arrays. */
static size_t user_size(const cruddur_user *user)
{
    return user->size == 0 ? CR_USER_SIZE_0_2 : user->size;
}

cruddur_status cr_read_user(const cr_user_names *names, const cruddur_user *given,
                            cr_person *person, cruddur_error **error)
{
    cruddur_user user = CRUDDUR_USER_INIT;
    if (given == NULL) {
        return cr_fail_null(error, names->user);
    }
    cruddur_status status =
        copy_struct(names->user, given, user_size(given), &user, CR_STRUCT_0_2(USER, user), error);
    if (status == CRUDDUR_OK) {
        status = cr_read_uuid(names->uuid, user.uuid, &person->uuid, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_name(names->display_name, user.display_name, &person->display_name, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_read_name(names->handle, user.handle, &person->handle, error);
    }
    return status;
}

/* The size of the first element is the distance between elements. */
static const cruddur_user *user_at(const cruddur_user *users, size_t index)
{
    const void *at = (const char *)users + index * user_size(users);
    return at;
}

cruddur_status cr_read_element(const cr_user_names *names, const cruddur_user *users, size_t index,
                               cr_person *person, cruddur_error **error)
{
    const cruddur_user *user = user_at(users, index);
    if (user_size(user) % sizeof(void *) != 0) {
        return cr_fail_argument(error, CRUDDUR_E_STRUCT_SIZE, names->user,
                                "its elements' size is %zu; start from CRUDDUR_USER_INIT",
                                user->size);
    }
    if (user_size(user) != user_size(users)) {
        return cr_fail_argument(error, CRUDDUR_E_STRUCT_SIZE, names->user,
                                "all elements must have the same size; element %zu has %zu, the "
                                "first has %zu",
                                index, user->size, users->size);
    }
    return cr_read_user(names, user, person, error);
}
