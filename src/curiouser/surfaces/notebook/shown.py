"""A record that shows itself: as text, as an HTML table or curve, and as a frame."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import polars as pl

from curiouser.data import DataDiff
from curiouser.datachecks import Checked
from curiouser.evaluations import Comparison, ConfusionMatrix, EvaluationRun, Leaderboard
from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import MissingExtraError
from curiouser.problems import Check, History, ShownProblem, Triage, history_svg
from curiouser.surfaces.bodies.data import diff_body
from curiouser.surfaces.bodies.datachecks import checked_body
from curiouser.surfaces.bodies.evaluations import comparison_body, confusion_body, leaderboard_body, run_body
from curiouser.surfaces.bodies.problems import check_body, history_body, shown_body, triage_body
from curiouser.surfaces.notebook.columns import (
    checked_table,
    comparison_table,
    confusion_table,
    diff_table,
    evaluations_table,
    leaderboard_table,
)
from curiouser.surfaces.notebook.problem_columns import check_table, history_table, problem_table, triage_table
from curiouser.surfaces.notebook.tables import Table

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Json]


class Shown:
    """A service's record, with its body as a table.

    Everything the record has is reached through this object; ``record`` is the
    record itself.

    Args:
        record: What the service returned.
        body: The same as JSON would say it.
        rows: The table in it.
    """

    def __init__(self, record: object, body: Mapping[str, Json], rows: Sequence[Row]) -> None:
        self.record, self.body, self.rows = record, body, rows

    def to_polars(self) -> pl.DataFrame:
        """Give the table as a Polars frame; nested values become columns such as ``error.low``."""
        return pl.DataFrame(_frame(self.rows), infer_schema_length=None, strict=False)

    def to_pandas(self) -> pd.DataFrame:
        """Give the table as a pandas frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            # Only for who asks for it: pandas is an extra.
            import pandas  # noqa: ICN001, PLC0415  see above
        except ModuleNotFoundError as error:
            raise MissingExtraError("to_pandas()", "arrow") from error
        return pandas.DataFrame(_frame(self.rows))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the record has
        return getattr(self.record, name)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return self._table().as_text()

    def _repr_html_(self) -> str:
        record = self.record
        drawn = history_svg(record) if isinstance(record, History) else ""
        single = record.evaluations if isinstance(record, EvaluationRun) and len(record.evaluations) == 1 else ()
        return drawn + self._table().as_html() + "".join(confusion_table(one.confusion).as_html() for one in single)

    def _table(self) -> Table:
        return _TABLES[type(self.record)].table(self.record)


def shown(record: object) -> object:
    """Wrap a record that has a table in it; anything else stays as it is."""
    return tabled(record) if type(record) in _TABLES else record


def tabled(record: object) -> Shown:
    """Wrap a record that has a table in it.

    Raises:
        KeyError: It has none.
    """
    known = _TABLES[type(record)]
    body = known.body(record)
    return Shown(record, body, known.rows(body))


def is_pandas(value: object) -> TypeGuard[pd.DataFrame]:
    """Tell a pandas frame without importing pandas to ask."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _list_of(key: str) -> Callable[[Mapping[str, Json]], Sequence[Row]]:
    return lambda body: cast("Sequence[Row]", body[key])


def _curves(body: Mapping[str, Json]) -> Sequence[Row]:
    problems = cast("Sequence[Mapping[str, Any]]", body["problems"])
    return [{"problem": problem["name"], **model} for problem in problems for model in problem["models"]]


def _checks(body: Mapping[str, Json]) -> Sequence[Row]:
    checks = cast("Sequence[Row]", body["checks"])
    return [{name: value for name, value in one.items() if name not in {"rows", "details"}} for one in checks]


def _grid(body: Mapping[str, Json]) -> Sequence[Row]:
    """List a row per label and a column per answer; without a grid, the pairs confused most."""
    classes, counts = cast("Sequence[str]", body["classes"]), cast("Sequence[Sequence[int]] | None", body["counts"])
    if counts is None:
        return cast("Sequence[Row]", body["most_confused"])
    answers = [f"answered {name}" for name in classes]
    return [{"label": name, **dict(zip(answers, row, strict=True))} for name, row in zip(classes, counts, strict=True)]


def _scored(body: Mapping[str, Json]) -> Sequence[Row]:
    """List evaluations; which classes were taken for which is a table of its own."""
    evaluations = cast("Sequence[Row]", body["evaluations"])
    return [{name: value for name, value in one.items() if not name.startswith("confusion")} for one in evaluations]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How records of one type are told."""

    body: Callable[[Any], Mapping[str, Json]]
    rows: Callable[[Mapping[str, Json]], Sequence[Row]]
    """The whole frame, out of the body."""
    table: Callable[[Any], Table]
    """What is shown of it."""


_TABLES = {
    Triage: _Kind(triage_body, _list_of("problems"), triage_table),
    History: _Kind(history_body, _curves, history_table),
    Check: _Kind(check_body, _list_of("problems"), check_table),
    ShownProblem: _Kind(shown_body, _list_of("patterns"), problem_table),
    ConfusionMatrix: _Kind(confusion_body, _grid, confusion_table),
    Leaderboard: _Kind(leaderboard_body, _list_of("models"), leaderboard_table),
    Comparison: _Kind(comparison_body, _list_of("pairs"), comparison_table),
    EvaluationRun: _Kind(run_body, _scored, evaluations_table),
    DataDiff: _Kind(diff_body, _list_of("rows"), diff_table),
    Checked: _Kind(checked_body, _checks, checked_table),
}


def _frame(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Flatten rows; a value that is nested in one row and missing in another has only its parts as columns."""
    flat = [_flat(row) for row in rows]
    parents = {name.rpartition(".")[0] for row in flat for name in row}
    return [{name: value for name, value in row.items() if name not in parents} for row in flat]


def _flat(row: Row, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            flat[name] = ", ".join(str(item) for item in value)
        else:
            flat[name] = value
    return flat
