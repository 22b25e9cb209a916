"""What every model answered, kept so that no model is asked twice about the same input.

Inputs are interned to integers (:mod:`curiouser.models.interning`); the answers
of one predictor in one column lie in chunks addressed by those integers, so
that reading a million of them is a few dozen blobs and one gather. A relabelled
row keeps its input and costs nothing. Slides 54-55: re-evaluate ALL models.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, text, update

from curiouser.data import value_hashes
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import BadInputError
from curiouser.models.gathering import StoredAnswers, fingerprints, gathered
from curiouser.models.interning import HASH_BYTES, HashArray, KeyArray, every_page, intern_hashes
from curiouser.models.prediction_tables import (
    BLOB_BYTES,
    data_commit_keys,
    prediction_chunk,
    prediction_column,
    refuse_damage,
)
from curiouser.models.stored_chunks import AnswerArray, BoolArray, Layout, decoded, encoded, kept_dtype
from curiouser.storage import Database

KEYS_PER_BLOB = BLOB_BYTES // 8
KEPT_KEY_SETS = 64
"""Data commits (times sets of columns) whose keys are remembered; older ones are hashed again when asked for."""


@dataclass(frozen=True, slots=True)
class DamagedPredictions:
    """A blob that does not match its checksum."""

    what: str
    """Which one."""

    @property
    def trouble(self) -> str:
        """Say what is wrong with it."""
        return "the stored bytes no longer match their checksum"

    @property
    def repair(self) -> str:
        """Say what to do."""
        return "restore the last backup with `curiouser workspace restore`"


class PredictionStore:
    """Answers by predictor and input; appended to, never changed.

    Every method is one transaction. Two processes may write at once: a chunk is
    read, completed and written under the lock of its column. Blobs are verified
    whenever they are read.

    Args:
        database: Where the blobs are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys_for(self, content_hash: str, columns: tuple[str, ...], rows: Callable[[], pl.DataFrame]) -> KeyArray:
        """Give every row of a data commit the integer of its input.

        Args:
            content_hash: Names the rows; the keys are remembered under it.
            columns: The columns the input is made of.
            rows: Loads the rows, by id; called only when the keys are not remembered.

        Returns:
            ``(n_rows,)``, >= 0, in the order of ``rows``.

        Raises:
            PredictionsDamagedError: A blob does not match its checksum.
        """
        name = digest_of(list(columns))
        remembered = self._remembered(content_hash, name)
        if remembered is not None:
            return remembered
        keys = self.intern(rows(), columns)
        self._remember(content_hash, name, keys)
        return keys

    def intern(self, frame: pl.DataFrame, columns: Sequence[str]) -> KeyArray:
        """Give every row the integer of its input; new inputs get the next integers, in order.

        Args:
            frame: The rows, in stored form.
            columns: The columns the input is made of.

        Returns:
            ``(n_rows,)``, >= 0; equal inputs have equal integers.

        Raises:
            PredictionsDamagedError: A blob does not match its checksum.
        """
        return intern_hashes(self._database, _hashes(frame, columns))

    def write(
        self,
        digest: str,
        keys: KeyArray,
        columns: Mapping[str, AnswerArray],
        *,
        connection: Connection | None = None,
    ) -> int:
        """Add answers; one that exists is kept, and of a repeated key the first row counts.

        Args:
            digest: The predictor's.
            keys: ``(n,)``, >= 0.
            columns: Column name -> ``(n,)``: floats in the precision to keep, or whole numbers >= 0.
                A predictor has the same columns in every call.
            connection: A write transaction to be part of; None for one of its own.

        Returns:
            How many of the inputs had no answer before.

        Raises:
            BadInputError: Lengths differ, a key is negative, or the predictor has other columns.
            PredictionsDamagedError: A blob to be completed does not match its checksum.
        """
        _check_lengths(keys, columns)
        unique, first = np.unique(keys, return_index=True)
        added = 0
        with self._writing(connection) as writing:
            for name in sorted(columns):
                dtype = self._column(writing, digest, name, columns[name])
                added = self._complete(writing, Layout(digest, name, dtype), unique, columns[name][first])
            self._refuse_other_columns(writing, digest, columns)
        return added

    def read(self, digest: str, keys: KeyArray, names: Sequence[str] | None = None) -> StoredAnswers:
        """Read answers in the order of the keys.

        Args:
            digest: The predictor's.
            keys: ``(n,)``, >= 0.
            names: Which columns; None for all the predictor has.

        Returns:
            The columns; none of them, and nothing valid, where the predictor never answered.

        Raises:
            PredictionsDamagedError: A blob does not match its checksum.
        """
        with self._database.read() as connection:
            dtypes = _dtypes(connection, digest)
            wanted = sorted(dtypes) if names is None else [name for name in names if name in dtypes]
            whole = bool(wanted) and (names is None or len(wanted) == len(names))
            valid = np.full(len(keys), whole, np.bool_)
            columns = {}
            for name in wanted:
                columns[name], answered = _gathered(connection, Layout(digest, name, dtypes[name]), keys)
                valid &= answered
        return StoredAnswers(columns, valid)

    def read_each(self, digests: Sequence[str], keys: KeyArray) -> dict[str, StoredAnswers]:
        """Read the answers of several predictors to a few inputs; else as :meth:`read`.

        Only the chunks that hold one of the inputs are read, in a few statements for all predictors.

        Raises:
            PredictionsDamagedError: A blob that is read does not match its checksum.
        """
        with self._database.read() as connection:
            return gathered(connection, digests, keys)

    def fingerprints(self, digests: Sequence[str]) -> dict[str, str]:
        """Name all that several predictors have answered so far: another name as soon as an answer comes.

        Args:
            digests: Of the predictors.
        """
        with self._database.read() as connection:
            return fingerprints(connection, digests)

    def known(self, digest: str, keys: KeyArray) -> BoolArray:
        """Tell which inputs the predictor has answered: ``(n,)``.

        Args:
            digest: Of the predictor.
            keys: ``(n,)``, inputs as the store numbers them.

        Raises:
            PredictionsDamagedError: A blob does not match its checksum.
        """
        with self._database.read() as connection:
            dtypes = _dtypes(connection, digest)
        # The columns of a predictor are written together, so one of them speaks for all.
        return self.read(digest, keys, sorted(dtypes)[:1]).valid

    def verify(self) -> Iterator[DamagedPredictions]:
        """Verify every blob; name those that do not match their checksum."""
        with self._database.read() as connection:
            for what, expected, parts in self._every_blob(connection):
                if checksum(*parts) != expected:
                    yield DamagedPredictions(what)

    def _every_blob(self, connection: Connection) -> Iterator[tuple[str, bytes, tuple[str | int | bytes, ...]]]:
        yield from every_page(connection)
        for row in connection.execute(select(data_commit_keys)):
            yield f"keys of the rows {row.content_hash[:12]}, part {row.chunk}", row.checksum, _keys_parts(row)
        for column in connection.execute(select(prediction_column)).all():
            layout = Layout(column.digest, column.name, np.dtype(column.dtype))
            for row in connection.execute(select(prediction_chunk).where(*_of_column(layout))):
                parts = (*layout.place(row.chunk), row.valid, row.answers)
                yield layout.named(row.chunk), row.checksum, parts

    def _writing(self, connection: Connection | None) -> AbstractContextManager[Connection]:
        return self._database.write() if connection is None else nullcontext(connection)

    def _remembered(self, content_hash: str, columns: str) -> KeyArray | None:
        table = data_commit_keys.c
        wanted = select(data_commit_keys).where(table.content_hash == content_hash, table.columns == columns)
        parts = []
        with self._database.read() as connection:
            for row in connection.execute(wanted.order_by(table.chunk)):
                refuse_damage(f"keys of the rows {content_hash[:12]}", row.checksum, *_keys_parts(row))
                parts.append(np.cumsum(np.frombuffer(zlib.decompress(row.keys), "<i8")))
        return np.concatenate(parts) if parts else None

    def _remember(self, content_hash: str, columns: str, keys: KeyArray) -> None:
        rows = []
        for chunk, start in enumerate(range(0, max(len(keys), 1), KEYS_PER_BLOB)):
            some = keys[start : start + KEYS_PER_BLOB]
            packed = zlib.compress(np.diff(some, prepend=0).astype("<i8").tobytes(), 1)
            rows.append(
                {
                    "content_hash": content_hash,
                    "columns": columns,
                    "chunk": chunk,
                    "row_count": len(some),
                    "keys": packed,
                    "checksum": checksum(content_hash, columns, chunk, len(some), packed),
                }
            )
        table = data_commit_keys.c
        with self._database.write() as connection:
            # Another process may have remembered the same keys; rows that name their content are equal.
            connection.execute(
                delete(data_commit_keys).where(table.content_hash == content_hash, table.columns == columns)
            )
            connection.execute(insert(data_commit_keys), rows)
            _forget_old_keys(connection)

    def _column(self, connection: Connection, digest: str, name: str, answers: AnswerArray) -> np.dtype[np.generic]:
        """Lock a column of answers, made or widened so that the answers fit."""
        wanted = kept_dtype(answers)
        connection.execute(
            text(
                "INSERT INTO prediction_column (digest, name, dtype) VALUES (:digest, :name, :dtype)"
                " ON CONFLICT (digest, name) DO NOTHING"
            ),
            {"digest": digest, "name": name, "dtype": wanted.name},
        )
        place = (prediction_column.c.digest == digest) & (prediction_column.c.name == name)
        locked = select(prediction_column.c.dtype).where(place).with_for_update()
        kept = np.dtype(connection.execute(locked).scalar_one())
        wide: np.dtype[np.generic] = np.promote_types(kept, wanted)
        if wide != kept:
            self._widen(connection, Layout(digest, name, kept), wide)
            connection.execute(update(prediction_column).where(place).values(dtype=wide.name))
        return wide

    def _widen(self, connection: Connection, narrow: Layout, dtype: np.dtype[np.generic]) -> None:
        """Write a column again with more bytes per answer, because an answer came that needs them."""
        chunks = connection.execute(select(prediction_chunk).where(*_of_column(narrow))).all()
        connection.execute(delete(prediction_chunk).where(*_of_column(narrow)))
        for row in chunks:
            answers, valid = decoded(narrow, row)
            places = np.flatnonzero(valid)
            keys = places + row.chunk * narrow.size
            self._complete(connection, Layout(narrow.digest, narrow.name, dtype), keys, answers[places])

    def _complete(self, connection: Connection, layout: Layout, keys: KeyArray, answers: AnswerArray) -> int:
        """Add the answers that are not there yet; ``keys`` ascend and are distinct."""
        chunks = keys // layout.size
        starts = np.flatnonzero(np.diff(chunks, prepend=-1))
        added = 0
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
            some = slice(int(start), int(end))
            offsets = keys[some] % layout.size
            added += self._complete_chunk(connection, layout, int(chunks[start]), (offsets, answers[some]))
        return added

    def _complete_chunk(
        self, connection: Connection, layout: Layout, chunk: int, new: tuple[KeyArray, AnswerArray]
    ) -> int:
        offsets, answers = new
        here = [*_of_column(layout), prediction_chunk.c.chunk == chunk]
        row = connection.execute(select(prediction_chunk).where(*here)).one_or_none()
        kept, valid = layout.empty() if row is None else decoded(layout, row)
        fresh = ~valid[offsets]
        if not fresh.any():
            return 0
        kept[offsets[fresh]] = answers[fresh]
        valid[offsets[fresh]] = True
        blobs = encoded(layout, chunk, kept, valid)
        if row is None:
            place = {"digest": layout.digest, "name": layout.name, "chunk": chunk}
            connection.execute(insert(prediction_chunk).values(**place, **blobs))
        else:
            connection.execute(update(prediction_chunk).where(*here).values(**blobs))
        return int(fresh.sum())

    @staticmethod
    def _refuse_other_columns(connection: Connection, digest: str, columns: Mapping[str, AnswerArray]) -> None:
        kept = sorted(_dtypes(connection, digest))
        if kept != sorted(columns):
            raise BadInputError(
                f"this predictor answers with {', '.join(kept)}, and {', '.join(sorted(columns))} was given",
                "give the same columns as before",
            )


