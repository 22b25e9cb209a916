"""The tables of searches for near-duplicates: pairs and words of the versions last searched, to move by changes.

A cache: everything here can be made again from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, LargeBinary, String, Table

from curiouser.kernel.checksums import checksum
from curiouser.storage import metadata

near_words = Table(
    "near_words",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of kind and content hash
    Column("kind", String(64), nullable=False, index=True),  # hash of what it was made by: dataset, columns, algorithm
    Column("dataset", String(100), nullable=False),
    Column("algorithm", String(64), nullable=False),
    Column("object", String(100), nullable=False),  # words of the version that was counted
    Column("moved", LargeBinary, nullable=False),  # what changed since
    Column("checksum", LargeBinary, nullable=False),
    Column("made_at", String(32), nullable=False),
)

near_pairs = Table(
    "near_pairs",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of kind and content hashes
    Column("kind", String(64), nullable=False, index=True),  # as above; both datasets
    Column("dataset", String(100), nullable=False),
    Column("against", String(100), nullable=False),  # empty where a version was searched within itself
    Column("algorithm", String(64), nullable=False),
    Column("here", String(64), nullable=False),  # content hash
    Column("there", String(64), nullable=False),  # content hash; empty as above
    Column("found", LargeBinary, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("made_at", String(32), nullable=False),
)


def with_checksum(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add the checksum to a row of these tables that is about to be written."""
    return {**row, "checksum": _checksum(row)}


def is_whole(row: Mapping[Any, Any]) -> bool:
    """Tell whether a row of these tables is as it was written."""
    return _checksum(row) == bytes(row["checksum"])


def _checksum(row: Mapping[Any, Any]) -> bytes:
    return checksum(*(part for name in sorted(row) if name != "checksum" for part in (name, row[name])))
