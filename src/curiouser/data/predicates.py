r"""Slices by predicate: ``language == "zu" and len(want) > 40``.

The text is read by a small grammar into a typed tree, and only that tree is
ever compiled: no part of a predicate is run as code, and it can name nothing
but columns and six functions::

    condition  =  condition "or" condition  |  condition "and" condition  |  "not" condition
               |  "(" condition ")"  |  operand ("==" | "!=" | "<" | "<=" | ">" | ">=") operand
               |  operand ["not"] "in" "(" value {"," value} ")"  |  operand "is" ["not"] "null"
               |  boolean column or call
    operand    =  column  |  value  |  len(text)  |  lower(text)
    call       =  contains | startswith | endswith | matches  "(" text "," "text" ")"
    value      =  number  |  "text" or 'text'  |  true  |  false  |  a moment as text: "2019-10-10T09:30:00Z"
    column     =  a name, in backquotes where it has spaces or is a word of the grammar

In a text, ``\\``, ``\"``, ``\'``, ``\n``, ``\t`` and ``\r`` stand for one character;
any other backslash stands for itself, so that ``matches(want, "\d+")`` is as it looks.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import polars as pl

from curiouser.data.records import ColumnType
from curiouser.data.terms import (
    CALLS,
    COMPARISONS,
    KIND_OF,
    WORDS,
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
    moment_of,
)
from curiouser.kernel.errors import BadInputError

LONGEST = 2_000
"""Most characters of a predicate."""
DEEPEST = 32
"""Most parentheses, calls and nots inside each other."""
_SHOWN_COLUMNS = 12
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<text>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
      | (?P<name>[^\W\d]\w*|`(?:[^`]|``)++`)
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,|-)
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t", "r": "\r"}
_HINTS = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "%": "there is no arithmetic",
}


class PredicateError(BadInputError):
    """A predicate that cannot be read; the error points at the place.

    Args:
        text: The predicate.
        at: Place of the mistake, in characters from 0.
        reason: What is wrong there.
        hint: What to write instead.
    """

    code = "CUR253"

    def __init__(self, text: str, at: int, reason: str, hint: str = "") -> None:
        self.text, self.at = text, at
        start = max(0, at - 50)
        line = _printable(text[start : at + 30])
        pointer = " " * len(_printable(text[start:at])) + "^"
        super().__init__(f"the predicate is wrong at character {at + 1}: {reason}\n  {line}\n  {pointer}", hint)
        self.args = (text, at, reason, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A condition on rows."""

    condition: Condition
    """What must hold."""

    def expression(self) -> pl.Expr:
        """Compile to Polars: true for the rows that are selected, else false, never null."""
        return self.condition.expression().fill_null(value=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once, in the order of the text."""
        return tuple(dict.fromkeys(self.condition.columns()))

    def __str__(self) -> str:
        return str(self.condition)


def parse(text: str, columns: Mapping[str, ColumnType]) -> Predicate:
    """Read a predicate.

    Args:
        text: At most 2,000 characters.
        columns: The columns it may name, with their types.

    Raises:
        PredicateError: It breaks the grammar, names something unknown, or compares what cannot be compared.

    Examples:
        >>> columns = {"language": ColumnType.CATEGORY, "want": ColumnType.TEXT}
        >>> print(parse("language=='zu' AND len(want)>40", columns))
        language == "zu" and len(want) > 40
    """
    if len(text) > LONGEST:
        raise PredicateError(text, LONGEST, f"it is longer than {LONGEST:,} characters", "use a list of ids instead")
    reader = _Reader(text, columns)
    condition = reader.either()
    if reader.token.kind != "end":
        reader.fail("the predicate should end here", _joiner_hint(reader.token))
    if not any(condition.columns()):
        raise PredicateError(text, 0, "it names no column", f"columns: {_some(list(columns))}")
    return Predicate(condition=condition)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Reader:
    """Reads the grammar from left to right, one token ahead."""

    def __init__(self, text: str, columns: Mapping[str, ColumnType]) -> None:
        self.text, self.columns = text, columns
        self.depth = 0
        self.end = 0
        self.token = self._next()

    def _next(self) -> _Token:
        found = _TOKEN.match(self.text, self.end)
        if found is None or found.lastgroup is None:
            at = self.end + len(self.text[self.end :]) - len(self.text[self.end :].lstrip())
            self._unreadable(at)
        self.end = found.end()
        kind = found.lastgroup
        return _Token(kind, found[kind], found.start(kind))

    def _unreadable(self, at: int) -> NoReturn:
        letter = self.text[at]
        if letter in "\"'`":
            raise PredicateError(
                self.text, at, "this quote is never closed" if letter != "`" else "this name is never closed"
            )
        if letter.isdigit() or letter == ".":
            raise PredicateError(self.text, at, "this is no number")
        raise PredicateError(self.text, at, f"{_printable(letter)!r} means nothing here", _HINTS.get(letter, ""))

    def fail(self, reason: str, hint: str = "", at: int | None = None) -> NoReturn:
        """Point at a place, at the next token unless said otherwise."""
        raise PredicateError(self.text, self.token.at if at is None else at, reason, hint)

    def take(self) -> _Token:
        """Go on by one token."""
        taken, self.token = self.token, self._next()
        return taken

    def is_word(self, word: str) -> bool:
        """Tell whether the next token is a word of the grammar."""
        return self.token.kind == "name" and self.token.text.lower() == word

    def is_sign(self, sign: str) -> bool:
        """Tell whether the next token is a sign."""
        return self.token.kind == "sign" and self.token.text == sign

    def want(self, sign: str, after: str) -> None:
        """Take a sign, or say what it should stand after."""
        if not self.is_sign(sign):
            self.fail(f"{sign!r} should stand here, {after}")
        self.take()

    def either(self) -> Condition:
        """Read conditions joined by ``or``, each of which may be some joined by ``and``."""
        return self._joined("or", lambda: self._joined("and", self._one))

    def _joined(self, word: str, read: Callable[[], Condition]) -> Condition:
        terms = [read()]
        while self.is_word(word):
            self.take()
            terms.append(read())
        return terms[0] if len(terms) == 1 else Joined(word, tuple(terms))

    def _one(self) -> Condition:
        if self.is_word("not"):
            self.take()
            with self._deeper():
                return Not(self._one())
        if not self.is_sign("("):
            return self._simple()
        self.take()
        with self._deeper():
            inner = self.either()
        self.want(")", "to close the parenthesis")
        return inner

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"more than {DEEPEST} parentheses, calls and nots inside each other")
        yield
        self.depth -= 1

    def _simple(self) -> Condition:
        at = self.token.at
        operand = self._operand()
        if self.token.kind == "sign" and self.token.text in COMPARISONS:
            return self._compared(operand, at)
        negated = self.is_word("not")
        if negated:
            self.take()
            if not self.is_word("in"):
                self.fail("'in' should stand here, after 'not'")
        if self.is_word("in"):
            return self._among(operand, at, negated=negated)
        if self.is_word("is"):
            return self._missing(operand)
        if isinstance(operand, Value):
            self.fail("a value alone is no condition", "compare a column with it", at)
        if operand.kind is not Kind.BOOLEAN:
            self.fail(f"{operand} is a {operand.kind}, and should be compared with something", "as in len(want) > 40")
        return Truth(operand)

    def _compared(self, left: Operand, left_at: int) -> Condition:
        sign, at = self.take(), self.token.at
        if self.is_word("null"):
            self.fail("nothing is equal to null", "write `is null` or `is not null`")
        right = self._operand()
        if isinstance(left, Value) and isinstance(right, Value):
            self.fail("two values are compared", "compare a column", at)
        left, right = self._alike(left, right.kind, left_at), self._alike(right, left.kind, at)
        if left.kind is not right.kind:
            self.fail(f"{left} is a {left.kind} and {right} a {right.kind}; they cannot be compared", at=at)
        if left.kind is Kind.BOOLEAN and sign.text not in {"==", "!="}:
            self.fail("booleans are equal or not, never larger", "write == or !=", sign.at)
        if self.token.kind == "sign" and self.token.text in COMPARISONS:
            self.fail("comparisons do not chain", "write 1 < a and a < 3")
        return Compared(left, sign.text, right)

    def _alike(self, operand: Operand, kind: Kind, at: int) -> Operand:
        """Read a text that is compared with a moment as a moment."""
        if kind is not Kind.MOMENT or not isinstance(operand, Value) or not isinstance(operand.value, str):
            return operand
        moment = moment_of(operand.value)
        if moment is None:
            self.fail(f"{operand} is no moment", 'write "2019-10-10" or "2019-10-10T09:30:00Z"', at)
        return Value(moment, Kind.MOMENT)

    def _among(self, operand: Operand, at: int, *, negated: bool) -> Condition:
        if isinstance(operand, Value):
            self.fail("a value is looked for, not a column", "write a column before 'in'", at)
        self.take()
        self.want("(", "after 'in'")
        values = [self._value_like(operand)]
        while self.is_sign(","):
            self.take()
            values.append(self._value_like(operand))
        self.want(")", "to close the list")
        return Among(operand, tuple(values), negated)

    def _value_like(self, operand: Operand) -> Value:
        at = self.token.at
        value = self._alike(self._operand(), operand.kind, at)
        if not isinstance(value, Value):
            self.fail("a list holds values only", at=at)
        if value.kind is not operand.kind:
            self.fail(f"{operand} is a {operand.kind} and {value} a {value.kind}", at=at)
        return value

    def _missing(self, operand: Operand) -> Condition:
        self.take()
        negated = self.is_word("not")
        if negated:
            self.take()
        if not self.is_word("null"):
            self.fail("'null' should stand here", "write `is null` or `is not null`; write == to compare")
        self.take()
        return Missing(operand, negated)

    def _operand(self) -> Operand:
        negative = self.is_sign("-")
        if negative:
            self.take()
        if self.token.kind == "number":
            return self._number(negative=negative)
        if negative:
            self.fail("a number should stand here, after '-'")
        if self.token.kind == "text":
            return Value(self._text(), Kind.TEXT)
        if self.token.kind != "name" or self.token.text.lower() in set(WORDS) - {"true", "false"}:
            self.fail("a column or a value should stand here", f"columns: {_some(list(self.columns))}")
        name = self.take()
        if name.text.lower() in {"true", "false"}:
            return Value(name.text.lower() == "true", Kind.BOOLEAN)
        return self._call(name) if self.is_sign("(") else self._column(name)

    def _number(self, *, negative: bool) -> Value:
        value = float(self.token.text)
        if math.isinf(value):
            self.fail("this number is too large")
        self.take()
        return Value(-value if negative else value, Kind.NUMBER)

    def _text(self) -> str:
        inside = self.token.text[1:-1]
        if not inside.isascii() and any("\ud800" <= letter <= "\udfff" for letter in inside):
            self.fail("this text holds half of a surrogate pair")
        self.take()
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inside, flags=re.DOTALL)

    def _column(self, token: _Token) -> Column:
        name = token.text[1:-1].replace("``", "`") if token.text.startswith("`") else token.text
        kind = self.columns.get(name)
        if kind is None:
            near = difflib.get_close_matches(name, list(self.columns), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"columns: {_some(list(self.columns))}"
            self.fail(f"there is no column {_printable(name)!r}", hint + " (a text stands in quotes)", token.at)
        return Column(name, KIND_OF[kind])

    def _call(self, name: _Token) -> Call:
        function = CALLS.get(name.text)
        if function is None:
            self.fail(f"there is no function {_printable(name.text)!r}", f"functions: {', '.join(CALLS)}", name.at)
        self.take()
        at = self.token.at
        with self._deeper():
            argument = self._operand()
        if argument.kind is not Kind.TEXT or isinstance(argument, Value):
            self.fail(f"{name.text} takes a column of text, not {argument}", at=at)
        wanted = self._wanted(name.text) if function.looks_for else None
        self.want(")", f"to close {name.text}(")
        return Call(name.text, argument, wanted, function.kind)

    def _wanted(self, function: str) -> str:
        self.want(",", f'and a text after it: {function}(column, "text")')
        at = self.token.at
        if self.token.kind != "text":
            self.fail(f"{function} looks for a text in quotes")
        wanted = self._text()
        if function == "matches":
            try:
                pl.Series([""]).str.contains(wanted)
            except pl.exceptions.ComputeError as error:
                said = re.search(r"error: (?!regex)(.+)", str(error))
                self.fail(f"this is no regular expression ({said[1] if said else error})", at=at)
        return wanted


def _joiner_hint(token: _Token) -> str:
    if token.text == ")":
        return "there is one ')' too many"
    return "join conditions with 'and' or 'or'"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(_printable(name) for name in names[:_SHOWN_COLUMNS])
    return shown + (" …" if len(names) > _SHOWN_COLUMNS else "")


def _printable(text: str) -> str:
    """Make control characters visible, one for one: the pointer below must stay in its place."""
    return "".join(letter if letter.isprintable() else "␦" for letter in text)
