"""Rank problems by Impact: percent of users affected x error x harm (slides 48-50)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curiouser.kernel.errors import BadInputError, NotFoundError
from curiouser.kernel.remembered import Remembered
from curiouser.measure import (
    DRAWS,
    CountedShare,
    Harm,
    ImpactFactors,
    Interval,
    RankRange,
    TypedShare,
    impact_draws,
    impact_intervals,
    impact_points,
    rank_ranges,
    seeded,
)
from curiouser.models import Model, ModelKind
from curiouser.problems.affected import Counting
from curiouser.problems.factors import harm_value
from curiouser.problems.records import Problem, UserReport
from curiouser.problems.results import AffectedShare, ImpactValue, Standing, TriagedProblem

_KEPT_RANKINGS = 16
"""Rankings kept at hand, by the factors of all their problems: a rank depends on every other problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known of one problem before it is ranked."""

    problem: Problem
    """The problem."""
    plain: bool
    """Whether every pattern is a Case of its own and expected to have its label."""
    standing: Standing
    """How it stands with the model."""
    reports: Sequence[UserReport]
    """Its standing reports that say whose they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Factored:
    candidate: Candidate
    factors: ImpactFactors
    shown_share: AffectedShare | None
    harms: tuple[float | None, float | None, float | None]
    fill: tuple[str, ...]


class Ranking:
    """Ranks problems by Impact, and remembers what was drawn for the same factors."""

    def __init__(self) -> None:
        self._drawn = Remembered[tuple[tuple[str, ImpactFactors], ...], tuple[_Ranked, ...]](most=_KEPT_RANKINGS)

    def rank(
        self, candidates: Sequence[Candidate], *, model: Model, counting: Counting, levels: Mapping[str, float]
    ) -> tuple[TriagedProblem, ...]:
        """Rank problems by Impact; those with a missing factor follow, by error x harm.

        Args:
            candidates: The problems.
            model: The model they were run on.
            counting: Finds the percent of users affected.
            levels: Harm by level, from the configuration.

        Returns:
            One line per problem. A missing factor is missing: such a problem is not
            ranked, and says which command fills it.

        Source:
            Abbott, "Machine Learning's Surprises", slides 48-50; DESIGN §5.
        """
        several = [_factored(one, model, counting, levels) for one in candidates]
        factors = tuple((one.candidate.problem.name, one.factors) for one in several)
        drawn = self._drawn.get(factors, lambda: _draw(factors)) if factors else ()
        lines = [_line(one, ranked) for one, ranked in zip(several, drawn, strict=True)]
        return tuple(sorted(lines, key=_order))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    impact: ImpactValue | None
    places: RankRange | None


def _draw(factors: Sequence[tuple[str, ImpactFactors]]) -> tuple[_Ranked, ...]:
    points = impact_points([one for _, one in factors])
    # One problem lies in one piece of memory, because it is drawn and summed up alone.
    drawn = np.empty((len(factors), DRAWS)).T
    for place, (name, one) in enumerate(factors):
        # A stream of its own for each problem, named after it: what happens to one never moves another's interval.
        drawn[:, place] = impact_draws([one], rng=seeded("impact", name))[:, 0]
    intervals, ranges = impact_intervals(drawn, points), rank_ranges(drawn)
    return tuple(
        _Ranked(impact=_impact(float(point), held), places=places)
        for point, held, places in zip(points, intervals, ranges, strict=True)
    )


def _impact(value: float, held: Interval | None) -> ImpactValue | None:
    return None if held is None else ImpactValue(value=value, low=held.low, high=held.high)


def _line(one: _Factored, ranked: _Ranked) -> TriagedProblem:
    return TriagedProblem(
        problem=one.candidate.problem,
        standing=one.candidate.standing,
        impact=ranked.impact,
        rank_best=ranked.places.best if ranked.places else None,
        rank_worst=ranked.places.worst if ranked.places else None,
        affected=one.shown_share,
        harm=one.harms[0],
        harm_false_positive=one.harms[1],
        harm_false_negative=one.harms[2],
        fill=one.fill,
        error_times_harm=_error_times_harm(one),
    )