def _hashes(frame: pl.DataFrame, columns: Sequence[str]) -> HashArray:
    made = np.asarray(value_hashes(frame, list(columns)), np.uint8)
    return made.reshape(len(frame), HASH_BYTES)


def _check_lengths(keys: KeyArray, columns: Mapping[str, AnswerArray]) -> None:
    if not columns:
        raise BadInputError("answers need at least one column", "give score, class, p_<class> or number")
    for name, answers in columns.items():
        if len(answers) != len(keys):
            raise BadInputError(f"{name} has {len(answers)} answers for {len(keys)} inputs", "give one each")
    if len(keys) and int(keys.min()) < 0:
        raise BadInputError("an input without an integer has no place for its answer", "intern it first")


def _keys_parts(row: Row[Any]) -> tuple[str | int | bytes, ...]:
    return row.content_hash, row.columns, row.chunk, row.row_count, row.keys


def _forget_old_keys(connection: Connection) -> None:
    table = data_commit_keys.c
    newest = func.max(table.id)
    sets = connection.execute(
        select(table.content_hash, table.columns)
        .group_by(table.content_hash, table.columns)
        .order_by(newest.desc())
        .offset(KEPT_KEY_SETS)
    ).all()
    for content_hash, columns in sets:
        connection.execute(delete(data_commit_keys).where(table.content_hash == content_hash, table.columns == columns))


