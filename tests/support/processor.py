# SPDX-License-Identifier: MIT
"""The library's processor of the stream, by ctypes."""
import ctypes
import json
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p


class StreamOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("timeout_ms", c_uint32), ("workers", c_uint32)]

    def __init__(self, timeout_ms, workers):
        super().__init__(ctypes.sizeof(StreamOptions), timeout_ms, workers)


def load(path):
    library = ctypes.CDLL(path)
    output = POINTER(c_void_p)
    for name, result, arguments in (
            ("open", c_int, (c_char_p, c_void_p, output, output)),
            ("close", None, (c_void_p,)),
            ("stream_apply", c_int, (c_void_p, c_char_p, c_size_t, POINTER(StreamOptions), output,
                                     output)),
            ("stream_result_answer", c_char_p, (c_void_p,)),
            ("stream_result_failure_message", c_char_p, (c_void_p, c_size_t)),
            ("stream_result_free", None, (c_void_p,)),
            ("error_message", c_char_p, (c_void_p,)),
            ("error_free", None, (c_void_p,))):
        function = getattr(library, f"cruddur_{name}")
        function.restype = result
        function.argtypes = arguments
    return library


class Failed(Exception):
    """A call of the library's failed."""


class Processor:
    """A handle of a library that was loaded, until close()."""

    def __init__(self, library, store, timeout_ms=60000, workers=4):
        self.library = library
        self.options = StreamOptions(timeout_ms, workers)
        self.handle = self.call("open", store.encode(), None)

    def call(self, name, *arguments):
        output = c_void_p()
        error = c_void_p()
        if getattr(self.library, f"cruddur_{name}")(*arguments, byref(output), byref(error)) != 0:
            message = self.library.cruddur_error_message(error).decode()
            self.library.cruddur_error_free(error)
            raise Failed(f"{name}: {message}")
        return output

    def apply(self, records):
        """The sequence numbers of the records that failed."""
        event = json.dumps({"Records": records}).encode()
        result = self.call("stream_apply", self.handle, event, len(event), byref(self.options))
        answer = json.loads(self.library.cruddur_stream_result_answer(result))
        self.library.cruddur_stream_result_free(result)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def close(self):
        self.library.cruddur_close(self.handle)
        self.handle = None
