# SPDX-License-Identifier: MIT
"""Declarations of the library for ctypes. Made by scripts/declarations.py from the headers."""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_int, c_int64,
                    c_size_t, c_uint32, c_uint64, c_void_p)
from typing import TYPE_CHECKING, Any


class Struct(Structure):
    """A struct of the library."""

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...


class Metrics(Struct):
    _fields_ = [("size", c_size_t), ("operation", c_uint32), ("status", c_uint32),
                ("duration_us", c_int64), ("attempts", c_uint32), ("rows_read", c_uint32),
                ("rows_written", c_uint32), ("requests", c_uint32), ("read_units", c_double),
                ("write_units", c_double), ("waves", c_uint32), ("guesses", c_uint32),
                ("guesses_wrong", c_uint32), ("combined", c_uint32)]


class CheckEvent(Struct):
    _fields_ = [("size", c_size_t), ("kind", c_uint32), ("status", c_uint32),
                ("is_breach", c_uint32), ("is_repaired", c_uint32), ("group_uuid", c_char_p),
                ("user_uuid", c_char_p), ("pk", c_char_p), ("sk", c_char_p), ("message", c_char_p),
                ("cursor", c_char_p), ("rows", c_uint64), ("groups", c_uint64),
                ("breaches", c_uint64), ("repaired", c_uint64), ("notices", c_uint64),
                ("messages", c_uint64), ("message_bytes", c_uint64), ("group_rows", c_uint64),
                ("group_row_bytes", c_uint64), ("cards", c_uint64), ("card_bytes", c_uint64),
                ("claims", c_uint64), ("claim_bytes", c_uint64), ("changes", c_uint64),
                ("change_bytes", c_uint64), ("foreign_rows", c_uint64), ("foreign_bytes", c_uint64)]


class ListOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("limit", c_uint32), ("start", c_uint32), ("order", c_uint32),
                ("consistency", c_uint32), ("cursor", c_char_p), ("since_us", c_int64),
                ("until_us", c_int64), ("around_message_uuid", c_char_p),
                ("around_created_at_us", c_int64)]


class User(Struct):
    _fields_ = [("size", c_size_t), ("uuid", c_char_p), ("display_name", c_char_p),
                ("handle", c_char_p)]


class CreateOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("group_uuid", c_char_p), ("group_name", c_char_p), ("message_uuid", c_char_p),
                ("created_at_us", c_int64), ("reply_to", c_char_p), ("data", c_char_p),
                ("expires_in_s", c_int64)]


class GetOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32)]


class MembersOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32)]


class AppendOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("message_uuid", c_char_p), ("created_at_us", c_int64), ("reply_to", c_char_p),
                ("data", c_char_p), ("expires_in_s", c_int64)]


class ScanOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("limit", c_uint32), ("reserved", c_uint32), ("cursor", c_char_p)]


class UpgradeEvent(Struct):
    _fields_ = [("size", c_size_t), ("kind", c_uint32), ("status", c_uint32), ("rows", c_uint64),
                ("groups", c_uint64), ("cards", c_uint64), ("failed", c_uint64),
                ("group_uuid", c_char_p), ("message", c_char_p), ("cursor", c_char_p)]


class StreamOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("workers", c_uint32), ("reserved", c_uint32)]


class WatchOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("user_uuid", c_char_p), ("group_uuid", c_char_p), ("viewer_uuid", c_char_p),
                ("cursor", c_char_p), ("interval_min_ms", c_uint32), ("interval_max_ms", c_uint32)]


class AsyncOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("threads", c_uint32),
                ("max_requests", c_uint32), ("reserved", c_uint32)]


class FollowEvent(Struct):
    _fields_ = [("size", c_size_t), ("kind", c_uint32), ("status", c_uint32),
                ("shard_id", c_char_p), ("sequence_number", c_char_p), ("message", c_char_p),
                ("records", c_uint32), ("messages", c_uint32), ("groups", c_uint32),
                ("moved", c_uint32), ("lag_ms", c_int64), ("duration_us", c_int64),
                ("wait_ms", c_uint32), ("rows_written", c_uint32), ("requests", c_uint32),
                ("reserved", c_uint32), ("read_units", c_double), ("write_units", c_double)]


class MarkOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("up_to_message_uuid", c_char_p), ("up_to_created_at_us", c_int64),
                ("unread_from_message_uuid", c_char_p), ("unread_from_created_at_us", c_int64)]


class SetOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("archived", c_uint32), ("pinned", c_uint32), ("hidden", c_uint32),
                ("blocked", c_uint32), ("muted_until_us", c_int64)]


class GroupOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("data", c_char_p)]


