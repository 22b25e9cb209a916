"""The verbs of evaluating: evaluate, compare, the leaderboard, slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from curiouser.data import DataService
from curiouser.evaluations.answering import Answering, Progress
from curiouser.evaluations.board import Board
from curiouser.evaluations.confusing import confusion_matrix
from curiouser.evaluations.entries import Entries
from curiouser.evaluations.evaluating import Evaluating
from curiouser.evaluations.files import ids_in, write_flips
from curiouser.evaluations.keeping import Holdings, holdings_of
from curiouser.evaluations.looking import Looks
from curiouser.evaluations.marking import Marked, Wrongness, classes_of, marked, wrongness
from curiouser.evaluations.memorised import Memory
from curiouser.evaluations.notes import kept_notes, memorised_notes, reported_notes, sample_notes, seen_notes
from curiouser.evaluations.questions import Questions
from curiouser.evaluations.records import Comparison, ConfusionMatrix, EvaluationRun, Leaderboard, Scores, Seen, Slice
from curiouser.evaluations.scoring import metric_for, metrics_for
from curiouser.evaluations.slices import SlicedRows, Slices
from curiouser.evaluations.stored import (
    evaluated_commits,
    evaluated_on,
    evaluation_key,
    kept_scores,
    seen,
    then_scores,
)
from curiouser.evaluations.test_set import TestSet, TestSets
from curiouser.kernel.clock import Clock, as_text
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import DataCommitId
from curiouser.measure import Answers, IntArray, Measured, Metric
from curiouser.models import Model, ModelId, ModelKind, ModelService, PredictionStore, ReportedOnlyError
from curiouser.storage import Database

SHOWN_COMMITS = 5
"""Data commits on the leaderboard, today's included."""


