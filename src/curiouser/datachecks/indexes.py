"""Which rows have which input: sorted hashes of one version, and what has changed since.

An index is written once for a version and read, through the operating system's
page cache, for all that follow from it; what came and went since lies over it
in memory. Finding the rows of a hundred hashes reads a few hundred places of
the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data import normalised_hashes, value_hashes

HashArray = NDArray[np.uint64]
SCHEMA = {"folded": pl.UInt64(), "given": pl.UInt64(), "label": pl.String(), "id": pl.String()}
"""Columns of an index: hash of the input after normalising, hash of the input as given, label, id."""


def hashed(rows: pl.DataFrame, inputs: list[str], label: str | None) -> pl.DataFrame:
    """Hash the inputs of rows.

    The hashes are the first 64 bits of SHA-256: among ten million inputs, two different ones share theirs with a
    probability of three in a million.

    Args:
        rows: In stored form, with ``id``.
        inputs: Columns that make an input.
        label: Column of the label; None where there is none.

    Returns:
        In the order of the rows, with the columns of ``SCHEMA``.
    """
    labels = rows[label].cast(pl.String) if label else pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    return pl.DataFrame(
        {
            "folded": _first_64_bits(normalised_hashes(rows, inputs)),
            "given": _first_64_bits(value_hashes(rows, inputs)),
            "label": labels,
            "id": rows["id"],
        },
        schema=SCHEMA,
    )


def _first_64_bits(hashes: NDArray[np.uint8]) -> HashArray:
    return np.ascontiguousarray(hashes[:, :8]).view(">u8").ravel().astype(np.uint64)


def in_order(index: pl.DataFrame) -> pl.DataFrame:
    """Sort rows as an index has them."""
    return index[np.argsort(index["folded"].to_numpy(), kind="stable")]


@dataclass(frozen=True, kw_only=True, eq=False)
class RowIndex:
    """The inputs of one version."""

    base: pl.DataFrame
    """Rows of the version that the index was written for, by ``folded``."""
    gone: pl.DataFrame
    """Rows of it that are not in this version any more, or are otherwise."""
    came: pl.DataFrame
    """Rows of this version that it lacks, or has otherwise."""

    @cached_property
    def touched(self) -> HashArray:
        """Hashes whose rows may be others than in the base, sorted, each once."""
        return np.unique(np.concatenate([self.gone["folded"].to_numpy(), self.came["folded"].to_numpy()]))

    @cached_property
    def _hashes(self) -> HashArray:
        return self.base["folded"].to_numpy()

    @property
    def rows(self) -> int:
        """Rows of this version, >= 0."""
        return len(self.base) - len(self.gone) + len(self.came)

    def rows_at(self, wanted: HashArray) -> pl.DataFrame:
        """Find the rows whose input hashes to one of these after normalising, sorted by hash and id.

        Args:
            wanted: Sorted, each once.
        """
        low = np.searchsorted(self._hashes, wanted, side="left")
        high = np.searchsorted(self._hashes, wanted, side="right")
        there = high > low
        places = [np.arange(start, stop) for start, stop in zip(low[there], high[there], strict=True)]
        found = self.base[np.concatenate(places)] if places else self.base.clear()
        if len(self.gone):
            found = found.join(self.gone.select("id"), on="id", how="anti")
        more = self.came.filter(pl.col("folded").is_in(pl.Series(wanted).implode())) if len(self.came) else self.came
        return pl.concat([found, more]).sort("folded", "id")

    @cached_property
    def repeated(self) -> pl.DataFrame:
        """All rows whose input another row has, too, after normalising, sorted by hash and id."""
        hashes = self._hashes
        twice = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        found = self.rows_at(np.union1d(twice, self.touched))
        return found.filter(pl.len().over("folded") > 1)

    def shared(self, other: RowIndex) -> HashArray:
        """Find the hashes that both versions have, after normalising; sorted, each once."""
        small, large = sorted((self._hashes, other._hashes), key=len)
        places = np.searchsorted(large, small)
        inside = places < len(large)
        both = small[inside][large[places[inside]] == small[inside]]
        touched = np.union1d(self.touched, other.touched)
        candidates = np.union1d(both, touched)
        if not len(touched):
            return candidates
        # Where rows came or went, the base says nothing: both are asked again.
        asked = np.intersect1d(candidates, touched, assume_unique=True)
        here, there = (np.unique(one.rows_at(asked)["folded"].to_numpy()) for one in (self, other))
        kept = np.setdiff1d(candidates, asked, assume_unique=True)
        return np.union1d(kept, np.intersect1d(here, there, assume_unique=True))
