/* SPDX-License-Identifier: MIT */
/* Messages by name: sending one, changing it, and how it is then. */
#ifndef TEST_CONFORMANCE_SAID_H
#define TEST_CONFORMANCE_SAID_H

#include "suite.h"

/* What a caller keeps of a message. */
typedef struct said {
    char uuid[CRUDDUR_UUID_SIZE];
    int64_t created_at_us;
    char version[24];
} said;

said said_of(const cruddur_msg *msg);

/* Appends, under a uuid of the library's; at a time of AT_SECOND(), or 0 for now. */
said say_named(const cruddur_user *author, const group_id *group, const char *text,
               int64_t created_at_us);

/* The newest message. */
said last_said(const group_id *group);

/* Options with the message's time. */
cruddur_msg_options known_time(const said *message);

/* Each must succeed, and change something or not; returns what the call returned. NULL options give
 * the message's time. */
said edit_it(const cruddur_user *user, const group_id *group, const said *message, const char *text,
             const cruddur_msg_options *options, bool is_changed);
said delete_it(const cruddur_user *user, const group_id *group, const said *message,
               bool is_changed);
said react_to_it(const cruddur_user *user, const group_id *group, const said *message,
                 const char *reaction, bool is_added, bool is_changed);

/* The message as a trusted caller reads it; free it. */
cruddur_msg *get_it(const group_id *group, const said *message);

/* What it has: its text; its reactions, "👍 <uuid>" with a semicolon behind each. */
void expect_text(const group_id *group, const said *message, const char *text);
void expect_reactions(const group_id *group, const said *message, const char *reactions);

/* The preview in this person's inbox, of the only group there. */
void expect_preview(const cruddur_user *user, const char *text);

/* In steps these calls are refused: says so and ends the test. */
#define needs_transactions()                                                                       \
    do {                                                                                           \
        if (test_store_is_in_steps(&store)) {                                                      \
            cr_skip_test("in steps messages are not changed");                                     \
        }                                                                                          \
    } while (0)

/* Whether messages are found by their uuid alone. */
bool finds_by_uuid(void);

/* ---- requests ---- */

/* Opens a fresh store that counts the requests of its calls. */
void open_counting(void);

/* Those of the latest call; 0 on an engine without requests. */
uint32_t waves_of_last(void);

#endif
