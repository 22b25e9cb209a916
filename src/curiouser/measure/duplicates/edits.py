"""Edit distance of many pairs of texts at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from curiouser.measure.duplicates.records import IndexArray

_FEW = 24
"""Characters up to which one after the other is faster than slices."""
_CELLS = 1 << 18
"""Cells of a diagonal worked on at a time: they stay in the processor's cache."""
_Points: TypeAlias = npt.NDArray[np.uint32]
_Costs: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Codes:
    """Texts as code points."""

    points: _Points
    """``(longest, n)``, filled up with 0."""
    lengths: IndexArray
    """``(n,)``."""


def trimmed(left: str, right: str) -> tuple[str, str]:
    """Leave out what two texts begin and end with alike, which their edit distance does not depend on.

    Examples:
        >>> trimmed("cat sitting", "cat siting")
        ('t', '')
    """
    short = min(len(left), len(right))
    if short <= _FEW:
        return _trimmed_word(left, right, short)
    start = _common(left, right, short)
    end = _common(left[start:][::-1], right[start:][::-1], short - start)
    return left[start : len(left) - end], right[start : len(right) - end]


def levenshtein(left: Sequence[str], right: Sequence[str]) -> IndexArray:
    """Count the least insertions, deletions and substitutions of characters that turn one text into the other.

    Pairs of about the same length go together, diagonal by diagonal.

    Args:
        left: ``n`` texts.
        right: ``n`` texts.

    Returns:
        ``(n,)``, characters (code points), >= 0.

    Source:
        Levenshtein (1966); Wagner and Fischer (1974), "The string-to-string correction problem", JACM 21(1).

    Examples:
        >>> levenshtein(["kitten", "", "same"], ["sitting", "ab", "same"]).tolist()
        [3, 2, 0]
    """
    pairs = [trimmed(one, two) for one, two in zip(left, right, strict=True)]
    sizes = np.fromiter((max(map(len, pair)) for pair in pairs), np.int64, len(pairs))
    distances = np.zeros(len(pairs), np.int64)
    for some in _runs_alike(sizes):
        chosen = [pairs[place] for place in some.tolist()]
        left_codes, right_codes = (_code_table([pair[side] for pair in chosen]) for side in (0, 1))
        distances[some] = _table_distances(left_codes, right_codes)
    return distances


def _runs_alike(sizes: IndexArray) -> Iterator[IndexArray]:
    """Cut pairs into runs of about the same size, the longest first; those of size 0 are left out."""
    waiting = np.argsort(sizes, kind="stable")
    waiting = waiting[sizes[waiting] > 0]
    while len(waiting):
        longest = int(sizes[waiting[-1]])
        many = max(1, _CELLS // (longest + 1))
        alike = len(waiting) - int(np.searchsorted(sizes[waiting], longest // 4, "right"))
        many = min(many, alike)
        yield waiting[-many:]
        waiting = waiting[:-many]


def edit_similarity(left: Sequence[str], right: Sequence[str]) -> npt.NDArray[np.float64]:
    """Edit similarity: 1 less the Levenshtein distance as a share of the longer text; 1 for two empty texts.

    Args:
        left: ``n`` texts.
        right: ``n`` texts.

    Returns:
        ``(n,)``, in [0, 1]; 1 only for equal texts.

    Source:
        Marzal and Vidal (1993), "Computation of normalized edit distance and applications", IEEE PAMI 15(9),
        discuss this and other normalisations; division by the longer length is the common one.

    Examples:
        >>> edit_similarity(["cat sitting"], ["cat siting"]).round(3).tolist()
        [0.909]
    """
    longer = np.fromiter(
        (max(len(one), len(two), 1) for one, two in zip(left, right, strict=True)), np.int64, len(left)
    )
    return 1 - levenshtein(left, right) / longer


def _trimmed_word(left: str, right: str, short: int) -> tuple[str, str]:
    start = end = 0
    while start < short and left[start] == right[start]:
        start += 1
    short -= start
    while end < short and left[-1 - end] == right[-1 - end]:
        end += 1
    return left[start : len(left) - end], right[start : len(right) - end]


def _common(left: str, right: str, most: int) -> int:
    """Count the characters that two texts begin with alike, by halving: whole slices compare faster than characters."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            most = middle - 1
    return low


def _code_table(texts: Sequence[str]) -> _Codes:
    """Write texts as codes: ``(longest, n)`` code points and their lengths."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    table = np.zeros((len(texts), int(lengths.max(initial=0))), np.uint32)
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    table[np.arange(table.shape[1]) < lengths[:, None]] = np.frombuffer(joined, np.uint32)
    return _Codes(points=np.ascontiguousarray(table.T), lengths=lengths)


def _table_distances(left: _Codes, right: _Codes) -> IndexArray:
    """Fill the table of Wagner and Fischer along its diagonals, all pairs side by side."""
    heights, widths = left.lengths, right.lengths
    high, wide = int(heights.max()), int(widths.max())
    backwards = right.points[:wide][::-1]
    # Diagonal d holds the cells (i, d - i), at i; two older ones are kept.
    older, old, new = (np.zeros((high + 1, len(heights)), np.int32) for _ in range(3))
    ends, answers = heights + widths, np.zeros(len(heights), np.int64)
    for diagonal in range(1, high + wide + 1):
        older, old, new = old, new, older
        _fill(new, old, older, left=left.points[:high], right=backwards, diagonal=diagonal)
        ready = np.flatnonzero(ends == diagonal)
        answers[ready] = new[heights[ready], ready]
    return answers


def _fill(new: _Costs, old: _Costs, older: _Costs, *, left: _Points, right: _Points, diagonal: int) -> None:
    high, wide = len(left), len(right)
    low, top = max(1, diagonal - wide), min(high, diagonal - 1)
    if low <= top:
        # Reversed, the characters of the right text lie in the order of the diagonal.
        behind = wide - diagonal
        differ = left[low - 1 : top] != right[behind + low : behind + top + 1]
        cells = new[low : top + 1]
        np.minimum(old[low - 1 : top], old[low : top + 1], out=cells)
        cells += 1
        np.minimum(cells, older[low - 1 : top] + differ, out=cells)
    if diagonal <= wide:
        new[0] = diagonal
    if diagonal <= high:
        new[diagonal] = diagonal
