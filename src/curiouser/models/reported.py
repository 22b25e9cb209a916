"""Scores that somebody reported, from JSON or CSV: all that remains of some models."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curiouser.data import open_rows
from curiouser.kernel.errors import BadInputError
from curiouser.models.errors import PredictionsRefusedError, WrongFormatError
from curiouser.models.records import ReportedScore

_COLUMNS = ("metric", "value", "n", "test_set", "slice", "note")
_NEEDED = ("metric", "value")


def read_reported(source: Path | Mapping[str, Any]) -> tuple[ReportedScore, ...]:
    """Read the scores of one model.

    Args:
        source: A mapping or JSON file ``{"accuracy": 0.83, "f1": {"value": 0.7, "n": 600}}``, a JSON list of
            ``{"metric": …, "value": …}``, or a CSV file with the columns metric, value and any of n, test_set,
            slice, note.

    Raises:
        WrongFormatError: It is neither, or lacks a column.
        PredictionsRefusedError: Scores are wrong; all are named.

    Examples:
        >>> read_reported({"accuracy": 0.83})[0].value
        0.83
    """
    if isinstance(source, Mapping):
        return _checked("the mapping", list(_from_mapping(source)))
    if source.suffix.lower() == ".json":
        return _checked(source.name, list(_from_json(source)))
    rows = _from_table(source)
    if any("model" in row for _place, row in rows):
        raise WrongFormatError(f"{source.name} has a column 'model'", "enter each model in it with --each")
    return _checked(source.name, rows)


def read_each_reported(source: Path) -> dict[str, tuple[ReportedScore, ...]]:
    """Read the scores of many models from one CSV file with a column ``model``.

    Raises:
        WrongFormatError: It lacks a column.
        PredictionsRefusedError: Scores are wrong; all are named.
    """
    rows = _from_table(source, "model")
    by_model: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for place, row in rows:
        name = str(row.get("model") or "")
        if not name:
            raise PredictionsRefusedError(source.name, [f"{place}: names no model"])
        by_model.setdefault(name, []).append((place, {key: value for key, value in row.items() if key != "model"}))
    if not by_model:
        raise WrongFormatError(f"{source.name} has no rows", "give at least one score")
    return {name: _checked(source.name, scores) for name, scores in by_model.items()}


def by_metric(scores: Sequence[ReportedScore]) -> dict[str, ReportedScore]:
    """Pick one score per metric: the first over all rows, else none of it."""
    found: dict[str, ReportedScore] = {}
    for score in scores:
        if score.slice is None:
            found.setdefault(score.metric, score)
    return found


def _from_mapping(source: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for metric, value in source.items():
        row = value if isinstance(value, Mapping) else {"value": value}
        yield f"{metric!r}", {"metric": metric, **row}


def _from_json(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, RecursionError) as error:
        raise WrongFormatError(f"{path.name} is no JSON: {error}", 'write {"accuracy": 0.83}') from error
    if isinstance(raw, Mapping):
        yield from _from_mapping(raw)
    elif isinstance(raw, list) and all(isinstance(row, Mapping) for row in raw):
        yield from ((f"entry {at}", row) for at, row in enumerate(raw, 1))
    else:
        raise WrongFormatError(f"{path.name} is neither an object nor a list of objects", 'write {"accuracy": 0.83}')


def _from_table(path: Path, *more: str) -> list[tuple[str, Mapping[str, Any]]]:
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for chunk in open_rows(path, None, (*_COLUMNS, *more)).chunks():
        if chunk.bad:
            raise PredictionsRefusedError(path.name, [str(bad) for bad in chunk.bad])
        absent = [name for name in (*_NEEDED, *more) if name not in chunk.frame.columns]
        if absent:
            raise WrongFormatError(
                f"{path.name} has no column {', '.join(absent)}", f"its columns are {', '.join(chunk.frame.columns)}"
            )
        for line, row in zip(chunk.lines, chunk.frame.iter_rows(named=True), strict=True):
            rows.append((f"line {line}", {name: value for name, value in row.items() if value is not None}))
    return rows


def _checked(source: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[ReportedScore, ...]:
    if not rows:
        raise WrongFormatError(f"{source} has no scores", "give at least one metric with its value")
    problems: list[str] = []
    scores: list[ReportedScore] = []
    seen: set[tuple[str, str | None, str | None]] = set()
    for place, row in rows:
        made = _score(row)
        if isinstance(made, str):
            problems.append(f"{place}: {made}")
            continue
        identity = (made.metric, made.slice, made.test_set)
        if identity in seen:
            problems.append(f"{place}: {made.metric} is reported twice for the same rows")
        seen.add(identity)
        scores.append(made)
    if problems:
        raise PredictionsRefusedError(source, problems)
    return tuple(scores)


def _score(row: Mapping[str, Any]) -> ReportedScore | str:
    broken = [name for name, value in row.items() if isinstance(value, str) and not _is_text(value)]
    if broken:
        return f"{broken[0]} holds half of a surrogate pair or NUL; this is no text"
    strange = [name for name in row if name not in _COLUMNS]
    if strange:
        return f"{strange[0]!r} is none of {', '.join(_COLUMNS)}"
    metric = row.get("metric")
    value, n = _number(row.get("value")), row.get("n")
    if not isinstance(metric, str) or not metric.strip():
        return "names no metric"
    if value is None:
        return f"the value {row.get('value')!r} is no finite number"
    count = _number(n) if n is not None else None
    if n is not None and (count is None or count < 0 or count != int(count)):
        return f"n {n!r} is no whole number >= 0"
    return ReportedScore(
        metric=metric.strip(),
        value=value,
        n=None if count is None else int(count),
        test_set=_text(row.get("test_set")),
        slice=_text(row.get("slice")),
        note=_text(row.get("note")),
    )


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
