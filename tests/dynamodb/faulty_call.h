/* SPDX-License-Identifier: MIT */
/* A call on a store whose service fails as a rule says: what the call is made on, what it comes to,
 * and that everything is well once the fault is over. Each call goes through a door of the proxy
 * and through a handle of its own. */
#ifndef TESTS_DYNAMODB_FAULTY_CALL_H
#define TESTS_DYNAMODB_FAULTY_CALL_H

#include "dynamodb/door.h"

/* Where the deadline is not what counts. */
#define PATIENT_MS 60000
#define TIMEOUT_MS 1500

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The test's own; set up and taken down by these two. */
extern door way;
extern test_store store;
void faulty_begin(void);
void faulty_end(void);

/* ---- a scene: two people, the group they have or will have, and one call ---- */

typedef struct scene {
    cruddur *dm; /* a handle of its own: no memory of earlier failures */
    cruddur_user ann;
    cruddur_user bob;
    char group[CRUDDUR_UUID_SIZE]; /* empty before it is opened */
    char uuid[CRUDDUR_UUID_SIZE];  /* of the message under test */
    uint32_t timeout_ms;
    cruddur_status status;
    bool is_unknown;
    int64_t took_us;
    char words[300];
} scene;

typedef struct deed {
    const char *name;
    const char *call;
    cruddur_status (*run)(scene *now);
    bool writes;
    bool needs_group;
} deed;

extern const deed creates;
extern const deed appends;
extern const deed edits;
extern const deed lists;
extern const deed looks_at_members;

/* The two have not met before. */
scene set_scene(const deed *what);

/* Makes the call, and notes what it came to. Fails the test if the status is not documented for the
 * call, or the call returned after its deadline. */
void act(scene *now, const deed *what);

/* The faults are over. A message whose call did not succeed is sent again, under the same uuid. In
 * steps, what a call left behind is cleared up by the next one. Ends the scene. */
void recover(scene *now, const deed *what);

/* ---- what is expected ---- */

typedef struct expected {
    cruddur_status status;
    bool is_unknown;
} expected;

typedef struct fault {
    const char *name;
    const char *rule; /* its members in faults.py, after "operation" and "times" */
} fault;

#define KNOWN(status)                                                                              \
    {                                                                                              \
        CRUDDUR_##status, false                                                                    \
    }
#define UNKNOWN(status)                                                                            \
    {                                                                                              \
        CRUDDUR_##status, true                                                                     \
    }
#define ERROR(code) "\"fault\": \"error\", \"code\": \"" code "\""

/* The fault meets `times` requests (0: all) of the operation (NULL: any), from the `first` on. */
void set_rule(const fault *what, const char *operation, unsigned first, unsigned times);

/* Which write of a call stores the message: in steps its claim comes before it, a new group's card,
 * and the two members' group rows. */
unsigned message_write(const deed *what);

void must_be(const scene *now, const deed *what, const char *fault_name, expected wanted);

/* Prints what the call came to, and returns whether it is what was expected. A conflict that stays,
 * or throttling, ends at the deadline, in a pause or in the middle of a request. */
bool is_right(const scene *now, const deed *what, const fault *broken, expected wanted);

/* One call under a fault that stays, from its `first` such request on, as long as the call does. A
 * call that did not get as far in its time is made again, with more. Returns is_right(). */
bool stays(const deed *what, const fault *broken, const char *operation, unsigned first,
           expected wanted);

#endif
