"""How problems stand with models: shown, followed, checked, ranked; nothing is written down."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.data import DataService
from curiouser.evaluations import EvaluationService
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Configuration
from curiouser.models import ModelService
from curiouser.problems.editing import Editing
from curiouser.problems.placing import Placing
from curiouser.problems.reports import ReportService
from curiouser.problems.results import (
    Check,
    History,
    ShownProblem,
    Triage,
)
from curiouser.problems.triaging import Triaging
from curiouser.problems.views import ComparedCases, Views
from curiouser.storage import Database

TEST = "test"
"""The test dataset where none is named."""


class Following:
    """Follows problems over models; the part of ``ProblemService`` that changes nothing.

    Args:
        database: Where problems are kept.
        data: Where rows are kept.
        models: Which models there are.
        evaluations: What they answered.
        configuration: The task and the levels of harm.
        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        *,
        data: DataService,
        models: ModelService,
        evaluations: EvaluationService,
        configuration: Configuration,
        clock: Clock,
    ) -> None:
        self._database, self._data, self._levels = database, data, configuration.harm
        self._task, self._placing = configuration.task, Placing(data, configuration.task)
        self._editing = Editing(database, self._placing, clock)
        self._views = Views(database, models=models, evaluations=evaluations, task=configuration.task)
        self._triaging = Triaging(database, data, self._views, configuration.task)
        self.reports = ReportService(database, task=configuration.task, clock=clock)

    def show(
        self, name: str, *, on: str | None = None, models: Sequence[str] | None = None, limit: int = 100
    ) -> ShownProblem:
        """Show one problem: its standing and its patterns on each model (slide 44).

        Args:
            name: The problem.
            on: A ref of the test dataset; the problem's own when left out.
            models: Names of models; every candidate when left out.
            limit: At most this many patterns.

        Raises:
            ProblemNotFoundError: There is no such problem.
            ModelNotFoundError: A model's name is unknown.
            NotFoundError: The ref names nothing.
        """
        reports = tuple(one.number for one in self.reports.list(problem=name))
        return self._views.show(name, on, models, limit, reports)

    def history(
        self, names: Sequence[str] | str | None = None, *, on: str = TEST, models: Sequence[str] | None = None
    ) -> History:
        """Follow the error of problems over the candidate models, oldest first (slide 47).

        Args:
            names: One problem or several; every one when left out.
            on: A ref of the test dataset.
            models: Names of models; every candidate when left out.

        Raises:
            ProblemNotFoundError: A problem's name is unknown.
            ModelNotFoundError: A model's name is unknown.
            NotFoundError: The ref names nothing.
        """
        return self._views.history([names] if isinstance(names, str) else names, on, models)

    def check(self, *, model: str | None = None, on: str = TEST) -> Check:
        """Run every problem against a model, the newest one by default, before it is let out.

        Args:
            model: A name; the newest model by default.
            on: A ref of the test dataset.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
            NotFoundError: The ref names nothing.
        """
        return self._views.check(model, on)

    def triage(self, *, model: str | None = None, on: str = TEST, include_closed: bool = False) -> Triage:
        """Rank problems by Impact on a model: the live one by default, else the newest (slides 48-50).

        Args:
            model: A name; the live model by default, else the newest.
            on: A ref of the test dataset.
            include_closed: Rank closed problems, too.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
            NotFoundError: The ref names nothing.
        """
        return self._triaging.triage(model, on, levels=self._levels, include_closed=include_closed)

    def compared(self, *, model: str | None = None, on: str = TEST) -> ComparedCases:
        """Count the Cases that compare changed inputs, and those that a model fails (slide 69).

        Args:
            model: A name; the live model by default, else the newest.
            on: A ref of the test dataset.

        Raises:
            ModelNotFoundError: The model's name is unknown.
            BadInputError: There is no model.
            NotFoundError: The ref names nothing.
        """
        return self._views.compared(model, on)
