"""Models on the same rows, pair by pair: the difference, its test, the flips, and what may be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from curiouser.evaluations.errors import IncompleteModelError
from curiouser.evaluations.records import HEADLINE, Comparison, Flip, Pair, PairsOfGroup, Seen
from curiouser.evaluations.scoring import choose, take
from curiouser.evaluations.slices import SlicedRows
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.configuration import Task
from curiouser.measure import (
    Answers,
    BoolArray,
    Paired,
    TaskKind,
    Verdict,
    compare_pair,
    holm,
    holm_confidences,
    metrics_of,
    right_answers,
    seeded,
    verdict,
)
from curiouser.models import Model

USUAL_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Contestant:
    """A model with its answers to every row of the test set."""

    model: Model
    """The model."""
    answers: Answers
    """Its answers."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.model.title


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowSet:
    """Rows to compare on: a slice, or a problem's patterns."""

    name: str
    """What people call it."""
    mask: BoolArray
    """``(n,)``, labelled rows."""
    weighted: bool
    """Whether rows count by their weight."""


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """Two models on one set of rows, before the correction for several."""

    a: Contestant
    b: Contestant
    rows: RowSet
    paired: Paired


class Comparing:
    """Compares models on one test set by one metric.

    Args:
        task: What an answer looks like.
        test_set: The rows.
        metric: What is compared; a name of the task's metrics.
    """

    def __init__(self, task: Task, test_set: TestSet, metric: str) -> None:
        self._task, self._test_set, self._metric = task, test_set, metric
        self._up = metrics_of(TaskKind(task.kind), task.classes)[metric].higher_is_better

    def family(self, contestants: Sequence[Contestant], sets: Sequence[RowSet]) -> list[list[Pair]]:
        """Compare every pair on every set of rows; Holm's correction is over all of them.

        Returns:
            For each set, one pair per two models, in the order given.
        """
        matches = [
            _Match(a, b, rows, self.paired(a, b, rows)) for rows in sets for a, b in combinations(contestants, 2)
        ]
        p_values = [match.paired.p_value for match in matches]
        confidences = holm_confidences(p_values)
        pairs = [
            self._pair(match, p_adjusted, confidence)
            for match, p_adjusted, confidence in zip(matches, holm(p_values), confidences, strict=True)
        ]
        per_set = len(contestants) * (len(contestants) - 1) // 2
        return [pairs[start : start + per_set] for start in range(0, len(pairs), per_set)]

    def paired(self, a: Contestant, b: Contestant, rows: RowSet, confidence: float = USUAL_CONFIDENCE) -> Paired:
        """Compare two models on some rows, b minus a."""
        chosen = choose(self._test_set, rows.mask, (a.answers, b.answers), weighted=rows.weighted)
        return compare_pair(
            TaskKind(self._task.kind),
            self._metric,
            chosen.truth,
            take(a.answers, chosen.places),
            take(b.answers, chosen.places),
            rng=seeded("compare", self._metric, chosen.seed),
            threshold_a=a.model.threshold,
            threshold_b=b.model.threshold,
            classes=self._task.classes,
            tolerance=self._task.tolerance,
            clusters=chosen.clusters,
            weights=chosen.weights,
            confidence=confidence,
        )

    def _pair(self, match: _Match, p_adjusted: float | None, confidence: float) -> Pair:
        paired = match.paired
        if p_adjusted is not None and confidence != USUAL_CONFIDENCE:
            # The interval is widened with the p value, so that the two never disagree.
            paired = self.paired(match.a, match.b, match.rows, confidence)
        judged = verdict(p_adjusted, paired.difference, higher_is_better=self._up) if p_adjusted is not None else None
        return Pair(
            a=match.a.name,
            b=match.b.name,
            paired=paired,
            p_adjusted=p_adjusted,
            verdict=judged,
            sentence=sentence(match.a.name, match.b.name, self._metric, paired, judged),
        )

    def compare(
        self,
        contestants: Sequence[Contestant],
        *,
        common: bool,
        slices: Sequence[SlicedRows],
        problems: Mapping[str, Sequence[str]],
    ) -> Comparison:
        """Compare every pair on all rows drawn from users, on slices, and on problems' patterns.

        Raises:
            IncompleteModelError: A model lacks answers and ``common`` is False.
        """
        base, left_out = self._comparable(contestants, common=common)
        main = RowSet(name=HEADLINE, mask=base, weighted=True)
        groups = [RowSet(name=one.slice.name, mask=base & one.mask, weighted=True) for one in slices]
        patterns = [
            RowSet(name=name, mask=self._test_set.chosen(ids) & self._test_set.labelled, weighted=False)
            for name, ids in problems.items()
        ]
        left = f"compared on the {int(base.sum()):,} rows that all models answered; {left_out:,} rows are left out"
        return Comparison(
            test_set=self._test_set.commit.id,
            content_hash=self._test_set.commit.content_hash,
            metric=self._metric,
            models=tuple(one.name for one in contestants),
            n=int(base.sum()),
            left_out=left_out,
            pairs=tuple(self.family(contestants, [main])[0]),
            slices=self._groups(contestants, groups),
            problems=self._groups(contestants, patterns),
            flips=tuple(self.flips(contestants, main)),
            seen=Seen(models=0, comparisons=0),
            notes=(left,) if left_out else (),
        )

    def _comparable(self, contestants: Sequence[Contestant], *, common: bool) -> tuple[BoolArray, int]:
        headline = self._test_set.headline
        lacking = [(one.name, int(np.count_nonzero(headline & ~one.answers.valid))) for one in contestants]
        lacking = [(name, count) for name, count in lacking if count]
        if lacking and not common:
            raise IncompleteModelError(lacking, self._test_set.commit.dataset)
        shared = headline.copy()
        for one in contestants:
            shared &= one.answers.valid
        return shared, int(headline.sum() - shared.sum())

    def _groups(self, contestants: Sequence[Contestant], sets: Sequence[RowSet]) -> tuple[PairsOfGroup, ...]:
        families = self.family(contestants, sets)
        return tuple(
            PairsOfGroup(name=one.name, n=int(one.mask.sum()), pairs=tuple(pairs))
            for one, pairs in zip(sets, families, strict=True)
        )

    def flips(self, contestants: Sequence[Contestant], rows: RowSet) -> Iterator[Flip]:
        """List the rows that one model of a pair got right and the other wrong, by pair and id."""
        for a, b in combinations(contestants, 2):
            right_a, right_b = self._right(a), self._right(b)
            if right_a is None or right_b is None:
                continue
            changed = rows.mask & a.answers.valid & b.answers.valid & (right_a != right_b)
            for place in np.flatnonzero(changed).tolist():
                kind = "negative" if right_a[place] else "positive"
                yield Flip(id=self._test_set.ids[place], a=a.name, b=b.name, kind=kind)

    def _right(self, one: Contestant) -> BoolArray | None:
        return right_answers(
            TaskKind(self._task.kind),
            self._test_set.truth,
            one.answers,
            threshold=one.model.threshold,
            tolerance=self._task.tolerance,
        )


