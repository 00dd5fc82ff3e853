"""The chip of a run as blocks, each as dark as it was used: SVG for a page, in a wide and in a narrow arrangement. The
page's style sheet gives the colours `--use-0` .. `--use-9`, for light and for dark."""

from dataclasses import dataclass
from html import escape
from typing import Any, Optional

from .quantities import Report, written

# x, y, width, height of the blocks; a machine's matrix units share the place of the first.
_WIDE = {"dram": (8, 120, 132, 200), "load": (188, 120, 104, 82), "store": (188, 238, 104, 82),
         "sequencer": (188, 34, 764, 54), "weight_sram": (332, 120, 150, 92), "activation_sram": (332, 228, 150, 92),
         "parameter_sram": (332, 336, 150, 82), "weights": (518, 120, 108, 92), "matrix": (662, 120, 130, 200),
         "accumulators": (662, 336, 130, 82), "gate": (832, 120, 120, 298)}
_WIDE_SIZE, _WIDE_CHIP = (968, 436), (166, 8, 796, 422)
_WIDE_ARROWS = ("140,160 188,160", "188,280 140,280", "292,160 332,160", "312,160 312,378 332,378", "312,262 332,262",
                "332,290 292,290", "482,166 518,166", "626,166 662,166", "482,262 662,262", "727,320 727,336",
                "792,220 832,220", "792,378 832,378", "482,400 500,400 500,426 892,426 892,418", "832,290 482,290")
_NARROW = {"sequencer": (16, 34, 336, 48), "load": (16, 98, 160, 62), "store": (192, 98, 160, 62),
           "weight_sram": (16, 176, 160, 76), "activation_sram": (192, 176, 160, 76), "weights": (16, 268, 160, 62),
           "parameter_sram": (192, 268, 160, 62), "matrix": (16, 346, 160, 112), "gate": (192, 346, 160, 190),
           "accumulators": (16, 474, 160, 62), "dram": (16, 570, 336, 58)}
_NARROW_SIZE, _NARROW_CHIP = (368, 636), (8, 8, 352, 540)

_TITLES = {"dram": "DRAM", "load": "load DMA", "store": "store DMA", "weight_sram": "weight SRAM",
           "activation_sram": "activation SRAM", "parameter_sram": "parameter SRAM", "weights": "weights unit",
           "matrix": "array", "gate": "gate unit"}


@dataclass(frozen=True)
class Block:
    """What one block says. `use` is a share of 1, None where the report has none."""

    name: str
    title: str
    use: Optional[float]
    what: str
    size: str


def blocks(report: Report) -> list[Block]:
    """Units by their busy cycles, memories by the bytes that they moved of those that their ports could; the DRAM by
    the time of its data bus."""
    total = report["total_cycles"] or 1
    settings = report["resolved_config"]
    found = [Block(name, name.replace("_", " "), unit["cycles"]["busy"] / total, "busy", _unit_size(name, settings))
             for name, unit in report["units"].items() if name != "dram"]
    for name, memory in report["memories"].items():
        if name == "dram":
            found.append(Block(name, name, memory.get("bus_utilisation"), "of the bus", _dram_size(settings)))
        else:
            found.append(_sram(name, memory, settings, total))
    return [Block(b.name, _title(b.name), b.use, b.what, b.size) for b in found]


def _title(name: str) -> str:
    kind = name.rstrip("0123456789")
    return _TITLES.get(kind, kind.replace("_", " ")) + (f" {int(name[len(kind):]) + 1}" if name != kind else "")


def _unit_size(name: str, settings: dict[str, Any]) -> str:
    machine, kind = settings["machine"], name.rstrip("0123456789")
    return {"matrix": f"{machine['rows']} × {machine['cols']} PE", "gate": f"{settings['gate']['lanes']} lanes",
            "weights": f"{settings['weights']['rows_per_cycle']} rows/cycle",
            "load": f"{settings['load']['outstanding']} in flight", "store": f"{settings['store']['outstanding']} in flight",
            "sequencer": f"dispatches {settings['sequencer']['dispatch_width']} a cycle"}.get(kind, "")