def _order(line: TriagedProblem) -> tuple[bool, float, str]:
    if line.impact is not None:
        return False, -line.impact.value, line.problem.name
    return True, -(line.error_times_harm if line.error_times_harm is not None else -math.inf), line.problem.name


def _factored(candidate: Candidate, model: Model, counting: Counting, levels: Mapping[str, float]) -> _Factored:
    fill: list[str] = []
    shown, share = _share(candidate, counting, fill)
    harms, harm = _harm(candidate, levels, fill)
    standing = candidate.standing
    if not standing.error.n:
        fill.append(f"no error: {standing.error.reason}; {_how_to_score(model, candidate.problem)}")
    confusion = standing.confusion
    # False positives count apart only where every Case is one labelled pattern; elsewhere the two harms are equal.
    apart = confusion is not None and candidate.plain
    factors = ImpactFactors(
        affected=share,
        errors=standing.failed,
        n=standing.error.n,
        harm=harm,
        false_positives=confusion.false_positive if confusion is not None and apart else 0,
        positives=confusion.true_positive + confusion.false_negative if confusion is not None and apart else None,
    )
    return _Factored(candidate=candidate, factors=factors, shown_share=shown, harms=harms, fill=tuple(fill))


def _share(
    candidate: Candidate, counting: Counting, fill: list[str]
) -> tuple[AffectedShare | None, TypedShare | CountedShare | None]:
    name, affected = candidate.problem.name, candidate.problem.affected
    edit = f"curiouser problem edit {name}"
    if affected is None:
        fill.append(
            f'percent affected is not known: {edit} --affected 3% --because "…"'
            f", or {edit} --affected-where PREDICATE"
            + (f", or {edit} --affected-by-reports" if candidate.reports else "")
        )
        return None, None
    try:
        return counting.share(affected, candidate.reports)
    except (BadInputError, NotFoundError) as error:
        fill.append(f"percent affected cannot be counted: {error.reason}; {error.repair}")
        return None, None


def _harm(
    candidate: Candidate, levels: Mapping[str, float], fill: list[str]
) -> tuple[tuple[float | None, float | None, float | None], Harm | None]:
    problem = candidate.problem
    edit = f"curiouser problem edit {problem.name} --harm {next(iter(levels), '1')}"
    try:
        both = harm_value(problem.harm, levels)
        positive = harm_value(problem.harm_false_positive, levels)
        negative = harm_value(problem.harm_false_negative, levels)
    except BadInputError as error:
        fill.append(f"{error.reason}: {edit}")
        return (None, None, None), None
    harms = (both, positive, negative)
    apart = positive is not None or negative is not None
    if apart and not candidate.plain:
        if both is not None:
            return harms, Harm(false_positive=both, false_negative=both)
        fill.append(f"its Cases fail by neither false positives nor false negatives, so they need one harm: {edit}")
        return harms, None
    first, second = (both if positive is None else positive), (both if negative is None else negative)
    if first is None or second is None:
        fill.append(f"harm is not set{' for both kinds of error' if apart else ''}: {edit}")
        return harms, None
    return harms, Harm(false_positive=first, false_negative=second)


def _how_to_score(model: Model, problem: Problem) -> str:
    if model.kind is ModelKind.PREDICTIONS:
        return f"curiouser model missing {model.name} --on {problem.dataset}"
    return f"curiouser evaluate --on {problem.dataset}"


def _error_times_harm(one: _Factored) -> float | None:
    harm, n = one.factors.harm, one.factors.n
    if harm is None or not n:
        return None
    wrong = one.factors.false_positives
    return (wrong * harm.false_positive + (one.factors.errors - wrong) * harm.false_negative) / n
