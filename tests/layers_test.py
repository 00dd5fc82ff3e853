"""The arrows between the folders: every include line and every CMake link line points down (see README.md). Of the
Python in analysis/ every import points down the list of layers, or sideways without a circle."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Folder -> folders that its files may include, beside its own. tests/ may include all.
ALLOWED = {
    "models/base": set(),
    "models/isa": {"models/base"},
    "models/values": {"models/base", "models/isa"},
    "models/dram": {"models/base"},
    "models/units": {"models/base", "models/isa", "models/dram"},
    "models/cost": {"models/base", "models/isa"},
    "traces": {"models/base", "models/isa"},
    "sim": {"models/base", "models/isa", "models/values", "models/dram", "models/units", "models/cost",
            "traces"},
}
TARGETS = {"rondo_" + folder.split("/")[-1]: folder for folder in ALLOWED}
MAY_USE_SYSTEMC = {"models/units", "sim"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
LINK = re.compile(r"target_link_libraries\s*\(\s*(\w+)([^)]*)\)")


# The modules of analysis/rondo, the lowest layer first. A module may import those of its own layer and of layers below.
PYTHON_LAYERS = (
    ("words, numbers, arithmetic",
     "yaml_reader units quantities colours pareto expression bounds normal_form parts"),
    ("one simulation, many simulations",
     "simulator result_files workload pool dask_task cluster what_if"),
    ("what a device does",
     "device formula gpu measured interval contenders entry entries"),
    ("what a sweep is",
     "axes space feasible sampling dependence formulas constraints rehearsal sweep_file genetic sweep_database "
     "store"),
    ("what came out",
     "sweep_result effects explore compare compare_notes compare_files service model_error explain"),
    ("what people see",
     "drawing plots run_plots sweep_plots compare_plots compare_curves device_plots table device_tables progress "
     "chip_drawing page run_page sweep_page"),
    ("what they call",
     "report library arguments __init__ __main__"),
)
# Packages that take long to load, or that not everybody has, and who may use them.
PYTHON_PACKAGES = {
    "matplotlib": {"drawing", "plots", "run_plots", "sweep_plots", "compare_plots", "compare_curves",
                   "device_plots"},
    "plotly": {"page"},
    "rich": {"table", "device_tables", "progress"},
    "pandas": {"library"},
    "deap": {"genetic"},
    "distributed": {"cluster"},
    "sqlite3": {"store", "sweep_database"},
}


def folder_of(path: str) -> str | None:
    """The folder of ALLOWED that a path from the root lies in."""
    for folder in ALLOWED:
        if path.startswith(folder + "/"):
            return folder
    return None


def check_include(source: str, folder: str, bracket: str, included: str) -> list[str]:
    """What is wrong with one include line of a file in `folder`."""
    if included.split("/")[-1].startswith("systemc") or included.startswith(("sysc/", "tlm")):
        return [] if folder in MAY_USE_SYSTEMC else [f"{source}: includes {included}; SystemC belongs to models/units"]
    if bracket == "<":
        return []
    target = folder_of(included)
    if target is None:
        return [f"{source}: includes {included}; allowed the path from the top of the repository, of a folder below"]
    if target != folder and target not in ALLOWED[folder]:
        return [f"{source}: includes {included}; {folder} may include {sorted(ALLOWED[folder]) or 'nothing'}"]
    return []


def wrong_includes(root: Path) -> list[str]:
    found = []
    for folder in ALLOWED:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".hpp", ".cpp", ".h", ".cc", ".inc", ".def"}:
                continue
            source = path.relative_to(root).as_posix()
            for bracket, included in INCLUDE.findall(path.read_text(errors="replace")):
                found += check_include(source, folder, bracket, included)
    return found


def check_link(where: str, target: str, libraries: list[str]) -> list[str]:
    """What is wrong with one target_link_libraries."""
    if target not in TARGETS:
        return []
    folder = TARGETS[target]
    found = []
    for library in libraries:
        if library in TARGETS and TARGETS[library] not in ALLOWED[folder]:
            found.append(f"{where}: {target} links {library}; allowed {sorted(ALLOWED[folder]) or 'nothing'}")
        if "systemc" in library.lower() and folder not in MAY_USE_SYSTEMC:
            found.append(f"{where}: {target} links {library}; SystemC belongs to models/units")
    return found


def wrong_links(root: Path) -> list[str]:
    found = []
    for path in [root / "CMakeLists.txt", *sorted((root / "models").rglob("CMakeLists.txt")),
                 root / "traces/CMakeLists.txt", root / "sim/CMakeLists.txt"]:
        if not path.exists():
            continue
        text = re.sub(r"#.*", "", path.read_text())
        for target, libraries in LINK.findall(text):
            found += check_link(path.relative_to(root).as_posix(), target, libraries.split())
    return found


def imports_of(path: Path) -> tuple[set[str], set[str]]:
    """The modules of the same package and the other packages that a module imports, wherever it does. What it needs for the
    names of types alone does not count."""
    own: set[str] = set()
    others: set[str] = set()
    left: list[ast.AST] = [ast.parse(path.read_text())]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            left += node.orelse
            continue
        left += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            own |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            others.add(str(node.module).split(".")[0])
    return own, others


def wrong_imports(package: Path) -> list[str]:
    layer = {name: index for index, (_, names) in enumerate(PYTHON_LAYERS) for name in names.split()}
    found, arrows = [], {}
    for path in sorted(package.glob("*.py")):
        name = path.stem
        own, others = imports_of(path)
        arrows[name] = {target for target in own if (package / f"{target}.py").exists()}
        if name not in layer:
            found.append(f"{name}: is in no layer of PYTHON_LAYERS")
        found += [f"{name}: imports {target}, which is above it" for target in sorted(arrows[name])
                  if layer.get(target, 0) > layer.get(name, len(PYTHON_LAYERS))]
        found += [f"{name}: imports {other}; that is for {', '.join(sorted(PYTHON_PACKAGES[other]))}"
                  for other in sorted(others & set(PYTHON_PACKAGES)) if name not in PYTHON_PACKAGES[other]]
    return found + circles(arrows)


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The modules that reach themselves: what is left when those without arrows are taken away, again and again."""
    left = dict(arrows)
    while True:
        ends = [name for name, targets in left.items() if not targets & set(left)]
        if not ends:
            return [f"{', '.join(sorted(left))}: import each other in a circle"] if left else []
        for name in ends:
            del left[name]


