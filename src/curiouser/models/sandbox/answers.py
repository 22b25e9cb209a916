"""Turns what a user's callable returned into columns of answers, or says which row is no answer.

Nothing is guessed: a wrong length, a class that is not configured, NaN, or
probabilities that do not sum to one are refused with the row. Standard library
only; NumPy, pandas and Polars values are met by their methods.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

SLIGHT = 1e-6
"""How far a probability may leave [0, 1], or a sum miss one, before it is touched at all: rounding."""
ROUGH = 1e-3
"""How far a sum may miss one and still be normalised; beyond that the row is refused."""
_FLOAT, _FLOAT32, _CODE = "d", "f", "i"


class NoAnswerError(Exception):
    """What came back is no answer.

    Args:
        reason: Why, in words that follow the model's name.
        row: The row in the batch, from 0; None where it is about all of them.
        repair: What to do.
    """

    def __init__(self, reason: str, row: int | None = None, repair: str = "") -> None:
        self.reason, self.row, self.repair = reason, row, repair
        super().__init__(reason, row, repair)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the task allows as an answer."""

    kind: str
    """binary, multiclass or regression."""
    classes: tuple[str, ...]
    """The configured classes; binary: the last is the positive one."""
    margins: bool = False
    """Binary: whether scores may be any finite number."""


Columns: TypeAlias = "dict[str, array[float] | array[int]]"  # text: arrays take no parameter when Python 3.11 runs this
"""Column name -> values, one per row: ``score``, ``class`` (codes), ``p_<class>`` or ``number``."""


def columns_of(returned: object, rows: int, wanted: Wanted) -> Columns:
    """Check answers and sort them into columns.

    Args:
        returned: What the callable returned: as many numbers, classes or ``{class: p}`` as rows.
        rows: How many rows it was given.
        wanted: The task.

    Raises:
        NoAnswerError: It is no answer to the task; names the first bad row.

    Examples:
        >>> spam = Wanted(kind="binary", classes=("ham", "spam"))
        >>> columns_of([0.25, 1], 2, spam)["score"].tolist()
        [0.25, 1.0]
        >>> columns_of(["spam", "ham"], 2, spam)["class"].tolist()
        [1, 0]
    """
    values, single = _listed(returned, rows)
    if len(values) != rows:
        many = f"{len(values)}" if len(values) <= rows else f"more than {rows}"
        raise NoAnswerError(
            f"returned {many} answers to {rows} rows", repair="return exactly one answer per row, in order"
        )
    if not rows:
        return {}
    values = [_plain(value) for value in values]
    if wanted.kind == "regression":
        return {"number": _numbers(values, single=single)}
    if any(isinstance(value, Mapping) for value in values):
        return _probabilities(values, wanted)
    if all(_class_code(value, wanted) is not None for value in values):
        return {"class": array(_CODE, [wanted.classes.index(_text(value)) for value in values])}
    if wanted.kind == "binary" and not any(isinstance(value, str) for value in values):
        return {"score": _scores(_numbers(values, single=single), wanted)}
    raise _no_class(values, wanted)


def _listed(returned: object, rows: int) -> tuple[list[object], bool]:
    """Make a list of whatever was returned; the flag says that it held single-precision numbers."""
    if returned is None:
        raise NoAnswerError("returned None", repair="return a list with one answer per row")
    if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Iterable):
        raise NoAnswerError(f"returned {_kind(returned)}", repair="return a list with one answer per row")
    if hasattr(returned, "columns") or getattr(returned, "ndim", 1) != 1:
        raise NoAnswerError(
            f"returned {_kind(returned)} with columns, and their order could mean anything",
            repair="return one {class: probability} per row, or one number per row",
        )
    single = str(getattr(returned, "dtype", "")).lower() == "float32"
    for name in ("tolist", "to_list"):
        if hasattr(returned, name):
            values: list[object] = getattr(returned, name)()
            return values, single
    return list(islice(returned, rows + 1)), False


def _plain(value: object) -> object:
    """Turn a NumPy scalar into Python's own."""
    return value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value


def _kind(value: object) -> str:
    name = type(value).__name__
    return ("an " if name[:1].lower() in "aeiou" else "a ") + name


def _text(value: object) -> str:
    return str(value)


def _class_code(value: object, wanted: Wanted) -> int | None:
    """Find a class by its text; a float is never a class."""
    if isinstance(value, str | int) and _text(value) in wanted.classes:
        return wanted.classes.index(_text(value))
    return None


def _no_class(values: Sequence[object], wanted: Wanted) -> NoAnswerError:
    row = next(at for at, value in enumerate(values) if _class_code(value, wanted) is None)
    value = values[row]
    known = ", ".join(wanted.classes[:10]) + (" …" if len(wanted.classes) > 10 else "")
    if isinstance(value, str):
        reason = f"answered {value[:80]!r}, which is no configured class"
    elif isinstance(value, int | float) and wanted.kind == "multiclass":
        reason = f"answered the number {value!r} where a class is asked for"
    else:
        reason = f"answered {_kind(value)} ({str(value)[:80]!r})"
    return NoAnswerError(reason, row, f"answer with a class ({known}), or one {{class: probability}} per row")


def _numbers(values: Sequence[object], *, single: bool) -> array[float]:
    for row, value in enumerate(values):
        if not isinstance(value, int | float):
            raise NoAnswerError(f"answered {_kind(value)} ({str(value)[:80]!r}) where a number is asked for", row)
        if not _is_finite(value):
            raise NoAnswerError(f"answered {value!r}, which is no finite number", row)
    return array(_FLOAT32 if single else _FLOAT, [float(value) for value in values if isinstance(value, int | float)])


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the range of floats
        return False


def _scores(numbers: array[float], wanted: Wanted) -> array[float]:
    if wanted.margins:
        return numbers
    for row, value in enumerate(numbers):
        if not -SLIGHT <= value <= 1 + SLIGHT:
            raise NoAnswerError(
                f"answered the score {value!r}, which is outside [0, 1]",
                row,
                "answer with probabilities, or, if its scores are margins, add it with --margins and --threshold T",
            )
        numbers[row] = min(max(value, 0.0), 1.0)
    return numbers


def _probabilities(values: Sequence[object], wanted: Wanted) -> Columns:
    table = [_distribution(value, row, wanted) for row, value in enumerate(values)]
    if wanted.kind == "binary":
        return {"score": array(_FLOAT, [line[-1] for line in table])}
    return {f"p_{name}": array(_FLOAT, [line[at] for line in table]) for at, name in enumerate(wanted.classes)}


def _distribution(value: object, row: int, wanted: Wanted) -> list[float]:
    if not isinstance(value, Mapping):
        raise NoAnswerError(f"answered {_kind(value)} where other rows got {{class: probability}}", row)
    given = {_text(_plain(name)): _plain(p) for name, p in value.items()}
    strange = [name for name in given if name not in wanted.classes]
    if strange:
        raise NoAnswerError(f"gave a probability to {strange[0][:80]!r}, which is no configured class", row)
    line = list(_numbers([given.get(name, 0.0) for name in wanted.classes], single=False))
    outside = [p for p in line if not -SLIGHT <= p <= 1 + SLIGHT]
    if outside:
        raise NoAnswerError(f"answered the probability {outside[0]!r}, which is outside [0, 1]", row)
    line = [min(max(p, 0.0), 1.0) for p in line]
    total = math.fsum(line)
    if abs(total - 1) > ROUGH:
        raise NoAnswerError(f"answered probabilities that sum to {total:.6g}", row, "make them sum to one")
    return line if abs(total - 1) <= SLIGHT else [p / total for p in line]
