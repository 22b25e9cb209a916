"""Find the near-duplicates among texts: sign, meet, estimate, compare word by word, measure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeAlias

import numpy as np

from curiouser.measure.duplicates.comparing import near_wordings, similarities
from curiouser.measure.duplicates.minhash import estimated_jaccard, signatures
from curiouser.measure.duplicates.probing import (
    BANDS,
    Buckets,
    Met,
    all_keys,
    band_keys,
    deletion_keys,
    order_keys,
)
from curiouser.measure.duplicates.records import (
    Crowded,
    FloatArray,
    Found,
    IndexArray,
    KeyArray,
    Likeness,
    Search,
    SignatureArray,
    TextPair,
)
from curiouser.measure.duplicates.vocabulary import Counts, texts_with, with_known_words
from curiouser.measure.duplicates.wording import Wording, compare_either_way

Told = Callable[[int, int], None]
"""Is called with the steps done, and all steps there are."""
Texts: TypeAlias = tuple[Sequence[str], Sequence[str]]
Places: TypeAlias = tuple[IndexArray, IndexArray]
_AT_ONCE = 65_536
"""Pairs verified at a time."""


def near_within(texts: Sequence[str], search: Search, *, told: Told | None = None) -> Found:
    """Find the pairs of a list that are alike.

    Args:
        texts: ``n`` normalised texts, all different; empty ones are like nothing.
        search: What counts, and the caps.
        told: Hears how far it is.

    Returns:
        Every pair once, the earlier text at its left.

    Source:
        Broder (1997) for the steps; each module names its own.

    Examples:
        >>> found = near_within(["i offer cat sitting", "i offer dog training", "i offer cat siting"], Search())
        >>> [(pair.left, pair.right, pair.likeness.value) for pair in found.pairs]
        [(0, 2, 'near')]
    """
    signed = signatures(texts)
    gathered = Gathered(search, signed, signed)
    for table in _tables(texts, signed):
        buckets = Buckets(table.keys, table.owners, cap=search.bucket)
        gathered.add(buckets.within(), is_sure=table.is_sure)
        gathered.pass_over(buckets.crowded(), buckets.not_looked_at)
    return verified(gathered, texts, texts, count=partial(texts_with, texts=texts), told=told)


def near_between(left: Sequence[str], right: Sequence[str], search: Search, *, told: Told | None = None) -> Found:
    """Find the pairs of a text of one list and a text of another that are alike, but for equal ones.

    Args:
        left: ``n`` normalised texts, all different.
        right: ``m`` normalised texts, all different; a key that more than ``search.bucket`` of the left ones have is
            passed over.
        search: What counts, and the caps.
        told: Hears how far it is.

    Returns:
        Every pair once.

    Source:
        As :func:`near_within`.
    """
    signed = signatures(left), signatures(right)
    gathered = Gathered(search, *signed)
    for here, there in zip(_tables(left, signed[0]), _tables(right, signed[1]), strict=True):
        buckets = Buckets(here.keys, here.owners, cap=search.bucket)
        gathered.add(buckets.across(there.keys, there.owners), is_sure=here.is_sure)
        gathered.pass_over(buckets.crowded(there.keys), buckets.not_looked_at)
    return verified(gathered, left, right, count=lambda words: texts_with(words, chain(left, right)), told=told)


def shared_keys(left: Sequence[str], right: Sequence[str]) -> list[list[int]]:
    """List the keys under which two texts meet, for each of some pairs.

    Args:
        left: ``n`` normalised texts.
        right: ``n`` normalised texts.

    Source:
        As :func:`curiouser.measure.duplicates.probing.all_keys`.

    Examples:
        >>> [len(keys) > 0 for keys in shared_keys(["cat sitting", "cat"], ["cat siting", "dog"])]
        [True, False]
    """
    sides = []
    for texts in (left, right):
        keys, owners = all_keys(texts, signatures(texts))
        order = np.argsort(owners, kind="stable")
        cuts = np.searchsorted(owners[order], np.arange(1, len(texts)))
        sides.append([set(some.tolist()) for some in np.split(keys[order], cuts)])
    return [sorted(one & two) for one, two in zip(*sides, strict=False)][: len(left)]


class Gathered:
    """Pairs to be verified, each once, up to a cap.

    Args:
        search: The caps, and the least estimate.
        left: ``(n, 64)``, signatures of the texts at the left.
        right: ``(m, 64)``, of those at the right; the same array when a list is searched within itself.
    """

    def __init__(self, search: Search, left: SignatureArray, right: SignatureArray) -> None:
        self.search, self._left, self._right = search, left, right
        self._waiting = [np.empty(0, np.int64)]
        self._taken: IndexArray = np.empty(0, np.int64)
        self.not_looked_at = 0
        self.is_cut = False
        self._crowded = list[Crowded]()

    @property
    def crowded(self) -> Crowded:
        """The keys that were passed over."""
        return Crowded.together(self._crowded)

    def pass_over(self, crowded: Crowded, not_looked_at: int) -> None:
        """Note that some keys were passed over."""
        self._crowded.append(crowded)
        self.not_looked_at += not_looked_at

    def add(self, met: Iterable[Met], *, is_sure: bool) -> None:
        """Take pairs that share a key; unless that makes them sure, those whose estimate is too low are dropped."""
        for some in met:
            left, right = some.left, some.right
            if self._left is self._right:
                left, right = np.minimum(left, right), np.maximum(left, right)
                left, right = left[left != right], right[left != right]
            if not is_sure:
                alike = estimated_jaccard(self._left[left], self._right[right]) >= self.search.jaccard
                left, right = left[alike], right[alike]
            self._waiting.append(left * len(self._right) + right)
            if sum(map(len, self._waiting)) > self.search.pairs:
                self._take()

    def pairs(self) -> tuple[IndexArray, IndexArray]:
        """Return the places of all pairs, left and right, in order."""
        self._take()
        left, right = np.divmod(self._taken, max(1, len(self._right)))
        return left, right

    def _take(self) -> None:
        """Take what waits, each pair once, up to the cap: what was taken before stays, of the new ones the first do."""
        found = np.unique(np.concatenate([self._taken, *self._waiting]))
        if len(found) > self.search.pairs:
            fresh = np.setdiff1d(found, self._taken, assume_unique=True)[: self.search.pairs - len(self._taken)]
            self.not_looked_at += len(found) - len(self._taken) - len(fresh)
            self.is_cut = True
            found = np.union1d(self._taken, fresh)
        self._taken, self._waiting = found, []

    def estimates(self, left: IndexArray, right: IndexArray) -> FloatArray:
        """Estimate the Jaccard similarity of pairs."""
        return estimated_jaccard(self._left[left], self._right[right])


def verified(
    gathered: Gathered, left: Sequence[str], right: Sequence[str], *, count: Counts, told: Told | None = None
) -> Found:
    """Compare the words of gathered pairs, and keep those that are similar enough.

    Args:
        gathered: The pairs.
        left: Normalised texts at the left.
        right: Normalised texts at the right; equal texts are no pair.
        count: Knows which words the data has.
        told: Hears how far it is.
    """
    places = gathered.pairs()
    pairs, others, done = list[TextPair](), list[IndexArray](), 0
    while done < len(places[0]):
        some = np.arange(done, min(done + _AT_ONCE, len(places[0])))
        near = _near_wordings((left, right), places, some)
        same_words = np.array(list(near), np.int64)
        pairs += _paired(gathered, places, same_words, list(near.values()))
        others.append(np.setdiff1d(some, same_words))
        done += len(some)
        if told is not None:
            told(done, len(places[0]))
    least = gathered.search.similarity
    alike = [one for one in pairs if one.similarity >= least and left[one.left] != right[one.right]]
    pairs = with_known_words(alike, count)
    demoted = sum(pair.likeness is Likeness.TEMPLATE for pair in pairs)
    rest = np.concatenate([np.empty(0, np.int64), *others])
    shown = _templates(gathered, (left, right), places, rest[: gathered.search.templates])
    return Found(
        pairs=tuple(sorted([*pairs, *shown], key=lambda pair: (pair.left, pair.right))),
        seeming=tuple(alike),
        templates=len(rest) + demoted,
        others=(places[0][rest], places[1][rest]),
        compared=len(places[0]),
        not_looked_at=gathered.not_looked_at,
        crowded=gathered.crowded,
        is_cut=gathered.is_cut,
    )


def _near_wordings(texts: Texts, places: Places, some: IndexArray) -> dict[int, Wording]:
    """Find some pairs whose words are the same, by place among all pairs."""
    left, right = (np.unique(side[some], return_inverse=True) for side in places)
    chosen = [*(texts[0][place] for place in left[0].tolist()), *(texts[1][place] for place in right[0].tolist())]
    found = near_wordings(chosen, left[1], right[1] + len(left[0]))
    return dict(zip(some[list(found)].tolist(), found.values(), strict=True))


def _templates(gathered: Gathered, texts: Texts, places: Places, pairs: IndexArray) -> Iterator[TextPair]:
    both = zip(*(side[pairs].tolist() for side in places), strict=True)
    wordings = [compare_either_way(texts[0][one], texts[1][two]) for one, two in both]
    return _paired(gathered, places, pairs, wordings)


def _paired(gathered: Gathered, places: Places, pairs: IndexArray, wordings: Sequence[Wording]) -> Iterator[TextPair]:
    left, right = (side[pairs] for side in places)
    estimates = gathered.estimates(left, right).tolist()
    measured = similarities(wordings)
    for one, two, wording, similarity, estimate in zip(
        left.tolist(), right.tolist(), wordings, measured, estimates, strict=True
    ):
        yield TextPair(
            left=one,
            right=two,
            likeness=Likeness.NEAR if wording.is_near else Likeness.TEMPLATE,
            similarity=similarity,
            jaccard=estimate,
            differing=(*wording.differing, *wording.typos),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Keys of one kind, and the texts they belong to."""

    keys: KeyArray
    """Ascending."""
    owners: IndexArray
    is_sure: bool
    """Whether texts that share one are verified whatever their estimate says."""


def _tables(texts: Sequence[str], signed: SignatureArray) -> Iterator[_Table]:
    """Make the keys of texts, band by band, then those of short ones."""
    owners = np.flatnonzero(np.fromiter(map(bool, texts), np.bool_, len(texts)))
    keys = band_keys(signed[owners])
    for band in range(BANDS):
        order = np.argsort(keys[:, band], kind="stable")
        yield _Table(keys=keys[order, band], owners=owners[order], is_sure=False)
    for made in (deletion_keys, order_keys):
        short, owners = made(texts)
        order = np.argsort(short, kind="stable")
        yield _Table(keys=short[order], owners=owners[order], is_sure=True)
