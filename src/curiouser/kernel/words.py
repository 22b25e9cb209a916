"""How sentences count: one row, two rows."""

from __future__ import annotations

from typing import Final

_PLURALS: Final = {"is": "are", "has": "have", "stands": "stand", "stops": "stop"}
"""What stands with several things where one has the key."""


def plural(count: int, thing: str, things: str | None = None) -> str:
    """Count things in words.

    Args:
        count: How many, >= 0.
        thing: What one of them is called.
        things: What several are called; ``thing`` with an s when left out.

    Returns:
        The count, its thousands apart, with its noun.

    Examples:
        >>> plural(1, "row"), plural(2_000, "row"), plural(2, "branch", "branches")
        ('1 row', '2,000 rows', '2 branches')
    """
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def agreeing(count: int, verb: str) -> str:
    """Put a verb into the number of what it is said of.

    Args:
        count: How many, >= 0.
        verb: ``is``, ``has``, ``stands`` or ``stops``.

    Returns:
        The verb for that many.

    Raises:
        KeyError: It is another verb, and several are counted.

    Examples:
        >>> agreeing(1, "has"), agreeing(2, "has"), agreeing(0, "stops")
        ('has', 'have', 'stop')
    """
    return verb if count == 1 else _PLURALS[verb]


def counted(n: int, missing: int = 0) -> str:
    """Say over how many a number was computed, and how many it lacks.

    Args:
        n: How many were scored, >= 0.
        missing: How many could not be, >= 0.

    Returns:
        What stands beside the number.

    Examples:
        >>> counted(1_200), counted(34, 33)
        ('n=1,200', 'n=34, 33 missing')
    """
    return f"n={n:,}" + (f", {missing:,} missing" if missing else "")
