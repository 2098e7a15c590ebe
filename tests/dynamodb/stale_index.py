# SPDX-License-Identifier: MIT
"""An index that lags behind its table: queries of it are answered from images of the table that were
taken earlier, so that rows that are gone still show and new ones do not."""
import collections
import re
import threading
import time

# The two forms that a query of the index can have.
CONDITION = re.compile(r"(?P<owner>\w+) = (?P<partition>:\w+)"
                       r"(?: AND sk (?:BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
                       r"|(?P<order><=|>=|<|>) (?P<bound>:\w+)))?")
UNDERSTOOD = {"TableName", "IndexName", "KeyConditionExpression", "ExpressionAttributeValues",
              "ScanIndexForward", "Limit", "ExclusiveStartKey", "ReturnConsumedCapacity",
              "ConsistentRead"}
ORDERS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
          ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def text(item, name):
    return item.get(name, {}).get("S", "")


def place(item):
    """Where a row stands in its partition of the index."""
    return text(item, "sk").encode(), text(item, "pk").encode()


def make_filter(request):
    found = CONDITION.fullmatch(request["KeyConditionExpression"])
    if found is None or not request.keys() <= UNDERSTOOD:
        raise ValueError(f"no stale answer to such a query: {sorted(request)}")
    values = request["ExpressionAttributeValues"]

    def is_wanted(item):
        sk = text(item, "sk").encode()
        if text(item, found["owner"]) != values[found["partition"]]["S"]:
            return False
        if found["low"] is not None:
            return values[found["low"]]["S"].encode() <= sk <= values[found["high"]]["S"].encode()
        return found["order"] is None or ORDERS[found["order"]](
            sk, values[found["bound"]]["S"].encode())
    return is_wanted


def query(items, request):
    """What the service would answer if the table were these rows."""
    is_descending = not request.get("ScanIndexForward", True)
    wanted = sorted(filter(make_filter(request), items), key=place, reverse=is_descending)
    start = request.get("ExclusiveStartKey")
    if start is not None:
        wanted = [item for item in wanted
                  if (place(item) < place(start) if is_descending else place(item) > place(start))]
    limit = request.get("Limit", len(wanted) + 1)
    page = wanted[:limit]
    answer = {"Items": page, "Count": len(page), "ScannedCount": len(page),
              "ConsumedCapacity": {"TableName": request["TableName"], "CapacityUnits": 0.5}}
    if page and len(page) == limit:
        answer["LastEvaluatedKey"] = {name: page[-1][name]
                                      for name in ("pk", "sk", "message_group_uuid")}
    return answer


class StaleIndex:
    """`scan` gives all rows of the table as they are now."""

    def __init__(self, scan):
        self.scan = scan
        self.lock = threading.Lock()
        self.images = collections.deque([(time.monotonic(), scan())])
        self.delay_s = None  # stands still until somebody says otherwise
        self.ended = threading.Event()

    def follow(self, delay_s):
        """From now on shows the table as it was that long ago."""
        self.delay_s = delay_s
        threading.Thread(target=self.keep_imaging, daemon=True).start()

    def keep_imaging(self):
        while not self.ended.wait(self.delay_s / 4):
            taken_at = time.monotonic()
            try:
                items = self.scan()
            except OSError:
                return  # the table is gone
            with self.lock:
                self.images.append((taken_at, items))
                while len(self.images) > 1 and self.images[1][0] <= taken_at - self.delay_s:
                    self.images.popleft()

    def answer(self, request):
        with self.lock:
            items = self.images[0][1]
            if self.delay_s is not None:
                old_enough = time.monotonic() - self.delay_s
                for taken_at, image in self.images:
                    if taken_at <= old_enough:
                        items = image
        return query(items, request)

    def end(self):
        self.ended.set()
