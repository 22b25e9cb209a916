"""What goes over the pipes: a header of JSON and a body of bytes, each with its length before it."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

LENGTHS = struct.Struct(">IQ")
"""Length of the header in bytes, then of the body."""


class ClosedPipeError(Exception):
    """The other side is gone."""


def packed(header: dict[str, Any], body: bytes = b"") -> bytes:
    """Write one frame.

    Examples:
        >>> packed({"rows": 1}, b"xy")[LENGTHS.size :]
        b'{"rows": 1}xy'
    """
    head = json.dumps(header).encode()
    return LENGTHS.pack(len(head), len(body)) + head + body


def read(descriptor: int) -> tuple[dict[str, Any], bytes]:
    """Wait for one whole frame.

    Raises:
        ClosedPipeError: The other side closed the pipe.
    """
    head, body = LENGTHS.unpack(_exactly(descriptor, LENGTHS.size))
    return header_of(_exactly(descriptor, head)), _exactly(descriptor, body)


def header_of(data: bytes | bytearray) -> dict[str, Any]:
    """Read a header.

    Raises:
        ValueError: It is no JSON.
    """
    header: dict[str, Any] = json.loads(data)
    return header


def write(descriptor: int, header: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame, whole."""
    waiting = memoryview(packed(header, body))
    while waiting:
        waiting = waiting[os.write(descriptor, waiting) :]


def _exactly(descriptor: int, length: int) -> bytes:
    parts, left = [], length
    while left:
        part = os.read(descriptor, min(left, 1 << 20))
        if not part:
            raise ClosedPipeError
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
