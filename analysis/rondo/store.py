"""The points of a sweep in its SQLite file: every finished one, written in its own transaction, so that a killed sweep
loses none.

A report is 12 KB of JSON that is much the same for every point, so all are packed with the first one as zlib's dictionary,
which leaves a tenth of them.
"""

import json
import re
import sqlite3
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterable, Optional

from .pool import Answer
from .simulator import RunFailed
from .sweep_database import SCHEMA, Lock, open_to_read, open_to_write
from .sweep_file import Point
from .yaml_reader import InputError

LEVEL = 3  # of zlib: 0.03 ms a report; the higher ones take twice as long for 100 bytes less

_VERSION = re.compile(r'"rondo_version": ?"([^"]*)"')  # at the report's start: reading all of it would take longer


class Store:
    """The open points.sqlite. Use as a context: leaving it closes the file."""

    def __init__(self, path: Path, writing: bool = False):
        """`writing`: makes the file where there is none, and refuses when another sweep writes to it. Otherwise the file
        is read alone and does not change."""
        self.path, self._writing = path, writing
        self._example: Optional[bytes] = None  # the first report
        self._packer: Any = None  # that has read it
        with ExitStack() as stack:
            if writing:
                stack.callback(Lock(path).release)
            self._database = open_to_write(path) if writing else open_to_read(path)
            stack.callback(self._database.close)
            self._check_schema()
            self._open = stack.pop_all()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file and lets others write."""
        self._open.close()

    def _check_schema(self) -> None:
        found = self.about("schema")
        if found != SCHEMA:
            raise InputError(f"{self.path}: has schema {found}; this program reads schema {SCHEMA}")

    def _execute(self, statement: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, tuple(values))
        except sqlite3.DatabaseError as error:
            words = "written" if self._writing else "read"
            raise RunFailed(f"{self.path}: cannot be {words} ({error}); finished points are kept") from error

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

    def simulators(self) -> list[str]:
        """The different simulators that finished points come from, each by the start of its program's sha256."""
        rows = self._execute("SELECT DISTINCT simulator FROM points WHERE simulator IS NOT NULL ORDER BY simulator")
        return [row[0] for row in rows]

    def finished(self, failed: bool = True) -> set[str]:
        """The ids of all points that have a row; `failed`: those whose row is an error, too."""
        return {row[0] for row in self._execute("SELECT id FROM points" + ("" if failed else " WHERE error IS NULL"))}

    def save(self, point: Point, answer: Answer) -> None:
        """Keeps what became of a point, in place of what it had."""
        version = _VERSION.search(answer.text or "")
        self._execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      [point.id, point.chip, point.network, json.dumps(point.settings),
                       bool(point.request.get("timing_only")), version and version[1], answer.simulator,
                       self._packed(answer.text) if answer.text else None, answer.error])

    def answer(self, identity: str) -> Optional[Answer]:
        """What became of the point with this id, None when it is not finished."""
        row = self._execute("SELECT report, error, simulator FROM points WHERE id = ?", [identity]).fetchone()
        return Answer(self._unpacked(row[0]) if row[0] else None, row[1], row[2]) if row else None

    def _packed(self, text: str) -> bytes:
        if self._packer is None:
            self._packer = zlib.compressobj(LEVEL, zdict=self._dictionary(text))
        packer = self._packer.copy()  # a third of the time of a new one
        return packer.compress(text.encode()) + packer.flush()

    def _unpacked(self, packed: bytes) -> str:
        try:
            return zlib.decompressobj(zdict=self._dictionary()).decompress(packed).decode()
        except zlib.error as error:
            raise RunFailed(f"{self.path}: cannot be read ({error})") from error

    def _dictionary(self, first: str = "") -> bytes:
        """The first report of the file; `first` becomes it where there is none yet."""
        if self._example is None:
            example = self.about("first_report")
            if example is None:
                example = first
                self.set_about("first_report", example)
            self._example = example.encode()
        return self._example
