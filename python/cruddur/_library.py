# SPDX-License-Identifier: MIT
"""The shared library: where it is found, and whether it is the one that the declarations are of."""
import ctypes
import os
from typing import Any

from . import _constants as k
from ._declarations import FUNCTIONS

SONAME = f"libcruddur.so.{k.VERSION_MAJOR}.{k.VERSION_MINOR}"
VARIABLE = "CRUDDUR_LIBRARY"
# Where Meson installs by default, and Debian's loader does not look before its cache is renewed.
FALLBACKS = (SONAME, f"/usr/local/lib/{SONAME}")
ABI = (k.VERSION_MAJOR, k.VERSION_MINOR)


def _open() -> ctypes.CDLL:
    named = os.environ.get(VARIABLE)
    failures = []
    for path in (named,) if named else FALLBACKS:
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            failures.append(str(error))
    raise ImportError(
        f"cruddur needs the shared library {SONAME}, which could not be loaded: "
        f"{'; '.join(failures)}. Install libcruddur {k.VERSION_MAJOR}.{k.VERSION_MINOR}, or set "
        f"{VARIABLE} to the path of the library")


def _check_abi(library: ctypes.CDLL) -> None:
    """Until 1.0 each minor version may change the ABI."""
    path = library._name
    try:
        function = library.cruddur_version_number
    except AttributeError:
        raise ImportError(f"{path} is not libcruddur: it has no cruddur_version_number()") from None
    function.restype = ctypes.c_uint32
    number = function()
    if (number // 10000, number // 100 % 100) != ABI:
        raise ImportError(
            f"{path} is libcruddur {number // 10000}.{number // 100 % 100}.{number % 100}; this "
            f"package is for version {ABI[0]}.{ABI[1]}, and has another ABI. Install the package "
            "and the library of the same version")


class Library:
    """The functions, without their prefix. Those that can wait release the interpreter's lock; those
    that only compute keep it, which makes them faster."""

    def __init__(self) -> None:
        shared = _open()
        _check_abi(shared)
        self.path: str = shared._name
        quick = ctypes.PyDLL(self.path)
        for name, (result, arguments) in FUNCTIONS.items():
            waits = result is ctypes.c_int or name == "close"
            try:
                function = getattr(shared if waits else quick, "cruddur_" + name)
            except AttributeError:
                raise ImportError(f"{self.path} has no function cruddur_{name}(): it is older than "
                                  "this package. Install the version of the package") from None
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


lib = Library()
