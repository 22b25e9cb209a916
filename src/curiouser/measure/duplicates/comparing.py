"""Read the words of many pairs of texts, and measure how similar those are that may be near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curiouser.measure.duplicates.edits import edit_similarity, trimmed
from curiouser.measure.duplicates.records import IndexArray
from curiouser.measure.duplicates.spellings import may_be_near
from curiouser.measure.duplicates.wording import Wording, compare_either_way

LONGEST = 2_000
"""Characters between the common beginning and end of two texts up to which their edit distance is exact."""
_PARTNERS = 2
"""Partners a text has on average from which it pays to look at all words at once first."""


def near_wordings(texts: Sequence[str], left: IndexArray, right: IndexArray) -> dict[int, Wording]:
    """Find the pairs of texts whose words are the same, but for slips, breaks, punctuation and swapped neighbours.

    Args:
        texts: ``n`` normalised texts.
        left: ``(m,)``, places of texts.
        right: ``(m,)``, places of texts.

    Returns:
        How they differ, by place among the pairs.

    Source:
        :func:`curiouser.measure.duplicates.wording.compare_either_way`.

    Examples:
        >>> texts = ["cat sitting", "cat siting", "cat breeding"]
        >>> sorted(near_wordings(texts, np.array([0, 0]), np.array([1, 2])))
        [0]
    """
    pairs = np.arange(len(left))
    if len(pairs) > _PARTNERS * len(texts):
        pairs = pairs[may_be_near(texts, left, right)]
    wordings = ((pair, compare_either_way(texts[left[pair]], texts[right[pair]])) for pair in pairs.tolist())
    return {pair: wording for pair, wording in wordings if wording.is_near}


def similarities(wordings: Sequence[Wording]) -> list[float]:
    """Measure the edit similarity of compared texts, with moved words put back.

    Where they differ over more than 2,000 characters it is 1 less the share of the longer text that stands in
    words which the other lacks.

    Args:
        wordings: ``n`` of them.

    Returns:
        ``n`` numbers in [0, 1].

    Source:
        :func:`curiouser.measure.duplicates.edits.edit_similarity`. An edit distance with moves of words is treated
        in Cormode and Muthukrishnan (2007), ACM Transactions on Algorithms 3(1).
    """
    made = [_by_words(wording) if _is_long(wording) else None for wording in wordings]
    exact = [wording.in_order for wording, known in zip(wordings, made, strict=True) if known is None]
    measured = iter(edit_similarity([one for one, _ in exact], [two for _, two in exact]).tolist())
    return [next(measured) if known is None else known for known in made]


def _is_long(wording: Wording) -> bool:
    if max(map(len, wording.in_order)) <= LONGEST:
        return False
    return max(map(len, trimmed(*wording.in_order))) > LONGEST


def _by_words(wording: Wording) -> float:
    return max(0.0, 1 - wording.unshared / max(map(len, wording.in_order)))
