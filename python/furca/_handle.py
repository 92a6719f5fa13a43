"""The library's tickets, closed once whatever happens."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, Callable, NoReturn

from .errors import ForkedError, HandleError


class Handle:
    """A ticket for something the library keeps. It goes where ctypes expects a handle.

    A closed one is still passed on: the library itself answers that it is closed.
    """

    def __init__(self, ticket: ctypes.c_void_p, close: Callable[[int], Any]) -> None:
        """Takes over `ticket`, to be closed with the library's function `close`: by `close()`, when this object is
        collected, or when the interpreter ends."""
        self._as_parameter_ = ticket.value or 0
        self._finalizer = weakref.finalize(self, _close_in_own_process, close, self._as_parameter_)

    @property
    def closed(self) -> bool:
        return not self._finalizer.alive

    def close(self) -> None:
        """Closes it. The second time, does nothing."""
        self._finalizer()

    def __reduce__(self) -> NoReturn:
        raise TypeError("what the library holds lives in one process: it cannot be pickled or copied")


def _close_in_own_process(close: Callable[[int], Any], ticket: int) -> None:
    try:
        close(ticket)
    except ForkedError:
        pass  # It is the parent's to close.
    except HandleError:
        pass  # C code that shares it has closed it.
