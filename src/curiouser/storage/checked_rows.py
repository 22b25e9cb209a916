"""Rows of SQL that carry the SHA-256 of the rest of the row: SQLite's own check misses nine of ten flipped bits.

A table takes part by a text column ``checksum``. Every key of its rows is
chosen by who writes them, never by the database, so that the key counts, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from curiouser.kernel.canonical import digest_of
from curiouser.kernel.errors import StorageError


def with_checksum(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Add the checksum to a row that is about to be written.

    Args:
        row: Every column but the checksum, also those that are null.
    """
    return {**row, "checksum": digest_of(dict(row))}


def checked(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row that was read, or refuse it when a bit of it has changed.

    Args:
        table: Where it was read.
        row: Every column.

    Raises:
        StorageError: The row does not match its checksum.
    """
    if not holds(row):
        raise StorageError(
            f"the database row of {_named(table, row, ' ')} is damaged", "run `curiouser fsck`, then restore a backup"
        )
    return dict(row)


def holds(row: Mapping[Any, Any]) -> bool:
    """Tell whether a row matches its checksum.

    Args:
        row: Every column.
    """
    found: str = row["checksum"]
    return digest_of({key: value for key, value in row.items() if key != "checksum"}) == found


def damaged_rows(connection: Connection, tables: Iterable[Table]) -> Iterator[str]:
    """Name every row that does not match its checksum, by its table and key.

    Args:
        connection: A transaction.
        tables: Tables whose rows carry a checksum.
    """
    for table in tables:
        for row in connection.execute(select(table)).mappings():
            if not holds(row):
                yield _named(table, row, "@")


def _named(table: Table, row: Mapping[Any, Any], between: str) -> str:
    return f"{table.name} {between.join(str(row[column.name]) for column in table.primary_key)}"
