/* SPDX-License-Identifier: MIT */
/**
 * @file
 * All data of one person: exported, erased; and the names of people in rows, brought up to date.
 *
 * These calls are for operators. There is no check of membership. They walk over the whole table,
 * part by part, in bounded memory; the store may be in use meanwhile. A call that was interrupted
 * can be made again, from the start or with the latest cursor.
 */
#ifndef CRUDDUR_PERSON_H
#define CRUDDUR_PERSON_H

#include <cruddur/handle.h>
#include <cruddur/user.h>

CRUDDUR_BEGIN_DECLS

/** Where a walk is. The observer receives it after each part of the table, and of an export also
 * for each line. It may use it until it returns. All counts are of this call. Since: 0.2. */
typedef struct cruddur_person_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** Rows of the table that were looked at. cruddur_person_erase() looks at each three times, and
     * cruddur_person_rename() with #CRUDDUR_PERSON_MESSAGES twice. */
    uint64_t rows;
    /** Lines of an export. */
    uint64_t lines;
    /** Groups that the person has left, and groups of two that were closed. */
    uint64_t groups;
    /** Messages that were changed. */
    uint64_t messages;
    /** Rows of inboxes that were changed or removed. */
    uint64_t inbox_rows;
    /** Groups whose rows contradict each other, so that the person could not leave them. They are
     * counted in the calls that the cursor continues, too. */
    uint64_t skipped;
    /** Rows of other programs in the person's inbox: no erasure changes them. */
    uint64_t foreign;
    /** Of an export: a line, as a JSON object without a line feed. Otherwise NULL. */
    const char *line;
    /** Where another call can continue; NULL at the end of the walk, and for a line. */
    const char *cursor;
} cruddur_person_event;

/**
 * Receives the progress of a walk, and the lines of an export.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop. After a line, the walk stops at once.
 * Threads: called on the calling thread.
 */
typedef bool (*cruddur_person_fn)(void *data, const cruddur_person_event *event);

/** cruddur_person_erase(): messages keep their text, data and reactions. */
#define CRUDDUR_PERSON_KEEP_TEXT 0x1u

/** cruddur_person_rename(): message rows get the names, too. */
#define CRUDDUR_PERSON_MESSAGES 0x2u

/** Options of the calls on this page. Start from #CRUDDUR_PERSON_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_person_options {
    /** `sizeof (cruddur_person_options)`. */
    size_t size;
    /** #CRUDDUR_PERSON_KEEP_TEXT, #CRUDDUR_PERSON_MESSAGES; each is refused by calls for which it
     * has no meaning. */
    uint32_t flags;
    /** The deadline of each part of the table in milliseconds; 0 for the handle's. The call as a
     * whole has none. */
    uint32_t timeout_ms;
    /** Where to begin: the `cursor` of an event of the same call, with the same flags and for the
     * same person; or NULL for the start. */
    const char *cursor;
    /** Receives events; may be NULL, but for an export. */
    cruddur_person_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_person_options;

/* clang-format off */
/** The defaults: from the start, with the handle's deadline for each part, no observer. */
#define CRUDDUR_PERSON_OPTIONS_INIT {sizeof(cruddur_person_options), 0, 0, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_PERSON_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_person_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_person_options_init(cruddur_person_options *options, size_t size);

