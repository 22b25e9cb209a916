"""Turns what a user's check returned into the rows it calls wrong, or says what is no verdict."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from curiouser.models.sandbox.answers import NoAnswerError

_LONGEST = 200


def wrong_rows(returned: object, rows: int) -> list[tuple[int, str]]:
    """Read verdicts: one per row, nothing (None, False, an empty text) where it is fine, else True or the reason.

    Args:
        returned: What the check returned.
        rows: How many rows it was given.

    Returns:
        Place and reason of each wrong row; the reason is empty where the check gave none.

    Raises:
        NoAnswerError: It is not one verdict per row.

    Examples:
        >>> wrong_rows([None, "no e-mail here", True], 3)
        [(1, 'no e-mail here'), (2, '')]
    """
    if isinstance(returned, str | bytes | dict) or not isinstance(returned, Iterable):
        raise NoAnswerError(f"returned {type(returned).__name__}", repair="return a list with one verdict per row")
    given = list(islice(returned, rows + 1))
    if len(given) != rows:
        count = f"more than {rows:,}" if len(given) > rows else f"{len(given):,}"
        raise NoAnswerError(f"returned {count} verdicts for {rows:,} rows", repair="return one verdict per row")
    return [(row, said) for row, value in enumerate(given) if (said := _verdict(value, row)) is not None]


def _verdict(value: object, row: int) -> str | None:
    # NumPy's own booleans and texts become Python's.
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain is False or plain == "":
        return None
    if plain is True:
        return ""
    if isinstance(plain, str):
        return plain[:_LONGEST]
    raise NoAnswerError(
        f"returned {type(plain).__name__} as a verdict", row, "return None or False for a row that is fine, else why"
    )
