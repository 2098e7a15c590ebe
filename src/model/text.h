/* SPDX-License-Identifier: MIT */
/* What may be stored as text. */
#ifndef CR_MODEL_TEXT_H
#define CR_MODEL_TEXT_H

#include "base/str.h"

typedef struct cr_text_facts {
    bool is_utf8;
    size_t bad_position; /* of the first byte that is not UTF-8 */
    size_t characters;   /* code points */
    bool is_blank;       /* no visible character (model/invisible.h) */
    bool has_control;    /* a character of Unicode's category Cc */
} cr_text_facts;

cr_text_facts cr_text_look(cr_str text);

#endif
