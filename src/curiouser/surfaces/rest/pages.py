"""Pages of a list: at most so many, and a cursor to where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import UsageError

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


def rest_after(found: Sequence[One], after: str | int | None, cursor: Callable[[One], Json]) -> Sequence[One]:
    """Cut off what the pages before had, of a list that is read whole.

    Args:
        found: The whole list.
        after: The ``next`` of the page before; None for the first page.
        cursor: Names a place in the list.

    Raises:
        UsageError: The place is gone.

    Examples:
        >>> rest_after(["a", "b", "c"], "b", str), rest_after(["a"], None, str)
        (['c'], ['a'])
    """
    if after is None:
        return found
    places = [place for place, one in enumerate(found) if cursor(one) == after]
    if not places:
        raise UsageError(f"there is no {after!r} in this list to go on from", "begin again without `after`")
    return found[places[0] + 1 :]
