"""Files of patterns: read CSV or JSON lines, check every row, print a template.

One row is one pattern: the task's inputs, its label, and, where a Case is
tested, what must hold of it. All mistakes are reported at once.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from curiouser.kernel.configuration import RESERVED_COLUMNS, Task, TaskKind
from curiouser.kernel.errors import BadInputError
from curiouser.problems.drafts import PatternDraft, Value, default_kind, place_in_cases
from curiouser.problems.errors import BadPatternsError
from curiouser.problems.records import (
    QUANTITY_CLASS,
    QUANTITY_NUMBER,
    QUANTITY_PREDICTED,
    QUANTITY_SCORE,
    Expectation,
    ExpectationKind,
)

MARKS: Final = ("case", "place", "expectation", "quantity", "tolerance")
"""Columns that say what must hold of a pattern; all optional."""
_NEAR = 0.75  # how alike two names are before one is taken for a slip of the pen
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
_TRUTHS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}

Row = tuple[int, Mapping[str, object]]
"""Line of the file, from 1, and the cells by column."""


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a CSV or JSON lines file, before any of them is checked.

    Raises:
        BadInputError: The file is missing, not UTF-8, or of another kind.
        BadPatternsError: Lines are no rows.
    """
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise BadInputError(
            f"{path.name}: patterns are read from .csv or .jsonl", "`curiouser problem template` prints one"
        )
    text = _read_text(path)
    mistakes: list[str] = []
    rows = list(_csv_rows(text, mistakes) if kind == "csv" else _json_rows(text, mistakes))
    if mistakes:
        raise BadPatternsError(path.name, mistakes)
    return rows


def drafts_from(rows: Sequence[Row], *, task: Task, types: Mapping[str, str], source: str) -> tuple[PatternDraft, ...]:
    """Check rows and make drafts of them; every mistake is reported.

    Args:
        rows: Lines and cells.
        task: Says which columns are inputs and which is the label.
        types: Type of each column the test dataset has (text, number, category, boolean, timestamp, file).
        source: What the rows are called in errors.

    Raises:
        BadPatternsError: A column is missing or unknown, or a row cannot be a pattern.
    """
    mistakes = list(_column_mistakes(rows, task, types))
    if not rows:
        mistakes.append("there is no row in it")
    if mistakes:
        raise BadPatternsError(source, mistakes)
    reader = _Reader(task, types, mistakes)
    drafts, more = place_in_cases([reader.draft(line, cells) for line, cells in rows])
    _same_id_twice(drafts, mistakes)
    if mistakes or more:
        raise BadPatternsError(source, mistakes + more)
    return tuple(drafts)


def read_ids(given: Path | str | Sequence[str], task: Task) -> list[str]:
    """Read ids: a list, or a file with one id a line, or a table with a column of ids.

    Raises:
        BadInputError: The file cannot be read, or holds no id.
        BadPatternsError: Lines of a table are no rows.
    """
    if not isinstance(given, str | Path):
        return list(given)
    path = Path(given)
    if path.suffix.lower() in _SUFFIXES and path.suffix.lower() != ".txt":
        names = (task.id, "id")
        rows = [next((cells[name] for name in names if name in cells), None) for _, cells in read_rows(path)]
        ids = [text for text in map(_text, rows) if text is not None]
    else:
        ids = [line.strip() for line in _read_text(path).splitlines() if line.strip()]
    if not ids:
        raise BadInputError(f"{path.name} holds no id", f"write one id a line, or a CSV with a column {task.id!r}")
    return ids


def mark_column(task: Task, mark: str) -> str:
    """Name the column of a mark; ``pattern_case`` where the task has a ``case`` of its own.

    Examples:
        >>> task = Task(name="t", kind=TaskKind.BINARY, inputs=("case",), label="y", classes=("no", "yes"))
        >>> mark_column(task, "case"), mark_column(task, "place")
        ('pattern_case', 'place')
    """
    own = {*task.inputs, task.label, task.id, task.user, task.time, *task.groups}
    return f"pattern_{mark}" if mark in own else mark


