/* SPDX-License-Identifier: MIT */
/* What is changed in rows that concern one person, or that name people: names, and when the data of
 * a person are erased their messages, reactions and settings, too. The walk over the table, which
 * finds the rows, is in cruddur/. */
#ifndef CR_MESSAGING_PERSON_H
#define CR_MESSAGING_PERSON_H

#include "messaging/rows.h"
#include "model/person.h"

/* So many rows are changed in one change, at most, and so many bytes of them. A message takes two
 * writes, as watchers get a row; the group rows of the largest group need 49 of the 100. */
#define CR_PERSON_ROWS_MAX 20
#define CR_PERSON_SIZE_MAX ((size_t)2000000)

/* What the names become. */
#define CR_ERASED_NAME "deleted user"
#define CR_ERASED_HANDLE ""

/* Whose data are erased, and how. */
typedef struct cr_erasure {
    cr_person person; /* with the names from now on */
    bool keeps_text;  /* else messages become tombstones, and reactions go */
} cr_erasure;

/* A row that a walk has found. The text lives as long as the walk keeps it. */
typedef struct cr_found_row {
    cr_key key;
    cr_str group;     /* of a group row; else absent */
    cr_person person; /* whom it names, and the names from now on; for renaming only */
    size_t size;      /* as cr_item_size() */
} cr_found_row;

/* Whether a row that is the person's, or names the person, is to be changed. */
bool cr_erasure_concerns_message(const cr_erasure *erasure, const cr_row *row);
bool cr_erasure_concerns_group_row(const cr_erasure *erasure, const cr_row *row);

/* Whether the row shows that the person's part in its group has not ended: a card or a group row.
 * *group is set then. */
bool cr_erasure_concerns_part(const cr_erasure *erasure, const cr_row *row, cr_uuid *group);

/* Whether a message or a group row has other names for this person. */
bool cr_row_has_other_names(const cr_row *row, const cr_person *person);

/* Erases messages of one group, as far as they are still there, in one change, and adds the number
 * of those that changed. Previews change with them. Write statuses, and
 * CRUDDUR_E_NEEDS_TRANSACTIONS. */
cruddur_status cr_erase_messages(cr_store *store, const cr_erasure *erasure, const cr_uuid *group,
                                 const cr_found_row *rows, size_t count, cr_call *call,
                                 uint64_t *changed);

/* The same for group rows, of any groups, when the messages are done: names, settings, previews of
 * erased messages. A row of the person in a group whose card does not name the person is removed. A
 * row that has moved on since it was found is followed. */
cruddur_status cr_erase_group_rows(cr_store *store, const cr_erasure *erasure,
                                   const cr_found_row *rows, size_t count, cr_call *call,
                                   uint64_t *changed);

/* Gives messages and group rows the names of the people whom they name. A group row that has moved
 * on is followed. */
cruddur_status cr_rename_rows(cr_store *store, const cr_found_row *rows, size_t count,
                              cr_call *call, uint64_t *changed);

#endif
