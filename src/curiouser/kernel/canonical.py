"""One way to write a value as JSON, so that equal values have equal bytes and equal hashes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical_json(value: Json) -> str:
    """Write JSON with sorted keys, no spaces, real characters, and no NaN.

    Raises:
        ValueError: A number is NaN or infinite.

    Examples:
        >>> canonical_json({"b": [1, 2.5], "a": "é"})
        '{"a":"é","b":[1,2.5]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_hex(data: bytes) -> str:
    """Hash bytes to 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Json) -> str:
    """Hash a value by its canonical JSON, 64 hex digits.

    Examples:
        >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
        True
    """
    return sha256_hex(canonical_json(value).encode())


def finite_or_none(number: float | None) -> float | None:
    """Turn NaN and infinities into None; JSON has no word for them."""
    return None if number is None or not math.isfinite(number) else float(number)
