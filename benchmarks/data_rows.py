"""Rows for benchmarks: nine columns, two of them text, made fast and the same each time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from curiouser.kernel.configuration import Task, TaskKind

TASK = Task(name="bench", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"))
PART_ROWS = 100_000
_WORDS = pl.Series("word", [f"word{number}" for number in range(5_000)])


def id_of(number: int) -> str:
    """Name a row; ids are scattered, as ids of users are."""
    return f"{number * 2_654_435_761 % 2**32:08x}-{number}"


def a_part(start: int, rows: int) -> pl.DataFrame:
    """Make rows ``start`` to ``start + rows``."""
    rng = np.random.default_rng(start)
    numbers = np.arange(start, start + rows, dtype=np.int64)
    hashed = pl.Series((numbers * 2_654_435_761 % 2**32).astype(np.int64))
    return pl.DataFrame(
        {
            "id": [f"{h:08x}-{n}" for h, n in zip(hashed.to_list(), numbers.tolist(), strict=True)],
            "want": _text(rng, rows, 8),
            "offer": _text(rng, rows, 8),
            "meet": pl.Series(["no", "yes"])[pl.Series(rng.integers(0, 2, rows))],
            "user_id": pl.Series(rng.integers(0, 1_000_000, rows)).cast(pl.String),
            "language": pl.Series(["en", "zu", "af", "xh"])[pl.Series(rng.integers(0, 4, rows))],
            "score": rng.random(rows),
            "origin": pl.Series(["sample"]).new_from_index(0, rows),
            "at": pl.Series(rng.integers(0, 10**15, rows)).cast(pl.Datetime("us", "UTC")),
        }
    )


def parts(rows: int) -> Iterator[pl.DataFrame]:
    """Make rows part by part."""
    for start in range(0, rows, PART_ROWS):
        yield a_part(start, min(PART_ROWS, rows - start))


def _text(rng: np.random.Generator, rows: int, words: int) -> pl.Series:
    columns = [_WORDS[pl.Series(rng.integers(0, len(_WORDS), rows))].alias(str(place)) for place in range(words)]
    return pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator=" ")).to_series()
