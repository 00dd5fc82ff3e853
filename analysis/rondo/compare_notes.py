"""What the reader of a comparison must know, in words below its table."""

from .contenders import Contenders
from .entry import Entry, Misfit
from .quantities import written

MOST_PERSISTENT = 8
# Only Ampere and later are described with it.
WITH_TF32 = ("cudnn9",)


def notes_of(contenders: Contenders, entries: list[Entry], misfits: list[Misfit]) -> list[str]:
    """All of them, most important first."""
    notes = _misfit_notes(misfits)
    if contenders.devices:
        notes.append("* estimated from data sheets by a closed formula, not measured and not simulated. 10-90 %: "
                     "eight of ten measured times are expected between, as they were for chip families that neither "
                     "fit nor interval had seen (./rondo compare --model-error); -: no measured row is like it (CPU, "
                     "roofline, int8, persistent). Rows without * are simulated.")
    notes += _interval_notes(entries)
    notes += _persistent_notes(entries)
    if any(entry.roofline for entry in entries):
        notes.append("≥: a roofline, what peak, bandwidth and least time of a step allow at best; no estimate of what "
                     "the machine reaches.")
    notes += _precision_notes(contenders, entries)
    notes += list(dict.fromkeys(entry.terms["remark"] for entry in entries if entry.terms.get("remark")))
    notes.append("Latency: of the whole batch. x: times the baseline. Of peak: operations against the "
                 "peak for those numbers. Bound by: the busiest unit (recurrence where none is busy half the time), or "
                 "the largest part of the estimate (--explain NAME).")
    return notes + _energy_notes(entries) + _technology_notes(entries)


def _misfit_notes(misfits: list[Misfit]) -> list[str]:
    """The chips that do not fit at some batches, and why not at the first of these; equal ones together."""
    batches: dict[str, list[int]] = {}
    reasons: dict[str, str] = {}
    for misfit in misfits:
        batches.setdefault(misfit.name, []).append(misfit.batch)
        reasons.setdefault(misfit.name, misfit.reason)
    notes: dict[str, list[str]] = {}
    for name, sizes in batches.items():
        where = f"at batch {', '.join(map(str, sizes))}" + (f", to begin with {sizes[0]}" if len(sizes) > 1 else "")
        notes.setdefault(f"{where}: {reasons[name]}", []).append(name)
    return [f"{', '.join(names)} {note}" for note, names in notes.items()]


def _interval_notes(entries: list[Entry]) -> list[str]:
    """Of intervals whose low end falls where the batch grows."""
    found = []
    for name in dict.fromkeys(entry.name for entry in entries):
        known = sorted((entry.batch, entry.low_s) for entry in entries
                       if entry.name == name and entry.low_s is not None)
        if any(after < before for (_, before), (_, after) in zip(known, known[1:])):
            found.append(name)
    return [f"The low end of the interval of {', '.join(found)} falls where the batch grows, though more work is never "
            "sooner done: the measured rows like it are others there (many vectors a step, or another bound), and "
            "spread further."] if found else []


def _energy_notes(entries: list[Entry]) -> list[str]:
    """What the energy of a chip holds, and that of a device."""
    notes = ["Energy: of one sequence."]
    if any(entry.simulated for entry in entries):
        notes.append("Of a chip: the chip and its DRAM, without host, regulators and board.")
    if any(not entry.simulated for entry in entries):
        notes.append("Of a device: all that its power limit covers (of a card the whole board), an account of that "
                     "limit while products run and a tenth of the way from idle power to it while it waits; "
                     "idle-limit: either of them all the time.")
    if len(notes) == 3:
        notes.append("So a ratio between the two favours the chip.")
    return [" ".join(notes)]


def _technology_notes(entries: list[Entry]) -> list[str]:
    """The process of each, for which nothing is corrected."""
    by_node: dict[str, list[str]] = {}
    for entry in entries:
        names = by_node.setdefault(entry.technology or "unknown", [])
        if entry.name not in names:
            names.append(entry.name)
    words = "; ".join(f"{', '.join(names)} {node}" for node, names in by_node.items())
    return [f"Technology: {words}. Nothing is scaled from one to another."] if set(by_node) - {"unknown"} else []


def _precision_notes(contenders: Contenders, entries: list[Entry]) -> list[str]:
    """What to know of the precision that GPUs were estimated in."""
    libraries = {device.key: device.library for device in contenders.devices if device.kind == "gpu"}
    used = {(entry.numbers, entry.name) for entry in entries if entry.name in libraries and not entry.simulated}
    notes = []
    if any(numbers == "int8" for numbers, _ in used):
        notes.append("int8 on a GPU is hypothetical: the libraries' recurrent calls know fp32 and fp16.")
    plain = sorted(name for numbers, name in used if numbers == "fp32" and libraries[name] in WITH_TF32)
    if plain:
        notes.append(f"fp32 of {', '.join(plain)} is without TF32, which frameworks may use there; that is several "
                     "times faster where arithmetic is the bound.")
    return notes


def _persistent_notes(entries: list[Entry]) -> list[str]:
    """What GPUs would take that keep the recurrent weights in registers, batch by batch."""
    found = [entry for entry in entries if entry.persistent_s is not None]
    if not found:
        return []
    times = ", ".join(f"{entry.name} batch {entry.batch} {written(entry.persistent_s, 's')} "
                      f"({written(entry.latency_s, 's')})" for entry in found[:MOST_PERSISTENT])
    more = f" and {len(found) - MOST_PERSISTENT} more (--json)" if len(found) > MOST_PERSISTENT else ""
    return ["Shown is the standard algorithm. Frameworks may choose persistent kernels, which keep the recurrent "
            "weights in registers, where these hold them (--algorithm persistent; no measured row here says how good "
            f"this estimate is): {times}{more}."]
