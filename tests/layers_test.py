"""The arrows between the folders: every include line and every CMake link line points down (see README.md)."""

import re
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
