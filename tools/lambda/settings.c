/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cruddur/stream.h>

#include "log.h"

/* A worker waits for the service nearly all the time, so there may be many more than processors.
 * Eight move some hundred groups a second at a service that answers in 5 ms; each costs a
 * connection, whose handshake is what a small function takes longest for. */
#define WORKERS_DEFAULT 8

#define SCHEME "dynamodb:"

_Static_assert(CRUDDUR_STREAM_WORKERS_MAX == 64, "the rule below says so");

/* What is blank counts as not set, as in the library. */
static const char *read_text(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && text[strspn(text, " \t\r\n")] != '\0' ? text : NULL;
}

static bool read_workers(const char *text, uint32_t *ret_workers)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    /* strtoul() accepts white space and a sign; what is too large for it is too large here. */
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || number < 1 ||
        number > CRUDDUR_STREAM_WORKERS_MAX) {
        return false;
    }
    *ret_workers = (uint32_t)number;
    return true;
}

const char *settings_read(struct settings *settings)
{
    const char *workers = read_text("CRUDDUR_WORKERS");
    const char *level = read_text("CRUDDUR_LOG_LEVEL");
    *settings = (struct settings){read_text("CRUDDUR_STORE"), WORKERS_DEFAULT, CRUDDUR_LOG_INFO};
    if (settings->store == NULL) {
        return "CRUDDUR_STORE is not set: it names the table whose stream this is, such as "
               "dynamodb:cruddur-messages?mode=stream";
    }
    /* On another engine there would be nothing to move, and every batch would seem done. */
    if (strncmp(settings->store, SCHEME, strlen(SCHEME)) != 0) {
        return "CRUDDUR_STORE must begin with " SCHEME;
    }
    if (workers != NULL && !read_workers(workers, &settings->workers)) {
        return "CRUDDUR_WORKERS must be a whole number from 1 to 64";
    }
    if (level != NULL && !log_level_read(level, &settings->level)) {
        return "CRUDDUR_LOG_LEVEL must be debug, info, warning or error";
    }
    return NULL;
}

bool settings_name_certificates(void)
{
    static const char *const files[] = {
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Amazon Linux, Fedora */
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* Alpine */
    };
    if (read_text("AWS_CA_BUNDLE") != NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (access(files[i], R_OK) == 0) {
            return setenv("AWS_CA_BUNDLE", files[i], 1) == 0;
        }
    }
    return true;
}
