"""Read what a call is about: which models, on which rows, by which metric."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.data import DataService
from curiouser.evaluations.errors import NothingToCompareError, SeveralTestSetsError
from curiouser.evaluations.looking import Question
from curiouser.evaluations.scoring import metric_for
from curiouser.evaluations.slices import SlicedRows, Slices
from curiouser.evaluations.test_set import TestSet, TestSets
from curiouser.kernel.configuration import Task
from curiouser.models import Model, ModelKind, ModelService, ReportedOnlyError


class Questions:
    """Turns names and refs into models, rows and metrics, or says what is wrong with them.

    Args:
        data: Resolves refs.
        models: Which models there are.
        test_sets: Loads rows.
        slices: Knows the parts of them.
        task: Says which metrics there are.
    """

    def __init__(
        self, data: DataService, models: ModelService, *, test_sets: TestSets, slices: Slices, task: Task
    ) -> None:
        self._data, self._models, self._task = data, models, task
        self._test_sets, self._slices = test_sets, slices

    def to_evaluate(self, names: Sequence[str] | None) -> tuple[list[Model], int]:
        """Find the named models, or every active one, and count those of which only reported scores remain.

        Raises:
            ModelNotFoundError: A name is nobody's.
            ReportedOnlyError: A named model has only reported scores.
        """
        if names:
            models = [self._models.get(name) for name in dict.fromkeys(names)]
            for model in models:
                if model.kind is ModelKind.REPORTED:
                    raise ReportedOnlyError(model.name, "be evaluated")
            return models, 0
        active = self._models.list()
        models = [model for model in active if model.kind is not ModelKind.REPORTED]
        return models, len(active) - len(models)

    def comparison(
        self, names: Sequence[str], refs: Sequence[str], metric: str | None, slices: Sequence[str] | None
    ) -> Question:
        """Read what a comparison is about; ``slices`` None means every slice.

        Raises:
            NothingToCompareError: Fewer than two different models are named.
            SeveralTestSetsError: The refs name different data commits.
            ReportedOnlyError: Of a model only reported scores remain.
            MetricNotFoundError: No metric has this name.
        """
        models, test_set = self._to_compare(names), self._one_test_set(refs)
        parts = self._slices_for(slices, test_set)
        shown = metric_for(self._task, metric).name
        return Question(models=models, test_set=test_set, metric=shown, slices=parts, common=False, problems={})

    def _to_compare(self, names: Sequence[str]) -> list[Model]:
        models = {model.id: model for model in map(self._models.get, names)}
        for model in models.values():
            if model.kind is ModelKind.REPORTED:
                raise ReportedOnlyError(model.name, "be compared")
        if len(models) < 2:
            raise NothingToCompareError("a comparison needs two different models", "name them: curiouser compare A B")
        return list(models.values())

    def _one_test_set(self, refs: Sequence[str]) -> TestSet:
        commits = {self._data.resolve(ref).id: ref for ref in refs}
        if len(commits) > 1:
            raise SeveralTestSetsError(
                f"{' and '.join(commits.values())} are different data commits: a score would differ for two reasons,"
                " the model and the rows",
                "compare on one of them; `curiouser leaderboard` shows every model on both",
            )
        return self._test_sets.load(refs[0])

    def _slices_for(self, texts: Sequence[str] | None, test_set: TestSet) -> list[SlicedRows]:
        if texts is None:
            return self._slices.every(test_set)[0]
        return [self._slices.find(text, test_set) for text in texts]
