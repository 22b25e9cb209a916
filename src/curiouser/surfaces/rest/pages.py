"""Pages of a list: at most so many, and a cursor to where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from curiouser.kernel.canonical import Json

One = TypeVar("One")


def following(found: Sequence[One], limit: int, cursor: Callable[[One], Json]) -> Json:
    """Tell where the next page begins, given one more than a page; None after the last.

    Args:
        found: What was found when one more than ``limit`` was asked for.
        limit: Length of a page, >= 1.
        cursor: Names a place in the list, to be sent back as ``after``.

    Examples:
        >>> following(["a", "b", "c"], 2, str), following(["a", "b"], 2, str)
        ('b', None)
    """
    return cursor(found[limit - 1]) if len(found) > limit else None


def paged(body: Mapping[str, Json], cursor: Json) -> dict[str, Json]:
    """Say in a body where its next page begins."""
    return {**body, "next": cursor}
