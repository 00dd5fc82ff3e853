"""Where one number of a comparison comes from: the formula's terms of a device, or a chip's cycles by unit."""

from typing import Iterator

from .device import FIXED_TILES, Device
from .entry import Entry, Misfit
from .formula import CACHE_SHARE, FEW, MEANINGS, ON_THREADS, Constants
from .gpu import SYNC_LAUNCHES, WAITING_SHARE, WAVEFRONT, read_constants
from .interval import widening
from .quantities import written

_UNITS = {"node_nm": "nm", "multiprocessors": "", "clock_mhz": "MHz", "memory_gb_per_s": "GB/s", "cache_kib": "KiB",
          "cache_gb_per_s": "GB/s", "register_kib": "KiB", "launch_us": "us", "step_us": "us",
          "sequences_at_once": "", "idle_w": "W", "busy_w": "W"}


def device(entry: Entry, found: Device) -> list[str]:
    """The terms of an estimate, from the data sheet to latency and energy."""
    return [*_heading(entry), *_products(entry), *_sum(entry), *_interval(entry), *_energy(entry), "",
            *_data_sheet(entry, found), "", *_constants(found)]


def _heading(entry: Entry) -> Iterator[str]:
    kind = "at least, a roofline" if entry.roofline else f"estimated, {entry.terms['algorithm']} algorithm"
    yield f"{entry.name}, {entry.numbers}, batch {entry.batch}: {written(entry.latency_s, 's')}, {kind}"
    yield ""


def _products(entry: Entry) -> Iterator[str]:
    for term in entry.terms["kernels"]:
        yield (f"{term['kernel']}: {term['rows']} x {term['depth']} weights ({written(term['weight_bytes'], 'B')}), "
               f"{term['vectors']} vectors, {term['times']} times {written(term['product_s'] + term['launch_s'], 's')}")
        parts = ", ".join(f"{name} {written(term[name + '_s'], 's')}"
                          for name in ("memory", "arithmetic", "recurrence") if term[name + "_s"])
        if not term.get("overlap"):
            rule = "sum" if term["kernel"] == "persistent step" else "longest"
            yield f"    {written(term['product_s'], 's')}: the {rule} of {parts}"
            continue
        yield (f"    product {written(term['product_s'], 's')}: fourth root of the sum of fourth powers of {parts}; "
               f"launches {written(term['launch_s'], 's')} = {term['launches']:.3g} x launch_us"
               + (f" x {term['launch_share']:.3g} not hidden by other layers" if term["launch_share"] != 1 else ""))
        padded = term["results"] / (term["rows"] * term["vectors"])
        yield (f"    {written(term['moved_bytes'], 'B')} from memory, {written(term['cached_bytes'], 'B')} from cache"
               + (f"; {written(term['results'])} results, with padding to tiles {padded:.3g} of the needed"
                  if padded > 1 else ""))


def _sum(entry: Entry) -> Iterator[str]:
    parts = entry.terms["parts_s"]
    yield ("latency " + written(entry.latency_s, "s") + " = "
           + " + ".join(f"{name} {written(seconds, 's')}" for name, seconds in parts.items() if seconds)
           + (f"; in launches {written(entry.terms['call_s'], 's')} of the call" if entry.terms["call_s"] else ""))
    yield (f"    of peak {100 * (entry.utilisation or 0):.3g} % = {written(entry.operations)} operations / latency / "
           f"{written(entry.peak)} per second")


def _interval(entry: Entry) -> Iterator[str]:
    found = entry.terms["interval"]
    if found is None:
        yield "no interval: no measured row is like this one"
    else:
        assumed = "; half and twice the launch time inside: it is assumed" if found["assumed_launch"] else ""
        yield (f"interval {written(entry.low_s, 's')} to {written(entry.high_s, 's')}: latency x {found['low']:.2f} to "
               f"{found['high']:.2f}, from {found['rows']} measured rows ({found['alike']}), widened by the power "
               f"{widening():.2f} so that it holds for chip families that it has not seen{assumed}")


def _energy(entry: Entry) -> Iterator[str]:
    working = entry.terms["busy_s"]
    waiting = entry.latency_s - working
    idle, busy = entry.terms["idle_w"], entry.terms["busy_w"]
    yield (f"energy {written(entry.energy_j, 'J')} a sequence = ({idle:g} W x {written(entry.latency_s, 's')} + "
           f"({busy:g} - {idle:g}) W x ({written(working, 's')} of work + {WAITING_SHARE:g} x "
           f"{written(waiting, 's')} of waiting)) / {entry.batch}; of all that busy_w covers, of a card the whole "
           "board")


