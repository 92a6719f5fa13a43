"""Furca watches how the parameters of a neural network are distributed while it trains, and where they fork.

>>> scope = furca.watch(model, optimizer)       # in a training script, before the loop
>>> run = furca.open("runs/train.furca")        # anywhere else, meanwhile or afterwards
>>> run = furca.scan("checkpoints/", run="runs/b.furca")    # a run out of files
>>> furca.Sketch(array).modes(alpha=1e-6)       # any array, on its own
"""

from __future__ import annotations

import os
from typing import Union

from . import errors
from .distributed import merge
from .errors import FurcaError
from .events import ForkEvent, Onset
from .forks import Forks
from .modes import Atom, Branch, Modes
from .paths import Paths
from .pruning import Pruned, prune
from .run import Run
from .scanning import scan
from .session import Session
from .settling import Settled
from .sketch import Sketch
from .sparsity import Sparsity
from .stats import Stats
from .tree import Tree, TreeBranch
from .watching import Scope, watch

__version__ = "0.1.0"

__all__ = [
    "Atom",
    "Branch",
    "ForkEvent",
    "Forks",
    "FurcaError",
    "Modes",
    "Onset",
    "Paths",
    "Pruned",
    "Run",
    "Scope",
    "Session",
    "Settled",
    "Sketch",
    "Sparsity",
    "Stats",
    "Tree",
    "TreeBranch",
    "errors",
    "merge",
    "open",
    "scan",
    "prune",
    "watch",
]


def open(path: Union[str, os.PathLike[str]]) -> Run:
    """Opens a run file for reading, while the run goes on or afterwards."""
    return Run(path)