class EvaluationService:
    """Every model on today's test set.

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

    # One model on one test set.

    def test_set(self, on: str = "test") -> TestSet:
        """Load a test set at the data commit that a ref names.

        Raises:
            NotFoundError: The ref names nothing.
            UnlabelledTestSetError: It has no label column.
        """
        return self._test_sets.load(on)

    def answers(self, model: Model, test_set: TestSet) -> Answers:
        """Read what a model answered, in the order of the rows; a row it never answered is not valid.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "show an answer")
        return self._answering.answers(model, test_set)

    def wrong(self, model: Model, test_set: TestSet) -> Wrongness:
        """Mark the rows a model gets wrong: another class than the label, or a miss beyond the tolerance."""
        return wrongness(self._task, model, self.answers(model, test_set), test_set)

    def classes(self, model: Model, test_set: TestSet) -> IntArray:
        """Class code of every answer after the threshold: ``(n,)``, -1 where there is none."""
        return classes_of(self._task, model, self.answers(model, test_set))

    def marked(self, models: Sequence[Model], test_set: TestSet, places: IntArray) -> dict[ModelId, Marked]:
        """Read and mark what models that can answer said to the rows at ``places`` (``(k,)``), at the cost of these."""
        answers = self._answering.answers_at(models, test_set, places)
        return {one.id: marked(self._task, one, answers[one.id], test_set, places) for one in models}

    def fingerprints(self, models: Sequence[Model]) -> dict[ModelId, str]:
        """Name all that each model has answered so far: another name as soon as an answer comes."""
        names = self._predictions.fingerprints([one.digest for one in models])
        return {one.id: names[one.digest] for one in models}

    def metrics(self) -> Mapping[str, Metric]:
        """List the metrics of the task, the headline's first."""
        return metrics_for(self._task)

    def metric(self, name: str | None = None) -> Metric:
        """Find a metric of the task; the headline's when no name is given.

        Raises:
            MetricNotFoundError: No metric has this name.
        """
        return metric_for(self._task, name)

    # All models.

    def evaluate(
        self,
        names: Sequence[str] | None = None,
        *,
        on: str = "test",
        slices: Sequence[str] = (),
        actor: str,
        progress: Progress = lambda _done, _total: None,
    ) -> EvaluationRun:
        """Bring models to a test set: ask for the answers that are not known yet, then score.

        Each batch of answers and each model's scores are a transaction of their own: what
        is there when the call is killed is kept, and the next call goes on from it.

        Args:
            names: Models; None for every active one.
            on: The test set.
            slices: Further slices: names or predicates.
            actor: Who asks for it.
            progress: Told (rows asked, rows to ask).

        Returns:
            One evaluation per model; a model that failed is among them with its error.

        Raises:
            ModelNotFoundError: A name is nobody's.
            ReportedOnlyError: A named model has only reported scores.
        """
        test_set = self.test_set(on)
        models, reported = self._questions.to_evaluate(names)
        every, note = self._slices.every(test_set)
        every += [self._slices.find(text, test_set) for text in slices]
        evaluating = Evaluating(
            self._database,
            self._models,
            self._answering,
            memory=self.memory,
            task=self._task,
            by=lambda: self._by(actor),
        )
        evaluations, asked = evaluating.evaluate(models, test_set, every, progress)
        return EvaluationRun(
            test_set=test_set.commit.id,
            rows=test_set.n,
            sample=int(test_set.sample.sum()),
            unlabelled=int((~test_set.labelled).sum()),
            model_calls=asked,
            evaluations=tuple(evaluations),
            seen=self._seen(test_set),
            notes=(
                *sample_notes(test_set),
                *kept_notes(test_set),
                *([note] if note else []),
                *reported_notes(reported),
                *memorised_notes(test_set, evaluations),
            ),
        )

    def compare(
        self,
        names: Sequence[str],
        *,
        on: str | Sequence[str] = "test",
        metric: str | None = None,
        common: bool = False,
        slices: Sequence[str] | None = (),
        problems: Mapping[str, Sequence[str]] | None = None,
        actor: str,
    ) -> Comparison:
        """Compare models on the rows of one data commit, each pair, and write down that it was done.

        Args:
            names: Two models or more.
            on: The test set; several refs must name one data commit.
            metric: A metric of the task; its first where None.
            common: Compare on the rows that all of them answered, where a model is incomplete.
            slices: Slices to compare on too (names or predicates); None for all that are named or automatic.
            problems: Problem name -> ids of its patterns, to compare on too.
            actor: Who asks.

        Raises:
            NothingToCompareError: Fewer than two different models are named.
            SeveralTestSetsError: The refs name different data commits.
            ReportedOnlyError: Of a model only reported scores remain.
            IncompleteModelError: A model lacks answers and ``common`` is False.
            MetricNotFoundError: No metric has this name.
        """
        asked = self._questions.comparison(names, [on] if isinstance(on, str) else on, metric, slices)
        return self._looks.make(replace(asked, common=common, problems=problems or {}), self._by(actor))

    def recall(
        self,
        names: Sequence[str],
        *,
        on: str = "test",
        metric: str | None = None,
        common: bool = False,
        slices: Sequence[str] | None = None,
        problems: Mapping[str, Sequence[str]] | None = None,
    ) -> Comparison | None:
        """Show a comparison again, and write nothing.

        Args and Raises are those of :meth:`compare`.

        Returns:
            The comparison; None where these models, as they are now, were never compared on these rows by
            this metric: to make it is a look that counts.
        """
        asked = self._questions.comparison(names, [on], metric, slices)
        return self._looks.show(replace(asked, common=common, problems=problems or {}))

    def write_flips(self, made: Comparison, path: Path) -> int:
        """Write the rows that flipped, with their label and inputs, as CSV; return how many.

        Raises:
            StorageError: The disk refused.
        """
        return write_flips(made.flips, self.test_set(made.test_set), self._task, path)

    def evaluated_models(self, on: str = "test") -> frozenset[ModelId]:
        """Tell which active models have scores on a test set as it is now."""
        commit = self._data.resolve(on)
        with self._database.read() as connection:
            done = evaluated_on(connection, commit.id)
        return frozenset(one.id for one in self._models.list() if (one.digest, one.threshold) in done)

    def holdings(self, on: str = "test") -> Holdings:
        """Count what is kept of a test set's evaluations, on any of its data commits."""
        today = self._data.resolve(on)
        with self._database.read() as connection:
            return holdings_of(connection, today)

    def score(self, model: Model, test_set: TestSet, metric: str | None = None) -> Measured:
        """Score one model by one metric on the rows drawn from users; asks it nothing, and keeps nothing for good.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
            MetricNotFoundError: No metric has this name.
        """
        if model.kind is ModelKind.REPORTED:
            raise ReportedOnlyError(model.name, "be scored")
        return self._entries.score(model, test_set, self.metric(metric).name)

    def confusion(self, model: Model, test_set: TestSet) -> ConfusionMatrix:
        """Count which classes a model takes for which, on the rows drawn from users; asks it nothing.

        Raises:
            ReportedOnlyError: Only reported scores of it remain.
        """
        answers = self.answers(model, test_set)
        return confusion_matrix(self._task, model, test_set, answers, test_set.headline)

    def kept(self, model: Model, test_set: TestSet) -> Mapping[str, Scores]:
        """Read what evaluating gave: key of a slice -> scores; empty where the model was not evaluated here."""
        key = evaluation_key(model, test_set.commit, self._task)
        with self._database.read() as connection:
            return kept_scores(connection, key)

    def leaderboard(self, *, on: str = "test", metric: str | None = None, limit: int = 50) -> Leaderboard:
        """Show models x data commits, ranked by today's score; asks no model anything.

        Args:
            on: The test set.
            metric: What is shown and ranked by; the task's first where None.
            limit: Most models shown.

        Raises:
            NotFoundError: The ref names nothing.
            MetricNotFoundError: No metric has this name.
        """
        test_set, shown = self.test_set(on), self.metric(metric)
        entries = self._entries.of(test_set, shown.name)
        today = test_set.commit.id
        with self._database.read() as connection:
            earlier = evaluated_commits(connection, test_set.commit.dataset, SHOWN_COMMITS)
            commits = [*[one for one in earlier if one != today][-(SHOWN_COMMITS - 1) :], today]
            then = then_scores(connection, commits, shown.name)
        looks = self._seen(test_set)
        rows = Board(self._task, test_set, shown, self._entries.pairs).rows(entries, commits, then)
        cut = (f"{len(rows) - limit:,} more models are not shown; raise --limit",) if len(rows) > limit else ()
        return Leaderboard(
            metric=shown.name,
            test_sets=tuple(DataCommitId(one) for one in commits),
            models=tuple(rows[:limit]),
            seen=looks,
            notes=(
                *sample_notes(test_set),
                *memorised_notes(test_set, rows[:limit]),
                *seen_notes(looks),
                *cut,
            ),
        )

    # Slices.

    def add_slice(
        self,
        name: str,
        *,
        where: str | None = None,
        ids: Sequence[str] | Path | None = None,
        on: str = "test",
        actor: str,
    ) -> Slice:
        """Name a part of the rows; naming the same part again changes nothing.

        Args:
            name: What to call it.
            where: A predicate.
            ids: Ids, or a file with one per line (or, with a header, in its column ``id``).
            on: Test set whose columns and ids are meant.
            actor: Who names it.

        Raises:
            UsageError: Not exactly one of ``where`` and ``ids`` is given.
            BadInputError: The name or the predicate is wrong, or an id is not there.
            SliceExistsError: The name selects other rows already.
        """
        ids = ids_in(ids, self._task.id) if isinstance(ids, Path) else ids
        return self._slices.add(name, self.test_set(on), where=where, ids=ids, actor=actor)

    def slices(self, test_set: TestSet, *, after: str | None = None, limit: int | None = None) -> list[SlicedRows]:
        """List automatic and named slices with their rows, from behind the one named ``after``."""
        return self._slices.page(test_set, after, limit)

    def find_slice(self, text: str, test_set: TestSet) -> SlicedRows:
        """Read a slice as a user wrote it: a name, a value of a group (``language=zu``), or a predicate.

        Raises:
            SliceNotFoundError: It looks like a name, and no slice has it.
            BadInputError: It is no predicate.
        """
        return self._slices.find(text, test_set)

    def remove_slice(self, name: str, *, expected: Slice | None = None) -> Slice:
        """Forget a slice's name; adding it again brings its scores back.

        Raises:
            StaleEditError: The slice is not as it was expected to be.
            SliceNotFoundError: No slice has this name.
        """
        return self._slices.remove(name, expected)

    # Parts of the verbs.

    def _by(self, actor: str) -> tuple[str, str]:
        return as_text(self._clock()), actor

    def _seen(self, test_set: TestSet) -> Seen:
        with self._database.read() as connection:
            return seen(connection, test_set.commit.dataset)
