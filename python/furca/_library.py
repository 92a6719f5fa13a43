"""Finds libfurca, loads it, and makes sure that it speaks this package's version of the interface."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from .errors import LibraryError

#: FURCA_ABI_VERSION of the header that _abi.py was written against.
ABI_VERSION = 1

_NAME = "libfurca.dylib" if sys.platform == "darwin" else "libfurca.so"


def load() -> ctypes.CDLL:
    """Loads the library, or takes the one that the program which embeds this interpreter was linked with: handles then mean
    the same in C and in Python. Raises LibraryError if there is none, or one of another version."""
    host = ctypes.CDLL(None)
    path = "The library of this program" if hasattr(host, "furca_abi_version") else find()
    try:
        library = host if hasattr(host, "furca_abi_version") else ctypes.CDLL(str(path))
        library.furca_abi_version.restype = ctypes.c_uint32
        library.furca_abi_version.argtypes = ()
        found = library.furca_abi_version()
    except (OSError, AttributeError) as error:
        raise LibraryError(f"{path} cannot be loaded as Furca's library: {error}") from error
    if found != ABI_VERSION:
        raise LibraryError(
            f"{path} speaks version {found} of Furca's interface, this Python package version {ABI_VERSION}: "
            "install both from the same source, or unset FURCA_LIBRARY if it points to an old build"
        )
    return library


def find() -> Path:
    """The library's path: FURCA_LIBRARY, or the one in the wheel, or the one Sources/build-library left in a clone."""
    override = os.environ.get("FURCA_LIBRARY")
    if override:
        return Path(override)
    package = Path(__file__).resolve().parent
    candidates = (package / "_native" / _NAME, package.parents[1] / ".build" / "library" / _NAME)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise LibraryError(
        f"{_NAME} was not found at {' or '.join(map(str, candidates))}: "
        "run Sources/build-library, or set FURCA_LIBRARY to its path"
    )
