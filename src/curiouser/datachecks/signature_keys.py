"""The keys of an index of signatures: of texts, of what they are near to, and of the rows that have them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curiouser.datachecks.signature_pages import PlaceArray
from curiouser.datachecks.sorted_pages import KeyArray
from curiouser.measure.duplicates import all_keys

_ROW_SALT, _ODD = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)


def text_hashes(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Hash normalised texts: ``(n, 16)`` bytes, the first half of the SHA-256."""
    joined = b"".join(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16] for text in texts)
    return np.frombuffer(joined, np.uint8).reshape(-1, 16)


def keys_of(
    texts: Sequence[str], signed: npt.NDArray[np.uint16], hashes: npt.NDArray[np.uint8]
) -> tuple[KeyArray, PlaceArray]:
    """Make all keys of texts, that of the text itself among them, and say which text each belongs to."""
    keys, owners = all_keys(texts, signed)
    return np.concatenate([keys, own_keys(hashes)]), np.concatenate([owners, np.arange(len(texts))])


def own_keys(hashes: npt.NDArray[np.uint8]) -> KeyArray:
    """Make the keys under which texts themselves are found."""
    return np.ascontiguousarray(hashes).view("<u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def row_keys(numbers: PlaceArray) -> KeyArray:
    """Make the keys under which the rows of texts are found."""
    made = (numbers.astype(np.uint64) + _ROW_SALT) * _ODD
    return made ^ (made >> np.uint64(31))
