"""Every row that says what data is, what was found in it and who approved it: a changed cell is seen, and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import polars as pl
import pytest

from curiouser.kernel.check_settings import OwnRule
from curiouser.kernel.errors import StorageError
from curiouser.proposals import Verdict
from curiouser.workspace import Workspace
from curiouser.workspace.verifying import verify
from tests.datachecks.bench import Bench, texts

pytestmark = pytest.mark.sqlite_only("cells are changed in the file itself")
OWN = (OwnRule(name="no-shouting", where="text == 'LOUD'"), OwnRule(name="no-digits", function="own:digits"))
FUNCTION = "def digits(rows):\n    return [any(map(str.isdigit, row['text'])) for row in rows]\n"

# What SQLite itself calls a row by.
NAMES_OF_ROWS = {("data_reflog", "id"), ("data_proposal", "number"), ("data_check_run", "number")}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A workspace with a proposal that was checked, rejected and approved."""
    made = Bench(tmp_path_factory.mktemp("cells"))
    (made.workspace.root / "own.py").write_text(FUNCTION)
    made.set(own=OWN)
    made.commit(texts("one text", "another text", labels=["ham", "spam"]))
    data = made.workspace.data
    data.branch("test", "side", actor="bob")
    change = pl.DataFrame({"id": ["r0000"], "label": ["spam"]})
    data.commit("test", "side", upserts=change, message="relabel", actor="bob")
    proposals = made.workspace.proposals
    proposals.propose("test", "side", "main", message="better", actor="bob")
    proposals.review(1, Verdict.REJECT, words="why?", actor="cy")
    proposals.review(1, Verdict.APPROVE, words="I see", actor="cy")
    yield made
    made.workspace.close()


@contextmanager
def changed_cell(workspace: Workspace, table: str, column: str, where: str) -> Iterator[None]:
    """Change a cell, and put back what it said."""
    file = workspace.database.file
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        (value,) = connection.execute(f'SELECT "{column}" FROM {table} WHERE {where}').fetchone()
        said = f'UPDATE {table} SET "{column}" = ? WHERE {where}'
        connection.execute(said, [another(value)])
        yield
        connection.execute(said, [value])


def another(value: str | int | None) -> str | int:
    return value + 1 if isinstance(value, int) else f"{value or ''}0"


@pytest.mark.parametrize(
    "table",
    [
        "dataset",
        "data_reflog",
        "data_proposal",
        "data_review",
        "data_check",
        "data_check_run",
        "data_profile",
        "own_check_verdicts",
        "own_check_source",
    ],
)
def test_a_changed_cell_is_seen_in_every_column(table: str, bench: Bench) -> None:
    file = bench.workspace.database.file
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        (row,) = connection.execute(f"SELECT *, rowid AS place FROM {table} ORDER BY rowid DESC LIMIT 1").fetchall()
        columns = [name for name in row.keys() if name != "place"]  # noqa: SIM118  a Row iterates over its values
        for column in columns:
            said = f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?'
            connection.execute(said, [another(row[column]), row["place"]])
            found = verify(bench.workspace).findings
            assert any(table in each.what for each in found), column
            at = another(row["place"]) if (table, column) in NAMES_OF_ROWS else row["place"]
            connection.execute(said, [row[column], at])
    assert verify(bench.workspace).findings == ()


def test_a_damaged_approval_approves_nothing(bench: Bench) -> None:
    with changed_cell(bench.workspace, "data_review", "data_commit", "number = 2"):
        with pytest.raises(StorageError, match="data_review 1 2"):
            bench.workspace.proposals.show(1)
        with pytest.raises(StorageError, match="data_review 1 2"):
            bench.workspace.proposals.merge(1, actor="cy")


def test_a_damaged_answer_of_a_check_is_worked_out_again(bench: Bench) -> None:
    before = bench.check()
    (key,) = (one.key for one in before.checks if one.name == "exact-duplicates")
    with changed_cell(bench.workspace, "data_check", "finding", f"key = '{key}'"):
        again = bench.check()
        assert again.ran == 1
    assert [one.finding for one in again.checks] == [one.finding for one in before.checks]
    assert bench.check().ran == 0
