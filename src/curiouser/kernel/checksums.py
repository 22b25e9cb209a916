"""Checksums of blobs that the database holds."""

from __future__ import annotations

import hashlib


def checksum(*parts: str | int | bytes) -> bytes:
    """Hash a blob together with its place, so that a moved blob is a damaged one.

    Args:
        *parts: Names and numbers of the place, then the blob; each counts with its length.

    Returns:
        32 bytes, SHA-256.

    Examples:
        >>> checksum("page", 1, b"blob") == checksum("page", 11, b"lob")
        False
    """
    made = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        made.update(len(data).to_bytes(8, "little"))
        made.update(data)
    return made.digest()
