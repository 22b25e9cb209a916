"""What became of one example, held against every row of every version."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from curiouser.data import Change, DataCommit, DataService, ExamplesNotFoundError, RefNotFoundError
from curiouser.data.snapshots import Layout
from curiouser.kernel.configuration import Configuration
from curiouser.storage import Database, FolderObjects
from curiouser.surfaces.cli.program import cli
from curiouser.workspace.making import make_workspace
from tests.data.rows import MEMORY, TASK, Ticking, a_store, labels, some_rows
from tests.nightly import examples

SMALL = Layout(file_rows=4, range_files=2, run_rows=8, fold_chain=3, fold_share=0.3)
IDS = ["a", "b", "c", "ñ", "a%", "9"]
Cells = dict[str, object]
ROWS = st.dictionaries(
    st.sampled_from(IDS),
    st.tuples(st.sampled_from(["x", "y"]), st.sampled_from([None, "no", "yes"]), st.sampled_from([None, 0.5, -1.0])),
    min_size=1,
    max_size=4,
)
COMMITS = st.lists(
    st.tuples(st.sampled_from(["upsert", "replace", "large", "delete", "extra column"]), ROWS), min_size=1, max_size=9
)


def frame_of(rows: dict[str, tuple[str, str | None, float | None]]) -> pl.DataFrame:
    columns = {
        "id": list(rows),
        "want": [row[0] for row in rows.values()],
        "offer": ["o"] * len(rows),
        "meet": [row[1] for row in rows.values()],
        "score": [row[2] for row in rows.values()],
    }
    return pl.DataFrame(columns, schema={name: pl.Float64 if name == "score" else pl.String for name in columns})


def grow(data: DataService, how: str, rows: dict[str, tuple[str, str | None, float | None]]) -> None:
    said: Any = {"message": how, "actor": f"somebody {len(rows)}"}
    if not data.datasets():
        data.commit("test", upserts=frame_of(rows), **said)
    elif how == "large":
        data.commit_large("test", parts=[frame_of(rows)], allow_input_changes=True, **said)
    elif how == "delete":
        there = set(data.rows("test")["id"])
        gone = sorted(there & set(rows))
        if gone:
            data.commit("test", deletes=gone, **said)
    elif how == "extra column":
        data.commit("test", upserts=frame_of(rows).select("id", pl.col("meet").alias("note")).filter(
            pl.col("id").is_in(data.rows("test")["id"].implode())), **said)  # fmt: skip
    else:
        data.commit("test", upserts=frame_of(rows), replace=how == "replace", allow_input_changes=True, **said)


def by_hand(data: DataService, example: str) -> list[tuple[str, str, dict[str, tuple[object, object]]]]:
    """Read every row of every version, and compare each with the version before."""
    found: list[tuple[str, str, dict[str, tuple[object, object]]]] = []
    for at in data.log("test", limit=1_000):
        before = row_of(data, at.parents[0], example) if at.parents else None
        after = row_of(data, at.id, example)
        fields = {
            name: ((before or {}).get(name), (after or {}).get(name))
            for name in {**(after or {}), **(before or {})}
            if name != "id" and (before or {}).get(name) != (after or {}).get(name)
        }
        if before is None and after is not None:
            found.append((at.id, "added", fields))
        elif before is not None and after is None:
            found.append((at.id, "removed", fields))
        elif fields:
            found.append((at.id, "changed", fields))
    return found


def row_of(data: DataService, at: str, example: str) -> Cells | None:
    return next((row for row in data.rows(at).to_dicts() if row["id"] == example), None)


@settings(max_examples=examples(12, nightly=1_000))
@given(COMMITS)
def test_every_change_of_every_example_is_found_newest_first_and_nothing_else(
    commits: list[tuple[str, dict[str, tuple[str, str | None, float | None]]]],
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        database = Database(f"sqlite:///{folder}/meta.db")
        database.create()
        data = DataService(database, FolderObjects(Path(folder) / "objects"), TASK, Ticking(), layout=SMALL)
        for how, rows in commits:
            grow(data, how, rows)
        for example in IDS:
            expected = by_hand(data, example)
            if not expected:
                with pytest.raises(ExamplesNotFoundError):
                    data.example_history("test", example)
                continue
            found = data.example_history("test", example)
            assert [
                (one.data_commit.id, str(one.change.change), dict(one.change.fields)) for one in found.steps
            ] == expected
            assert found.row == row_of(data, "test", example)
            assert found.is_whole
            assert paged(data, example) == [step[0] for step in expected]
        database.close()


def paged(data: DataService, example: str) -> list[str]:
    """Walk a history in pages of two."""
    seen: list[str] = []
    before = None
    while True:
        page = data.example_history("test", example, limit=2, before=before)
        seen += [step.data_commit.id for step in page.steps]
        if page.is_whole:
            return seen
        before = page.steps[-1].data_commit.id


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataService]:
    made = a_store(tmp_path)
    yield made
    made.database.close()


def test_a_step_says_who_when_and_why(data: DataService) -> None:
    data.commit("test", upserts=some_rows(["a", "b"]), message="first rows", actor="thandi")
    relabelled = data.commit("test", upserts=labels(a="yes"), message="an expert looked", actor="dr naidoo")
    step = data.example_history("test", "a").steps[0]
    at: DataCommit = step.data_commit
    assert (at.id, at.author, at.message) == (relabelled.data_commit, "dr naidoo", "an expert looked")
    assert (step.change.change, step.change.fields) == (Change.CHANGED, {"meet": ("no", "yes")})


def test_a_branch_shows_its_own_changes_and_those_it_began_with(data: DataService) -> None:
    data.commit("test", upserts=some_rows(["a", "b"]), message="first", actor="t")
    data.branch("test", "fix", actor="t")
    data.commit("test", "fix", upserts=labels(a="yes"), message="on the branch", actor="t")
    data.commit("test", upserts=labels(b="yes"), message="on main", actor="t")
    assert [one.data_commit.message for one in data.example_history("test@fix", "a").steps] == [
        "on the branch",
        "first",
    ]
    assert [one.data_commit.message for one in data.example_history("test", "a").steps] == ["first"]


def test_a_cursor_that_names_nothing_is_refused(data: DataService) -> None:
    data.commit("test", upserts=some_rows(["a"]), message="first", actor="t")
    with pytest.raises(RefNotFoundError):
        data.example_history("test", "a", before="deadbeef")


def test_the_command_tells_what_became_of_an_example(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", Configuration(task=TASK), actor="thandi")
    workspace.data.commit("test", upserts=some_rows(["a", "b"]), message="first", actor="thandi")
    workspace.data.commit("test", upserts=labels(a=None), message="nobody\x1b[31m knows", actor="thandi")
    workspace.data.commit("test", deletes=["a"], message="a mistake", actor="lerato")
    workspace.close()
    run = ["-C", str(workspace.root), "data", "blame", "a"]
    body = json.loads(CliRunner().invoke(cli, [*run, "--limit", "2", "--json"]).stdout)
    assert body["row"] is None
    assert [step["change"] for step in body["steps"]] == ["removed", "changed"]
    assert body["steps"][1]["fields"] == {"meet": ["no", None]}
    assert body["next"] == body["steps"][1]["data_commit"]
    older = json.loads(CliRunner().invoke(cli, [*run, "--before", body["next"], "--json"]).stdout)
    assert [step["change"] for step in older["steps"]] == ["added"]
    assert older["next"] is None
    text = CliRunner().invoke(cli, run).stdout
    assert text.startswith("a is not there any more\n\nremoved in ")
    assert "  meet: no → missing" in text
    assert "\x1b" not in text
    assert CliRunner().invoke(cli, ["-C", str(workspace.root), "data", "blame", "zz"]).exit_code != 0
