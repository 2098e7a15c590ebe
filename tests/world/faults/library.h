/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WORLD_FAULTS_LIBRARY_H
#define TESTS_WORLD_FAULTS_LIBRARY_H

#include "world/faults/faults.h"

/* What is taken out of the library from now on. */
void faults_cut(fault_cut cut);

#endif