/**
 * Exports everything that the table has of one person, for example for a request under
 * data-protection law. The observer receives a JSON object for each row; its member `kind` is one
 * of these:
 *
 * - `message`: a message of the person, with all its attributes;
 * - `inbox`: a row of the person's inbox, with the person's settings;
 * - `name`: a copy of the person's names in the inbox of another member, without the rest of that
 *   row;
 * - `group`: the card of a group whose member the person is;
 * - `reaction`: a reaction of the person to the message of another;
 * - `claim`: a note that a message of the person was stored;
 * - `other`: a row of another program in the person's inbox.
 *
 * Messages of others are no data of this person, and are not exported; the newest message of each
 * group is part of the inbox. A row that moves while the table is walked over may be exported
 * twice.
 *
 * @param dm        the store.
 * @param user_uuid the person.
 * @param options   the observer, and where to begin. Neither may be NULL.
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end of the table, and when the observer stopped it; or
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_UUID,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - a read status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_person_export(cruddur *dm, const char *user_uuid, const cruddur_person_options *options,
                      cruddur_error **error);

/**
 * Erases the data of one person. Remove the person from the application first, so that nothing is
 * sent in the person's name, or names the person, while the call runs. In three passes over the
 * table:
 *
 * 1. The person leaves all groups of more than two members. Groups of two are closed: the other
 *    member can read them, but no message can be sent any more (#CRUDDUR_E_CLOSED).
 * 2. The person's messages become tombstones, as cruddur_msg_delete() makes them, also in groups
 *    that the person has left. The person's reactions are removed. With
 *    #CRUDDUR_PERSON_KEEP_TEXT, messages and reactions stay. Either way the author's display name
 *    becomes "deleted user" and the handle becomes empty.
 * 3. In inboxes the names become the same, the person's settings (muted, archived, pinned) are
 *    removed, and no preview of an erased text is left.
 *
 * Then an SQLite file is rewritten (`VACUUM`) and its log emptied, so that the erased bytes are in
 * neither. Other writers wait meanwhile. That needs free space of the size of the file, there and
 * in the folder for temporary files.
 *
 * The uuid of the person remains in keys, in lists of members and as the author of messages. Names
 * that other people wrote in their messages remain, and so does what other programs have added to
 * rows. docs/person.md lists what the call cannot reach, such as backups.
 *
 * Erasing a person twice changes nothing. A person of whom the table has nothing is no failure.
 *
 * @param dm        the store.
 * @param user_uuid the person.
 * @param options   what to keep, the observer, and where to begin; NULL for the defaults.
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end, and when the observer stopped it; or
 *         - #CRUDDUR_E_STORE_DAMAGED: the file is damaged; or, after the event at the end, groups
 *           were skipped: their rows contradict each other, so that the person could not leave
 *           them. All else is erased. Mend these groups (docs/operations.md), and call it again;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_UUID,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list, person or choice);
 *         - a read or write status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_person_erase(cruddur *dm, const char *user_uuid, const cruddur_person_options *options,
                     cruddur_error **error);

/**
 * Looks up the names that a person has now.
 *
 * @param data      as it was given to cruddur_person_rename().
 * @param user_uuid the person, in lower case.
 * @param user      receives `display_name` and `handle`, which must live until the next call of
 *                  this function; one that stays NULL is left as it is in the rows. `uuid` is not
 *                  read.
 * @return true if the person is known; false leaves the rows as they are.
 * Threads: called on the calling thread, outside of transactions.
 */
typedef bool (*cruddur_person_lookup_fn)(void *data, const char *user_uuid, cruddur_user *user);

/**
 * Brings the copies of names up to date, after people have changed theirs: in the rows of inboxes,
 * and with #CRUDDUR_PERSON_MESSAGES in message rows. A message that is sent with its author's names
 * does so for its group; this call is for groups in which nothing is sent.
 *
 * @param dm          the store.
 * @param lookup      returns a person's names.
 * @param lookup_data passed to `lookup`.
 * @param options     whether to change messages, the observer, and where to begin; NULL for the
 *                    defaults.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end of the table, and when the observer stopped it; or
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - for what `lookup` returned: #CRUDDUR_E_NAME_CHARACTER, #CRUDDUR_E_NAME_TOO_LONG,
 *           #CRUDDUR_E_NOT_UTF8;
 *         - a read or write status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_person_rename(cruddur *dm, cruddur_person_lookup_fn lookup, void *lookup_data,
                      const cruddur_person_options *options, cruddur_error **error);

CRUDDUR_END_DECLS

#endif