def test_every_import_points_down():
    assert wrong_imports(ROOT / "analysis/rondo") == []


def test_a_bad_import_is_found(tmp_path):
    bad = {
        "quantities": "from .sweep_result import Result\n",
        "sweep_result": "def late():\n    from . import plots\n",
        "plots": "import matplotlib.pyplot\nif TYPE_CHECKING:\n    from . import library\n",
        "effects": "from rich import box\n",
        "pool": "from . import cluster\n",
        "cluster": "from .pool import Pool\nimport distributed\n",
        "new": "",
    }
    for name, text in bad.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert wrong_imports(tmp_path) == [
        "effects: imports rich; that is for device_tables, progress, table", "new: is in no layer of PYTHON_LAYERS",
        "quantities: imports sweep_result, which is above it", "sweep_result: imports plots, which is above it",
        "cluster, pool: import each other in a circle"]


def test_a_command_starts_without_the_packages_that_take_long():
    words = ("import sys, rondo.__main__\n"
             "print(*sorted({'matplotlib', 'plotly', 'pandas', 'deap', 'distributed'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-P", "-c", words], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "analysis")})
    assert done.stdout.split() == []


def test_every_include_points_down():
    assert wrong_includes(ROOT) == []


def test_every_link_points_down():
    assert wrong_links(ROOT) == []


def test_there_is_something_to_check():
    files = [path for folder in ALLOWED for path in (ROOT / folder).rglob("*.?pp")]
    assert len(files) > 40
    assert all(list((ROOT / folder).glob("*.?pp")) for folder in ALLOWED)


def test_a_bad_include_is_found(tmp_path):
    bad = {
        "models/isa/a.hpp": '#include "models/units/unit.hpp"\n',
        "models/base/b.cpp": "  #  include <systemc>\n",
        "traces/c.cpp": '#include <systemc.h>\n#include "models/values/executor.hpp"\n',
        "models/values/d.hpp": '#include "sim/config.hpp"\n',
        "models/units/e.cpp": '#include "unit.hpp"\n',
        "sim/good.cpp": '#include <systemc>\n#include "models/units/chip.hpp"\n#include "sim/config.hpp"\n',
    }
    for name, text in bad.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = wrong_includes(tmp_path)
    assert sorted(line.split(":")[0] for line in found) == [
        "models/base/b.cpp", "models/isa/a.hpp", "models/units/e.cpp", "models/values/d.hpp", "traces/c.cpp", "traces/c.cpp"]


def test_a_bad_link_is_found(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/CMakeLists.txt").write_text(
        "target_link_libraries(rondo_isa PUBLIC rondo_base\n  PRIVATE rondo_values)\n"
        "target_link_libraries(rondo_values PkgConfig::SYSTEMC) # target_link_libraries(rondo_base rondo_sim)\n"
        "target_link_libraries(rondo_units PUBLIC rondo_isa PkgConfig::SYSTEMC)\n")
    found = wrong_links(tmp_path)
    assert len(found) == 2 and "rondo_values; allowed" in found[0] and "SYSTEMC" in found[1]
