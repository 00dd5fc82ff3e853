"""The progress of long work on stderr: a bar on a terminal, a plain line now and then in a pipe."""

import sys
import time
from typing import Any, Optional

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from .run import Answer

LINE_SECONDS = 10.0


class Progress:
    """Counts answers. Use as a context."""

    def __init__(self, name: str, total: int):
        self.name, self.total = name, total
        self.done = self.failed = 0
        self.start = self.last_line = time.monotonic()
        self.bar: Optional[Bar] = None
        if sys.stderr.isatty():
            self.bar = Bar(TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(),
                           TextColumn("{task.fields[rate]}"), TimeRemainingColumn(compact=True),
                           TextColumn("{task.fields[failures]}"), console=Console(stderr=True),
                           transient=True)
            self.task = self.bar.add_task(name, total=total, rate="", failures="")

    def __enter__(self) -> "Progress":
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        if self.bar:
            self.bar.stop()
        elif self.done:
            self._line(f"done in {time.monotonic() - self.start:.1f} s")

    def add(self, answer: Answer) -> None:
        """One more point is finished."""
        self.done += 1
        self.failed += answer.error is not None
        now = time.monotonic()
        rate = self.done / max(now - self.start, 1e-6)
        if self.bar:
            self.bar.update(self.task, completed=self.done, rate=f"{rate:.1f}/s", failures=self._failures())
        elif now - self.last_line >= LINE_SECONDS:
            self.last_line = now
            self._line(f"{rate:.1f}/s, {(self.total - self.done) / rate:.0f} s left")

    def _failures(self) -> str:
        return f"{self.failed} failed" if self.failed else ""

    def _line(self, words: str) -> None:
        failures = f", {self._failures()}" if self.failed else ""
        print(f"{self.name}: {self.done} of {self.total} points, {words}{failures}", file=sys.stderr,
              flush=True)
