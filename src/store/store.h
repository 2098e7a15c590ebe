/* SPDX-License-Identifier: MIT */
/* The seam between the messaging rules and the engines. tests/seam checks it on every engine.
 *
 * A store holds rows by (partition key, sort key), each partition in the byte order of its sort
 * keys, with one sparse index: rows that have a message_group_uuid, by that and the sort key.
 *
 * Everything is read and written by **bodies**. A body reads rows, then states conditional writes.
 * A **change** commits all writes of its body or none, and when a row moved underneath it, runs the
 * body again. So a body
 *   - reads first and writes after: what it reads never shows its own writes;
 *   - can run any number of times, one run after the other: it keeps nothing from a run that came
 *     to nothing but what it needs to plan better;
 *   - states at most CR_CHANGE_WRITES_MAX writes, and at most one for a key;
 *   - states a claim first, then all its puts, a message last of them, then its removals: for
 *     engines without transactions the message is what makes the change count. Any of the group
 *     rows may be there without the others, and any of the removals made;
 *   - replaces and requires only in a store with CR_TRAIT_ATOMIC;
 *   - returns at once when a call of its transaction fails, with the status it got. A status of its
 *     own (no such group, not a member) ends the change with nothing written;
 *   - asks to be run again by returning CRUDDUR_E_CONFLICT, which it does not describe.
 *
 * **Conditions** cover everything that was read: each attribute that the row had, and of those that
 * the library knows, that the row did not have the others. A row that a body read earlier, in
 * another change, may be stated, too: if it is out of date, the body is run again, and must then
 * read it. What an engine cannot ask for is in docs/dynamodb-engine.md.
 *
 * **The fence.** While the table has that row of model/store_row.h, every change that writes fails
 * with CRUDDUR_E_STORE_FENCED, unless it writes rows about the store alone; so does every load. On
 * SQLite that is so at once, on DynamoDB once CR_FENCE_US have passed since the fence was put, and
 * the call has ended that was on its way. A change or load that finds nothing to write may succeed.
 *
 * **Threads.** A store's functions may be called on any number of threads at the same time, but for
 * `close`. A body and its sinks run while the call is in progress, and one run of a body at a time;
 * but SQLite runs changes, and everything of a store in memory, on the thread of another caller
 * that commits for several. So a body relies on no state of its thread, and neither calls the store
 * nor waits for another thread of the program.
 *
 * **Statuses.** Each slot names its own. *Read* and *write statuses* are those of
 * include/cruddur/error.h, among them CRUDDUR_E_TIMEOUT at the call's deadline and
 * CRUDDUR_E_CANCELLED once its flag is set; an engine looks at both before each request, wait and
 * run, and now and then in a long walk. Failures are described in the call's error. */
#ifndef CR_STORE_STORE_H
#define CR_STORE_STORE_H

#include <cruddur/schema.h>

#include "base/arena.h"
#include "base/call.h"
#include "base/lines.h"
#include "model/row.h"
#include "store/bell.h"
#include "store/queue.h"

#define CR_CHANGE_WRITES_MAX 100

typedef enum cr_index {
    CR_INDEX_TABLE,  /* `partition` is a pk */
    CR_INDEX_GROUPS, /* `partition` is a message_group_uuid */
} cr_index;

typedef struct cr_bound {
    cr_str sk; /* absent: no bound */
    bool included;
} cr_bound;

typedef struct cr_query {
    cr_index index;
    cr_str partition;
    cr_bound lower;
    cr_bound upper;
    bool descending;
    size_t expected;  /* how many rows the sink is likely to take; 0: many */
    bool for_listing; /* of the table: the sink needs no more than pages show, and rows may lack the
                         rest; so none becomes a condition */
} cr_query;

/* As many queries can be announced at once. */
#define CR_READ_AHEAD_MAX 22

/* What a body is about to read. */
typedef struct cr_reads {
    const cr_query *queries; /* up to CR_READ_AHEAD_MAX, which go on at least as far as what is read
                                by them. Of two that begin at one place the first is asked, and
                                both are answered by it */
    size_t query_count;
    const cr_key *keys; /* with the tokens up to 90, all different; read strongly */
    size_t key_count;
    const cr_str *tokens; /* of claims */
    size_t token_count;
} cr_reads;

typedef enum cr_sink_answer {
    CR_SINK_MORE,
    CR_SINK_STOP,
    CR_SINK_NO_MEMORY,
} cr_sink_answer;

/* Receives one row after the other; the row is borrowed until the sink returns. It must not use the
 * transaction. CR_SINK_NO_MEMORY ends the walk with CRUDDUR_E_NO_MEMORY. */
typedef cr_sink_answer (*cr_sink)(void *context, const cr_row *row);

