"""The page of a sweep: what came out, a Pareto view and parallel coordinates that filter each other, a panel that shows
whatever point was chosen, which parameters decide, and what was set."""

from html import escape
from typing import Any, Callable, Optional

from .colours import DARK, SERIES
from .effects import Effect, caveat, centre, effects
from .page import Page, Section, chart, configuration, name_of, paragraph, table, tiles
from .quantities import Objective, Quantity, quantity, written
from .result_files import flat
from .sweep_result import Result, Row, in_order, place

# Beyond these a page would be heavy and its charts slow: the Pareto points and an even choice of the others are kept.
MOST_POINTS = 6000

# Figures between zero and one that people read in per cent.
_SHARES = ("utilisation",)


def sweep_page(result: Result, resolved: Callable[[int], dict[str, Any]]) -> Page:
    """`resolved` finds the complete settings of a point by its number; it is asked for those that the page shows.
    A network is given, not chosen: with several, each is a sweep of its own, so that it neither decides nor is best."""
    rows, networks = _shown(result), {name: result.of(name) for name in result.networks()}
    page = Page(result.name, _lead(result, networks))
    page.sections = [Section("summary", "Summary", _summary(result, networks, rows))]
    if rows:
        page.sections += _views(result, networks, rows)
    failures = result.failures()
    if failures:
        page.sections.append(Section("failures", "Points that failed", table(
            ("#points", "cause", "#first point"), [(str(count), escape(cause), str(first)) for cause, count, first in failures])))
    shared, differences = _configurations(rows, resolved)
    if rows:
        page.sections.append(Section("configuration", "Configuration", _configuration(result, shared)))
    page.data = _data(result, networks, rows, shared, differences)
    return page


def _views(result: Result, networks: dict[str, Result], rows: list[Row]) -> list[Section]:
    """The charts, of which those of effects and the table of the front need points that meet all constraints."""
    found = [Section("pareto", "Pareto view", _pareto(result, rows)),
             Section("coordinates", "All parameters at once", _coordinates(result))]
    if result.within():
        found += [Section("effects", "Which parameters decide", _effects(result, networks)),
                  Section("points", "Pareto points", _front_table(result, networks, rows))]
    return found


def _shown(result: Result) -> list[Row]:
    rows = result.good()
    if len(rows) <= MOST_POINTS:
        return rows
    others = [row for row in rows if not row.front]
    step = len(others) / max(1, MOST_POINTS - (len(rows) - len(others)))
    kept = {others[int(i * step)].number for i in range(int(len(others) / step))}
    return [row for row in rows if row.front or row.number in kept]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def describe(row: Row, names: list[str]) -> str:
    """The point in words: machine.rows 32, gate.lanes 8"""
    return ", ".join(f"{name} {place(row, name)}" for name in names) or f"point {row.number}"


def _figure(row: Row, figure: Quantity) -> str:
    """A figure of a point for people: counts in full, shares in per cent."""
    value = row.figures[figure.path]
    if value is not None and figure.path in _SHARES:
        return written(100 * value, "%")
    return f"{value:,.0f}" if value is not None and not figure.unit and abs(value) >= 1000 else written(value, figure.unit)


def _better(objective: Objective) -> str:
    return ("most " if objective.maximise else "least ") + objective.quantity.title


def _ends(result: Result, objective: Objective) -> tuple[Row, Row]:
    """The best and the worst of the points that meet all constraints; there must be one."""
    ordered = sorted(result.within(), key=lambda row: row.figures[objective.quantity.path], reverse=objective.maximise)
    return ordered[0], ordered[-1]


def _listed(names: set[str], noun: str) -> str:
    return ", ".join(sorted(names)) if len(names) <= 4 else f"{len(names)} {noun}s"


