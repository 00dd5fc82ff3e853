"""Copies of the C++ sources in which each row of mutants.txt becomes a choice made at run time.

    make_mutants.py TABLE SOURCE_DIR OUTPUT_DIR

A row is `name | file | original | mutated`, `\\n` being a new line. The original is C++ text that stands exactly once in the file; only the part
between two @, if there are any, is the expression that is replaced. It becomes
`(rondo_mutant == N ? (mutated) : (original))`, N being the row's number from 1 on; rows with the same original share the
place. Every .hpp and .cpp of FOLDERS is copied, so that the copies include each other. The list of rows goes to
OUTPUT_DIR/mutants.inc. A row that does not match is an error, and nothing is written."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("models/units", "models/values")


class Wrong(Exception):
    pass


@dataclass(frozen=True)
class Row:
    number: int
    line: int
    name: str
    file: str
    original: str
    mutated: str


def read_table(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [column.strip().replace("\\n", "\n") for column in line.split(" | ")]
        if len(columns) != 4 or not all(columns):
            raise Wrong(f"{path}:{number}: has {len(columns)} columns; allowed name | file | original | mutated")
        if any(row.name == columns[0] for row in rows):
            raise Wrong(f"{path}:{number}: the name '{columns[0]}' stands there twice; allowed once")
        rows.append(Row(len(rows) + 1, number, *columns))
    return rows


def place_of(row: Row, text: str, table: Path) -> tuple[int, int]:
    """Where the expression to replace begins and ends."""
    before, at, rest = row.original.partition("@")
    expression, _, after = rest.partition("@") if at else (row.original, "", "")
    before = before if at else ""
    context = before + expression + after
    count = text.count(context)
    if count != 1:
        raise Wrong(f"{table}:{row.line}: '{context}' stands {count} times in {row.file}; allowed exactly once")
    begin = text.index(context) + len(before)
    return begin, begin + len(expression)


def mutated_text(rows: list[Row], text: str, table: Path) -> str:
    places: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        places.setdefault(place_of(row, text, table), []).append(row)
    out, last = "", 0
    for (begin, end), here in sorted(places.items()):
        if begin < last:
            raise Wrong(f"{table}:{here[0].line}: overlaps the place of another row; allowed the same place or another one")
        choices = "".join(f"rondo_mutant == {row.number} ? ({row.mutated}) : " for row in here)
        out += f"{text[last:begin]}({choices}({text[begin:end]}))"
        last = end
    return "extern int rondo_mutant;\n" + out + text[last:]


def c_string(text: str) -> str:
    return json.dumps(text)


def copies(table: Path, source: Path) -> dict[str, str]:
    """Text by path below the output directory."""
    rows = read_table(table)
    out = {"mutants.inc": "".join(f"{{{c_string(r.name)}, {c_string(r.file)}, {c_string(r.original)}, {c_string(r.mutated)}}},\n" for r in rows)}
    for folder in FOLDERS:
        for path in sorted((source / folder).glob("*.?pp")):
            name = path.relative_to(source).as_posix()
            out[name] = mutated_text([row for row in rows if row.file == name], path.read_text(), table)
    missing = [row for row in rows if row.file not in out]
    if missing:
        raise Wrong(f"{table}:{missing[0].line}: there is no {missing[0].file}; allowed a file of {' or '.join(FOLDERS)}")
    return out


def main() -> int:
    table, source, output = (Path(word) for word in sys.argv[1:])
    try:
        texts = copies(table, source)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 2
    for name, text in texts.items():
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
