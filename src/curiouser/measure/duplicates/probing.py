"""Keys under which texts that may be alike meet, and the pairs that share one, under a cap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curiouser.measure.duplicates.minhash import BINS
from curiouser.measure.duplicates.records import Crowded, IndexArray, KeyArray, SignatureArray
from curiouser.measure.duplicates.shingles import mixed

ROWS = 4
"""Numbers of a signature in a band: 4 x 16 bits are one 64-bit key."""
CROSSING = 8
"""Bands that take every sixteenth number, beside the 16 of four neighbours: they cost keys and no new hashes."""
BANDS = BINS // ROWS + CROSSING
"""Bands of a signature: 24, so that three quarters of the pairs of Jaccard similarity 0.5 share one."""
SHORTEST, SHORT = 2, 20
"""Texts of so many characters also meet under their deletions: a typo leaves them too few common shingles."""
SWAPPED = 32
"""Texts of up to so many characters also meet under their sorted words: a swap leaves them too few common shingles."""
_PUNCTUATION = re.compile(r"[^\w\s']|_")
LONG_WORD, LONGEST_WORD = 8, 24
"""Letters of a word from which two edits may be a slip, and beyond which it is a link or a code, and no slip."""
_WORDS = 4_096
"""Words whose gaps are worked out at a time."""
_NONE = np.empty(0, np.int64)
_PAIRS = 1 << 21
"""Pairs made at a time: bounds the memory."""
_BASE = np.uint64(0x5851F42D4C957F2D)  # odd, so that it has powers of every order modulo 2^64


def band_keys(signatures: SignatureArray) -> KeyArray:
    """Cut signatures into bands: two texts meet when all four numbers of some band agree.

    Args:
        signatures: ``(n, 64)``.

    Returns:
        ``(n, 24)``; keys of different bands do not meet.

    Source:
        Indyk and Motwani (1998), STOC; Leskovec, Rajaraman and Ullman, "Mining of massive datasets", 3.4:
        texts of similarity s meet with a probability of about ``1 - (1 - s^4)^24``.
    """
    across = signatures.reshape(-1, ROWS, BINS // ROWS)[:, :, :CROSSING].transpose(0, 2, 1)
    words = np.hstack([signatures, across.reshape(-1, ROWS * CROSSING)])
    keys = np.ascontiguousarray(words).astype("<u2", copy=False).view("<u8").astype(np.uint64, copy=False)
    return mixed(keys ^ mixed(np.arange(1, BANDS + 1, dtype=np.uint64)))


def deletion_keys(texts: Sequence[str]) -> tuple[KeyArray, IndexArray]:
    """Hash short texts with one character left out, each in turn, and as they are.

    Two texts that are one insertion, deletion, substitution or swap of neighbours apart share a key.

    Args:
        texts: Normalised texts; those of 2 to 20 characters take part.

    Returns:
        ``(m,)`` keys, and ``(m,)`` the place of the text each belongs to.

    Source:
        Mor and Fraenkel (1982), "A hash code method for detecting and correcting spelling errors",
        Communications of the ACM 25(12).

    Examples:
        >>> keys, places = deletion_keys(["cat", "cart"])
        >>> bool(np.intersect1d(keys[places == 0], keys[places == 1]).size)
        True
    """
    chosen, codes, lengths = _short_codes(texts, SHORT)
    powers = _powers(SHORT)
    # What stands before the gap, and what stands behind it and moves up by one.
    before, moved = np.zeros((len(chosen), SHORT + 1), np.uint64), np.zeros((len(chosen), SHORT + 1), np.uint64)
    np.cumsum(codes * powers, axis=1, out=before[:, 1:])
    np.cumsum((codes[:, 1:] * powers[:-1])[:, ::-1], axis=1, out=moved[:, 1:SHORT])
    left_out = before[:, :SHORT] + moved[:, :SHORT][:, ::-1]
    keys = np.column_stack([before[:, -1:], left_out])
    takes_part = np.arange(-1, SHORT) < lengths[:, None]
    return mixed(keys[takes_part]), np.repeat(chosen, lengths + 1)


def twice_deleted_keys(words: Sequence[str]) -> tuple[KeyArray, IndexArray]:
    """Hash words as they are, with one letter left out, and, from six letters on, with two, each way in turn.

    Args:
        words: Those of 2 to 24 letters take part.

    Returns:
        ``(m,)`` keys, and ``(m,)`` the place of the word each belongs to. Two words one edit apart share one, and
        so do two that are two edits apart of which the longer has eight letters or more.

    Source:
        As :func:`deletion_keys`.
    """
    chosen, codes, lengths = _short_codes(words, LONGEST_WORD)
    keys, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for start in range(0, len(chosen), _WORDS):
        some = slice(start, start + _WORDS)
        made, takes_part = _with_gaps(codes[some], lengths[some])
        keys.append(made[takes_part])
        owners.append(np.repeat(chosen[some], takes_part.sum(axis=1)))
    return mixed(np.concatenate(keys)), np.concatenate(owners)


def _with_gaps(codes: KeyArray, lengths: IndexArray) -> tuple[KeyArray, npt.NDArray[np.bool_]]:
    """Sum the letters of words without a gap, with each gap, and with each two gaps; tell which of these there are."""
    width = codes.shape[1]
    powers = _powers(width)
    # Sums of the letters before each place: at their own places, moved up by one, and by two.
    own, by_one, by_two = (np.zeros((len(codes), width + 1), np.uint64) for _ in range(3))
    for moved, sums in enumerate((own, by_one, by_two)):
        np.cumsum(codes[:, moved:] * powers[: width - moved], axis=1, out=sums[:, 1 + moved :])
    one = np.arange(width)
    single = own[:, one] + by_one[:, -1:] - by_one[:, one + 1]
    first, second = np.triu_indices(width, 1)
    double = own[:, first] + by_one[:, second] - by_one[:, first + 1] + by_two[:, -1:] - by_two[:, second + 1]
    size = lengths[:, None]
    there = np.column_stack([size >= 0, one < size, (second < size) & (size >= LONG_WORD - 2)])
    return np.column_stack([own[:, -1:], single, double]), there


def order_keys(texts: Sequence[str]) -> tuple[KeyArray, IndexArray]:
    """Hash the words of short texts in alphabetical order, without punctuation.

    Args:
        texts: Normalised texts; those of 2 to 32 characters take part.

    Returns:
        ``(m,)`` keys, and ``(m,)`` the place of the text each belongs to.

    Source:
        The fingerprint of key collision clustering (OpenRefine), words kept as often as they stand.

    Examples:
        >>> keys, _ = order_keys(["cat sitting, please", "please: cat sitting"])
        >>> bool(keys[0] == keys[1])
        True
    """
    sorted_words = [
        " ".join(sorted(_PUNCTUATION.sub("", text).split())) if SHORTEST <= len(text) <= SWAPPED else ""
        for text in texts
    ]
    chosen, codes, _ = _short_codes(sorted_words, SWAPPED)
    # Another sum than that of the deletions: their keys are not the same.
    return mixed(~(codes * _powers(SWAPPED)).sum(axis=1, dtype=np.uint64)), chosen


def _short_codes(texts: Sequence[str], most: int) -> tuple[IndexArray, KeyArray, IndexArray]:
    """Choose the short texts; return their places, ``(n, most)`` code points and lengths."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    chosen = np.flatnonzero((lengths >= SHORTEST) & (lengths <= most))
    codes = np.zeros((len(chosen), most), np.uint64)
    if len(chosen):
        joined = "".join([texts[place] for place in chosen.tolist()]).encode("utf-32-le", "surrogatepass")
        codes[np.arange(most) < lengths[chosen, None]] = np.frombuffer(joined, np.uint32)
    return chosen, codes, lengths[chosen]


