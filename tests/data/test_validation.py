"""Cells become what Python itself says they are, and every bad one of every row is found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.data import ColumnType, ColumnTypeError
from curiouser.data.formats.chunks import Chunk
from curiouser.data.importing.schema import TypeSurvey, agreed, role_types, typed
from curiouser.data.importing.validation import Rules
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import UsageError

TASK = Task(name="t", kind=TaskKind.BINARY, inputs=("text", "n"), label="y", classes=("no", "yes"))
TYPES = {
    "id": ColumnType.TEXT,
    "text": ColumnType.TEXT,
    "n": ColumnType.NUMBER,
    "y": ColumnType.CATEGORY,
    "origin": ColumnType.CATEGORY,
    "weight": ColumnType.NUMBER,
}
NUMBERS = st.one_of(
    st.floats().map(repr),
    st.integers(-(2**54), 2**54).map(str),
    st.text(alphabet="0123456789+-.eE ,_", max_size=6),
    st.sampled_from(["", " 1 ", "1e999", "0x10", "\uff11", "1_000", "NaN", "-inf", "9007199254740993", "1" * 400]),
)
CELLS = {
    "id": ["a", "b", "", "  ", None],
    "text": ["a", "", None],
    "n": ["1", "-2.5", "x", "nan", "inf", "", None],
    "y": ["no", "yes", "No", "", None],
    "origin": ["sample", "pattern", "user", None],
    "weight": ["1", "0", "-1", "0.5", "?", None],
}


def chunk_of(frame: pl.DataFrame) -> Chunk:
    return Chunk(frame=frame, lines=np.arange(2, frame.height + 2))


def inferred(values: list[str | None]) -> ColumnType | None:
    survey = TypeSurvey({})
    survey.see(chunk_of(pl.DataFrame({"x": values}, schema={"x": pl.String})))
    return survey.types().get("x")


def as_number(text: str) -> float | None:
    """Read a number the plain way: decimal, finite, and kept exactly when it is whole."""
    plain = text.strip()
    if not plain.isascii() or "_" in plain:
        return None
    try:
        number = float(plain)
    except ValueError:
        return None
    whole = plain.lstrip("+-").isdigit()
    return None if not math.isfinite(number) or (whole and int(plain) != int(number)) else number


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_numbers_are_what_python_reads_or_are_told(texts: list[str]) -> None:
    made = typed(pl.DataFrame({"x": texts}), {"x": ColumnType.NUMBER})
    told = np.zeros(len(texts), np.bool_)
    for trouble in made.troubles:
        told |= trouble.where.to_numpy()
    for text, number, is_told in zip(texts, made.frame["x"], told, strict=True):
        expected = as_number(text)
        assert number == expected, text
        assert is_told == (expected is None and bool(text.strip())), text


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.sampled_from(["", "Z", "+02:00", "-0530"]))  # noqa: DTZ001  the zone is text
def test_moments_are_what_python_reads_in_utc(moment: datetime, zone: str) -> None:
    for text in (moment.isoformat("T") + zone, moment.isoformat(" ") + zone):
        read = datetime.fromisoformat(text)
        expected = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        made = typed(pl.DataFrame({"x": [text]}), {"x": ColumnType.TIMESTAMP})
        assert (made.frame["x"].to_list(), made.troubles) == ([expected], [])
        assert inferred([text]) is ColumnType.TIMESTAMP


@pytest.mark.parametrize(
    "text",
    ["2020-02-30", "2020-13-01", "2020-01-01T25:00", "01.02.2020", "2020-1-1", "20200101", "2020-01-01T10", "now"],
)
def test_what_is_no_moment_is_told(text: str) -> None:
    made = typed(pl.DataFrame({"x": [text]}), {"x": ColumnType.TIMESTAMP})
    assert made.frame["x"].to_list() == [None]
    assert "is no moment" in made.troubles[0].reason


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-3e4", None], ColumnType.NUMBER),
        (["1", "NaN"], ColumnType.NUMBER),
        (["true", "False", None, ""], ColumnType.BOOLEAN),
        (["2020-01-01", "2020-01-01T10:00Z"], ColumnType.TIMESTAMP),
        (["007", "1"], ColumnType.TEXT),
        (["+49 30 1234", "+1"], ColumnType.TEXT),
        (["1234567890123456"], ColumnType.TEXT),
        (["1", "x"], ColumnType.TEXT),
        (["NaN", "nan"], ColumnType.TEXT),
        (["1", "true"], ColumnType.TEXT),
        ([""], ColumnType.TEXT),
        ([None, None], None),
    ],
)
def test_the_narrowest_type_that_fits_every_value_is_taken(values: list[str | None], kind: ColumnType | None) -> None:
    assert inferred(values) is kind


def test_what_json_calls_text_is_no_number() -> None:
    survey = TypeSurvey({})
    frame = pl.DataFrame({"zip": ["123"], "n": ["123"], "ok": ["true"], "word": ["true"], "at": ["2020-01-01"]})
    said = {name: frozenset({"text"}) for name in frame.columns} | {
        "n": frozenset({"number"}),
        "ok": frozenset({"boolean"}),
    }
    survey.see(Chunk(frame=frame, lines=np.array([1]), said=said))
    assert {name: str(kind) for name, kind in survey.types().items()} == {
        "zip": "text",
        "n": "number",
        "ok": "boolean",
        "word": "text",
        "at": "timestamp",
    }


def test_typed_columns_become_text_as_people_write_it() -> None:
    frame = pl.DataFrame({"a": [7.0, None], "b": [True, False], "c": [1, 2], "d": [1.5, 2.0]})
    made = typed(frame, dict.fromkeys("abcd", ColumnType.TEXT)).frame
    assert made.rows() == [("7", "true", "1", "1.5"), (None, "false", "2", "2.0")]


def test_a_column_of_lists_or_of_another_type_is_refused_whole() -> None:
    with pytest.raises(ColumnTypeError, match="'x' holds List"):
        typed(pl.DataFrame({"x": [[1]]}), {"x": ColumnType.TEXT})
    with pytest.raises(ColumnTypeError, match="is boolean, and must be number"):
        typed(pl.DataFrame({"x": [True]}), {"x": ColumnType.NUMBER})


def test_the_tasks_roles_fix_types_and_nobody_may_say_otherwise() -> None:
    assert role_types(TASK)["y"] is ColumnType.CATEGORY
    assert agreed({"a": ColumnType.CATEGORY}, {"a": ColumnType.TEXT}) == {"a": ColumnType.CATEGORY}
    with pytest.raises(UsageError, match="'a' is category, not number"):
        agreed({"a": ColumnType.CATEGORY}, {"a": ColumnType.NUMBER})


def is_bad(row: Mapping[str, str | None]) -> set[str]:
    """Say which columns of a row are bad, the plain way."""
    bad = set()
    if not (row["id"] or "").strip():
        bad.add("id")
    if row["text"] is None:
        bad.add("text")
    for name in ("n", "weight"):
        text = row[name] or ""
        number = as_number(text)
        if text and (number is None or (name == "weight" and number <= 0)):
            bad.add(name)
    if row["y"] not in {"no", "yes", "", None}:
        bad.add("y")
    if row["origin"] not in {"sample", "pattern", None}:
        bad.add("origin")
    return bad


@given(st.lists(st.fixed_dictionaries({k: st.sampled_from(v) for k, v in CELLS.items()}), min_size=1, max_size=15))
def test_every_bad_cell_is_found_with_its_line_and_column(rows: list[dict[str, str | None]]) -> None:
    chunk = chunk_of(pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String)))
    checked = Rules(task=TASK, types=TYPES, names={}).check(chunk, typed(chunk.frame, TYPES))
    expected = [(line, column) for line, row in enumerate(rows, 2) for column in is_bad(row)]
    assert sorted((bad.line, str(bad.column)) for bad in checked.bad) == sorted(expected)
    assert checked.good.tolist() == [not is_bad(row) for row in rows]
    assert [bad.line for bad in checked.bad] == sorted(bad.line for bad in checked.bad)


def test_a_field_over_ten_megabytes_is_a_bad_cell() -> None:
    frame = pl.DataFrame(
        {"id": ["1", "2"], "text": ["a" * 10_000_001, "b" * 10_000_000], "n": ["1", "1"], "y": ["no", "no"]}
    )
    types = {name: kind for name, kind in TYPES.items() if name in frame.columns}
    checked = Rules(task=TASK, types=types, names={}).check(chunk_of(frame), typed(frame, types))
    assert [(bad.line, bad.column, bad.reason) for bad in checked.bad] == [
        (2, "text", "is larger than the 10 MB that a field may have")
    ]