def template(task: Task, *, form: str = "csv") -> str:
    """Write a file of patterns to start from: one labelled pattern, and one Case of two.

    Args:
        task: Names the columns.
        form: ``csv`` or ``jsonl``.
    """
    columns = [task.id, *task.inputs, task.label, *(mark_column(task, mark) for mark in MARKS)]
    label = "0" if task.kind is TaskKind.REGRESSION else task.classes[-1]
    inputs = [[f"{name} of the {which} pattern" for name in task.inputs] for which in ("first", "second", "third")]
    rows = [
        ["", *inputs[0], label, "", "", "", "", ""],
        ["", *inputs[1], "", "case-1", "0", "", "", ""],
        ["", *inputs[2], "", "case-1", "1", "same_as", "", ""],
    ]
    if form == "jsonl":
        lines = [{name: cell for name, cell in zip(columns, row, strict=True) if cell} for row in rows]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([columns, *rows])
    return out.getvalue()


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInputError(f"there is no file {path}", "check the path") from error
    except UnicodeDecodeError as error:
        said = f"{path.name} is not UTF-8 ({error.reason} at byte {error.start})"
        raise BadInputError(said, "save it as UTF-8") from error
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read: {error.strerror}", "check the path and your rights to it"
        ) from error


def _csv_rows(text: str, mistakes: list[str]) -> Iterator[Row]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(lines, [])]
        twice = sorted({name for name in columns if columns.count(name) > 1})
        if twice:
            mistakes.append(f"line 1: the column {', '.join(map(repr, twice))} is there more than once")
        for cells in lines:
            if len(cells) == len(columns):
                yield lines.line_num, dict(zip(columns, cells, strict=True))
            elif any(cells):
                mistakes.append(f"line {lines.line_num}: {len(cells)} cells, but there are {len(columns)} columns")
    except csv.Error as error:
        mistakes.append(f"line {lines.line_num}: {error}")


def _json_rows(text: str, mistakes: list[str]) -> Iterator[Row]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            cells = json.loads(content)
        except json.JSONDecodeError as error:
            mistakes.append(f"line {line}: no JSON: {error.msg} at column {error.colno}")
            continue
        if isinstance(cells, dict):
            yield line, cells
        else:
            mistakes.append(f"line {line}: a row is an object {{…}}, not {type(cells).__name__}")


def _column_mistakes(rows: Sequence[Row], task: Task, types: Mapping[str, str]) -> Iterator[str]:
    given = {name for _, cells in rows for name in cells}
    marks = {mark_column(task, mark) for mark in MARKS}
    known = {*task.inputs, task.label, task.id, "id", task.user, task.time, *task.groups, *types, *marks} - {None}
    reserved = set(RESERVED_COLUMNS)
    missing = [name for name in task.inputs if rows and name not in given]
    if missing:
        yield f"line 1: the column {', '.join(map(repr, missing))} is missing; patterns need every input"
    for name in sorted(given & reserved):
        yield f"line 1: the column {name!r} is unknown here: it is written by us; leave it out"
    for name in sorted(given - known - reserved):
        # A misspelt column would be kept as an extra one, and what it says would go unheard.
        for near in difflib.get_close_matches(name, sorted(map(str, known - reserved)), 1, cutoff=_NEAR):
            yield f"line 1: the column {name!r} is unknown; did you mean {near!r}?"


def _same_id_twice(drafts: Sequence[PatternDraft], mistakes: list[str]) -> None:
    first: dict[str, PatternDraft] = {}
    for draft in drafts:
        if draft.id is None:
            continue
        other = first.setdefault(draft.id, draft)
        if other.values != draft.values:
            mistakes.append(f"{draft.where}: id {draft.id!r} stands in {other.where} with another row")


