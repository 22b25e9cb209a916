"""Judge models on problems, each model on each problem once for as long as nothing changes.

What a model made of a problem depends on the problem's patterns, the data commit of the test set,
the model's answers and threshold, and its training data; under the names of these it is remembered,
so that a step on one problem costs that problem alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curiouser.data import DataCommit
from curiouser.evaluations import EvaluationService, Marked, TestSet
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ProblemName
from curiouser.kernel.remembered import Remembered
from curiouser.measure import BoolArray, IntArray, PatternErrors
from curiouser.models import TRAINED_ON, Model, ModelId, ModelKind
from curiouser.problems.laying import Laid, LaidKey
from curiouser.problems.records import ExpectationKind
from curiouser.problems.results import Confusion, Standing
from curiouser.problems.scoring import Exam, Outcome, OutcomeArray, joined, judge, judge_cases

ModelKey = tuple[str, float | None, str, str]
"""Digest, threshold, name of all its answers, content hash of its training data (empty: none)."""
StandingKey = tuple[LaidKey, ModelKey, str, ModelKey | None]
"""Problem, model, its title, and the live model that it could regress from."""
_LABEL = tuple(ExpectationKind).index(ExpectationKind.LABEL)
_KEPT = 200_000
"""What models made of problems, kept at hand: some 0.4 kB each with a hundred patterns."""
_KEPT_COUNTS = 20_000
_ANSWERS_AT_ONCE = 2_000_000
"""Models times rows that are held in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """One problem's patterns as one model answered them."""

    outcome: OutcomeArray
    """``(n,)``, an :class:`Outcome` per pattern."""
    memorised: BoolArray
    """``(n,)``, patterns that stand in the model's training data."""
    failed: int
    """Failed Cases, the memorised ones left out, >= 0."""
    scored: int
    """Scored Cases, the memorised ones left out, >= 0."""
    unscored: int
    """Cases without an answer, the memorised ones left out, >= 0."""
    failed_of_all: int
    """Failed Cases, >= 0."""
    scored_of_all: int
    """Scored Cases, >= 0."""
    confusion: Confusion | None
    """Labelled patterns by what became of them, the memorised ones left out."""

    @property
    def errors(self) -> PatternErrors:
        """Failed of scored Cases."""
        return PatternErrors(errors=self.failed, n=self.scored)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contestant:
    """A model as it is now."""

    model: Model
    """The model."""
    key: ModelKey
    """Names all that its judgements depend on."""
    trained_on: DataCommit | None
    """Its training data; None where there is none."""


