"""Predictions from a file: every row is checked, and every mistake is told, before anything is stored.

A file has ``id`` and ``prediction`` (the class or the number), and/or ``score``
(positive class), or one ``p_<class>`` column per class; CSV, JSON lines or
Parquet. Single-precision Parquet columns stay single; all other numbers are
doubles. Probabilities may miss [0, 1] by 1e-6 and their sum may miss one by
1e-3; they are then normalised, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data import BadRow, open_rows
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.models.errors import PredictionsRefusedError, WrongFormatError
from curiouser.models.sandbox.answers import ROUGH, SLIGHT

_MOST_PROBLEMS = 100_000
_LARGEST_SHOWN = 20

Numbers = NDArray[np.float64] | NDArray[np.float32]
"""``(n,)``, in the precision of the source."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Checked predictions, in the order of the file."""

    rows: pl.DataFrame
    """``(n, …)``: the rows of the dataset they are for, with ``id`` and the inputs."""
    columns: Mapping[str, NDArray[Any]]
    """``score`` | ``class`` (codes) | ``p_<class>`` … | ``number`` -> ``(n,)``."""
    notes: tuple[str, ...] = ()
    """What was normalised, one sentence each."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A file on its way through the checks."""

    name: str
    frame: pl.DataFrame
    lines: NDArray[np.int64]
    task: Task
    problems: list[BadRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, at: Iterable[int], column: str | None, reason: str, values: pl.Series | None = None) -> None:
        """Write down what is wrong with some rows."""
        for row in at:
            if len(self.problems) >= _MOST_PROBLEMS:
                return
            value = None if values is None or values[int(row)] is None else str(values[int(row)])
            self.problems.append(BadRow(line=int(self.lines[row]), column=column, value=value, reason=reason))


def read_predictions(
    source: Path | pl.DataFrame,
    dataset: pl.DataFrame,
    task: Task,
    *,
    on: str,
    threshold: float | None,
    margins: bool = False,
) -> Predictions:
    """Read and check predictions for rows of a dataset.

    Args:
        source: A file, or a frame of the same columns.
        dataset: ``(n, …)``, the dataset's rows with ``id`` and the inputs.
        task: The task: which classes there are.
        on: The dataset as the user calls it, for errors.
        threshold: Binary: ``prediction`` and ``score`` must agree at this threshold.
        margins: Binary: whether ``score`` may be any finite number.

    Raises:
        WrongFormatError: The columns are not those of a predictions file.
        PredictionsRefusedError: Rows are wrong; all are named, each with its line, column and reason.
        UnreadableFileError: The file is missing, damaged, or not what its name says.
    """
    reading = _opened(source, task)
    identity = _identity(reading)
    places = _places(reading, identity, dataset, on)
    _same_inputs(reading, dataset, places)
    columns = _answers(reading, threshold, margins=margins)
    if reading.problems:
        problems = sorted(reading.problems, key=lambda problem: problem.line)
        raise PredictionsRefusedError(reading.name, [str(problem) for problem in problems])
    return Predictions(rows=dataset[places], columns=columns, notes=tuple(reading.notes))


def _opened(source: Path | pl.DataFrame, task: Task) -> _Reading:
    if isinstance(source, pl.DataFrame):
        return _Reading("the frame", source, np.arange(1, len(source) + 1), task)
    expected = {"id", task.id, "prediction", "score", *(f"p_{name}" for name in task.classes)}
    opened = open_rows(source, None, expected)
    frames, lines, bad = [], [np.zeros(0, np.int64)], []
    for chunk in opened.chunks():
        frames.append(chunk.frame)
        lines.append(chunk.lines)
        bad.extend(chunk.bad)
    if not frames and not bad:
        raise WrongFormatError(f"{source.name} has no rows", f"it needs one row per prediction: {_what_it_needs(task)}")
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    return _Reading(source.name, frame, np.concatenate(lines), task, problems=bad)