def _lead(result: Result, networks: dict[str, Result]) -> str:
    good, front = result.good(), result.front()
    if not good:
        return paragraph(f"All {_plural(len(result.rows), 'point')} failed." if result.rows else "No point is run yet.", "lead")
    words = f"{_plural(len(good), 'design')} of {_listed({row.chip for row in good}, 'chip')} running " \
            f"{_listed({row.network for row in good}, 'network')}"
    if not front:
        return paragraph(words + "; none meets all constraints.", "lead")
    titles = ", ".join(o.quantity.title for o in result.objectives)
    if len(networks) > 1:
        return paragraph(f"{words}; {len(front):,} on the Pareto fronts of {titles}, one front for each network.", "lead")
    words += f"; {len(front):,} on the Pareto front of {titles}. "
    for objective in result.objectives:
        best, worst = (_figure(row, objective.quantity) for row in _ends(result, objective))
        title = _better(objective)
        words += f"{title[0].upper()}{title[1:]}: {best} (the other end: {worst}). "
    words += _strongest(result)
    middle = centre(result)
    if middle is not None:
        words += f"A balanced choice is {_titles(networks)[middle.number]}: {describe(middle, result.varying())}."
    return paragraph(words, "lead")


def _titles(networks: dict[str, Result]) -> dict[int, str]:
    """What each point on the front of its network is called everywhere, by its number: Pareto 9 (point 14)"""
    return {row.number: f"Pareto {rank} (point {row.number})" for part in networks.values()
            for rank, row in enumerate(part.front(), start=1)}


def _strongest(result: Result) -> str:
    """What decides the first objective; nothing where the points do not tell."""
    title, first = result.objectives[0].quantity.title, _first_effect(result)
    if first is None:
        return ""
    if first.main > 0.5:
        return f"{first.name} explains most of {title}, {100 * first.main:.0f} % of its variance. "
    return f"No parameter alone decides {title}: {first.name} explains {100 * first.main:.0f} % of its variance, " \
           "the others less. "


def _first_effect(result: Result) -> Optional[Effect]:
    """The largest on the first objective; None where the points do not tell."""
    found = effects(result, result.objectives[0].quantity.path)
    return found[0] if found and found[0].main > 0 and not caveat(result) else None


def _summary(result: Result, networks: dict[str, Result], rows: list[Row]) -> str:
    failed, good = sum(1 for row in result.rows if row.error), len(result.good())
    figures = [(f"{len(result.rows):,}", "points run", f"of {result.total:,}")]
    if good:
        figures.append((f"{len(result.front()):,}", "on the Pareto front" + ("s" if len(networks) > 1 else ""), ""))
    figures.append((f"{failed:,}", "failed", "see below" if failed else ""))
    middle = centre(result) if len(networks) == 1 and result.front() else None
    if middle is not None:
        figures += [(_figure(middle, o.quantity), o.quantity.title, "of the balanced choice") for o in result.objectives]
    text = tiles(figures)
    if len(networks) > 1 and result.front():
        text += _by_network(result, networks, rows)
    if len(result.rows) < result.total:
        text += paragraph(f"{result.total - len(result.rows):,} points are not run yet; ./rondo sweep --resume runs them.", "note")
    if result.limits and good:
        within = len(result.within())
        text += paragraph(f"{within:,} of {_plural(good, 'design')} meet all constraints on figures ({'; '.join(result.limits)})."
                          + (" The others are drawn as crosses; they are neither on the front nor the best of anything here."
                             if within < good else ""))
    if good > MOST_POINTS:
        text += paragraph(f"The charts hold {MOST_POINTS:,} points: the Pareto points and an even choice of the others.", "note")
    return text


def _by_network(result: Result, networks: dict[str, Result], rows: list[Row]) -> str:
    """For each network the best of every objective, what decides the first, and a balanced choice."""
    index, titles = {row.number: i for i, row in enumerate(rows)}, _titles(networks)
    cells = []
    for network, part in networks.items():
        first, middle = _first_effect(part) if part.within() else None, centre(part)
        best = [_figure(_ends(part, o)[0], o.quantity) if part.within() else "–" for o in result.objectives]
        cells.append((escape(network), f"{len(part.within()):,}", f"{len(part.front()):,}", *map(escape, best),
                      f"{name_of(first.name)} {100 * first.main:.0f} %" if first else "–",
                      _button(index[middle.number], titles[middle.number]) if middle else "–"))
    heads = ["network", "#within constraints" if result.limits else "#designs", "#Pareto",
             *("#" + _better(o) for o in result.objectives), f"decides most of {result.objectives[0].quantity.title}",
             "balanced choice"]
    if all(row[-2] == "–" for row in cells):
        heads, cells = heads[:-2] + heads[-1:], [row[:-2] + row[-1:] for row in cells]
    return table(heads, cells, caption="Network by network").replace('class="scroll"', 'class="scroll tall"', 1)


