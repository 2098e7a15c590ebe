/* SPDX-License-Identifier: MIT */
/* What may be taken out where appends were submitted. No header of the engine: its requests are
 * called as submissions are. */
#ifndef TESTS_WORLD_FAULTS_ALONG_H
#define TESTS_WORLD_FAULTS_ALONG_H

typedef enum along_cut {
    ALONG_CUT_NONE,
    ALONG_CUT_ACKNOWLEDGEMENT, /* FAULT_CUT_ALONG */
    ALONG_CUT_LINE,            /* FAULT_CUT_LINE */
} along_cut;

void faults_cut_along(along_cut cut);

#endif
