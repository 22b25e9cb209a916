"""What is known of a column without its rows: counts that rows can be added to and taken from.

Two versions are compared by their summaries, so that a comparison costs the
same at ten rows and at ten million, and a data commit of a hundred rows changes
a summary at the cost of a hundred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.kernel.canonical import Json
from curiouser.measure import FloatArray, IntArray

MOST_CUTS = 512
"""Places at which a distribution of numbers is known exactly."""
MOST_CATEGORIES = 2_000
"""Categories that are counted one by one; where a column has more, the rarest are counted together."""
MOST_WORDS = 5_000
"""Words that are counted; the others are rare."""
SAMPLED_ROWS = 65_536
"""Rows, about, whose words are counted at most: those with the smallest hashes, whatever their order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """How numbers are distributed: counts between cuts, exact at every cut."""

    cuts: FloatArray
    """``(k,)``, ascending; all distinct values where there are at most ``MOST_CUTS``, else quantiles."""
    counts: IntArray
    """``(k + 1,)``: values up to the first cut, between cuts (the upper one included), above the last."""

    @classmethod
    def of(cls, values: FloatArray) -> Self:
        """Count values; none may be NaN."""
        ordered = np.sort(values)
        cuts = np.unique(ordered)
        if len(cuts) > MOST_CUTS:
            places = np.linspace(0, len(ordered) - 1, MOST_CUTS).round().astype(np.int64)
            cuts = np.unique(ordered[places])
        upto = np.searchsorted(ordered, cuts, side="right")
        return cls(cuts=cuts, counts=np.diff(upto, prepend=0, append=len(ordered)).astype(np.int64))

    def moved(self, gone: FloatArray, came: FloatArray) -> Self:
        """Take values away and add others."""
        return type(self)(cuts=self.cuts, counts=self.counts - self._binned(gone) + self._binned(came))

    def _binned(self, values: FloatArray) -> IntArray:
        return np.bincount(np.searchsorted(self.cuts, values), minlength=len(self.counts)).astype(np.int64)

    @property
    def n(self) -> int:
        """Values, >= 0."""
        return int(self.counts.sum())

    def upto(self, places: FloatArray) -> FloatArray:
        """Share of values up to each place, as known at the nearest cut below it."""
        shares = np.concatenate([[0], np.cumsum(self.counts[:-1])]) / max(self.n, 1)
        found: FloatArray = shares[np.searchsorted(self.cuts, places, side="right")]
        return found

    def median(self) -> float | None:
        """The cut at which half of the values are reached; None without values."""
        if not self.n or not len(self.cuts):
            return None
        place = int(np.searchsorted(np.cumsum(self.counts), self.n / 2))
        return float(self.cuts[min(place, len(self.cuts) - 1)])

    def as_json(self) -> Json:
        """Write it as JSON."""
        return {"cuts": self.cuts.tolist(), "counts": self.counts.tolist()}

    @classmethod
    def from_json(cls, said: Mapping[str, Sequence[float]]) -> Self:
        """Read it from JSON."""
        return cls(cuts=np.array(said["cuts"], np.float64), counts=np.array(said["counts"], np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often each category occurs."""

    counts: Mapping[str, int]
    """By category, each > 0."""
    rare: int = 0
    """Rows of categories that are not counted one by one, >= 0."""

    @classmethod
    def of(cls, values: pl.Series) -> Self:
        """Count texts; missing ones are left out."""
        found = values.drop_nulls().value_counts(sort=True)
        kept = found.head(MOST_CATEGORIES)
        names, counts = kept.get_columns()
        rare = int(found["count"].sum()) - int(counts.sum())
        return cls(counts=dict(zip(names.to_list(), counts.to_list(), strict=True)), rare=rare)

    def moved(self, gone: pl.Series, came: pl.Series) -> Self:
        """Take values away and add others."""
        counts, rare, is_whole = dict(self.counts), self.rare, self.is_whole
        for series, sign in ((gone, -1), (came, 1)):
            for name, count in series.drop_nulls().value_counts().iter_rows():
                if name in counts or is_whole:
                    counts[name] = counts.get(name, 0) + sign * count
                else:
                    rare += sign * count
        return type(self)(counts={name: count for name, count in counts.items() if count > 0}, rare=max(rare, 0))

    @property
    def n(self) -> int:
        """Rows that have a category, >= 0."""
        return sum(self.counts.values()) + self.rare

    @property
    def is_whole(self) -> bool:
        """Whether every category is counted one by one."""
        return self.rare == 0

    def as_json(self) -> Json:
        """Write it as JSON."""
        return {"counts": dict(self.counts), "rare": self.rare}

    @classmethod
    def from_json(cls, said: Mapping[str, object]) -> Self:
        """Read it from JSON."""
        return cls(counts=cast("dict[str, int]", said["counts"]), rare=cast("int", said["rare"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """In how many of some rows each word occurs."""

    level: int
    """Rows whose hash begins with this many zero bits are counted: one of ``2 ** level``."""
    rows: int
    """Rows that were counted, >= 0."""
    counts: Mapping[str, int]
    """Word -> rows it occurs in, each > 0."""

    @classmethod
    def of(cls, texts: pl.Series, hashes: NDArray[np.uint64]) -> Self:
        """Count the words of texts; missing ones are left out.

        Args:
            texts: ``n`` texts.
            hashes: ``(n,)``, of the rows' inputs.
        """
        level = max(0, (max(len(texts) - 1, 0) // SAMPLED_ROWS).bit_length())
        chosen = texts.filter(_sampled(hashes, level)).drop_nulls()
        found = _words_of(chosen).head(MOST_WORDS)
        names, counts = found.get_columns()
        return cls(level=level, rows=len(chosen), counts=dict(zip(names.to_list(), counts.to_list(), strict=True)))

    def moved(self, gone: tuple[pl.Series, NDArray[np.uint64]], came: tuple[pl.Series, NDArray[np.uint64]]) -> Self:
        """Take texts away and add others, each with the hashes of its rows."""
        counts, rows = dict(self.counts), self.rows
        for (texts, hashes), sign in ((gone, -1), (came, 1)):
            chosen = texts.filter(_sampled(hashes, self.level)).drop_nulls()
            rows += sign * len(chosen)
            for word, count in _words_of(chosen).iter_rows():
                counts[word] = counts.get(word, 0) + sign * count
        return type(self)(level=self.level, rows=rows, counts={w: count for w, count in counts.items() if count > 0})

    def as_json(self) -> Json:
        """Write it as JSON."""
        return {"level": self.level, "rows": self.rows, "counts": dict(self.counts)}

    @classmethod
    def from_json(cls, said: Mapping[str, object]) -> Self:
        """Read it from JSON."""
        return cls(
            level=cast("int", said["level"]),
            rows=cast("int", said["rows"]),
            counts=cast("dict[str, int]", said["counts"]),
        )


def _sampled(hashes: NDArray[np.uint64], level: int) -> pl.Series:
    return (
        pl.Series(hashes >> np.uint64(64 - level) == 0) if level else pl.Series([True]).new_from_index(0, len(hashes))
    )


def _words_of(texts: pl.Series) -> pl.DataFrame:
    """Count rows per word, the most frequent words first."""
    frame = texts.alias("word").to_frame().with_row_index("row")
    words = frame.with_columns(pl.col("word").str.to_lowercase().str.extract_all(r"\w+")).explode("word")
    found = words.drop_nulls("word").unique(["row", "word"]).group_by("word").len("count")
    return found.sort(["count", "word"], descending=[True, False])
