"""Files of evaluating: lists of ids in, flipped rows out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curiouser.data import formula_safe
from curiouser.evaluations.records import Flip
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError
from curiouser.storage.objects import disk_errors


def ids_in(path: Path, id_name: str = "id") -> list[str]:
    """Read ids: one per line, or the column of ids of a CSV with a header.

    Raises:
        BadInputError: The file is no text, or holds no id.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path} cannot be read: {error}", "give a UTF-8 text with one id per line") from error
    head = [cell.strip() for cell in rows[0]] if rows else []
    column = next((head.index(name) for name in (id_name, "id") if name in head), None)
    ids = [row[column or 0].strip() for row in rows[column is not None :] if len(row) > (column or 0)]
    if not ids:
        raise BadInputError(f"{path} holds no id", "write one id per line")
    return ids


def write_flips(flips: Sequence[Flip], test_set: TestSet, task: Task, path: Path) -> int:
    """Write rows that flipped, with their label and inputs; return how many.

    Raises:
        StorageError: The disk refused.
    """
    of_row = {"label": task.label, **{name: name for name in task.inputs}}
    shown = test_set.rows.select("id", *(pl.col(column).alias(f"row_{name}") for name, column in of_row.items()))
    listed = pl.DataFrame(
        [(one.id, one.a, one.b, one.kind) for one in flips],
        schema={"id": pl.String, "a": pl.String, "b": pl.String, "flip": pl.String},
        orient="row",
    )
    joined = listed.join(shown, on="id", how="left", maintain_order="left")
    draft = path.with_name(path.name + ".part")
    with disk_errors(f"writing {path}"):
        formula_safe(joined).write_csv(draft)
        draft.replace(path)
    return len(joined)
