#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the declarations of the library for other languages, from its public headers.

    declarations.py            writes python/cruddur/_constants.py and _declarations.py, and
                               examples/ffi/cruddur.cdef
    declarations.py --check    only says which of them differ from the headers; then it fails
"""
import argparse
import pathlib
import re
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from headers import Headers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
MADE = "Made by scripts/declarations.py from the headers."

# ---- Python ----

SCALARS = {"size_t": "c_size_t", "uint32_t": "c_uint32", "int64_t": "c_int64",
           "uint64_t": "c_uint64", "double": "c_double", "bool": "c_bool", "void": "None",
           "int": "c_int"}
# Enumerations of which Python has a class; the flags and switches of options are plain numbers.
CLASSES = {"cruddur_status": "Status", "cruddur_log_level": "LogLevel",
           "cruddur_operation": "Operation", "cruddur_check_kind": "CheckKind",
           "cruddur_follow_kind": "FollowKind", "cruddur_move_phase": "MovePhase",
           "cruddur_upgrade_kind": "UpgradeKind", "cruddur_watch_kind": "WatchKind",
           "cruddur_event_kind": "EventKind"}

DOCS = {"cruddur_status": "The result of a call.",
        "cruddur_log_level": "The importance of a line in the log.",
        "cruddur_operation": "The calls that metrics are about.",
        "cruddur_check_kind": "What a check found.",
        "cruddur_follow_kind": "What following a stream reports.",
        "cruddur_move_phase": "Where a move is.",
        "cruddur_upgrade_kind": "What an upgrade of the schema reports.",
        "cruddur_watch_kind": "The kind of a watch.",
        "cruddur_event_kind": "The kind of an event of a watch."}


def class_name(name):
    return "".join(part.capitalize() for part in name.removeprefix("cruddur_").split("_"))


def python_type(headers, kind):
    """Pointers are alike but for texts, which ctypes makes bytes of; buffers are no texts."""
    if kind in SCALARS:
        return SCALARS[kind]
    if kind in headers.enums:
        return "c_int"
    if kind in headers.callbacks:
        return class_name(kind)
    if kind == "const char *":
        return "c_char_p"
    if kind.endswith("*"):
        return "c_void_p"
    raise ValueError(f"a type that is not known: {kind}")


def field_type(headers, kind, length):
    if length is None:
        return python_type(headers, kind)
    if kind == "char":
        return f"c_char * {length}"
    raise ValueError(f"an array of a type that is not known: {kind}")


def fill(text, indent):
    """Wraps between the entries of a list: not inside of parentheses."""
    kept = re.sub(r"\([^()]*\)", lambda found: found.group().replace(" ", "\0"), text)
    return textwrap.fill(kept, 100, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False).replace("\0", " ")


def enum_lines(headers, kind):
    prefixes = {re.match(r"CRUDDUR_(OP_|LOG_|CHECK_|FOLLOW_|MOVE_|UPGRADE_|WATCH_|EVENT_)?",
                         name).group() for name in headers.enums[kind]}
    prefix = max(prefixes, key=len) if kind != "cruddur_status" else "CRUDDUR_"
    yield f"class {CLASSES[kind]}(IntEnum):"
    yield f'    """{DOCS[kind]}"""'
    yield ""
    for name in headers.enums[kind]:
        yield f"    {name.removeprefix(prefix)} = {headers.constants[name]}"
    yield ""
    yield ""


def python_constants(headers):
    yield "# SPDX-License-Identifier: MIT"
    yield f'"""Constants of the library. {MADE}"""'
    yield "from enum import IntEnum"
    yield ""
    yield ""
    of_classes = set()
    for kind in CLASSES:
        if kind in headers.enums:
            yield from enum_lines(headers, kind)
            of_classes.update(headers.enums[kind])
    for name, value in headers.constants.items():
        if name not in of_classes:
            shown = f'"{value}"' if isinstance(value, str) else value
            yield f"{name.removeprefix('CRUDDUR_')} = {shown}"


def callback_line(headers, callback):
    types = [python_type(headers, callback.result)]
    for kind, _ in callback.arguments:
        target = kind.removeprefix("const ").removesuffix(" *")
        types.append(f"POINTER({class_name(target)})" if target in headers.structs
                     else "POINTER(c_char)" if kind == "const char *" and has_size(callback)
                     else python_type(headers, kind))
    return f"{class_name(callback.name)} = CFUNCTYPE({', '.join(types)})"


def has_size(callback):
    """Whether its text comes with a size, and so without a NUL."""
    return ("size_t", "size") in callback.arguments


def declarations_in_order(headers):
    """Structs and callbacks, each after those that it names."""
    done, waiting = set(), [*headers.structs.values(), *headers.callbacks.values()]
    while waiting:
        ready = [one for one in waiting if needs_of(headers, one) <= done]
        if not ready:
            raise ValueError("declarations name each other")
        yield from ready
        done.update(one.name for one in ready)
        waiting = [one for one in waiting if one.name not in done]


def needs_of(headers, one):
    kinds = [kind for kind, *_ in (one.fields if hasattr(one, "fields") else one.arguments)]
    named = {kind.removeprefix("const ").removesuffix(" *") for kind in kinds}
    by_value = {kind for kind in kinds if kind in headers.callbacks}
    of_callback = set() if hasattr(one, "fields") else named & set(headers.structs)
    return by_value | of_callback


PYTHON_HEAD = '''\
# SPDX-License-Identifier: MIT
"""Declarations of the library for ctypes. {made}"""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_int, c_int64,
                    c_size_t, c_uint32, c_uint64, c_void_p)
from typing import TYPE_CHECKING, Any


class Struct(Structure):
    """A struct of the library."""

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...


'''

PYTHON_FUNCTIONS = '''\
# The result of each function, and its arguments.
P, S = c_void_p, c_char_p
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
'''


def python_declarations(headers):
    yield PYTHON_HEAD.format(made=MADE).rstrip("\n")
    is_class = True
    for one in declarations_in_order(headers):
        was_class, is_class = is_class, one.name in headers.structs
        if is_class or was_class:
            yield from ("", "")
        if not is_class:
            yield callback_line(headers, one)
            continue
        yield f"class {class_name(one.name)}(Struct):"
        fields = ", ".join(f'("{name}", {field_type(headers, kind, length)})'
                           for kind, name, length in one.fields)
        yield fill(f"    _fields_ = [{fields}]", " " * 16)
    yield from ("", "")
    yield PYTHON_FUNCTIONS.rstrip("\n")
    for function in headers.functions.values():
        types = [python_type(headers, kind) for kind, _ in function.arguments]
        types = [{"c_void_p": "P", "c_char_p": "S"}.get(kind, kind) for kind in types]
        result = python_type(headers, function.result)
        result = {"c_void_p": "P", "c_char_p": "S"}.get(result, result)
        comma = "," if len(types) == 1 else ""
        yield fill(f'    "{function.name.removeprefix("cruddur_")}": '
                   f'({result}, ({", ".join(types)}{comma})),', " " * 8)
    yield "}"


# ---- C, as LuaJIT and PHP read it ----

INT_MAX = 2**31 - 1


def c_arguments(function):
    return ", ".join(f"{kind}{'' if kind.endswith('*') else ' '}{name}"
                     for kind, name in function.arguments) or "void"


def c_result(kind):
    return kind if kind.endswith("*") else f"{kind} "


def cdef(headers):
    yield f"/* Declarations for LuaJIT's ffi.cdef and PHP's FFI::cdef. {MADE} */"
    for name in headers.opaque:
        yield f"typedef struct {name} {name};"
    for name in headers.enums:
        if name:
            yield f"typedef uint32_t {name};"
    values = ", ".join(f"{name}={value}" for name, value in headers.constants.items()
                       if isinstance(value, int) and -INT_MAX <= value <= INT_MAX)
    yield fill(f"enum {{ {values} }};", "  ")
    for one in declarations_in_order(headers):
        if one.name in headers.callbacks:
            yield f"typedef {c_result(one.result)}(*{one.name})({c_arguments(one)});"
            continue
        fields = " ".join(f"{c_result(kind)}{name}{'' if length is None else f'[{length}]'};"
                          for kind, name, length in one.fields)
        yield fill(f"typedef struct {one.name} {{ {fields} }} {one.name};", "  ")
    for function in headers.functions.values():
        yield f"{c_result(function.result)}{function.name}({c_arguments(function)});"


# ---- all of it ----

def main(arguments):
    parser = argparse.ArgumentParser(prog="declarations.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_checks = parser.parse_args(arguments).check
    headers = Headers(ROOT / "include" / "cruddur")
    made = {"python/cruddur/_constants.py": python_constants(headers),
            "python/cruddur/_declarations.py": python_declarations(headers),
            "examples/ffi/cruddur.cdef": cdef(headers)}
    drifted = 0
    for name, lines in made.items():
        path, text = ROOT / name, "\n".join(lines) + "\n"
        if not only_checks:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            drifted += 1
            print(f"{name} differs from the headers: run scripts/declarations.py")
    print(f"{len(headers.functions)} functions, {len(headers.structs)} structs, "
          f"{len(headers.constants)} constants")
    return 1 if drifted or not headers.functions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
