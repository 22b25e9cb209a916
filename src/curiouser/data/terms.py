"""What a predicate is made of: a typed tree, and the Polars expression of each of its nodes.

A comparison with a missing value is unknown, as in SQL: ``not``, ``and`` and
``or`` carry it on, and a row is selected only when the whole is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

import polars as pl

from curiouser.data.records import ColumnType
from curiouser.kernel.clock import as_text


class Kind(StrEnum):
    """What an operand is; columns of text, category and file are all texts."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "timestamp"


KIND_OF = {
    ColumnType.TEXT: Kind.TEXT,
    ColumnType.CATEGORY: Kind.TEXT,
    ColumnType.FILE: Kind.TEXT,
    ColumnType.NUMBER: Kind.NUMBER,
    ColumnType.BOOLEAN: Kind.BOOLEAN,
    ColumnType.TIMESTAMP: Kind.MOMENT,
}
WORDS = ("and", "or", "not", "in", "is", "null", "true", "false")
"""Words with a meaning of their own, in either case; a column of such a name stands in backquotes."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_COMPARED: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
COMPARISONS = tuple(_COMPARED)


class Term(Protocol):
    """A node of the tree: a value for each row, or true, false or unknown."""

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        ...

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        ...


@dataclass(frozen=True, slots=True)
class Value:
    """A number, text, boolean or moment that was written down."""

    value: float | str | bool | datetime
    kind: Kind

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return pl.lit(self.value, dtype=pl.Datetime("us", "UTC")) if self.kind is Kind.MOMENT else pl.lit(self.value)

    def columns(self) -> Iterator[str]:
        """Name no column."""
        yield from ()

    def __str__(self) -> str:
        if isinstance(self.value, datetime):
            return quoted(as_text(self.value))
        if isinstance(self.value, str):
            return quoted(self.value)
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return f"{self.value:.0f}" if self.value.is_integer() and abs(self.value) < 1e15 else repr(self.value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column."""

    name: str
    kind: Kind

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return pl.col(self.name)

    def columns(self) -> Iterator[str]:
        """Name the column."""
        yield self.name

    def __str__(self) -> str:
        if _PLAIN_NAME.fullmatch(self.name) and self.name.lower() not in WORDS:
            return self.name
        return "`" + self.name.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a text, with a second text for those that look for one."""

    name: str
    argument: Operand
    wanted: str | None
    kind: Kind

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return CALLS[self.name].made(self.argument.expression(), self.wanted or "")

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.argument.columns()

    def __str__(self) -> str:
        return f"{self.name}({self.argument}" + (")" if self.wanted is None else f", {quoted(self.wanted)})")


Operand = Value | Column | Call


@dataclass(frozen=True, slots=True)
class Function:
    """A function that predicates may call."""

    kind: Kind
    """What it gives."""
    looks_for: bool
    """Whether it takes a second text."""
    made: Callable[[pl.Expr, str], pl.Expr]
    """Compiles it."""


CALLS = {
    "len": Function(Kind.NUMBER, looks_for=False, made=lambda text, _: text.str.len_chars().cast(pl.Float64)),
    "lower": Function(Kind.TEXT, looks_for=False, made=lambda text, _: text.str.to_lowercase()),
    "contains": Function(Kind.BOOLEAN, looks_for=True, made=lambda text, it: text.str.contains(it, literal=True)),
    "startswith": Function(Kind.BOOLEAN, looks_for=True, made=lambda text, it: text.str.starts_with(it)),
    "endswith": Function(Kind.BOOLEAN, looks_for=True, made=lambda text, it: text.str.ends_with(it)),
    "matches": Function(Kind.BOOLEAN, looks_for=True, made=lambda text, it: text.str.contains(it)),
}
"""Functions by name; ``matches`` takes a regular expression of Rust, which needs linear time whatever it is."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean column or call that stands by itself."""

    operand: Operand

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return self.operand.expression()

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.operand.columns()

    def __str__(self) -> str:
        return str(self.operand)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two operands of one kind, compared."""

    left: Operand
    sign: str
    right: Operand

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return _COMPARED[self.sign](self.left.expression(), self.right.expression())

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.left.columns()
        yield from self.right.columns()

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class Among:
    """Whether an operand is one of some values."""

    operand: Operand
    values: tuple[Value, ...]
    negated: bool

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        dtype = {Kind.MOMENT: pl.Datetime("us", "UTC"), Kind.NUMBER: pl.Float64()}.get(self.operand.kind)
        found = self.operand.expression().is_in(pl.Series([each.value for each in self.values], dtype=dtype).implode())
        return ~found if self.negated else found

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.operand.columns()

    def __str__(self) -> str:
        return f"{self.operand} {'not in' if self.negated else 'in'} ({', '.join(map(str, self.values))})"


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether an operand has no value."""

    operand: Operand
    negated: bool

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        found = self.operand.expression()
        return found.is_not_null() if self.negated else found.is_null()

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.operand.columns()

    def __str__(self) -> str:
        return f"{self.operand} is {'not ' if self.negated else ''}null"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    term: Condition

    def expression(self) -> pl.Expr:
        """Compile to Polars."""
        return ~self.term.expression()

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        yield from self.term.columns()

    def __str__(self) -> str:
        inner = str(self.term)
        return f"not ({inner})" if isinstance(self.term, Joined) else f"not {inner}"


@dataclass(frozen=True, slots=True)
class Joined:
    """Several conditions, of which all (``and``) or any (``or``) must hold."""

    word: str
    terms: tuple[Condition, ...]

    def expression(self) -> pl.Expr:
        """Compile to Polars, as a balanced tree: a chain of hundreds would be too deep."""
        parts = [term.expression() for term in self.terms]
        while len(parts) > 1:
            pairs = [parts[i : i + 2] for i in range(0, len(parts), 2)]
            parts = [self._both(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        return parts[0]

    def _both(self, left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left & right if self.word == "and" else left | right

    def columns(self) -> Iterator[str]:
        """Name the columns it reads."""
        for term in self.terms:
            yield from term.columns()

    def __str__(self) -> str:
        shown = (f"({term})" if isinstance(term, Joined) else str(term) for term in self.terms)
        return f" {self.word} ".join(shown)


Condition = Truth | Compared | Among | Missing | Not | Joined


def quoted(text: str) -> str:
    """Write a text as a predicate does."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


def moment_of(text: str) -> datetime | None:
    """Read a moment; without a zone it is UTC."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