class MoveEvent(Struct):
    _fields_ = [("size", c_size_t), ("phase", c_uint32), ("reserved", c_uint32), ("rows", c_uint64),
                ("changes", c_uint64), ("put", c_uint64), ("replaced", c_uint64),
                ("removed", c_uint64), ("fenced_us", c_int64)]


class MsgOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("created_at_us", c_int64), ("if_version", c_char_p), ("data", c_char_p)]


class Reaction(Struct):
    _fields_ = [("user_uuid", c_char * 37), ("text", c_char * 65)]


class PersonEvent(Struct):
    _fields_ = [("size", c_size_t), ("rows", c_uint64), ("lines", c_uint64), ("groups", c_uint64),
                ("messages", c_uint64), ("inbox_rows", c_uint64), ("skipped", c_uint64),
                ("foreign", c_uint64), ("line", c_char_p), ("cursor", c_char_p)]


class PurgeEvent(Struct):
    _fields_ = [("size", c_size_t), ("rows", c_uint64), ("removed", c_uint64),
                ("emptied", c_uint64), ("cursor", c_char_p)]


class TransferEvent(Struct):
    _fields_ = [("size", c_size_t), ("rows", c_uint64), ("expected_rows", c_uint64),
                ("bytes", c_uint64), ("put", c_uint64), ("same", c_uint64), ("conflicts", c_uint64),
                ("replaced", c_uint64), ("claims", c_uint64), ("cursor", c_char_p),
                ("pk", c_char_p), ("sk", c_char_p)]


LogFn = CFUNCTYPE(None, c_void_p, c_uint32, c_char_p)
ProgressFn = CFUNCTYPE(None, c_void_p, c_char_p)
IsStoppingFn = CFUNCTYPE(c_bool, c_void_p)
CompleteFn = CFUNCTYPE(None, c_void_p, c_void_p)
WriteFn = CFUNCTYPE(c_bool, c_void_p, POINTER(c_char), c_size_t)
ReadFn = CFUNCTYPE(c_bool, c_void_p, c_void_p, c_size_t, c_void_p)


class SchemaOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("read_units", c_uint32), ("write_units", c_uint32), ("stream_view", c_char_p),
                ("progress", ProgressFn), ("progress_data", c_void_p)]


class SubmitOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("complete", CompleteFn), ("data", c_void_p)]


MetricsFn = CFUNCTYPE(None, c_void_p, POINTER(Metrics))
CheckFn = CFUNCTYPE(c_bool, c_void_p, POINTER(CheckEvent))
UpgradeFn = CFUNCTYPE(c_bool, c_void_p, POINTER(UpgradeEvent))
FollowFn = CFUNCTYPE(None, c_void_p, POINTER(FollowEvent))
MoveFn = CFUNCTYPE(c_bool, c_void_p, POINTER(MoveEvent))
PersonFn = CFUNCTYPE(c_bool, c_void_p, POINTER(PersonEvent))
PersonLookupFn = CFUNCTYPE(c_bool, c_void_p, c_char_p, POINTER(User))
PurgeFn = CFUNCTYPE(c_bool, c_void_p, POINTER(PurgeEvent))
TransferFn = CFUNCTYPE(c_bool, c_void_p, POINTER(TransferEvent))


class Options(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("max_text_chars", c_uint32), ("reserved", c_uint32), ("log", LogFn),
                ("log_data", c_void_p), ("metrics", MetricsFn), ("metrics_data", c_void_p),
                ("retention_s", c_int64)]


class CheckOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("group_uuid", c_char_p), ("user_uuid", c_char_p), ("cursor", c_char_p),
                ("observe", CheckFn), ("data", c_void_p)]


class UpgradeOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("cursor", c_char_p), ("observe", UpgradeFn), ("data", c_void_p)]


class FollowOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("patience_ms", c_uint32), ("from", c_uint32), ("workers", c_uint32),
                ("shards", c_uint32), ("poll_ms", c_uint32), ("batch_limit", c_uint32),
                ("checkpoint", c_char_p), ("is_stopping", IsStoppingFn), ("observe", FollowFn),
                ("data", c_void_p)]


class MoveOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("writers_ms", c_uint32), ("workers", c_uint32), ("checkpoint", c_char_p),
                ("observe", MoveFn), ("data", c_void_p)]


class PersonOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("cursor", c_char_p), ("observe", PersonFn), ("data", c_void_p)]


class PurgeOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("cursor", c_char_p), ("observe", PurgeFn), ("data", c_void_p)]


class ExportOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("cursor", c_char_p), ("observe", TransferFn), ("data", c_void_p)]