def _data_sheet(entry: Entry, found: Device) -> Iterator[str]:
    yield f"data sheet ({found.name}; ? is remembered or assumed, not read in its source):"
    for table, peaks in (("peak", found.peak_tflops), ("tensor peak", found.tensor_tflops)):
        for numbers, fact in peaks.items():
            if numbers == entry.numbers:
                yield _fact(f"{table} {numbers}", f"{fact.value:g} TFLOPS", fact.verified, fact.source)
    for key, unit in _UNITS.items():
        if key in found.facts:
            fact = found.facts[key]
            yield _fact(key, f"{fact.value:g} {unit}".rstrip(), fact.verified, fact.source)


def _fact(name: str, value: str, verified: bool, source: str) -> str:
    return f"    {name:16} {value:>14} {' ' if verified else '?'} {source}"


def _constants(found: Device) -> Iterator[str]:
    if found.kind == "roofline":
        return
    fitted = found.kind == "gpu"
    given: Constants = read_constants() if fitted else ON_THREADS
    yield "constants, " + ("fitted on all measured rows:" if fitted else "assumed:")
    unused = [name for name, used in (("walk_ns", found.library in FIXED_TILES), ("tensor_share", found.tensor_tflops),
                                      ("miopen_launches", found.library == "miopen1"),
                                      ("miopen_share", found.library == "miopen1")) if not used]
    for name, meaning in MEANINGS.items():
        if name not in unused:
            yield f"    {name:16} {getattr(given, name):14.4g}   {meaning}"
    if fitted:
        yield f"    {'cache share':16} {CACHE_SHARE:14.4g}   share of the cache that keeps weights, not fitted"
        yield f"    {'wavefront':16} {WAVEFRONT:14.4g}   layers whose launches overlap, not fitted"
        yield f"    {'sync':16} {SYNC_LAUNCHES:14.4g}   launches a step of the persistent algorithm, not fitted"
        yield f"    {'few':16} {FEW:14.4g}   vectors up to which a product is matrix times vector"


def chip(entry: Entry) -> list[str]:
    """A chip's cycles by unit and cause, its technology, and its energy by action; `./rondo run` says much more."""
    lines = [f"{entry.name}, {entry.numbers}, batch {entry.batch}: {written(entry.latency_s, 's')}, simulated", "",
             f"{entry.terms['total_cycles']} cycles at {entry.terms['clock_mhz']:g} MHz"]
    for name, causes in entry.terms["units"].items():
        total = sum(causes.values()) or 1
        words = (f"{cause} {100 * count / total:.1f} %" for cause, count in _descending(causes) if 1000 * count > total)
        lines.append(f"    {name:12} " + ", ".join(words))
    if entry.technology:
        memory = f"; DRAM {entry.terms['dram']}" if entry.terms["dram"] else ""
        lines.append(f"technology {entry.technology}: prices and sources in configs/technology{memory}")
    return lines + _energy_of_chip(entry)


def _energy_of_chip(entry: Entry) -> list[str]:
    """By unit and action, for the whole batch."""
    if entry.energy_j is None:
        return []
    terms = entry.terms["energy_j"]
    each, whole = written(entry.energy_j, "J"), written(entry.energy_j * entry.batch, "J")
    lines = [f"energy {each} a sequence = {whole} / {entry.batch}; of the chip and its DRAM, without host, "
             "regulators and board"]
    units = {name: sum(actions.values()) for name, actions in terms.get("units", {}).items()}
    for name, joules in _descending(units):
        parts = [f"{action} {written(part, 'J')}" for action, part in _descending(terms["units"][name]) if part]
        lines.append(f"    {name:16} {written(joules, 'J')}" + (f": {', '.join(parts)}" if parts else ""))
    if "leakage" in terms:
        lines.append(f"    {'leakage':16} {written(terms['leakage'], 'J')}")
    return lines


def _descending(parts: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(parts.items(), key=lambda part: -part[1])


def misfit(name: str, misfits: list[Misfit]) -> list[str]:
    """A chip that fits at none of the batches has no numbers, only a reason."""
    return [f"{name} fits at none of the batches: " + next(one.reason for one in misfits if one.name == name)]
