"""One input, put to every model at once: how a complaint is reproduced."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data import ColumnType, DataService, DatasetNotFoundError
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import CuriouserError
from curiouser.models.errors import InputRefusedError
from curiouser.models.records import Asked, Model, ModelKind
from curiouser.models.versions import Versions

if TYPE_CHECKING:
    from curiouser.models.predictions import PredictionStore

_DTYPES: Mapping[ColumnType, pl.DataType] = {
    ColumnType.NUMBER: pl.Float64(),
    ColumnType.BOOLEAN: pl.Boolean(),
    ColumnType.TIMESTAMP: pl.Datetime("us", "UTC"),
}
_TEXT = pl.String()
AT_ONCE = max(2, min(4, os.cpu_count() or 1))
"""Models that are started at the same time: each is a process, and may take the memory that it was allowed."""


class Asker:
    """Puts one input to models.

    Args:
        data: Knows the types of the inputs, and which rows hold them.
        predictions: Knows what files of predictions say.
        versions: Calls what can be called.
        task: What answers are for.
    """

    def __init__(self, data: DataService, predictions: PredictionStore, versions: Versions, task: Task) -> None:
        self._data, self._predictions, self._versions, self._task = data, predictions, versions, task

    def ask(self, given: Mapping[str, Any], models: Sequence[Model], *, on: str) -> tuple[Asked, ...]:
        """Ask every model about one input; one that fails says so, and the others go on.

        Raises:
            InputRefusedError: The input is not what the task says models read.
        """
        row = self._row(given, on)
        found = dict(self._as_they_come(models, row, self._rows_with(row, on)))
        return tuple(found[place] for place in range(len(models)))

    def each(self, given: Mapping[str, Any], models: Sequence[Model], *, on: str = "test") -> Iterator[Asked]:
        """Ask as :meth:`ask` does, and give each answer out as soon as it is there.

        A model that can be called takes seconds to start, so a few start at once.

        Raises:
            InputRefusedError: The input is not what the task says models read; before any model is asked.
        """
        row = self._row(given, on)
        coming = self._as_they_come(models, row, self._rows_with(row, on))
        return (asked for _, asked in coming)

    def _as_they_come(
        self, models: Sequence[Model], row: pl.DataFrame, stored: pl.DataFrame
    ) -> Iterator[tuple[int, Asked]]:
        """Give out the place of each model in the order of the models, and what it said."""
        slow = {place for place, model in enumerate(models) if model.kind.is_callable}
        pool = ThreadPoolExecutor(min(len(slow), AT_ONCE) or 1, thread_name_prefix="asking")
        try:
            waiting = {pool.submit(self._asked, models[place], row, stored): place for place in sorted(slow)}
            for place, model in enumerate(models):
                if place not in slow:
                    yield place, self._asked(model, row, stored)
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            # Whoever asked may have gone away; what is not begun is not begun any more.
            pool.shutdown(wait=False, cancel_futures=True)

    def _asked(self, model: Model, row: pl.DataFrame, stored: pl.DataFrame) -> Asked:
        try:
            if model.kind is ModelKind.REPORTED:
                return Asked(model=model, answer=None, error="only reported scores of it remain")
            if model.kind is ModelKind.PREDICTIONS:
                return self._looked_up(model, stored)
            now = self._versions.current(model)
            with self._versions.calling(now) as caller:
                answers = caller.predict(row)
            return self._read(now, {name: answers.get_column(name).to_numpy() for name in answers.columns}, 0)
        except CuriouserError as error:
            return Asked(model=model, answer=None, error=str(error))

    def _looked_up(self, model: Model, stored: pl.DataFrame) -> Asked:
        if not len(stored):
            reason = "it is a file of predictions, and no row of the test set holds this input"
            return Asked(model=model, answer=None, error=reason)
        keys = self._predictions.intern(stored, model.columns)
        found = self._predictions.read(model.digest, keys)
        if not found.valid.any():
            ids = ", ".join(stored.get_column("id").head(3))
            reason = f"it is a file of predictions without one for row {ids}; `curiouser model missing` exports it"
            return Asked(model=model, answer=None, error=reason)
        at = int(np.flatnonzero(found.valid)[0])
        return self._read(model, found.columns, at, known_as=str(stored.get_column("id")[at]))

    def _read(self, model: Model, columns: Mapping[str, NDArray[Any]], at: int, known_as: str | None = None) -> Asked:
        classes = self._task.classes
        values = {name: column[at] for name, column in columns.items()}
        if "number" in values:
            return Asked(model=model, answer=float(values["number"]), known_as=known_as)
        probabilities = {name: float(values[f"p_{name}"]) for name in classes if f"p_{name}" in values}
        score = float(values["score"]) if "score" in values else None
        if "class" in values:
            answer = classes[int(values["class"])]
        elif score is not None and model.threshold is not None:
            answer = classes[int(score >= model.threshold)]
        else:
            answer = max(classes, key=lambda name: probabilities[name])
        return Asked(model=model, answer=answer, score=score, probabilities=probabilities or None, known_as=known_as)

    def _row(self, given: Mapping[str, Any], on: str) -> pl.DataFrame:
        """Make a row of an input, with the types the test set has."""
        inputs = self._task.inputs
        strange = [name for name in given if name not in inputs]
        absent = [name for name in inputs if name not in given]
        if strange or absent:
            said = [f"{name!r} is no input" for name in strange] + [f"{name!r} is missing" for name in absent]
            raise InputRefusedError("; ".join(said), f"the task's inputs are {', '.join(inputs)}")
        kinds = self._kinds(on)
        columns = [_column(name, given[name], kinds.get(name)) for name in inputs]
        return pl.DataFrame(columns)

    def _kinds(self, on: str) -> Mapping[str, ColumnType]:
        try:
            return self._data.resolve(on).schema
        except DatasetNotFoundError:
            return {}  # no test set yet: the input's own types decide

    def _rows_with(self, row: pl.DataFrame, on: str) -> pl.DataFrame:
        """Find the stored rows that hold exactly this input."""
        same = pl.all_horizontal(
            pl.col(name).eq_missing(pl.lit(row.get_column(name)[0], row.schema[name])) for name in row.columns
        )
        columns = ["id", *self._task.inputs]
        try:
            return self._data.rows(on, columns=columns, where=same).select(columns)
        except DatasetNotFoundError:
            return pl.DataFrame(schema={"id": pl.String, **row.schema})


def _column(name: str, value: object, kind: ColumnType | None) -> pl.Series:
    if isinstance(value, Mapping | list):
        raise InputRefusedError(f"the input {name!r} must be one value, not {type(value).__name__}")
    dtype = _guessed(value) if kind is None else _DTYPES.get(kind, _TEXT)
    if dtype == _TEXT and value is not None and not isinstance(value, str):
        value = str(value)
    try:
        if isinstance(dtype, pl.Datetime) and isinstance(value, str):
            return pl.Series(name, [value]).str.to_datetime(time_unit="us", time_zone="UTC")
        return pl.Series(name, [value], dtype, strict=isinstance(value, bool) or value is None).cast(dtype)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise InputRefusedError(f"the input {name!r} is {value!r}, which is no {kind or 'value'}") from error


def _guessed(value: object) -> pl.DataType:
    if isinstance(value, bool):
        return pl.Boolean()
    return pl.Float64() if isinstance(value, int | float) else _TEXT
