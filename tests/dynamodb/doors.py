# SPDX-License-Identifier: MIT
"""The proxy's doors (proxy.py) for programs in Python that run beside a service."""
import json
import os
import socket
import time

TIMEOUT_S = 120
POLL_S = 0.005


def ask(**order):
    port = int(os.environ["CRUDDUR_TEST_PROXY"])
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as control:
        control.sendall(json.dumps(order).encode() + b"\n")
        answer = json.loads(control.makefile().readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


class Door:
    """A door of its owner alone."""

    def __init__(self):
        made = ask(do="door")
        self.number = made["door"]
        self.url = made["url"]
        self.before = {}

    def order(self, do, **more):
        return ask(do=do, door=self.number, **more)

    def rules(self, *rules):
        """Sets rules; what is counted counts from here on."""
        self.order("rules", rules=list(rules))
        self.before = self.report()

    def report(self):
        return self.order("report")["counts"]

    def count(self, of):
        return self.order("count", of=of)["count"] - self.before.get(of, 0)

    def close_connections(self):
        self.order("shut")
        self.order("open")

    def wait_for(self, of, is_over, count=1):
        """Whether something was counted so often before something else was over."""
        give_up_at = time.monotonic() + TIMEOUT_S
        while self.count(of) < count:
            if is_over():
                return self.count(of) >= count
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"nobody counts {of}")
            time.sleep(POLL_S)
        return True
