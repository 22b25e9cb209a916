"""What is known of each column of a version, and of groups by label: made from rows, moved by rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curiouser.data import ColumnType
from curiouser.datachecks.summaries import Counted, Spread, Words
from curiouser.kernel.canonical import Json
from curiouser.measure import FloatArray

MOST_GROUPS = 200
"""Values of a group column above which its groups are not looked at one by one."""
Joint = Mapping[str, Mapping[str, int]]
"""Value of a group -> label -> rows."""
_COUNTED = {ColumnType.CATEGORY, ColumnType.BOOLEAN}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Some rows in stored form, with the hashes that choose those whose words are counted."""

    frame: pl.DataFrame
    """The rows."""
    hashes: NDArray[np.uint64]
    """``(n,)``, hash of each row's input."""

    def __len__(self) -> int:
        return len(self.frame)

    def column(self, name: str, kind: ColumnType) -> pl.Series:
        """Read a column; missing throughout where these rows lack it."""
        if name in self.frame.columns:
            found = self.frame[name]
            return found.cast(pl.String) if kind in _COUNTED else found
        dtype = pl.Float64() if kind is ColumnType.NUMBER else pl.String()
        return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(self.frame))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnProfile:
    """One column without its rows."""

    kind: ColumnType
    """Its type."""
    rows: int
    """Rows, >= 0."""
    missing: int
    """Rows without a value, >= 0."""
    spread: Spread | None = None
    """Number: how its values are distributed; text: how long they are, in characters."""
    counted: Counted | None = None
    """Category and boolean: how often each value occurs."""
    words: Words | None = None
    """Text: in how many rows each word occurs."""

    @classmethod
    def of(cls, rows: Rows, name: str, kind: ColumnType) -> ColumnProfile:
        """Look at every value once."""
        values = rows.column(name, kind)
        return cls(
            kind=kind,
            rows=len(rows),
            missing=values.null_count(),
            spread=Spread.of(_numbers(values)) if kind in {ColumnType.NUMBER, ColumnType.TEXT} else None,
            counted=Counted.of(values) if kind in _COUNTED else None,
            words=Words.of(values, rows.hashes) if kind is ColumnType.TEXT else None,
        )

    @classmethod
    def absent(cls, rows: int, kind: ColumnType) -> ColumnProfile:
        """Describe a column that rows do not have."""
        no_rows = Rows(frame=pl.DataFrame(), hashes=np.zeros(0, np.uint64))
        empty = cls.of(no_rows, "", kind)
        return cls(kind=kind, rows=rows, missing=rows, spread=empty.spread, counted=empty.counted, words=empty.words)

    def moved(self, gone: Rows, came: Rows, name: str) -> ColumnProfile:
        """Take rows away and add others."""
        old, new = gone.column(name, self.kind), came.column(name, self.kind)
        return ColumnProfile(
            kind=self.kind,
            rows=self.rows - len(gone) + len(came),
            missing=self.missing - old.null_count() + new.null_count(),
            spread=self.spread and self.spread.moved(_numbers(old), _numbers(new)),
            counted=self.counted and self.counted.moved(old, new),
            words=self.words and self.words.moved((old, gone.hashes), (new, came.hashes)),
        )

    def as_json(self) -> Json:
        """Write it as JSON."""
        parts = {"spread": self.spread, "counted": self.counted, "words": self.words}
        said = {name: part.as_json() for name, part in parts.items() if part is not None}
        return {"kind": self.kind.value, "rows": self.rows, "missing": self.missing, **said}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> ColumnProfile:
        """Read it from JSON."""
        return cls(
            kind=ColumnType(said["kind"]),
            rows=said["rows"],
            missing=said["missing"],
            spread=Spread.from_json(said["spread"]) if "spread" in said else None,
            counted=Counted.from_json(said["counted"]) if "counted" in said else None,
            words=Words.from_json(said["words"]) if "words" in said else None,
        )


def _numbers(values: pl.Series) -> FloatArray:
    present = values.drop_nulls()
    numbers = present.str.len_chars() if present.dtype == pl.String else present
    return numbers.cast(pl.Float64).to_numpy().astype(np.float64)


def joint_of(rows: Rows, group: str, label: str) -> Joint:
    """Count labels by the values of a group column; rows that lack one of them are left out."""
    if not {group, label} <= set(rows.frame.columns):
        return {}
    pairs = rows.frame.select(group, label).drop_nulls().group_by(group, label).len("n").sort("n", descending=True)
    made: dict[str, dict[str, int]] = {}
    for value, answer, count in pairs.iter_rows():
        if str(value) in made or len(made) < MOST_GROUPS:
            made.setdefault(str(value), {})[str(answer)] = count
    return made


def joint_moved(joint: Joint, gone: Joint, came: Joint) -> Joint:
    """Take counts away and add others."""
    made = {value: dict(labels) for value, labels in joint.items()}
    for part, sign in ((gone, -1), (came, 1)):
        for value, labels in part.items():
            if value not in made and len(made) >= MOST_GROUPS:
                continue
            counts = made.setdefault(value, {})
            for label, count in labels.items():
                counts[label] = counts.get(label, 0) + sign * count
    kept = {value: {label: n for label, n in counts.items() if n > 0} for value, counts in made.items()}
    return {value: counts for value, counts in kept.items() if counts}
