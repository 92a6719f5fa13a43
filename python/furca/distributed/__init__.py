"""Training on several processes: parameters in shards, and in replicas."""

from .merge import merge

__all__ = ["merge"]
