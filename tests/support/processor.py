# SPDX-License-Identifier: MIT
"""The library's processor of the stream."""
import json
from ctypes import byref

from library import Failed, OnMetrics, StreamOptions, call, default


class Processor:
    """A handle of a library that was loaded, until close()."""

    def __init__(self, library, store, timeout_ms=60000, workers=4):
        self.library = library
        self.options = StreamOptions(timeout_ms, workers)
        self.requests = 0
        self.on_metrics = OnMetrics(self.note)
        options = default(library, "options_init")
        options.timeout_ms = timeout_ms
        options.metrics = self.on_metrics
        self.handle = self.call("open", store.encode(), byref(options))

    def note(self, _, metrics):
        self.requests += metrics.contents.requests

    def call(self, name, *arguments):
        return call(self.library, name, *arguments)

    def apply(self, records):
        """The sequence numbers of the records that failed."""
        event = json.dumps({"Records": records}).encode()
        result = self.call("stream_apply", self.handle, event, len(event), byref(self.options))
        answer = json.loads(self.library.cruddur_stream_result_answer(result))
        self.library.cruddur_stream_result_free(result)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def apply_all(self, records):
        failed = self.apply(records)
        if failed:
            raise Failed(f"records {failed}")

    def close(self):
        self.library.cruddur_close(self.handle)
        self.handle = None