def _identity(reading: _Reading) -> str:
    """Find the id column, and make sure that there is something to read beside it."""
    task, columns = reading.task, reading.frame.columns
    identity = next((name for name in ("id", task.id) if name in columns), None)
    if identity is None:
        raise WrongFormatError(
            f"{reading.name} has no column 'id'; its columns are {_few(columns)}",
            "give every row the id of the row it predicts: `curiouser model missing NAME --on test` writes them",
        )
    given = [name for name in columns if name.startswith("p_") and name != identity]
    wanted = [f"p_{name}" for name in task.classes]
    if not {"prediction", "score", *wanted} & set(columns):
        raise WrongFormatError(
            f"{reading.name} has no predictions; its columns are {_few(columns)}", f"it needs {_what_it_needs(task)}"
        )
    strange = [name for name in given if name not in wanted]
    absent = [name for name in wanted if given and name not in given]
    if (strange or absent) and task.kind is not TaskKind.REGRESSION:
        said = [f"{name} stands for no configured class" for name in strange] + [
            f"{name} is missing" for name in absent
        ]
        raise WrongFormatError(f"{reading.name}: {'; '.join(said)}", f"the classes are {_few(task.classes)}")
    if task.kind is not TaskKind.BINARY and "score" in columns and "prediction" not in columns and not given:
        raise WrongFormatError(
            f"{reading.name} has the column 'score', which only a binary task has", f"it needs {_what_it_needs(task)}"
        )
    return identity


def _places(reading: _Reading, identity: str, dataset: pl.DataFrame, on: str) -> NDArray[np.int64]:
    """Find the dataset's row of each prediction; unknown and repeated ids are refused."""
    ids = reading.frame.get_column(identity).cast(pl.String)
    known = dataset.select("id").with_row_index("place")
    found = ids.to_frame("id").join(known, on="id", how="left", maintain_order="left").get_column("place")
    reading.refuse(np.flatnonzero(ids.is_null()), identity, "a prediction needs the id of its row")
    reading.refuse(np.flatnonzero(found.is_null() & ids.is_not_null()), identity, f"is the id of no row of {on}", ids)
    repeated = ids.is_duplicated() & ~ids.is_first_distinct() & ids.is_not_null()
    reading.refuse(np.flatnonzero(repeated), identity, "stands in an earlier line too", ids)
    return found.fill_null(0).to_numpy().astype(np.int64)


def _same_inputs(reading: _Reading, dataset: pl.DataFrame, places: NDArray[np.int64]) -> None:
    """Where the file repeats an input, it must be the one the row has: another was answered otherwise."""
    if not len(dataset):
        return
    for name in reading.task.inputs:
        if name not in reading.frame.columns or dataset.schema[name] != pl.String:
            continue
        given = reading.frame.get_column(name).cast(pl.String).fill_null("")
        stored = dataset.get_column(name).gather(places).fill_null("")
        refused = {problem.line for problem in reading.problems}
        other = [
            int(row) for row in np.flatnonzero((given != stored).to_numpy()) if int(reading.lines[row]) not in refused
        ]
        reading.refuse(other, name, "is not what the row holds now, so the prediction is for another input", given)


def _answers(reading: _Reading, threshold: float | None, *, margins: bool) -> dict[str, NDArray[Any]]:
    task, columns = reading.task, reading.frame.columns
    if task.kind is TaskKind.REGRESSION:
        return {"number": _numbers(reading, "prediction")}
    classes = _classes(reading) if "prediction" in columns else None
    names = [f"p_{name}" for name in task.classes]
    table = _distribution(reading, names) if names[0] in columns else None
    if task.kind is TaskKind.BINARY:
        return _binary(reading, classes, table, threshold, margins=margins)
    if table is None:
        return {"class": classes if classes is not None else np.zeros(0, np.int64)}
    made: dict[str, NDArray[Any]] = dict(zip(names, table, strict=True))
    if classes is not None:
        _most_probable(reading, classes, np.stack(table))
        made["class"] = classes
    return made


