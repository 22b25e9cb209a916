"""What is known of models on a test set: their answers, which are wrong, their scores; nothing is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curiouser.data import DataService
from curiouser.evaluations.answering import Answering
from curiouser.evaluations.confusing import confusion_matrix
from curiouser.evaluations.entries import Entries
from curiouser.evaluations.keeping import Holdings, holdings_of
from curiouser.evaluations.looking import Looks
from curiouser.evaluations.marking import Marked, Wrongness, classes_of, marked, wrongness
from curiouser.evaluations.memorised import Memory
from curiouser.evaluations.questions import Questions
from curiouser.evaluations.records import ConfusionMatrix, Scores
from curiouser.evaluations.scoring import metric_for, metrics_for
from curiouser.evaluations.slices import Slices
from curiouser.evaluations.stored import (
    evaluated_on,
    evaluation_key,
    kept_scores,
)
from curiouser.evaluations.test_set import TestSet, TestSets
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task
from curiouser.measure import Answers, IntArray, Measured, Metric
from curiouser.models import Model, ModelId, ModelKind, ModelService, PredictionStore, ReportedOnlyError
from curiouser.storage import Database


class Reading:
    """Reads what models answered and scored; the part of ``EvaluationService`` that changes nothing.

    Args:
        database: Where evaluations are kept.
        data: Versions of the test set.
        models: Who is evaluated.
        predictions: What they answered.
        task: What an answer looks like.
        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        *,
        data: DataService,
        models: ModelService,
        predictions: PredictionStore,
        task: Task,
        clock: Clock,
    ) -> None:
        self._database, self._data, self._models, self._task, self._clock = database, data, models, task, clock
        self._answering, self._predictions = Answering(models, predictions, task), predictions
        self._test_sets = TestSets(data, task)
        self.memory = Memory(data, task)
        """Knows which rows stand in training data."""
        self._entries = Entries(models, self._answering, predictions, memory=self.memory, task=task)
        self._looks = Looks(database, self._answering, predictions, task)
        self._slices = Slices(database, task, clock)
        self._questions = Questions(data, models, test_sets=self._test_sets, slices=self._slices, task=task)

    def test_set(self, on: str = "test") -> TestSet:
        """Load a test set at the data commit that a ref names.

        Args:
            on: A ref of the test set.

        Raises:
            NotFoundError: The ref names nothing.
            UnlabelledTestSetError: It has no label column.
        """
        return self._test_sets.load(on)

    def answers(self, model: Model, test_set: TestSet) -> Answers:
        """Read what a model answered, in the order of the rows; a row it never answered is not valid.

        Args:
            model: Whose answers.
            test_set: The rows.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "show an answer")
        return self._answering.answers(model, test_set)

    def wrong(self, model: Model, test_set: TestSet) -> Wrongness:
        """Mark the rows a model gets wrong: another class than the label, or a miss beyond the tolerance.

        Args:
            model: Whose answers.
            test_set: The rows.

        Returns:
            Which answers are wrong, and which rows can be judged, each ``(n,)`` in the order of the rows.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        return wrongness(self._task, model, self.answers(model, test_set), test_set)

    def classes(self, model: Model, test_set: TestSet) -> IntArray:
        """Class code of every answer after the threshold: ``(n,)``, -1 where there is none.

        Args:
            model: Whose answers.
            test_set: The rows.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        return classes_of(self._task, model, self.answers(model, test_set))

    def marked(self, models: Sequence[Model], test_set: TestSet, places: IntArray) -> dict[ModelId, Marked]:
        """Read and mark what models that can answer said to the rows at ``places`` (``(k,)``), at the cost of these.

        Args:
            models: Who is asked about.
            test_set: The rows.
            places: ``(k,)``, places of rows in the test set.

        Returns:
            Answers and marks of each model, ``(k,)`` in the order of ``places``.

        Raises:
            ReportedOnlyError: Of a model only reported scores remain.
        """
        answers = self._answering.answers_at(models, test_set, places)
        return {one.id: marked(self._task, one, answers[one.id], test_set, places) for one in models}

    def fingerprints(self, models: Sequence[Model]) -> dict[ModelId, str]:
        """Name all that each model has answered so far: another name as soon as an answer comes.

        Args:
            models: Who is asked about.
        """
        names = self._predictions.fingerprints([one.digest for one in models])
        return {one.id: names[one.digest] for one in models}

    def metrics(self) -> Mapping[str, Metric]:
        """List the metrics of the task, the headline's first."""
        return metrics_for(self._task)

    def metric(self, name: str | None = None) -> Metric:
        """Find a metric of the task; the headline's when no name is given.

        Args:
            name: Its name.

        Raises:
            MetricNotFoundError: No metric has this name.
        """
        return metric_for(self._task, name)

    def evaluated_models(self, on: str = "test") -> frozenset[ModelId]:
        """Tell which active models have scores on a test set as it is now.

        Args:
            on: A ref of the test set.

        Raises:
            NotFoundError: The ref names nothing.
        """
        commit = self._data.resolve(on)
        with self._database.read() as connection:
            done = evaluated_on(connection, commit.id)
        return frozenset(one.id for one in self._models.list() if (one.digest, one.threshold) in done)

    def holdings(self, on: str = "test") -> Holdings:
        """Count what is kept of a test set's evaluations, on any of its data commits.

        Args:
            on: A ref of the test set.

        Raises:
            NotFoundError: The ref names nothing.
        """
        today = self._data.resolve(on)
        with self._database.read() as connection:
            return holdings_of(connection, today)

    def score(self, model: Model, test_set: TestSet, metric: str | None = None) -> Measured:
        """Score one model by one metric on the rows drawn from users; asks it nothing, and keeps nothing for good.

        Args:
            model: Who is scored.
            test_set: On these rows.
            metric: A metric of the task; its first where None.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
            MetricNotFoundError: No metric has this name.
        """
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "be scored")
        return self._entries.score(model, test_set, self.metric(metric).name)

    def confusion(self, model: Model, test_set: TestSet) -> ConfusionMatrix:
        """Count which classes a model takes for which, on the rows drawn from users; asks it nothing.

        Args:
            model: Whose answers.
            test_set: The rows.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        answers = self.answers(model, test_set)
        return confusion_matrix(self._task, model, test_set, answers, test_set.headline)

    def kept(self, model: Model, test_set: TestSet) -> Mapping[str, Scores]:
        """Read what evaluating gave: key of a slice -> scores; empty where the model was not evaluated here.

        Args:
            model: Who was evaluated.
            test_set: On these rows.
        """
        key = evaluation_key(model, test_set.commit, self._task)
        with self._database.read() as connection:
            return kept_scores(connection, key)