class _Reader:
    """Turns cells into drafts and collects what is wrong with them."""

    def __init__(self, task: Task, types: Mapping[str, str], mistakes: list[str]) -> None:
        self._task, self._mistakes = task, mistakes
        self._types = dict(types)
        self._types[task.label] = "number" if task.kind is TaskKind.REGRESSION else "category"
        self._marks = {mark: mark_column(task, mark) for mark in MARKS}
        self._ids = {task.id, "id"} - {*task.inputs, task.label, *self._marks.values()}

    def draft(self, line: int, cells: Mapping[str, object]) -> PatternDraft:
        marks, ids = set(self._marks.values()), [cells[name] for name in self._ids if _text(cells.get(name))]
        values = {name: self._value(line, name, cell) for name, cell in cells.items() if name not in marks | self._ids}
        values.setdefault(self._task.label, None)
        if all(values.get(name) in {None, ""} for name in self._task.inputs):
            self._say(line, self._task.inputs[0], "every input is empty")
        case = _text(cells.get(self._marks["case"]))
        place = self._number(line, "place", cells)
        if place is not None and (place != int(place) or place < 0):
            self._say(line, "place", f"{place:g} is no whole number >= 0")
            place = None
        return PatternDraft(
            values=values,
            id=_text(ids[0]) if ids else None,
            case=case,
            place=None if place is None else int(place),
            expectation=self._expectation(line, cells, values[self._task.label], case),
            line=line,
        )

    def _expectation(self, line: int, cells: Mapping[str, object], label: Value, case: str | None) -> Expectation:
        said = _text(cells.get(self._marks["expectation"]))
        kind = self._kind(line, said) or default_kind(label, case)
        quantity, tolerance = _text(cells.get(self._marks["quantity"])), self._number(line, "tolerance", cells)
        if kind is ExpectationKind.LABEL and label is None and not _text(cells.get(self._task.label)):
            self._say(line, self._task.label, "is empty, and the pattern is expected to have its label")
        if kind is not ExpectationKind.LABEL and case is None:
            self._say(line, "case", f"is empty, but {kind} is about the first member of a Case")
        if not kind.compares and (quantity is not None or tolerance is not None):
            self._say(line, "quantity", f"quantity and tolerance are for a comparison, not for {kind}")
            return Expectation(kind=kind)
        if tolerance is not None and tolerance < 0:
            self._say(line, "tolerance", f"{tolerance:g} is below 0")
            tolerance = None
        return Expectation(kind=kind, quantity=self._quantity(line, quantity), tolerance=tolerance)

    def _kind(self, line: int, said: str | None) -> ExpectationKind | None:
        if said is None:
            return None
        word = said.strip().lower().replace(" ", "_").replace("-", "_")
        if word in set(ExpectationKind):
            return ExpectationKind(word)
        self._say(line, "expectation", f"{said!r} is none; choose one of: {', '.join(ExpectationKind)}")
        return None

    def _quantity(self, line: int, said: str | None) -> str | None:
        known = quantities_of(self._task)
        if said is None or said in known:
            return said
        self._say(line, "quantity", f"{said!r} is none of this task; choose one of: {', '.join(known)}")
        return None

    def _value(self, line: int, name: str, cell: object) -> Value:
        kind = self._types.get(name, "text")
        if cell is None or cell == "":
            # As in an import: an empty text is a text, an empty cell of another type is missing.
            return "" if cell == "" and kind == "text" else None
        if name == self._task.label and self._task.classes and _text(cell) not in self._task.classes:
            self._say(line, name, f"{_text(cell)!r} is no class; choose one of: {', '.join(self._task.classes)}")
            return None
        try:
            return _CONVERTERS.get(kind, _text)(cell)
        except (ValueError, TypeError):
            self._say(line, name, f"{cell!r} is no {kind}")
            return None

    def _number(self, line: int, mark: str, cells: Mapping[str, object]) -> float | None:
        said = cells.get(self._marks[mark])
        if said is None or said == "":
            return None
        try:
            return _number(said)
        except (ValueError, TypeError):
            self._say(line, mark, f"{said!r} is no number")
            return None

    def _say(self, line: int, column: str, what: str) -> None:
        self._mistakes.append(f"line {line}, {column}: {what}")


def quantities_of(task: Task) -> tuple[str, ...]:
    """Name what can move in this task.

    Examples:
        >>> quantities_of(Task(name="t", kind=TaskKind.BINARY, inputs=("x",), label="y", classes=("no", "yes")))
        ('score', 'predicted', 'p_no', 'p_yes')
    """
    if task.kind is TaskKind.REGRESSION:
        return (QUANTITY_NUMBER,)
    score = (QUANTITY_SCORE,) if task.kind is TaskKind.BINARY else ()
    return (*score, QUANTITY_PREDICTED, *(QUANTITY_CLASS + name for name in task.classes))


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _number(cell: object) -> float:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise TypeError(cell)
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def _truth(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    word = str(cell).strip().lower()
    if word not in _TRUTHS:
        raise ValueError(cell)
    return _TRUTHS[word]


def _moment(cell: object) -> datetime:
    made = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell))
    return made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)


_CONVERTERS: dict[str, Callable[[object], Value]] = {"number": _number, "boolean": _truth, "timestamp": _moment}
