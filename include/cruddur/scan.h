/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The raw table: every row with its attributes, for tools, exports and checks.
 */
#ifndef CRUDDUR_SCAN_H
#define CRUDDUR_SCAN_H

#include <cruddur/handle.h>
#include <cruddur/list.h>

CRUDDUR_BEGIN_DECLS

/** A page of rows. Immutable; outlives the handle. */
typedef struct cruddur_row_page cruddur_row_page;

/** Options of cruddur_scan(). Start from #CRUDDUR_SCAN_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_scan_options {
    /** `sizeof (cruddur_scan_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The most rows on the page, 1 to #CRUDDUR_LIMIT_MAX. */
    uint32_t limit;
    /** Must be 0. */
    uint32_t reserved;
    /** Where to continue: the cursor of the page before, or NULL for the first page. */
    const char *cursor;
} cruddur_scan_options;

/* clang-format off */
/** The defaults: the first 100 rows. */
#define CRUDDUR_SCAN_OPTIONS_INIT {sizeof(cruddur_scan_options), 0, 0, 100, 0, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_SCAN_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_scan_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_scan_options_init(cruddur_scan_options *options, size_t size);

/**
 * Reads rows of the whole table, in the engine's own order: foreign rows too, and those about the
 * store itself (partition keys that begin with `STORE#`), which belong to this table alone. There
 * is no check of membership: offer this to operators only. Rows that are written or moved between
 * two pages may be missed or seen twice. Rows whose keys contain U+0000 are left out.
 *
 * @param dm       the store.
 * @param options  the options; NULL for the defaults.
 * @param ret_page receives the page; free it with cruddur_row_page_free().
 * @param error    receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_LIMIT, #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - a read status.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_scan(cruddur *dm,
                                                         const cruddur_scan_options *options,
                                                         cruddur_row_page **ret_page,
                                                         cruddur_error **error);

/**
 * Returns the number of rows on a page.
 *
 * @param page a page, or NULL.
 * @return 0 to the limit; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_row_page_count(const cruddur_row_page *page);

/**
 * Returns the cursor that continues the scan.
 *
 * @param page a page, or NULL.
 * @return text that lives as long as the page; NULL after the last row, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_row_page_next(const cruddur_row_page *page);

/**
 * Returns the number of attributes that a row can have: the keys, the attributes that the library
 * knows, and one for all others together.
 *
 * @return the number. Attributes are counted from 0.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_row_attribute_count(void);

/**
 * Returns the name of an attribute in the table, for example "pk" or "message_group_uuid".
 *
 * @param attribute 0 to cruddur_row_attribute_count() less 1. The last is "other_attributes".
 * @return a string that lives as long as the library; NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_row_attribute_name(size_t attribute);

/**
 * Returns an attribute of a row.
 *
 * @param page      a page, or NULL.
 * @param index     0 to the count less 1.
 * @param attribute as for cruddur_row_attribute_name().
 * @return text that lives as long as the page; NULL if the row lacks the attribute, beyond the end,
 *         and for NULL. "member_uuids" is a list separated by commas. "other_attributes" is a JSON
 *         object of attribute values in DynamoDB's notation, `{"name": {"S": "value"}}`. U+0000 in
 *         a value is given as U+FFFD.
 * Threads: any. Since: 0.1. Source: Amazon DynamoDB API Reference, AttributeValue.
 */
CRUDDUR_API const char *cruddur_row_page_get(const cruddur_row_page *page, size_t index,
                                             size_t attribute);

/**
 * Frees a page with all its rows.
 *
 * @param page a page, or NULL.
 * Threads: any; no other thread may be using the page. Since: 0.1.
 */
CRUDDUR_API void cruddur_row_page_free(cruddur_row_page *page);

CRUDDUR_END_DECLS

#endif
