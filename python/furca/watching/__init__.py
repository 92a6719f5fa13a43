"""Watching a torch model while its optimizer trains it."""

from .scope import Scope
from .watch import watch

__all__ = ["Scope", "watch"]
