#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header compiles on its own, as C11 and as C++17, without a warning.

    check_headers.py INCLUDE_FOLDER
"""
import os
import shutil
import subprocess
import sys
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
LANGUAGES = [
    ("c", ["-x", "c", "-std=c11", "-Wstrict-prototypes"], ["gcc", "clang"]),
    ("c++", ["-x", "c++", "-std=c++17", "-Wold-style-cast"], ["g++", "clang++"]),
]

# Every initialiser, as a program would write it.
USES = """
#include <cruddur/cruddur.h>
int main(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_get_options get = CRUDDUR_GET_OPTIONS_INIT;
    cruddur_members_options members = CRUDDUR_MEMBERS_OPTIONS_INIT;
    cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_schema_options schema = CRUDDUR_SCHEMA_OPTIONS_INIT;
    cruddur_stream_options stream = CRUDDUR_STREAM_OPTIONS_INIT;
    cruddur_follow_options follow = CRUDDUR_FOLLOW_OPTIONS_INIT;
    cruddur_user user = CRUDDUR_USER_INIT;
    char uuid[CRUDDUR_UUID_SIZE] = "";
    char time[CRUDDUR_TIME_SIZE] = "";
    options.flags = CRUDDUR_OPEN_EXISTING;
    stream.workers = CRUDDUR_STREAM_WORKERS_MAX;
    follow.flags = CRUDDUR_FOLLOW_ONCE;
    follow.from = CRUDDUR_FOLLOW_LATEST;
    create.flags = CRUDDUR_CREATE_SEPARATE;
    members.flags = CRUDDUR_MEMBERS_TRUSTED;
    schema.flags = CRUDDUR_SCHEMA_NO_STREAM;
    list.flags = CRUDDUR_LIST_TRUSTED;
    list.limit = CRUDDUR_LIMIT_MAX;
    list.start = CRUDDUR_START_OLDEST;
    list.order = CRUDDUR_OLDEST_FIRST;
    list.consistency = CRUDDUR_CONSISTENCY_EVENTUAL;
    list.since_us = CRUDDUR_SINCE_ALWAYS;
    list.until_us = CRUDDUR_UNTIL_FOREVER;
    user.uuid = uuid;
    return options.size > 0 && stream.size > 0 && follow.size > 0 && create.size > 0 &&
                   append.size > 0 && get.size > 0 && members.size > 0 && scan.size > 0 &&
                   schema.size > 0 && list.size > 0 && user.size > 0 && uuid[0] == time[0] &&
                   CRUDDUR_VERSION_NUMBER > 0
               ? CRUDDUR_OK
               : CRUDDUR_E_INTERNAL;
}
"""


def compile_text(compiler, flags, include, text):
    command = [compiler, *flags, *WARNINGS, "-I", include, "-fsyntax-only", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def works(compiler, flags):
    """Whether the compiler is there, with its standard library."""
    if shutil.which(compiler) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        return compile_text(compiler, flags, folder, "#include <stdint.h>\n")[0]


def main(arguments):
    (include,) = arguments
    folder = os.path.join(include, "cruddur")
    headers = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
    failed = compiled = 0
    tried_languages = set()
    for language, flags, compilers in LANGUAGES:
        for compiler in (name for name in compilers if works(name, flags)):
            tried_languages.add(language)
            texts = {name: f"#include <cruddur/{name}>\n#include <cruddur/{name}>\n"
                     for name in headers}
            if language == "c":
                texts = {name: text + "int dummy;\n" for name, text in texts.items()}
            texts["all of them, used"] = USES
            for name, text in texts.items():
                good, errors = compile_text(compiler, flags, include, text)
                compiled += 1
                if not good:
                    failed += 1
                    print(f"{compiler}: {name}:\n{errors}")
    print(f"{compiled} compiled, {failed} failed")
    return 0 if not failed and headers and tried_languages == {"c", "c++"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
