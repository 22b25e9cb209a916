"""What rows must hold for the task: every bad cell of every row is found, none stops the search."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data.formats.bad_rows import FIELD_LIMIT_BYTES, BadRow, megabytes
from curiouser.data.formats.chunks import Chunk
from curiouser.data.importing.schema import Trouble, Typed
from curiouser.data.records import ColumnType, Origin
from curiouser.data.stored import ID, ORIGIN, WEIGHT
from curiouser.kernel.configuration import Task, TaskKind

_MOST_CLASSES_SHOWN = 10
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a look at some rows found."""

    good: NDArray[np.bool_]
    """``(n,)``, rows with nothing wrong."""
    bad: list[BadRow]
    """Everything that is wrong, in the order of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What rows of one import must hold.

    The label of a row may be missing (it is counted, and never scored); an
    input that is text or a file may not be; a row needs at least one input.
    """

    task: Task
    types: Mapping[str, ColumnType]
    """Stored name -> type, of the columns that come in."""
    names: Mapping[str, str]
    """Stored name -> the name in the file, where they differ."""

    def check(self, chunk: Chunk, rows: Typed) -> Checked:
        """Look at rows in stored form.

        Args:
            chunk: The rows as they were read, for what to show; same height.
            rows: The same rows in stored form, and what could not be brought to it.
        """
        found: list[tuple[int, BadRow]] = []
        good = np.ones(rows.frame.height, np.bool_)
        seen: dict[str, NDArray[np.bool_]] = {}
        for trouble in self._troubles(chunk.frame, rows):
            where = trouble.where.fill_null(value=False).to_numpy()
            # A cell that could not be read is not blamed for being missing as well.
            where = where & ~seen.get(trouble.column, np.zeros_like(where))
            if not where.any():
                continue
            seen[trouble.column] = seen.get(trouble.column, np.zeros_like(where)) | where
            good &= ~where
            found += [(i, self._bad_row(chunk, trouble, i)) for i in np.flatnonzero(where).tolist()]
        found.sort(key=lambda one: one[0])
        return Checked(good=good, bad=[row for _, row in found])

    def _bad_row(self, chunk: Chunk, trouble: Trouble, i: int) -> BadRow:
        column = self.names.get(trouble.column, trouble.column)
        value = chunk.frame[column][i] if column in chunk.frame.columns else None
        reason = trouble.reason
        if trouble.column == self.task.label and isinstance(value, str):
            reason += _nearest(value, self.task.classes)
        shown = None if value is None else str(value)[:_LONGEST_VALUE]
        return BadRow(line=int(chunk.lines[i]), column=column or None, value=shown, reason=reason)

    def _troubles(self, read: pl.DataFrame, rows: Typed) -> Iterator[Trouble]:
        yield from self._too_long(read)
        yield from rows.troubles
        frame = rows.frame
        rules: dict[str, Callable[[pl.Series], tuple[pl.Series, str]]] = {
            ID: _empty_id,
            WEIGHT: lambda weight: (weight <= 0, "is not above 0"),
            ORIGIN: _unknown_origin,
        }
        if self.task.kind is not TaskKind.REGRESSION:
            rules[self.task.label] = self._unknown_class
        for column, rule in rules.items():
            if column in frame.columns:
                where, reason = rule(frame[column])
                yield Trouble(column=column, where=where, reason=reason)
        yield from self._missing_inputs(frame)

    def _too_long(self, read: pl.DataFrame) -> Iterator[Trouble]:
        stored = {name: own for own, name in self.names.items()}
        for column in read.iter_columns():
            if column.dtype != pl.String or not len(column):
                continue
            sizes = column.str.len_bytes()
            if (sizes.max() or 0) > FIELD_LIMIT_BYTES:  # type: ignore[operator]  # the largest of some integers
                reason = f"is larger than the {megabytes(FIELD_LIMIT_BYTES)} that a field may have"
                yield Trouble(
                    column=stored.get(column.name, column.name), where=sizes > FIELD_LIMIT_BYTES, reason=reason
                )

    def _unknown_class(self, labels: pl.Series) -> tuple[pl.Series, str]:
        classes = self.task.classes
        shown = ", ".join(classes[:_MOST_CLASSES_SHOWN]) + (" …" if len(classes) > _MOST_CLASSES_SHOWN else "")
        return ~labels.is_in(list(classes)), f"is no class of the task ({shown})"

    def _missing_inputs(self, frame: pl.DataFrame) -> Iterator[Trouble]:
        inputs = [name for name in self.task.inputs if name in frame.columns]
        strict = {ColumnType.TEXT, ColumnType.FILE}
        for name in inputs:
            if self.types[name] in strict:
                reason = 'is missing, and the model reads it; write "" for an empty text'
                if self.types[name] is ColumnType.TEXT:
                    reason += f", or say --type {name}=category if it may be missing"
                yield Trouble(column=name, where=frame[name].is_null(), reason=reason)
        if len(inputs) == len(self.task.inputs) and not strict & {self.types[name] for name in inputs}:
            nothing = frame.select(pl.all_horizontal(pl.col(name).is_null() for name in inputs)).to_series()
            yield Trouble(column="", where=nothing, reason="has no input at all")


def _empty_id(ids: pl.Series) -> tuple[pl.Series, str]:
    return ids.is_null() | (ids.str.strip_chars() == ""), "the id is empty"


def _unknown_origin(origins: pl.Series) -> tuple[pl.Series, str]:
    known = [str(each) for each in Origin]
    return ~origins.is_in(known), f"is no origin ({', '.join(known)})"


def _nearest(value: str, classes: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, classes, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
