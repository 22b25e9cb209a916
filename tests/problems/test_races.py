"""Two processes describing problems at once: whatever one of them was told is done, is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.problems.bench import Bench

ROOT = Path(__file__).resolve().parents[2]
EACH = 6
PROGRAM = """
import sys
from curiouser.kernel.errors import RetryableError
from curiouser.workspace import Workspace
with Workspace.open(sys.argv[1], actor="t") as workspace:
    for i in range(int(sys.argv[3])):
        name = f"{sys.argv[2]}-{i}"
        rows = [{"want": f"{name} {j}", "offer": "x", "meet": "no"} for j in range(3)]
        rows.append({"want": f"shared {i}", "offer": "x", "meet": "no"})
        try:
            workspace.problems.add(name, patterns=rows, actor="t")
        except RetryableError:
            continue
        print(name, flush=True)
"""


def test_every_acknowledged_problem_of_two_processes_is_there_with_its_rows(bench: Bench) -> None:
    commands = [[sys.executable, "-c", PROGRAM, str(bench.workspace.root), side, str(EACH)] for side in "ab"]
    running = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True, cwd=ROOT) for each in commands]
    told = [name for each in running for name in each.communicate(timeout=240)[0].split()]
    assert [each.returncode for each in running] == [0, 0]
    assert {one.problem.name for one in bench.problems.list()} == set(told)
    assert len(told) == 2 * EACH
    rows = dict(bench.test_rows().select("id", "want").iter_rows())
    for name in told:
        wants = {rows[one.example_id] for one in bench.problems.patterns(name)}
        assert wants == {f"{name} {j}" for j in range(3)} | {f"shared {name[2:]}"}
    assert len(rows) == 20 + 2 * EACH * 3 + EACH
