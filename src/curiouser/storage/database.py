"""The one door to SQL: SQLAlchemy Core over SQLite by default, PostgreSQL by URL.

Only :meth:`Database.write` opens a write transaction. On SQLite it is
``BEGIN IMMEDIATE`` with the driver's own transaction handling switched off, so
that what a transaction has read cannot change before it writes. With the
defaults, 499 of 1,000 racing updates were silently lost when measured.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from curiouser.kernel.clock import as_text
from curiouser.kernel.errors import MissingExtraError, NewerDatabaseError, RetryableError, StorageError
from curiouser.storage.objects import disk_errors

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every slice registers its tables here."""

SCHEMA_VERSION = "0002"
"""The newest migration this code knows; `storage/migrations/versions` ends with it."""
BUSY_TIMEOUT_S = 60.0
_WRITING = "curiouser_writing"


def utc_text(moment: datetime) -> str:
    """Write a moment for a text column; text order is time order."""
    return as_text(moment)


class Database:
    """A connection pool that knows how to read and how to write.

    Args:
        url: An SQLAlchemy URL; for SQLite the path must be absolute.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._engine = _engine(url)

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None on a server."""
        name = self.url.database
        return Path(name) if self.url.get_backend_name() == "sqlite" and name else None

    def create(self) -> None:
        """Make the tables of a new database, or bring an older one up to date.

        Raises:
            StorageError: The disk refused.
            NewerDatabaseError: A newer Curiouser wrote it.
        """
        if self.file:
            with disk_errors(f"making {self.file.parent}"):
                self.file.parent.mkdir(parents=True, exist_ok=True)
        self._migrate()

    def check(self) -> None:
        """Make sure this code can read this database; migrates an older one.

        Raises:
            StorageError: The file is missing or damaged.
            NewerDatabaseError: A newer Curiouser wrote it.
        """
        if self.file and not self.file.exists():
            raise StorageError(
                f"the database {self.file} is missing",
                "restore a backup with `curiouser workspace restore`, or, in a fresh clone, make one with `curiouser init`",
            )
        if self.version() != SCHEMA_VERSION:
            self._migrate()

    def version(self) -> str | None:
        """Tell which migration the database stands at; None for an empty one."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return str(found) if found is not None else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction: one consistent picture, no lock on writers.

        Raises:
            StorageError: The database cannot be read.
            RetryableError: It stayed locked.
        """
        with _translated("reading the database"), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one kind of write transaction; commits at the end, rolls back on any error.

        Raises:
            StorageError: The disk refused; nothing was changed.
            RetryableError: Another process held the lock for too long; nothing was changed.
        """
        with (
            _translated("writing to the database"),
            self._engine.connect().execution_options(**{_WRITING: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def copy_to(self, target: Path) -> None:
        """Back up an SQLite database while it is in use, through SQLite itself.

        Raises:
            StorageError: It is no SQLite file, or the disk refused.
        """
        if self.file is None:
            raise StorageError("only an SQLite database is backed up by Curiouser", "use pg_dump for PostgreSQL")
        with _translated(f"copying the database to {target}"), disk_errors(f"copying the database to {target}"):
            source, copy = sqlite3.connect(self.file), sqlite3.connect(target)
            try:
                source.backup(copy)
            except sqlite3.Error as error:
                raise _sqlite_refusal(str(error), f"copying the database to {target}") from error
            finally:
                source.close()
                copy.close()

    def integrity_problems(self) -> list[str]:
        """Ask SQLite whether its pages and keys hold together; empty when they do."""
        if self.file is None:
            return []
        with self.read() as connection:
            pages = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
            keys = [f"dangling reference: {tuple(row)}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
        return [line for line in pages if line != "ok"] + keys

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def _migrate(self) -> None:
        # Alembic is loaded only when there is something to migrate: it costs as much as the rest of a command.
        from curiouser.storage.migrations import migrate  # noqa: PLC0415  see above

        found = self.version()
        if found is not None and found > SCHEMA_VERSION:
            raise NewerDatabaseError(
                f"the database is at version {found}, and this Curiouser knows versions up to {SCHEMA_VERSION}",
                "upgrade Curiouser: pip install --upgrade curiouser",
            )
        with self.write() as connection:
            migrate(connection, SCHEMA_VERSION)


def _engine(url: str) -> Engine:
    backend = make_url(url).get_backend_name()
    try:
        engine = create_engine(url, **({"connect_args": {"timeout": BUSY_TIMEOUT_S}} if backend == "sqlite" else {}))
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"the database {backend}", "postgres") from error
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own type
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (OperationalError, DatabaseError) as error:
        if type(error) not in {OperationalError, DatabaseError}:
            raise
        raise _sqlite_refusal(str(error.orig), doing) from error


def _sqlite_refusal(said: str, doing: str) -> StorageError | RetryableError:
    low = said.lower()
    if "locked" in low or "busy" in low:
        return RetryableError(
            f"{doing}: another process held the lock for {BUSY_TIMEOUT_S:g} s; nothing was changed", "try again"
        )
    repairs = {
        "full": "free some space and run the same command again",
        # What SQLite says where it cannot even grow the file beside the database.
        "disk i/o error": "the disk may be full or failing: free some space and run the same command again",
        "readonly": "the folder or file is read-only: make it writable, or copy the workspace elsewhere",
        "unable to open": "check that the folder exists and that you may write there",
        "malformed": "restore the last backup with `curiouser workspace restore`",
        "not a database": "restore the last backup with `curiouser workspace restore`",
    }
    repair = next((repair for word, repair in repairs.items() if word in low), "run `curiouser fsck`")
    return StorageError(f"{doing}: {said}; nothing was changed", repair)