def sentence(a: str, b: str, metric: str, paired: Paired, judged: Verdict | None) -> str:
    """Say a verdict in plain words.

    Examples:
        >>> none = Paired(difference=None, low=None, high=None, p_value=None, method="", n=0, reason="no rows")
        >>> sentence("old", "new", "accuracy", none, None)
        'No verdict on new against old: no rows.'
    """
    if judged is None or paired.difference is None:
        return f"No verdict on {b} against {a}: {paired.reason or 'the test is undefined'}."
    named = metric.replace("_", " ")
    rows = f"{paired.n:,} row{'' if paired.n == 1 else 's'}"
    between = "" if paired.low is None or paired.high is None else f" [{paired.low:+.3f}, {paired.high:+.3f}]"
    if judged is Verdict.NO_DIFFERENCE_SHOWN:
        said = f"No difference shown between {a} and {b} in {named}: {paired.difference:+.3f}{between} on {rows}"
        if paired.smallest_difference is None:
            return f"{said}."
        smallest = f"{paired.smallest_difference:.3g}"
        return f"{said}; a difference of {smallest} or more would have been found four times in five."
    change = "higher" if paired.difference > 0 else "lower"
    return f"{b} is {judged} than {a}: its {named} is {change} by {abs(paired.difference):.3f}{between} on {rows}."
