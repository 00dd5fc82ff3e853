"""A comparison for machines: JSON and CSV."""

from dataclasses import asdict
from typing import Any, Optional, Union

from .compare import Comparison
from .contenders import Contenders
from .entry import Entry, Misfit
from .formula import ON_THREADS
from .gpu import read_constants


def as_json(comparison: Comparison, contenders: Contenders) -> dict[str, Any]:
    """The comparison with all that its numbers come from: data sheets with sources, and the formula's constants."""
    sheets = {device.key: asdict(device) for device in contenders.devices}
    constants = {"gpu": asdict(read_constants()), "cpu": asdict(ON_THREADS)}
    kinds = {device.kind for device in contenders.devices}
    return {**asdict(comparison), "data_sheets": sheets,
            "constants": {kind: values for kind, values in constants.items() if kind in kinds}}


COLUMNS = ("name", "kind", "network", "batch", "steps", "numbers", "technology", "latency_s", "latency_low_s",
           "latency_high_s", "latency_ratio", "sequences_per_s", "energy_j_per_sequence", "energy_ratio",
           "energy_low_j", "energy_high_j", "sequences_per_j", "power_w", "utilisation", "bound_by", "operations", "moved_bytes",
           "persistent_latency_s", "reason")


def as_lines(comparison: Comparison) -> list[list[str]]:
    """The comparison as the lines of a CSV file; of a chip that does not fit, the reason."""
    lines = [line for batch in comparison.batches for line in comparison.lines(batch)]
    cells = [{**_cells(line), "network": comparison.network, "steps": str(comparison.steps)} for line in lines]
    return [list(COLUMNS), *([cell.get(column, "") for column in COLUMNS] for cell in cells)]


def _cells(line: Union[Entry, Misfit]) -> dict[str, str]:
    if isinstance(line, Misfit):
        return {"name": line.name, "kind": "does_not_fit", "batch": str(line.batch), "reason": line.reason}
    return {"name": line.name, "kind": line.kind(), "batch": str(line.batch), "numbers": line.numbers,
            "technology": line.technology, "bound_by": line.bound_by, **{column: _cell(value) for column, value in (
                ("latency_s", line.latency_s), ("latency_low_s", line.low_s), ("latency_high_s", line.high_s),
                ("latency_ratio", line.latency_ratio), ("sequences_per_s", line.sequences_per_s),
                ("energy_j_per_sequence", line.energy_j), ("energy_ratio", line.energy_ratio),
                ("energy_low_j", line.energy_low_j), ("energy_high_j", line.energy_high_j),
                ("sequences_per_j", line.sequences_per_j), ("power_w", line.power_w), ("utilisation", line.utilisation),
                ("operations", line.operations), ("moved_bytes", line.moved_bytes),
                ("persistent_latency_s", line.persistent_s))}}


def _cell(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.9g}"
