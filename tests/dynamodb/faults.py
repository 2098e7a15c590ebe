# SPDX-License-Identifier: MIT
"""What can go wrong with a request: rules that say when, and a table of faults that say how.

A rule is a JSON object:

    fault       its name in FAULTS
    operation   a name such as PutItem, a list of them, "read", "write", or nothing for any
    index       true: only queries of an index; false: only others
    first       which matching request is the first that it happens to; 1 where nothing is said
    times       to how many from there on; 1 where nothing is said, 0 for no end
    chance      how likely, for each of these; 1 where nothing is said

and has the members that its fault asks for. The first rule that applies to a request wins. A number
may be given as a range, [low, high]: each request draws its own from it. What is drawn, and whom chance
hits, depends on the rules' seed and on the order of the requests alone.
"""
import json
import select
import struct
import socket
import time
import zlib

GROUPS = {
    "read": {"GetItem", "BatchGetItem", "Query", "Scan"},
    "write": {"PutItem", "DeleteItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"},
}
LATE_MS = [300, 3300]
LATE_MAX_MS = 5000  # tests wait for all that is late
TYPE = "com.amazonaws.dynamodb.v20120810#"
JSON_TYPE = "application/x-amz-json-1.0"


class Rule:
    def __init__(self, given):
        self.given = dict(given)
        self.fault = self.given.pop("fault")
        if self.fault not in FAULTS:
            raise ValueError(f"there is no fault named {self.fault}")
        self.operations = self.read_operations(self.given.pop("operation", None))
        self.index = self.given.pop("index", None)
        self.first = self.given.pop("first", 1)
        self.times = self.given.pop("times", 1)
        self.chance = self.given.pop("chance", 1)
        unknown = self.given.keys() - FAULTS[self.fault][1]
        if unknown:
            raise ValueError(f"the fault {self.fault} has no {sorted(unknown)}")
        if self.fault == "late":
            self.given.setdefault("ms", LATE_MS)
        for name, value in self.given.items():
            self.check_number(name, value)
        self.seen = 0

    def check_number(self, name, value):
        low, high = value if isinstance(value, list) else (value, value)
        if isinstance(value, list) and not 0 <= low <= high:
            raise ValueError(f"{name} is a range from low to high, not {value}")
        if (self.fault, name) == ("late", "ms") and not 0 <= high <= LATE_MAX_MS:
            raise ValueError(f"late is at most {LATE_MAX_MS} ms, not {value}")

    @staticmethod
    def read_operations(named):
        if named is None:
            return None
        return GROUPS.get(named, {named}) if isinstance(named, str) else set(named)

    def applies(self, operation, is_index, source):
        """Counts the request if it matches."""
        if self.operations is not None and operation not in self.operations:
            return False
        if self.index is not None and self.index != is_index:
            return False
        self.seen += 1
        is_due = self.seen >= self.first and (self.times == 0 or self.seen < self.first + self.times)
        return is_due and (self.chance >= 1 or source.random() < self.chance)

    def draw(self, source):
        """The members for one request."""
        return {name: source.randint(*value) if isinstance(value, list) else value
                for name, value in self.given.items()}


