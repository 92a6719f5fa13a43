"""One tensor of a run that is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._names import unknown
from ..modes import Branch
from ..paths import Paths
from ..sketch import Sketch
from ..stats import Stats

if TYPE_CHECKING:
    from .scope import Scope


class TensorView:
    """A parameter as the latest look saw it. Ask from any thread, also while the model trains.

    After `Scope.close` only `steps` and `history` answer, and `scope.run[name]`, which has all that the run file has.
    """

    def __init__(self, scope: Scope, name: str) -> None:
        self._scope = scope
        self._session = scope.session
        if name not in scope.tensors:
            raise unknown(f"no tensor {name!r} is watched", name, scope.tensors, "list(scope) has all names")
        self._id = scope.tensors.index(name)
        self.name = name

    @property
    def stats(self) -> Stats:
        """The statistics of the latest look, and its step."""
        return self._session.stats(self._id)

    def quantile(self, q: npt.ArrayLike) -> Any:
        """The value at or below which a share `q` of the elements lies: a float, or an array of the same shape."""
        return self._session.quantile(self._id, q)

    def cdf(self, value: npt.ArrayLike) -> Any:
        """The share of the elements that is at most `value`: a float, or an array of the same shape."""
        return self.sketch().cdf(value)

    def sketch(self) -> Sketch:
        """A copy of the latest look's sketch."""
        return self._session.sketch(self._id)

    @property
    def branches(self) -> list[Branch]:
        """The branches it has now, ascending: one if it has not forked."""
        return self._session.branches(self._id)

    def paths(self) -> Paths:
        """Where the elements that are followed are at the latest look: one row. `scope.run.paths(name)` has the looks before."""
        return self._session.paths(self._id)

    @property
    def steps(self) -> np.ndarray:
        """The steps at which it was looked at so far."""
        return self._scope.run[self.name].steps

    def history(self, statistic: str) -> np.ndarray:
        """One statistic at each of `steps`, for example "kurtosis"."""
        return self._scope.run[self.name].history(statistic)

    def __repr__(self) -> str:
        return f"<{self.name} of {self._scope!r}>"
