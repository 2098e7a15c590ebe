/* SPDX-License-Identifier: MIT */
/* A setting's value, and errors that name it. */
#ifndef CR_AWS_SETTING_H
#define CR_AWS_SETTING_H

#include "aws/profile.h"

#define CR_SETTING_NAME_SIZE 320
#define CR_SETTING_WORDS_MAX 3

/* A setting, and where it is. */
typedef struct cr_setting {
    const char *value;           /* NULL: it is not set */
    const char *name;            /* "AWS_REGION", "region" */
    const cr_property *property; /* NULL: it is not in a file */
} cr_setting;

/* What errors call it: "AWS_REGION", or "region (/home/ann/.aws/config, line 3)". */
void cr_setting_name(const cr_setting *setting, char name[CR_SETTING_NAME_SIZE]);

/* Puts its name in front of the error that is in the place; returns the status. */
cruddur_status cr_setting_blame(const cr_setting *setting, cruddur_status status,
                                cruddur_error **error);

/* These leave the value alone where the setting is not set. CRUDDUR_E_CONFIG says what it must be.
 */
cruddur_status cr_setting_read_switch(const cr_setting *setting, bool *value,
                                      cruddur_error **error);

/* 1 to 100. */
cruddur_status cr_setting_read_count(const cr_setting *setting, unsigned *value,
                                     cruddur_error **error);

/* Sets the index of the word. There are two words, with a NULL after them, or three. */
cruddur_status cr_setting_read_word(const cr_setting *setting,
                                    const char *const words[CR_SETTING_WORDS_MAX], size_t *index,
                                    cruddur_error **error);

#endif
