"""Time as a parameter: services take a clock, tests give them a fixed one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current moment, UTC, timezone-aware."""


def utc_now() -> datetime:
    """Tell the time, UTC, timezone-aware."""
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with microseconds, so that text order is time order.

    Raises:
        ValueError: The moment has no timezone.

    Examples:
        >>> as_text(datetime(2019, 10, 10, tzinfo=UTC))
        '2019-10-10T00:00:00.000000Z'
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no timezone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Read what :func:`as_text` wrote.

    Examples:
        >>> from_text("2019-10-10T00:00:00.000000Z").year
        2019
    """
    return datetime.fromisoformat(text)