def _powers(most: int) -> KeyArray:
    return np.cumprod(np.full(most, _BASE), dtype=np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Met:
    """Pairs that share a key."""

    left: IndexArray
    """``(m,)``."""
    right: IndexArray
    """``(m,)``."""


class Buckets:
    """Keys in order, with what each belongs to, and the pairs that share one.

    A key that more owners have than the cap tells little about any of them: it is passed over, and pairs are left to
    their other keys. So which pairs are looked at depends on how many have a key, and on no order.

    Args:
        keys: ``(m,)``, ascending.
        owners: ``(m,)``, places of texts.
        cap: Most owners of a key that is not passed over, >= 1.
    """

    def __init__(self, keys: KeyArray, owners: IndexArray, *, cap: int) -> None:
        self._keys, self._owners, self._cap = keys, owners, cap
        self.not_looked_at = 0
        """Pairs that share a key that was passed over, >= 0."""
        self._starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else _NONE
        self._sizes = np.diff(np.r_[self._starts, len(keys)])

    def crowded(self, keys: KeyArray | None = None) -> Crowded:
        """List the keys that are passed over, and how often each is here (left) and among other keys (right)."""
        chosen = self._sizes > self._cap
        over, left = self._keys[self._starts[chosen]], self._sizes[chosen]
        others = np.empty(0, np.uint64) if keys is None else np.sort(keys)
        right = np.searchsorted(others, over, "right") - np.searchsorted(others, over, "left")
        return Crowded(keys=over, left=left, right=right)

    def within(self) -> Iterator[Met]:
        """Pair those that share a key with each other: each with all behind it."""
        crowded = self._sizes > self._cap
        self.not_looked_at += int((self._sizes[crowded] * (self._sizes[crowded] - 1) // 2).sum())
        shared = (self._sizes > 1) & ~crowded
        ends = np.repeat((self._starts + self._sizes)[shared], self._sizes[shared])
        first = ends - _counted_down(self._sizes[shared]) + 1
        yield from self._pairs(first, ends - first, self._owners[first - 1])

    def across(self, keys: KeyArray, owners: IndexArray) -> Iterator[Met]:
        """Pair what is here (left) with other owners (right) under the same key."""
        first = np.searchsorted(self._keys, keys, "left")
        counts = np.searchsorted(self._keys, keys, "right") - first
        crowded = counts > self._cap
        self.not_looked_at += int(counts[crowded].sum())
        yield from self._pairs(first, np.where(crowded, 0, counts), owners)

    def first_across(self, keys: KeyArray, owners: IndexArray) -> Iterator[Met]:
        """Pair other owners (right) with the first ones here (left) under the same key, at most ``cap``."""
        first = np.searchsorted(self._keys, keys, "left")
        counts = np.searchsorted(self._keys, keys, "right") - first
        yield from self._pairs(first, np.minimum(counts, self._cap), owners)

    def _pairs(self, first: IndexArray, counts: IndexArray, owners: IndexArray) -> Iterator[Met]:
        """Pair the owner of each place with ``counts`` neighbours from ``first`` on."""
        some = np.flatnonzero(counts)
        totals = np.cumsum(counts[some])
        cuts = np.searchsorted(totals, np.arange(_PAIRS, int(totals[-1]) if len(totals) else 0, _PAIRS))
        for run in np.split(some, cuts):
            own = np.repeat(owners[run], counts[run])
            behind = np.repeat(first[run] + counts[run], counts[run]) - _counted_down(counts[run])
            yield Met(left=self._owners[behind], right=own)


def all_keys(texts: Sequence[str], signatures: SignatureArray) -> tuple[KeyArray, IndexArray]:
    """Make every key under which texts meet.

    Args:
        texts: ``n`` normalised texts; empty ones have none.
        signatures: ``(n, 64)``.

    Returns:
        ``(m,)`` keys, and ``(m,)`` the place of the text each belongs to.

    Source:
        As :func:`band_keys`, :func:`deletion_keys` and :func:`order_keys`.
    """
    present = np.flatnonzero(np.fromiter(map(bool, texts), np.bool_, len(texts)))
    bands = band_keys(signatures[present])
    short, short_owners = deletion_keys(texts)
    order, order_owners = order_keys(texts)
    return (
        np.concatenate([bands.ravel(), short, order]),
        np.concatenate([np.repeat(present, BANDS), short_owners, order_owners]),
    )


def _counted_down(sizes: IndexArray) -> IndexArray:
    """Count each size down to 1.

    Examples:
        >>> _counted_down(np.array([3, 1, 2])).tolist()
        [3, 2, 1, 1, 2, 1]
    """
    return np.repeat(np.cumsum(sizes), sizes) - np.arange(int(sizes.sum()))
