"""Tables of a comparison: chips beside devices, what a latency bound allows, how wrong the GPU model is."""

from typing import Optional

from rich.table import Table

from .compare import Comparison
from .entry import Entry, Misfit
from .formula import MEANINGS, Constants
from .measured import FAMILIES
from .model_error import Judged, Report, median_and_90
from .quantities import written
from .service import MOST, Service
from .table import plain_table

MOST_LETTERS = 18


def latency_table(result: Comparison, batch: int) -> Table:
    """How long and how often at one batch size: one line a chip or device."""
    steps = f"{result.steps} step{'' if result.steps == 1 else 's'}"
    table = plain_table(f"{result.network}: {steps}, batch {batch}; x: times {shortened(result.baseline)}")
    for name, justify in (("", "left"), ("latency", "right"), ("10-90 %", "right"), ("x", "right"),
                          ("seq/s", "right"), ("of peak", "right"), ("bound by", "left")):
        table.add_column(name, justify=justify, no_wrap=True)
    for entry in result.lines(batch):
        if isinstance(entry, Misfit):
            table.add_row(shortened(entry.name), "-", "does not fit", "", "", "", entry.shortage(), style="bold")
            continue
        least, most = ("≥ ", "≤ ") if entry.roofline else ("", "")
        table.add_row(_name(entry), least + written(entry.latency_s, "s"), _between(entry),
                      _ratio(entry.latency_ratio), most + _count(entry.sequences_per_s),
                      _percent(entry.utilisation), entry.bound_by, style=_style(entry))
    return table


def energy_table(result: Comparison) -> Table:
    """What a sequence costs."""
    table = plain_table("Energy of a sequence")
    for name, justify in (("batch", "right"), ("", "left"), ("numbers", "left"), ("energy", "right"),
                          ("idle-limit", "right"), ("x", "right"), ("seq/J", "right"), ("power", "right")):
        table.add_column(name, justify=justify, no_wrap=True)
    for batch in result.batches:
        for entry in result.at(batch):
            table.add_row(str(batch), _name(entry), entry.numbers,
                          ("≥ " if entry.roofline else "") + written(entry.energy_j, "J"),
                          _range(entry.energy_low_j, entry.energy_high_j, "J"), _ratio(entry.energy_ratio),
                          _count(entry.sequences_per_j), written(entry.power_w, "W"), style=_style(entry))
        table.add_section()
    return table


def service_table(found: list[Service], bound_s: float) -> Table:
    """The largest batches within a latency bound."""
    table = plain_table(f"The largest batch within {written(bound_s, 's')}")
    for name, justify in (("", "left"), ("batch", "right"), ("latency", "right"), ("seq/s", "right"), 
                          ("batch,\nlikely", "right"), ("best\nseq/s", "right"), ("at\nbatch", "right"), ("", "left")):
        table.add_column(name, justify=justify, no_wrap=True)
    for service in found:
        remark = ("does not fit" if not service.batch and service.full else "no batch" if not service.batch else
                  "no more fits" if service.full else "search ends" if service.batch == MOST else "")
        likely = "-" if service.likely_batch is None else str(service.likely_batch)
        table.add_row(shortened(service.name) + ("" if service.simulated else "*"), str(service.batch),
                      written(service.latency_s, "s"), _count(service.sequences_per_s), likely,
                      _count(service.best_sequences_per_s), str(service.best_batch), remark,
                      style="bold" if service.simulated else "")
    return table


def shortened(name: str) -> str:
    """A name that leaves room for numbers in a table of 80 columns."""
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 7] + "..." + name[-4:]


def _name(entry: Entry) -> str:
    return shortened(entry.name) + ("" if entry.simulated else "*")


def _style(entry: Entry) -> str:
    return "bold" if entry.simulated else ""


def _between(entry: Entry) -> str:
    return _range(entry.low_s, entry.high_s, "s") or ("" if entry.simulated else "-")


def _range(low: Optional[float], high: Optional[float], unit: str) -> str:
    """Two values in one unit: 2.20-6.83 ms. Empty where one is not known."""
    if low is None or high is None:
        return ""
    number, unit = written(high, unit).split(" ")
    return f"{low * float(number) / high:#.3g}".rstrip(".") + f"-{number} {unit}"


def _count(value: Optional[float]) -> str:
    """A number without unit: 0.618, 12.3, 4.72k."""
    if value is None:
        return "-"
    return written(value).replace(" ", "") if value >= 1 else f"{value:.3g}"


def _ratio(ratio: Optional[float]) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:#.3g}"


def _percent(share: Optional[float]) -> str:
    if share is None:
        return "-"
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.1g} %"


def error_table(report: Report) -> Table:
    """The model's error: by device, each predicted by a fit without it, then in all, then on other sources."""
    table = plain_table("GPU model: estimate against measurement")
    for name in ("", "numbers"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "median\nerror", "90 %\nwithin", "estimate/\nmeasured"):
        table.add_column(name, justify="right", no_wrap=True)

    def line(name: str, numbers: str, errors: list[float], style: str = "") -> None:
        middle, ninety = median_and_90(errors)
        bias = 1 + sorted(errors)[len(errors) // 2]
        table.add_row(name, numbers, str(len(errors)), f"{100 * middle:.1f} %", f"{100 * ninety:.1f} %",
                      f"{bias:.2f}", style=style)

    def by_device(rows: list[Judged]) -> None:
        for key in dict.fromkeys((j.row.device, j.row.precision) for j in rows):
            chosen = [j for j in rows if (j.row.device, j.row.precision) == key]
            line(*key, [j.error for j in chosen])
        table.add_section()

    by_device(report.unseen())
    line("all, device left out", "", [j.error for j in report.unseen()], "bold")
    line("all, chip family left out", "", report.by_family)
    for family in FAMILIES:
        chosen = [(judged.row.device, error) for judged, error in zip(report.unseen(), report.by_family)
                  if judged.row.device in family]
        names = list(dict.fromkeys(name for name, _ in chosen))
        if len(names) > 1:
            line("  " + ", ".join(names), "", [error for _, error in chosen])
    line("all, nothing left out", "", report.in_sample)
    table.add_section()
    by_device(report.elsewhere())
    return table


def constants_table(report: Report, committed: Constants) -> Table:
    """The constants as committed, as fitted now, and their range over the fits without a device."""
    table = plain_table("Constants of the model")
    for name, justify in (("", "left"), ("committed", "right"), ("fitted", "right"), ("device left out", "right"),
                          ("", "left")):
        table.add_column(name, justify=justify, no_wrap=justify == "right")
    for name, meaning in MEANINGS.items():
        low, high = report.ranges[name]
        table.add_row(name, f"{getattr(committed, name):.4g}", f"{getattr(report.constants, name):.4g}",
                      f"{low:.3g} .. {high:.3g}", meaning)
    return table