class ImportOptions(Struct):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("cursor", c_char_p), ("observe", TransferFn), ("data", c_void_p),
                ("on_conflict", c_uint32), ("workers", c_uint32)]


# The result of each function, and its arguments.
P, S = c_void_p, c_char_p
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "status_name": (S, (c_int,)),
    "status_text": (S, (c_int,)),
    "status_is_retryable": (c_bool, (c_int,)),
    "error_status": (c_int, (P,)),
    "error_message": (S, (P,)),
    "error_argument": (S, (P,)),
    "error_is_retryable": (c_bool, (P,)),
    "error_outcome_unknown": (c_bool, (P,)),
    "error_request_id": (S, (P,)),
    "error_free": (None, (P,)),
    "operation_name": (S, (c_int,)),
    "options_init": (None, (P, c_size_t)),
    "open": (c_int, (S, P, P, P)),
    "close": (None, (P,)),
    "check_options_init": (None, (P, c_size_t)),
    "check": (c_int, (P, P, P)),
    "check_kind_name": (S, (c_uint32,)),
    "check_kind_text": (S, (c_uint32,)),
    "list_options_init": (None, (P, c_size_t)),
    "cursor_direction": (c_uint32, (S,)),
    "create_options_init": (None, (P, c_size_t)),
    "get_options_init": (None, (P, c_size_t)),
    "members_options_init": (None, (P, c_size_t)),
    "group_list": (c_int, (P, S, P, P, P)),
    "group_create": (c_int, (P, P, P, c_size_t, S, P, P, P)),
    "group_direct_uuid": (c_int, (S, S, P, P)),
    "group_get": (c_int, (P, S, S, P, P, P)),
    "group_members": (c_int, (P, S, S, P, P, P)),
    "group_page_count": (c_size_t, (P,)),
    "group_page_at": (P, (P, c_size_t)),
    "group_page_older": (S, (P,)),
    "group_page_newer": (S, (P,)),
    "group_page_has_older": (c_bool, (P,)),
    "group_page_has_newer": (c_bool, (P,)),
    "group_page_free": (None, (P,)),
    "group_uuid": (S, (P,)),
    "group_name": (S, (P,)),
    "group_text": (S, (P,)),
    "group_user_uuid": (S, (P,)),
    "group_user_display_name": (S, (P,)),
    "group_user_handle": (S, (P,)),
    "group_member_count": (c_size_t, (P,)),
    "group_last_message_at_us": (c_int64, (P,)),
    "group_sort_key": (S, (P,)),
    "group_free": (None, (P,)),
    "members_count": (c_size_t, (P,)),
    "members_at": (P, (P, c_size_t)),
    "members_free": (None, (P,)),
    "append_options_init": (None, (P, c_size_t)),
    "msg_list": (c_int, (P, S, S, P, P, P)),
    "msg_append": (c_int, (P, P, S, S, P, P, P)),
    "msg_page_count": (c_size_t, (P,)),
    "msg_page_at": (P, (P, c_size_t)),
    "msg_page_older": (S, (P,)),
    "msg_page_newer": (S, (P,)),
    "msg_page_has_older": (c_bool, (P,)),
    "msg_page_has_newer": (c_bool, (P,)),
    "msg_page_free": (None, (P,)),
    "msg_uuid": (S, (P,)),
    "msg_group_uuid": (S, (P,)),
    "msg_text": (S, (P,)),
    "msg_user_uuid": (S, (P,)),
    "msg_user_display_name": (S, (P,)),
    "msg_user_handle": (S, (P,)),
    "msg_created_at_us": (c_int64, (P,)),
    "msg_sort_key": (S, (P,)),
    "msg_free": (None, (P,)),
    "scan_options_init": (None, (P, c_size_t)),
    "scan": (c_int, (P, P, P, P)),
    "row_page_count": (c_size_t, (P,)),
    "row_page_next": (S, (P,)),
    "row_attribute_count": (c_size_t, ()),
    "row_attribute_name": (S, (c_size_t,)),
    "row_page_get": (S, (P, c_size_t, c_size_t)),
    "row_page_free": (None, (P,)),
    "schema_options_init": (None, (P, c_size_t)),
    "schema_table": (S, (P,)),
    "schema_load": (c_int, (P, P, P)),
    "schema_verify": (c_int, (P, P, P, P)),
    "schema_list": (c_int, (P, P, P, P)),
    "schema_drop": (c_int, (P, P, P)),
    "upgrade_options_init": (None, (P, c_size_t)),
    "schema_upgrade": (c_int, (P, P, P)),
    "lines_count": (c_size_t, (P,)),
    "lines_at": (S, (P, c_size_t)),
    "lines_free": (None, (P,)),
    "stream_options_init": (None, (P, c_size_t)),
    "stream_apply": (c_int, (P, S, c_size_t, P, P, P)),
    "stream_result_answer": (S, (P,)),
    "stream_result_record_count": (c_size_t, (P,)),
    "stream_result_message_count": (c_size_t, (P,)),
    "stream_result_group_count": (c_size_t, (P,)),
    "stream_result_moved_count": (c_size_t, (P,)),
    "stream_result_failure_count": (c_size_t, (P,)),
    "stream_result_failure_record": (c_size_t, (P, c_size_t)),
    "stream_result_failure_sequence_number": (S, (P, c_size_t)),
    "stream_result_failure_status": (c_int, (P, c_size_t)),
    "stream_result_failure_message": (S, (P, c_size_t)),
    "stream_result_free": (None, (P,)),
    "watch_options_init": (None, (P, c_size_t)),
    "watch_open": (c_int, (P, P, P, P)),
    "watch_next": (c_int, (P, c_uint32, P, P)),
    "watch_fd": (c_int, (P,)),
    "watch_cursor": (S, (P,)),
    "watch_close": (None, (P,)),
    "event_get_kind": (c_int, (P,)),
    "event_kind_name": (S, (c_int,)),
    "event_cursor": (S, (P,)),
    "event_group_uuid": (S, (P,)),
    "event_msg": (P, (P,)),
    "event_version": (S, (P,)),
    "event_user_uuid": (S, (P,)),
    "event_read_up_to_us": (c_int64, (P,)),
    "event_free": (None, (P,)),
    "async_options_init": (None, (P, c_size_t)),
    "async_start": (c_int, (P, P, P)),
    "fd": (c_int, (P, P, P)),
    "completion_next": (c_int, (P, c_uint32, P, P)),
    "completion_request": (c_uint64, (P,)),
    "completion_data": (P, (P,)),
    "completion_operation": (c_uint32, (P,)),
    "completion_status": (c_int, (P,)),
    "completion_error": (P, (P,)),
    "completion_changed": (c_bool, (P,)),
    "completion_take_error": (P, (P,)),
    "completion_take_msg_page": (P, (P,)),
    "completion_take_msg": (P, (P,)),
    "completion_take_group_page": (P, (P,)),
    "completion_take_group": (P, (P,)),
    "completion_take_members": (P, (P,)),
    "completion_take_row_page": (P, (P,)),
    "completion_take_lines": (P, (P,)),
    "completion_take_stream_result": (P, (P,)),
    "completion_take_watch": (P, (P,)),
    "completion_free": (None, (P,)),
    "request_cancel": (c_int, (P, c_uint64, P)),
    "shutdown": (c_int, (P, c_uint32, c_uint32, P)),
    "time_now_us": (c_int64, ()),
    "time_format": (c_int, (c_int64, P, P)),
    "time_parse": (c_int, (S, P, P)),
    "msg_field_count": (c_size_t, ()),
    "msg_field_name": (S, (c_size_t,)),
    "msg_fields": (c_size_t, (P, P, c_size_t)),
    "msg_page_fields": (c_size_t, (P, P, c_size_t)),
    "group_field_count": (c_size_t, ()),
    "group_field_name": (S, (c_size_t,)),
    "group_fields": (c_size_t, (P, P, c_size_t)),
    "group_page_fields": (c_size_t, (P, P, c_size_t)),
    "members_fields": (c_size_t, (P, P, c_size_t)),
    "follow_options_init": (None, (P, c_size_t)),
    "stream_follow": (c_int, (P, P, P)),
    "mark_options_init": (None, (P, c_size_t)),
    "group_mark_read": (c_int, (P, S, S, P, P, P)),
    "set_options_init": (None, (P, c_size_t)),
    "group_set": (c_int, (P, S, S, P, P, P)),
    "group_options_init": (None, (P, c_size_t)),
    "group_rename": (c_int, (P, S, S, S, P, P, P)),
    "group_add_members": (c_int, (P, S, S, P, c_size_t, P, P, P)),
    "group_remove_member": (c_int, (P, S, S, S, P, P, P)),
    "group_unread_count": (c_uint32, (P,)),
    "group_unread_is_exact": (c_bool, (P,)),
    "group_read_up_to_us": (c_int64, (P,)),
    "group_muted_until_us": (c_int64, (P,)),
    "group_is_archived": (c_bool, (P,)),
    "group_is_pinned": (c_bool, (P,)),
    "group_is_hidden": (c_bool, (P,)),
    "group_is_blocked": (c_bool, (P,)),
    "group_is_blocked_by_viewer": (c_bool, (P,)),
    "group_data": (S, (P,)),
    "members_read_up_to_us": (c_int64, (P, c_size_t)),
    "move_options_init": (None, (P, c_size_t)),
    "move": (c_int, (P, P, P, P)),
    "uuid_v4": (c_int, (P, P)),
    "uuid_v5": (c_int, (S, S, P, P)),
    "uuid_v7": (c_int, (c_int64, P, P)),
    "uuid_is_valid": (c_bool, (S,)),
    "msg_options_init": (None, (P, c_size_t)),
    "msg_get": (c_int, (P, S, S, S, P, P, P)),
    "msg_edit": (c_int, (P, S, S, S, S, P, P, P, P)),
    "msg_delete": (c_int, (P, S, S, S, P, P, P, P)),
    "msg_react": (c_int, (P, S, S, S, S, c_bool, P, P, P, P)),
    "msg_reaction_count": (c_size_t, (P,)),
    "msg_reaction_at": (c_bool, (P, c_size_t, P)),
    "msg_version": (S, (P,)),
    "msg_edited_at_us": (c_int64, (P,)),
    "msg_deleted_at_us": (c_int64, (P,)),
    "msg_expires_at_us": (c_int64, (P,)),
    "msg_reply_to": (S, (P,)),
    "msg_data": (S, (P,)),
    "person_options_init": (None, (P, c_size_t)),
    "person_export": (c_int, (P, S, P, P)),
    "person_erase": (c_int, (P, S, P, P)),
    "person_rename": (c_int, (P, PersonLookupFn, P, P, P)),
    "purge_options_init": (None, (P, c_size_t)),
    "purge": (c_int, (P, P, P)),
    "submit_options_init": (None, (P, c_size_t)),
    "msg_list_submit": (c_int, (P, S, S, P, P, P, P)),
    "msg_append_submit": (c_int, (P, P, S, S, P, P, P, P)),
    "msg_get_submit": (c_int, (P, S, S, S, P, P, P, P)),
    "msg_edit_submit": (c_int, (P, S, S, S, S, P, P, P, P)),
    "msg_delete_submit": (c_int, (P, S, S, S, P, P, P, P)),
    "msg_react_submit": (c_int, (P, S, S, S, S, c_bool, P, P, P, P)),
    "group_list_submit": (c_int, (P, S, P, P, P, P)),
    "group_create_submit": (c_int, (P, P, P, c_size_t, S, P, P, P, P)),
    "group_get_submit": (c_int, (P, S, S, P, P, P, P)),
    "group_members_submit": (c_int, (P, S, S, P, P, P, P)),
    "group_mark_read_submit": (c_int, (P, S, S, P, P, P, P)),
    "group_set_submit": (c_int, (P, S, S, P, P, P, P)),
    "group_rename_submit": (c_int, (P, S, S, S, P, P, P, P)),
    "group_add_members_submit": (c_int, (P, S, S, P, c_size_t, P, P, P, P)),
    "group_remove_member_submit": (c_int, (P, S, S, S, P, P, P, P)),
    "watch_open_submit": (c_int, (P, P, P, P, P)),
    "export_options_init": (None, (P, c_size_t)),
    "export": (c_int, (P, WriteFn, P, P, P)),
    "import_options_init": (None, (P, c_size_t)),
    "import": (c_int, (P, ReadFn, P, P, P)),
    "scan_submit": (c_int, (P, P, P, P, P)),
    "schema_load_submit": (c_int, (P, P, P, P, P)),
    "schema_verify_submit": (c_int, (P, P, P, P, P)),
    "schema_list_submit": (c_int, (P, P, P, P, P)),
    "schema_drop_submit": (c_int, (P, P, P, P, P)),
    "schema_upgrade_submit": (c_int, (P, P, P, P, P)),
    "stream_apply_submit": (c_int, (P, S, c_size_t, P, P, P, P)),
    "stream_follow_submit": (c_int, (P, P, P, P, P)),
    "purge_submit": (c_int, (P, P, P, P, P)),
    "check_submit": (c_int, (P, P, P, P, P)),
    "export_submit": (c_int, (P, WriteFn, P, P, P, P, P)),
    "import_submit": (c_int, (P, ReadFn, P, P, P, P, P)),
    "move_submit": (c_int, (P, P, P, P, P, P)),
    "person_export_submit": (c_int, (P, S, P, P, P, P)),
    "person_erase_submit": (c_int, (P, S, P, P, P, P)),
    "person_rename_submit": (c_int, (P, PersonLookupFn, P, P, P, P, P)),
    "version": (S, ()),
    "version_number": (c_uint32, ()),
}
