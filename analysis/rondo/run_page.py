"""The page of one run: what it took, where the cycles and the joules went, what holds it up, what each parameter would
buy, what every unit did when, and everything that was set."""

from html import escape
from typing import Any, Optional

from .chip_drawing import drawing
from .colours import DARK, SERIES, of_causes
from .page import Page, Section, chart, configuration, name_of, paragraph, table, tiles
from .parts import Parts, energy_parts, path_parts, without_crumbs
from .quantities import Report, value_at, written
from .result_files import Timeline, stretches
from .what_if import Outcome, WhatIf

Sentences = dict[str, dict[str, str]]


def run_page(report: Report, timeline: Optional[Timeline], tried: Optional[WhatIf], why_not: str,
             sentences: Sentences) -> Page:
    """All that is known about a run. `why_not` says why nothing was tried where `tried` is None; `sentences` are those
    of `rondo describe`: table -> name -> sentence."""
    title = f"{report['network']} on {report['chip']}"
    why = report.get("why") or (tried.base["why"] if tried else None)
    page = Page(title, _lead(report, why, tried))
    page.sections = [Section("summary", "Summary", _summary(report)),
                     Section("chip", "The chip", _chip(report)),
                     Section("bottlenecks", "What holds it up", _bottlenecks(why, tried, why_not, sentences))]
    if timeline:
        page.sections.append(Section("timeline", "Timeline", _timeline(report, timeline)))
    page.sections += [Section("cycles", "Where the cycles went", _cycles(report, sentences)),
                      Section("energy", "Where the energy went", _energy(report)),
                      Section("memories", "Memories", _memories(report)),
                      Section("configuration", "Configuration", _configuration(report, sentences))]
    units = {name: unit["cycles"] for name, unit in report["units"].items()}
    page.data = {"kind": "run", "total": report["total_cycles"], "series": SERIES, "dark": DARK,
                 "cycles": {"parts": units, "colours": of_causes(cause for unit in units.values() for cause in unit)},
                 "energy": _bars(energy_parts(report)), "path": _bars(path_parts(why)) if why else None,
                 "timeline": timeline_data(report, timeline) if timeline else None}
    return page


def _bars(parts: Parts) -> dict[str, Any]:
    """The bars of a chart, with their colours."""
    shown, colours = without_crumbs(parts)
    return {"parts": shown, "colours": colours}


# What the kinds of cycles of the critical path mean in a sentence.
KINDS = {"window": "at work", "drain": "waiting for its last results", "transfer": "moving data", "latency": "answering late",
         "dispatch": "handing out instructions"}


def number(value: float) -> str:
    """84,801"""
    return f"{value:,.0f}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _lead(report: Report, why: Optional[Report], tried: Optional[WhatIf]) -> str:
    total = report["total_cycles"]
    shape = report.get("network_shape", {})
    steps = f"{number(shape['steps'])} steps at batch {shape['batch']} take " if shape.get("steps") else "The run takes "
    words = (f"{steps}{number(total)} cycles: {written(report['time_s'], 's')} at {report['clock_mhz']:g} MHz, for "
             f"{written(report['energy_j']['total'], 'J')} on {written(report['area_mm2']['total'], 'mm²')}. ")
    words += (f"That is {written(report['effective_ops_per_s'], 'op/s')}, {percent(report['utilisation'])} of what the array"
              f"{'s' if report['resolved_config']['machine']['arrays'] > 1 else ''} could do. ")
    if why:
        share, unit, kind = path_shares(why)[0]
        words += (f"Most of the critical path, {percent(share)}, is the {unit_words(unit)} {KINDS.get(kind, kind.replace('_', ' '))}. ")
    best = next((o for o in tried.outcomes if o.cycles is not None and o.cycles < total), None) if tried else None
    if best:
        words += (f"Of the single changes tried, {_plain_change(best)} buys most: {percent(1 - best.cycles / total)} fewer "
                  f"cycles, area {_signed((best.area_mm2 or 0) / report['area_mm2']['total'] - 1)}.")
    return paragraph(words, "lead")


def unit_words(name: str) -> str:
    return {"load": "load DMA", "store": "store DMA", "dram": "DRAM", "sequencer": "sequencer"}.get(
        name, name.replace("_", " ") + ("" if name.endswith("accumulators") else " unit"))


