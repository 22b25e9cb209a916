"""The inputs of rows as a search for repeats needs them: hashed as given and normalised, their texts joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curiouser.data import ColumnType, folded, value_hashes
from curiouser.kernel.ids import ExampleId

HashArray: TypeAlias = npt.NDArray[np.uint64]
PlaceArray: TypeAlias = npt.NDArray[np.int64]
JOIN = "\x1f"
"""Stands between the texts of two columns; white space for the normalisation, so that no text contains it."""
ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumns:
    """The columns that models read, as one version has them."""

    texts: tuple[str, ...]
    """Text columns: compared by their words."""
    rest: tuple[str, ...]
    """Numbers, categories and the like: equal or not."""

    @classmethod
    def of(cls, inputs: Sequence[str], *schemas: Mapping[str, ColumnType]) -> InputColumns:
        """Sort the inputs that all versions have into texts, where all say so, and others."""
        there = [name for name in inputs if all(name in schema for schema in schemas)]
        texts = tuple(name for name in there if all(schema[name] is ColumnType.TEXT for schema in schemas))
        return cls(texts=texts, rest=tuple(name for name in there if name not in texts))

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.texts, *self.rest]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputRows:
    """Rows of one version, by id."""

    ids: pl.Series
    given: HashArray
    """``(n,)``, hash of the inputs as given."""
    normalised: HashArray
    """``(n,)``, hash of the inputs, texts normalised."""
    rest: HashArray
    """``(n,)``, hash of the inputs that are no texts."""
    text: PlaceArray
    """``(n,)``, place of the joined normalised text in ``texts``."""
    texts: list[str]
    """Different joined normalised texts, in order of first appearance."""

    def id_at(self, row: int) -> ExampleId:
        """Name a row."""
        return ExampleId(self.ids[row])

    def __len__(self) -> int:
        return len(self.ids)


def input_rows(batches: Iterable[pl.DataFrame], columns: InputColumns) -> InputRows:
    """Read the inputs of rows, batch by batch.

    Args:
        batches: Rows with ``id`` and the inputs, sorted by id.
        columns: Which inputs there are.
    """
    ids, places = [pl.Series(ID, [], pl.String)], [np.empty(0, np.int64)]
    given, normalised, rest = ([np.empty(0, np.uint64)] for _ in range(3))
    known: dict[str, int] = {}
    for batch in batches:
        plain = batch.with_columns(folded(batch[name]) for name in columns.texts)
        ids.append(batch[ID])
        given.append(_halves(value_hashes(batch, columns.names)))
        normalised.append(_halves(value_hashes(plain, columns.names)))
        rest.append(_halves(value_hashes(batch, columns.rest)))
        texts = joined(plain, columns.texts)
        places.append(np.fromiter((known.setdefault(text, len(known)) for text in texts), np.int64, len(texts)))
    return InputRows(
        ids=pl.concat(ids),
        given=np.concatenate(given),
        normalised=np.concatenate(normalised),
        rest=np.concatenate(rest),
        text=np.concatenate(places),
        texts=list(known),
    )


def joined(plain: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Join the normalised texts of each row; a missing one is empty, and a row of empty texts is the empty text."""
    if not columns:
        return [""] * plain.height
    texts = plain.select(pl.concat_str([pl.col(name).fill_null("") for name in columns], separator=JOIN).alias("text"))
    return ["" if not text.strip(JOIN) else text for text in texts["text"].to_list()]


def _halves(hashes: npt.NDArray[np.uint8]) -> HashArray:
    """Take the first 64 bits of hashes: among a million rows two collide by chance once in 40 million times."""
    return np.ascontiguousarray(hashes[:, :8]).view(np.uint64).ravel()
