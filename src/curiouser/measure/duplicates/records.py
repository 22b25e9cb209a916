"""Nouns of the search for near-duplicates: how alike two texts are, in words and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

IndexArray: TypeAlias = npt.NDArray[np.int64]
"""``(n,)``, places in a list, >= 0."""
KeyArray: TypeAlias = npt.NDArray[np.uint64]
"""``(n,)``, hashes."""
SignatureArray: TypeAlias = npt.NDArray[np.uint16]
"""``(n, 64)``, one signature per text."""
FloatArray: TypeAlias = npt.NDArray[np.float64]
"""``(n,)``."""


class Likeness(StrEnum):
    """How two inputs are alike, the strongest first."""

    EXACT = "exact"
    """The same, character by character."""
    NORMALISED = "normalised"
    """The same but for case, width of letters and white space."""
    NEAR = "near"
    """The same words, but for typos, punctuation, word breaks and swapped neighbours: a near-duplicate."""
    TEMPLATE = "template"
    """Alike, but a whole word differs or stands elsewhere, so that the meaning may differ: no duplicate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChange:
    """A word of one text and what stands for it in the other; empty where nothing does."""

    left: str
    right: str

    def turned(self) -> WordChange:
        """Say it of the texts the other way round."""
        return WordChange(left=self.right, right=self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What counts as near, and how much work may be done to find it."""

    similarity: float = 0.8
    """Least edit similarity of a pair, in [0, 1]."""
    jaccard: float = 0.4
    """Least estimated Jaccard similarity of the shingles for a pair to be verified, in [0, 1].

    Below the 0.5 that the bands are cut for: the estimate has a standard error of up to 0.0625.
    """
    bucket: int = 64
    """Most texts under one key that are compared, >= 1: the cap. A key that more have is passed over."""
    pairs: int = 2_000_000
    """Most pairs that are verified, >= 1."""
    templates: int = 200
    """Most template pairs that are listed, >= 0; all are counted."""

    def __post_init__(self) -> None:
        if not (0 <= self.similarity <= 1 and 0 <= self.jaccard <= 1):
            raise ValueError("similarities are in [0, 1]")
        if self.bucket < 1 or self.pairs < 1:
            raise ValueError("a cap is at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPair:
    """Two different texts that are alike."""

    left: int
    """Place of the first text in its list, >= 0."""
    right: int
    """Place of the second text in its list, >= 0."""
    likeness: Likeness
    """NEAR or TEMPLATE."""
    similarity: float
    """Edit similarity, in [0, 1], with moved words put back."""
    jaccard: float
    """Estimated Jaccard similarity of the shingles, in [0, 1], from 64 bins."""
    differing: tuple[WordChange, ...]
    """Words that differ, typos included."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowded:
    """Keys that are passed over."""

    keys: KeyArray
    """``(k,)``, each once."""
    left: IndexArray
    """``(k,)``, how often each is among the texts looked through: more than the cap."""
    right: IndexArray
    """``(k,)``, how often among those compared with them, >= 0; 0 where texts are compared with each other."""

    @classmethod
    def together(cls, parts: Sequence[Crowded]) -> Crowded:
        """Put the keys of several tables behind each other."""
        none = np.empty(0, np.int64)
        nothing = cls(keys=np.empty(0, np.uint64), left=none, right=none)
        lists = zip(*((one.keys, one.left, one.right) for one in (nothing, *parts)), strict=True)
        keys, left, right = (np.concatenate(some) for some in lists)
        return cls(keys=keys, left=left, right=right)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a search found, and what it did not look at."""

    pairs: tuple[TextPair, ...]
    """All near pairs, and the first template pairs; by left, then right."""
    seeming: tuple[TextPair, ...]
    """The pairs that were near before it was asked which spellings are words.

    Whether a pair is one depends on its two texts alone, where no cap bites.
    """
    templates: int
    """Template pairs, listed or not, >= 0."""
    others: tuple[IndexArray, IndexArray]
    """``(m,)`` left and right: the pairs that met, by their estimate, and of which a word differs."""
    compared: int
    """Pairs that were verified, >= 0."""
    not_looked_at: int
    """Pairs under keys that were passed over, >= 0, counted under each, also where another key made them meet; and
    those left out by the cap on pairs."""
    crowded: Crowded
    """The keys that were passed over."""
    is_cut: bool
    """Whether the cap on pairs left some out, so that it depends on the order of texts which were looked at."""
