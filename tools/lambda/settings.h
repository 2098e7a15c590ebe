/* SPDX-License-Identifier: MIT */
/* What the function's environment says. */
#ifndef CRUDDUR_LAMBDA_SETTINGS_H
#define CRUDDUR_LAMBDA_SETTINGS_H

#include <cruddur/cruddur.h>

struct settings {
    const char *store;
    uint32_t workers;
    cruddur_log_level level;
};

/* Reads the environment, whose texts the settings point to. Returns NULL, or which variable breaks
 * which rule: a text that lives on. */
const char *settings_read(struct settings *settings);

/* Names the system's certificates in AWS_CA_BUNDLE, unless something is named there: our libcurl
 * looks where its own system has them. False where there is no memory. To be called before there
 * are threads. */
bool settings_name_certificates(void);

#endif