class Answer:
    """`headers` are those beside Content-Length, Date and Connection."""

    def __init__(self, status, body, headers=()):
        self.status = status
        self.body = body
        self.headers = list(headers)

    def set_header(self, name, value):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))

    def head(self, date):
        lines = [f"HTTP/1.1 {self.status} Told", f"Date: {date}",
                 f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_answer(status, content):
    body = json.dumps(content).encode()
    return Answer(status, body, [("Content-Type", JSON_TYPE),
                                 ("x-amz-crc32", str(zlib.crc32(body))),
                                 ("x-amzn-RequestId", "INJECTED")])


def error_answer(status, code, message="injected", **more):
    return json_answer(status, {"__type": TYPE + code, "message": message} | more)


# What the service says beside its codes, which is not to decide anything. Noise says all of what the
# services have been seen to say, so that whoever looks for such words finds them.
NOISE = ("Item size has exceeded the maximum allowed size; Cannot do operations on a non-existent "
         "table; Requested resource not found: Table: x not found; The table does not have the "
         "specified index: x; Cannot read from backfilling global secondary index; Query condition "
         "missed key schema element; The provided key element does not match the schema; The number "
         "of conditions on the keys is invalid; One of the required keys was not given a value; "
         "Missing the key pk in the item; Type mismatch for key sk; Resource cannot be deleted as it "
         "is currently protected against deletion; Transaction payload size cannot exceed 4MB; The "
         "conditional request failed; Rate exceeded; TimeToLive is active on a different "
         "AttributeName; Transaction cancelled, please refer cancellation reasons for specific "
         "reasons [ConditionalCheckFailed, TransactionConflict, ThrottlingError, None]")
WORDS = {"as-is": None, "other": "Something went wrong.", "empty": "", "noise": NOISE, "none": None}


def reword(content, how):
    """Replaces the messages in an error's content: the error's own, and those of the reasons."""
    for holder in (content, *content.get("CancellationReasons", [])):
        for name in ("message", "Message"):
            if name in holder and how == "none":
                del holder[name]
            elif name in holder:
                holder[name] = WORDS[how]


def reworded(answer, how):
    """An answer of the service with other words in it."""
    if answer.status < 400 or how == "as-is":
        return answer
    content = json.loads(answer.body)
    reword(content, how)
    made = json_answer(answer.status, content)
    made.headers = [pair for pair in answer.headers
                    if pair[0].lower() not in ("x-amz-crc32", "content-type")] + made.headers[:2]
    return made


def reset(connection):
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for_client(connection, seconds):
    """True once the client has hung up, or sent what it should not."""
    return bool(select.select([connection], [], [], seconds)[0])


# Each fault is a function of the exchange and the rule's members. It returns whether the connection
# goes on. exchange.forward() has the request carried out and returns the answer.

def reset_before(exchange, _given):
    reset(exchange.connection)
    return False


def reset_after(exchange, _given):
    exchange.forward()
    reset(exchange.connection)
    return False


def drop_before(_exchange, _given):
    return False


def drop_after(exchange, _given):
    exchange.forward()
    return False


def late(exchange, given):
    """The client is gone when the service gets the request."""
    exchange.forward_later(given["ms"] / 1000)
    return False


def silent(exchange, given):
    """No answer, however long one waits."""
    if given.get("applied", True):
        exchange.forward()
    wait_for_client(exchange.connection, given.get("ms", 60000) / 1000)
    return False


def slow(exchange, given):
    """A right answer, late."""
    answer = exchange.forward()
    time.sleep(given["ms"] / 1000)
    return exchange.send(answer)


def held(exchange, _given):
    """Waits in front of the service until the door is told to let go."""
    exchange.door.released.wait()
    return exchange.send(exchange.forward())


def stall(exchange, given):
    """Half an answer; the rest never comes."""
    answer = exchange.forward()
    exchange.send_head_and(answer, answer.body[:len(answer.body) // 2])
    wait_for_client(exchange.connection, given.get("ms", 60000) / 1000)
    return False


def trickle(exchange, given):
    """An answer byte by byte: there is always something to read."""
    answer = exchange.forward()
    exchange.send_head_and(answer, b"")
    for at in range(len(answer.body)):
        if wait_for_client(exchange.connection, given.get("ms", 50) / 1000):
            return False
        exchange.connection.sendall(answer.body[at:at + 1])
    return True


def truncate(exchange, _given):
    answer = exchange.forward()
    exchange.send_head_and(answer, answer.body[:len(answer.body) // 2])
    return False


def garbage(exchange, given):
    """No JSON, under a checksum that is right."""
    if given.get("applied", True):
        exchange.forward()
    body = b'{"Items": [{"pk": {"S": "\xff\xfe'
    return exchange.send(Answer(given.get("status", 200), body,
                                [("Content-Type", JSON_TYPE),
                                 ("x-amz-crc32", str(zlib.crc32(body)))]))


def bad_crc(exchange, _given):
    answer = exchange.forward()
    answer.set_header("x-amz-crc32", str(zlib.crc32(answer.body) ^ 1))
    return exchange.send(answer)


def status(exchange, given):
    """A 5xx from something in front of the service, in words of its own."""
    if given.get("applied", False):
        exchange.forward()
    return exchange.send(Answer(given["status"], b"<html>Sorry</html>",
                                [("Content-Type", "text/html")]))


def instead(exchange, given):
    """An answer from something between the service and the client; `applied`: which had passed the
    request on."""
    if given.get("applied", False):
        exchange.forward()
    return exchange.send(Answer(given.get("status", 200), given.get("body", "").encode(),
                                [("Content-Type", given.get("type", JSON_TYPE))]))


def error(exchange, given):
    """An error of the service's; `applied`: the request was carried out all the same."""
    if given.get("applied", False):
        exchange.forward()
    answer = error_answer(given.get("status", 400), given["code"])
    if "retry_after_ms" in given:
        answer.set_header("x-amz-retry-after", str(given["retry_after_ms"]))
    return exchange.send(answer)


def cancel(exchange, given):
    """A transaction cancelled for this reason, which is its first action's."""
    count = len(exchange.request.get("TransactItems", [None]))
    reasons = [{"Code": given.get("reason", "TransactionConflict"), "Message": "injected"}]
    reasons += [{"Code": "None"}] * (count - 1)
    return exchange.send(error_answer(
        400, "TransactionCanceledException", "Transaction cancelled, see CancellationReasons",
        CancellationReasons=reasons))


def refuse(exchange, given):
    """The door shuts in front of the request, and for some time nobody gets in."""
    exchange.door.shut(given.get("ms", 500) / 1000)
    return False


FAULTS = {
    "reset-before": (reset_before, set()),
    "reset-after": (reset_after, set()),
    "drop-before": (drop_before, set()),
    "drop-after": (drop_after, set()),
    "late": (late, {"ms"}),
    "silent": (silent, {"ms", "applied"}),
    "slow": (slow, {"ms"}),
    "held": (held, set()),
    "stall": (stall, {"ms"}),
    "trickle": (trickle, {"ms"}),
    "truncate": (truncate, set()),
    "garbage": (garbage, {"applied", "status"}),
    "bad-crc": (bad_crc, set()),
    "status": (status, {"status", "applied"}),
    "instead": (instead, {"status", "type", "body", "applied"}),
    "error": (error, {"status", "code", "retry_after_ms", "applied"}),
    "cancel": (cancel, {"reason"}),
    "refuse": (refuse, {"ms"}),
}
