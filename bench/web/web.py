#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the web service of examples/web: thousands of open event streams, and sends, against the
original's route for sending (original.py) on one DynamoDB Local.

    web.py SERVICE_PROGRAM COMMAND DYNAMODB_URL [STREAMS]
"""
import asyncio
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
CONNECTIONS = 16


def memory_mb(pids):
    total = 0
    for pid in pids:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        total += int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
    return total / 1024


def run_wrk(url, senders):
    """Requests a second, median and 99th percentile in milliseconds, failures."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(f"{token} {group}\n" for token, group in senders)
        file.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s",
             str(ROOT / "bench" / "web" / "send.lua"), url],
            env={**os.environ, "BENCH_SENDERS": file.name}, capture_output=True, text=True,
            check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)

    def percentile(which):
        number, unit = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)\b", out).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "p50": percentile(50), "p99": percentile(99),
            "failed": int(failed.group(1)) if failed else 0}


def print_row(name, result, memory):
    print(f"| {name} | {result['rate']:.0f} | {result['p50']:.1f} | {result['p99']:.1f} "
          f"| {result['failed']} | {memory:.0f} |", flush=True)


class Ours:
    """The service with as many users as there are streams; the first ones write to each other."""

    def __init__(self, folder, store, users):
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
            "--connections", "10000")
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

    def memory(self):
        return memory_mb([self.service.process.pid])


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
        writer.write(f"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
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
        before = self.ours.memory()
        seconds = await self.open_all()
        after = self.ours.memory()
        print(f"{self.count} event streams open after {seconds:.1f} s; memory {before:.0f} → "
              f"{after:.0f} MB, {(after - before) * 1024 / self.count:.1f} KB a stream", flush=True)
        loop = asyncio.get_running_loop()
        # One message at a time: how long until each of the streams of both inboxes has it.
        watchers = sum(1 for i in range(self.count) if i % SENDERS in (0, 1))
        for _ in range(8):
            self.events = 0
            self.sent_at = time.monotonic()
            await loop.run_in_executor(None, self.send_one)
            while self.events < watchers:
                await asyncio.sleep(0.005)
        self.sent_at = None
        delays = sorted(self.delays_ms)
        print(f"a message to {watchers} streams: p50 {statistics.median(delays):.1f} ms, "
              f"p99 {delays[len(delays) * 99 // 100]:.1f} ms, of {len(delays)} events", flush=True)
        return await loop.run_in_executor(None, run_wrk, self.ours.service.url, self.ours.senders)

    def send_one(self):
        token, group = self.ours.senders[0]
        status, _, body = self.ours.service.ask(
            "POST", "/api/messages", {"message": "x", "message_group_uuid": group}, token=token)
        assert status == 200, body


async def measure_streams(ours, count):
    streams = Streams(ours, count)
    result = await streams.measure()
    memory = ours.memory()
    await streams.close()
    return result, memory


def measure_original(dynamodb, table, senders):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "8", "--bind",
         f"127.0.0.1:{port}", "--log-level", "error", "original:app"],
        cwd=ROOT / "bench" / "web",
        env={**os.environ, "BENCH_ENDPOINT": dynamodb, "BENCH_TABLE": table})
    try:
        url = f"http://127.0.0.1:{port}/"
        while True:
            try:
                urllib.request.urlopen(url + "healthz").close()
                break
            except OSError:
                time.sleep(0.2)
        result = run_wrk(url, senders)
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.pid)], check=True,
                                  capture_output=True, text=True).stdout.split()
        return result, memory_mb([server.pid, *map(int, children)])
    finally:
        server.terminate()
        server.wait()


def main(program, command, dynamodb, streams="2000"):
    os.environ["CRUDDUR_WEB"] = program
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    head = ("| sends, %d connections, %d s | a second | p50 ms | p99 ms | failed | memory MB |\n"
            "|---|---|---|---|---|---|" % (CONNECTIONS, SECONDS))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        # 16 users have all streams, so each may have many.
        ours = Ours(pathlib.Path(folder), f"sqlite:{folder}/messages.db", SENDERS)
        ours.service.arguments += ["--streams-per-user", "100000"]
        ours.service.stop()
        ours.service.start()
        rows.append(("SQLite", run_wrk(ours.service.url, ours.senders), ours.memory()))
        result, memory = asyncio.run(measure_streams(ours, int(streams)))
        rows.append((f"SQLite, {streams} event streams", result, memory))
        ours.service.stop()
    results = {}
    for mode in ("atomic", "stream"):
        store = f"dynamodb:web-{mode}?endpoint={dynamodb}&mode={mode}"
        subprocess.run([command, "schema", "load", "--store", store], check=True,
                       stdout=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(pathlib.Path(folder), store, SENDERS)
            results[mode] = run_wrk(ours.service.url, ours.senders)
            rows.append((f"DynamoDB Local, mode {mode}", results[mode], ours.memory()))
            ours.service.stop()
    original, memory = measure_original(dynamodb, "web-stream", ours.senders)
    rows.append(("the original's route on DynamoDB Local", original, memory))
    print(head)
    for row in rows:
        print_row(*row)
    for mode, result in results.items():
        print(f"mode {mode} / original: rate {result['rate'] / original['rate']:.2f}, "
              f"p50 {result['p50'] / original['p50']:.2f}, p99 {result['p99'] / original['p99']:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
