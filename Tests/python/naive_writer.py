"""What Furca's writer must not be: SQLite used as anybody would use it, beside Python's own copy in the same process.

    naive_writer.py FILE

Appends numbered rows to the table `stats` and prints each number and the time, until it is killed. Python's copy opens and closes the
file every few rows, and thereby drops the locks of this one.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import sys
import tempfile
import time


def second_copy() -> ctypes.CDLL:
    """The SQLite that Python uses, from another file: a copy with state of its own. OSError if Python has SQLite built in."""
    shared = {line.split()[-1] for line in open("/proc/self/maps") if "libsqlite3" in line}
    if not shared:
        raise OSError("Python has no shared libsqlite3")
    with tempfile.TemporaryDirectory() as folder:
        return ctypes.CDLL(shutil.copy(shared.pop(), folder), mode=os.RTLD_LOCAL | os.RTLD_DEEPBIND)


def main(path: str) -> None:
    sqlite = second_copy()
    database = ctypes.c_void_p()

    def execute(sql: str) -> None:
        if sqlite.sqlite3_exec(database, sql.encode(), None, None, None) != 0:
            sys.exit(f"{sql} failed")

    sqlite.sqlite3_open(path.encode(), ctypes.byref(database))
    execute("pragma journal_mode = wal; pragma synchronous = normal; create table stats(step integer primary key, bytes blob)")
    for step in range(1_000_000):
        execute(f"insert into stats values ({step}, zeroblob(200))")
        print(step, time.monotonic(), flush=True)
        if step % 7 == 6:
            connection = sqlite3.connect(path)
            connection.execute("select count(*) from stats").fetchone()
            connection.close()
        time.sleep(0.005)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except OSError as problem:
        print("none", problem, flush=True)
        sys.exit(77)
