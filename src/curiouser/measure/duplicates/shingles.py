"""Texts as sets of character shingles, each a 64-bit hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from curiouser.measure.duplicates.records import IndexArray, KeyArray

SHINGLE = 4
"""Characters (code points) in a shingle."""
_BATCH = 1 << 15
"""Characters hashed at a time, unless one text is longer: the arrays stay in the processor's cache."""
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def mixed(values: KeyArray) -> KeyArray:
    """Mix the bits of 64-bit numbers, so that every bit of the outcome depends on every bit given.

    Args:
        values: Any shape, any numbers.

    Returns:
        The same shape; different numbers stay different.

    Source:
        Stafford (2011), "Better bit mixing", variant 13, as in SplitMix64 (Steele, Lea and Flood 2014).
    """
    made = values ^ (values >> np.uint64(30))
    made *= _MIX[0]
    made ^= made >> np.uint64(27)
    made *= _MIX[1]
    made ^= made >> np.uint64(31)
    return made


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Cut a list of texts into runs of bounded size; a text longer than the bound is a run of its own."""
    start = size = 0
    for place, text in enumerate(texts):
        if size and size + len(text) > _BATCH:
            yield slice(start, place)
            start, size = place, 0
        size += len(text) + SHINGLE
    if start < len(texts):
        yield slice(start, len(texts))


def shingle_hashes(texts: Sequence[str]) -> tuple[KeyArray, IndexArray]:
    """Hash every run of four characters of every text; the last three are filled up with NUL.

    A text of n characters has n shingles, so that one of a single character has one too.
    They are a set: repeats hash alike, and a minimum does not see them.

    Args:
        texts: Normalised texts.

    Returns:
        ``(m,)`` hashes, and ``(m,)`` the place of the text each belongs to; m is the number of characters.

    Source:
        Broder (1997), "On the resemblance and containment of documents", section 2, over characters.

    Examples:
        >>> hashes, places = shingle_hashes(["ab", "", "b"])
        >>> places.tolist(), bool(hashes[1] == hashes[2])
        ([0, 0, 2], True)
    """
    fill = "\0" * (SHINGLE - 1)
    codes = np.frombuffer((fill.join(texts) + fill).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    places = np.repeat(np.arange(len(texts)), lengths)
    if not len(places):
        return np.empty(0, np.uint64), places
    # Code points have 21 bits: two fit into a word without loss, and a shingle is hashed as two words.
    words = codes[1:].astype(np.uint64)
    words <<= np.uint64(21)
    words |= codes[:-1]
    summed = words[:-2] * _ODD[0]
    summed += words[2:] * _ODD[1]
    starts = np.arange(len(places)) + (SHINGLE - 1) * places
    return mixed(summed[starts]), places