/* That a message uuid is used, which a caller may send again: the message under it is stored at
 * most once, and a repeat finds it. All of it is text of keys and uuids. */
typedef struct cr_claim {
    cr_str token;    /* the uuid of the message */
    cr_str group;    /* where it was sent to */
    cr_str author;   /* by whom */
    cr_str sk;       /* the message's sort key; absent: nobody has claimed the token */
    bool is_ahead;   /* made before its message, which may not be stored yet, or never be */
    bool is_forever; /* else it ends after the store's claim lifetime, where claims do end */
} cr_claim;

typedef struct cr_txn cr_txn;

/* What a body may do, on the thread on which it runs. Where nothing else is said, arguments are
 * borrowed until the function returns. A write is only stated: engines that know at once that its
 * condition fails return CRUDDUR_E_CONFLICT with no error, others find out when they commit. */
typedef struct cr_txn_ops {
    /* Reads rows by key, as consistently as the call asks, in a change always strongly. rows[i] is
     * the row of keys[i], absent throughout where there is none. The rows live in the arena: until
     * the body returns, or is run again. Rows that can be asked for without knowing each other
     * belong into one call: an engine on a network reads them at the same time. No two keys are
     * the same. Read statuses. */
    cruddur_status (*get)(cr_txn *txn, const cr_key *keys, size_t count, cr_row *rows);

    /* Walks along a partition until the sink stops it. The engine fetches no more than it must: a
     * sink that stops early costs little. An index may lag behind the table unless the store has
     * CR_TRAIT_INDEX_CONSISTENT. Read statuses. */
    cruddur_status (*query)(cr_txn *txn, const cr_query *query, cr_sink sink, void *context);

    /* Adds a row. Condition: no row has its key. CRUDDUR_E_CONFLICT as above; on DynamoDB
     * CRUDDUR_E_ITEM_TOO_LARGE, CRUDDUR_E_NO_MEMORY; on SQLite write statuses. */
    cruddur_status (*put)(cr_txn *txn, const cr_row *row);

    /* Puts a row in the place of the one with its key. Condition: that still is as it was read.
     * Statuses as for `put`; without CR_TRAIT_ATOMIC CRUDDUR_E_CONFIG. */
    cruddur_status (*replace)(cr_txn *txn, const cr_row *as_read, const cr_row *row);

    /* Takes a row away. Condition: it still is as it was read. Statuses as for `put`, and on SQLite
     * CRUDDUR_E_STORE_DAMAGED for a row that is missed again in the next run. Without
     * CR_TRAIT_ATOMIC, a removal in a change that also puts is a help: if its condition fails, the
     * row is left to the writer that was faster. */
    cruddur_status (*remove)(cr_txn *txn, const cr_row *as_read);

    /* Demands that a row which is not written still is as it was read. Counts as a write of its
     * key. Statuses as for `replace` and `remove`. */
    cruddur_status (*require)(cr_txn *txn, const cr_row *as_read);

    /* Demands that there is a message with this key and this uuid which has no end, whatever else
     * the row has: it need not have been read. Counts as a write of its key. Statuses as for
     * `require`. */
    cruddur_status (*require_message)(cr_txn *txn, cr_key key, cr_str uuid);

    /* Reads the claim of a token, strongly; *claim lives in the arena, but for the token. Of
     * several messages with the token, which older versions and other programs may have stored, one
     * in this group (a uuid) comes first. Read statuses; CRUDDUR_E_STORE_DAMAGED for a damaged
     * claim. */
    cruddur_status (*find_claim)(cr_txn *txn, cr_str token, cr_str group, cr_claim *claim);

    /* Claims a token. Condition: nobody has claimed it; where it was read as claimed ahead,
     * `as_read`, and is claimed for another sort key: it still is so (else NULL). For the same sort
     * key nothing is written: it only says whose the rows of this change are. An engine that knows
     * messages by their uuid keeps no claims. Statuses as for `put`, and read statuses where a
     * claim moves. */
    cruddur_status (*claim)(cr_txn *txn, const cr_claim *claim, const cr_claim *as_read);

    /* Tells what the body is about to read: an engine on a network asks for all of it at once.
     * Each of these reads may then show the table as it was when it was announced, the first time
     * that it is made; what is not read is labour lost. What was announced before is forgotten.
     * NULL: it makes no difference. */
    void (*read_ahead)(cr_txn *txn, const cr_reads *reads);
} cr_txn_ops;

/* What all engines' transactions begin with. */
struct cr_txn {
    const cr_txn_ops *ops;
    unsigned traits; /* the store's */
    cr_arena *arena; /* for what the body keeps; emptied before each run */
    cr_call *call;
    bool may_be_stored; /* what a run before this one stated: its answer got lost, and it may have
                           been committed since then, or may be yet */
    bool may_be_left;   /* in steps: rows that the run before this one put may still be there, or
                           come yet */
};

