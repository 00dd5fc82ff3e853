"""The pool of simulator processes: what a death costs, over one list of requests and over the life of a pool."""

import hashlib
import sys
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401
from rondo.pool import Pool

# Dies of a request so often as it says in "deaths", counted in files.
SCRIPT = """\
import json, os, pathlib, sys
for line in sys.stdin:
    request = json.loads(line)
    died = pathlib.Path(sys.argv[1]) / str(request["name"])
    times = len(died.read_text()) if died.exists() else 0
    if times < request["deaths"]:
        died.write_text("x" * (times + 1))
        os._exit(9)
    print(json.dumps({"ok": True, "report": request}), flush=True)
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "died").mkdir()
    return [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "died")]


@pytest.mark.parametrize("deaths, error", [(0, None), (2, None), (3, "the simulator ended with status 9")])
def test_a_request_is_given_to_two_more(command, deaths, error):
    requests = [{"name": name, "deaths": deaths if name == 3 else 0} for name in range(6)]
    with Pool(2, 30.0, command) as pool:
        answers = dict(pool.answers(enumerate(requests)))
    assert answers[3].error == error
    assert all(answers[name].report == requests[name] for name in range(6) if name != 3 or error is None)


def test_deaths_do_not_add_up_over_the_life_of_a_pool(command):
    with Pool(1, 30.0, command) as pool:
        for name in range(40):
            (_, answer), = pool.answers([(name, {"name": name, "deaths": 1})])
            assert answer.error is None


def test_answers_say_which_program_they_come_from(command, tmp_path):
    program = tmp_path / "program"
    seen = []
    for version in ("# one", "# two"):
        program.write_text(f"#!{sys.executable}\n{version}\n{SCRIPT}")
        program.chmod(0o755)
        with Pool(1, 30.0, [str(program), command[2]]) as pool:
            (_, answer), = pool.answers([(0, {"name": version, "deaths": 0})])
        assert answer.simulator == hashlib.sha256(program.read_bytes()).hexdigest()[:16]
        seen.append(answer.simulator)
    assert seen[0] != seen[1]
