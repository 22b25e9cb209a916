"""The state of a problem on a model: computed from its patterns, never typed in."""

from dataclasses import dataclass
from enum import StrEnum

from curiouser.measure.rates import lower_bound, upper_bound


class ProblemState(StrEnum):
    """What a model's answers to a problem's patterns say about it."""

    FAILING = "failing"
    PASSING = "passing"
    FIXED = "fixed"
    REGRESSED = "regressed"
    SLIPPED = "slipped"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternErrors:
    """How a model did on the patterns of a problem that it has not memorised."""

    errors: int
    """Patterns answered wrongly, in [0, n]."""
    n: int
    """Patterns scored and not memorised, >= 0."""

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.n:
            raise ValueError(f"need 0 <= errors <= n, got {self.errors} of {self.n}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A problem's state on one model, with what decides it."""

    state: ProblemState
    """The state."""
    more_needed: int | None = None
    """Passing only: further patterns without error that would prove it fixed, > 0; None
    where no number would, because the tolerance is 0."""
    bound: float | None = None
    """One-sided 95 % bound that decided: the upper one where the problem does not fail,
    the lower one where it does; in [0, 1]; None where nothing was scored."""


def standing(now: PatternErrors, *, tolerance: float, live: PatternErrors | None = None) -> Standing:
    """Say where a problem stands on a model.

    Args:
        now: The model's errors.
        tolerance: Largest acceptable error rate, in [0, 1).
        live: Errors of the live model; None where no model is live. Without a scored
            pattern of the live model nothing can regress.

    Returns:
        ``failing``: error above tolerance. ``regressed``: failing, with the lower bound
        above tolerance too, where the live model does not fail. ``slipped``: failing
        without that proof, where the live model does not fail. ``fixed``: upper bound at
        or below tolerance. ``passing``: within tolerance, not proven. ``unscored``.

    Raises:
        ValueError: The tolerance is outside [0, 1).

    Source:
        DESIGN §5; bounds: Clopper and Pearson (1934), one-sided 95 %.

    Examples:
        >>> standing(PatternErrors(errors=0, n=29), tolerance=0.10).state
        <ProblemState.FIXED: 'fixed'>
        >>> standing(PatternErrors(errors=0, n=6), tolerance=0.10).more_needed
        23
    """
    _refuse_tolerance(tolerance)
    if now.n == 0:
        return Standing(state=ProblemState.UNSCORED)
    if not _fails(now, tolerance):
        bound = upper_bound(now.errors, now.n)
        if bound <= tolerance:
            return Standing(state=ProblemState.FIXED, bound=bound)
        needed = patterns_needed(now.errors, tolerance)
        more = None if needed is None else needed - now.n
        return Standing(state=ProblemState.PASSING, more_needed=more, bound=bound)
    bound = lower_bound(now.errors, now.n)
    if live is None or live.n == 0 or _fails(live, tolerance):
        return Standing(state=ProblemState.FAILING, bound=bound)
    state = ProblemState.REGRESSED if bound > tolerance else ProblemState.SLIPPED
    return Standing(state=state, bound=bound)


def fails_beyond_bound(now: PatternErrors, *, tolerance: float) -> bool:
    """Whether the error is shown to be above tolerance, not only counted above it.

    Gates use it for closed problems, which fail only where this holds.

    Args:
        now: The model's errors.
        tolerance: Largest acceptable error rate, in [0, 1).

    Returns:
        True where the one-sided 95 % lower bound lies above tolerance.

    Raises:
        ValueError: The tolerance is outside [0, 1).

    Source:
        DESIGN §5; Clopper and Pearson (1934).

    Examples:
        >>> fails_beyond_bound(PatternErrors(errors=2, n=6), tolerance=0.10)
        False
        >>> fails_beyond_bound(PatternErrors(errors=3, n=6), tolerance=0.10)
        True
    """
    _refuse_tolerance(tolerance)
    return now.n > 0 and lower_bound(now.errors, now.n) > tolerance


def patterns_needed(errors: int, tolerance: float) -> int | None:
    """Fewest patterns, with this many errors among them, that prove a problem fixed.

    Args:
        errors: Patterns answered wrongly, >= 0.
        tolerance: Largest acceptable error rate, in [0, 1).

    Returns:
        The number; None where the tolerance is 0, which no number proves.

    Raises:
        ValueError: The tolerance is outside [0, 1), or errors is negative.

    Source:
        Clopper and Pearson (1934), one-sided 95 % upper bound at or below tolerance.

    Examples:
        >>> patterns_needed(0, 0.10), patterns_needed(1, 0.10)
        (29, 46)
    """
    _refuse_tolerance(tolerance)
    if errors < 0:
        raise ValueError(f"errors must be >= 0, got {errors}")
    if tolerance == 0:
        return None
    high = errors + 1
    while upper_bound(errors, high) > tolerance:
        high *= 2
    low = errors
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if upper_bound(errors, middle) > tolerance else (low, middle)
    return high


def _fails(patterns: PatternErrors, tolerance: float) -> bool:
    return patterns.errors > tolerance * patterns.n


def _refuse_tolerance(tolerance: float) -> None:
    if not 0 <= tolerance < 1:
        raise ValueError(f"a tolerance is an error rate in [0, 1), got {tolerance}")
