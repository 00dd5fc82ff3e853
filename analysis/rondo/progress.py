"""The progress of long work on stderr: a bar on a terminal, a plain line now and then in a pipe."""

import sys
import time
from typing import Any, Iterable, Optional, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from .expression import Constraint
from .pool import Answer
from .quantities import Objective, value_at, written
from .sweep_result import figures_of

LINE_SECONDS = 10.0
BAR_SECONDS = 0.1


class Bar(RichProgress):
    """A bar, and below it a line of words."""

    words = ""

    def get_renderables(self) -> Iterable[Any]:
        """What is drawn."""
        yield from super().get_renderables()
        yield Text(self.words, overflow="ellipsis", no_wrap=True)


class Progress:
    """Counts answers, and keeps the best value of each objective within the limits. Use as a context."""

    def __init__(self, name: str, total: int, objectives: Sequence[Objective] = (), limits: Sequence[Constraint] = ()):
        self.name, self.total, self.objectives, self.limits = name, total, objectives, limits
        self.done = self.failed = 0
        self.best: dict[str, float] = {}
        self.start = self.last_shown = time.monotonic()
        self.bar: Optional[Bar] = None
        if sys.stderr.isatty():
            self.bar = Bar(TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(),
                           TextColumn("{task.fields[rate]}"), TimeRemainingColumn(compact=True),
                           console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task(name, total=total, rate="")

    def __enter__(self) -> "Progress":
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *why: Any) -> None:
        if self.bar:
            self.bar.stop()
        elif self.done:
            self._line(f"{'done' if why[0] is None else 'stopped'} in {time.monotonic() - self.start:.1f} s")

    def add(self, answer: Answer) -> None:
        """One more point is finished."""
        self.done += 1
        self.failed += answer.error is not None
        self._note(answer)
        now = time.monotonic()
        rate = self.done / max(now - self.start, 1e-6)
        if self.bar and now - self.last_shown >= BAR_SECONDS:
            self.last_shown = now
            self.bar.words = self._words()
            self.bar.update(self.task, completed=self.done, rate=f"{rate:.1f}/s")
        elif not self.bar and now - self.last_shown >= LINE_SECONDS:
            self.last_shown = now
            self._line(f"{rate:.1f}/s, {(self.total - self.done) / rate:.0f} s left")

    def wait(self, words: str) -> None:
        """Shows what the work waits for, until the next answer."""
        if self.bar:
            self.bar.words = words
        else:
            print(f"{self.name}: {words}", file=sys.stderr, flush=True)

    def _note(self, answer: Answer) -> None:
        if not answer.report or not all(limit.holds(figures_of(answer.report)) for limit in self.limits):
            return
        for objective in self.objectives:
            path = objective.quantity.path
            value = value_at(answer.report, path)
            if value is not None:
                better = max if objective.maximise else min
                self.best[path] = better(self.best.get(path, value), value)

    def _words(self) -> str:
        best = ", ".join(f"{o.quantity.title} {written(self.best[o.quantity.path], o.quantity.unit)}"
                         for o in self.objectives if o.quantity.path in self.best)
        return ", ".join(([f"{self.failed} failed"] if self.failed else []) + ([f"best {best}"] if best else []))

    def _line(self, words: str) -> None:
        more = f", {self._words()}" if self._words() else ""
        print(f"{self.name}: {self.done} of {self.total} points, {words}{more}", file=sys.stderr, flush=True)