typedef cruddur_status (*cr_body)(cr_txn *txn, void *context);

typedef struct cr_store cr_store;

/* What became of one row of a load. */
typedef enum cr_fate {
    CR_FATE_PUT,
    CR_FATE_SAME,     /* the key had the same row, attributes of others included */
    CR_FATE_TAKEN,    /* the key had another row, which stays */
    CR_FATE_REPLACED, /* the key had another row, which is gone */
} cr_fate;

/* How rows are loaded. */
typedef struct cr_load_options {
    bool replaces;     /* instead of leaving rows at taken keys; only with CR_TRAIT_ATOMIC */
    bool is_unused;    /* all keys are free, and no other program writes to the table: an engine may
                          put rows without conditions. Of two rows with one key either is put */
    bool makes_claims; /* messages that are younger than claims get one, where claims are rows */
    cr_fate *fates;    /* receives what became of each row; NULL: not wanted */
} cr_load_options;

/* What became of the rows of a load. */
typedef struct cr_loaded {
    size_t put;
    size_t same;
    size_t taken;
    size_t first_taken; /* the number of the first such row; meaningless if there is none */
    size_t replaced;
    size_t claims; /* that were put */
} cr_loaded;

/* Counts what became of row `number`. */
static inline void cr_loaded_count(cr_loaded *loaded, const cr_load_options *options, size_t number,
                                   cr_fate fate)
{
    loaded->put += fate == CR_FATE_PUT ? 1 : 0;
    loaded->same += fate == CR_FATE_SAME ? 1 : 0;
    loaded->replaced += fate == CR_FATE_REPLACED ? 1 : 0;
    if (fate == CR_FATE_TAKEN && loaded->taken++ == 0) {
        loaded->first_taken = number;
    }
    if (options != NULL && options->fates != NULL) {
        options->fates[number] = fate;
    }
}

/* What a change did to a row. */
typedef enum cr_written {
    CR_WRITTEN_PUT,
    CR_WRITTEN_REPLACED,
    CR_WRITTEN_REMOVED,
} cr_written;

/* Where a key is in the sequence, and what was done to its row. */
typedef struct cr_change_note {
    int64_t seq; /* the number of the entry */
    cr_written how;
    cr_str group; /* the uuid of the group of a row that was replaced, if nothing was written before
                     it: the key does not tell where the row is now; else absent */
} cr_change_note;

/* Keys that changes have written, in the order of their commits; a key that was written twice is in
 * the list twice. */
typedef struct cr_changed_keys {
    cr_key *keys;          /* in the arena */
    cr_change_note *notes; /* one for each key */
    size_t count;
    int64_t last;   /* the number of the last change whose keys these are */
    int64_t newest; /* of the newest change of the store; 0: there was none */
    bool is_cut;    /* some of the changes asked for are not known any more */
} cr_changed_keys;

