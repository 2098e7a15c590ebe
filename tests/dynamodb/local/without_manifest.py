#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies a Java archive without its manifest.

    without_manifest.py FROM TO
"""
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as source, zipfile.ZipFile(sys.argv[2], "w") as target:
    for entry in source.infolist():
        if entry.filename != "META-INF/MANIFEST.MF":
            target.writestr(entry, source.read(entry))