def _binary(
    reading: _Reading,
    classes: NDArray[np.int64] | None,
    table: list[Numbers] | None,
    threshold: float | None,
    *,
    margins: bool,
) -> dict[str, NDArray[Any]]:
    score: Numbers | None = table[-1] if table is not None else None
    if "score" in reading.frame.columns:
        score = _numbers(reading, "score")
        if not margins:
            score = _within_bounds(reading, "score", score)
        if table is not None:
            apart = ~(np.abs(score.astype(np.float64) - table[-1]) <= ROUGH)
            column = f"p_{reading.task.positive}"
            reading.refuse(np.flatnonzero(apart & _sound(reading)), column, "is not the score of the same row")
    if score is None:
        return {"class": classes if classes is not None else np.zeros(0, np.int64)}
    if classes is not None and threshold is not None:
        _agree(reading, classes, score, threshold)
    return {"score": score}


def _agree(reading: _Reading, classes: NDArray[np.int64], score: Numbers, threshold: float) -> None:
    apart = ((score.astype(np.float64) >= threshold) != (classes == 1)) & _sound(reading)
    if not apart.any():
        return
    values = score.astype(np.float64)[_sound(reading)]
    codes = classes[_sound(reading)]
    highest_no = values[codes == 0].max(initial=-np.inf)
    lowest_yes = float(values[codes == 1].min(initial=np.inf))
    hint = f"; every row agrees at --threshold {lowest_yes!r}" if highest_no < lowest_yes < np.inf else ""
    reading.refuse(
        np.flatnonzero(apart),
        "prediction",
        f"disagrees with the row's score at the threshold {threshold:g}{hint}",
        reading.frame.get_column("prediction"),
    )


def _most_probable(reading: _Reading, classes: NDArray[np.int64], table: NDArray[Any]) -> None:
    chosen = np.take_along_axis(table, classes[None, :], axis=0)[0]
    less = (table.max(axis=0) - chosen > SLIGHT) & _sound(reading)
    reading.refuse(
        np.flatnonzero(less),
        "prediction",
        "is not the class of the highest probability in its row",
        reading.frame.get_column("prediction"),
    )


def _sound(reading: _Reading) -> NDArray[np.bool_]:
    """Mark the rows that nothing is wrong with yet, so that one mistake is told once."""
    wrong = {problem.line for problem in reading.problems}
    return (
        np.array([int(line) not in wrong for line in reading.lines], np.bool_)
        if wrong
        else np.ones(len(reading.lines), np.bool_)
    )


def _classes(reading: _Reading) -> NDArray[np.int64]:
    given = reading.frame.get_column("prediction")
    texts = _class_texts(given, reading.task.classes)
    codes = texts.replace_strict(
        {name: at for at, name in enumerate(reading.task.classes)}, default=None, return_dtype=pl.Int64
    )
    reading.refuse(np.flatnonzero(texts.is_null()), "prediction", "is empty; leave out rows that have no answer")
    reason = f"is no configured class ({_few(reading.task.classes)})"
    reading.refuse(np.flatnonzero(codes.is_null() & texts.is_not_null()), "prediction", reason, given)
    return codes.fill_null(0).to_numpy().astype(np.int64)


