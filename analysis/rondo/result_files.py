"""Reads what `./rondo run --out` leaves behind: the report and the timeline, as plain values."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from .quantities import Report
from .yaml_reader import InputError


def read_report(path: Path) -> Report:
    """The tree in a report.json; InputError when it is none."""
    tree = _json_object(path, "a report")
    if "units" not in tree:
        raise InputError(f"{path}: is not a report of ./rondo run: it has no units")
    return tree


def _json_object(path: Path, what: str) -> dict[str, Any]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: cannot be read as {what}: {error}") from error
    return tree if isinstance(tree, dict) else {}


def flat(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    """A tree of settings as dotted path -> value; lists stay whole."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        here = f"{path}.{name}" if path else name
        found.update(flat(value, here) if isinstance(value, dict) else {here: value})
    return found


@dataclass
class Slices:
    """Parallel columns: from which cycle, for how many, which of `Timeline.names`; lanes and instruction numbers of
    instructions only."""

    start: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    name: list[int] = field(default_factory=list)
    lane: list[int] = field(default_factory=list)
    instruction: list[int] = field(default_factory=list)
    layer: list[int] = field(default_factory=list)

    def add(self, event: dict[str, Any], name: int) -> None:
        self.start.append(event["ts"])
        self.length.append(event["dur"])
        self.name.append(name)


@dataclass
class Timeline:
    """What each unit did when. `waits` are the cycles in which a unit did not work, by cause; what is left of
    0..`end` it was busy. `bytes_per_cycle[memory][read or written]` are steps (cycle, value) that hold until the next.
    `end` is the last cycle that the file tells of, `whole` whether that is the end of the run."""

    units: list[str]
    names: list[str]
    waits: dict[str, Slices]
    instructions: dict[str, Slices]
    bytes_per_cycle: dict[str, dict[str, list[tuple[int, float]]]]
    end: int
    whole: bool


_ROW = re.compile(r"(\w+)(?:( waits)|, overlapping (\d+))?\Z")


def read_timeline(directory: Path, report: Report) -> Optional[Timeline]:
    """The timeline.json in a run's directory, None when there is none."""
    path = directory / "timeline.json"
    if not path.is_file():
        return None
    tree = _json_object(path, "a timeline")
    try:
        return _timeline(tree, report)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is not a timeline of ./rondo run ({error!r})") from error


def _timeline(tree: dict[str, Any], report: Report) -> Timeline:
    events = tree["traceEvents"]
    rows = {event["tid"]: _ROW.match(event["args"]["name"]) for event in events
            if event["ph"] == "M" and event["name"] == "thread_name"}
    if not all(rows.values()):
        raise ValueError("a row of no unit")
    units = list(report["units"])
    waits = {unit: Slices() for unit in units}
    instructions = {unit: Slices() for unit in units}
    names: dict[str, int] = {}
    rates: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for event in events:
        if event["ph"] == "X":
            unit, waiting, lane = rows[event["tid"]].groups()
            number = names.setdefault(event["name"], len(names))
            if waiting:
                waits[unit].add(event, number)
                continue
            slices = instructions[unit]
            slices.add(event, number)
            slices.lane.append(int(lane or 0))
            slices.instruction.append(event["args"]["instruction"])
            slices.layer.append(names.setdefault(event["args"].get("layer", ""), len(names)))
        elif event["ph"] == "C":
            memory = rates.setdefault(event["name"].split()[0], {})
            for way, value in event["args"].items():
                memory.setdefault(way, []).append((event["ts"], value))
    whole = str(tree["otherData"]["holds"]).startswith("all")
    last = max((s + n for each in (*waits.values(), *instructions.values()) for s, n in zip(each.start, each.length)),
               default=0)
    steps = {memory: {way: sorted(points) for way, points in ways.items()} for memory, ways in rates.items()}
    return Timeline(units, list(names), waits, instructions, steps, report["total_cycles"] if whole else last, whole)


def stretches(timeline: Timeline, report: Report, unit: str) -> list[tuple[int, int, str]]:
    """(start, length, cause) of a unit without a gap from cycle 0 on: its waits, and `busy` between them. In a whole
    run the last gaps are `done`, as many cycles as the report counts; otherwise they end with the unit's last event,
    because a wait that went on when the file was full is not in it."""
    waits, instructions = timeline.waits[unit], timeline.instructions[unit]
    end = timeline.end
    if not timeline.whole:
        end = max((s + n for each in (waits, instructions) for s, n in zip(each.start, each.length)), default=0)
    found: list[tuple[int, int, str]] = []
    now = 0
    for start, length, name in sorted(zip(waits.start, waits.length, waits.name)):
        if start > now:
            found.append((now, start - now, "busy"))
        found.append((start, length, timeline.names[name]))
        now = start + length
    if end > now:
        found.append((now, end - now, "busy"))
    return _with_done(found, report["units"][unit]["cycles"].get("done", 0) if timeline.whole else 0)


def _with_done(found: list[tuple[int, int, str]], done: int) -> list[tuple[int, int, str]]:
    """The last `done` cycles of what looks busy are those in which the unit had nothing left to do."""
    changed: list[tuple[int, int, str]] = []
    for start, length, cause in reversed(found):
        taken = min(done, length) if cause == "busy" else 0
        if taken:
            changed.append((start + length - taken, taken, "done"))
            done -= taken
        if length > taken:
            changed.append((start, length - taken, cause))
    return changed[::-1]
