"""The verbs of evaluating: evaluate, compare, the leaderboard, slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from curiouser.evaluations.answering import Progress
from curiouser.evaluations.board import Board
from curiouser.evaluations.evaluating import Evaluating
from curiouser.evaluations.files import ids_in, write_flips
from curiouser.evaluations.notes import kept_notes, memorised_notes, reported_notes, sample_notes, seen_notes
from curiouser.evaluations.reading import Reading
from curiouser.evaluations.records import Comparison, EvaluationRun, Leaderboard, Seen, Slice
from curiouser.evaluations.slices import SlicedRows
from curiouser.evaluations.stored import (
    evaluated_commits,
    seen,
    then_scores,
)
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.clock import as_text
from curiouser.kernel.ids import DataCommitId

SHOWN_COMMITS = 5
"""Data commits on the leaderboard, today's included."""


class EvaluationService(Reading):
    """Every model on today's test set.

    Args:
        database: Where evaluations are kept.
        data: Versions of the test set.
        models: Who is evaluated.
        predictions: What they answered.
        task: What an answer looks like.
        clock: Tells the time.
    """

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
            NotFoundError: The ref names nothing.
            UnlabelledTestSetError: The test set has no label column.
            SliceNotFoundError: A slice looks like a name, and none has it.
            BadInputError: A slice is no predicate.
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

        Returns:
            One pair per two models, with what was seen before.

        Raises:
            NothingToCompareError: Fewer than two different models are named.
            SeveralTestSetsError: The refs name different data commits.
            ReportedOnlyError: Of a model only reported scores remain.
            IncompleteModelError: A model lacks answers and ``common`` is False.
            MetricNotFoundError: No metric has this name.
            ModelNotFoundError: A name is nobody's.
            NotFoundError: A ref names nothing.
            UnlabelledTestSetError: The test set has no label column.
            SliceNotFoundError: A slice looks like a name, and none has it.
            BadInputError: A slice is no predicate.
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

        Args:
            made: The comparison.
            path: Where to write.

        Raises:
            StorageError: The disk refused.
            NotFoundError: The comparison's data commit is gone.
        """
        return write_flips(made.flips, self.test_set(made.test_set), self._task, path)

    def leaderboard(self, *, on: str = "test", metric: str | None = None, limit: int = 50) -> Leaderboard:
        """Show models x data commits, ranked by today's score; asks no model anything.

        Args:
            on: The test set.
            metric: What is shown and ranked by; the task's first where None.
            limit: Most models shown.

        Raises:
            NotFoundError: The ref names nothing.
            MetricNotFoundError: No metric has this name.
            UnlabelledTestSetError: The test set has no label column.
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
        """List automatic and named slices with their rows, from behind the one named ``after``.

        Args:
            test_set: The rows.
            after: Cursor: only slices behind the one of this name.
            limit: At most this many; None for all.
        """
        return self._slices.page(test_set, after, limit)

    def find_slice(self, text: str, test_set: TestSet) -> SlicedRows:
        """Read a slice as a user wrote it: a name, a value of a group (``language=zu``), or a predicate.

        Args:
            text: What the user wrote.
            test_set: The rows.

        Raises:
            SliceNotFoundError: It looks like a name, and no slice has it.
            BadInputError: It is no predicate.
        """
        return self._slices.find(text, test_set)

    def remove_slice(self, name: str, *, expected: Slice | None = None) -> Slice:
        """Forget a slice's name; adding it again brings its scores back.

        Args:
            name: The slice.
            expected: What it was when it was read; another is left alone.

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