def _class_texts(given: pl.Series, classes: tuple[str, ...]) -> pl.Series:
    """Read classes as text; whole floats as whole numbers, and truth values in the spelling of the configuration."""
    if given.dtype.is_float():
        whole = given.is_finite() & (given == given.round()) & (given.abs() < 2**53)
        return pl.select(
            pl.when(whole).then(given.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(given.cast(pl.String))
        ).to_series()
    texts = given.cast(pl.String)
    if given.dtype == pl.Boolean and "True" in classes:
        return texts.str.to_titlecase()
    return texts


def _numbers(reading: _Reading, column: str) -> Numbers:
    """Read a column of finite numbers; a bad one becomes NaN, and is written down."""
    if column not in reading.frame.columns:
        raise WrongFormatError(f"{reading.name} has no column {column!r}", f"it needs {_what_it_needs(reading.task)}")
    given = reading.frame.get_column(column)
    read = given if given.dtype == pl.Float32 else given.cast(pl.Float64, strict=False)
    reading.refuse(np.flatnonzero(given.is_null()), column, "is empty; leave out rows that have no answer")
    reading.refuse(np.flatnonzero(read.is_null() & given.is_not_null()), column, "is no number", given)
    infinite = ~read.is_finite().fill_null(value=True)
    reading.refuse(np.flatnonzero(infinite), column, "is no finite number", given)
    made: Numbers = read.fill_null(float("nan")).to_numpy()
    return made


def _within_bounds(reading: _Reading, column: str, numbers: Numbers, *, above: float = SLIGHT) -> Numbers:
    """Move numbers that left [0, 1] by rounding onto its edge; ``above``: by how much they may exceed one."""
    finite = np.isfinite(numbers)
    outside = finite & ((numbers < -SLIGHT) | (numbers > 1 + above))
    hint = "; if scores are margins, add --margins and --threshold T" if column == "score" else ""
    given = reading.frame.get_column(column)
    reading.refuse(np.flatnonzero(outside), column, f"lies outside [0, 1]{hint}", given)
    slight = finite & ((numbers < 0) | ((numbers > 1) & (numbers <= 1 + SLIGHT))) & ~outside
    if slight.any():
        reading.notes.append(
            f"{int(slight.sum()):,} of {column} left [0, 1] by at most 1e-6 and were moved onto its edge"
        )
    return _like(numbers, np.where(numbers > 1 + SLIGHT, numbers, np.clip(numbers, 0, 1)))


def _like(source: Numbers, numbers: NDArray[Any]) -> Numbers:
    """Keep the precision of the source."""
    return numbers.astype(np.float32) if source.dtype == np.float32 else numbers.astype(np.float64)


def _distribution(reading: _Reading, names: list[str]) -> list[Numbers]:
    """Read one column per class; rows must sum to one."""
    # A row that sums to a little more than one may hold a probability that is as much above it.
    table = [_within_bounds(reading, name, _numbers(reading, name), above=ROUGH) for name in names]
    total = np.sum([column.astype(np.float64) for column in table], axis=0)
    miss = np.abs(total - 1)
    far = np.flatnonzero((miss > ROUGH) & _sound(reading))
    for row in far[:_MOST_PROBLEMS]:
        reason = f"the row's probabilities sum to {total[row]:.6g}, and must sum to 1 (to within {ROUGH:g})"
        reading.refuse([int(row)], f"{names[0]} … {names[-1]}", reason)
    rough = (miss > SLIGHT) & (miss <= ROUGH)
    if not rough.any():
        return table
    reading.notes.append(
        f"the probabilities of {int(rough.sum()):,} of {len(total):,} rows summed to one only within "
        f"{miss[rough].max():.1g} and were normalised"
    )
    divisor = np.where(rough, total, 1.0)
    return [_like(column, np.minimum(column / divisor, 1.0)) for column in table]


def _what_it_needs(task: Task) -> str:
    if task.kind is TaskKind.REGRESSION:
        return "id and prediction (the number)"
    each = ", ".join(f"p_{name}" for name in task.classes[:3]) + (" …" if len(task.classes) > 3 else "")
    score = " and/or score (of the positive class)" if task.kind is TaskKind.BINARY else ""
    return f"id and prediction (the class){score}, or {each}"


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _LARGEST_SHOWN} more" if len(listed) > _LARGEST_SHOWN else ""
    return ", ".join(listed[:_LARGEST_SHOWN]) + more
