"""``curiouser data``: the JSON that programs rely on, and what people read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from curiouser.kernel.configuration import Configuration
from curiouser.surfaces.cli.program import cli
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace
from tests.data.rows import TASK, labels, some_rows
from tests.terminal import Terminal

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def called(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["-C", str(tmp_path), "--actor", "ann", *arguments], catch_exceptions=False)

    return called


def body(result: Result) -> Any:  # noqa: ANN401  JSON
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def filled(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path, Configuration(task=TASK), actor="ann")
    made.data.commit("test", upserts=some_rows(["a", "b", "c"]), message="first", actor="ann")
    return made


def test_a_cell_is_corrected_and_the_body_is_the_contract(filled: Workspace, run: Run) -> None:
    made = body(run("data", "commit", "--set", "a", "meet", "yes", "--delete", "c", "-m", "fix", "--json"))
    assert list(made) == ["data_commit", "content_hash", "rows", "added", "changed", "removed"]
    assert (made["rows"], made["added"], made["changed"], made["removed"]) == (2, 0, 1, 1)
    assert filled.data.rows("test", ids=["a"]).get_column("meet").to_list() == ["yes"]


def test_columns_are_renamed_and_dropped(filled: Workspace, run: Run) -> None:
    tones = pl.DataFrame({"id": ["a", "b"], "tone": ["kind", "rude"], "town": ["Paarl", None]})
    filled.data.commit("test", upserts=tones, message="tones", actor="ann")
    said = run("data", "column", "rename", "tone", "mood", "town", "place", "-m", "as they are called")
    assert "0 added, 2 changed, 0 removed; 3 rows" in said.output
    assert body(run("data", "column", "drop", "place", "--json"))["changed"] == 1
    assert filled.data.rows("test")["mood"].to_list() == ["kind", "rude", None]
    assert [each.message for each in filled.data.log("test", limit=2)] == ["Drop place", "as they are called"]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("rename", "tone"), 2, "CUR002"),
        (("rename", "tone", "mood"), 6, "CUR215"),
        (("drop", "want"), 1, "CUR001"),
        (("rename", "want", "meet"), 1, "CUR001"),
    ],
)
def test_a_column_that_cannot_change_says_why(
    filled: Workspace, words: tuple[str, ...], status: int, code: str
) -> None:
    terminal = Terminal(filled.root)
    said = terminal.run("data", "column", *words)
    assert (said.status, f"[{code}]" in said.err) == (status, True)


def test_ids_to_delete_may_stand_in_a_file(filled: Workspace, run: Run, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\n\n b\n", encoding="utf-8-sig")
    assert body(run("data", "commit", "--delete-ids", str(tmp_path / "ids.txt"), "-m", "fix", "--json"))["removed"] == 2


def test_a_diff_has_the_keys_of_the_contract(filled: Workspace, run: Run) -> None:
    filled.data.tag("test", "before", actor="ann")
    moment = pl.Series([datetime(2019, 10, 10, tzinfo=UTC)])
    filled.data.commit("test", upserts=pl.DataFrame({"id": ["b"], "at": moment}), message="m", actor="ann")
    filled.data.commit("test", upserts=some_rows(["d"]), deletes=["a"], message="m", actor="ann")
    found = body(run("data", "diff", "test@before", "test", "--json"))
    assert (found["added"], found["removed"], found["changed"], found["truncated"]) == (1, 1, 1, False)
    assert [(row["id"], row["change"]) for row in found["rows"]] == [
        ("a", "removed"), ("b", "changed"), ("d", "added")]  # fmt: skip
    assert found["rows"][1]["fields"] == {"at": [None, "2019-10-10T00:00:00.000000Z"]}
    assert body(run("data", "diff", "test@before", "test", "--limit", "1", "--json"))["truncated"] is True


def test_the_log_pages_with_a_cursor(filled: Workspace, run: Run) -> None:
    for label in ("yes", "no", "yes"):
        filled.data.commit("test", upserts=labels(a=label), message=label, actor="bob")
    first = body(run("data", "log", "--limit", "2", "--json"))
    rest = body(run("data", "log", "--limit", "2", "--before", first["next"], "--json"))
    assert [each["message"] for each in [*first["data_commits"], *rest["data_commits"]]] == [
        "yes",
        "no",
        "yes",
        "first",
    ]
    assert rest["next"] is None


def test_branches_and_tags_are_made_listed_and_deleted(filled: Workspace, run: Run) -> None:
    assert body(run("data", "branch", "side", "--json"))["kind"] == "branch"
    assert body(run("data", "tag", "v1", "--at", "side", "--json"))["kind"] == "tag"
    assert [each["name"] for each in body(run("data", "branch", "--json"))["refs"]] == ["main", "side", "v1"]
    run("data", "branch", "side", "--delete")
    run("data", "tag", "v1", "--delete")
    assert [each["name"] for each in body(run("data", "tag", "--json"))["refs"]] == ["main"]


def test_a_version_can_be_undone(filled: Workspace, run: Run) -> None:
    before = filled.data.head("test").content_hash
    filled.data.commit("test", upserts=labels(a="yes"), message="m", actor="ann")
    assert body(run("data", "revert", "main", "--json"))["content_hash"] == before


def test_status_and_gc_answer_in_json(filled: Workspace, run: Run) -> None:
    [found] = body(run("data", "status", "--json"))["datasets"]
    assert (found["dataset"], found["kind"], [head["rows"] for head in found["heads"]]) == ("test", "labelled", [3])
    assert body(run("data", "gc", "--dry-run", "--grace-days", "0", "--json"))["dry_run"] is True


def test_people_read_what_changed(filled: Workspace, run: Run) -> None:
    run("data", "commit", "--set", "a", "meet", "yes", "-m", "relabel a")
    shown = run("data", "show").stdout
    assert "relabel a" in shown
    assert "~ a  meet: no → yes" in shown
    assert "relabel a" in run("data", "log").stdout
    assert "3" in run("data", "status").stdout
    assert "0 added, 0 removed, 0 changed" in run("data", "diff", "test", "test@main").stdout


def test_control_characters_in_data_do_not_reach_the_terminal(filled: Workspace, run: Run) -> None:
    filled.data.commit("test", upserts=some_rows(["\x1b[31m"]), message="\x1b[2J", actor="ann")
    assert "\x1b" not in run("data", "show").stdout + run("data", "log").stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("data", "log", "train"), 6),
        (("data", "log", "test@nothing"), 6),
        (("data", "branch", "main"), 5),
        (("data", "commit", "--set", "a", "want", "other", "-m", "m"), 1),
        (("data", "commit", "--delete", "zz", "-m", "m"), 6),
        (("data", "commit", "-m", "m"), 1),
    ],
)
def test_refusals_have_their_exit_status(
    filled: Workspace, tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    command = [sys.executable, "-m", "curiouser", "-C", str(tmp_path), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert "[CUR" in ran.stderr
