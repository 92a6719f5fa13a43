"""Views of a run file as tables for other tools."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from .errors import ArgumentError, UnknownError

if TYPE_CHECKING:
    import pandas

    from .run import Run

#: Columns by which rows are ordered, as far as a view has them.
_ORDER = ("tensor", "name", "number", "rewind", "step", "fork", "branch")


def to_pandas(run: Run, view: str) -> pandas.DataFrame:
    """A view as a data frame."""
    try:
        import pandas
    except ImportError:
        raise ImportError("run.to_pandas needs pandas: pip install 'furca[pandas]'") from None
    return pandas.DataFrame(columns(run, view))


def export(run: Run, path: str | os.PathLike[str], view: str) -> None:
    """Writes a view to a file, in the format that its name ends with."""
    writers: dict[str, Callable[[Path, dict[str, Any]], None]] = {".parquet": _write_parquet, ".csv": _write_csv}
    path = Path(path)
    if path.suffix not in writers:
        raise ArgumentError(f"{path} ends with none of {', '.join(writers)}: the name says which format to write")
    # Under another name first, so that nobody finds half of it.
    partial = path.with_name(path.name + ".partial")
    try:
        writers[path.suffix](partial, columns(run, view))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def columns(run: Run, view: str) -> dict[str, Any]:
    """The columns of a view by name: numbers as arrays (NaN for NULL), texts and bytes as lists."""
    declared = run.sql("select name, type from pragma_table_info(?)", view)
    if not declared:
        views = run.sql("select name from sqlite_schema where type = 'view' order by name")
        raise UnknownError(f"there is no view {view!r} in {run.path}, only {', '.join(row.name for row in views)}")
    names = [column.name for column in declared]
    order = ", ".join(name for name in _ORDER if name in names) or "1"
    found = run.sql(f"select {', '.join(names)} from [{view}] order by {order}")
    values = zip(*found) if found else [()] * len(names)
    return {column.name: _column(column.type, list(value)) for column, value in zip(declared, values)}


def _column(declared: str, values: list[Any]) -> Any:
    """Values of a column, as its type says: whole numbers stay whole as long as none is missing."""
    kind = declared.upper()
    if kind == "INTEGER" and None not in values:
        return np.array(values, dtype=np.int64)
    if kind in ("INTEGER", "REAL"):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return values


def _write_parquet(path: Path, columns: dict[str, Any]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError("a .parquet file needs pyarrow: pip install 'furca[parquet]'") from None
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def _write_csv(path: Path, columns: dict[str, Any]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in zip(*(column.tolist() if isinstance(column, np.ndarray) else column for column in columns.values())):
            # A number's shortest text that reads back as the same number; nothing where it is undefined.
            writer.writerow("" if value != value else value for value in row)
