"""Problems as tests: what fails, warns, is expected to fail, is skipped, and what JUnit says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.problems.bench import Bench, right, slide_44
from tests.problems.test_standing import failing_on, many

# The plugin by its module and not by its entry point, so that these tests do not depend on how it was installed.
PLUGIN = ("-p", "no:curiouser", "-p", "curiouser.pytest_plugin", "-p", "no:cacheprovider")
# Others that happen to be installed here take longer to load than ours to run.
ALONE = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *PLUGIN, *arguments]
    return subprocess.run(command, cwd=folder, env=ALONE, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def guarded(bench: Bench) -> Bench:
    """Five problems: one held, one known, one slipped, one regressed, one without an answer."""
    bench.problems.add("held", patterns=slide_44(), actor="t")
    bench.problems.add("known", patterns=[{**row, "offer": "known"} for row in many(6)], actor="t")
    bench.problems.add("slips", patterns=[{**row, "offer": "slips"} for row in many(6)], actor="t")
    bench.problems.add("turned", patterns=[{**row, "offer": "turned"} for row in many(6)], actor="t")
    wrong_in = {"known": 6, "slips": 2, "turned": 6}
    bench.model("old", lambda row: failing_on(6)(row) if row["offer"] == "known" else right(row))
    bench.model("new", lambda row: failing_on(wrong_in.get(row["offer"], 0))(row))
    bench.live("old")
    bench.problems.add("unknown", patterns=[{**row, "offer": "unknown"} for row in many(6)], actor="t")
    return bench


@pytest.mark.sqlite_only("what is loaded, and when")
def test_each_problem_is_a_test_with_the_outcome_of_its_state(guarded: Bench, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    done = run(guarded.workspace.root, "--curiouser", "--junitxml", str(report), "-rA")
    assert done.returncode == 1, done.stdout + done.stderr
    cases = {case.get("name"): case for case in ET.parse(report).iter("testcase")}  # noqa: S314  our own file
    outcomes = {name: [child.tag for child in case if child.tag != "properties"] for name, case in cases.items()}
    assert outcomes == {"held": [], "known": ["skipped"], "slips": [], "turned": ["failure"], "unknown": ["skipped"]}
    failure = cases["turned"].find("failure")
    assert failure is not None
    assert "regressed: 6 of 6 failed" in (failure.text or "")
    assert "curiouser problem show turned --model new" in (failure.text or "")
    states = {p.get("name"): p.get("value") for p in cases["turned"].iter("property")}
    assert (states["model"], states["state"], states["error"]) == ("new", "regressed", "1.0")
    assert "ProblemWarning: slips on new: slipped: 2 of 6 failed" in done.stdout
    assert "1 failed, 2 passed, 1 skipped, 1 xfailed, 1 warning" in done.stdout
    assert "SKIPPED [1] curiouser.toml: unscored: " in done.stdout


def test_a_model_can_be_named_and_problems_chosen_by_name(guarded: Bench) -> None:
    done = run(guarded.workspace.root.parent, "--curiouser", "--curiouser-workspace", str(guarded.workspace.root),
               "--curiouser-model", "old", "-k", "turned", "-v")  # fmt: skip
    assert (done.returncode, "1 passed, 4 deselected" in done.stdout) == (0, True), done.stdout
    assert "curiouser::turned PASSED" in done.stdout


def test_a_closed_problem_beyond_its_bound_fails(guarded: Bench) -> None:
    guarded.problems.close("known", actor="t")
    done = run(guarded.workspace.root, "--curiouser", "-k", "known")
    assert done.returncode == 1
    assert "It is closed, and its error is above its tolerance beyond chance." in done.stdout


def test_problems_stand_behind_the_tests_of_the_project(guarded: Bench) -> None:
    (guarded.workspace.root / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    done = run(guarded.workspace.root, "--curiouser", "-m", "not curiouser", "-v")
    assert (done.returncode, "1 passed, 5 deselected" in done.stdout) == (0, True), done.stdout
    assert "5 deselected" not in run(guarded.workspace.root, "-v").stdout


def test_a_folder_without_a_workspace_is_a_wrong_call(tmp_path: Path) -> None:
    done = run(tmp_path, "--curiouser")
    assert done.returncode == 4
    assert "curiouser init" in done.stderr


@pytest.mark.sqlite_only("what is loaded, and when")
def test_the_plugin_loads_nothing_heavy_where_it_is_not_asked_for(tmp_path: Path) -> None:
    program = (
        "import sys, pytest; pytest.main(['-q', '-p', 'no:curiouser', '-p', "
        "'curiouser.pytest_plugin', '-p', 'no:cacheprovider', '.']);"
        "print(sorted({'polars', 'sqlalchemy', 'scipy', 'click'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ALONE, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
