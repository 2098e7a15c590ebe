#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Links in the documentation lead somewhere: the file is in the tree, and the heading in the file.

    check_links.py SOURCE_FOLDER
"""
import os
import re
import sys

FENCED = re.compile(r"^ *(```+).*?^ *\1 *$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
DEFINITION = re.compile(r"^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
ANCHOR = re.compile(r'<a\s+(?:id|name)="([^"]+)"')
REMOTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def read(path):
    with open(path, encoding="utf-8") as file:
        return COMMENT.sub("", FENCED.sub("", file.read()))


def anchor_of(heading):
    """As GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchors_in(path):
    found, seen = set(), {}
    text = read(path)
    for heading in HEADING.findall(text):
        anchor = anchor_of(heading)
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        found.add(anchor if count == 0 else f"{anchor}-{count}")
    return found | set(ANCHOR.findall(text))


def fault_of(page, target):
    """What is wrong with a link; None for nothing."""
    path, _, anchor = target.partition("#")
    file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(file):
        return "there is no such file"
    if anchor and file.endswith(".md") and anchor not in anchors_in(file):
        return "there is no such heading"
    return None


def pages_of(source):
    """All pages of the tree, except for build folders and what npm has fetched."""
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and
                            not (folder == source and name.startswith("build")) and
                            name != "node_modules")
        yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(".md"))


def main(arguments):
    source = os.path.abspath(arguments[0])
    count = failed = 0
    for page in pages_of(source):
        text = CODE.sub("", read(page))
        for target in LINK.findall(text) + DEFINITION.findall(text):
            if REMOTE.match(target):
                continue
            count += 1
            fault = fault_of(page, target)
            if fault is not None:
                failed += 1
                print(f"{os.path.relpath(page, source)}: {target}: {fault}")
    print(f"{count} links, {failed} wrong")
    return 0 if count and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
