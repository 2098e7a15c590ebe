/* SPDX-License-Identifier: MIT */
/* What a test knows to be stored: every message whose call returned success. */
#ifndef TESTS_SQLITE_LEDGER_H
#define TESTS_SQLITE_LEDGER_H

#include <cruddur/cruddur.h>
#include <pthread.h>

#define TEXT_SIZE 64

/* The text that tests give the message of this uuid. */
void text_of(const char *message_uuid, char text[TEXT_SIZE]);

typedef struct ledger_entry {
    char message_uuid[CRUDDUR_UUID_SIZE];
    char group_uuid[CRUDDUR_UUID_SIZE];
} ledger_entry;

typedef struct ledger {
    pthread_mutex_t lock;
    ledger_entry *entries;
    size_t count;
    size_t capacity;
} ledger;

#define LEDGER_INIT                                                                                \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0                                                      \
    }

/* Any thread; the same message may come in more than once. */
void ledger_add(ledger *book, const char *message_uuid, const char *group_uuid);

/* Fails the test unless each message of the ledger is in the table exactly once, in its group, and
 * all messages of the table have their texts. Returns how many the table has. */
size_t ledger_must_match(ledger *book, const char *path);

void ledger_free(ledger *book);

#endif
