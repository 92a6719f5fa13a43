"""A word about a name that is not there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Iterable

from .errors import UnknownError


def unknown(sentence: str, name: str, known: Iterable[str], otherwise: str) -> UnknownError:
    """The error for a name that is none of the known ones: `sentence`, and the names that it may have meant, or else where
    they all are."""
    close = get_close_matches(name, list(known), n=3)
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else otherwise
    return UnknownError(f"{sentence}; {hint}")
