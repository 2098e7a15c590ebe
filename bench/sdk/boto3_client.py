#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes calls with boto3, and tells the processor time that they take.

Argument: the service's URL. The first line of the standard input names the calls,
{"page": [{"operation": "Query", "input": {...}}], "append": [...]}; each line after it is
"page 100" or "append 100", and is answered with the microseconds that one took.
"""
import json
import os
import sys
import time

import boto3
import botocore

WARM_UP = 20
METHODS = {"Query": "query", "GetItem": "get_item", "BatchGetItem": "batch_get_item",
           "TransactWriteItems": "transact_write_items"}


def main():
    client = boto3.client("dynamodb", endpoint_url=sys.argv[1], region_name=os.environ["AWS_REGION"])
    calls = {
        what: [(getattr(client, METHODS[one["operation"]]), one["input"]) for one in exchanges]
        for what, exchanges in json.loads(sys.stdin.readline()).items()}

    def run(what, count):
        started = time.process_time_ns()
        for _ in range(count):
            for method, arguments in calls[what]:
                method(**arguments)
        return (time.process_time_ns() - started) / 1000 / count

    for what in calls:
        run(what, WARM_UP)
    print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}, "
          f"Python {sys.version.split()[0]}", flush=True)
    for line in sys.stdin:
        what, count = line.split()
        print(run(what, int(count)), flush=True)


if __name__ == "__main__":
    main()
