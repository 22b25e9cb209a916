"""Nouns of repeated rows: which rows are alike, how, and what was not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.measure.duplicates import Likeness, WordChange


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePair:
    """A row, and the one it is like."""

    id: ExampleId
    """The row."""
    other: ExampleId
    """The row it is like: within one version an earlier one by id, else one of the version compared with."""
    likeness: Likeness
    """How they are alike."""
    similarity: float
    """Edit similarity of the normalised texts, in [0, 1], moved words put back; 1 for equal texts."""
    jaccard: float | None
    """Estimated Jaccard similarity of their shingles, in [0, 1]; None where the texts are equal."""
    differing: tuple[WordChange, ...]
    """Words that differ, typos included; a template without any differs in an input that is no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What a search for repeated rows found."""

    ref: str
    """Where rows were looked at, as asked."""
    data_commit: DataCommitId
    against: str
    """What they were compared with; the same ref where a version was searched within itself."""
    against_commit: DataCommitId
    columns: tuple[str, ...]
    """Text columns that were compared, joined in this order; empty: only equal inputs can be found."""
    rows: int
    """Rows looked at, >= 0: all of ``ref``, or the new ones."""
    others: int
    """Rows they were compared with, >= 0."""
    counts: Mapping[Likeness, int]
    """Rows by the strongest way they repeat another: exact, normalised, near. Templates are counted in pairs."""
    pairs: tuple[DuplicatePair, ...]
    """The first pairs, the strongest first, then by id."""
    found: int
    """Pairs there are besides templates, listed or not, >= 0."""
    templates: int
    """Pairs that differ in a whole word, listed or not, >= 0; no duplicates."""
    compared: int
    """Pairs of different texts that were verified, >= 0."""
    not_looked_at: int
    """Pairs under keys that were passed over, once for each key, and those left out by the cap on pairs, >= 0; the
    search is complete where it is 0."""
    similarity: float
    """Least edit similarity of a near-duplicate, in [0, 1]."""
    jaccard: float
    """Least estimated Jaccard similarity of a pair that is verified, in [0, 1]."""
    algorithm: str
    """How texts were signed; figures of different algorithms are not compared."""

    @property
    def is_capped(self) -> bool:
        """Whether a cap left pairs out."""
        return self.not_looked_at > 0

    @property
    def repeating(self) -> int:
        """Rows that repeat another, in any of the three ways."""
        return sum(self.counts.values())