def path_shares(why: Report) -> list[tuple[float, str, str]]:
    """(share, unit, kind of cycle) of the critical path, most first."""
    total = why["cycles"] or 1
    return sorted(((cycles / total, unit, kind) for unit, kinds in why["units"].items() for kind, cycles in kinds.items()),
                  reverse=True)


def _plain_change(outcome: Outcome) -> str:
    first, *others = [f"{name} {old} → {new}" for name, (old, new) in outcome.trial.changes.items()]
    return first + (f" (with {' and '.join(others)})" if others else "")


def _signed(share: float) -> str:
    if abs(share) < 0.0005:
        return "± 0 %"
    return f"{'+' if share > 0 else '−'}{abs(100 * share):.1f} %"


def _summary(report: Report) -> str:
    figures = [(number(report["total_cycles"]), "cycles", written(report["time_s"], "s")),
               (written(report["energy_j"]["total"], "J"), "energy", f"{written(value_at(report, 'power_w'), 'W')} mean"),
               (percent(report["utilisation"]), "utilisation",
                f"{written(report['effective_ops_per_s'], 'op/s')} of {written(report['peak_ops_per_s'], 'op/s')}"),
               (written(report["area_mm2"]["total"], "mm²"), "area", str(report["resolved_config"].get("technology", "")))]
    if report.get("cycles_per_step"):
        figures.insert(1, (f"{report['cycles_per_step']:,.1f}", "cycles a step", f"{number(report['steps'])} steps"))
    if value_at(report, "accuracy.sqnr_db") is not None:
        figures.append((f"{report['accuracy']['sqnr_db']:.1f} dB", "SQNR",
                        f"largest error {report['accuracy']['max_abs_error']:.2g}"))
    if value_at(report, "bits_per_character.chip") is not None:
        figures.append((f"{report['bits_per_character']['chip']:.4f}", "bits a character",
                        f"float: {report['bits_per_character']['float']:.4f}"))
    text = tiles(figures)
    mapping = report.get("mapping")
    if mapping:
        text += paragraph(f"{mapping['arrays']} of {mapping['available_arrays']} arrays used, "
                          f"{mapping['dataflow'].replace('_', ' ')}; the sums of {mapping['chained_passes']} of "
                          f"{mapping['passes']} passes stream to the gate unit.", "soft")
    if report.get("without_values"):
        text += paragraph(f"No accuracy: {report['without_values']}.", "soft")
    return text


def _chip(report: Report) -> str:
    scale = "".join(f'<span style="background:var(--use-{i})"></span>' for i in range(10))
    return (drawing(report) + f'<div class="scale">idle {scale} always busy</div>'
            + paragraph("Colour: units by their busy cycles, SRAMs by the bytes read or written, whichever is more, of "
                        "those that the ports of one bank could move, DRAM by the time of its data bus.", "soft"))


def _bottlenecks(why: Optional[Report], tried: Optional[WhatIf], why_not: str, sentences: Sentences) -> str:
    text = ""
    if why:
        text += paragraph("The critical path, from the end of the run back to cycle 0: every cycle belongs to the one step "
                          "that let the next one start. Shorten what is on top, or nothing gets faster.")
        text += chart("path", "Critical path: cycles by unit and by what they were spent on", 300)
        rows = [(_unit(unit), escape(kind.replace("_", " ")), number(share * why["cycles"]), _bar(share),
                 escape(sentences.get("path_cycles", {}).get(kind, "")))
                for share, unit, kind in path_shares(why) if share >= 0.002]
        text += table(("unit", "spent on", "#cycles", "#share", "meaning"), rows, "meaning", caption="Bottlenecks, largest first")
        text += _links(why)
        rest = [f"{entry['what']}, {number(entry['cycles'])} cycles ({', '.join(entry['parameters'])})"
                for entry in why.get("not_estimated", [])]
        if rest:
            text += paragraph(f"What doubling or halving a single parameter is not known to shorten: {'; '.join(rest)}.", "soft")
    text += "<h3>What each parameter would buy</h3>"
    if tried is None:
        return text + paragraph(why_not, "note")
    return text + _purchases(tried)


