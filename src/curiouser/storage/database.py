"""The one door to SQL: SQLAlchemy Core over SQLite by default, PostgreSQL by URL.

Only :meth:`Database.write` opens a write transaction. It holds the one lock of
writers, so that what a transaction has read cannot change before it writes:
``BEGIN IMMEDIATE`` on SQLite, an advisory lock per schema on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from curiouser.kernel.clock import as_text
from curiouser.kernel.errors import BadInputError, NewerDatabaseError, OutcomeUnknownError, StorageError
from curiouser.storage.backends import Backend
from curiouser.storage.objects import disk_errors
from curiouser.storage.sqlite import SQLite, copy_file, integrity_problems

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

write_counter = Table(
    "write_counter",
    metadata,
    # One row: how many write transactions have changed something since the database was made.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
)

SCHEMA_VERSION = "0008"
"""The newest migration this code knows; `storage/migrations/versions` ends with it."""


def utc_text(moment: datetime) -> str:
    """Write a moment for a text column; text order is time order."""
    return as_text(moment)


class Database:
    """A connection pool that knows how to read and how to write.

    Args:
        url: An SQLAlchemy URL: ``sqlite:////absolute/path`` or ``postgresql://user@host/db?schema=name``.

    Raises:
        BadInputError: The URL is no URL, or of a database that is not supported.
        MissingExtraError: The driver is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError as error:
            raise BadInputError("store.database is no URL of a database", _URLS) from error
        self._backend = self._backend_of()
        self._counted = False

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None on a server."""
        name = self.url.database
        return Path(name) if self.url.get_backend_name() == "sqlite" and name else None

    @property
    def schema(self) -> str | None:
        """The schema on a server, or None for a file."""
        return self._backend.schema

    def create(self) -> None:
        """Make the tables of a new database, or bring an older one up to date.

        Raises:
            StorageError: The disk or the server refused.
            NewerDatabaseError: A newer Curiouser wrote it.
        """
        if self.file:
            with disk_errors(f"making {self.file.parent}"):
                self.file.parent.mkdir(parents=True, exist_ok=True)
        self._migrate()

    def check(self) -> None:
        """Make sure this code can read this database; migrates an older one.

        Raises:
            StorageError: The file or the schema is missing, or damaged.
            NewerDatabaseError: A newer Curiouser wrote it.
        """
        if self.file and not self.file.exists():
            raise StorageError(
                f"the database {self.file} is missing",
                "restore a backup with `curiouser workspace restore`, or, in a fresh clone,"
                " make one with `curiouser init`",
            )
        found = self.version()
        if found is None and self.schema:
            raise StorageError(
                f"there is no workspace in the schema {self.schema} of the database",
                "correct store.database, restore a dump with pg_restore, or make one with `curiouser init`",
            )
        if found != SCHEMA_VERSION:
            self._migrate()

    def version(self) -> str | None:
        """Tell which migration the database stands at; None for an empty one."""
        with self.read() as connection:
            return _version(connection)

    def stamp(self) -> int:
        """Count the write transactions that have changed something: an equal stamp means that nothing has changed.

        Raises:
            StorageError: The database cannot be read.
        """
        with self.read() as connection:
            if not self._counts(connection):
                return 0
            return int(connection.execute(select(write_counter.c.n)).scalar_one())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction: one consistent picture, no lock on writers.

        Raises:
            StorageError: The database cannot be read.
            RetryableError: It stayed locked, or the server is away.
        """
        with (
            self._translated("reading the database"),
            self._backend.reading.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one kind of write transaction; commits at the end, rolls back on any error.

        Raises:
            StorageError: The disk refused; nothing was changed.
            RetryableError: Another process held the lock for too long, or the server went away; nothing was changed.
            OutcomeUnknownError: The server went away during the commit.
        """
        with self._writing() as connection:
            mark = self._backend.begin_writing(connection)
            yield connection
            if self._counts(connection):
                # The last statement, so that the stamp moves with the change and not before it.
                moved = update(write_counter).values(n=write_counter.c.n + 1)
                connection.execute(moved.where(self._backend.has_written(mark)))

    def copy_to(self, target: Path) -> None:
        """Back up an SQLite database while it is in use, through SQLite itself.

        Raises:
            StorageError: It is no SQLite file, or the disk refused.
        """
        if self.file is None:
            raise StorageError("only an SQLite database is backed up by Curiouser", "use pg_dump for PostgreSQL")
        doing = f"copying the database to {target}"
        with self._translated(doing), disk_errors(doing):
            copy_file(self.file, target, doing)

    def integrity_problems(self) -> list[str]:
        """Ask SQLite whether its pages and keys hold together; empty when they do."""
        if self.file is None:
            return []
        with self.read() as connection:
            return integrity_problems(connection)

    def close(self) -> None:
        """Give every connection back."""
        self._backend.engine.dispose()

    def _backend_of(self) -> Backend:
        match self.url.get_backend_name():
            case "sqlite":
                return SQLite(self.url)
            case "postgresql" | "postgres":
                # Whoever keeps a file does not pay for the server's part.
                from curiouser.storage.postgresql import PostgreSQL  # noqa: PLC0415  see above

                return PostgreSQL(self.url)
            case other:
                raise BadInputError(f"{other} is no database that Curiouser knows", _URLS)

    def _migrate(self) -> None:
        # Alembic is loaded only when there is something to migrate: it costs as much as the rest of a command.
        from curiouser.storage.migrations import migrate  # noqa: PLC0415  see above

        with self._writing() as connection:
            self._backend.begin_writing(connection)
            # Looked up under the lock: two processes may meet the same old database at once.
            found = _version(connection)
            if found is not None and found > SCHEMA_VERSION:
                raise NewerDatabaseError(
                    f"the database is at version {found}, and this Curiouser knows versions up to {SCHEMA_VERSION}",
                    "upgrade Curiouser: pip install --upgrade curiouser",
                )
            self._backend.make_schema(connection)
            migrate(connection, SCHEMA_VERSION)

    def _counts(self, connection: Connection) -> bool:
        # An older database gets its counter with the migration, and never loses it.
        self._counted = self._counted or inspect(connection).has_table(write_counter.name)
        return self._counted

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._translated("writing to the database"),
            self._backend.engine.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            try:
                transaction.commit()
            except DBAPIError as error:
                if not self._backend.is_lost(error):
                    raise
                raise OutcomeUnknownError(
                    "the database server went away during the commit, which may or may not have landed",
                    "look before you try again",
                ) from error

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            refusal = self._backend.refusal(error, doing)
            if refusal is None:
                raise
            raise refusal from error


_URLS = 'write "sqlite:///path" or "postgresql://user@host/db?schema=name"'


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None
