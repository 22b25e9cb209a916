"""Triage: gather what is known of every problem on one model, and rank."""

from __future__ import annotations

from collections.abc import Mapping

from curiouser.data import DataService
from curiouser.kernel.configuration import Task
from curiouser.kernel.remembered import Remembered
from curiouser.problems.affected import KEPT_SHARES, Counted, Counting
from curiouser.problems.reports import reporters
from curiouser.problems.results import Triage
from curiouser.problems.standings import Standings
from curiouser.problems.triage import Candidate, Ranking
from curiouser.problems.views import Views
from curiouser.storage import Database

_KEPT = 8
"""Triages kept at hand for as long as nothing at all is written."""


class Triaging:
    """Ranks the problems of a test dataset.

    Args:
        database: Where reports are kept.
        data: Where users are counted.
        views: Knows how problems stand.
        task: Says whose a row is.
    """

    def __init__(self, database: Database, data: DataService, views: Views, task: Task) -> None:
        self._database, self._data, self._views = database, data, views
        self._task, self._ranking, self._counted = task, Ranking(), Counted(most=KEPT_SHARES)
        self._made = Remembered[tuple[object, ...], Triage](most=_KEPT)

    def triage(self, model: str | None, on: str, *, levels: Mapping[str, float], include_closed: bool) -> Triage:
        """Rank problems by Impact on a model: the live one where none is named, else the newest.

        Args:
            model: The model's name.
            on: The test dataset.
            levels: Harm by level, from the configuration.
            include_closed: Closed problems, too.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
        """
        stamp = self._database.stamp()
        key = (stamp, model, on, include_closed, tuple(levels.items()))
        # A database that counts no writes has the stamp 0 for ever.
        found = self._made.peek(key) if stamp else None
        if found is None:
            found = self._triage(model, on, levels, include_closed=include_closed)
            self._made.put(key, found)
        return found

    def _triage(self, model: str | None, on: str, levels: Mapping[str, float], *, include_closed: bool) -> Triage:
        roster = self._views.roster()
        mine, live = self._views.chosen(model, roster, newest=False), roster.live
        session = self._views.session(on, roster)
        standings = Standings(session, live=live, tried=roster.answering).of(mine)
        with self._database.read() as connection:
            reports = reporters(connection)
        candidates = [
            Candidate(
                problem=laid.problem, plain=laid.exam.plain, standing=standings[name], reports=reports.get(name, ())
            )
            for name, laid in session.laid.items()
            if include_closed or laid.problem.closed_at is None
        ]
        counting = Counting(self._data, self._task, self._counted)
        return Triage(
            model=mine.title,
            live=live.title if live else None,
            test_set=session.test_set.commit.id,
            problems=self._ranking.rank(candidates, model=mine, counting=counting, levels=levels),
        )
