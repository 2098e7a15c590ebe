#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the web service of examples/web: thousands of open event streams, and sends, against the
original's route for sending (original.py) on DynamoDB Local.

    web.py SERVICE_PROGRAM COMMAND [STREAMS]

Each measurement on DynamoDB Local has a fresh one, as it becomes slow with every transaction. They are
made in turn, BENCH_ROUNDS times; what is printed is the median of each. BENCH_SECONDS and
BENCH_CONNECTIONS are those of wrk. The environment has credentials.
"""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "web" / "tests"))
from service import CLIENT, ISSUER, Key, Service  # noqa: E402

SENDERS = 16
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
WARM_UP_SECONDS = 2
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "16"))


def memory_mb(pids):
    total = 0
    for pid in pids:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        total += int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
    return total / 1024


def processor_ms(pids):
    """The processor time that processes have had."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def run_wrk(url, senders, seconds):
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(f"{token} {group}\n" for token, group in senders)
        file.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s",
             str(ROOT / "bench" / "web" / "send.lua"), url],
            env={**os.environ, "BENCH_SENDERS": file.name}, capture_output=True, text=True,
            check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)

    def percentile(which):
        number, unit = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)\b", out).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "sends": int(re.search(r"(\d+) requests in", out).group(1)),
            "p50": percentile(50), "p99": percentile(99),
            "failed": int(failed.group(1)) if failed else 0}


def measure_sends(url, senders, pids, warm_up=WARM_UP_SECONDS):
    """What wrk found: requests a second, median and 99th percentile in milliseconds, failures; and
    the memory and the processor time of the processes that answered."""
    if warm_up > 0:
        run_wrk(url, senders, warm_up)
    before = processor_ms(pids)
    result = run_wrk(url, senders, SECONDS)
    return {**result, "processor": (processor_ms(pids) - before) / max(1, result["sends"]),
            "memory": memory_mb(pids)}


HEAD = (f"| sends by {CONNECTIONS} connections | a second | p50 ms | p99 ms | processor ms each | failed "
        "| memory MB |\n|---|---|---|---|---|---|---|")


def print_row(name, result):
    print(f"| {name} | {result['rate']:.0f} | {result['p50']:.1f} | {result['p99']:.1f} "
          f"| {result['processor']:.2f} | {result['failed']} | {result['memory']:.0f} |", flush=True)


class Ours:
    """The service with as many users as there are streams; the first ones write to each other."""

    def __init__(self, folder, store, users, *options):
        key = Key(folder, "bench")
        self.uuids = [str(uuid.UUID(int=i + 1)) for i in range(users)]
        (folder / "users.json").write_text(json.dumps([
            {"handle": f"user{i}", "uuid": value, "display_name": f"User {i}",
             "cognito_user_id": f"sub-{i}"} for i, value in enumerate(self.uuids)]))
        (folder / "jwks.json").write_text(json.dumps({"keys": [key.jwk]}))
        os.environ["CRUDDUR_WEB_STORE"] = store
        self.service = Service(
            folder, "--jwks", str(folder / "jwks.json"), "--issuer", ISSUER, "--client-id", CLIENT,
            "--reads", "0", "--writes", "0", "--quiet", "--connections-per-address", "10000",
            "--connections", "10000", *options)
        # Tokens of all users are the same work to check: those of the senders are enough.
        self.tokens = [key.token(sub=f"sub-{i}", exp=int(time.time()) + 36000)
                       for i in range(SENDERS)]
        self.senders = [(self.tokens[i], self.open_group(i, (i + 1) % SENDERS))
                        for i in range(SENDERS)]
        self.key = key

    def open_group(self, i, other):
        status, _, body = self.service.ask(
            "POST", "/api/messages", {"message": "Hello", "handle": f"user{other}"},
            token=self.tokens[i])
        assert status == 200, body
        return json.loads(body)["message_group_uuid"]

    def close(self):
        self.service.stop()

    def pids(self):
        return [self.service.process.pid]


