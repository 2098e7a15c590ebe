/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Everything that a page, a message, a group or a list of members has, as one text: for programs
 * that use the library through a foreign function interface, where each call costs more than what
 * it returns. One call takes the place of twelve accessors for each message.
 *
 * The text is a sequence of fields in UTF-8, each followed by a NUL; no field contains one. Each
 * object has the same number of fields in the same order, which the functions `…_field_count()` and
 * `…_field_name()` tell. Later versions append fields and change none. A field has the name of the
 * accessor that returns its value, without the prefix `cruddur_msg_` or `cruddur_group_`:
 * - a text is as it is; what the accessor returns as NULL is empty;
 * - a time is a number of microseconds since 1970 in decimal digits, and empty where the accessor
 *   returns #CRUDDUR_TIME_UNKNOWN; a count is a number, too;
 * - what is true is `1`, and what is false is empty;
 * - `reactions` has a line for each reaction, `<character> <user uuid>`, with line feeds between.
 *
 * A page begins with #CRUDDUR_PAGE_FIELDS fields of its own: `older`, `newer`, `has_older` and
 * `has_newer`. The fields of its rows follow, in the order of the page.
 *
 * The caller supplies the buffer. The functions return how many bytes the text has. If that is more
 * than the buffer holds, what was written there is incomplete: call again with a larger one. A
 * buffer of 64 KB holds most pages of 20.
 */
#ifndef CRUDDUR_FIELDS_H
#define CRUDDUR_FIELDS_H

#include <cruddur/group.h>
#include <cruddur/msg.h>
#include <cruddur/time.h>

CRUDDUR_BEGIN_DECLS

/** The fields with which a page begins. */
#define CRUDDUR_PAGE_FIELDS 4

/**
 * Returns how many fields a message has.
 *
 * @return 15 in this version.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_msg_field_count(void);

/**
 * Returns the name of a message's field.
 *
 * @param field 0 to the count less 1.
 * @return a string that lives as long as the library; NULL beyond the end.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_msg_field_name(size_t field);

/**
 * Writes the fields of a message.
 *
 * @param msg    a message; not NULL.
 * @param buffer receives the text; may be NULL if `size` is 0.
 * @param size   the size of the buffer in bytes.
 * @return the size of the text in bytes.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_msg_fields(const cruddur_msg *msg, char *buffer, size_t size);

/**
 * Writes the fields of a page and of all its messages.
 *
 * @param page   a page, or NULL.
 * @param buffer receives the text; may be NULL if `size` is 0.
 * @param size   the size of the buffer in bytes.
 * @return the size of the text in bytes; 0 for NULL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_msg_page_fields(const cruddur_msg_page *page, char *buffer, size_t size);

/**
 * Returns how many fields a group has.
 *
 * @return 19 in this version.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_group_field_count(void);

/**
 * Returns the name of a group's field.
 *
 * @param field 0 to the count less 1.
 * @return a string that lives as long as the library; NULL beyond the end.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_group_field_name(size_t field);

/**
 * Writes the fields of a group.
 *
 * @param group  a group; not NULL.
 * @param buffer receives the text; may be NULL if `size` is 0.
 * @param size   the size of the buffer in bytes.
 * @return the size of the text in bytes.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_group_fields(const cruddur_group *group, char *buffer, size_t size);

/**
 * Writes the fields of a page and of all its groups.
 *
 * @param page   a page, or NULL.
 * @param buffer receives the text; may be NULL if `size` is 0.
 * @param size   the size of the buffer in bytes.
 * @return the size of the text in bytes; 0 for NULL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_group_page_fields(const cruddur_group_page *page, char *buffer,
                                             size_t size);

/**
 * Writes the fields of all members of a group. Those of each are `uuid`, `display_name`, `handle`
 * and `read_up_to_us`; a later version may append more, and then has a function that counts them.
 *
 * @param members members, or NULL.
 * @param buffer  receives the text; may be NULL if `size` is 0.
 * @param size    the size of the buffer in bytes.
 * @return the size of the text in bytes; 0 for NULL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API size_t cruddur_members_fields(const cruddur_members *members, char *buffer,
                                          size_t size);

CRUDDUR_END_DECLS

#endif
