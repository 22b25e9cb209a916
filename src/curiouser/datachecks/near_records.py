"""Nouns of the checks on nearly equal rows: pairs, and what a search for them did not see."""

from __future__ import annotations

from dataclasses import dataclass

from curiouser.kernel.ids import ExampleId
from curiouser.measure.duplicates import WordChange


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPair:
    """Two rows whose inputs are nearly the same."""

    id: ExampleId
    """The row."""
    other: ExampleId
    """The one it nearly repeats: within a version an earlier one by id, else one of the version compared with."""
    similarity: float
    """Edit similarity of the normalised texts, in [0, 1], moved words put back."""
    differing: tuple[WordChange, ...]
    """Words that differ by a slip or a break: of the other row, and of the row."""
    label: str | None
    """Label of the row."""
    other_label: str | None
    """Label of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearRows:
    """What a search for nearly equal rows found."""

    pairs: tuple[NearPair, ...]
    """All of them, by row, then by other."""
    words: int
    """Pairs of texts that look like a slip and its correction, and are no pair here because both are words, >= 0."""
    not_looked_at: int
    """Pairs under keys that were passed over, once for each key, and those left out by the cap on pairs, >= 0; the
    search is complete where it is 0."""

    @property
    def rows(self) -> int:
        """Rows that nearly repeat another, >= 0."""
        return len({pair.id for pair in self.pairs})
