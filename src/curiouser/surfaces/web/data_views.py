"""Versions of rows as pages show them: what a row says, and how it differs from before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np

from curiouser.data import Change, DataCommit, DataDiff, DatasetStatus, RowChange, RowsPage, Value
from curiouser.evaluations import UnlabelledTestSetError
from curiouser.kernel.canonical import Json
from curiouser.models import Model, ModelKind
from curiouser.surfaces.bodies.data import data_commit_body, value_body
from curiouser.surfaces.web.tables import Column, Table
from curiouser.workspace import Workspace

_LONGEST = 400
_OWN = ("id", "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A row that differs between two versions, ready to be read."""

    id: str
    """The row."""
    change: str
    """added, removed or changed."""
    cells: Sequence[tuple[str, str | None, str | None]]
    """(column, before, after) of inputs and label; equal where nothing changed."""
    others: Sequence[tuple[str, str | None, str | None]]
    """The same of other columns that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one model said to one example."""

    model: Model
    """Who."""
    answer: str | float | None
    """Its class, or in regression its number; None where it gave none."""
    score: float | None
    """Score of the positive class, where it gives one."""
    is_wrong: bool
    """Whether it is known to be wrong."""


def shown(value: object) -> str | None:
    """Write a cell for people; None is missing.

    Examples:
        >>> shown(None), shown(True), shown(2.0), shown("a")
        (None, 'true', '2', 'a')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else repr(value)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def main_columns(workspace: Workspace, schema: Iterable[str]) -> list[str]:
    """Choose the columns that say what a row is: inputs and label, as far as the dataset has them."""
    task, known = workspace.configuration.task, set(schema)
    return [name for name in (*task.inputs, task.label) if name in known]


def other_columns(workspace: Workspace, schema: Iterable[str]) -> list[str]:
    """Choose the rest, without the id."""
    first = set(main_columns(workspace, schema))
    return [name for name in schema if name not in first and name != "id"]


def diff_lines(workspace: Workspace, found: DataDiff) -> list[DiffLine]:
    """Lay out rows that differ; where only a part of a row changed, the rest is read beside it."""
    after = workspace.data.resolve(found.after)
    main = main_columns(workspace, after.schema)
    changed = [row.id for row in found.rows if row.change is Change.CHANGED]
    whole = {row["id"]: row for row in workspace.data.rows(after.id, ids=changed).to_dicts()} if changed else {}
    return [_line(row, main, whole.get(row.id, {})) for row in found.rows]


def diff_table(found: DataDiff) -> Table:
    """The differences for CSV and JSON: one row per row, before and after of each field."""
    names = list(dict.fromkeys(name for row in found.rows for name in row.fields))
    rows: list[dict[str, Json]] = []
    for row in found.rows:
        said: dict[str, Json] = {"id": row.id, "change": str(row.change)}
        for name in names:
            old, new = row.fields.get(name, (None, None))
            said |= {f"{name}_before": value_body(old), f"{name}_after": value_body(new)}
        rows.append(said)
    keys = ["id", "change", *(f"{name}_{when}" for name in names for when in ("before", "after"))]
    return Table(
        name="rows", caption="Rows that differ", columns=[Column(key=key, title=key) for key in keys], rows=rows
    )


def heads_table(found: Sequence[DatasetStatus]) -> Table:
    """Branches and tags for CSV."""
    keys = ("dataset", "kind", "ref", "ref_kind", "data_commit", "rows", "message", "author", "created_at")
    rows: list[dict[str, Json]] = [
        {
            **data_commit_body(at), "kind": str(each.dataset.kind), "ref": ref.name, "ref_kind": str(ref.kind),
        }
        for each in found
        for ref, at in each.heads
    ]  # fmt: skip
    return Table(name="heads", caption="Heads", columns=[Column(key=key, title=key) for key in keys], rows=rows)


def log_table(found: Sequence[DataCommit]) -> Table:
    """The log for CSV and JSON."""
    keys = ("data_commit", "created_at", "author", "message", "rows", "added", "changed", "removed", "content_hash")
    rows = [data_commit_body(at) for at in found]
    return Table(
        name="data_commits", caption="Versions", columns=[Column(key=key, title=key) for key in keys], rows=rows
    )


def rows_table(found: RowsPage) -> Table:
    """A page of rows for CSV and JSON."""
    columns = [Column(key=name, title=name) for name in found.data_commit.schema]
    rows = [{name: value_body(value) for name, value in row.items()} for row in found.rows]
    return Table(name="rows", caption="Rows", columns=columns, rows=rows)


def answers_to(workspace: Workspace, ref: str, example: str) -> list[Answered]:
    """Read what every active model said to one example, where the version has labels."""
    evaluations = workspace.evaluations
    try:
        test_set = evaluations.test_set(ref)
    except UnlabelledTestSetError:
        return []
    place = int(test_set.places([example])[0])
    models = [one for one in workspace.models.list() if one.kind is not ModelKind.REPORTED]
    if place < 0 or not models:
        return []
    marked = evaluations.marked(models, test_set, np.array([place]))
    classes = workspace.configuration.task.classes
    found = []
    for model in models:
        one = marked[model.id]
        code, numbers, scores = int(one.classes[0]), one.answers.numbers, one.answers.scores
        valid = bool(one.answers.valid[0])
        answer = classes[code] if code >= 0 else float(numbers[0]) if numbers is not None and valid else None
        score = float(scores[0]) if scores is not None and valid else None
        found.append(Answered(model=model, answer=answer, score=score, is_wrong=bool(one.wrong[0])))
    return found


def _line(row: RowChange, main: Sequence[str], whole: Mapping[str, Value]) -> DiffLine:
    cells = []
    for name in main:
        unchanged = whole.get(name)
        old, new = row.fields.get(name, (unchanged, unchanged))
        cells.append((name, shown(old), shown(new)))
    others = [
        (name, shown(old), shown(new))
        for name, (old, new) in row.fields.items()
        if name not in main and row.change is Change.CHANGED
    ]
    return DiffLine(id=row.id, change=str(row.change), cells=cells, others=others)
