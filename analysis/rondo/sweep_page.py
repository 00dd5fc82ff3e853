"""The page of a sweep: what came out, a Pareto view and parallel coordinates that filter each other, a panel that shows
whatever point was chosen, which parameters decide, and what was set."""

from html import escape
from typing import Any, Callable, Optional

from .colours import DARK, SERIES
from .effects import caveat, centre, effects
from .page import Page, Section, chart, configuration, name_of, paragraph, table, tiles
from .quantities import Quantity, quantity, written
from .result_files import flat
from .sweep_result import Result, Row, in_order, place

# Beyond these a page would be heavy and its charts slow: the Pareto points and an even choice of the others are kept.
MOST_POINTS = 6000


def sweep_page(result: Result, resolved: Callable[[int], dict[str, Any]]) -> Page:
    """`resolved` finds the complete settings of a point by its number; it is asked for those that the page shows."""
    rows = _shown(result)
    names, front = result.varying(), result.front()
    page = Page(result.name, _lead(result))
    page.sections = [Section("summary", "Summary", _summary(result)),
                     Section("pareto", "Pareto view", _pareto(result, rows)),
                     Section("coordinates", "All parameters at once", _coordinates(names)),
                     Section("effects", "Which parameters decide", _effects(result)),
                     Section("points", "Pareto points", _front_table(result, front, rows))]
    failures = result.failures()
    if failures:
        page.sections.append(Section("failures", "Points that failed", table(
            ("#points", "cause", "#first point"), [(str(count), escape(cause), str(first)) for cause, count, first in failures])))
    shared, differences = _configurations(rows, resolved)
    page.sections.append(Section("configuration", "Configuration", _configuration(result, shared)))
    page.data = _data(result, rows, shared, differences)
    return page


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


def _better(objective: Any) -> str:
    return ("most " if objective.maximise else "least ") + objective.quantity.title


def _lead(result: Result) -> str:
    good, front = result.good(), result.front()
    words = f"{_plural(len(good), 'design')} of {', '.join(sorted({row.chip for row in result.rows}))} running " \
            f"{', '.join(sorted({row.network for row in result.rows}))}"
    if not front:
        return paragraph(words + "; none has all objectives.", "lead")
    several = len({row.network for row in front}) > 1
    words += f"; {_plural(len(front), 'design')} on the Pareto front{'s, one for each network,' if several else ''} of " \
             f"{', '.join(o.quantity.title for o in result.objectives)}. "
    for objective in result.objectives:
        path = objective.quantity.path
        best = (max if objective.maximise else min)(front, key=lambda row: row.figures[path])
        worst = (min if objective.maximise else max)(good, key=lambda row: row.figures[path])
        words += f"{_better(objective).capitalize()}: {written(best.figures[path], objective.quantity.unit)} " \
                 f"(the other end: {written(worst.figures[path], objective.quantity.unit)}). "
    middle = centre(result)
    words += _strongest(result)
    if middle is not None:
        words += f"A balanced choice is {describe(middle, result.varying())}."
    return paragraph(words, "lead")


def _strongest(result: Result) -> str:
    """What decides the first objective; nothing where the points do not tell."""
    found, title = effects(result, result.objectives[0].quantity.path), result.objectives[0].quantity.title
    if not found or not found[0].main > 0 or caveat(result):
        return ""
    if found[0].main > 0.5:
        return f"{found[0].name} explains most of {title}, {100 * found[0].main:.0f} % of its variance. "
    return f"No parameter alone decides {title}: {found[0].name} explains {100 * found[0].main:.0f} % of its variance, " \
           "the others less. "


def _summary(result: Result) -> str:
    failed = sum(1 for row in result.rows if row.error)
    figures = [(f"{len(result.rows):,}", "points run", f"of {result.total:,}"),
               (f"{len(result.front()):,}", "on the Pareto front", ""),
               (f"{failed:,}", "failed", "see below" if failed else "")]
    middle = centre(result)
    if middle is not None:
        figures += [(written(middle.figures[o.quantity.path], o.quantity.unit), o.quantity.title, "of the balanced choice")
                    for o in result.objectives]
    text = tiles(figures)
    if len(result.rows) < result.total:
        text += paragraph(f"{result.total - len(result.rows):,} points are not run yet; ./rondo sweep --resume runs them.", "note")
    if result.limits:
        text += paragraph(f"{len(result.within()):,} points meet all limits ({'; '.join(result.limits)}); the others are drawn as "
                          "crosses and cannot be on the front.")
    if len(result.good()) > MOST_POINTS:
        text += paragraph(f"The charts hold {MOST_POINTS:,} points: the Pareto points and an even choice of the others.", "note")
    return text


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