typedef struct cr_store_ops {
    /* Frees the store. No other call is in progress, on any thread. */
    void (*close)(cr_store *store);

    /* Runs a body that states no writes. Where the store has CR_TRAIT_SNAPSHOT all its reads
     * see the table at one moment; elsewhere each read is of its own moment. Read statuses, and
     * those of the body. */
    cruddur_status (*read)(cr_store *store, cr_body body, void *context, cr_call *call);

    /* Runs a body and commits its writes, all or none. When a condition fails, runs the body again,
     * until the deadline: then CRUDDUR_E_CONFLICT. When it returns CRUDDUR_OK, the writes are
     * durable. Any other status means that nothing was written, unless the error says that the
     * outcome is unknown. Write statuses, and those of the body. */
    cruddur_status (*change)(cr_store *store, cr_body body, void *context, cr_call *call);

    /* Puts those rows whose keys are free, for imports; the rows are borrowed. Not atomic, and
     * idempotent: a load that failed can be repeated. Of two rows with one key the first is put.
     * *loaded is set on failure, too, to what is certain: more may have been put. Taken keys are no
     * failure. `options` NULL: none of them. Write statuses; CRUDDUR_E_CONFIG for `replaces`
     * without CR_TRAIT_ATOMIC. */
    cruddur_status (*load)(cr_store *store, const cr_row *rows, size_t count,
                           const cr_load_options *options, cr_loaded *loaded, cr_call *call);

    /* Walks over the whole table in an order of the engine's own, from behind the row `after`
     * (absent: from the start), until the sink stops it; `expected` as for a query. Rows that move
     * meanwhile may be missed or seen twice. Read statuses. */
    cruddur_status (*scan)(cr_store *store, cr_key after, size_t expected, cr_sink sink,
                           void *context, cr_call *call);

    /* Makes the table, or adds what it lacks, and waits until it can be used. Write statuses, and
     * those of cruddur_schema_load(). */
    cruddur_status (*schema_load)(cr_store *store, const cruddur_schema_options *options,
                                  cr_call *call);

    /* Adds a line for each difference between the table and what is needed; where there are
     * options, also for what they ask for. Read statuses, and those of cruddur_schema_verify(). */
    cruddur_status (*schema_verify)(cr_store *store, const cruddur_schema_options *options,
                                    cr_lines *differences, cr_call *call);

    /* Adds a line for each table beside this one, and this one. Read statuses. */
    cruddur_status (*schema_list)(cr_store *store, cr_lines *tables, cr_call *call);

    /* Drops the table and waits until it is gone. Write statuses, and those of
     * cruddur_schema_drop(). */
    cruddur_status (*schema_drop)(cr_store *store, const cruddur_schema_options *options,
                                  cr_call *call);

    /* Overwrites what rows that were changed or removed have left in the files of the store. Other
     * writers wait meanwhile. NULL: the engine has no files. Write statuses. */
    cruddur_status (*scrub)(cr_store *store, cr_call *call);

    /* Removes the row of twins (model/store_row.h) if no user has two rows of one group any more.
     * NULL: the engine puts none. Write statuses. */
    cruddur_status (*forget_twins)(cr_store *store, cr_call *call);

    /* Tells which keys were written by the changes after this one (0: by all of them), for at most
     * `limit` entries of the sequence; a large change may have several. Changes are in it that were
     * committed while the store had the row of a watch, or of a move from it (model/store_row.h).
     * NULL: the engine has no sequence. Read statuses. */
    cruddur_status (*read_changes)(cr_store *store, int64_t after, size_t limit,
                                   cr_changed_keys *changed, cr_arena *arena, cr_call *call);

    /* Waits until another handle or program may have changed the table, until `alarm_fd` is
     * readable, or until that time; true: a change is under way, and becomes visible within the
     * next moments. One thread at a time. NULL: the engine is not told, and the table has to be
     * asked. */
    bool (*await)(cr_store *store, int alarm_fd, int64_t until_us);
} cr_store_ops;

/* Facts about an engine that matter to the rules. They may change between two runs of a body. */
enum {
    CR_TRAIT_SNAPSHOT = 0x1u,         /* one read, or one run of a body, sees one moment */
    CR_TRAIT_INDEX_CONSISTENT = 0x2u, /* the index is as fresh as the table, and as cheap */
    CR_TRAIT_ATOMIC = 0x4u,           /* nobody ever sees half of a change, nor is one left over */
    CR_TRAIT_STREAMED = 0x8u, /* somebody else moves the group rows behind each new message */
    CR_TRAIT_OURS = 0x10u,    /* all writers are this library, with CR_TRAIT_ATOMIC and without
                                 CR_TRAIT_STREAMED. Not told where one snapshot shows it all */
    CR_TRAIT_UUIDS = 0x20u,   /* find_claim finds every message with the token as its uuid */
};

typedef struct cr_stream_ops cr_stream_ops; /* store/stream.h */

/* What all engines' stores begin with. */
struct cr_store {
    const cr_store_ops *ops;
    unsigned traits;
    const char *table;           /* its name; lives as long as the store */
    const cr_stream_ops *stream; /* NULL: the engine has no streams */

    /* For changes that contend with each other, by the group's uuid: a thread that is about to
     * change a group's rows enters the group's queue first (cr_queue_enter()), and leaves it when
     * it has written and looked back. NULL: the engine runs one change after the other itself. */
    cr_queues *queues;

    /* Rung after each commit of this process, by any handle of the same table (store/bell.h). */
    cr_bell *bell;

    /* How long a claim is known: a repeat that comes later could be stored twice. */
    int64_t claim_us;

    /* Tells it from other stores of its engine: a file's path, a table's name; lives as long as the
     * store. For cursors. */
    const char *place;
};

/* How long an engine may believe that there is no fence. */
#define CR_FENCE_US INT64_C(2000000)

/* For engines that have no setting for it. */
#define CR_CLAIM_US INT64_C(604800000000) /* 7 days */

/* How an engine is asked to open. */
typedef struct cr_store_options {
    bool must_exist;
    int64_t deadline_us;
    cr_logger logger;
} cr_store_options;

/* Opens the store of a URL; it does without the network. */
cruddur_status cr_store_open(const char *url, const cr_store_options *options, cr_store **ret_store,
                             cruddur_error **error);

#endif
