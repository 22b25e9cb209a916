"""A record that shows itself: as text, as an HTML table or curve, and as a frame."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import polars as pl

from curiouser.data import DataDiff
from curiouser.datachecks import Checked
from curiouser.evaluations import Comparison, ConfusionMatrix, EvaluationRun, Leaderboard
from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import MissingExtraError
from curiouser.problems import Check, History, Triage, history_svg
from curiouser.surfaces.bodies.data import diff_body
from curiouser.surfaces.bodies.datachecks import checked_body
from curiouser.surfaces.bodies.evaluations import comparison_body, confusion_body, leaderboard_body, run_body
from curiouser.surfaces.bodies.problems import check_body, history_body, triage_body

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Json]
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_MOST_ROWS = 200


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
        return pl.DataFrame([_flat(row) for row in self.rows], infer_schema_length=None, strict=False)

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
        return pandas.DataFrame([_flat(row) for row in self.rows])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the record has
        return getattr(self.record, name)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        if not self.rows:
            return f"{type(self.record).__name__}: nothing yet"
        with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True):
            return str(self.to_polars())

    def _repr_html_(self) -> str:
        drawn = history_svg(self.record) if isinstance(self.record, History) else ""
        return drawn + _table([_flat(row) for row in self.rows])


def shown(record: object) -> object:
    """Wrap a record that has a table in it; anything else stays as it is."""
    return tabled(record) if type(record) in _TABLES else record


def tabled(record: object) -> Shown:
    """Wrap a record that has a table in it.

    Raises:
        KeyError: It has none.
    """
    body_of, rows_of = _TABLES[type(record)]
    body = body_of(record)
    return Shown(record, body, rows_of(body))


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


_TABLES: dict[type, tuple[Callable[[Any], Mapping[str, Json]], Callable[[Mapping[str, Json]], Sequence[Row]]]] = {
    Triage: (triage_body, _list_of("problems")),
    History: (history_body, _curves),
    Check: (check_body, _list_of("problems")),
    ConfusionMatrix: (confusion_body, _grid),
    Leaderboard: (leaderboard_body, _list_of("models")),
    Comparison: (comparison_body, _list_of("pairs")),
    EvaluationRun: (run_body, _list_of("evaluations")),
    DataDiff: (diff_body, _list_of("rows")),
    Checked: (checked_body, _checks),
}


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


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>Nothing yet.</p>"
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th style="text-align:left">{html.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in columns) + "</tr>" for row in rows[:_MOST_ROWS]
    )
    more = f"<p>… and {len(rows) - _MOST_ROWS:,} more rows</p>" if len(rows) > _MOST_ROWS else ""
    return f'<table style="{_STYLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else html.escape(str(value))
