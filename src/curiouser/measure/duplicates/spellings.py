"""Which words may be slips of each other, for all words at once: what spares most pairs of texts a closer look."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from curiouser.measure.duplicates.probing import twice_deleted_keys
from curiouser.measure.duplicates.records import IndexArray, KeyArray
from curiouser.measure.duplicates.shingles import mixed
from curiouser.measure.duplicates.wording import COLUMN, bare_words

_DIGIT = re.compile(r"\d")


def alike_words(words: Sequence[str]) -> IndexArray:
    """Group words: those that are a slip apart, or joined by a chain of slips, are in one group.

    Args:
        words: ``n`` different words.

    Returns:
        ``(n,)``, numbers of groups.

    Examples:
        >>> groups = alike_words(["sitting", "siting", "breeding"])
        >>> bool(groups[0] == groups[1]), bool(groups[0] == groups[2])
        (True, False)
    """
    # What has a digit in it is a slip of nothing.
    keys, owners = twice_deleted_keys(["" if _DIGIT.search(word) else word for word in words])
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    same = keys[1:] == keys[:-1]
    edges = owners[1:][same], owners[:-1][same]
    graph = coo_array((np.ones(len(edges[0]), np.bool_), edges), shape=(len(words), len(words)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def may_be_near(
    texts: Sequence[str], left: IndexArray, right: IndexArray
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which pairs of texts may have the same words, but for slips, breaks, punctuation and order.

    The others certainly have not: neither are their words the same ones up to groups of alike words, nor
    their letters.

    Args:
        texts: ``n`` normalised texts.
        left: ``(m,)``, places of texts.
        right: ``(m,)``, places of texts.

    Returns:
        ``(m,)``.
    """
    numbers: dict[str, int] = {}
    words = [bare_words(text) for text in texts]
    flat = np.array([numbers.setdefault(word, len(numbers)) for some in words for word in some], np.int64)
    owners = np.repeat(np.arange(len(texts)), [len(some) for some in words])
    spelt = [word.rstrip(COLUMN) for word in numbers]
    columns = np.fromiter(map(len, numbers), np.int64, len(numbers)) - np.fromiter(
        map(len, spelt), np.int64, len(spelt)
    )
    distinct = {word: place for place, word in enumerate(dict.fromkeys(spelt))}
    groups = alike_words(list(distinct))[[distinct[word] for word in spelt]] if spelt else np.empty(0, np.int64)
    of_word = mixed((groups * 64 + columns + 1).astype(np.uint64))
    of_letters = np.array([_letters_hash(word) for word in spelt], np.uint64)
    meant, spelling = (_summed(values, flat, owners, len(texts)) for values in (of_word, of_letters))
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (meant[left] == meant[right]) | (
        spelling[left] == spelling[right]
    )
    return found


def _summed(values: KeyArray, flat: IndexArray, owners: IndexArray, many: int) -> KeyArray:
    """Sum a value per word over the words of each text, modulo 2^64."""
    sums = np.zeros(many, np.uint64)
    np.add.at(sums, owners, values[flat])
    return sums


def _letters_hash(word: str) -> int:
    return sum((ord(letter) * 0x9E3779B97F4A7C15) ^ (ord(letter) << 32) for letter in word) & 0xFFFFFFFFFFFFFFFF
