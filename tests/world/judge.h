/* SPDX-License-Identifier: MIT */
/* Judges each group's messages as one list to which its members append, and which they read:
 * history.h says by what. */
#ifndef TESTS_WORLD_JUDGE_H
#define TESTS_WORLD_JUDGE_H

#include "model/page.h"
#include "world/stage.h"

void judge_begin(void);

/* Notes what a list of a group's messages has shown that was asked for at a moment, and has come
 * now. */
void judge_note_read(const stage *all, size_t group, int64_t begun_us, const cr_page *page);

/* At rest. */
void judge_histories(stage *all);

/* How many messages came to a place below one that some list had shown already, since
 * judge_begin(). Where writers do not move the group rows in a transaction, this may be. */
size_t judge_insertions(void);

#endif
