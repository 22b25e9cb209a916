"""Count the users a problem affects: typed, from rows of production, or from reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from curiouser.data import DataCommit, DataService, predicates
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.measure import CountedShare, TypedShare, clopper_pearson
from curiouser.problems.errors import BadFactorError
from curiouser.problems.records import Affected, AffectedSource, UserReport
from curiouser.problems.results import AffectedShare

Share = tuple[AffectedShare, TypedShare | CountedShare]
"""What people read, and what impact draws from."""
CountKey = tuple[str, str, float | None]
"""Data commit, predicate, days of the window."""
Counted = Remembered[CountKey, tuple[int, int]]
"""Users with a matching row and active users, which stay what they are on one data commit."""
KEPT_SHARES = 4_096


class Counting:
    """Counts users in production rows; a window of a dataset is read once.

    Args:
        data: Where production rows are.
        task: Says whose a row is and when it was.
        counted: What was counted before.
    """

    def __init__(self, data: DataService, task: Task, counted: Counted | None = None) -> None:
        self._data, self._task = data, task
        self._counts = Counted(most=KEPT_SHARES) if counted is None else counted
        self._heads: dict[str, DataCommit] = {}
        self._windows: dict[tuple[str, float | None], tuple[pl.DataFrame, datetime | None]] = {}

    def share(self, affected: Affected, reports: Sequence[UserReport]) -> Share:
        """Find the percent of users affected.

        Args:
            affected: How it is found.
            reports: Standing reports of the problem that say whose they are.

        Raises:
            BadFactorError: Nobody is active in the window, or the task names no user or time.
            DatasetNotFoundError: The dataset of active users is not here.
        """
        if affected.source is AffectedSource.STATED:
            return _stated(affected)
        head = self._head(str(affected.dataset))
        if affected.source is AffectedSource.ROWS:
            where = predicates.parse(str(affected.where), head.schema)
            key = (head.id, str(where), affected.window_days)
            hit, active = self._counts.get(key, lambda: self._matching(head, affected, where))
            says = f"users with a row where {where}"
        else:
            window, start = self._window(head, affected)
            # A reporter is active by the very report, also where production rows do not show it.
            users = {str(one.user) for one in reports if start is None or one.reported_at > start}
            hit, active = len(users), len(users | set(window["user"]))
            says = "users who reported it (a lower bound)"
        return self._counted(affected, hit, active, f"{says}, {self._span(affected, head)}")

    def check(self, affected: Affected) -> None:
        """Make sure that a way to find the percent can work, before it is kept.

        Raises:
            BadFactorError: The task names no user, or no time for a window.
            DatasetNotFoundError: The dataset of active users is not here.
            BadInputError: The predicate cannot be read.
        """
        if affected.source is AffectedSource.STATED:
            return
        head = self._data.resolve(str(affected.dataset))
        self._columns(head, affected)
        if affected.where is not None:
            predicates.parse(affected.where, head.schema)

    def _head(self, ref: str) -> DataCommit:
        if ref not in self._heads:
            self._heads[ref] = self._data.resolve(ref)
        return self._heads[ref]

    def _matching(self, head: DataCommit, affected: Affected, where: predicates.Predicate) -> tuple[int, int]:
        """Count the users with a matching row in the window, and all that are active in it."""
        window, _ = self._window(head, affected)
        columns = list(dict.fromkeys(["id", *where.columns]))
        found = self._data.rows(head.id, columns=columns, where=where.expression())
        return window.join(found, on="id", how="semi")["user"].n_unique(), window["user"].n_unique()

    def _window(self, head: DataCommit, affected: Affected) -> tuple[pl.DataFrame, datetime | None]:
        """Read the active users' rows (id and user) and the moment the window starts."""
        key = (head.id, affected.window_days)
        if key in self._windows:
            return self._windows[key]
        user, time = self._columns(head, affected)
        rows = self._data.rows(head.id, columns=["id", user, *([time] if time else [])])
        rows = rows.filter(pl.col(user).is_not_null())
        start = None
        latest = rows[time].max() if time else None
        if isinstance(latest, datetime) and affected.window_days is not None:
            start = latest - timedelta(days=affected.window_days)
            rows = rows.filter(pl.col(str(time)) > start)
        self._windows[key] = rows.select("id", pl.col(user).cast(pl.String).alias("user")), start
        return self._windows[key]

    def _columns(self, head: DataCommit, affected: Affected) -> tuple[str, str | None]:
        user, time = self._task.user, self._task.time
        if user is None or user not in head.schema:
            raise BadFactorError(
                f"users cannot be counted in {head.dataset}: " + _lacks("user", user),
                "name the column as task.user in curiouser.toml, or state the percent with --affected and --because",
            )
        if affected.window_days is None:
            return user, None
        if time is None or time not in head.schema:
            raise BadFactorError(
                f"a window needs the time of each row of {head.dataset}: " + _lacks("time", time),
                "name the column as task.time in curiouser.toml, or leave the window out",
            )
        return user, time

    def _span(self, affected: Affected, head: DataCommit) -> str:
        span = "all rows" if affected.window_days is None else f"the last {affected.window_days:g} days"
        return f"{span} of {head.dataset}@{head.id[:12]}"

    def _counted(self, affected: Affected, users: int, active: int, says: str) -> Share:
        if not active:
            raise BadFactorError(
                f"nobody is active in {affected.dataset}, so there is no percent of users", "widen the window"
            )
        counted = CountedShare(users=users, active=active)
        interval = clopper_pearson(users, active)
        shown = AffectedShare(
            percent=counted.percent,
            low=100 * interval.low,
            high=100 * interval.high,
            source=affected.source,
            says=f"{users:,} of {active:,} {says}",
            users=users,
            active=active,
        )
        return shown, counted


def _stated(affected: Affected) -> Share:
    low, high = float(affected.low or 0.0), float(affected.high or 0.0)
    typed = TypedShare(low=low, high=high)
    shown = AffectedShare(
        percent=typed.percent, low=low, high=high, source=affected.source, says=f"stated: {affected.because}"
    )
    return shown, typed


def _lacks(role: str, column: str | None) -> str:
    return f"the task names no {role}" if column is None else f"it has no column {column!r}"
