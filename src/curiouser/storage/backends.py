"""What SQLite and PostgreSQL do differently; everything else is SQLAlchemy's."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.exc import DBAPIError

from curiouser.kernel.errors import CuriouserError

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for the lock of writers, seconds."""


class Backend(Protocol):
    """One kind of database.

    A read transaction sees one consistent picture and holds no writer up. A
    write transaction holds the one lock of writers from :meth:`begin_writing`
    until it is committed or rolled back, so that nothing it has read can change
    before it writes. A commit is on the disk when it is acknowledged.
    """

    engine: Engine
    """Where transactions come from."""
    reading: Engine
    """The same pool, for transactions that only read."""
    schema: str | None
    """The namespace of the tables; None where a database has only one."""

    def begin_writing(self, connection: Connection) -> int:
        """Take the lock of writers in a transaction that has just begun.

        Returns:
            A mark for :meth:`has_written`.
        """
        ...

    def has_written(self, mark: int) -> ColumnElement[bool]:
        """Write the condition that this transaction has changed something since the mark."""
        ...

    def make_schema(self, connection: Connection) -> None:
        """Make the namespace of the tables where it is not there."""
        ...

    def refusal(self, error: DBAPIError, doing: str) -> CuriouserError | None:
        """Say what an error of the driver means for the caller; None: it is a mistake of ours, raised as it is."""
        ...

    def is_lost(self, error: DBAPIError) -> bool:
        """Tell whether the database could not even say what became of the statement."""
        ...
