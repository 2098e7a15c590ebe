# SPDX-License-Identifier: MIT
"""The library from Python, by ctypes: what its tests and measurements call of it."""
import ctypes
from ctypes import (CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t,
                    c_uint32, c_void_p)


class User(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("uuid", c_char_p), ("display_name", c_char_p),
                ("handle", c_char_p)]

    def __init__(self, uuid, display_name, handle):
        super().__init__(ctypes.sizeof(User), uuid, display_name, handle)


class Metrics(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("operation", c_uint32), ("status", c_uint32), ("us", c_int64),
                ("attempts", c_uint32), ("rows_read", c_uint32), ("rows_written", c_uint32),
                ("requests", c_uint32), ("read_units", c_double), ("write_units", c_double),
                ("waves", c_uint32), ("guesses", c_uint32), ("guesses_wrong", c_uint32),
                ("combined", c_uint32)]


OnMetrics = CFUNCTYPE(None, c_void_p, POINTER(Metrics))


class Options(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("max_text_chars", c_uint32), ("reserved", c_uint32), ("log", c_void_p),
                ("log_data", c_void_p), ("metrics", OnMetrics), ("metrics_data", c_void_p),
                ("retention_s", c_int64)]


class ListOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("limit", c_uint32), ("start", c_uint32), ("order", c_uint32),
                ("consistency", c_uint32), ("cursor", c_char_p), ("since_us", c_int64),
                ("until_us", c_int64), ("around_message_uuid", c_char_p),
                ("around_created_at_us", c_int64)]

    def __init__(self, limit=20, order=0):
        super().__init__(ctypes.sizeof(ListOptions), 0, 0, limit, 0, order, 0, None, -2**63,
                         2**63 - 1, None, 0)


class CreateOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("group_uuid", c_char_p), ("group_name", c_char_p), ("message_uuid", c_char_p),
                ("created_at_us", c_int64), ("reply_to", c_char_p), ("data", c_char_p),
                ("expires_in_s", c_int64)]


class AppendOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("message_uuid", c_char_p), ("created_at_us", c_int64), ("reply_to", c_char_p),
                ("data", c_char_p), ("expires_in_s", c_int64)]


class ReadOptions(ctypes.Structure):
    """Of group_get and of group_members."""
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32)]


class MsgOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("created_at_us", c_int64), ("if_version", c_char_p), ("data", c_char_p)]


class MarkOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("up_to_message_uuid", c_char_p), ("up_to_created_at_us", c_int64),
                ("unread_from_message_uuid", c_char_p), ("unread_from_created_at_us", c_int64)]


class SetOptions(ctypes.Structure):
    """The switches: 0 keeps, 1 is on, 2 is off."""
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("archived", c_uint32), ("pinned", c_uint32), ("hidden", c_uint32),
                ("blocked", c_uint32), ("muted_until_us", c_int64)]


class GroupOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("data", c_char_p)]


class StreamOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("workers", c_uint32), ("reserved", c_uint32)]

    def __init__(self, timeout_ms, workers):
        super().__init__(ctypes.sizeof(StreamOptions), 0, timeout_ms, workers, 0)


class FollowEvent(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("kind", c_uint32), ("status", c_uint32), ("shard_id", c_char_p),
                ("sequence_number", c_char_p), ("message", c_char_p), ("records", c_uint32),
                ("messages", c_uint32), ("groups", c_uint32), ("moved", c_uint32),
                ("lag_ms", c_int64), ("duration_us", c_int64), ("wait_ms", c_uint32),
                ("rows_written", c_uint32), ("requests", c_uint32), ("reserved", c_uint32),
                ("read_units", c_double), ("write_units", c_double)]


IsStopping = CFUNCTYPE(c_bool, c_void_p)
Observe = CFUNCTYPE(None, c_void_p, POINTER(FollowEvent))


class FollowOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("timeout_ms", c_uint32),
                ("patience_ms", c_uint32), ("from_", c_uint32), ("workers", c_uint32),
                ("shards", c_uint32), ("poll_ms", c_uint32), ("batch_limit", c_uint32),
                ("checkpoint", c_char_p), ("is_stopping", IsStopping), ("observe", Observe),
                ("data", c_void_p)]


# ---- the functions ----

