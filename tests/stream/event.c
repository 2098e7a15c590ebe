/* SPDX-License-Identifier: MIT */
#include "stream/event.h"

#include <stdlib.h>
#include <string.h>

#include "support/store.h"

void event_begin(event *made)
{
    *made = (event){.file = NULL};
    made->file = open_memstream(&made->text, &made->size);
    cr_assert_not_null(made->file);
    (void)fputs("{\"Records\":[", made->file);
}

void event_add(event *made, const char *record)
{
    (void)fprintf(made->file, "%s%s", made->records++ > 0 ? "," : "", record);
}

static void add_text(event *made, const char *name, const char *value)
{
    if (value != NULL) {
        (void)fprintf(made->file, "%s\"%s\":{\"S\":\"%s\"}", name[0] == 'p' ? "" : ",", name,
                      value);
    }
}

static void add_record(event *made, const char *name, const char *pk, const char *sk,
                       const char *user_uuid, const char *text, unsigned number)
{
    event_add(made, "{\"eventID\":\"7\",\"eventSource\":\"aws:dynamodb\",\"eventName\":\"");
    (void)fprintf(made->file, "%s\",\"dynamodb\":{\"ApproximateCreationDateTime\":1.7E9,\"Keys\":{",
                  name);
    add_text(made, "pk", pk);
    add_text(made, "sk", sk);
    (void)fputs("},\"NewImage\":{", made->file);
    add_text(made, "pk", pk);
    add_text(made, "sk", sk);
    add_text(made, "message", text);
    add_text(made, "user_uuid", user_uuid);
    (void)fprintf(made->file, "},\"SequenceNumber\":\"%021u\",\"StreamViewType\":\"NEW_IMAGE\"}}",
                  number);
}

void event_add_key(event *made, const char *pk, const char *sk, const char *user_uuid,
                   unsigned number)
{
    add_record(made, "INSERT", pk, sk, user_uuid, TEST_SECRET, number);
}

/* An attribute's place; they are few. */
static const char *get(const cruddur_row_page *page, size_t index, const char *name)
{
    size_t attribute = 0;
    while (strcmp(cruddur_row_attribute_name(attribute), name) != 0) {
        attribute++;
    }
    return cruddur_row_page_get(page, index, attribute);
}

void event_add_insert(event *made, const cruddur_row_page *page, size_t index, unsigned number)
{
    event_add_key(made, get(page, index, "pk"), get(page, index, "sk"),
                  get(page, index, "user_uuid"), number);
}

void event_add_change(event *made, const cruddur_row_page *page, size_t index, const char *text,
                      unsigned number)
{
    add_record(made, "MODIFY", get(page, index, "pk"), get(page, index, "sk"),
               get(page, index, "user_uuid"), text, number);
}

void event_finish(event *made)
{
    (void)fputs("]}", made->file);
    cr_assert_eq(fclose(made->file), 0);
}

void event_free(event *made)
{
    free(made->text);
}

cruddur_stream_result *event_apply(event *made, cruddur *dm, const cruddur_stream_options *options)
{
    cruddur_stream_result *result = NULL;
    event_finish(made);
    must_succeed(cruddur_stream_apply(dm, made->text, made->size, options, &result, TEST_ERROR));
    cr_assert_eq(cruddur_stream_result_record_count(result), made->records);
    event_free(made);
    return result;
}