def _dtypes(connection: Connection, digest: str) -> dict[str, np.dtype[np.generic]]:
    rows = connection.execute(select(prediction_column).where(prediction_column.c.digest == digest))
    return {row.name: np.dtype(row.dtype) for row in rows}


def _of_column(layout: Layout) -> list[ColumnElement[bool]]:
    return [prediction_chunk.c.digest == layout.digest, prediction_chunk.c.name == layout.name]


def _gathered(connection: Connection, layout: Layout, keys: KeyArray) -> tuple[AnswerArray, BoolArray]:
    """Read one column: the touched chunks, one after the other, then one gather."""
    if not len(keys):
        return np.empty(0, layout.dtype), np.empty(0, np.bool_)
    chunks = keys // layout.size
    first = int(chunks.min())
    touched = np.zeros(int(chunks.max()) - first + 1, np.bool_)
    touched[chunks - first] = True
    rank = np.cumsum(touched) - 1
    answers = np.zeros(int(rank[-1] + 1) * layout.size, layout.dtype)
    valid = np.zeros(len(answers), np.bool_)
    numbers = (np.flatnonzero(touched) + first).tolist()
    for start in range(0, len(numbers), 500):
        wanted = select(prediction_chunk).where(
            *_of_column(layout), prediction_chunk.c.chunk.in_(numbers[start : start + 500])
        )
        for row in connection.execute(wanted):
            at = int(rank[row.chunk - first]) * layout.size
            answers[at : at + layout.size], valid[at : at + layout.size] = decoded(layout, row)
    places = rank[chunks - first] * layout.size + keys % layout.size
    return answers[places], valid[places]
