/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Submitting calls on a whole table; see submit.h. Those that walk over the table keep a thread of
 * the handle busy until they end. Their observers and functions run on that thread.
 */
#ifndef CRUDDUR_SUBMIT_TABLE_H
#define CRUDDUR_SUBMIT_TABLE_H

#include <cruddur/check.h>
#include <cruddur/follow.h>
#include <cruddur/move.h>
#include <cruddur/person.h>
#include <cruddur/purge.h>
#include <cruddur/submit.h>
#include <cruddur/transfer.h>

CRUDDUR_BEGIN_DECLS

/**
 * Submits cruddur_scan(). The result: cruddur_completion_take_row_page().
 *
 * @param dm          the store.
 * @param options     as for cruddur_scan().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_scan();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_scan_submit(
    cruddur *dm, const cruddur_scan_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_schema_load().
 *
 * @param dm          the store.
 * @param options     as for cruddur_schema_load().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_load();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_schema_load_submit(
    cruddur *dm, const cruddur_schema_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_schema_verify(). The result: cruddur_completion_take_lines().
 *
 * @param dm          the store.
 * @param options     as for cruddur_schema_verify().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_verify();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_schema_verify_submit(
    cruddur *dm, const cruddur_schema_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_schema_list(). The result: cruddur_completion_take_lines().
 *
 * @param dm          the store.
 * @param options     as for cruddur_schema_list().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_list();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_schema_list_submit(
    cruddur *dm, const cruddur_schema_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_schema_drop().
 *
 * @param dm          the store.
 * @param options     as for cruddur_schema_drop().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_drop();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_schema_drop_submit(
    cruddur *dm, const cruddur_schema_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_schema_upgrade().
 *
 * @param dm          the store.
 * @param options     as for cruddur_schema_upgrade().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_upgrade();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_schema_upgrade_submit(
    cruddur *dm, const cruddur_upgrade_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_stream_apply(). The result: cruddur_completion_take_stream_result().
 *
 * @param dm          the store.
 * @param event       as for cruddur_stream_apply().
 * @param event_size  as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_stream_apply();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_stream_apply_submit(
    cruddur *dm, const char *event, size_t event_size, const cruddur_stream_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_stream_follow(). The follower keeps a thread of the handle until it ends:
 * cruddur_request_cancel() ends it, too.
 *
 * @param dm          the store.
 * @param options     as for cruddur_stream_follow().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_stream_follow();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_stream_follow_submit(
    cruddur *dm, const cruddur_follow_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_purge().
 *
 * @param dm          the store.
 * @param options     as for cruddur_purge().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_purge();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_purge_submit(
    cruddur *dm, const cruddur_purge_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_check().
 *
 * @param dm          the store.
 * @param options     as for cruddur_check().
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_check();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_check_submit(
    cruddur *dm, const cruddur_check_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_export(). Its functions run on a thread of the handle.
 *
 * @param dm          the store.
 * @param write       as for cruddur_export().
 * @param data        as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_export();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_export_submit(
    cruddur *dm, cruddur_write_fn write, void *data, const cruddur_export_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_import(). Its functions run on a thread of the handle.
 *
 * @param dm          the store.
 * @param read        as for cruddur_import().
 * @param data        as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_import();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_import_submit(
    cruddur *dm, cruddur_read_fn read, void *data, const cruddur_import_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_move(). `from` makes the call and gets the completion; `to` must stay open until
 * then.
 *
 * @param from        as for cruddur_move().
 * @param to          as for cruddur_move().
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_move();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_move_submit(
    cruddur *from, cruddur *to, const cruddur_move_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_person_export().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_person_export().
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_person_export();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_person_export_submit(
    cruddur *dm, const char *user_uuid, const cruddur_person_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_person_erase().
 *
 * @param dm          the store.
 * @param user_uuid   as for cruddur_person_erase().
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_person_erase();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_person_erase_submit(
    cruddur *dm, const char *user_uuid, const cruddur_person_options *options,
    const cruddur_submit_options *submit, uint64_t *ret_request, cruddur_error **error);

/**
 * Submits cruddur_person_rename().
 *
 * @param dm          the store.
 * @param lookup      as for cruddur_person_rename().
 * @param lookup_data as there.
 * @param options     as there.
 * @param submit      how to submit; NULL for the defaults.
 * @param ret_request receives the number of the request; may be NULL.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_person_rename();
 *         - a submission status.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_person_rename_submit(
    cruddur *dm, cruddur_person_lookup_fn lookup, void *lookup_data,
    const cruddur_person_options *options, const cruddur_submit_options *submit,
    uint64_t *ret_request, cruddur_error **error);

CRUDDUR_END_DECLS

#endif
