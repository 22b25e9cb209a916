"""What merging branches promises: what lands, what waits for somebody, and what never happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import update

from curiouser.data import (
    BranchMovedError,
    ColumnType,
    DataService,
    MergeConflictNotFoundError,
    MergeEndedError,
    MergeNotFoundError,
    MergeState,
    ProtectedBranchError,
    RefNotFoundError,
    Resolution,
    SettlingRule,
    UnsettledConflictsError,
)
from curiouser.data.tables import touches
from curiouser.kernel.errors import BadInputError
from tests.data.rows import Ticking, a_store, labels, some_rows


@pytest.fixture
def data(tmp_path: Path) -> DataService:
    made = a_store(tmp_path)
    made.commit("test", upserts=some_rows(list("abcd")), message="first", actor="ann")
    made.branch("test", "side", actor="ann")
    return made


def relabel(data: DataService, branch: str = "main", by: str = "ann", **answers: str | None) -> str:
    return data.commit("test", branch, upserts=labels(**answers), message="relabel", actor=by).data_commit


def label(data: DataService, ref: str, example: str) -> object:
    return data.rows(ref, ids=[example], columns=["meet"]).item()


def begun(data: DataService, *, to_propose: bool = False) -> int:
    made = data.merges.begin("test", "side", "main", actor="cy", to_propose=to_propose)
    assert made is not None
    return made.number


def years_later(data: DataService) -> None:
    """Move the clock past the time stamps of the files."""
    assert isinstance(data.clock, Ticking)
    data.clock.now += timedelta(days=100 * 365)


def in_conflict(data: DataService) -> int:
    relabel(data, a="yes")
    relabel(data, "side", by="bob", a=None, b="yes")
    made = data.merges.merge("test", "side", "main", actor="cy").merge
    assert made is not None
    return made.number


def test_what_both_changed_lands_with_two_parents(data: DataService) -> None:
    ours, theirs = relabel(data, a="yes"), relabel(data, "side", b="yes")
    done = data.merges.merge("test", "side", "main", actor="cy", message="bring it")
    head = data.head("test")
    assert done.merge is not None
    assert (done.merge.state, done.merge.data_commit, done.merge.ended_by) == (MergeState.LANDED, head.id, "cy")
    assert (head.parents, head.depth, head.author, head.message) == ((ours, theirs), 2, "cy", "bring it")
    assert (head.added, head.changed, head.removed) == (0, 1, 0)
    assert (label(data, "test", "a"), label(data, "test", "b")) == ("yes", "yes")
    assert data.verify() == []


def test_a_merge_of_what_the_branch_holds_does_nothing(data: DataService) -> None:
    relabel(data, a="yes")
    head = data.head("test")
    done = data.merges.merge("test", "side", "main", actor="cy")
    assert (done.merge, done.committed.data_commit, done.committed.changed) == (None, head.id, 0)
    assert data.merges.merge("test", "main", "main", actor="cy").merge is None
    assert data.head("test") == head


def test_a_branch_that_is_only_behind_is_merged_too_not_moved(data: DataService) -> None:
    theirs = relabel(data, "side", b="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    assert data.head("test").parents[1] == theirs
    assert data.head("test").content_hash == data.head("test", "side").content_hash


def test_equal_changes_on_both_sides_land_without_a_change(data: DataService) -> None:
    relabel(data, a="yes")
    relabel(data, "side", a="yes")
    done = data.merges.merge("test", "side", "main", actor="cy")
    assert done.committed.changed == 0
    assert len(data.head("test").parents) == 2
    assert data.merges.merge("test", "side", "main", actor="cy").merge is None


def test_a_conflict_moves_no_branch_and_waits(data: DataService) -> None:
    before = relabel(data, a="yes")
    relabel(data, "side", a=None, b="yes")
    done = data.merges.merge("test", "side", "main", actor="cy")
    assert done.merge is not None
    assert (done.merge.state, done.merge.conflicts, done.merge.unsettled) == (MergeState.OPEN, 1, 1)
    assert data.head("test").id == done.committed.data_commit == before
    (conflict,) = data.merges.conflicts(done.merge.number)
    about = conflict.about
    assert (about.example, about.fields, about.base, about.ours, about.theirs) == (
        "a", ("meet",), {"meet": "no"}, {"meet": "yes"}, {"meet": None},
    )  # fmt: skip
    with pytest.raises(UnsettledConflictsError):
        data.merges.finish(done.merge.number, actor="cy")


@pytest.mark.parametrize(
    ("resolution", "values", "expected"),
    [(Resolution.OURS, None, "yes"), (Resolution.THEIRS, None, None), (Resolution.VALUE, {"meet": "no"}, "no")],
)
def test_a_settled_conflict_lands_as_it_was_settled(
    data: DataService, resolution: Resolution, values: dict[str, str | None] | None, expected: str | None
) -> None:
    number = in_conflict(data)
    data.merges.settle(number, [1], resolution, values=values, actor="eve", because="I asked")
    data.merges.finish(number, actor="cy")
    assert data.merges.get(number).state is MergeState.LANDED
    assert (label(data, "test", "a"), label(data, "test", "b")) == (expected, "yes")
    assert data.verify() == []
    (conflict,) = data.merges.conflicts(number)
    assert conflict.settlement is not None
    assert (conflict.settlement.by, conflict.settlement.because) == ("eve", "I asked")


def test_a_settlement_can_be_taken_back_until_it_lands(data: DataService) -> None:
    number = in_conflict(data)
    data.merges.settle(number, [1], Resolution.OURS, actor="eve")
    assert data.merges.unsettle(number, [1]).unsettled == 1
    data.merges.settle(number, [1], Resolution.THEIRS, actor="eve")
    data.merges.finish(number, actor="cy")
    with pytest.raises(MergeEndedError):
        data.merges.unsettle(number, [1])


def test_an_escalated_conflict_stays_open_for_an_expert(data: DataService) -> None:
    number = in_conflict(data)
    made = data.merges.settle_all(number, SettlingRule.ESCALATE, actor="cy")
    assert (made.unsettled, made.escalated) == (1, 1)
    assert data.merges.settle_all(number, SettlingRule.OURS, actor="cy").unsettled == 1
    with pytest.raises(UnsettledConflictsError):
        data.merges.finish(number, actor="cy")
    assert data.merges.settle(number, [1], Resolution.THEIRS, actor="expert").unsettled == 0


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [({"ann": 1, "bob": 2}, None), ({"ann": 2, "bob": 1}, "yes"), ({"ann": 1, "bob": 1}, "open"), ({"ann": 1}, "open")],
)
def test_the_higher_rank_of_the_last_authors_settles(
    data: DataService, ranks: dict[str, int], expected: str | None
) -> None:
    number = in_conflict(data)
    relabel(data, "side", by="ann", c="yes")  # another row: no say about a
    made = data.merges.settle_all(number, SettlingRule.RANK, rank=ranks.get, actor="cy")
    if expected == "open":
        assert made.unsettled == 1
        return
    data.merges.finish(number, actor="cy")
    assert label(data, "test", "a") == expected


def test_a_rank_is_that_of_who_wrote_it_not_of_who_merged_it(data: DataService) -> None:
    data.branch("test", "deep", "side", actor="ann")
    relabel(data, "deep", by="bob", a=None)
    data.merges.merge("test", "deep", "side", actor="admin")
    relabel(data, a="yes")
    made = data.merges.merge("test", "side", "main", actor="cy").merge
    assert made is not None
    ranks = {"ann": 2, "bob": 1, "admin": 9}
    data.merges.settle_all(made.number, SettlingRule.RANK, rank=ranks.get, actor="cy")
    data.merges.finish(made.number, actor="cy")
    assert label(data, "test", "a") == "yes"


def test_a_merge_goes_on_after_its_branches_moved_and_keeps_what_still_stands(data: DataService) -> None:
    relabel(data, a="yes", c="yes")
    relabel(data, "side", a=None, c=None)
    number = begun(data)
    data.merges.settle(number, [1, 2], Resolution.OURS, actor="eve")
    relabel(data, "side", c="yes", d="yes")
    relabel(data, d=None)
    again = data.merges.merge("test", "side", "main", actor="cy").merge
    assert again is not None
    assert (again.number, again.unsettled, again.conflicts) == (number, 1, 2)
    assert [(each.number, each.about.example, each.is_settled) for each in data.merges.conflicts(number)] == [
        (1, "a", True), (3, "d", False),
    ]  # fmt: skip
    data.merges.settle(number, [3], Resolution.THEIRS, actor="eve")
    data.merges.finish(number, actor="cy")
    assert [label(data, "test", each) for each in "acd"] == ["yes", "yes", "yes"]


def test_a_settlement_is_void_when_what_it_settled_has_changed(data: DataService) -> None:
    number = in_conflict(data)
    data.merges.settle(number, [1], Resolution.OURS, actor="eve")
    relabel(data, a="no")
    relabel(data, a=None)
    data.commit("test", "side", upserts=labels(a="yes"), message="again", actor="bob")
    with pytest.raises(UnsettledConflictsError):
        data.merges.finish(number, actor="cy")


def test_deleted_here_and_changed_there_is_a_conflict(data: DataService) -> None:
    data.commit("test", deletes=["a"], message="gone", actor="ann")
    relabel(data, "side", a="yes")
    number = begun(data)
    (conflict,) = data.merges.conflicts(number)
    assert (conflict.about.unit, conflict.about.fields, conflict.about.ours) == ("*", ("meet",), None)
    data.merges.settle(number, [1], Resolution.VALUE, values={"meet": "no"}, actor="eve")
    data.merges.finish(number, actor="cy")
    assert label(data, "test", "a") == "no"


def test_values_must_be_those_of_the_conflict(data: DataService) -> None:
    number = in_conflict(data)
    for values in ({"want": "x"}, {"meet": "perhaps"}, {}):
        with pytest.raises(BadInputError):
            data.merges.settle(number, [1], Resolution.VALUE, values=dict(values), actor="eve")
    with pytest.raises(MergeConflictNotFoundError):
        data.merges.settle(number, [7], Resolution.OURS, actor="eve")
    with pytest.raises(MergeNotFoundError):
        data.merges.settle(99, [1], Resolution.OURS, actor="eve")


def test_a_merge_that_is_given_up_changes_nothing_and_can_begin_again(data: DataService) -> None:
    number = in_conflict(data)
    before = data.head("test").id
    assert data.merges.abandon(number, actor="cy").state is MergeState.ABANDONED
    assert data.head("test").id == before
    with pytest.raises(MergeEndedError):
        data.merges.finish(number, actor="cy")
    again = data.merges.merge("test", "side", "main", actor="cy").merge
    assert again is not None
    assert again.number == number + 1
    assert [each.number for each in data.merges.all()] == [number + 1, number]
    assert [each.number for each in data.merges.all(state=MergeState.OPEN)] == [number + 1]


def test_a_prepared_merge_has_no_branch_until_it_lands_as_it_is(data: DataService) -> None:
    relabel(data, a="yes")
    relabel(data, "side", b="yes")
    number = begun(data)
    before = data.head("test").id
    ready = data.merges.prepare(number, actor="cy")
    assert data.merges.prepare(number, actor="dee").data_commit == ready.data_commit
    assert data.head("test").id == before
    assert label(data, ready.data_commit.id, "b") == "yes"
    data.gc(timedelta(0))
    years_later(data)
    data.gc(timedelta(0))
    assert data.verify() == []
    data.merges.land_prepared(number, ready.data_commit.id, actor="dee")
    assert data.head("test") == ready.data_commit
    assert data.refs("test")[0].data_commit == ready.data_commit.id


@pytest.mark.parametrize("branch", ["main", "side"])
def test_a_prepared_merge_does_not_land_after_a_branch_moved(data: DataService, branch: str) -> None:
    relabel(data, a="yes")
    relabel(data, "side", b="yes")
    number = begun(data)
    ready = data.merges.prepare(number, actor="cy")
    relabel(data, branch, c="yes")
    with pytest.raises(BranchMovedError):
        data.merges.land_prepared(number, ready.data_commit.id, actor="cy")
    assert label(data, "test", "b") == "no"


def test_an_open_merge_keeps_what_it_needs_from_garbage_collection(data: DataService) -> None:
    number = in_conflict(data)
    data.delete_branch("test", "side", actor="ann")
    years_later(data)
    data.gc(timedelta(0))
    data.merges.settle(number, [1], Resolution.THEIRS, actor="eve")
    data.merges.finish(number, actor="cy")
    assert label(data, "test", "b") == "yes"
    data.gc(timedelta(0))
    assert data.verify() == []


def test_what_was_merged_once_is_not_merged_again(data: DataService) -> None:
    relabel(data, "side", b="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    relabel(data, b="no")  # undone on main after it came
    relabel(data, "side", c="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    assert (label(data, "test", "b"), label(data, "test", "c")) == ("no", "yes")


def test_of_two_deepest_shared_versions_the_one_with_the_first_id_is_the_base(data: DataService) -> None:
    one, other = relabel(data, a="yes"), relabel(data, "side", b="yes")
    data.branch("test", "cross", actor="ann")
    data.merges.merge("test", "side", "main", actor="cy")
    data.merges.merge("test", "cross", "side", actor="cy")
    assert data.head("test").content_hash == data.head("test", "side").content_hash
    relabel(data, c="yes")
    relabel(data, "side", d="yes")
    made = data.merges.begin("test", "side", "main", actor="cy")
    assert made is not None
    assert made.base == min(one, other)
    data.merges.finish(made.number, actor="cy")
    assert [label(data, "test", each) for each in "abcd"] == ["yes"] * 4
    assert data.verify() == []


def test_differences_are_right_across_merges(data: DataService) -> None:
    first = data.head("test").id
    theirs = relabel(data, "side", b="yes")
    ours = relabel(data, a="yes")
    merged = data.merges.merge("test", "side", "main", actor="cy").committed.data_commit
    for before, ids in ((first, ["a", "b"]), (ours, ["b"]), (theirs, ["a"])):
        assert [row.id for row in data.diff(before, merged).rows] == ids


def test_a_merge_is_undone_as_one_change_and_so_is_what_it_brought(data: DataService) -> None:
    theirs = relabel(data, "side", b="yes")
    relabel(data, a="yes")
    merged = data.merges.merge("test", "side", "main", actor="cy").committed.data_commit
    data.revert("test", "main", merged, actor="ann")
    assert (label(data, "test", "a"), label(data, "test", "b")) == ("yes", "no")
    data.revert("test", "main", data.head("test").id, actor="ann")
    data.revert("test", "main", theirs, actor="ann")
    assert label(data, "test", "b") == "no"


def without(data: DataService, branch: str, column: str) -> str:
    head = data.head("test", branch)
    return data.commit(
        "test", branch, upserts=data.rows(head.id).drop(column), replace=True, message=f"no {column}", actor="ann"
    ).data_commit


def noted(data: DataService, branch: str, values: list[object], kind: ColumnType | None = None) -> str:
    rows = pl.DataFrame({"id": list("abcd"), "note": values})
    schema = {} if kind is None else {"note": kind}
    return data.commit("test", branch, upserts=rows, schema=schema, message="note", actor="ann").data_commit


def test_new_columns_of_both_sides_come_together(data: DataService) -> None:
    noted(data, "side", ["x"] * 4)
    data.commit("test", upserts=pl.DataFrame({"id": ["a"], "score": [1.0]}), message="score", actor="ann")
    data.merges.merge("test", "side", "main", actor="cy")
    assert data.rows("test").select("note", "score").rows() == [("x", 1.0), ("x", None), ("x", None), ("x", None)]
    assert data.verify() == []


def test_a_column_dropped_on_one_side_goes_when_the_other_left_it_alone(data: DataService) -> None:
    for branch, other in (("side", "main"), ("main", "side")):
        noted(data, "main", list("wxyz"))
        data.merges.merge("test", "main", "side", actor="cy")
        without(data, branch, "note")
        relabel(data, other, b="yes")
        data.merges.merge("test", "side", "main", actor="cy")
        assert "note" not in data.rows("test").columns
        assert label(data, "test", "b") == "yes"
        assert data.verify() == []
        data.merges.merge("test", "main", "side", actor="cy")
        relabel(data, other, b="no")
        data.merges.merge("test", "side", "main", actor="cy")
        data.merges.merge("test", "main", "side", actor="cy")


@pytest.mark.parametrize("into", ["main", "side"])
def test_a_branch_that_dropped_one_column_and_brought_another_is_merged(data: DataService, into: str) -> None:
    noted = pl.DataFrame({"id": ["a", "b"], "note": ["x", "y"]})
    data.commit("test", upserts=noted, message="notes", actor="ann")
    (source,) = {"main", "side"} - {into}
    if source == "side":
        data.merges.merge("test", "main", "side", actor="ann")
    without(data, source, "note")
    towns = pl.DataFrame({"id": ["b", "c"], "town": ["Paarl", "George"]})
    data.commit("test", source, upserts=towns, message="towns", actor="ann")
    data.merges.merge("test", source, into, actor="ann")
    rows = data.rows(f"test@{into}")
    assert "note" not in rows.columns
    assert rows["town"].to_list() == [None, "Paarl", "George", None]
    assert data.verify() == []


@pytest.mark.parametrize("taken", [Resolution.OURS, Resolution.THEIRS])
@pytest.mark.parametrize("dropping", ["main", "side"])
def test_a_dropped_column_with_changed_cells_is_a_conflict(data: DataService, taken: Resolution, dropping: str) -> None:
    noted(data, "main", list("wxyz"))
    data.merges.merge("test", "main", "side", actor="cy")
    without(data, dropping, "note")
    changing = "side" if dropping == "main" else "main"
    data.commit("test", changing, upserts=pl.DataFrame({"id": ["a"], "note": ["new"]}), message="n", actor="bob")
    relabel(data, "side", by="bob", b="yes")
    number = begun(data)
    (conflict,) = data.merges.conflicts(number)
    assert (conflict.about.example, conflict.about.unit) == (None, "note")
    with pytest.raises(BadInputError):
        data.merges.settle(number, [1], Resolution.VALUE, values={"note": "x"}, actor="eve")
    data.merges.settle(number, [1], taken, actor="eve")
    data.merges.finish(number, actor="cy")
    kept = (taken is Resolution.OURS) is (dropping == "side")
    assert ("note" in data.rows("test").columns) is kept
    if kept:
        assert data.rows("test")["note"].to_list() == ["new", "x", "y", "z"]
    assert label(data, "test", "b") == "yes"
    assert data.verify() == []


@pytest.mark.parametrize("taken", [Resolution.OURS, Resolution.THEIRS])
def test_one_new_column_with_two_types_is_a_conflict(data: DataService, taken: Resolution) -> None:
    noted(data, "main", list("wxyz"))
    noted(data, "side", [1.0, 2.0, 3.0, 4.0])
    relabel(data, "side", b="yes")
    number = begun(data)
    (conflict,) = data.merges.conflicts(number)
    assert (conflict.about.base, conflict.about.ours, conflict.about.theirs) == (
        {"note": None}, {"note": "text"}, {"note": "number"},
    )  # fmt: skip
    data.merges.settle(number, [1], taken, actor="eve")
    data.merges.finish(number, actor="cy")
    found = data.rows("test")["note"].to_list()
    assert found == (list("wxyz") if taken is Resolution.OURS else [1.0, 2.0, 3.0, 4.0])
    assert label(data, "test", "b") == "yes"
    assert data.verify() == []


def test_a_protected_branch_moves_in_no_way(data: DataService) -> None:
    relabel(data, "side", b="yes")
    undone = relabel(data, a="yes")
    data.protections.protect("test", "main", actor="ann")
    data.branch("test", "kept", actor="ann")
    data.protections.protect("test", "kept", actor="ann")
    ways: list[Callable[[], object]] = [
        lambda: relabel(data, c="yes"),
        lambda: data.commit("test", deletes=["c"], message="m", actor="ann"),
        lambda: data.commit_large("test", parts=[some_rows(["z"])], message="m", actor="ann"),
        lambda: data.edit("test", deletes=["c"], message="m", actor="ann"),
        lambda: data.revert("test", "main", undone, actor="ann"),
        lambda: data.merges.merge("test", "side", "main", actor="ann"),
        lambda: data.delete_branch("test", "kept", actor="ann"),
    ]
    for way in ways:
        with pytest.raises(ProtectedBranchError):
            way()
    assert data.head("test").id == undone
    number = begun(data, to_propose=True)
    with pytest.raises(ProtectedBranchError):
        data.merges.finish(number, actor="cy")
    data.merges.finish(number, actor="cy", approved=lambda _connection: None)
    assert [each.branch for each in data.protections.all("test")] == ["kept", "main"]
    data.protections.unprotect("test", "main")
    relabel(data, c="yes")
    with pytest.raises(RefNotFoundError):
        data.protections.unprotect("test", "main")


def test_what_cannot_be_merged_is_said(data: DataService) -> None:
    data.commit("train", upserts=some_rows(["a"]), message="first", actor="ann")
    data.tag("test", "v1", actor="ann")
    for source, into in (("train@main", "main"), ("side", "nowhere"), ("nowhere", "main"), ("side", "v1")):
        with pytest.raises((BadInputError, RefNotFoundError)):
            data.merges.merge("test", source, into, actor="cy")


def blamed(data: DataService, example: str, ref: str = "test") -> list[tuple[str, dict[str, tuple[object, object]]]]:
    found = data.example_history(ref, example)
    assert found.is_whole
    return [(step.data_commit.author, dict(step.change.fields)) for step in found.steps if step.data_commit.parents]


def test_a_change_that_was_merged_is_told_of_who_made_it(data: DataService) -> None:
    relabel(data, "side", by="bob", b="yes")
    relabel(data, a="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    assert blamed(data, "b") == [("bob", {"meet": ("no", "yes")})]
    assert blamed(data, "a") == [("ann", {"meet": ("no", "yes")})]
    page = data.example_history("test", "b", limit=1)
    assert (len(page.steps), page.is_whole, page.row) == (1, False, data.rows("test", ids=["b"]).to_dicts()[0])
    rest = data.example_history("test", "b", before=page.steps[0].data_commit.id)
    assert [step.change.change for step in rest.steps] == ["added"]


def test_both_sides_of_one_example_are_told_of(data: DataService) -> None:
    data.commit("test", "side", upserts=pl.DataFrame({"id": ["a"], "note": ["new"]}), message="n", actor="bob")
    relabel(data, a="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    assert sorted(blamed(data, "a")) == [("ann", {"meet": ("no", "yes")}), ("bob", {"note": (None, "new")})]


def test_what_was_settled_in_a_merge_is_told_of_who_landed_it(data: DataService) -> None:
    number = in_conflict(data)
    data.merges.settle(number, [1], Resolution.VALUE, values={"meet": "no"}, actor="eve")
    data.merges.finish(number, actor="cy")
    assert sorted(author for author, _ in blamed(data, "a")) == ["ann", "bob", "cy"]
    assert blamed(data, "a")[0] == ("cy", {"meet": ("yes", "no")})


def test_what_was_merged_through_a_branch_of_a_branch_is_found(data: DataService) -> None:
    data.branch("test", "deep", "side", actor="ann")
    relabel(data, "deep", by="dee", c="yes")
    relabel(data, "side", by="bob", b="yes")
    data.merges.merge("test", "deep", "side", actor="cy")
    relabel(data, a="yes")
    data.merges.merge("test", "side", "main", actor="cy")
    assert blamed(data, "c") == [("dee", {"meet": ("no", "yes")})]


def test_a_mark_that_is_wrong_is_seen(data: DataService) -> None:
    relabel(data, b="yes")
    with data.database.write() as connection:
        connection.execute(update(touches).values(marks=b"1234"))
    (damage,) = data.verify()
    assert damage.what.startswith("data_touch")
