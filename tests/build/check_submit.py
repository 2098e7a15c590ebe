#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each call that can block has a form that returns at once, with the same arguments; and the copy of
its arguments knows every text of its options.

    check_submit.py SOURCE_FOLDER
"""
import glob
import re
import sys

CALL = re.compile(r"CRUDDUR_MUST_USE CRUDDUR_API cruddur_status\s+(cruddur_\w+)\s*\(([^;]*)\);")
OPTIONS = re.compile(r"typedef struct cruddur_(\w+)_options \{(.*?)\}", re.DOTALL)

# They wait for submissions, or begin something that is no request.
NO_REQUESTS = {"cruddur_async_start", "cruddur_fd", "cruddur_completion_next",
               "cruddur_request_cancel", "cruddur_shutdown"}
OF_SUBMISSIONS = ["const cruddur_submit_options *submit", "uint64_t *ret_request",
                  "cruddur_error **error"]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def parameters_of(text):
    return [" ".join(each.split()) for each in text.split(",")]


def faults_of_calls(calls):
    for name, parameters in calls.items():
        is_call = re.match(r"cruddur \*\w+$", parameters[0]) and not name.endswith("_submit")
        if not is_call or name in NO_REQUESTS:
            continue
        wanted = [each for each in parameters[:-1] if "*ret_" not in each.replace("**", "*")]
        if calls.get(name + "_submit") != wanted + OF_SUBMISSIONS:
            yield f"{name}: there is no {name}_submit() with its arguments"


def faults_of_options(headers, copy):
    for name, body in OPTIONS.findall(headers):
        if f"cr_{name}_form" not in copy:
            continue
        for field in re.findall(r"const char \*(\w+);", body):
            if not re.search(rf"AT\({name}, {field}\)", copy):
                yield f"cruddur_{name}_options: {field} is not copied"


def main(arguments):
    source = arguments[0]
    headers = re.sub(r"/\*.*?\*/", "", "".join(
        read(path) for path in sorted(glob.glob(f"{source}/include/cruddur/*.h"))), flags=re.DOTALL)
    copy = read(f"{source}/src/cruddur/submit_copy.c")
    calls = {name: parameters_of(text) for name, text in CALL.findall(headers)}
    faults = [*faults_of_calls(calls), *faults_of_options(headers, copy)]
    count = sum(name.endswith("_submit") for name in calls)
    for fault in faults:
        print(fault)
    print(f"{count} submissions, {len(faults)} faults")
    return 0 if count > 30 and not faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
