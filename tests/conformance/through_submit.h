/* SPDX-License-Identifier: MIT */
/* Included before all else by the files of a suite, so that each of its calls becomes a submission
 * and the wait for its completion. */
#ifndef TEST_CONFORMANCE_THROUGH_SUBMIT_H
#define TEST_CONFORMANCE_THROUGH_SUBMIT_H

#include <cruddur/cruddur.h>

cruddur_status submitted_msg_list(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                  const cruddur_list_options *options, cruddur_msg_page **ret_page,
                                  cruddur_error **error);
cruddur_status submitted_msg_append(cruddur *dm, const cruddur_user *author, const char *group_uuid,
                                    const char *text, const cruddur_append_options *options,
                                    cruddur_msg **ret_msg, cruddur_error **error);
cruddur_status submitted_msg_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                 const char *message_uuid, const cruddur_msg_options *options,
                                 cruddur_msg **ret_msg, cruddur_error **error);
cruddur_status submitted_msg_edit(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                  const char *message_uuid, const char *text,
                                  const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                  bool *ret_changed, cruddur_error **error);
cruddur_status submitted_msg_delete(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                    const char *message_uuid, const cruddur_msg_options *options,
                                    cruddur_msg **ret_msg, bool *ret_changed,
                                    cruddur_error **error);
cruddur_status submitted_msg_react(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                   const char *message_uuid, const char *reaction, bool is_added,
                                   const cruddur_msg_options *options, cruddur_msg **ret_msg,
                                   bool *ret_changed, cruddur_error **error);
cruddur_status submitted_group_list(cruddur *dm, const char *user_uuid,
                                    const cruddur_list_options *options,
                                    cruddur_group_page **ret_page, cruddur_error **error);
cruddur_status submitted_group_create(cruddur *dm, const cruddur_user *creator,
                                      const cruddur_user *others, size_t n_others, const char *text,
                                      const cruddur_create_options *options,
                                      cruddur_group **ret_group, cruddur_error **error);
cruddur_status submitted_group_get(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                   const cruddur_get_options *options, cruddur_group **ret_group,
                                   cruddur_error **error);
cruddur_status submitted_group_members(cruddur *dm, const char *viewer_uuid, const char *group_uuid,
                                       const cruddur_members_options *options,
                                       cruddur_members **ret_members, cruddur_error **error);
cruddur_status submitted_group_mark_read(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                         const cruddur_mark_options *options,
                                         cruddur_group **ret_group, cruddur_error **error);
cruddur_status submitted_group_set(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                   const cruddur_set_options *options, cruddur_group **ret_group,
                                   cruddur_error **error);
cruddur_status submitted_group_rename(cruddur *dm, const char *user_uuid, const char *group_uuid,
                                      const char *name, const cruddur_group_options *options,
                                      cruddur_group **ret_group, cruddur_error **error);
cruddur_status submitted_group_add_members(cruddur *dm, const char *user_uuid,
                                           const char *group_uuid, const cruddur_user *people,
                                           size_t n_people, const cruddur_group_options *options,
                                           cruddur_group **ret_group, cruddur_error **error);
cruddur_status submitted_group_remove_member(cruddur *dm, const char *user_uuid,
                                             const char *group_uuid, const char *member_uuid,
                                             const cruddur_group_options *options,
                                             cruddur_group **ret_group, cruddur_error **error);
cruddur_status submitted_scan(cruddur *dm, const cruddur_scan_options *options,
                              cruddur_row_page **ret_page, cruddur_error **error);
cruddur_status submitted_schema_load(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_error **error);
cruddur_status submitted_schema_verify(cruddur *dm, const cruddur_schema_options *options,
                                       cruddur_lines **ret_differences, cruddur_error **error);
cruddur_status submitted_schema_list(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_lines **ret_tables, cruddur_error **error);
cruddur_status submitted_schema_drop(cruddur *dm, const cruddur_schema_options *options,
                                     cruddur_error **error);
cruddur_status submitted_schema_upgrade(cruddur *dm, const cruddur_upgrade_options *options,
                                        cruddur_error **error);
cruddur_status submitted_stream_apply(cruddur *dm, const char *event, size_t event_size,
                                      const cruddur_stream_options *options,
                                      cruddur_stream_result **ret_result, cruddur_error **error);
