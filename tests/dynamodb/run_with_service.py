#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program beside a fresh service, and behind the proxy that verifies each signature.

    run_with_service.py [--service NAME] [--mode MODE] [--direct] [--every N] PROGRAM ARGUMENT…

NAME is dynamodb-local (the default), dynalite or cognito-local, or the path of a program that serves
another, as tests/world/served.c does: tests find the name `simulated`.

The program finds in its environment

    CRUDDUR_TEST_STORE      the URL of stores, with {name} for a fresh table each
    CRUDDUR_TEST_DYNAMODB   the service itself, for those who look at tables without the library
    CRUDDUR_TEST_MODE       MODE
    CRUDDUR_TEST_SERVICE    NAME
    CRUDDUR_TEST_PROXY      the port of the proxy's control (proxy.py)

or, beside cognito-local, instead of the first two

    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER   where the command finds it
    CRUDDUR_TEST_COGNITO                         the service itself

and credentials that open nothing elsewhere. --direct leaves the proxy out. --every N runs a Criterion
program again and again, for N of its tests each time and each time beside a fresh service, since
DynamoDB Local becomes slow after some thousands of transactions; the last line sums up. Exits as the
program does; with 1 if the proxy refused a signature, failed itself, or saw no request; with 77, and
the reason, if the service is not installed and cannot be fetched.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from npm_service import COGNITO_LOCAL, DYNALITE, DYNAMODB_LOCAL  # noqa: E402

SERVICES = {service.script.name: service for service in (DYNAMODB_LOCAL, DYNALITE, COGNITO_LOCAL)}
SIGNED_AS = {"cognito-local": "cognito-idp"}  # all others: dynamodb

START_S = 60

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDTEST",
    "AWS_SECRET_ACCESS_KEY": "secret/of+the=tests",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",  # what botocore asks for
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def find_script(service):
    return SERVICES[service].script if service in SERVICES else service


def make_environment():
    """That of this process without what it says of AWS, or of a proxy on the way there."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    return kept | CREDENTIALS


class Helper:
    """A process that says on its first line where it is to be found."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, env=environment)
        self.first_line = self.process.stdout.readline().split()
        if not self.first_line:
            self.stop()
            sys.exit(f"{arguments[0]} ended with {self.process.returncode}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ask_proxy(port, order):
    with socket.create_connection(("127.0.0.1", port), timeout=START_S) as connection:
        connection.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(connection.makefile().readline())


def judge_proxy(port):
    """What the proxy has to complain about."""
    report = ask_proxy(port, {"do": "report"})
    counts = report["counts"]
    print("proxy: " + ", ".join(f"{name} {counts[name]}" for name in sorted(counts)), flush=True)
    complaints = list(report["problems"])
    if counts.get("refused_signatures", 0) > 0:
        complaints.append(f"{counts['refused_signatures']} signatures were refused")
    if counts.get("received", 0) == 0:
        complaints.append("no request came")
    return complaints


def run_program(arguments, environment, heard):
    """Passes on what the program says, and lets `heard` have each line."""
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as program:
        try:
            for line in program.stdout:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
                heard(line.decode(errors="replace"))
            return program.wait()
        except BaseException:
            program.terminate()
            raise


def run(options, arguments, heard):
    helpers = []
    try:
        return run_beside(options, arguments, heard, helpers)
    finally:
        for helper in reversed(helpers):
            helper.stop()


def run_beside(options, arguments, heard, helpers):
    environment = make_environment()
    service = Helper([find_script(options.service)], environment)
    helpers.append(service)
    direct = endpoint = service.first_line[0]
    signed_as = SIGNED_AS.get(options.service, "dynamodb")
    control = None
    if not options.direct:
        proxy = Helper([sys.executable, "-B", HERE / "proxy.py", endpoint, signed_as], environment)
        helpers.append(proxy)
        endpoint, control = proxy.first_line[0], int(proxy.first_line[1])
        environment["CRUDDUR_TEST_PROXY"] = str(control)
    is_known = options.service in SERVICES
    environment["CRUDDUR_TEST_SERVICE"] = options.service if is_known else "simulated"
    environment["CRUDDUR_TEST_MODE"] = options.mode
    if signed_as == "dynamodb":
        environment["CRUDDUR_TEST_DYNAMODB"] = direct
        store = f"dynamodb:{{name}}?endpoint={endpoint}&mode={options.mode}"
        environment["CRUDDUR_TEST_STORE"] = store
    else:
        environment["CRUDDUR_TEST_COGNITO"] = direct
        environment["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] = endpoint
    code = run_program([options.program, *arguments], environment, heard)
    complaints = [] if control is None else judge_proxy(control)
    for complaint in complaints:
        print(f"proxy: {complaint}", flush=True)
    if code < 0:
        code = 128 - code
    return code if code != 0 or not complaints else 1


# ---- a fresh service for every few tests ----

SUMMARY = re.compile(
    r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")


def list_tests(options):
    """The names of the tests that the program would run, as its filter takes them."""
    listed = subprocess.run([options.program, *options.arguments, "--list"], check=True,
                            capture_output=True, text=True)
    return listed.stdout.split()


def run_in_parts(options):
    tests = list_tests(options)
    sums = [0, 0, 0, 0]
    worst = 0
    has_summary = False

    def add(line):
        nonlocal has_summary
        found = SUMMARY.search(line)
        if found:
            has_summary = True
            sums[:] = [total + int(number) for total, number in zip(sums, found.groups())]

    for first in range(0, len(tests), options.every):
        has_summary = False
        part = f"@({'|'.join(tests[first:first + options.every])})"
        code = run(options, [*options.arguments, "--filter", part], add)
        if code == 0 and not has_summary:
            print(f"{options.program} ended without a summary", flush=True)
            code = 1
        worst = worst or code
    tested, passing, failing, crashing = sums
    print(f"[====] Synthesis: Tested: {tested} | Passing: {passing} | Failing: {failing} "
          f"| Crashing: {crashing}", flush=True)
    if len(tests) == 0:
        print(f"{options.program} has no tests", flush=True)
    return worst if tests else 1


def main():
    parser = argparse.ArgumentParser(description="Runs a program beside a service.")
    parser.add_argument("--service", default="dynamodb-local", metavar="NAME")
    parser.add_argument("--mode", default="auto")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--every", type=int, metavar="N")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if options.service in SERVICES:
        SERVICES[options.service].fetch_or_skip()
    elif not os.access(options.service, os.X_OK):
        parser.error(f"there is no service {options.service}")
    if options.every:
        return run_in_parts(options)
    return run(options, options.arguments, lambda line: None)


if __name__ == "__main__":
    sys.exit(main())