def _coordinates(names: list[str]) -> str:
    return (paragraph("Each line is a design. Drag along an axis to keep only the lines that pass there; the Pareto view above "
                      "keeps only these, too. A click on a bar frees its axis.")
            + '<div class="controls"><button id="brush-none">Free all axes</button>'
              '<span class="soft" id="brush-words" aria-live="polite"></span></div>'
            + f'<div class="scroll" tabindex="0" role="region" aria-label="Parallel coordinates"><div style="min-width:{110 * (len(names) + 3)}px">'
            + chart("coordinates", "Every design as a line across all parameters and figures", 420) + "</div></div>"
            + '<details><summary>Set the limits by hand</summary><div class="controls" id="limits"></div></details>')


def _effects(result: Result) -> str:
    words = caveat(result)
    return (paragraph("Share of the variance of a figure that a parameter explains by itself, and with everything that it "
                      "shares with others; the second only where the points are a full grid. Of the figure's logarithm "
                      "where all its values are above zero.")
            + (paragraph(words, "note") if words else "")
            + '<div class="controls">' + _choice("effect-of", "of") + "</div>"
            + chart("effects", "Main and total effects of the parameters", 90 + 46 * max(2, len(result.varying())))
            + "<h3>Round the chosen design, one parameter at a time</h3>"
            + paragraph("By what factor the figure changes, or by how much where it can be zero, when one parameter alone "
                        "takes its other values.", "soft")
            + chart("around", "One parameter at a time round the chosen design", 110 + 46 * max(2, len(result.varying())))
            + "<h3>Two parameters</h3>"
            + '<div class="controls">' + _choice("heat-across", "across") + _choice("heat-up", "up") + "</div>"
            + paragraph("The best value that any setting of the other parameters gives.", "soft")
            + chart("heat", "The best figure by two parameters", 420))


def _front_table(result: Result, front: list[Row], rows: list[Row]) -> str:
    names = result.varying()
    index = {row.number: i for i, row in enumerate(rows)}
    cells = [(f'<button data-point="{index[row.number]}" aria-pressed="false">{row.number}</button>',
              *(escape(str(place(row, name))) for name in names),
              *(escape(written(row.figures[o.quantity.path], o.quantity.unit)) for o in result.objectives)) for row in front]
    text = table(("point", *("#" + name for name in names), *("#" + o.quantity.title for o in result.objectives)), cells,
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


def _data(result: Result, rows: list[Row], shared: dict[str, Any], differences: list[dict[str, Any]]) -> dict[str, Any]:
    names, paths = result.varying(), _figure_paths(result)
    quantities: list[Quantity] = [quantity(path) or Quantity(path, path, "") for path in paths]
    factor = {q.path: 100.0 if q.path == "utilisation" else 1.0 for q in quantities}
    middle: Optional[Row] = centre(result)
    places = {row.number: index for index, row in enumerate(rows)}
    return {"kind": "sweep", "parameters": names, "series": SERIES, "dark": DARK, "values": {n: [place(r, n) for r in rows] for n in names},
            "figures": [{"path": q.path, "title": q.title, "unit": "%" if factor[q.path] > 1 else q.unit} for q in quantities],
            "results": {path: [row.figures[path] * factor[path] for row in rows] for path in paths},
            "objectives": [{"path": o.quantity.path, "maximise": o.maximise} for o in result.objectives],
            "numbers": [row.number for row in rows], "chips": [r.chip for r in rows], "networks": [r.network for r in rows],
            "settings": [row.settings for row in rows], "outside": [row.outside for row in rows], "front": [places[row.number] for row in result.front()],
            "chosen": places[(middle or (result.front() or rows)[0]).number] if rows else 0,
            "effects": {p: [[e.name, e.main, e.total] for e in effects(result, p)] for p in paths},
            "shared": shared, "differences": differences}
