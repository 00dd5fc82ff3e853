"""The SQLite file of a sweep: every finished point, written in its own transaction, so that a killed sweep
loses none.

The journal is a write-ahead log: a transaction costs one append and no wait for the disk, and readers (a plot of a
sweep that runs) do not stop the writer. A killed program loses nothing; a power cut may lose the last seconds, never
the file. Where a file system cannot do that SQLite keeps a rollback journal instead, which is slower and as safe.
"""

import fcntl
import json
import os
import re
import sqlite3
from pathlib import Path
from typing import Any, Iterable, Optional

from .pool import Answer
from .simulator import RunFailed
from .sweep_file import Point
from .yaml_reader import InputError

SCHEMA = 1

_VERSION = re.compile(r'"rondo_version": ?"([^"]*)"')  # at the report's start: reading all of it would take longer

_TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS points (
  id TEXT PRIMARY KEY,
  chip TEXT NOT NULL,
  network TEXT NOT NULL,
  parameters TEXT NOT NULL,
  timing_only INTEGER NOT NULL,
  rondo_version TEXT,
  report TEXT,
  error TEXT
);
"""


class Store:
    """An open points.sqlite. Use as a context: leaving it closes the file."""

    def __init__(self, path: Path, alone: bool = False):
        """`alone`: refuse when another sweep writes to this file."""
        self.path = path
        self._lock = _locked(path) if alone else None
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: cannot hold points ({error}); --out names another directory") from error
        found = self.about("schema")
        if found is None:
            self.set_about("schema", SCHEMA)
        elif found != SCHEMA:
            raise InputError(f"{path}: has schema {found}; this program reads schema {SCHEMA}")

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: Any) -> None:
        self._database.close()
        if self._lock is not None:
            self.path.with_name(self.path.name + ".lock").unlink(missing_ok=True)
            os.close(self._lock)

    def _execute(self, statement: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, tuple(values))
        except sqlite3.DatabaseError as error:
            raise RunFailed(f"{self.path}: cannot be written ({error}); finished points are kept") from error

    def about(self, key: str) -> Any:
        """What was noted about the sweep under this key, None when nothing was."""
        row = self._execute("SELECT value FROM about WHERE key = ?", [key]).fetchone()
        return json.loads(row[0]) if row else None

    def set_about(self, key: str, value: Any) -> None:
        """Notes a JSON value about the sweep."""
        self._execute("INSERT OR REPLACE INTO about VALUES (?, ?)", [key, json.dumps(value)])

    def note_versions(self, versions: dict[str, str]) -> None:
        """Notes what a run of the sweep runs with; one entry for each different set."""
        noted = self.about("versions") or []
        if versions not in noted:
            self.set_about("versions", noted + [versions])

    def versions(self, name: str) -> list[str]:
        """The different versions of a program that points come from, oldest first."""
        return list(dict.fromkeys(one[name] for one in self.about("versions") or [] if name in one))

    def finished(self) -> set[str]:
        """The ids of all points that have a row, failed ones too."""
        return {row[0] for row in self._execute("SELECT id FROM points")}

    def save(self, point: Point, answer: Answer) -> None:
        """Keeps what became of a point."""
        version = _VERSION.search(answer.text or "")
        self._execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      [point.id, point.chip, point.network, json.dumps(point.settings),
                       bool(point.request.get("timing_only")), version and version[1], answer.text, answer.error])

    def answer(self, identity: str) -> Optional[Answer]:
        """What became of the point with this id, None when it is not finished."""
        row = self._execute("SELECT report, error FROM points WHERE id = ?", [identity]).fetchone()
        return Answer(row[0], row[1]) if row else None


def _locked(path: Path) -> int:
    """A lock beside the file that ends with this process, however it ends."""
    try:
        handle = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise InputError(f"{path}: cannot hold points ({error.strerror}); --out names another directory") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise InputError(f"{path}: another sweep is writing to it; wait for it, or give --out DIR") from None
    except OSError:
        pass  # a file system without locks
    return handle