def _unit(name: str) -> str:
    return escape(name.replace("_", " "))


def _bar(share: float) -> str:
    return f'{percent(share)} <span class="bar" style="width:{max(1, round(60 * share))}px"></span>'


def _links(why: Report) -> str:
    rows = []
    for link in why["links"][:8]:
        what, cause = link["what"], link["waited_for"]
        rows.append((_step(what, why), _step(cause, why), escape(link.get("reason", "").replace("_", " ")),
                     number(link["times"]), number(link["cycles"]), percent(link["cycles"] / why["cycles"])))
    return ("<details><summary>The longest links of the path</summary>"
            + table(("step", "waited for", "because of", "#times", "#cycles", "#share"), rows,
                    caption="Single instructions, by their number in ./rondo disasm") + "</details>")


def _step(step: dict[str, Any], why: Report) -> str:
    hint = escape(why["instructions"].get(str(step.get("instruction")), ""), quote=True)
    return f'<span title="{hint}">{escape(str(step.get("name", "")))} {escape(str(step.get("instruction", "")))}</span>' \
           f' <small>{escape(step["unit"])}, {escape(step.get("stage", ""))}</small>'


def _purchases(tried: WhatIf) -> str:
    base = tried.base
    useful = [o for o in tried.outcomes if o.cycles is not None and o.cycles != base["total_cycles"]]
    rows = [(_change(o), _gain(o, base), number(o.cycles), number(o.trial.bound) if o.trial.bound else "–",
             _difference(o.energy_j, base["energy_j"]["total"]), _difference(o.area_mm2, base["area_mm2"]["total"]))
            for o in useful]
    text = paragraph(f"Each row is a run of its own: the chip with this one change, everything else as it is "
                     f"({len(tried.outcomes)} runs). \"Path alone\" is by how much the change shortens the critical path: the run "
                     "saves less where another path takes over, more where fewer accesses get in each other's way.")
    text += table(("change", "#cycles saved", "#cycles", "#path alone", "#energy", "#area"), rows, "changes",
                  caption="Measured by running the changed chip, the best first")
    nothing = [_change(o) for o in tried.outcomes if o.cycles == base["total_cycles"]]
    if nothing:
        text += (f"<details><summary>{len(nothing)} changes buy no cycle</summary><ul>"
                 + "".join(f"<li>{change}</li>" for change in nothing) + "</ul></details>")
    refused = [(_change(o), escape(o.error)) for o in tried.outcomes if o.error]
    if refused:
        text += (f"<details><summary>{len(refused)} changes cannot be made</summary>"
                 + table(("change", "because"), refused) + "</details>")
    return text


def _change(outcome: Outcome) -> str:
    return "<br>".join(f"{name_of(name)} {old} → {new}" for name, (old, new) in outcome.trial.changes.items())


def _gain(outcome: Outcome, base: Report) -> str:
    saved = base["total_cycles"] - outcome.cycles
    css = "good" if saved > 0 else "bad"
    return f'<span class="{css}">{"−" if saved < 0 else ""}{number(abs(saved))} ({percent(saved / base["total_cycles"]).replace("-", "−")})</span>'


def _difference(value: Optional[float], before: float) -> str:
    if not value or not before:
        return "–"
    share = value / before - 1
    css = "" if abs(share) < 0.0005 else ' class="good"' if share < 0 else ' class="bad"'
    return f"<span{css}>{_signed(share)}</span>"


def _timeline(report: Report, timeline: Timeline) -> str:
    controls = ('<div class="controls" role="group" aria-label="Timeline">'
                '<button data-timeline="in">Zoom in</button><button data-timeline="out">Zoom out</button>'
                '<button data-timeline="left">← Earlier</button><button data-timeline="right">Later →</button>'
                '<button data-timeline="all">Whole run</button><span class="soft" id="timeline-words" aria-live="polite">'
                "</span></div>")
    text = paragraph("Colour: what a unit did with its cycles. Far out, each column shows how a stretch of cycles was shared; "
                     "closer, single waits and instructions appear (hover for their number and layer). Drag to zoom, double "
                     "click for everything; with the keyboard + − ← → and 0 while the chart has the focus.")
    if not timeline.whole:
        text += paragraph(f"The file holds the run up to cycle {number(timeline.end)} of {number(report['total_cycles'])}; "
                          "a wait that went on then is blank. ./rondo run --timeline-slices keeps more.", "note")
    rows = len(timeline.units)
    return text + chart("timeline", "What every unit did, over time, with the bytes per cycle of each memory",
                        120 + 46 * rows + 74 * len(timeline.bytes_per_cycle), controls)


