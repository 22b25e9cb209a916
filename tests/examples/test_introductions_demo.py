"""``make demo``: the whole loop with the real commands, and never a folder of the user's lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import demo
from tests.demo_run import demo_run


def walk(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(demo.HERE / "demo.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    ended = walk("--into", str(tmp_path))
    assert ended.returncode == 1
    assert "is not empty, and the demo did not make it" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_the_demo_made_is_made_anew(tmp_path: Path) -> None:
    demo.prepare(tmp_path / "new")
    (tmp_path / "new" / "left-over.csv").touch()
    demo.prepare(tmp_path / "new")
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {demo.MARK, *demo.COPIED}


def test_the_demo_describes_every_problem_of_the_example() -> None:
    assert {name for name, _, _ in demo.PROBLEMS} == {path.stem for path in (demo.HERE / "problems").iterdir()}


@pytest.mark.timeout(900)
def test_the_demo_walks_the_whole_loop_and_proves_what_the_talk_tells(tmp_path_factory: pytest.TempPathFactory) -> None:
    ended = demo_run(tmp_path_factory)
    assert ended.status == 0, ended.err
    for said in (
        "No difference shown between v2 and v3",
        "v5 is better than v2",
        "tech-too-general: regressed",
        "32 of 32 patterns stand in its training data",
        "200 added, 8 changed",
    ):
        assert said in ended.out
    triage = ended.out.split("v5 (live) on test set")[1]
    assert triage.split("Rank")[1].splitlines()[1].startswith("the-arts-too-general"), "slide 50"
