"""What can go wrong, as exceptions: one class per status of the library, each also a kind of Python's own."""

from __future__ import annotations


class FurcaError(Exception):
    """A call that failed. Its text is a sentence: which tensor, which value, what to do."""

    status = 0

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class ArgumentError(FurcaError, ValueError):
    """A number or a pointer that makes no sense."""

    status = 1


class HandleError(FurcaError, ValueError):
    """The session, sketch or run is closed."""

    status = 2


class UnknownError(FurcaError, KeyError):
    """No tensor or event of that name or number."""

    status = 3


class DuplicateError(FurcaError, ValueError):
    """The name is taken, or a tensor occurs twice in one batch."""

    status = 4


class DTypeError(FurcaError, TypeError):
    """A dtype that is not read here, or not the one the tensor was registered with."""

    status = 5


class ShapeError(FurcaError, ValueError):
    """A number of elements that does not fit the tensor, or a layout that is not dense."""

    status = 6


class StepError(FurcaError, ValueError):
    """The step goes back; see Scope.rewind."""

    status = 7


class EmptyError(FurcaError, LookupError):
    """The tensor has not been observed yet."""

    status = 8


class FileError(FurcaError, OSError):
    """A file that could not be opened, read or written."""

    status = 9


class FormatError(FurcaError, ValueError):
    """Bytes that are not a sketch, or a file that is not a run."""

    status = 10


class VersionError(FurcaError, ValueError):
    """A sketch or run file of a newer version than this library."""

    status = 11


class SQLError(FurcaError, ValueError):
    """SQLite refused a query; the message is its own."""

    status = 12


class ForkedError(FurcaError, RuntimeError):
    """The session, sketch or run belongs to the parent process."""

    status = 13


class MergeError(FurcaError, ValueError):
    """Two sketches that cannot be merged."""

    status = 14


class CapacityError(FurcaError, MemoryError):
    """The system gave no memory or no thread."""

    status = 15


class BusyError(FurcaError, RuntimeError):
    """A look is still being read beside the training."""

    status = 16


class LibraryError(FurcaError, ImportError):
    """libfurca was not found, cannot be loaded, or is not of this package's version."""


_BY_STATUS = {cls.status: cls for cls in FurcaError.__subclasses__() if cls.status}


def error_for(status: int, message: str) -> FurcaError:
    """The exception for a status of the library."""
    return _BY_STATUS.get(status, FurcaError)(message)
