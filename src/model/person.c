/* SPDX-License-Identifier: MIT */
#include "model/person.h"

bool cr_row_names(const cr_row *row, const cr_uuid *uuid)
{
    cr_uuid named;
    return cr_uuid_parse(row->value[CR_USER_UUID], &named) && cr_uuid_compare(&named, uuid) == 0;
}

void cr_row_name_author(cr_row *row, const cr_person *author)
{
    if (!cr_row_names(row, &author->uuid)) {
        return;
    }
    if (author->display_name.data != NULL) {
        row->value[CR_DISPLAY_NAME] = author->display_name;
    }
    if (author->handle.data != NULL) {
        row->value[CR_HANDLE] = author->handle;
    }
}

cr_person cr_person_of(const cr_row *message)
{
    cr_person author = {{""}, message->value[CR_DISPLAY_NAME], message->value[CR_HANDLE]};
    (void)cr_uuid_parse(message->value[CR_USER_UUID], &author.uuid);
    return author;
}