def timeline_data(report: Report, timeline: Timeline) -> dict[str, Any]:
    """The timeline as columns of integers, starts as differences, so that they pack well."""
    names = list(timeline.names)
    place = {name: index for index, name in enumerate(names)}
    for name in ("busy", "done"):
        place.setdefault(name, len(place))
    names += [name for name in ("busy", "done") if name not in names]
    states, instructions = {}, {}
    for unit in timeline.units:
        found = stretches(timeline, report, unit)
        states[unit] = {"length": [length for _, length, _ in found], "name": [place[cause] for _, _, cause in found]}
        each = timeline.instructions[unit]
        instructions[unit] = {"start": [b - a for a, b in zip([0] + each.start, each.start)], "length": each.length,
                              "name": each.name, "lane": each.lane, "instruction": each.instruction, "layer": each.layer}
    rates = {memory: {way: [[a for a, _ in points], [b for _, b in points]] for way, points in ways.items()}
             for memory, ways in timeline.bytes_per_cycle.items()}
    return {"end": timeline.end, "names": names, "units": timeline.units, "states": states, "instructions": instructions,
            "rates": rates}


def _cycles(report: Report, sentences: Sentences) -> str:
    units = report["units"]
    text = chart("cycles", "Where the cycles of each unit went", 90 + 42 * len(units))
    known = of_causes(cause for unit in units.values() for cause in unit["cycles"])
    causes = [cause for cause in known if any(unit["cycles"].get(cause) for unit in units.values())]
    rows = [(_unit(name), *(number(unit["cycles"].get(cause, 0)) for cause in causes)) for name, unit in units.items()]
    text += ("<details><summary>As a table</summary>"
             + table(("unit", *("#" + cause.replace("_", " ") for cause in causes)), rows,
                     caption=f"Cycles; every row adds up to {number(report['total_cycles'])}"))
    text += "<ul>" + "".join(f"<li><b>{escape(cause.replace('_', ' '))}</b>: {escape(sentences['causes'][cause])}</li>"
                             for cause in causes if cause in sentences.get("causes", {})) + "</ul></details>"
    return text


def _energy(report: Report) -> str:
    parts, total = energy_parts(report), report["energy_j"]["total"]
    rows = [(_unit(unit), escape(action.replace("_", " ")), escape(written(joules, "J")), percent(joules / total))
            for unit, actions in parts.items() for action, joules in sorted(actions.items(), key=lambda a: -a[1])]
    return (paragraph(f"{written(total, 'J')}: {written(report['energy_j'].get('dynamic'), 'J')} for what was done, "
                      f"{written(report['energy_j'].get('leakage'), 'J')} leaked.")
            + chart("energy", "Energy of each unit and memory by action", 90 + 36 * len(parts))
            + "<details><summary>As a table</summary>" + table(("unit", "action", "#energy", "#share"), rows)
            + "</details>")


def _memories(report: Report) -> str:
    rows = [(_unit(name), number(m["capacity_bytes"]), number(m["read_bytes"]), number(m["written_bytes"]),
             escape(written(m.get("mean_bytes_per_s"), "B/s"))) for name, m in report["memories"].items()]
    return table(("memory", "#capacity (bytes)", "#read (bytes)", "#written (bytes)", "#mean"), rows)


def _configuration(report: Report, sentences: Sentences) -> str:
    notes = {f"{section}.{name}": text for section, rows in sentences.items() for name, text in rows.items()}
    tree = dict(report["resolved_config"])
    if report.get("network_settings"):
        tree = {"network": report["network_settings"], **tree}
    identity = paragraph(f"Program {report.get('program_sha256', '')}", "soft")
    return configuration(tree, notes) + f'<div style="overflow-wrap:anywhere">{identity}</div>'
