/* SPDX-License-Identifier: MIT */
/* A process that has no descriptors, or few. */
#ifndef TESTS_SUPPORT_DESCRIPTORS_H
#define TESTS_SUPPORT_DESCRIPTORS_H

/* Takes all descriptors but so many; for a test with a process of its own, as the limit of the
 * process stays lowered. */
void descriptors_hold_all_but(unsigned count);

/* Closes those that were taken. */
void descriptors_let_go(void);

#endif
