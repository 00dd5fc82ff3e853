"""The SQLite file of a sweep: every finished point, written in its own transaction, so that a killed sweep
loses none."""

import json
import sqlite3
from pathlib import Path
from typing import Any, Iterable, Optional

from .run import Answer, RunFailed
from .sweep_file import Point
from .yaml_reader import InputError

SCHEMA = 1

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

    def __init__(self, path: Path):
        self.path = path
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

    def finished(self) -> set[str]:
        """The ids of all points that have a row, failed ones too."""
        return {row[0] for row in self._execute("SELECT id FROM points")}

    def save(self, point: Point, answer: Answer) -> None:
        """Keeps what became of a point."""
        version = answer.report.get("rondo_version") if answer.report else None
        report = json.dumps(answer.report) if answer.report else None
        self._execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      [point.id, point.chip, point.network, json.dumps(point.settings),
                       bool(point.request.get("timing_only")), version, report, answer.error])

    def answer(self, identity: str) -> Optional[Answer]:
        """What became of the point with this id, None when it is not finished."""
        row = self._execute("SELECT report, error FROM points WHERE id = ?", [identity]).fetchone()
        return Answer(json.loads(row[0]) if row[0] else None, row[1]) if row else None
