"""Three-way merges held against a dictionary that is merged row by row, field by field, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curiouser.data.changesets import after_rows, changeset
from curiouser.data.merging.columns import Side
from curiouser.data.merging.records import ConflictKind, Disagreement, Resolution, Settlement
from curiouser.data.merging.rows import Coupled, MergePlan, changes_of, merge_plan
from curiouser.data.merging.settling import settled_columns, settled_rows
from curiouser.data.records import ColumnType
from tests.nightly import examples

SCHEMA = {
    "id": ColumnType.TEXT,
    "want": ColumnType.TEXT,
    "offer": ColumnType.TEXT,
    "meet": ColumnType.CATEGORY,
    "score": ColumnType.NUMBER,
}
NAMES = tuple(SCHEMA)[1:]
GROUP = ("want", "offer", "meet")
COUPLED = Coupled(inputs=("want", "offer"), label="meet")
DTYPES = {"id": pl.String, "want": pl.String, "offer": pl.String, "meet": pl.String, "score": pl.Float64}
Row = tuple[str | float | None, ...]
Table = Mapping[str, Row]
CELLS = st.tuples(
    st.sampled_from(["a", "b"]), st.sampled_from(["", "x"]), st.sampled_from([None, "no", "yes"]),
    st.sampled_from([None, 0.5, -1.0]),
)  # fmt: skip
TABLES = st.dictionaries(st.sampled_from("abcdef"), CELLS)
AT = datetime(2019, 10, 10, tzinfo=UTC)


def frame_of(rows: Table) -> pl.DataFrame:
    kept = dict(sorted(rows.items()))
    columns = {name: [row[place] for row in kept.values()] for place, name in enumerate(NAMES)}
    return pl.DataFrame({"id": list(kept), **columns}, schema=DTYPES)


def side_of(base: Table, side: Table) -> Side:
    return Side(schema=SCHEMA, changes=changeset(frame_of(base), frame_of(side), SCHEMA))


def planned(base: Table, ours: Table, theirs: Table) -> MergePlan:
    return merge_plan(SCHEMA, side_of(base, ours), side_of(base, theirs), COUPLED)


def after(ours: Table, plan: MergePlan, *settlements: tuple[Disagreement, Settlement]) -> dict[str, Row]:
    changes = changes_of(plan, settled_rows(plan, settlements))
    rows = dict(ours)
    for each in changes.get_column("id"):
        rows.pop(each, None)
    return rows | {row[0]: row[1:] for row in after_rows(changes, SCHEMA).iter_rows()}


def by_hand(base: Table, ours: Table, theirs: Table) -> tuple[dict[str, Row], set[tuple[str, str]]]:
    """Merge with loops; returns the rows, with ours where there is a conflict, and what is in conflict."""
    merged: dict[str, Row] = {}
    conflicts: set[tuple[str, str]] = set()
    for each in {**base, **ours, **theirs}:
        was, mine, other = base.get(each), ours.get(each), theirs.get(each)
        row = mine
        if mine == was:
            row = other
        elif other not in {was, mine}:
            if mine is None or other is None:
                conflicts.add((each, "*"))
            else:
                row, units = fields_by_hand(was or (None,) * len(NAMES), mine, other)
                conflicts |= {(each, unit) for unit in units}
        if row is not None:
            merged[each] = row
    return merged, conflicts


def fields_by_hand(was: Row, mine: Row, other: Row) -> tuple[Row, set[str]]:
    clashing = {name for name, b, o, t in zip(NAMES, was, mine, other, strict=True) if b not in {o, t} and o != t}
    row = dict(zip(NAMES, (t if o == b else o for b, o, t in zip(was, mine, other, strict=True)), strict=True))
    of_ours, of_theirs = dict(zip(NAMES, mine, strict=True)), dict(zip(NAMES, other, strict=True))
    group = [[side[name] for name in GROUP] for side in (row, of_ours, of_theirs)]
    units = clashing - set(GROUP)
    if clashing & set(GROUP) or group[0] not in group[1:]:
        units.add("meet")
        row |= {name: of_ours[name] for name in GROUP}
    row |= {name: of_ours[name] for name in clashing}
    return tuple(row.values()), units


@given(TABLES, TABLES, TABLES)
@settings(max_examples=examples(40, nightly=2_000), deadline=None)
def test_a_merge_is_what_loops_make_of_it(base: Table, ours: Table, theirs: Table) -> None:
    plan = planned(base, ours, theirs)
    rows, conflicts = by_hand(base, ours, theirs)
    assert after(ours, plan) == rows
    assert {(str(one.example), one.unit) for one in plan.disagreements} == conflicts


@given(TABLES, TABLES, TABLES)
@settings(max_examples=examples(25, nightly=1_000), deadline=None)
def test_a_merge_is_symmetric_up_to_conflicts(base: Table, ours: Table, theirs: Table) -> None:
    one, other = planned(base, ours, theirs), planned(base, theirs, ours)
    assert [(each.key, each.kind, each.fields, each.ours, each.theirs) for each in one.disagreements] == [
        (each.key, each.kind, each.fields, each.theirs, each.ours) for each in other.disagreements
    ]
    disputed = {each.example for each in one.disagreements}
    here, there = after(ours, one), after(theirs, other)
    assert {k: v for k, v in here.items() if k not in disputed} == {k: v for k, v in there.items() if k not in disputed}


@given(TABLES, TABLES, TABLES, st.sampled_from([Resolution.OURS, Resolution.THEIRS]))
@settings(max_examples=examples(25, nightly=1_000), deadline=None)
def test_taking_one_side_takes_its_values_and_leaves_the_rest(
    base: Table, ours: Table, theirs: Table, taken: Resolution
) -> None:
    plan = planned(base, ours, theirs)
    rows = after(ours, plan, *((each, taking(taken)) for each in plan.disagreements))
    clean, _ = by_hand(base, ours, theirs)
    side = ours if taken is Resolution.OURS else theirs
    for each in plan.disagreements:
        example = str(each.example)
        if each.unit == "*":
            assert rows.get(example) == side.get(example)
        else:
            values = dict(zip(NAMES, rows[example], strict=True))
            assert {name: values[name] for name in each.fields} == dict(
                (each.ours if taken is Resolution.OURS else each.theirs) or {}
            )
    disputed = {str(each.example) for each in plan.disagreements}
    assert {k: v for k, v in rows.items() if k not in disputed} == {k: v for k, v in clean.items() if k not in disputed}


@given(TABLES, TABLES)
@settings(max_examples=examples(15, nightly=500), deadline=None)
def test_merging_what_is_the_same_or_unchanged_changes_nothing(base: Table, ours: Table) -> None:
    for theirs in (base, ours):
        plan = planned(base, ours, theirs)
        assert (after(ours, plan), plan.disagreements) == (dict(ours), ())


@given(TABLES, TABLES)
@settings(max_examples=examples(15, nightly=500), deadline=None)
def test_a_difference_laid_over_its_start_is_its_end(before: Table, end: Table) -> None:
    plan = planned(before, before, end)
    assert (after(before, plan), plan.disagreements) == (dict(end), ())


def taking(resolution: Resolution) -> Settlement:
    return Settlement(resolution=resolution, values=None, by="ann", at=AT, because="")


BASE: Row = ("doctor", "nurse", "no", 0.5)


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "fields"),
    [
        (("doctor", "nurse", "yes", 0.5), ("doctor", "nurse", None, 0.5), ConflictKind.FIELD, ("meet",)),
        (("surgeon", "nurse", "no", 0.5), ("doctor", "nurse", "yes", 0.5), ConflictKind.COUPLED, ("want", "meet")),
        (("surgeon", "nurse", "no", 0.5), ("doctor", "cook", "no", 0.5), ConflictKind.COUPLED, ("want", "offer")),
        (("doctor", "nurse", "no", 1.0), ("doctor", "nurse", "no", 2.0), ConflictKind.FIELD, ("score",)),
    ],
)
def test_what_is_a_conflict(ours: Row, theirs: Row, kind: ConflictKind, fields: tuple[str, ...]) -> None:
    (found,) = planned({"a": BASE}, {"a": ours}, {"a": theirs}).disagreements
    assert (found.kind, found.fields) == (kind, fields)


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        # Both give the same new input, and one of them a label to it.
        (("surgeon", "nurse", "no", 0.5), ("surgeon", "nurse", "yes", 0.5), ("surgeon", "nurse", "yes", 0.5)),
        # A label is no part of what another column says.
        (("doctor", "nurse", "yes", 0.5), ("doctor", "nurse", "no", 2.0), ("doctor", "nurse", "yes", 2.0)),
        (("surgeon", "nurse", "yes", 0.5), ("doctor", "nurse", "yes", 0.5), ("surgeon", "nurse", "yes", 0.5)),
    ],
)
def test_what_is_none(ours: Row, theirs: Row, merged: Row) -> None:
    plan = planned({"a": BASE}, {"a": ours}, {"a": theirs})
    assert (after({"a": ours}, plan), plan.disagreements) == ({"a": merged}, ())


def a_side(schema: Mapping[str, ColumnType], changes: pl.DataFrame) -> Side:
    return Side(schema=schema, changes=changes)


UNCHANGED = changeset(frame_of({"a": BASE}), frame_of({"a": BASE}), SCHEMA)
SCORED = changeset(frame_of({"a": BASE}), frame_of({"a": (*BASE[:3], 9.0)}), SCHEMA)
WITHOUT = {name: kind for name, kind in SCHEMA.items() if name != "score"}
NOTED = {**SCHEMA, "note": ColumnType.TEXT}


@pytest.mark.parametrize(
    ("ours", "theirs", "columns", "disputes"),
    [
        (a_side(SCHEMA, UNCHANGED), a_side(NOTED, UNCHANGED), set(NOTED), []),
        (a_side(NOTED, UNCHANGED), a_side(NOTED, UNCHANGED), set(NOTED), []),
        (a_side(SCHEMA, UNCHANGED), a_side(WITHOUT, UNCHANGED), set(WITHOUT), []),
        (a_side(WITHOUT, UNCHANGED), a_side(SCHEMA, SCORED), set(WITHOUT), ["score"]),
        (a_side(SCHEMA, SCORED), a_side(WITHOUT, UNCHANGED), set(SCHEMA), ["score"]),
        (a_side(NOTED, UNCHANGED), a_side({**NOTED, "note": ColumnType.NUMBER}, UNCHANGED), set(NOTED), ["note"]),
        (a_side(NOTED, UNCHANGED), a_side({**NOTED, "note": ColumnType.CATEGORY}, UNCHANGED), set(NOTED), ["note"]),
        (a_side(SCHEMA, UNCHANGED), a_side({**SCHEMA, "want": ColumnType.CATEGORY}, UNCHANGED), set(SCHEMA), []),
    ],
)
def test_columns_merge_or_are_in_conflict(ours: Side, theirs: Side, columns: set[str], disputes: list[str]) -> None:
    plan = merge_plan(SCHEMA, ours, theirs, COUPLED)
    assert set(plan.columns.schema) == columns
    assert [each.unit for each in plan.disagreements] == disputes


def test_a_disputed_column_becomes_what_the_side_has_that_is_taken() -> None:
    plan = merge_plan(SCHEMA, a_side(WITHOUT, UNCHANGED), a_side(SCHEMA, SCORED), COUPLED)
    (dispute,) = plan.disagreements
    assert "score" not in settled_columns(plan, [(dispute, taking(Resolution.OURS))])
    assert settled_columns(plan, [(dispute, taking(Resolution.THEIRS))])["score"] is ColumnType.NUMBER
