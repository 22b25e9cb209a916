"""Short ways for tests to ask for scores and to read what may be undefined."""

from collections.abc import Collection
from typing import TypedDict

from curiouser.measure import FloatArray, IntArray, Measured, Paired


class How(TypedDict, total=False):
    """Optional arguments of score_all, passed through."""

    clusters: IntArray | None
    weights: FloatArray | None
    metrics: Collection[str] | None
    tolerance: float | None


def known(value: float | None) -> float:
    """Read a number that the test knows to be defined."""
    assert value is not None
    return value


def reason_of(outcome: Measured | Paired) -> str:
    """Read the reason of something undefined."""
    assert outcome.reason is not None
    return outcome.reason