def _button(index: int, title: str) -> str:
    return f'<button data-point="{index}" aria-pressed="false">{title}</button>'


def _choice(name: str, label: str) -> str:
    return f'<label>{label} <select id="{name}"></select></label>'


def _pareto(result: Result, rows: list[Row]) -> str:
    controls = ('<div class="controls" role="group" aria-label="Pareto view">' + _choice("across", "across") + _choice("up", "up")
                + _choice("tint", "colour")
                + '<button id="pareto-in">Zoom in</button><button id="pareto-out">Zoom out</button>'
                  '<button id="pareto-all">All points</button></div>')
    return (paragraph("A click on a point shows it in full. Ringed: the Pareto front of the sweep's objectives. Drag to zoom, "
                      "double click for everything. With the keyboard: ← → step along the front while the chart has the focus, "
                      "+ − 0 zoom; the table of Pareto points selects, too.")
            + '<div class="split"><div>' + chart("pareto", "All designs by two figures", 560, controls)
            + '</div><aside class="panel" id="panel" aria-live="polite" tabindex="0" aria-label="The chosen design"></aside></div>')


def _coordinates(result: Result) -> str:
    width = 88 * (len(result.varying()) + len(result.objectives)) + 40
    return (paragraph("Each line is a design. Drag along an axis to keep only the lines that pass there; the Pareto view above "
                      "keeps only these, too. A click on a bar frees its axis."
                      + (" Grey: outside the constraints." if len(result.within()) < len(result.good()) else ""))
            + '<div class="controls"><button id="brush-none">Free all axes</button>'
              '<span class="soft" id="brush-words" aria-live="polite"></span></div>'
            + '<p class="soft" id="sideways" hidden>More axes to the right: the chart scrolls sideways.</p>'
            + f'<div class="scroll" tabindex="0" role="region" aria-label="Parallel coordinates"><div style="min-width:{width}px">'
            + chart("coordinates", "Every design as a line across all parameters and figures", 420) + "</div></div>"
            + '<details><summary>Set the limits by hand</summary><div class="controls" id="limits"></div></details>')


def _effects(result: Result, networks: dict[str, Result]) -> str:
    several = _choice("network", "network") if len(networks) > 1 else ""
    height = 90 + 46 * max(2, len(result.varying()))
    return (paragraph("Share of the variance of a figure that a parameter explains by itself, and with everything that it "
                      "shares with others; the second only where the points are a full grid. Of the figure's logarithm "
                      "where all its values are above zero."
                      + (" Of one network at a time, that of the chosen design." if several else ""))
            + "".join(paragraph(words, "note") for words in _caveats(networks))
            + f'<div class="controls">{several}{_choice("effect-of", "of")}</div>'
            + chart("effects", "Main and total effects of the parameters", height)
            + "<h3>Round the chosen design, one parameter at a time</h3>"
            + paragraph("By what factor the figure changes, or by how much where it can be zero, when one parameter alone "
                        "takes its other values.", "soft")
            + chart("around", "One parameter at a time round the chosen design", height)
            + '<p class="soft" id="around-words"></p>'
            + "<h3>Two parameters</h3>"
            + '<div class="controls">' + _choice("heat-across", "across") + _choice("heat-up", "up") + "</div>"
            + paragraph("The best value that any setting of the other parameters gives"
                        + (" within the constraints. Outside: only designs that break one were run." if result.limits else "."), "soft")
            + chart("heat", "The best figure by two parameters", 420))


def _caveats(networks: dict[str, Result]) -> list[str]:
    """Why the shares may not be those of the whole space, once for all networks where it is the same for all."""
    said: dict[str, list[str]] = {}
    for network, part in networks.items():
        words = caveat(part) if part.within() else ""
        if words:
            said.setdefault(words, []).append(network)
    alike = sum(bool(part.within()) for part in networks.values())
    return [words if len(names) == alike else f"{_listed(set(names), 'network')}: {words}" for words, names in said.items()]


