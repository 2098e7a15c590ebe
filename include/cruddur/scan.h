/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The table as it is: every row with its attributes, for tools.
 */
#ifndef CRUDDUR_SCAN_H
#define CRUDDUR_SCAN_H

#include <cruddur/handle.h>
#include <cruddur/list.h>

CRUDDUR_BEGIN_DECLS

/** One page of rows. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_row_page cruddur_row_page;

/** How to scan. Start from #CRUDDUR_SCAN_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_scan_options {
    /** `sizeof (cruddur_scan_options)`. */
    size_t size;
    /** Zero: no bit has a meaning yet. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The most rows, 1 to #CRUDDUR_LIMIT_MAX. */
    uint32_t limit;
    /** Zero. */
    uint32_t reserved;
    /** Where to continue: the cursor of the page before, or NULL. */
    const char *cursor;
} cruddur_scan_options;

/* clang-format off */
/** The defaults: 100 rows from the start. */
#define CRUDDUR_SCAN_OPTIONS_INIT {sizeof(cruddur_scan_options), 0, 0, 100, 0, NULL}
/* clang-format on */

/**
 * The same as #CRUDDUR_SCAN_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_scan_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_scan_options_init(cruddur_scan_options *options, size_t size);

/**
 * Reads rows of the whole table, in the engine's own order. Rows that are written or moved
 * between two pages may be missed or seen twice.
 *
 * @param dm       the store.
 * @param options  how; NULL for the defaults.
 * @param ret_page receives the page; free it with cruddur_row_page_free().
 * @param error    receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_LIMIT, #CRUDDUR_E_CURSOR_DAMAGED, #CRUDDUR_E_CURSOR_FOREIGN,
 *         #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_NULL_ARGUMENT; any `E_STORE_…`; #CRUDDUR_E_TIMEOUT,
 *         #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_scan(cruddur *dm,
                                                         const cruddur_scan_options *options,
                                                         cruddur_row_page **ret_page,
                                                         cruddur_error **error);

/**
 * How many rows are on the page.
 *
 * @param page a page.
 * @return 0 to the limit asked for; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_row_page_count(const cruddur_row_page *page);

/**
 * The cursor that continues the scan.
 *
 * @param page a page.
 * @return text that lives as long as the page; NULL when the scan is at its end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_row_page_next(const cruddur_row_page *page);

/**
 * How many attributes a row can have: the keys, the attributes that the library knows, and last
 * all others together.
 *
 * @return the number; attributes are counted from 0.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_row_attribute_count(void);

/**
 * The name of an attribute in the table, for example "pk" or "message_group_uuid".
 *
 * @param attribute 0 to cruddur_row_attribute_count() less 1. The last is "other_attributes".
 * @return a string that lives as long as the library; NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_row_attribute_name(size_t attribute);

/**
 * An attribute of a row.
 *
 * @param page      a page.
 * @param index     0 to the count less 1.
 * @param attribute as for cruddur_row_attribute_name().
 * @return text that lives as long as the page; NULL where the row lacks the attribute, and beyond
 *         the end. "member_uuids" is a list with commas between. "other_attributes" is a JSON
 *         object of attribute values in DynamoDB's notation, `{"name": {"S": "value"}}`.
 * Threads: any. Since: 0.1. Source: Amazon DynamoDB API Reference, AttributeValue.
 */
CRUDDUR_API const char *cruddur_row_page_get(const cruddur_row_page *page, size_t index,
                                             size_t attribute);

/**
 * Frees a page with all its rows.
 *
 * @param page a page, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_row_page_free(cruddur_row_page *page);

CRUDDUR_END_DECLS

#endif
