/* SPDX-License-Identifier: MIT */
#include "cruddur/entry.h"
#include "model/time.h"

static cruddur_status fail_random(cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system returned no random bytes");
}

static cruddur_status give_uuid(const cr_uuid *uuid, char *buffer)
{
    memcpy(buffer, uuid->text, sizeof(uuid->text));
    return CRUDDUR_OK;
}

cruddur_status cruddur_uuid_v4(char *buffer, cruddur_error **error)
{
    cr_uuid uuid;
    if (buffer == NULL) {
        return cr_fail_null(error, "buffer");
    }
    return cr_uuid_v4(&uuid) ? give_uuid(&uuid, buffer) : fail_random(error);
}

cruddur_status cruddur_uuid_v5(const char *namespace_uuid, const char *name, char *buffer,
                               cruddur_error **error)
{
    cr_uuid name_space;
    cr_uuid uuid;
    if (name == NULL || buffer == NULL) {
        return cr_fail_null(error, name == NULL ? "name" : "buffer");
    }
    cruddur_status status = cr_read_uuid("namespace_uuid", namespace_uuid, &name_space, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return cr_uuid_v5(&name_space, cr_str_of(name), &uuid) ? give_uuid(&uuid, buffer)
                                                           : cr_fail_memory(error);
}

cruddur_status cruddur_uuid_v7(int64_t time_us, char *buffer, cruddur_error **error)
{
    cr_uuid uuid;
    if (buffer == NULL) {
        return cr_fail_null(error, "buffer");
    }
    if (time_us < 0 || !cr_time_is_valid(time_us)) {
        return cr_fail_argument(error, CRUDDUR_E_TIME, "time_us",
                                "must be in the years 1970 to 9999");
    }
    return cr_uuid_v7(time_us, &uuid) ? give_uuid(&uuid, buffer) : fail_random(error);
}

bool cruddur_uuid_is_valid(const char *text)
{
    cr_uuid uuid;
    return text != NULL && cr_uuid_parse(cr_str_of(text), &uuid);
}
