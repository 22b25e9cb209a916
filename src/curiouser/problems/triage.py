"""Rank problems by Impact: percent of users affected x error x harm (slides 48-50)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curiouser.kernel.errors import BadInputError, NotFoundError
from curiouser.measure import (
    CountedShare,
    FloatArray,
    Harm,
    ImpactFactors,
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
from curiouser.problems.records import ExpectationKind, Pattern, Problem, UserReport
from curiouser.problems.results import AffectedShare, ImpactValue, Standing, TriagedProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known of one problem before it is ranked."""

    problem: Problem
    """The problem."""
    patterns: Sequence[Pattern]
    """All its patterns."""
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


def rank(
    candidates: Sequence[Candidate], *, model: Model, counting: Counting, levels: Mapping[str, float]
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
    points = impact_points([one.factors for one in several]) if several else np.empty(0)
    drawn = _draws(several)
    intervals, ranges = impact_intervals(drawn, points), rank_ranges(drawn)
    lines = []
    for i, one in enumerate(several):
        interval, places = intervals[i], ranges[i]
        value = None
        if interval is not None:
            value = ImpactValue(value=float(points[i]), low=interval.low, high=interval.high)
        lines.append(
            TriagedProblem(
                problem=one.candidate.problem,
                standing=one.candidate.standing,
                impact=value,
                rank_best=places.best if places else None,
                rank_worst=places.worst if places else None,
                affected=one.shown_share,
                harm=one.harms[0],
                harm_false_positive=one.harms[1],
                harm_false_negative=one.harms[2],
                fill=one.fill,
                error_times_harm=_error_times_harm(one),
            )
        )
    return tuple(sorted(lines, key=_order))


def _order(line: TriagedProblem) -> tuple[bool, float, str]:
    if line.impact is not None:
        return False, -line.impact.value, line.problem.name
    return True, -(line.error_times_harm if line.error_times_harm is not None else -math.inf), line.problem.name


def _draws(several: Sequence[_Factored]) -> FloatArray:
    # A stream of its own for each problem, named after it: what happens to one never moves another's interval.
    columns = [impact_draws([one.factors], rng=seeded("impact", one.candidate.problem.name)) for one in several]
    return np.concatenate(columns, axis=1) if columns else np.empty((0, 0))


def _factored(candidate: Candidate, model: Model, counting: Counting, levels: Mapping[str, float]) -> _Factored:
    fill: list[str] = []
    shown, share = _share(candidate, counting, fill)
    harms, harm = _harm(candidate, levels, fill)
    standing = candidate.standing
    if not standing.error.n:
        fill.append(f"no error: {standing.error.reason}; {_how_to_score(model, candidate.problem)}")
    confusion = standing.confusion
    # False positives count apart only where every Case is one labelled pattern; elsewhere the two harms are equal.
    apart = confusion is not None and _all_plain(candidate.patterns)
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
    if apart and not _all_plain(candidate.patterns):
        if both is not None:
            return harms, Harm(false_positive=both, false_negative=both)
        fill.append(f"its Cases fail by neither false positives nor false negatives, so they need one harm: {edit}")
        return harms, None
    first, second = (both if positive is None else positive), (both if negative is None else negative)
    if first is None or second is None:
        fill.append(f"harm is not set{' for both kinds of error' if apart else ''}: {edit}")
        return harms, None
    return harms, Harm(false_positive=first, false_negative=second)


def _all_plain(patterns: Sequence[Pattern]) -> bool:
    return all(one.case is None and one.expectation.kind is ExpectationKind.LABEL for one in patterns)


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
