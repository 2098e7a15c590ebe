/* SPDX-License-Identifier: MIT */
/* Submissions: calls on a whole table. */
#include "cruddur/submitting.h"

CR_SUBMISSION(scan, scan, (CRUDDUR_OP_SCAN, CR_PRODUCT_row_page, CR_NO_ORDER, false),
              (const cruddur_scan_options *options), (.flag = false),
              (dm, given->options, &out->row_page, error));

CR_SUBMISSION(schema_load, schema, (CRUDDUR_OP_SCHEMA_LOAD, CR_PRODUCT_none, CR_NO_ORDER, false),
              (const cruddur_schema_options *options), (.flag = false),
              (dm, given->options, error));

CR_SUBMISSION(schema_verify, schema,
              (CRUDDUR_OP_SCHEMA_VERIFY, CR_PRODUCT_lines, CR_NO_ORDER, false),
              (const cruddur_schema_options *options), (.flag = false),
              (dm, given->options, &out->lines, error));

CR_SUBMISSION(schema_list, schema, (CRUDDUR_OP_SCHEMA_LIST, CR_PRODUCT_lines, CR_NO_ORDER, false),
              (const cruddur_schema_options *options), (.flag = false),
              (dm, given->options, &out->lines, error));

CR_SUBMISSION(schema_drop, schema, (CRUDDUR_OP_SCHEMA_DROP, CR_PRODUCT_none, CR_NO_ORDER, false),
              (const cruddur_schema_options *options), (.flag = false),
              (dm, given->options, error));

CR_SUBMISSION(schema_upgrade, upgrade,
              (CRUDDUR_OP_SCHEMA_UPGRADE, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const cruddur_upgrade_options *options), (.flag = false),
              (dm, given->options, error));

CR_SUBMISSION(stream_apply, stream,
              (CRUDDUR_OP_STREAM_APPLY, CR_PRODUCT_stream_result, CR_NO_ORDER, false),
              (const char *event, size_t event_size, const cruddur_stream_options *options),
              (.bytes = event, .size = event_size),
              (dm, given->bytes, given->size, given->options, &out->stream_result, error));

CR_SUBMISSION(stream_follow, follow, (CRUDDUR_OP_STREAM_FOLLOW, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const cruddur_follow_options *options), (.flag = false),
              (dm, given->options, error));

CR_SUBMISSION(purge, purge, (CRUDDUR_OP_PURGE, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const cruddur_purge_options *options), (.flag = false), (dm, given->options, error));

CR_SUBMISSION(check, check, (CRUDDUR_OP_CHECK, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const cruddur_check_options *options), (.flag = false), (dm, given->options, error));

CR_SUBMISSION(export, export, (CRUDDUR_OP_EXPORT, CR_PRODUCT_none, CR_NO_ORDER, true),
              (cruddur_write_fn write, void *data, const cruddur_export_options *options),
              (.write = write, .data = data),
              (dm, given->write, given->data, given->options, error));

CR_SUBMISSION(import, import, (CRUDDUR_OP_IMPORT, CR_PRODUCT_none, CR_NO_ORDER, true),
              (cruddur_read_fn read, void *data, const cruddur_import_options *options),
              (.read = read, .data = data), (dm, given->read, given->data, given->options, error));

CR_SUBMISSION(move, move, (CRUDDUR_OP_MOVE, CR_PRODUCT_none, CR_NO_ORDER, true),
              (cruddur * to, const cruddur_move_options *options), (.other = to),
              (dm, given->other, given->options, error));

CR_SUBMISSION(person_export, person, (CRUDDUR_OP_PERSON_EXPORT, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const char *user_uuid, const cruddur_person_options *options), (.text = {user_uuid}),
              (dm, given->text[0], given->options, error));

CR_SUBMISSION(person_erase, person, (CRUDDUR_OP_PERSON_ERASE, CR_PRODUCT_none, CR_NO_ORDER, true),
              (const char *user_uuid, const cruddur_person_options *options), (.text = {user_uuid}),
              (dm, given->text[0], given->options, error));

CR_SUBMISSION(person_rename, person, (CRUDDUR_OP_PERSON_RENAME, CR_PRODUCT_none, CR_NO_ORDER, true),
              (cruddur_person_lookup_fn lookup, void *lookup_data,
               const cruddur_person_options *options),
              (.lookup = lookup, .data = lookup_data),
              (dm, given->lookup, given->data, given->options, error));
