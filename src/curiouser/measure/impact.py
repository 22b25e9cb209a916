"""Impact of a problem: percent of users affected x error rate x harm, with its uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from curiouser.measure.rates import jeffreys_draws
from curiouser.measure.records import FloatArray, Interval

DRAWS = 10_000
_DRAWS_AT_ONCE = 250
"""Draws that are ranked together: with a thousand problems they fit into a processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedShare:
    """Percent of users affected as somebody typed it: a value or a range."""

    low: float
    """Lower end, percent in [0, 100]."""
    high: float
    """Upper end, percent in [0, 100]; equal to ``low`` for a single value."""
    likely: float | None = None
    """Most likely value in percent; None where every value in the range is as likely."""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 100:
            raise ValueError(f"a range of percents needs 0 <= low <= high <= 100, got {self.low}..{self.high}")
        if self.likely is not None and not self.low <= self.likely <= self.high:
            raise ValueError(f"the likely value {self.likely} lies outside {self.low}..{self.high}")

    @property
    def percent(self) -> float:
        """Point value: the likely one, else the middle of the range."""
        return (self.low + self.high) / 2 if self.likely is None else self.likely

    def draws(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Draw plausible percents, uniform or triangular: ``(count,)``.

        Args:
            count: How many.
            rng: Chance.
        """
        if self.low == self.high:
            return np.full(count, self.low)
        if self.likely is None:
            return rng.uniform(self.low, self.high, size=count)
        return rng.triangular(self.low, self.likely, self.high, size=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedShare:
    """Percent of users affected as it was counted: users among active users."""

    users: int
    """Distinct users affected, in [0, active]."""
    active: int
    """Distinct active users in the same window, > 0."""

    def __post_init__(self) -> None:
        if not (0 <= self.users <= self.active and self.active > 0):
            raise ValueError(f"need 0 <= users <= active and active > 0, got {self.users} of {self.active}")

    @property
    def percent(self) -> float:
        """Point value, percent in [0, 100]."""
        return 100 * self.users / self.active

    def draws(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Draw plausible percents under Jeffreys' prior: ``(count,)``.

        Args:
            count: How many.
            rng: Chance.
        """
        return 100 * jeffreys_draws(self.users, self.active, draws=count, rng=rng)


Affected: TypeAlias = TypedShare | CountedShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Cost of one wrong answer to one user, on the team's own scale."""

    false_positive: float
    """Of one false positive, >= 0."""
    false_negative: float
    """Of one false negative, >= 0; equal to ``false_positive`` where the team makes no difference."""

    def __post_init__(self) -> None:
        if not (np.isfinite([self.false_positive, self.false_negative]).all() and self.false_positive >= 0):
            raise ValueError(f"harm must be finite and >= 0, got {self.false_positive} and {self.false_negative}")
        if self.false_negative < 0:
            raise ValueError(f"harm must be finite and >= 0, got {self.false_negative}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactFactors:
    """What is known of one problem; a factor that is None is missing, and so is the impact."""

    affected: Affected | None
    """Share of users affected."""
    errors: int
    """Patterns answered wrongly, in [0, n]."""
    n: int
    """Patterns scored and not memorised, >= 0; 0 means that the error is missing."""
    harm: Harm | None
    """Cost of a wrong answer."""
    false_positives: int = 0
    """How many of the errors are false positives, in [0, errors]; read where the harms differ."""
    positives: int | None = None
    """How many of the n patterns have a positive label; None where it is not known."""

    def __post_init__(self) -> None:
        if not 0 <= self.false_positives <= self.errors <= self.n:
            raise ValueError(
                f"need 0 <= false positives <= errors <= n, got {self.false_positives}, {self.errors}, {self.n}"
            )
        if self.positives is not None and not 0 <= self.positives <= self.n:
            raise ValueError(f"need 0 <= positives <= n, got {self.positives} of {self.n}")


def impact(percent_affected: FloatArray, error: FloatArray, harm: FloatArray) -> FloatArray:
    """Rank problems: percent of users affected x error rate x harm.

    Args:
        percent_affected: ``(n_problems,)``, percent of users in [0, 100]; NaN where missing.
        error: ``(n_problems,)``, error rate on the problem's patterns in [0, 1];
            NaN where no pattern was scored, and the impact is NaN too.
        harm: ``(n_problems,)``, cost per wrong answer, >= 0; NaN where missing.

    Returns:
        ``(n_problems,)``, unitless, >= 0; comparable only within one
        evaluation of one test-set commit.

    Raises:
        ValueError: Shapes differ, or a value is outside its range.

    Source:
        Abbott, "Machine Learning's Surprises", slides 49-50.

    Examples:
        >>> impact(np.array([4.0]), np.array([0.25]), np.array([3.0])).tolist()
        [3.0]
    """
    if not percent_affected.shape == error.shape == harm.shape:
        raise ValueError(f"shapes differ: {percent_affected.shape}, {error.shape}, {harm.shape}")
    for name, values, top in (("percent_affected", percent_affected, 100.0), ("error", error, 1.0)):
        if bool(np.any((values < 0) | (values > top))):
            raise ValueError(f"{name} must lie in [0, {top:g}]")
    if bool(np.any((harm < 0) | np.isinf(harm))):
        raise ValueError("harm must be finite and >= 0")
    return np.asarray(percent_affected * error * harm)


def impact_points(problems: Sequence[ImpactFactors]) -> FloatArray:
    """Impact of each problem, without its uncertainty.

    Args:
        problems: What is known of each.

    Returns:
        ``(n_problems,)``, >= 0; NaN where a factor is missing. Where the harms of false
        positives and false negatives differ, each error counts with its own.

    Source:
        Abbott, "Machine Learning's Surprises", slides 49-50.

    Examples:
        >>> known = ImpactFactors(affected=TypedShare(low=4.0, high=4.0), errors=5, n=20,
        ...                       harm=Harm(false_positive=3.0, false_negative=3.0))
        >>> impact_points([known]).tolist()
        [3.0]
    """
    percents, errors, harms = [], [], []
    for problem in problems:
        percents.append(np.nan if problem.affected is None else problem.affected.percent)
        errors.append(problem.errors / problem.n if problem.n else np.nan)
        harms.append(np.nan if problem.harm is None else _mean_harm(problem.harm, _false_positive_share(problem)))
    return impact(np.array(percents), np.array(errors), np.array(harms))


def _false_positive_share(problem: ImpactFactors) -> float:
    return problem.false_positives / problem.errors if problem.errors else 0.5


def _mean_harm(harm: Harm, share: float) -> float:
    return share * harm.false_positive + (1 - share) * harm.false_negative


def impact_draws(problems: Sequence[ImpactFactors], *, rng: np.random.Generator, draws: int = DRAWS) -> FloatArray:
    """Draw plausible impacts of all problems together.

    Args:
        problems: What is known of each.
        rng: Source of randomness.
        draws: How many joint draws, > 0.

    Returns:
        ``(draws, n_problems)``, >= 0; a whole column is NaN where a factor is missing.
        The error follows Jeffreys' posterior, the share of users its own range or counts,
        harm is fixed; where the two harms differ, the share of false positives among the
        errors is drawn too.

    Source:
        DESIGN §5; Brown, Cai and DasGupta (2001), Statistical Science 16, for the prior.

    Examples:
        >>> known = ImpactFactors(affected=TypedShare(low=4.0, high=4.0), errors=5, n=20,
        ...                       harm=Harm(false_positive=3.0, false_negative=3.0))
        >>> drawn = impact_draws([known], rng=np.random.default_rng(0))
        >>> drawn.shape, round(float(np.median(drawn)), 1)
        ((10000, 1), 3.1)
    """
    out = np.full((draws, len(problems)), np.nan)
    streams = rng.spawn(len(problems)) if len(problems) else []
    for place, (problem, stream) in enumerate(zip(problems, streams, strict=True)):
        if problem.affected is None or problem.harm is None or problem.n == 0:
            continue
        error = jeffreys_draws(problem.errors, problem.n, draws=draws, rng=stream)
        share = _false_positive_draws(problem, draws, stream)
        harm = share * problem.harm.false_positive + (1 - share) * problem.harm.false_negative
        out[:, place] = problem.affected.draws(draws, stream) * error * harm
    return out


def _false_positive_draws(problem: ImpactFactors, draws: int, rng: np.random.Generator) -> FloatArray:
    if problem.positives == problem.n:
        return np.zeros(draws)
    if problem.positives == 0:
        return np.ones(draws)
    false_negatives = problem.errors - problem.false_positives
    return rng.beta(problem.false_positives + 0.5, false_negatives + 0.5, size=draws)


def impact_intervals(drawn: FloatArray, values: FloatArray | None = None) -> list[Interval | None]:
    """Interval of each problem's impact: the middle 95 % of its draws.

    Args:
        drawn: ``(draws, n_problems)``, from ``impact_draws``.
        values: ``(n_problems,)``, the impacts themselves; an end that would leave one out is
            moved to it. Without an error the value is 0, and Jeffreys' draws never are.

    Returns:
        One interval per problem, None where its impact is missing.

    Source:
        DESIGN §5: the 2.5 % and 97.5 % quantiles of the joint draws; the ends at no error and
        at nothing but errors: Brown, Cai and DasGupta (2001), section 4.1.2.

    Examples:
        >>> intervals = impact_intervals(np.array([[0.0, np.nan], [1.0, np.nan]]))
        >>> round(intervals[0].high, 3), intervals[1]
        (0.975, None)
    """
    method = f"middle 95 % of {len(drawn):,} joint draws"
    intervals: list[Interval | None] = []
    for place, column in enumerate(drawn.T):
        if bool(np.isnan(column).any()):
            intervals.append(None)
            continue
        held = np.quantile(column, (0.025, 0.975))
        if values is not None and np.isfinite(values[place]):
            held = np.array([min(held[0], values[place]), max(held[1], values[place])])
        intervals.append(Interval(low=float(held[0]), high=float(held[1]), method=method))
    return intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRange:
    """Between which ranks a problem lies in 95 % of the joint draws."""

    best: int
    """Smallest rank, >= 1."""
    worst: int
    """Largest rank, >= best."""


def rank_ranges(drawn: FloatArray) -> list[RankRange | None]:
    """Range of ranks of each problem, from joint draws; the highest impact has rank 1.

    Args:
        drawn: ``(draws, n_problems)``, from ``impact_draws``.

    Returns:
        One range per problem, None where its impact is missing; such a problem takes
        no rank from the others.

    Raises:
        ValueError: The draws are no table.

    Source:
        DESIGN §5; Goldstein and Spiegelhalter (1996), JRSS A 159:385-443 (ranks with
        their uncertainty).

    Examples:
        >>> ranges = rank_ranges(np.array([[3.0, 1.0, np.nan], [3.0, 1.0, np.nan]]))
        >>> ranges[1], ranges[2]
        (RankRange(best=2, worst=2), None)
    """
    if drawn.ndim != 2:
        raise ValueError(f"draws must be (draws, n_problems), got {drawn.ndim} dimensions")
    known = ~np.isnan(drawn).any(axis=0)
    scored = drawn[:, known]
    ranges: list[RankRange | None] = [None] * drawn.shape[1]
    if not scored.size:
        return ranges
    ranks = _ranks(scored)
    # The inverse of the empirical distribution is one of the draws: which one, the same function says of 0, 1, 2 …
    ends = [int(np.quantile(np.arange(len(drawn)), q, method="inverted_cdf")) for q in (0.025, 0.975)]
    best, worst = np.partition(ranks, ends, axis=1)[:, ends].T
    for place, low, high in zip(np.flatnonzero(known), best, worst, strict=True):
        ranges[int(place)] = RankRange(best=int(low), worst=int(high))
    return ranges


def _ranks(scored: FloatArray) -> npt.NDArray[np.int32]:
    """Rank the problems within each draw, the highest first, ties in order: ``(n_problems, draws)``, from 1."""
    draws, n = scored.shape
    ranks = np.empty((n, draws), np.int32)
    place = np.arange(1, n + 1, dtype=np.int32)
    for start in range(0, draws, _DRAWS_AT_ONCE):
        some = -scored[start : start + _DRAWS_AT_ONCE]
        order = np.argsort(some, axis=1)
        ordered = np.take_along_axis(some, order, axis=1)
        tied = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
        # The fast sort leaves ties in any order, and they are rare: impacts of exactly 0.
        order[tied] = np.argsort(some[tied], axis=1, kind="stable")
        ranked = np.empty(order.shape, np.int32)
        np.put_along_axis(ranked, order, place[np.newaxis, :], axis=1)
        ranks[:, start : start + _DRAWS_AT_ONCE] = ranked.T
    return ranks
