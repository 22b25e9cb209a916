"""PostgreSQL: one workspace per schema, writers one after the other by an advisory lock.

``decisions/0012-postgresql.md`` says why: the same guarantee as ``BEGIN
IMMEDIATE`` without any of the slices knowing where they run. Text sorts and
compares by code point, as on SQLite and in Python, whatever the server's locale.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, String, Text, create_engine, func, select, text
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.compiler import compiles

from curiouser.kernel.errors import BadInputError, CuriouserError, MissingExtraError, RetryableError, StorageError
from curiouser.storage.backends import BUSY_TIMEOUT_S

DEFAULT_SCHEMA = "public"
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_CONNECT_S = 10

_SAFE_AGAIN = {
    "40001": "another transaction came between",
    "40P01": "two transactions waited for each other",
    "55P03": f"another process held the lock for {BUSY_TIMEOUT_S:g} s",
    "57014": "the statement was cancelled",
    "53300": "the server has no connection left",
}
_AWAY = {"57P01", "57P02", "57P03"}
_REPAIRS = {
    "53100": "the server's disk is full: free some space and run the same command again",
    "53200": "the server is out of memory",
    "25006": "the server is a read-only standby: name the primary in store.database",
    "28000": "check the user in store.database, and the server's pg_hba.conf",
    "28P01": "check the password: PGPASSWORD, or a line in ~/.pgpass",
    "3D000": "check the name of the database in store.database, or make it with createdb",
    "42501": "let the owner of the database grant this user CREATE on the database, or the schema",
    "XX001": "restore the last dump with pg_restore",
    "XX002": "reindex the database",
}
_UNREACHABLE = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    'role "': "28000",
    'database "': "3D000",
}
"""What libpq says, without a code, when a connection is refused for good."""


class PostgreSQL:
    """The :class:`~curiouser.storage.backends.Backend` of a schema on a server.

    Args:
        url: As libpq takes it, and ``schema`` among the query: ``postgresql://user@host/db?schema=name``.

    Raises:
        BadInputError: The schema's name would need quoting, or is the server's own.
        MissingExtraError: The driver is not installed.
    """

    def __init__(self, url: URL) -> None:
        self.schema: str | None = _schema_of(url)
        self._lock = int.from_bytes(hashlib.sha256(f"curiouser {self.schema}".encode()).digest()[:8], signed=True)
        options = str(url.query.get("options", ""))
        settings = f"-c search_path={self.schema} -c lock_timeout={int(BUSY_TIMEOUT_S * 1000)}"
        try:
            self.engine: Engine = create_engine(
                url.set(drivername="postgresql+psycopg").difference_update_query(["schema", "options"]),
                hide_parameters=True,  # no value of a row in a log
                pool_pre_ping=True,  # a server that restarted is met at the next transaction, not by it
                connect_args={
                    "options": f"{options} {settings}".strip(),
                    "connect_timeout": _CONNECT_S,
                    "application_name": "curiouser",
                },
            )
        except ModuleNotFoundError as error:
            raise MissingExtraError("the database postgresql", "postgres") from error
        self.reading: Engine = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def begin_writing(self, connection: Connection) -> int:
        """Wait for the other writers of this schema.

        The transaction is READ COMMITTED: a picture taken once, by the very statement that
        waits, would be older than what the writer before has just committed.
        """
        connection.execute(select(func.pg_advisory_xact_lock(self._lock)))
        return 0

    def has_written(self, mark: int) -> ColumnElement[bool]:  # noqa: ARG002  the port's signature
        """Ask whether the transaction has a number: it gets one with its first change."""
        return func.pg_current_xact_id_if_assigned().is_not(None)

    def make_schema(self, connection: Connection) -> None:
        """Make the schema; whoever may not make schemas may still use one that was made for them."""
        known = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
        if connection.execute(known, {"name": self.schema}).first() is None:
            connection.execute(text(f"CREATE SCHEMA {self.schema}"))

    def refusal(self, error: DBAPIError, doing: str) -> CuriouserError | None:
        """Go by the five letters of SQLSTATE, and by libpq's words where there are none."""
        state, said = _state_of(error), _said_by(error)
        if state in _SAFE_AGAIN:
            return RetryableError(f"{doing}: {_SAFE_AGAIN[state]}; nothing was changed", "try again")
        if isinstance(error, DataError):
            return BadInputError(f"{doing}: PostgreSQL cannot keep this: {said}", "leave it out")
        if state in _REPAIRS:
            return StorageError(f"{doing}: {said}; nothing was changed", _REPAIRS[state])
        if self.is_lost(error):
            return RetryableError(
                f"{doing}: the database server cannot be reached or went away: {said}; nothing was changed",
                "see that it runs, then try again",
            )
        if isinstance(error, OperationalError):
            return StorageError(f"{doing}: {said}; nothing was changed", "look at the server's log")
        return None

    def is_lost(self, error: DBAPIError) -> bool:
        """Tell by SQLSTATE class 08 and 57P0x, or by an error that has none."""
        state = _state_of(error)
        if not state:
            return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        return state in _AWAY or state.startswith("08")


@compiles(String, "postgresql")
@compiles(Text, "postgresql")
def _by_code_point(type_: String, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's hook
    written: str = compiler.visit_TEXT(type_, **more) if isinstance(type_, Text) else compiler.visit_VARCHAR(type_)
    return written if type_.collation else f'{written} COLLATE "C"'


def _schema_of(url: URL) -> str:
    name = url.query.get("schema", DEFAULT_SCHEMA)
    if not isinstance(name, str) or not _SCHEMA.fullmatch(name):
        raise BadInputError(
            f"{name!r} is no name for the schema of a workspace",
            "small letters, digits and _, not beginning with a digit or pg_: postgresql://user@host/db?schema=name",
        )
    return name


def _state_of(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state)
    said = _said_by(error)
    return next((code for words, code in _UNREACHABLE.items() if words in said), "")


def _said_by(error: DBAPIError) -> str:
    """Take the server's sentence, without the statement and its values."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return next((line for line in lines if "FATAL:" in line), lines[0] if lines else type(error.orig).__name__)
