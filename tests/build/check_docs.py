#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The comments of the public headers are complete: each function says what it does, names its
parameters, threads and version, and every status that it can return.

    check_docs.py SOURCE_FOLDER

The documented statuses are compared with those that the sources use. With --table they are printed as
C, for the tests: a call that fails in a test as expected must have its status documented.

    check_docs.py --table SOURCE_FOLDER
"""
import glob
import os
import re
import sys

DECLARATION = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*((?:CRUDDUR_MUST_USE )?CRUDDUR_API [^;]*);",
                         re.DOTALL)
STATUS = re.compile(r"#CRUDDUR_(E_\w+)")
USED_STATUS = re.compile(r"\bCRUDDUR_(E_[A-Z0-9_]+)\b")
MENTION = re.compile(r"#(\w+)|\b(cruddur_\w+)\(\)")

# What the sources return is documented at each of these functions, or by one of the two lists.
READS, WRITES = "read statuses", "write statuses"
SOURCES = [
    ("src/cruddur/*.c", None),  # at any function
    ("src/messaging/*.c", None),
    ("src/store/[!q]*.c", "cruddur_open"),
    ("src/store/queue.c", WRITES),
    ("src/store/sqlite/failure.c", WRITES),
    ("src/store/sqlite/schema.c", "cruddur_open"),
    ("src/store/sqlite/connection.c", "cruddur_open"),
    ("src/store/sqlite/[!s]*.c", None),
    ("src/store/dynamodb/open.c", "cruddur_open"),
    ("src/store/dynamodb/[!o]*.c", WRITES),
    ("src/aws/config.c", "cruddur_open"),
    ("src/aws/endpoint*.c", "cruddur_open"),
    ("src/aws/profile.c", "cruddur_open"),
    ("src/aws/*.c", READS),
    ("src/aws/providers/*.c", READS),
    ("src/processor/*.c", "cruddur_stream_follow"),
    ("src/async/*.c", None),
]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def comment_text(comment):
    return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in comment.splitlines()).strip()


class Function:
    def __init__(self, comment, declaration):
        self.doc = comment_text(comment)
        self.name = re.search(r"\b(cruddur_\w+)\s*\(", declaration).group(1)
        self.can_fail = re.search(r"\bcruddur_status\s+cruddur_\w+\(", declaration) is not None \
            and "cruddur_error **error" in declaration
        self.is_void = re.search(r"\bvoid\s+cruddur_\w+\(", declaration) is not None
        arguments = declaration[declaration.index("(", declaration.index(self.name)) + 1:-1]
        self.parameters = [] if arguments == "void" else \
            [re.search(r"(\w+)$", argument).group(1) for argument in arguments.split(",")]
        found = re.search(r"@return (.*?)(?=^Threads:)", self.doc, re.DOTALL | re.MULTILINE)
        self.returns = found.group(1) if found else ""

    def faults(self):
        if not re.match(r"[A-Z][a-z]+s\b", self.doc):
            yield "does not begin with a verb in the third person"
        tags = re.search(r"^@.*?(?=^Threads:)", self.doc, re.DOTALL | re.MULTILINE)
        if tags and re.search(r"^[^@ ]", tags.group(), re.MULTILINE):
            yield "has a tag whose text goes on without an indentation"
        named = re.findall(r"@param (\w+)", self.doc)
        if named != self.parameters:
            yield f"documents {named} instead of {self.parameters}"
        if not re.search(r"^Threads: (.|\n)*Since: 0\.\d", self.doc, re.MULTILINE):
            yield "does not end with its threads and its version"
        if bool(self.returns) == self.is_void:
            yield "has a result and no @return, or the other way round"
        if self.can_fail and not self.returns.startswith("#CRUDDUR_OK"):
            yield "does not return #CRUDDUR_OK first"


class Docs:
    def __init__(self, source):
        headers = {path: read(path)
                   for path in sorted(glob.glob(f"{source}/include/cruddur/*.h"))}
        self.text = "".join(headers.values())
        self.functions = {}
        for text in headers.values():
            for comment, declaration in DECLARATION.findall(text):
                function = Function(comment, " ".join(declaration.split()))
                self.functions[function.name] = function
        error = headers[f"{source}/include/cruddur/error.h"]
        self.statuses = set(re.findall(r"X\((E_\w+),", error))
        lists = error[error.index("### Read statuses"):error.index("typedef enum cruddur_status")]
        of_reads, of_writes, of_submissions = re.split("### (?:Write|Submission) statuses", lists)
        self.of_reads = set(STATUS.findall(of_reads))
        self.of_writes = self.of_reads | set(STATUS.findall(of_writes))
        self.of_submissions = set(STATUS.findall(of_submissions))

    def documented(self, name):
        """The statuses that a function's comment names, itself or by reference; or those of a list."""
        if name in (READS, WRITES):
            return self.of_reads if name == READS else self.of_writes
        returns = self.functions[name].returns
        named = set(STATUS.findall(returns))
        if re.search(r"\ba\s+read\s+(or\s+write\s+)?status", returns):
            named |= self.of_reads
        if re.search(r"\ba\s+read\s+or\s+write\s+status", returns):
            named |= self.of_writes
        if re.search(r"\ba\s+submission\s+status", returns):
            named |= self.of_submissions
        # Behind a single status "as for" gives its reasons, and names no other status.
        for other in re.findall(r"- for the arguments:\s+as\s+for\s+(cruddur_\w+)\(\)", returns):
            item = re.search(r"- for the arguments:(.*?)(?=\n- |\Z)", self.functions[other].returns,
                             re.DOTALL)
            named |= set(STATUS.findall(item.group(1)))
        return named

    def exists(self, name):
        return re.search(rf"\b{name}\b(?!\(\))", re.sub(r"/\*.*?\*/", "", self.text,
                                                         flags=re.DOTALL)) is not None \
            or name in {f"CRUDDUR_{status}" for status in self.statuses | {"OK"}}


