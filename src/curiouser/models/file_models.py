"""Models that are a file of predictions: added whole, completed later, never overwritten."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data import DataService
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.models import stored
from curiouser.models.calling import default_threshold
from curiouser.models.errors import ModelRunError, PredictionsRefusedError, ReportedOnlyError, WrongFormatError
from curiouser.models.files import Predictions, read_predictions
from curiouser.models.records import Added, Model, ModelKind, Updated
from curiouser.storage import Database

if TYPE_CHECKING:
    from curiouser.models.predictions import PredictionStore

_MOST_CHANGED = 100_000


class FileModels:
    """Adds files of predictions and completes them.

    Args:
        database: Where models are written down.
        data: The rows that predictions are for.
        predictions: Where predictions are kept.
        task: What answers are for.
        clock: Tells the time.
    """

    def __init__(
        self, database: Database, *, data: DataService, predictions: PredictionStore, task: Task, clock: Clock
    ) -> None:
        self._database, self._data, self._predictions = database, data, predictions
        self._task, self._clock = task, clock
        self.columns = ("id", *task.inputs)

    def add(
        self, name: str, source: Path | pl.DataFrame, *, on: str, threshold: float | None, margins: bool, actor: str
    ) -> Added:
        """Check a file and store it as a model, in one transaction."""
        if threshold is None:
            threshold = default_threshold(self._task, margins=margins)
        rows = self.rows(on)
        read = read_predictions(source, rows, self._task, on=on, threshold=threshold, margins=margins)
        keys = self._predictions.intern(read.rows, self.columns)
        answers = _hash_of(read)
        now = self._clock()
        with self._database.write() as connection:
            others = stored.listed(connection, include_retired=True, every_version=False)
            copy = sum(1 for model in others if model.source.get("answers") == answers)
            said = {
                "answers": answers,
                "copy": copy,
                "margins": margins,
                "columns": sorted(read.columns),
                "classes": list(self._task.classes),
                "file": source.name if isinstance(source, Path) else None,
            }
            # Two models of equal files are completed apart, so each has a digest of its own.
            digest = digest_of({"kind": "predictions", "answers": answers, "copy": copy})
            number = stored.insert_model(connection, name, ModelKind.PREDICTIONS, actor=actor, now=now)
            stored.insert_version(
                connection, number, 1,
                digest=digest, threshold=threshold, columns=self.columns, source=said, actor=actor, now=now,
            )  # fmt: skip
            self._predictions.write(digest, keys, read.columns, connection=connection)
            detail = f"{len(keys)} predictions for {on}"
            stored.insert_event(connection, number, "added", detail, actor=actor, now=now)
            model = stored.find(connection, name)
        return Added(model=model, rows=len(rows), answered=len(keys), notes=read.notes)

    def update(self, model: Model, source: Path | pl.DataFrame, *, on: str, actor: str) -> Updated:
        """Add predictions for rows that had none; another one for a row that has one is refused."""
        self._refuse_others(model)
        rows = self.rows(on)
        margins, threshold = model.margins, model.threshold
        read = read_predictions(source, rows, self._task, on=on, threshold=threshold, margins=margins)
        columns = self._same_columns(model, read)
        keys = self._predictions.intern(read.rows, self.columns)
        with self._database.write() as connection:
            # Whoever holds this row is alone with the model, so what is read here stays true until the end.
            number = stored.lock_model(connection, model.id)
            unchanged = int(self._predictions.known(model.digest, keys).sum())
            self._refuse_changes(model, read, columns, keys, source)
            added = self._predictions.write(model.digest, keys, columns, connection=connection)
            if added:
                detail = f"{added} predictions for {on}"
                stored.insert_event(connection, number, "updated", detail, actor=actor, now=self._clock())
        missing = self.missing(model, on=on)
        return Updated(
            model=model, added=added, unchanged=unchanged, rows=len(rows), missing=len(missing), notes=read.notes
        )

    def missing(self, model: Model, *, on: str) -> pl.DataFrame:
        """List the rows a model has not answered yet: id and inputs, by id."""
        if not len(self.rows(on)):
            return self.rows(on)
        # One data commit for all that follows: the branch may move meanwhile.
        data_commit = self._data.resolve(on)
        rows = self.rows(data_commit.id)
        keys = self._predictions.keys_for(data_commit.content_hash, model.columns, lambda: rows)
        return rows.filter(~self._predictions.known(model.digest, keys))

    def rows(self, on: str) -> pl.DataFrame:
        """Load the ids and inputs of a dataset, by id."""
        return self._data.rows(on, columns=list(self.columns)).select(self.columns)

    def _refuse_others(self, model: Model) -> None:
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "take predictions")
        if model.kind is not ModelKind.PREDICTIONS:
            raise ModelRunError(model.title, "is called by Curiouser itself and takes no file of predictions",
                                "run `curiouser evaluate`, or add the file as another model")  # fmt: skip
        if model.source["classes"] != list(self._task.classes):
            raise WrongFormatError(
                f"model {model.name!r} was added when the classes were {', '.join(model.source['classes'])}",
                "set [task] classes back, or add its predictions again under another name",
            )

    def _same_columns(self, model: Model, read: Predictions) -> Mapping[str, NDArray[Any]]:
        wanted = model.source["columns"]
        if set(wanted) <= set(read.columns):
            return {name: read.columns[name] for name in wanted}
        has = ", ".join(read.columns)
        raise WrongFormatError(
            f"the predictions of model {model.name!r} have {', '.join(wanted)}, and this file has {has}",
            "give the same columns as when it was added",
        )

    def _refuse_changes(
        self,
        model: Model,
        read: Predictions,
        columns: Mapping[str, NDArray[Any]],
        keys: NDArray[np.int64],
        source: Path | pl.DataFrame,
    ) -> None:
        kept = self._predictions.read(model.digest, keys)
        if not kept.columns:
            return
        other = np.zeros(len(keys), np.bool_)
        for name, column in columns.items():
            # Both in the precision that is kept: a double that was stored as a single is no other answer.
            other |= kept.valid & (column.astype(kept.columns[name].dtype) != kept.columns[name])
        ids = read.rows.get_column("id")
        problems = [
            f"row {ids[int(at)]!r}: has the prediction {self._said(columns, int(at), kept.columns)}"
            for at in np.flatnonzero(other)[:_MOST_CHANGED]
        ]
        if problems:
            name = source.name if isinstance(source, Path) else "the frame"
            raise PredictionsRefusedError(
                name,
                problems,
                "a model has one answer to one input: add the new answers as another model; nothing was stored",
            )

    def _said(self, given: Mapping[str, NDArray[Any]], at: int, kept: Mapping[str, NDArray[Any]]) -> str:
        name = next(name for name, column in given.items() if column.astype(kept[name].dtype)[at] != kept[name][at])
        if name == "class":
            classes = self._task.classes
            return f"{classes[int(kept[name][at])]}, and the file says {classes[int(given[name][at])]}"
        return f"{name} {kept[name][at].item()!r}, and the file says {given[name][at].item()!r}"


def _hash_of(read: Predictions) -> str:
    """Hash predictions whatever the order of their rows."""
    order = np.argsort(read.rows.get_column("id").to_numpy().astype(np.str_), kind="stable")
    digest = hashlib.sha256()
    for identity in read.rows.get_column("id").gather(order):
        digest.update(str(identity).encode() + b"\0")
    for name in sorted(read.columns):
        column = read.columns[name][order]
        digest.update(f"{name}:{column.dtype.str}:".encode() + np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