class Judging:
    """Judges models on problems, and remembers.

    Args:
        evaluations: Knows the answers and which are wrong.
        task: Says what kind of answer it is.
    """

    def __init__(self, evaluations: EvaluationService, task: Task) -> None:
        self.evaluations, self.memory, self.task = evaluations, evaluations.memory, task
        self._kept = Remembered[tuple[LaidKey, ModelKey], Judged](most=_KEPT)
        self.counted = Remembered[tuple[LaidKey, str], int](most=_KEPT_COUNTS)
        self.standings = Remembered[StandingKey, Standing](most=_KEPT_COUNTS)

    def known(self, laid: Laid, contestant: Contestant) -> Judged | None:
        """Recall what a model made of a problem."""
        return self._kept.peek((laid.key, contestant.key))

    def judge(
        self, test_set: TestSet, laid: Sequence[Laid], contestants: Sequence[Contestant]
    ) -> dict[tuple[ModelId, ProblemName], Judged]:
        """Judge models on problems and remember what they made of them."""
        joint = Joint.of([one.exam for one in laid])
        positive = test_set.truth[joint.rows] == 1 if self.task.kind is TaskKind.BINARY else None
        made: dict[tuple[ModelId, ProblemName], Judged] = {}
        taught = {one.key[-1]: one.trained_on for one in contestants}
        memorised = {name: self._memorised(test_set, joint, head) for name, head in taught.items()}
        at_once = max(1, _ANSWERS_AT_ONCE // max(1, len(joint.rows)))
        for start in range(0, len(contestants), at_once):
            some = contestants[start : start + at_once]
            asked = [one.model for one in some if one.model.kind is not ModelKind.REPORTED]
            marked = self.evaluations.marked(asked, test_set, joint.rows)
            for one in some:
                parts = joint.parts(joint.judge(marked.get(one.model.id)), memorised[one.key[-1]], positive)
                for each, judged in zip(laid, parts, strict=True):
                    made[one.model.id, each.problem.name] = judged
                    self._kept.put((each.key, one.key), judged)
        return made

    def _memorised(self, test_set: TestSet, joint: Joint, trained_on: DataCommit | None) -> BoolArray:
        """Mark the patterns that stand in training data: ``(n,)`` of the joint exam."""
        seen = np.zeros(len(joint.rows), np.bool_)
        if trained_on is not None:
            seen = self.memory.memorised(trained_on, test_set.rows[joint.rows])
        return (joint.exam.row >= 0) & taken(seen, joint.exam.row)


class Session:
    """Models and problems as they are at one moment.

    Args:
        judging: Judges, and remembers.
        test_set: The rows.
        laid: The problems over them.
        models: Models that may be asked about; others may be asked about too, one by one.
    """

    def __init__(
        self, judging: Judging, test_set: TestSet, laid: Mapping[ProblemName, Laid], models: Sequence[Model]
    ) -> None:
        self._judging, self.test_set, self.laid = judging, test_set, laid
        self.standings = judging.standings
        self._trained_on: dict[str | None, DataCommit | None] = {}
        self._contestants: dict[ModelId, Contestant] = {}
        self._prints = self._fingerprints(models)

    def judged(self, model: Model) -> dict[ProblemName, Judged]:
        """Judge one model on every problem."""
        return self.judged_on([model], self.laid)[model.id]

    def judged_on(
        self, models: Sequence[Model], names: Iterable[ProblemName]
    ) -> dict[ModelId, dict[ProblemName, Judged]]:
        """Judge models on some problems: those that are not remembered, together.

        Raises:
            DatasetNotFoundError: A model names training data that is not here.
        """
        laid = [self.laid[name] for name in names]
        several = list({model.id: self.contestant(model) for model in models}.values())
        found = {one.model.id: {each.problem.name: self._judging.known(each, one) for each in laid} for one in several}
        lacking: dict[tuple[ProblemName, ...], list[Contestant]] = {}
        for one in several:
            unknown = tuple(name for name, judged in found[one.model.id].items() if judged is None)
            if unknown:
                lacking.setdefault(unknown, []).append(one)
        made: dict[tuple[ModelId, ProblemName], Judged] = {}
        for unknown, contestants in lacking.items():
            made |= self._judging.judge(self.test_set, [self.laid[name] for name in unknown], contestants)
        return {
            model: {name: made[model, name] if judged is None else judged for name, judged in by_name.items()}
            for model, by_name in found.items()
        }

    def count_scored(self, models: Sequence[Model], names: Sequence[ProblemName]) -> dict[ProblemName, int]:
        """Count the models that have an answer to some of a problem's patterns, for each of some problems."""
        keys = digest_of([list(self.contestant(one).key) for one in models])
        counted = {name: self._judging.counted.peek((self.laid[name].key, keys)) for name in names}
        unknown = [name for name, count in counted.items() if count is None]
        judged = self.judged_on(models, unknown) if unknown else {}
        for name in unknown:
            count = sum(by_name[name].scored > 0 for by_name in judged.values())
            self._judging.counted.put((self.laid[name].key, keys), count)
            counted[name] = count
        return {name: count for name, count in counted.items() if count is not None}

    def contestant(self, model: Model) -> Contestant:
        """Name all that a model's judgements depend on, once.

        Raises:
            DatasetNotFoundError: It names training data that is not here.
        """
        if model.id not in self._contestants:
            self._contestants[model.id] = self._as_now(model)
        return self._contestants[model.id]

    def marked(self, models: Sequence[Model], places: IntArray) -> dict[ModelId, Marked]:
        """Read and mark models' answers to some rows; a model of which only scores remain is left out."""
        asked = [one for one in models if one.kind is not ModelKind.REPORTED]
        return self._judging.evaluations.marked(asked, self.test_set, places)

    def _as_now(self, model: Model) -> Contestant:
        ref = model.source.get(TRAINED_ON)
        if ref not in self._trained_on:
            self._trained_on[ref] = self._judging.memory.training_data(ref)
        head = self._trained_on[ref]
        if model.id not in self._prints:
            self._prints |= self._fingerprints([model])
        key = (model.digest, model.threshold, self._prints[model.id], "" if head is None else head.content_hash)
        return Contestant(model=model, key=key, trained_on=head)

    def _fingerprints(self, models: Sequence[Model]) -> dict[ModelId, str]:
        answering = [one for one in models if one.kind is not ModelKind.REPORTED]
        return {one.id: "" for one in models} | self._judging.evaluations.fingerprints(answering)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """Problems put together, so that a model is judged on all of them in one go."""

    exam: Exam
    """Their patterns; places count in ``rows``."""
    rows: IntArray
    """``(k,)``, ascending: the rows of the test set that are needed."""
    sizes: IntArray
    """``(problems,)``, patterns of each."""
    of_pattern: IntArray
    """``(n,)``, which problem each pattern is of."""
    of_case: IntArray
    """``(cases,)``, which problem each Case is of."""

    @classmethod
    def of(cls, exams: Sequence[Exam]) -> Joint:
        """Put exams together, in their order."""
        used = np.unique(np.concatenate([part for exam in exams for part in (exam.row, exam.first)]))
        rows = used[used >= 0]
        places, sizes = np.arange(len(exams)), np.array([len(exam.row) for exam in exams])
        return cls(
            exam=joined(exams, rows=rows),
            rows=rows,
            sizes=sizes,
            of_pattern=np.repeat(places, sizes),
            of_case=np.repeat(places, [exam.cases for exam in exams]),
        )

    def judge(self, given: Marked | None) -> OutcomeArray:
        """Judge every pattern: ``(n,)``; all are unscored where only reported scores of the model remain."""
        if given is None:
            return np.full(len(self.exam.row), int(Outcome.UNSCORED), np.int8)
        return judge(self.exam, given.answers, given.classes, given.wrong, given.known).astype(np.int8)

    def parts(self, outcome: OutcomeArray, memorised: BoolArray, positive: BoolArray | None) -> list[Judged]:
        """Take the problems apart again.

        Args:
            outcome: ``(n,)``, of each pattern.
            memorised: ``(n,)``, patterns that stand in the model's training data.
            positive: ``(k,)``, rows with a positive label; None where the task is not binary.

        Returns:
            One record per problem, in the order of the exams.
        """
        cases = judge_cases(self.exam, outcome)
        # A Case counts as memorised when any of its members stands in the training data.
        fresh = np.ones(self.exam.cases, np.bool_)
        fresh[self.exam.case[memorised]] = False
        counts = {
            "failed": fresh & (cases == Outcome.FAILED),
            "scored": fresh & (cases != Outcome.UNSCORED),
            "unscored": fresh & (cases == Outcome.UNSCORED),
            "failed_of_all": cases == Outcome.FAILED,
            "scored_of_all": cases != Outcome.UNSCORED,
        }
        counted = zip(*(self._counted(self.of_case, marks) for marks in counts.values()), strict=True)
        confusions = self._confusions(outcome, fresh[self.exam.case], positive)
        starts = np.cumsum([0, *self.sizes]).tolist()
        return [
            Judged(
                outcome=outcome[start:end],
                memorised=memorised[start:end],
                **dict(zip(counts, numbers, strict=True)),
                confusion=confusion,
            )
            for start, end, numbers, confusion in zip(starts[:-1], starts[1:], counted, confusions, strict=True)
        ]

    def _confusions(
        self, outcome: OutcomeArray, fresh: BoolArray, positive: BoolArray | None
    ) -> Sequence[Confusion | None]:
        if positive is None:
            return [None] * len(self.sizes)
        counted = fresh & (self.exam.kind == _LABEL) & (outcome != Outcome.UNSCORED)
        meets, failed = taken(positive, self.exam.row), outcome == Outcome.FAILED
        quarters = (meets & ~failed, ~meets & failed, ~meets & ~failed, meets & failed)
        numbers = zip(*(self._counted(self.of_pattern, counted & marks) for marks in quarters), strict=True)
        return [
            Confusion(true_positive=tp, false_positive=fp, true_negative=tn, false_negative=fn)
            for tp, fp, tn, fn in numbers
        ]

    def _counted(self, problem: IntArray, marks: BoolArray) -> list[int]:
        counts: list[int] = np.bincount(problem[marks], minlength=len(self.sizes)).tolist()
        return counts


def taken(array: BoolArray, places: IntArray) -> BoolArray:
    """Look marks up; False where the place is -1 or there is nothing to look in."""
    if not len(array):
        return np.zeros(len(places), np.bool_)
    return (places >= 0) & array[np.maximum(places, 0)]