def faults_of_comments(docs):
    for function in docs.functions.values():
        for fault in function.faults():
            yield f"{function.name}: {fault}"
        if function.can_fail and not docs.documented(function.name):
            yield f"{function.name}: names no status"
    for match in MENTION.finditer(docs.text):
        name = match.group(1) or match.group(2)
        if name.lower().startswith("cruddur") and not docs.exists(name):
            yield f"{name} is mentioned, and does not exist"
    named = set().union(*(docs.documented(name) for name in docs.functions))
    for status in sorted(docs.statuses - named):
        yield f"{status}: no function says that it returns it"


def faults_of_sources(docs, source):
    """Statuses in the sources that are not documented where they come out."""
    for pattern, name in SOURCES:
        known = set().union(*(docs.documented(each) for each in docs.functions)) \
            if name is None else docs.documented(name)
        for path in sorted(glob.glob(f"{source}/{pattern}")):
            for status in sorted(set(USED_STATUS.findall(read(path))) - known):
                yield f"{os.path.relpath(path, source)}: {status}: not among those of {name}"


def faults_of_retries(docs, source):
    """The statuses that pass by themselves, in the comment and in the code."""
    body = re.search(r"^bool cruddur_status_is_retryable\(.*?^\}", read(f"{source}/src/base/error.c"),
                     re.DOTALL | re.MULTILINE).group()
    named = set(STATUS.findall(docs.functions["cruddur_status_is_retryable"].returns))
    for status in sorted(named ^ set(USED_STATUS.findall(body))):
        yield f"{status}: the comment and the code of cruddur_status_is_retryable() differ"


def print_table(docs):
    print("/* The statuses that the comment of each function names. Made by check_docs.py. */")
    for name in docs.functions:
        for status in sorted(docs.documented(name)):
            print(f'{{"{name}", CRUDDUR_{status}}},')


def main(arguments):
    docs = Docs(arguments[-1])
    if arguments[0] == "--table":
        print_table(docs)
        return 0
    faults = [*faults_of_comments(docs), *faults_of_sources(docs, arguments[-1]),
              *faults_of_retries(docs, arguments[-1])]
    for fault in faults:
        print(fault)
    print(f"{len(docs.functions)} functions, {len(docs.statuses)} statuses, {len(faults)} faults")
    return 0 if docs.functions and not faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
