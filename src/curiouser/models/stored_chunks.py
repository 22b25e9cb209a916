"""One chunk of answers as bytes: which inputs have one, and the answers of those, in the precision they came in."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Row

from curiouser.kernel.checksums import checksum
from curiouser.kernel.errors import BadInputError
from curiouser.models.prediction_tables import BLOB_BYTES, refuse_damage

AnswerArray: TypeAlias = npt.NDArray[Any]
"""``(n,)``, float64, float32 or a whole-number type."""
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one column of one predictor is cut into chunks."""

    digest: str
    """The predictor's."""
    name: str
    """The column's."""
    dtype: np.dtype[np.generic]
    """Type of one kept answer."""

    @property
    def size(self) -> int:
        """Inputs per chunk: 32,768 of 8 bytes, 65,536 of 4, and so on."""
        return BLOB_BYTES // self.dtype.itemsize

    def empty(self) -> tuple[AnswerArray, BoolArray]:
        """Make a chunk without answers."""
        return np.zeros(self.size, self.dtype), np.zeros(self.size, np.bool_)

    def place(self, chunk: int) -> tuple[str, str, str, int]:
        """Say where a chunk belongs; part of what its checksum is of."""
        return self.digest, self.name, self.dtype.name, chunk

    def named(self, chunk: int) -> str:
        """Name a chunk to a reader."""
        return f"predictions {self.name!r} of the model {self.digest[:12]}, chunk {chunk}"


def kept_dtype(answers: AnswerArray) -> np.dtype[np.generic]:
    """Choose the type answers are kept in: their own precision for floats, the smallest unsigned one for codes.

    Raises:
        BadInputError: They are neither, or a code is negative.

    Examples:
        >>> kept_dtype(np.array([0, 76])).name, kept_dtype(np.array([300])).name
        ('uint8', 'uint16')
        >>> kept_dtype(np.array([0.5], np.float32)).name
        'float32'
    """
    if answers.dtype in (np.float64, np.float32):
        return answers.dtype
    if answers.dtype.kind in "iu" and (not len(answers) or int(answers.min()) >= 0):
        return np.min_scalar_type(int(answers.max()) if len(answers) else 0)
    raise BadInputError(f"answers of type {answers.dtype} cannot be kept", "give floats, or class codes >= 0")


def encoded(layout: Layout, chunk: int, answers: AnswerArray, valid: BoolArray) -> dict[str, bytes]:
    """Write a chunk: ``valid``, ``answers`` and their checksum.

    A model that answered ten rows of a large store pays for ten answers, because only the valid ones are written.
    """
    bits = zlib.compress(np.packbits(valid).tobytes(), 1)
    packed = answers if valid.all() else answers[valid]
    values = packed.astype(layout.dtype.newbyteorder("<"), copy=False).tobytes()
    return {"valid": bits, "answers": values, "checksum": checksum(*layout.place(chunk), bits, values)}


def decoded(layout: Layout, row: Row[Any]) -> tuple[AnswerArray, BoolArray]:
    """Read a chunk, verified: ``(size,)`` answers and which of them are valid.

    Raises:
        PredictionsDamagedError: The bytes do not match their checksum.
    """
    refuse_damage(layout.named(row.chunk), row.checksum, *layout.place(row.chunk), row.valid, row.answers)
    bits = np.frombuffer(zlib.decompress(row.valid), np.uint8)
    valid = np.unpackbits(bits, count=layout.size).astype(np.bool_)
    values = np.frombuffer(row.answers, layout.dtype.newbyteorder("<")).astype(layout.dtype, copy=False)
    if len(values) == layout.size:
        return values.copy(), valid
    answers = np.zeros(layout.size, layout.dtype)
    answers[valid] = values
    return answers, valid
