"""One self-contained page: its frame, its style, its scripts, the plotting library and its data in a single file that
needs no network. The library and the data are compressed; the browser unpacks them (every browser since 2023 can).

run_page.py and sweep_page.py say what stands on a page; page/ holds style and scripts."""

import base64
import gzip
import json
import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Iterable, Optional, Sequence

from .simulator import RunFailed

_ASSETS = Path(__file__).with_name("page")
_SCRIPTS = ("common.js", "timeline.js", "run.js", "sweep.js", "pareto.js", "sweep_views.js", "start.js")


@dataclass
class Section:
    """A part of a page: its anchor, its heading, its HTML."""

    anchor: str
    heading: str
    body: str


@dataclass
class Page:
    """What stands on a page. `data` goes to the scripts as JSON."""

    title: str
    lead: str
    sections: list[Section] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def write_page(page: Page, path: Path, version: str) -> None:
    """The page as one file, which appears whole or not at all. The same page becomes the same bytes."""
    text = Template((_ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(page.title), lead=page.lead, version=escape(f" {version}" if version else ""),
        style=(_ASSETS / "page.css").read_text(encoding="utf-8"),
        links="".join(f'<a href="#{s.anchor}">{escape(s.heading)}</a>' for s in page.sections),
        sections="".join(f'<section id="{s.anchor}"><h2>{escape(s.heading)}</h2>{s.body}</section>'
                         for s in page.sections),
        library=_packed(_plotting_library()), data=_packed(json.dumps(page.data, ensure_ascii=False, allow_nan=False)),
        scripts="".join((_ASSETS / name).read_text(encoding="utf-8")
                        for name in _SCRIPTS))
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror}") from error


def _plotting_library() -> str:
    from plotly.offline import get_plotlyjs  # here, because nothing but a page needs it
    return get_plotlyjs()


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], css: str = "", caption: str = "") -> str:
    """A table of cells that are HTML already. Columns whose head begins with '#' hold numbers."""
    numeric = [head.startswith("#") for head in heads]
    mark = [' class="number"' if n else "" for n in numeric]
    top = "".join(f'<th scope="col"{m}>{escape(h.lstrip("#"))}</th>' for h, m in zip(heads, mark))
    body = "".join("<tr>" + "".join(f"<td{m}>{cell}</td>" for cell, m in zip(row, mark)) + "</tr>" for row in rows)
    words = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption or "table")}">'
            f'<table class="{css}">{words}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>')


def tiles(figures: Iterable[tuple[str, str, str]]) -> str:
    """Key figures: value, what it is, and a line of detail."""
    return '<dl class="tiles">' + "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(detail)}</small></dd></div>"
        for value, name, detail in figures) + "</dl>"


def chart(name: str, label: str, height: int, controls: str = "") -> str:
    """A place for a chart that a script draws; `label` tells those who do not see it what it shows."""
    return (f'{controls}<div class="chart" id="chart-{name}" style="height:{height}px" role="figure" '
            f'aria-label="{escape(label)}"></div>')


def name_of(path: str) -> str:
    """A setting's path, which may be broken after its dots and underscores."""
    return f"<code>{escape(path).replace('.', '.<wbr>').replace('_', '_<wbr>')}</code>"


def paragraph(text: str, css: str = "") -> str:
    return f'<p class="{css}">{escape(text)}</p>' if css else f"<p>{escape(text)}</p>"


def configuration(tree: dict[str, Any], notes: Optional[dict[str, str]] = None) -> str:
    """Settings as one foldable table a section, all values shown; `notes` say what a setting is, by its path."""
    plain = {name: value for name, value in tree.items() if not isinstance(value, dict)}
    parts = {"general": plain} if plain else {}
    parts.update({name: value for name, value in tree.items() if isinstance(value, dict)})
    found = []
    for name, settings in parts.items():
        prefix = "" if name == "general" else name + "."
        rows = [(name_of(path), _value(value), escape((notes or {}).get(prefix + path, "")))
                for path, value in _leaves(settings)]
        found.append(f"<details><summary>{escape(name)} <small>{len(rows)}</small></summary>"
                     + table(("setting", "value", "what it is"), rows, "settings") + "</details>")
    return f'<div class="configuration">{"".join(found)}</div>'


def _leaves(tree: dict[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _value(value: Any) -> str:
    if isinstance(value, list):
        lines = "<br>".join(escape(str(item)) for item in value)
        return f"<details><summary>{len(value)} lines</summary>{lines}</details>"
    return escape(str(value))
