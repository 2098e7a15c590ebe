/* SPDX-License-Identifier: MIT */
/* What calls that follow each other have set, and what may be left of it after a power cut. A
 * register has a value at a time; at first, and where it is absent, it is empty. A call that
 * succeeded has set its registers; one with an unknown outcome may have, or may until the next one
 * succeeds. */
#ifndef TESTS_WORLD_REGISTERS_H
#define TESTS_WORLD_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>

#define REGISTERS_MAX 256
#define REGISTER_SIZE 16

void registers_begin(void);

/* A call that has returned; what it has set is stated next. */
void registers_call(bool is_acknowledged);
void registers_set(size_t number, const char *value);

/* The value that a register has for certain; NULL: an outcome is unknown. */
const char *registers_certain(size_t number);

/* The value that it had after the last call that succeeded and set it. */
const char *registers_last(size_t number);

/* What a read has shown. */
void registers_see(size_t number, const char *value);

/* Whether there is a moment at which all registers had the values that were seen: the end of all
 * calls; or, where `may_lose`, an earlier one. All registers have these values from now on, and
 * *lost is how many calls that succeeded came after that moment. */
bool registers_agree(bool may_lose, size_t *lost, char *why, size_t size);

#endif
