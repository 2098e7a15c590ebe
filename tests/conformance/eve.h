/* SPDX-License-Identifier: MIT */
/* Eve, whose data are exported, erased and renamed; what she has written, and what the table has.
 */
#ifndef TEST_CONFORMANCE_EVE_H
#define TEST_CONFORMANCE_EVE_H

#include "said.h"

/* No other text of the table has these words. */
#define EVE_NAME "Evangeline Quux"
#define EVE_HANDLE "evequux"
#define EVE_TEXT "zorglub"

extern const cruddur_user eve;

/* A suite's begin. In steps there is nothing to test but that the changes are refused. */
void eve_begin(void);

/* What the observer of a call was told. */
typedef struct eve_told {
    cruddur_person_event last; /* its cursor and line are not kept */
    char cursor[600];          /* the latest; empty at the end */
    size_t parts;
    size_t parts_wanted; /* 0: all */
} eve_told;

bool eve_listen(void *data, const cruddur_person_event *event);
cruddur_person_options eve_options(uint32_t flags, eve_told *heard);

/* Whether any attribute of any row has the text. */
bool table_has(const char *text);

/* A group of four: Ann, Bob, Cem and Eve. */
group_id open_four(const cruddur_user *creator, const char *text);

typedef struct talk {
    group_id direct; /* with Bob */
    group_id four;
    group_id left; /* the same four, which Eve has left */
    said reacted;  /* of Bob's, in `four` */
} talk;

/* Four messages of Eve's, one reaction, a pinned group. */
talk talk_with_eve(void);

#endif
