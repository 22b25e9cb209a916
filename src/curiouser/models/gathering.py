"""Answers of many predictors to a few inputs: only the chunks that hold one of them are read, in few statements.

A problem's page asks a hundred models about a hundred rows. Read one model after the other, and
each whole, that was two statements and all chunks of every model: most of the page's cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from curiouser.models.interning import KeyArray
from curiouser.models.prediction_tables import prediction_chunk, prediction_column
from curiouser.models.stored_chunks import AnswerArray, BoolArray, Layout, decoded

_DIGESTS_AT_ONCE, _CHUNKS_AT_ONCE = 25, 400
"""Blobs are read in portions: these many predictors times chunks at most."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredAnswers:
    """Answers of one predictor, in the order of the keys that were asked for."""

    columns: Mapping[str, AnswerArray]
    """Column name -> ``(n,)``, in the precision they came in; meaningless where ``valid`` is False."""
    valid: BoolArray
    """``(n,)``, True where every one of the columns holds an answer."""


def gathered(connection: Connection, digests: Sequence[str], keys: KeyArray) -> dict[str, StoredAnswers]:
    """Read the answers of several predictors in the order of the keys.

    Args:
        connection: A transaction.
        digests: The predictors'.
        keys: ``(n,)``, >= 0.

    Returns:
        By digest; no column, and nothing valid, where a predictor never answered.

    Raises:
        PredictionsDamagedError: A blob that is read does not match its checksum.
    """
    found = {}
    for some in _portions(list(dict.fromkeys(digests)), _DIGESTS_AT_ONCE):
        found.update(_portion(connection, some, keys))
    return found


def fingerprints(connection: Connection, digests: Sequence[str]) -> dict[str, str]:
    """Name all that several predictors have answered so far: another name as soon as an answer comes.

    An answer never changes, so which inputs have one says it all. (The checksum lies behind the answers
    in its row, and reading it costs as much as reading these.)

    Returns:
        By digest; predictors that never answered share the name of nothing.
    """
    made = {digest: hashlib.sha256() for digest in digests}
    chunk, column = prediction_chunk.c, prediction_column.c
    wanted = (
        select(chunk.digest, chunk.name, column.dtype, chunk.chunk, chunk.valid)
        .join(prediction_column, (column.digest == chunk.digest) & (column.name == chunk.name))
        .order_by(chunk.digest, chunk.name, chunk.chunk)
    )
    for some in _portions(list(made), 500):
        for row in connection.execute(wanted.where(chunk.digest.in_(some))):
            made[row.digest].update(f"{row.name}:{row.dtype}:{row.chunk}:".encode() + bytes(row.valid))
    return {digest: name.hexdigest() for digest, name in made.items()}


def _portion(connection: Connection, digests: Sequence[str], keys: KeyArray) -> dict[str, StoredAnswers]:
    columns = connection.execute(select(prediction_column).where(prediction_column.c.digest.in_(digests))).all()
    layouts = {(row.digest, row.name): Layout(row.digest, row.name, np.dtype(row.dtype)) for row in columns}
    answers = {place: np.zeros(len(keys), layout.dtype) for place, layout in layouts.items()}
    there = {place: np.zeros(len(keys), np.bool_) for place in layouts}
    for size in {layout.size for layout in layouts.values()}:
        of_size = {place: layout for place, layout in layouts.items() if layout.size == size}
        chunks, offsets = keys // size, keys % size
        places = {chunk: np.flatnonzero(chunks == chunk) for chunk in np.unique(chunks).tolist()}
        for row in _chunks(connection, digests, list(places)):
            layout = of_size.get((row.digest, row.name))
            if layout is None:
                continue
            values, valid = decoded(layout, row)
            here = places[row.chunk]
            answers[row.digest, row.name][here] = values[offsets[here]]
            there[row.digest, row.name][here] = valid[offsets[here]]
    return {digest: _of(digest, answers, there, len(keys)) for digest in digests}


def _of(
    digest: str, answers: dict[tuple[str, str], AnswerArray], there: dict[tuple[str, str], BoolArray], n: int
) -> StoredAnswers:
    names = sorted(name for owner, name in answers if owner == digest)
    valid = np.full(n, bool(names), np.bool_)
    for name in names:
        valid &= there[digest, name]
    return StoredAnswers({name: answers[digest, name] for name in names}, valid)


def _chunks(connection: Connection, digests: Sequence[str], chunks: Sequence[int]) -> Iterator[Row[Any]]:
    table = prediction_chunk.c
    for some in _portions(chunks, _CHUNKS_AT_ONCE):
        yield from connection.execute(select(prediction_chunk).where(table.digest.in_(digests), table.chunk.in_(some)))


def _portions(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
