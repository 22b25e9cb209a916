"""Lay settlements over a merge that is worked out: what is in conflict becomes what somebody decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from curiouser.data.cells import value_of
from curiouser.data.errors import BadExamplesError
from curiouser.data.merging.records import WHOLE_ROW, ConflictKind, Disagreement, Resolution, Settlement, Values
from curiouser.data.merging.rows import MergePlan
from curiouser.data.records import ColumnType, Value
from curiouser.data.stored import ID, Schema, StoredRows, dtypes_of, to_stored
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError

Settled = Sequence[tuple[Disagreement, Settlement]]
_Row = dict[str, Value]


def settled_rows(plan: MergePlan, settled: Settled) -> pl.DataFrame:
    """Return the rows of a merge with every settlement laid over them, sorted by id."""
    about_rows = [(about, how) for about, how in settled if about.example is not None]
    ids = pl.Series(ID, [about.example for about, _ in about_rows], dtype=pl.String).unique()
    decided = plan.merged.filter(pl.col(ID).is_in(ids.implode()))
    rows: dict[str, _Row] = {row[ID]: row for row in decided.iter_rows(named=True)}
    for about, how in about_rows:
        _lay(rows, about, how)
    others = plan.merged.filter(~pl.col(ID).is_in(ids.implode()))
    laid = pl.DataFrame(list(rows.values()), schema=dtypes_of(plan.shared))
    return pl.concat([others, laid]).sort(ID)


def settled_columns(plan: MergePlan, settled: Settled) -> dict[str, ColumnType]:
    """Return the columns of a merge as they were settled."""
    schema = dict(plan.columns.schema)
    for about, how in settled:
        if about.kind is ConflictKind.COLUMN:
            side = about.theirs if how.resolution is Resolution.THEIRS else about.ours
            kind = (side or {}).get(about.unit)
            if kind is None:
                schema.pop(about.unit, None)
            else:
                schema[about.unit] = ColumnType(str(kind))
    return schema


def given_values(about: Disagreement, texts: Mapping[str, str | None], schema: Schema, task: Task) -> Values:
    """Read values that somebody gives for a conflict, by the types of their columns.

    Raises:
        BadInputError: They are not for this conflict, or leave a field of it open.
        BadExamplesError: A text is no value of its column.
    """
    if about.kind is ConflictKind.COLUMN:
        raise BadInputError(f"column {about.unit!r} is kept as one side has it", "take ours or theirs")
    allowed = [name for name in schema if name != ID] if about.unit == WHOLE_ROW else list(about.fields)
    unknown = [name for name in texts if name not in allowed]
    missing = [] if about.unit == WHOLE_ROW else [name for name in allowed if name not in texts]
    if unknown or missing:
        raise BadInputError(
            f"the conflict is about {', '.join(allowed)}, and values were given for {', '.join(texts) or 'nothing'}",
            "give each of these fields a value",
        )
    values: dict[str, Value] = {}
    for name, text in texts.items():
        try:
            values[name] = value_of(text, schema[name])
        except ValueError as error:
            raise BadExamplesError([f"{name} of {about.example} cannot be {text!r}: it is a {schema[name]}"]) from error
    return _checked(str(about.example), values, schema, task)


def _checked(example: str, values: Values, schema: Schema, task: Task) -> Values:
    """Hold values to what rows must satisfy: classes of the task, finite numbers, known origins."""
    frame = pl.DataFrame([{ID: example, **values}], schema=dtypes_of(schema, [ID, *values]))
    made: StoredRows = to_stored(frame, task, given={}, known=schema)
    return {name: value for name, value in made.frame.row(0, named=True).items() if name != ID}


def _lay(rows: dict[str, _Row], about: Disagreement, how: Settlement) -> None:
    example = str(about.example)
    side = about.theirs if how.resolution is Resolution.THEIRS else about.ours
    if about.unit != WHOLE_ROW:
        rows[example].update(how.values or {} if how.resolution is Resolution.VALUE else side or {})
        return
    if how.resolution is Resolution.VALUE:
        side = {**(about.ours or about.theirs or {}), **(how.values or {})}
    if side is None:
        rows.pop(example, None)
    else:
        rows[example] = {ID: example, **side}
