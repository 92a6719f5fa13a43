"""Tensors that are not in the CPU's memory: counted where they are, beside the training, so that only counts cross over."""

from .placement import is_remote, unreachable
from .readings import Readings

__all__ = ["Readings", "is_remote", "unreachable"]
