"""Predicates mean what a plain Python evaluator of the same grammar says, and nothing hostile gets through."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curiouser.data.predicates import LONGEST, PredicateError, parse
from curiouser.data.records import ColumnType
from curiouser.data.terms import (
    Among,
    Call,
    Column,
    Compared,
    Condition,
    Joined,
    Kind,
    Missing,
    Not,
    Operand,
    Truth,
    Value,
)

COLUMNS = {
    "language": ColumnType.CATEGORY,
    "want": ColumnType.TEXT,
    "n": ColumnType.NUMBER,
    "ok": ColumnType.BOOLEAN,
    "at": ColumnType.TIMESTAMP,
    "a `b`": ColumnType.TEXT,
    "n(1)": ColumnType.NUMBER,
    "or": ColumnType.TEXT,
}
DTYPES = {"n": pl.Float64(), "n(1)": pl.Float64(), "ok": pl.Boolean(), "at": pl.Datetime("us", "UTC")}
TEXTS = ["", "a", "Ab", "zu", "é\n", 'q"\\', "aab"]
NUMBERS = [-1.5, 0.0, 1.0, 2.0, 1e300]
MOMENTS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=d, microseconds=d) for d in range(3)]
PATTERNS = ["^a", "b$", "[0-9]+", "a.b", "A|z"]

Row = Mapping[str, object]


def of_kind(kind: Kind) -> st.SearchStrategy[Operand]:
    names = {
        Kind.TEXT: ["language", "want", "a `b`", "or"],
        Kind.NUMBER: ["n", "n(1)"],
        Kind.BOOLEAN: ["ok"],
        Kind.MOMENT: ["at"],
    }
    columns: st.SearchStrategy[Operand] = st.sampled_from(names[kind]).map(lambda name: Column(name, kind))
    if kind is Kind.TEXT:
        return columns | columns.map(lambda text: Call("lower", text, None, Kind.TEXT))
    if kind is Kind.NUMBER:
        return columns | of_kind(Kind.TEXT).map(lambda text: Call("len", text, None, Kind.NUMBER))
    if kind is Kind.BOOLEAN:
        plain = st.tuples(st.sampled_from(["contains", "startswith", "endswith"]), st.sampled_from(TEXTS))
        looked = plain | st.tuples(st.just("matches"), st.sampled_from(PATTERNS))
        return columns | st.builds(
            lambda text, what: Call(what[0], text, what[1], Kind.BOOLEAN), of_kind(Kind.TEXT), looked
        )
    return columns


def values(kind: Kind) -> st.SearchStrategy[Value]:
    known: dict[Kind, Sequence[str | float | bool | datetime]] = {
        Kind.TEXT: TEXTS,
        Kind.NUMBER: NUMBERS,
        Kind.BOOLEAN: [True, False],
        Kind.MOMENT: MOMENTS,
    }
    return st.sampled_from(known[kind]).map(lambda value: Value(value, kind))


def compared(kind: Kind) -> st.SearchStrategy[Condition]:
    signs = ["==", "!="] if kind is Kind.BOOLEAN else ["==", "!=", "<", "<=", ">", ">="]
    return st.builds(Compared, of_kind(kind), st.sampled_from(signs), values(kind) | of_kind(kind)) | st.builds(
        Among, of_kind(kind), st.lists(values(kind), min_size=1, max_size=3).map(tuple), st.booleans()
    )


SIMPLE: st.SearchStrategy[Condition] = (
    st.sampled_from(Kind).flatmap(compared)
    | st.sampled_from(Kind).flatmap(of_kind).flatmap(lambda it: st.builds(Missing, st.just(it), st.booleans()))
    | of_kind(Kind.BOOLEAN).map(Truth)
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    SIMPLE,
    lambda inner: (
        inner.map(Not)
        | st.builds(Joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=8,
)
CELLS: Mapping[ColumnType, Sequence[object]] = {
    ColumnType.NUMBER: NUMBERS,
    ColumnType.BOOLEAN: [True, False],
    ColumnType.TIMESTAMP: MOMENTS,
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.none() | st.sampled_from(CELLS.get(kind, TEXTS)) for name, kind in COLUMNS.items()}
    ),
    min_size=1,
    max_size=6,
)


def value_of(operand: Operand, row: Row) -> object:
    """Evaluate an operand on one row, the plain way; None is missing."""
    if isinstance(operand, Value):
        return operand.value
    if isinstance(operand, Column):
        return row[operand.name]
    text, wanted = value_of(operand.argument, row), operand.wanted or ""
    if text is None:
        return None
    assert isinstance(text, str)
    calls: Mapping[str, Callable[[], object]] = {
        "len": lambda: float(len(text)),
        "lower": text.lower,
        "contains": lambda: wanted in text,
        "startswith": lambda: text.startswith(wanted),
        "endswith": lambda: text.endswith(wanted),
        "matches": lambda: re.search(wanted.replace("$", r"\Z"), text) is not None,
    }
    return calls[operand.name]()


def holds(condition: Condition, row: Row) -> bool | None:
    """Evaluate a condition on one row, the plain way; None is unknown."""
    match condition:
        case Joined():
            found = [holds(term, row) for term in condition.terms]
            decisive = condition.word == "or"
            answer = decisive if decisive in found else None if None in found else not decisive
        case Not():
            inner = holds(condition.term, row)
            answer = None if inner is None else not inner
        case Missing():
            answer = (value_of(condition.operand, row) is None) is not condition.negated
        case Compared():
            answer = compares(condition.sign, value_of(condition.left, row), value_of(condition.right, row))
        case Among():
            value = value_of(condition.operand, row)
            known = [each.value for each in condition.values]
            answer = None if value is None else (value in known) is not condition.negated
        case Truth():
            value = value_of(condition.operand, row)
            answer = None if value is None else bool(value)
        case _:
            raise AssertionError(condition)
    return answer


def compares(sign: str, left: Any, right: Any) -> bool | None:  # noqa: ANN401  two values of one kind
    known = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
    known |= {">": operator.gt, ">=": operator.ge}
    return None if left is None or right is None else bool(known[sign](left, right))


def frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={name: DTYPES.get(name, pl.String()) for name in COLUMNS})


@given(CONDITIONS, ROWS)
def test_a_predicate_selects_what_a_plain_evaluator_selects(condition: Condition, rows: list[Row]) -> None:
    predicate = parse(str(condition), COLUMNS)
    selected = frame_of(rows).select(predicate.expression()).to_series()
    assert selected.to_list() == [holds(condition, row) is True for row in rows]


@given(CONDITIONS)
def test_what_a_predicate_says_of_itself_reads_as_itself(condition: Condition) -> None:
    predicate = parse(str(condition), COLUMNS)
    assert str(parse(str(predicate), COLUMNS)) == str(predicate)
    assert predicate.columns == tuple(dict.fromkeys(condition.columns()))


@given(st.text(max_size=60) | st.text(alphabet="n=<>()\"'\\ orandt`1.-e,is", max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    refused: PredicateError | None = None
    try:
        frame_of([dict.fromkeys(COLUMNS)]).filter(parse(text, COLUMNS).expression())
    except PredicateError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.at <= len(text)
        assert all(letter.isprintable() or letter == "\n" for letter in str(refused))


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("n = 3", 2, "write =="),
        ('n == "3"', 5, "n is a number and"),
        ("1 < n < 3", 6, "do not chain"),
        ("want", 4, "should be compared"),
        ("n == null", 5, "is null"),
        ('langage == "x"', 0, "did you mean 'language'"),
        ("want == zu", 8, "a text stands in quotes"),
        ('eval("1")', 0, "no function 'eval'"),
        ('__import__("os")', 0, "no function"),
        ("n == 1 or", 9, "should stand here"),
        ("(n == 1", 7, "close the parenthesis"),
        ("n == 1)", 6, "one ')' too many"),
        ("n == 1 n == 2", 7, "'and' or 'or'"),
        ("1 == 1", 5, "two values"),
        ("true", 0, "value alone"),
        ('matches(want, "(")', 14, "unclosed group"),
        ('matches(want, "(a{1000}){1000}")', 14, "size limit"),
        ("n == 1e999", 5, "too large"),
        ("n == 12ab", 5, "no number"),
        ('want == "abc', 8, "never closed"),
        ('at > "yesterday"', 5, "no moment"),
        ('at > "2020-02-30"', 5, "no moment"),
        ('at > "0001-01-01T00:00+05:00"', 5, "no moment"),
        ("ok < true", 3, "never larger"),
        ("n in ()", 6, "should stand here"),
        ('n in (1, "a")', 9, "n is a number"),
        ("len(n) > 1", 4, "takes a column of text"),
        ("contains(want, want)", 15, "text in quotes"),
        ("n % 2 == 0", 2, "no arithmetic"),
        ("", 0, "should stand here"),
        ('want == "\ud800"', 8, "surrogate"),
        ("(" * 40 + "ok" + ")" * 40, 33, "more than 32"),
        ("not " * 40 + "ok", 132, "more than 32"),
        ("lower(" * 40 + "want", 198, "more than 32"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_to_write(text: str, at: int, reason: str) -> None:
    with pytest.raises(PredicateError, match=re.escape(reason)) as caught:
        parse(text, COLUMNS)
    assert caught.value.at == at


def test_a_predicate_has_a_largest_length() -> None:
    terms = " or ".join(["n==1"] * 245)
    assert len(terms) <= LONGEST
    assert frame_of([{**dict.fromkeys(COLUMNS), "n": 1.0}]).filter(parse(terms, COLUMNS).expression()).height == 1
    with pytest.raises(PredicateError, match="longer than 2,000"):
        parse("n == 1" + " " * LONGEST, COLUMNS)


def test_backslashes_stay_unless_they_stand_for_one_character() -> None:
    frame = frame_of([{**dict.fromkeys(COLUMNS), "want": "a1\\"}])
    for text in (r'matches(want, "\d")', r'matches(want, "\\d")', r'endswith(want, "\\")', r"endswith(want, '1\\')"):
        assert frame.filter(parse(text, COLUMNS).expression()).height == 1


def test_a_hostile_regular_expression_takes_linear_time() -> None:
    frame = frame_of([{**dict.fromkeys(COLUMNS), "want": "a" * 50_000 + "b"}])
    assert frame.filter(parse('matches(want, "^(a+)+$")', COLUMNS).expression()).height == 0


def test_a_moment_may_be_written_in_any_zone_and_means_the_same() -> None:
    frame = frame_of([{**dict.fromkeys(COLUMNS), "at": datetime(2020, 1, 1, 10, tzinfo=UTC)}])
    for moment in ("2020-01-01T10:00Z", "2020-01-01 10:00", "2020-01-01T12:00:00.0+02:00", "2020-01-01T12:00:00+0200"):
        assert frame.filter(parse(f'at == "{moment}"', COLUMNS).expression()).height == 1