def _front_table(result: Result, networks: dict[str, Result], rows: list[Row]) -> str:
    names, titles = result.varying(), _titles(networks)
    index = {row.number: i for i, row in enumerate(rows)}
    cells = [(_button(index[row.number], titles[row.number]), *(escape(str(place(row, name))) for name in names),
              *(escape(_figure(row, o.quantity)) for o in result.objectives))
             for part in networks.values() for row in part.front()]
    text = table(("design", *("#" + name for name in names), *("#" + o.quantity.title for o in result.objectives)), cells,
                 caption="Choose one to see it in full")
    return text.replace('class="scroll"', 'class="scroll tall"', 1)


def _configurations(rows: list[Row],
                    resolved: Callable[[int], dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The settings of the first point that has any, and for each point those in which it differs. One after another: all of
    them at once would fill the memory."""
    shared: dict[str, Any] = {}
    differences = []
    for row in rows:
        settings = flat(resolved(row.number))
        shared = shared or settings
        differences.append({name: value for name, value in settings.items() if shared.get(name) != value})
    return shared, differences


def _configuration(result: Result, shared: dict[str, Any]) -> str:
    swept = [(name_of(name), escape(", ".join(str(v) for v in sorted({place(row, name) for row in result.rows}, key=in_order))))
             for name in result.varying()]
    tree: dict[str, Any] = {}
    for path, value in shared.items():
        *sections, name = path.split(".")
        here = tree
        for section in sections:
            here = here.setdefault(section, {})
        here[name] = value
    return (table(("parameter", "values"), swept, caption="What was swept")
            + paragraph("Everything else, as in the first design; the panel of a chosen design says where it differs.", "soft")
            + configuration(tree))


def _figure_paths(result: Result) -> list[str]:
    every = dict.fromkeys([o.quantity.path for o in result.objectives] + [p for row in result.good()[:1] for p in row.figures])
    return [path for path in every if all(row.figures.get(path) is not None for row in result.good())]


def _data(result: Result, networks: dict[str, Result], rows: list[Row], shared: dict[str, Any],
          differences: list[dict[str, Any]]) -> dict[str, Any]:
    names, paths = result.varying(), _figure_paths(result)
    quantities: list[Quantity] = [quantity(path) or Quantity(path, path, "") for path in paths]
    factor = {path: 100.0 if path in _SHARES else 1.0 for path in paths}
    places, titles = {row.number: index for index, row in enumerate(rows)}, _titles(networks)
    usual = {network: index for network, part in networks.items() if (index := _usual(part, places)) is not None}
    return {"kind": "sweep", "parameters": names, "series": SERIES, "dark": DARK, "values": {n: [place(r, n) for r in rows] for n in names},
            "figures": [{"path": q.path, "title": q.title, "unit": "%" if q.path in _SHARES else q.unit} for q in quantities],
            "results": {path: [row.figures[path] * factor[path] for row in rows] for path in paths},
            "objectives": [{"path": o.quantity.path, "maximise": o.maximise} for o in result.objectives],
            "numbers": [row.number for row in rows], "titles": [titles.get(row.number, f"Point {row.number}") for row in rows],
            "chips": [r.chip for r in rows], "networks": [r.network for r in rows],
            "settings": [row.settings for row in rows], "outside": [row.outside for row in rows],
            "front": [places[number] for number in titles],
            "usual": usual, "chosen": next((index for network, index in usual.items() if networks[network].within()),
                                           min(usual.values(), default=0)),
            "effects": {network: {p: [[e.name, e.main, e.total] for e in effects(part, p)] for p in paths}
                        for network, part in networks.items() if part.within()},
            "shared": shared, "differences": differences}


def _usual(part: Result, places: dict[int, int]) -> Optional[int]:
    """The place of the design that is shown first of a network, the balanced one where there is one; None where the charts
    hold none of its points."""
    found = [row for row in (centre(part), *part.front(), *part.good()) if row is not None and row.number in places]
    return places[found[0].number] if found else None