OUTPUT = ERROR = POINTER(c_void_p)
# Those that can fail: their arguments. Each ends with an error, and most with an output before it.
CALLS = {
    "open": (c_char_p, POINTER(Options), OUTPUT, ERROR),
    "schema_load": (c_void_p, c_void_p, ERROR),
    "schema_upgrade": (c_void_p, c_void_p, ERROR),
    "group_create": (c_void_p, POINTER(User), POINTER(User), c_size_t, c_char_p, c_void_p, OUTPUT,
                     ERROR),
    "group_get": (c_void_p, c_char_p, c_char_p, POINTER(ReadOptions), OUTPUT, ERROR),
    "group_members": (c_void_p, c_char_p, c_char_p, POINTER(ReadOptions), OUTPUT, ERROR),
    "group_list": (c_void_p, c_char_p, POINTER(ListOptions), OUTPUT, ERROR),
    "group_mark_read": (c_void_p, c_char_p, c_char_p, POINTER(MarkOptions), OUTPUT, ERROR),
    "group_set": (c_void_p, c_char_p, c_char_p, POINTER(SetOptions), OUTPUT, ERROR),
    "group_rename": (c_void_p, c_char_p, c_char_p, c_char_p, POINTER(GroupOptions), OUTPUT, ERROR),
    "group_add_members": (c_void_p, c_char_p, c_char_p, POINTER(User), c_size_t,
                          POINTER(GroupOptions), OUTPUT, ERROR),
    "group_remove_member": (c_void_p, c_char_p, c_char_p, c_char_p, POINTER(GroupOptions), OUTPUT,
                            ERROR),
    "msg_append": (c_void_p, POINTER(User), c_char_p, c_char_p, c_void_p, OUTPUT, ERROR),
    "msg_get": (c_void_p, c_char_p, c_char_p, c_char_p, POINTER(MsgOptions), OUTPUT, ERROR),
    "msg_edit": (c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, POINTER(MsgOptions), OUTPUT,
                 POINTER(c_bool), ERROR),
    "msg_delete": (c_void_p, c_char_p, c_char_p, c_char_p, POINTER(MsgOptions), OUTPUT,
                   POINTER(c_bool), ERROR),
    "msg_react": (c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, c_bool, POINTER(MsgOptions),
                  OUTPUT, POINTER(c_bool), ERROR),
    "msg_list": (c_void_p, c_char_p, c_char_p, POINTER(ListOptions), OUTPUT, ERROR),
    "stream_apply": (c_void_p, c_char_p, c_size_t, POINTER(StreamOptions), OUTPUT, ERROR),
    "stream_follow": (c_void_p, POINTER(FollowOptions), ERROR),
}
DEFAULTS = {"options_init": Options, "follow_options_init": FollowOptions,
            "create_options_init": CreateOptions, "append_options_init": AppendOptions,
            "list_options_init": ListOptions, "get_options_init": ReadOptions,
            "members_options_init": ReadOptions, "msg_options_init": MsgOptions,
            "mark_options_init": MarkOptions, "set_options_init": SetOptions,
            "group_options_init": GroupOptions}
TEXTS = ("error_message", "group_text", "group_user_display_name", "group_uuid", "msg_page_older",
         "msg_sort_key", "msg_text", "msg_uuid", "stream_result_answer")
ENDS = ("close", "error_free", "group_free", "group_page_free", "members_free", "msg_free",
        "msg_page_free", "stream_result_free")


def declare(library, name, result, *arguments):
    function = getattr(library, f"cruddur_{name}")
    function.restype = result
    function.argtypes = arguments


def load(path):
    library = ctypes.CDLL(path)
    for name, arguments in CALLS.items():
        declare(library, name, c_int, *arguments)
    for name, options in DEFAULTS.items():
        declare(library, name, None, POINTER(options), c_size_t)
    for name in TEXTS:
        declare(library, name, c_char_p, c_void_p)
    for name in ENDS:
        declare(library, name, None, c_void_p)
    declare(library, "status_name", c_char_p, c_int)
    declare(library, "status_is_retryable", c_bool, c_int)
    declare(library, "members_count", c_size_t, c_void_p)
    declare(library, "members_at", POINTER(User), c_void_p, c_size_t)
    declare(library, "members_read_up_to_us", c_int64, c_void_p, c_size_t)
    declare(library, "msg_created_at_us", c_int64, c_void_p)
    declare(library, "group_unread_count", c_uint32, c_void_p)
    for name in ("msg_page", "group_page"):
        declare(library, f"{name}_count", c_size_t, c_void_p)
        declare(library, f"{name}_at", c_void_p, c_void_p, c_size_t)
    return library


class Failed(Exception):
    """A call of the library's failed."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


def call(library, name, *arguments):
    """Calls one of those that can fail; its output, or None where it has none."""
    output = c_void_p()
    error = c_void_p()
    has_output = OUTPUT in CALLS[name][:-1]
    # Those that tell whether they changed anything do so after the output; it is not asked for.
    is_changed = [None] if POINTER(c_bool) in CALLS[name] else []
    outputs = [byref(output), *is_changed] if has_output else []
    status = getattr(library, f"cruddur_{name}")(*arguments, *outputs, byref(error))
    if bool(error) != (status != 0):
        raise AssertionError(f"{name}: status {status}, and {'an' if error else 'no'} error")
    if status != 0:
        message = library.cruddur_error_message(error).decode()
        library.cruddur_error_free(error)
        raise Failed(f"{name}: {message}", status)
    return output if has_output else None


def default(library, name):
    """Options as the library fills them in."""
    options = DEFAULTS[name]()
    getattr(library, f"cruddur_{name}")(byref(options), ctypes.sizeof(options))
    return options
