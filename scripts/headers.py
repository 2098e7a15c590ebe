# SPDX-License-Identifier: MIT
"""Reads the public headers: a small parser of the C that include/cruddur/ uses, and of no more. What
it does not know it refuses, so that nothing is left out in silence."""
import pathlib
import re

ORDER = re.compile(r'#include <cruddur/(\w+\.h)>')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NUMBER = re.compile(r"\(?(-?(?:0x[0-9a-fA-F]+|\d+))[uUlL]*\)?$")
LIMITS = {"INT64_MIN": -2**63, "INT64_MAX": 2**63 - 1, "UINT32_MAX": 2**32 - 1}


class Function:
    """A function, or a type of callbacks: its result and its arguments, [(type, name)]."""

    def __init__(self, name, result, arguments):
        self.name, self.result, self.arguments = name, result, arguments


class Struct:
    """A struct whose fields are public: [(type, name, array length or None)]."""

    def __init__(self, name, fields):
        self.name, self.fields = name, fields


class Headers:
    """All public headers, as C sees them one after the other."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.constants = {}   # name: int or str
        self.enums = {}       # type: [constant]
        self.maps = {}        # name of an X-macro: [[argument]]
        self.structs = {}     # name: Struct
        self.opaque = []      # names
        self.callbacks = {}   # name: Function
        self.functions = {}   # name: Function
        self.seen = set()
        self.read("cruddur.h")

    def read(self, name):
        if name in self.seen:
            return
        self.seen.add(name)
        text = COMMENT.sub(" ", (self.folder / name).read_text(encoding="utf-8"))
        text = text.replace("\\\n", " ")
        for other in ORDER.findall(text):
            self.read(other)
        if name == "api.h":
            return
        self.read_macros(text)
        text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
        text = re.sub(r"CRUDDUR_(BEGIN|END)_DECLS|CRUDDUR_MUST_USE|CRUDDUR_API", " ", text)
        for declaration in split_declarations(text):
            self.read_declaration(" ".join(declaration.split()))

    # ---- macros ----

    def read_macros(self, text):
        for name, value in re.findall(r"^#define (CRUDDUR_\w+_MAP)\(X\)(.*)$", text, re.MULTILINE):
            self.maps[name] = [split_arguments(entry)
                               for entry in re.findall(r"\bX\(((?:\"[^\"]*\"|[^\"()])*)\)", value)]
        for name, value in re.findall(r"^#define (CRUDDUR_\w+)[ \t]+(.+)$", text, re.MULTILINE):
            value = value.strip()
            if not name.endswith("_H") and not value.startswith("{"):
                number = self.value_of(value)
                if number is not None:
                    self.constants[name] = number

    def value_of(self, text):
        """None for what is no constant that another language needs."""
        text = text.strip()
        if text in LIMITS:
            return LIMITS[text]
        if text in self.constants:
            return self.constants[text]
        if text.startswith('"'):
            return text.strip('"')
        found = NUMBER.match(text)
        return int(found.group(1), 0) if found else None

    # ---- declarations ----

    def read_declaration(self, text):
        for pattern, reader in (
                (r"(?:typedef )?enum (\w*) ?\{(.*)\} ?(\w*)$", self.read_enum),
                (r"typedef struct (\w+) \{(.*)\} \1$", self.read_struct),
                (r"typedef struct (\w+) \1$", self.opaque.append),
                (r"typedef (.+?)\(\*(\w+)\)\((.*)\)$", self.read_callback),
                (r"([\w ]+?[ *]+)(cruddur_\w+)\((.*)\)$", self.read_function)):
            found = re.match(pattern, text)
            if found:
                reader(*found.groups())
                return
        raise ValueError(f"a declaration of a kind that is not known: {text}")

    def read_enum(self, tag, body, name):
        made = []
        for entry in split_arguments(body):
            if entry in self.maps_used(body):
                continue
            key, _, value = (part.strip() for part in entry.partition("="))
            if not key:
                continue
            self.constants[key] = self.value_of(value)
            if self.constants[key] is None:
                raise ValueError(f"the value of {key} is not known: {value}")
            made.append(key)
        for used in self.maps_used(body):
            for entry in self.maps[used.partition("(")[0]]:
                key = f"{enum_prefix(name)}{entry[0]}"
                self.constants[key] = int(entry[1], 0)
                made.append(key)
        self.enums[name or tag] = made

    @staticmethod
    def maps_used(body):
        return re.findall(r"CRUDDUR_\w+_MAP\(\w+\)", body)

    def read_struct(self, name, body):
        fields = []
        for field in filter(None, (part.strip() for part in body.split(";"))):
            found = re.match(r"(.+?[ *])(\w+)(?:\[(\w+)\])?$", field)
            length = found.group(3) and self.value_of(found.group(3))
            fields.append((clean(found.group(1)), found.group(2), length))
        self.structs[name] = Struct(name, fields)

    def read_callback(self, result, name, arguments):
        self.callbacks[name] = Function(name, clean(result), read_arguments(arguments))

    def read_function(self, result, name, arguments):
        self.functions[name] = Function(name, clean(result), read_arguments(arguments))


def enum_prefix(name):
    return "CRUDDUR_" if name == "cruddur_status" else name.rpartition("_")[0].upper() + "_"


def clean(kind):
    """`const char *` and the like, in one form."""
    return re.sub(r" ?\*", " *", " ".join(kind.split())).replace("* *", "**")


def split_declarations(text):
    """At each semicolon outside of braces."""
    depth, made = 0, ""
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            yield made
            made = ""
        else:
            made += character
    if made.strip():
        raise ValueError(f"a declaration without an end: {made.strip()}")


def split_arguments(text):
    """At each comma outside of quotation marks."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text)
    return [re.sub(r'"\s*"', "", part.strip()) for part in parts if part.strip()]


def read_arguments(text):
    if text.strip() in ("", "void"):
        return []
    return [(clean(kind), name) for kind, name in
            (re.match(r"\s*(.+?[ *])(\w+)\s*$", argument).groups() for argument in text.split(","))]
