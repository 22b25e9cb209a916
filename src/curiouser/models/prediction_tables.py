"""Tables of the prediction store: interned inputs, the keys of data commits, answers in chunks.

No row of SQL per prediction: a row cost 36 bytes and microseconds where a place
in a chunk costs 4 or 8 bytes and nanoseconds. No blob is above 256 KiB.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, UniqueConstraint

from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import StorageError
from curiouser.storage import metadata

BLOB_BYTES = 1 << 18
"""Largest blob, bytes."""

example_input_counter = Table(
    "example_input_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: the row that interning locks
    Column("next_input", Integer, nullable=False),  # inputs interned so far = the next input's integer
)

example_input = Table(
    "example_input",
    metadata,
    Column("bucket", Integer, primary_key=True, autoincrement=False),  # first byte of the hashes in it
    Column("page", Integer, primary_key=True, autoincrement=False),  # 0, 1, …; only the last one grows
    Column("hashes", LargeBinary, nullable=False),  # 16 bytes per input, in the order they came
    Column("inputs", LargeBinary, nullable=False),  # int64 little-endian, the integers of these hashes
    Column("checksum", LargeBinary, nullable=False),
)

data_commit_keys = Table(
    "data_commit_keys",
    metadata,
    Column("id", Integer, primary_key=True),  # grows: the oldest are forgotten first
    Column("content_hash", String(64), nullable=False),
    Column("columns", String(64), nullable=False),  # hash of the names of the columns the inputs are made of
    Column("chunk", Integer, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("keys", LargeBinary, nullable=False),  # differences of neighbours, int64, compressed
    Column("checksum", LargeBinary, nullable=False),
    UniqueConstraint("content_hash", "columns", "chunk"),
)

prediction_column = Table(
    "prediction_column",
    metadata,
    Column("digest", String(64), primary_key=True),  # the predictor's
    Column("name", String, primary_key=True),  # score, class, p_<class> or number
    Column("dtype", String(8), nullable=False),  # float64, float32, uint8, uint16 or uint32: how answers are kept
)

prediction_chunk = Table(
    "prediction_chunk",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String, primary_key=True),
    Column("chunk", Integer, primary_key=True, autoincrement=False),  # inputs [chunk * size, (chunk + 1) * size)
    Column("valid", LargeBinary, nullable=False),  # one bit per input, compressed: which of them have an answer
    Column("answers", LargeBinary, nullable=False),  # little-endian, only of the valid ones
    Column("checksum", LargeBinary, nullable=False),
)


class PredictionsDamagedError(StorageError):
    """Stored predictions do not match their checksum; no number is made of them."""

    code = "CUR390"


def refuse_damage(what: str, expected: bytes, *parts: str | int | bytes) -> None:
    """Compare a blob with its checksum.

    Raises:
        PredictionsDamagedError: They differ.
    """
    if checksum(*parts) != bytes(expected):
        raise PredictionsDamagedError(
            f"{what}: the stored bytes no longer match their checksum",
            "restore the last backup with `curiouser workspace restore`",
        )
