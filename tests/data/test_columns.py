"""Columns are renamed and dropped without a detour over a file, and merge by the rule for columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from curiouser.data import (
    BadExamplesError,
    ColumnNotFoundError,
    ColumnTypeError,
    ConflictKind,
    DataService,
    DatasetNotFoundError,
    ProtectedBranchError,
    RefNotFoundError,
    Resolution,
    content_hash_of,
)
from curiouser.kernel.errors import BadInputError, ConflictError
from tests.data.rows import TASK, a_store, some_rows


@pytest.fixture
def data(tmp_path: Path) -> DataService:
    made = a_store(tmp_path)
    rows = some_rows(list("abc")).with_columns(tone=pl.Series(["kind", None, "rude"]), n=pl.Series([1.0, 2.0, None]))
    made.commit("test", upserts=rows, message="first", actor="ann")
    return made


def test_a_renamed_column_keeps_its_cells_its_place_and_its_type(data: DataService) -> None:
    before = data.head("test")
    made = data.columns.rename("test", "main", {"tone": "mood"}, actor="ann")
    head, rows = data.head("test"), data.rows("test")
    assert list(head.schema) == [{"tone": "mood"}.get(name, name) for name in before.schema]
    assert head.schema["mood"] is before.schema["tone"]
    assert rows["mood"].to_list() == ["kind", None, "rude"]
    assert (made.added, made.changed, made.removed, head.message) == (0, 2, 0, "Rename tone to mood")
    assert head.content_hash != before.content_hash
    data.columns.rename("test", "main", {"mood": "tone"}, actor="ann")
    assert data.head("test").content_hash == before.content_hash
    assert data.verify() == []


def test_columns_can_change_names(data: DataService) -> None:
    data.columns.rename("test", "main", {"tone": "mood", "n": "m"}, actor="ann")
    towns = pl.DataFrame({"id": ["a", "c"], "town": ["Paarl", "George"]})
    data.commit("test", upserts=towns, message="m", actor="ann")
    data.columns.rename("test", "main", {"mood": "town", "town": "mood"}, actor="ann")
    assert data.rows("test")["mood"].to_list() == ["Paarl", None, "George"]
    assert data.rows("test")["town"].to_list() == ["kind", None, "rude"]
    with pytest.raises(ColumnTypeError, match="cannot become"):
        data.columns.rename("test", "main", {"mood": "m", "m": "mood"}, actor="ann")


def test_a_dropped_column_is_gone_and_comes_back_by_reverting(data: DataService) -> None:
    before = data.head("test")
    made = data.columns.drop("test", "main", ["tone", "n"], message="nobody fills them", actor="ann")
    assert not {"tone", "n"} & set(data.head("test").schema)
    assert made.changed == 3
    data.revert("test", "main", made.data_commit, actor="ann")
    assert data.head("test").content_hash == before.content_hash
    assert [step.data_commit.message for step in data.example_history("test", "a").steps][1] == "nobody fills them"


def test_a_column_without_a_value_is_dropped_though_no_row_changes(data: DataService) -> None:
    data.commit("test", upserts=pl.DataFrame({"id": ["a"], "tone": ["x"]}), message="m", actor="ann")
    empty = pl.DataFrame({"id": list("abc"), "tone": pl.Series([None] * 3, dtype=pl.String)})
    data.commit("test", upserts=empty, message="m", actor="ann")
    made = data.columns.drop("test", "main", ["tone"], actor="ann")
    assert made.changed == 0
    assert "tone" not in data.head("test").schema


def test_what_the_task_reads_stays(data: DataService) -> None:
    for name in ("want", "meet", "id", "origin"):
        with pytest.raises(BadInputError, match=f"column '{name}' is"):
            data.columns.drop("test", "main", [name], actor="ann")
    for taken in ("n", "tone"):
        with pytest.raises(ConflictError, match="has a column"):
            data.columns.rename("test", "main", {"tone": taken} if taken == "n" else {"n": taken}, actor="ann")
    for bad in ("", " x", "weight", "a\nb", "x" * 101):
        with pytest.raises(BadInputError, match="no name for a column"):
            data.columns.rename("test", "main", {"tone": bad}, actor="ann")
    with pytest.raises(ColumnNotFoundError, match="its columns are want, offer"):
        data.columns.drop("test", "main", ["mood"], actor="ann")
    with pytest.raises(DatasetNotFoundError):
        data.columns.drop("train", "main", ["tone"], actor="ann")
    with pytest.raises(RefNotFoundError):
        data.columns.drop("test", "side", ["tone"], actor="ann")
    with pytest.raises(BadInputError, match="nothing to drop"):
        data.columns.drop("test", "main", [], actor="ann")
    with pytest.raises(BadInputError, match="nothing to rename"):
        data.columns.rename("test", "main", {}, actor="ann")
    data.protections.protect("test", "main", actor="ann")
    with pytest.raises(ProtectedBranchError):
        data.columns.drop("test", "main", ["tone"], actor="ann")


def test_an_input_is_renamed_in_the_settings_first(data: DataService, tmp_path: Path) -> None:
    inputs = a_store(tmp_path, task=replace(TASK, inputs=("wish", "gift"), label="match"))
    made = inputs.columns.rename("test", "main", {"want": "wish", "offer": "gift", "meet": "match"}, actor="ann")
    assert made.changed == 3
    assert inputs.rows("test")["wish"].to_list() == ["want a", "want b", "want c"]
    tones = a_store(tmp_path, task=replace(TASK, inputs=("wish", "gift"), label="mood"))
    with pytest.raises(BadExamplesError, match="is no class"):
        tones.columns.rename("test", "main", {"tone": "mood"}, actor="ann")


def test_a_new_column_on_one_side_and_a_renamed_one_on_the_other_merge(data: DataService) -> None:
    data.branch("test", "side", actor="ann")
    data.columns.rename("test", "side", {"tone": "mood"}, actor="ann")
    data.commit("test", upserts=pl.DataFrame({"id": ["b"], "town": ["Paarl"]}), message="m", actor="ann")
    data.merges.merge("test", "side", "main", actor="ann")
    assert {"mood", "town"} <= set(data.head("test").schema)
    assert "tone" not in data.head("test").schema
    assert data.rows("test", ids=["b", "c"]).select("mood", "town").rows() == [(None, "Paarl"), ("rude", None)]
    assert data.verify() == []


def test_a_cell_changed_under_a_renamed_column_is_a_conflict(data: DataService) -> None:
    data.branch("test", "side", actor="ann")
    data.columns.rename("test", "side", {"tone": "mood"}, actor="ann")
    data.commit("test", upserts=pl.DataFrame({"id": ["b"], "tone": ["calm"]}), message="m", actor="bob")
    begun = data.merges.merge("test", "side", "main", actor="ann").merge
    assert begun is not None
    (conflict,) = data.merges.conflicts(begun.number)
    assert (conflict.about.kind, conflict.about.unit) == (ConflictKind.COLUMN, "tone")
    data.merges.settle(begun.number, [1], Resolution.THEIRS, actor="ann")
    data.merges.finish(begun.number, actor="ann")
    assert "tone" not in data.head("test").schema
    assert data.rows("test")["mood"].to_list() == ["kind", None, "rude"]


def test_undoing_a_deletion_does_not_bring_back_cells_of_a_dropped_column(data: DataService, tmp_path: Path) -> None:
    deleted = data.commit("test", deletes=["a"], message="m", actor="ann").data_commit
    data.columns.drop("test", "main", ["tone"], actor="ann")
    data.revert("test", "main", deleted, actor="ann")
    data.commit("test", upserts=pl.DataFrame({"id": ["b"], "tone": ["new"]}), message="m", actor="ann")
    for store in (data, a_store(tmp_path)):  # as it was written, and as it is read afterwards
        assert store.rows("test")["tone"].to_list() == [None, "new", None]
        assert store.resolve("test").content_hash == content_hash_of(store.rows("test"))
