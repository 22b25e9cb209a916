"""Which keys so many texts have that they are passed over, moved from one version to a later one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from curiouser.datachecks.alike_texts import CROWDED
from curiouser.datachecks.sorted_pages import KeyArray
from curiouser.datachecks.text_versions import TextVersion, Turnover
from curiouser.measure.duplicates import all_keys, signatures


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """A version, and what became of its texts since an earlier one."""

    version: TextVersion
    turnover: Turnover


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowding:
    """The keys that are passed over now."""

    now: pl.DataFrame
    """With the columns of ``CROWDED``."""
    freed: KeyArray
    """``(k,)``, keys that were passed over and are not any more."""

    @property
    def keys(self) -> frozenset[int]:
        """Those that are passed over."""
        return frozenset(self.now["key"])


def crowding(old: pl.DataFrame, left: Side, right: Side | None, cap: int) -> Crowding | None:
    """Find the keys that are passed over in a version from those of an earlier one.

    Args:
        old: Those of the earlier version, or versions.
        left: The version in which keys are counted.
        right: That whose texts look under them; None where it is the same.
        cap: Most texts under a key that is not passed over.

    Returns:
        None where the index does not name all texts under a key.
    """
    sizes, others = dict(old.select("key", "left").iter_rows()), dict(old.select("key", "right").iter_rows())
    changes = _changes(left.turnover)
    grown = _array([key for key, change in changes.items() if change > 0 and key not in sizes])
    # Most keys have few texts in all versions together: only the others are counted in this one.
    asked = grown[left.version.index.counts_under(grown) > cap]
    found = left.version.under(asked)
    if found is None:
        return None
    counted = dict(zip(asked.tolist(), found.counts.tolist(), strict=True))
    now = {key: size + changes[key] for key, size in sizes.items()}
    freed = [key for key, size in now.items() if size <= cap]
    full = {key: size for key, size in counted.items() if size > cap}
    if right is not None and full:
        theirs = right.version.under(_array(list(full)))
        if theirs is None:
            return None
        others.update(zip(full, theirs.counts.tolist(), strict=True))
    moved = Counter[int]() if right is None else _changes(right.turnover)
    made = [
        (key, size, others.get(key, 0) + (moved[key] if key in sizes else 0))
        for key, size in {**now, **full}.items()
        if size > cap
    ]
    return Crowding(now=pl.DataFrame(made, schema=CROWDED, orient="row"), freed=_array(freed))


def is_met(pairs: pl.DataFrame, crowded: pl.DataFrame) -> pl.Series:
    """Tell which pairs meet under a key that is not passed over."""
    keys = pairs.select("keys").with_row_index("pair").explode("keys").drop_nulls("keys")
    free = keys.join(crowded, left_on="keys", right_on="key", how="anti")["pair"].unique()
    return pl.int_range(len(pairs), dtype=pl.UInt32, eager=True).is_in(free.implode())


def _changes(turnover: Turnover) -> Counter[int]:
    """Count how often keys came, less how often they went."""
    changes = Counter(_keys(turnover.appeared))
    changes.subtract(_keys(turnover.gone))
    return changes


def _keys(texts: Sequence[str]) -> list[int]:
    keys, _ = all_keys(texts, signatures(texts))
    return list(map(int, keys))


def _array(keys: Sequence[int]) -> KeyArray:
    return np.sort(np.array(keys, np.uint64))