cruddur_status submitted_stream_follow(cruddur *dm, const cruddur_follow_options *options,
                                       cruddur_error **error);
cruddur_status submitted_purge(cruddur *dm, const cruddur_purge_options *options,
                               cruddur_error **error);
cruddur_status submitted_check(cruddur *dm, const cruddur_check_options *options,
                               cruddur_error **error);
cruddur_status submitted_export(cruddur *dm, cruddur_write_fn write, void *data,
                                const cruddur_export_options *options, cruddur_error **error);
cruddur_status submitted_import(cruddur *dm, cruddur_read_fn read, void *data,
                                const cruddur_import_options *options, cruddur_error **error);
cruddur_status submitted_move(cruddur *from, cruddur *to, const cruddur_move_options *options,
                              cruddur_error **error);
cruddur_status submitted_person_export(cruddur *dm, const char *user_uuid,
                                       const cruddur_person_options *options,
                                       cruddur_error **error);
cruddur_status submitted_person_erase(cruddur *dm, const char *user_uuid,
                                      const cruddur_person_options *options, cruddur_error **error);
cruddur_status submitted_person_rename(cruddur *dm, cruddur_person_lookup_fn lookup,
                                       void *lookup_data, const cruddur_person_options *options,
                                       cruddur_error **error);
cruddur_status submitted_watch_open(cruddur *dm, const cruddur_watch_options *options,
                                    cruddur_watch **ret_watch, cruddur_error **error);

#define cruddur_msg_list(...) submitted_msg_list(__VA_ARGS__)
#define cruddur_msg_append(...) submitted_msg_append(__VA_ARGS__)
#define cruddur_msg_get(...) submitted_msg_get(__VA_ARGS__)
#define cruddur_msg_edit(...) submitted_msg_edit(__VA_ARGS__)
#define cruddur_msg_delete(...) submitted_msg_delete(__VA_ARGS__)
#define cruddur_msg_react(...) submitted_msg_react(__VA_ARGS__)
#define cruddur_group_list(...) submitted_group_list(__VA_ARGS__)
#define cruddur_group_create(...) submitted_group_create(__VA_ARGS__)
#define cruddur_group_get(...) submitted_group_get(__VA_ARGS__)
#define cruddur_group_members(...) submitted_group_members(__VA_ARGS__)
#define cruddur_group_mark_read(...) submitted_group_mark_read(__VA_ARGS__)
#define cruddur_group_set(...) submitted_group_set(__VA_ARGS__)
#define cruddur_group_rename(...) submitted_group_rename(__VA_ARGS__)
#define cruddur_group_add_members(...) submitted_group_add_members(__VA_ARGS__)
#define cruddur_group_remove_member(...) submitted_group_remove_member(__VA_ARGS__)
#define cruddur_scan(...) submitted_scan(__VA_ARGS__)
#define cruddur_schema_load(...) submitted_schema_load(__VA_ARGS__)
#define cruddur_schema_verify(...) submitted_schema_verify(__VA_ARGS__)
#define cruddur_schema_list(...) submitted_schema_list(__VA_ARGS__)
#define cruddur_schema_drop(...) submitted_schema_drop(__VA_ARGS__)
#define cruddur_schema_upgrade(...) submitted_schema_upgrade(__VA_ARGS__)
#define cruddur_stream_apply(...) submitted_stream_apply(__VA_ARGS__)
#define cruddur_stream_follow(...) submitted_stream_follow(__VA_ARGS__)
#define cruddur_purge(...) submitted_purge(__VA_ARGS__)
#define cruddur_check(...) submitted_check(__VA_ARGS__)
#define cruddur_export(...) submitted_export(__VA_ARGS__)
#define cruddur_import(...) submitted_import(__VA_ARGS__)
#define cruddur_move(...) submitted_move(__VA_ARGS__)
#define cruddur_person_export(...) submitted_person_export(__VA_ARGS__)
#define cruddur_person_erase(...) submitted_person_erase(__VA_ARGS__)
#define cruddur_person_rename(...) submitted_person_rename(__VA_ARGS__)
#define cruddur_watch_open(...) submitted_watch_open(__VA_ARGS__)

#endif
