/* SPDX-License-Identifier: MIT */
/* Starting other processes, of the program worker.c, and reading what they print. */
#ifndef TESTS_SQLITE_WORKERS_H
#define TESTS_SQLITE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sqlite/ledger.h"

#define WORKERS_MAX 8

/* How far apart the rounds of `worker open` are. */
#define OPEN_PERIOD_US 20000

typedef struct crew {
    pid_t process[WORKERS_MAX];
    unsigned count;
    int out; /* what all of them print */
    int in;  /* handed to them */
} crew;

int64_t monotonic_us(void);

/* A crew without anybody. */
void crew_form(crew *workers);

/* Starts one more; its arguments are as printf() writes them, with single spaces between. */
void crew_start(crew *workers, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* No more are started. */
void crew_is_complete(crew *workers);

/* Waits for something to be printed, or for the end of all workers; false when neither came. */
bool crew_await_output(const crew *workers, int timeout_ms);

/* Writes what was printed to the ledger, until all workers are done. */
void crew_read(crew *workers, ledger *book);

/* Waits for all workers that crew_kill() has not ended; they must have come to a good end. */
void crew_must_succeed(crew *workers);

/* Ends one at once, as a crash would; or it has ended. */
void crew_kill(crew *workers, unsigned index);

#endif
