"""Settings of a problem as callers give them, checked and brought to the form they are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from curiouser.problems.errors import BadFactorError
from curiouser.problems.factors import checked_tolerance, harm_value, stated_affected, window_days
from curiouser.problems.records import Affected, AffectedSource

PRODUCTION = "production"
"""The dataset that knows the active users where none is named."""
CLEARABLE = ("description", "harm", "harm_false_positive", "harm_false_negative", "affected", "owner")
"""Settings that can be emptied."""
_HARMS = ("harm", "harm_false_positive", "harm_false_negative")


class Given(TypedDict, total=False):
    """What a caller may set on a problem; what is absent or None stays as it is."""

    description: str | None
    """What is wrong, in the team's words."""
    harm: str | float | None
    """Cost of one wrong answer to one user: a level of the configuration, or a number >= 0."""
    harm_false_positive: str | float | None
    """The same for false positives alone."""
    harm_false_negative: str | float | None
    """The same for false negatives alone."""
    affected: str | None
    """Percent of users affected: ``3%`` or ``2%..6%``, with ``because``."""
    because: str | None
    """Where the percent comes from."""
    affected_where: str | None
    """Predicate that finds affected users among the rows of ``users_in``."""
    affected_by_reports: bool | None
    """Count the users who reported it: a lower bound."""
    users_in: str | None
    """Ref of the dataset that knows the active users; ``production`` by default."""
    window: str | None
    """How far back from that dataset's latest row: ``28d``, ``4w``."""
    tolerance: float | None
    """Largest acceptable error rate, in [0, 1)."""
    owner: str | None
    """Who looks after it."""


def checked(given: Given, levels: Mapping[str, float]) -> dict[str, object]:
    """Check settings and return those that are set, by field of :class:`Problem`.

    Args:
        given: What the caller set.
        levels: Harm by level, from the configuration.

    Raises:
        BadFactorError: One of them cannot be right.
    """
    told = {"description": given.get("description"), "owner": given.get("owner")}
    made: dict[str, object] = {name: value for name, value in told.items() if value is not None}
    harms = (given.get("harm"), given.get("harm_false_positive"), given.get("harm_false_negative"))
    for name, harm in zip(_HARMS, harms, strict=True):
        if harm is not None:
            text = harm if isinstance(harm, str) else f"{harm:g}"
            harm_value(text, levels)
            made[name] = text
    tolerance = given.get("tolerance")
    if tolerance is not None:
        made["tolerance"] = checked_tolerance(tolerance)
    affected = _affected(given)
    return made | ({"affected": affected} if affected is not None else {})


def _affected(given: Given) -> Affected | None:
    ways = [name for name in ("affected", "affected_where", "affected_by_reports") if given.get(name)]
    if len(ways) > 1:
        raise BadFactorError(
            "percent affected is given in several ways", "choose one of: typed, a predicate over rows, or reports"
        )
    typed, where = given.get("affected"), given.get("affected_where")
    if typed:
        return stated_affected(typed, given.get("because"))
    if given.get("because"):
        raise BadFactorError("a reason is given, but no percent of users", 'add --affected "3%"')
    window = given.get("window")
    if not ways:
        if window or given.get("users_in"):
            raise BadFactorError("a window is given, but nothing to count in it", "add --affected-where PREDICATE")
        return None
    return Affected(
        source=AffectedSource.ROWS if where else AffectedSource.REPORTS,
        where=where or None,
        dataset=given.get("users_in") or PRODUCTION,
        window_days=window_days(window) if window else None,
    )
