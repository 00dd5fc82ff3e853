"""The SQLite file of a sweep as a file: whether it is one, opened by the one driver that writes it, or opened to read.

Written files keep a write-ahead log: a transaction costs one append and no wait for the disk, and readers (a plot of a
sweep that runs) do not stop the writer. A killed program loses nothing; a power cut may lose the last seconds, never the
file. Where a file system cannot do that SQLite keeps a rollback journal instead, which is slower and as safe.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

from .yaml_reader import InputError

SCHEMA = 2

_MARK = 0x526F6E64  # "Rond": SQLite's application_id, in the header of every sweep's file
_MARK_AT = 68

_TABLES = f"""
BEGIN;
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS points (
  id TEXT PRIMARY KEY,
  chip TEXT NOT NULL,
  network TEXT NOT NULL,
  parameters TEXT NOT NULL,
  timing_only INTEGER NOT NULL,
  rondo_version TEXT,
  simulator TEXT,
  report BLOB,
  error TEXT
);
INSERT OR IGNORE INTO about VALUES ('schema', '{SCHEMA}');
COMMIT;
"""


class NoSweepYet(InputError):
    """There is no file, or one that a sweep has only just begun."""


def open_to_write(path: Path) -> sqlite3.Connection:
    """The file, made where there is none. InputError when it is anything but a sweep's, which is left as it is."""
    try:
        _refuse_others(path)
        database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            database.execute(f"PRAGMA application_id={_MARK}")  # before the log begins: it must stand in the file itself
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(_TABLES)
        except BaseException:
            database.close()
            raise
        return database
    except (sqlite3.DatabaseError, OSError) as error:
        raise InputError(f"{path}: cannot hold points ({error}); --out names another directory") from error


def open_to_read(path: Path) -> sqlite3.Connection:
    """The file for reading alone, also from a place that cannot be written."""
    try:
        if not _refuse_others(path):
            raise NoSweepYet(f"{path}: holds no sweep; run ./rondo sweep first")
        try:
            return _usable(path, "mode=rw")  # rw for the log's own files
        except sqlite3.OperationalError:
            return _unwritable(path.resolve())
    except (sqlite3.DatabaseError, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def _refuse_others(path: Path) -> bool:
    """Refuses what is no sweep's; false when there is nothing. Looks at the first bytes alone: SQLite itself might tidy a
    file that it opens."""
    start = b""
    if path.exists():
        with path.open("rb") as file:
            start = file.read(100)
    marked = start[:16] == b"SQLite format 3\0" and int.from_bytes(start[_MARK_AT:_MARK_AT + 4], "big") == _MARK
    if start and not marked:
        raise InputError(f"{path}: is not the file of a sweep, or of an older Rondo's (schema 1); it is left as it is. "
                         "Expected what ./rondo sweep --out makes")
    return marked


def _usable(path: Path, how: str) -> sqlite3.Connection:
    """A connection that has been tried."""
    database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True, isolation_level=None, timeout=30.0)
    try:
        database.execute("PRAGMA query_only=ON")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise NoSweepYet(f"{path}: holds no sweep; run ./rondo sweep first")
        return database
    except BaseException:
        database.close()
        raise


def _unwritable(path: Path) -> sqlite3.Connection:
    """Where no log can be opened. Without rows in one the file does not change; otherwise both are read elsewhere."""
    log = path.with_name(path.name + "-wal")
    if not log.exists() or log.stat().st_size == 0:
        return _usable(path, "mode=ro&immutable=1")
    with tempfile.TemporaryDirectory(prefix="rondo_sweep") as folder:
        for file in (path, log):
            shutil.copyfile(file, Path(folder) / file.name)
        copied = _usable(Path(folder) / path.name, "mode=rw")
        kept = sqlite3.connect(":memory:", isolation_level=None)
        copied.backup(kept)
        copied.close()
        return kept


class Lock:
    """That this process alone writes a sweep's file: a locked file beside it, which ends with the process, however it
    ends. Links to the file share the lock."""

    def __init__(self, path: Path):
        self._path = path.resolve().with_name(path.resolve().name + ".lock")
        self._handle = -1
        while not self._taken(path):
            pass

    def release(self) -> None:
        """Lets others write. The name goes first, while the lock still holds."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)

    def _taken(self, path: Path) -> bool:
        """False when the name went with another's release between opening and locking, so that others lock a new file."""
        try:
            self._handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise InputError(f"{path}: cannot hold points ({error.strerror}); --out names another directory") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise InputError(f"{path}: another sweep is writing to it; wait for it, or give --out DIR") from None
        except OSError:
            return True  # a file system without locks
        try:
            if os.path.samestat(os.fstat(self._handle), os.stat(self._path)):
                return True
        except FileNotFoundError:
            pass
        os.close(self._handle)
        return False