def _dram_size(settings: dict[str, Any]) -> str:
    dram = settings["dram"]
    if dram["model"] == "ideal":
        return f"ideal, {dram['bytes_per_cycle']} B/cycle"
    return f"{dram['model'].replace('_', '-')}, {dram['channels']} ch."


def _sram(name: str, memory: Report, settings: dict[str, Any], total: int) -> Block:
    """The busier direction. A unit moves `bytes_per_cycle` at most; the share is of what as many units could as one bank
    has ports."""
    ports = settings[name]
    each = total * ports["bytes_per_cycle"]
    reads, writes = memory["read_bytes"] / (each * ports["read_ports"]), memory["written_bytes"] / (each * ports["write_ports"])
    return Block(name, name, max(reads, writes), "read" if reads >= writes else "written",
                 f"{binary_bytes(memory['capacity_bytes'])}, {ports['bytes_per_cycle']} B/cycle")


def binary_bytes(count: int) -> str:
    """512 KiB"""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.3g} {unit}"


def drawing(report: Report) -> str:
    """Both arrangements; the page shows the one that fits. Every block is a link target and has a title to hover."""
    found = blocks(report)
    return (_picture(found, report, _WIDE, _WIDE_SIZE, _WIDE_CHIP, "wide", _WIDE_ARROWS)
            + _picture(found, report, _NARROW, _NARROW_SIZE, _NARROW_CHIP, "narrow", ()))


def _picture(found: list[Block], report: Report, places: dict[str, Any], size: tuple[int, int], chip: tuple[int, ...],
             kind: str, arrows: tuple[str, ...]) -> str:
    x, y, width, height = chip
    spoken = "; ".join(f"{b.title} {share(b.use)} {b.what}" for b in found)
    parts = [f'<svg class="chip {kind}" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{escape(spoken)}">',
             f'<defs><marker id="tip-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
             'orient="auto"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>',
             f'<rect class="die" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>',
             f'<text class="die-name" x="{x + 12}" y="{y + 17}">{escape(str(report["chip"]))} · '
             f'{report["clock_mhz"]:g} MHz · {escape(written(report["area_mm2"]["total"], "mm²"))}</text>']
    parts += [f'<polyline class="wire" points="{points}" marker-end="url(#tip-{kind})"/>' for points in arrows]
    arrays = {name: [b for b in found if b.name.rstrip("0123456789") == name] for name in ("weights", "matrix")}
    for block in found:
        family = block.name.rstrip("0123456789")
        if family not in places:
            continue
        place = places[family]
        if family in arrays:
            place = _share_of(place, arrays[family].index(block), len(arrays[family]))
        parts.append(_block(block, place))
    return "".join(parts) + "</svg>"


def _share_of(place: tuple[int, ...], index: int, count: int) -> tuple[float, ...]:
    x, y, width, height = place
    each = (height - 6 * (count - 1)) / count
    return x, y + index * (each + 6), width, each


def share(value: Optional[float]) -> str:
    """12 %"""
    if value is None:
        return "–"
    return "< 1 %" if 0 < value < 0.01 else f"{100 * value:.0f} %"


def _block(block: Block, place: tuple[float, ...]) -> str:
    x, y, width, height = place
    step = 0 if block.use is None else min(9, int(block.use * 10))
    middle = x + width / 2
    lines = [(block.title, "name"), (f"{share(block.use)} {block.what}", "use"), (block.size, "size")]
    if height < 60 and width > 300:
        lines = [(f"{block.title}: {share(block.use)} {block.what}", "name"), (block.size, "size")]
    elif height < 30:
        lines = [(f"{block.title} {share(block.use)}", "use")]
    elif height < 50:
        lines = lines[:2]
    top = y + height / 2 - 8.5 * (len(lines) - 1) + 4.5
    text = "".join(f'<text class="{kind}" x="{middle:g}" y="{top + 17 * i:g}">{escape(line)}</text>'
                   for i, (line, kind) in enumerate(lines))
    hint = f"{block.title}: {share(block.use)} {block.what}; {block.size}"
    return (f'<g class="block use-{step}"><title>{escape(hint)}</title>'
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>{text}</g>')
