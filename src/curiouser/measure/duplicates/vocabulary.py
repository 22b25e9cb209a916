"""Which words the data itself knows: a spelling that stands in many texts is a word, and no slip of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from curiouser.measure.duplicates.records import Likeness, TextPair, WordChange

KNOWN = 3
"""Texts from which a spelling is taken for a word."""
RARER = 20
"""A spelling so many times rarer than the other may still be a common misspelling of it."""
Counts = Callable[[frozenset[str]], Mapping[str, int]]
"""Tells in how many texts of the data each of some words stands."""


def texts_with(words: frozenset[str], texts: Iterable[str]) -> Counter[str]:
    """Count the texts in which each of some words stands between spaces.

    Examples:
        >>> texts_with(frozenset({"cat"}), ["a cat", "cat cat", "cats"])["cat"]
        2
    """
    counts: Counter[str] = Counter()
    for text in texts:
        found = words.intersection(text.split())
        if found:
            counts.update(found)
    return counts


def with_known_words(pairs: Sequence[TextPair], count: Counts) -> list[TextPair]:
    """Take those pairs for templates in which a seeming slip turns one known word into another.

    Both spellings stand in at least three texts, and neither is twenty times rarer than the other:
    ``trading`` and ``training`` are words here, ``traning`` is not.

    Args:
        pairs: What was found.
        count: Knows the data.

    Source:
        Own rule; the prior of Church and Gale (1991), "Probability scoring for spelling correction",
        Statistics and Computing 1, cut down to a threshold.
    """
    asked = frozenset(
        word
        for pair in pairs if pair.likeness is Likeness.NEAR
        for change in pair.differing for word in (change.left, change.right)
    )  # fmt: skip
    counts = count(asked) if asked else {}
    return [
        replace(pair, likeness=Likeness.TEMPLATE)
        if pair.likeness is Likeness.NEAR and any(are_both_words(change, counts) for change in pair.differing)
        else pair
        for pair in pairs
    ]


def are_both_words(change: WordChange, counts: Mapping[str, int]) -> bool:
    """Tell whether what seems a slip turns one word of the data into another: see :func:`with_known_words`."""
    rare, common = sorted((counts.get(change.left, 0), counts.get(change.right, 0)))
    return rare >= KNOWN and rare * RARER > common