class Streams:
    """Event streams, spread over the senders' inboxes, and when their events come."""

    def __init__(self, ours, count):
        self.ours = ours
        self.count = count
        self.events = 0
        self.delays_ms = []
        self.sent_at = None
        self.opened = 0
        self.writers = []

    async def follow(self, index):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ours.service.port)
        self.writers.append(writer)
        token = self.ours.tokens[index % SENDERS]
        writer.write(f"GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"event: open"):
                    self.opened += 1
                elif line.startswith(b"event: message"):
                    self.events += 1
                    if self.sent_at is not None:
                        self.delays_ms.append((time.monotonic() - self.sent_at) * 1000)
                elif line.startswith(b"HTTP/1.1 ") and b" 200 " not in line:
                    raise RuntimeError(line)
        except (ConnectionError, asyncio.CancelledError):
            pass

    async def open_all(self):
        started = time.monotonic()
        self.tasks = [asyncio.create_task(self.follow(i)) for i in range(self.count)]
        while self.opened < self.count:
            await asyncio.sleep(0.02)
        return time.monotonic() - started

    async def close(self):
        for task in self.tasks:
            task.cancel()
        for writer in self.writers:
            writer.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def measure(self):
        before = memory_mb(self.ours.pids())
        seconds = await self.open_all()
        after = memory_mb(self.ours.pids())
        print(f"{self.count} event streams open after {seconds:.1f} s; memory {before:.0f} → "
              f"{after:.0f} MB, {(after - before) * 1024 / self.count:.1f} KB a stream", flush=True)
        loop = asyncio.get_running_loop()
        # One message at a time: how long until each of the streams of both inboxes has it.
        watchers = sum(1 for i in range(self.count) if i % SENDERS in (0, 1))
        busy = processor_ms(self.ours.pids())
        for _ in range(8):
            self.events = 0
            self.sent_at = time.monotonic()
            await loop.run_in_executor(None, self.send_one)
            while self.events < watchers:
                await asyncio.sleep(0.005)
        self.sent_at = None
        busy = processor_ms(self.ours.pids()) - busy
        delays = sorted(self.delays_ms)
        print(f"a message to {watchers} streams: p50 {statistics.median(delays):.1f} ms, "
              f"p99 {delays[len(delays) * 99 // 100]:.1f} ms, of {len(delays)} events; "
              f"{busy / len(delays):.3f} ms of processor time each", flush=True)
        return await loop.run_in_executor(None, measure_sends, self.ours.service.url,
                                          self.ours.senders, self.ours.pids(), 0)

    def send_one(self):
        token, group = self.ours.senders[0]
        status, _, body = self.ours.service.ask(
            "POST", "/api/messages", {"message": "x", "message_group_uuid": group}, token=token)
        assert status == 200, body


async def measure_streams(ours, count):
    streams = Streams(ours, count)
    result = await streams.measure()
    await streams.close()
    return result


def measure_sqlite(streams):
    with tempfile.TemporaryDirectory() as folder:
        # 16 users have all streams, so each may have many.
        store = f"sqlite:{folder}/messages.db"
        with contextlib.closing(
                Ours(pathlib.Path(folder), store, SENDERS, "--streams-per-user", "100000")) as ours:
            alone = measure_sends(ours.service.url, ours.senders, ours.pids())
            busy = asyncio.run(measure_streams(ours, streams))
    print(HEAD)
    print_row("SQLite", alone)
    print_row(f"SQLite, {streams} event streams", busy)


@contextlib.contextmanager
def dynamodb_local(command, store):
    """The URL of a store with a table, on a service of its own; and the service's."""
    server = subprocess.Popen([ROOT / "scripts" / "dynamodb-local"], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = server.stdout.readline().strip()
        store = store.format(endpoint=endpoint)
        subprocess.run([command, "schema", "load", "--store", store], check=True,
                       stdout=subprocess.DEVNULL)
        yield endpoint, store
    finally:
        server.terminate()
        server.wait()


def measure_ours(command, mode):
    with dynamodb_local(command, f"dynamodb:web?endpoint={{endpoint}}&mode={mode}") as (_, store), \
            tempfile.TemporaryDirectory() as folder:
        with contextlib.closing(Ours(pathlib.Path(folder), store, SENDERS)) as ours:
            return measure_sends(ours.service.url, ours.senders, ours.pids())


def wait_for(server, url):
    while True:
        try:
            urllib.request.urlopen(url + "healthz").close()
            return
        except OSError:
            if server.poll() is not None:
                sys.exit("gunicorn has ended")
            time.sleep(0.2)


def measure_original(command, _):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with dynamodb_local(command, "dynamodb:web?endpoint={endpoint}") as (endpoint, _):
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "8", "--bind",
             f"127.0.0.1:{port}", "--log-level", "error", "original:app"],
            cwd=ROOT / "bench" / "web",
            env={**os.environ, "BENCH_ENDPOINT": endpoint, "BENCH_TABLE": "web"})
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_for(server, url)
            children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.pid)], check=True,
                                      capture_output=True, text=True).stdout.split()
            senders = [("any", str(uuid.UUID(int=i + 1))) for i in range(SENDERS)]
            return measure_sends(url, senders, [server.pid, *map(int, children)])
        finally:
            server.terminate()
            server.wait()


def middle(results, key):
    return statistics.median(result[key] for result in results)


def measure_dynamodb(command):
    kinds = {"the original's route": (measure_original, None),
             "ours, mode atomic": (measure_ours, "atomic"),
             "ours, mode stream": (measure_ours, "stream")}
    results = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, (measure, mode) in kinds.items():
            results[name].append(measure(command, mode))
            print_row(name, results[name][-1])
    original, *ours = ({"name": name, **{key: middle(found, key) for key in found[0]}}
                       for name, found in results.items())
    print(f"\nThe median of {ROUNDS} rounds of {SECONDS} s\n\n{HEAD}")
    for row in (original, *ours):
        print_row(row["name"], row)
    for row in ours:
        print(f"{row['name']} / the original's: " + ", ".join(
            f"{key} {row[key] / original[key]:.2f}"
            for key in ("rate", "p50", "p99", "processor", "memory")))


def main(program, command, streams="2000"):
    os.environ["CRUDDUR_WEB"] = program
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    measure_sqlite(int(streams))
    measure_dynamodb(command)


if __name__ == "__main__":
    main(*sys.argv[1:])
