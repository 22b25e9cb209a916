"""Accounts over a database of their own, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from curiouser.access import AccessService, NewSession, Role
from curiouser.access.sessions import start_session
from curiouser.access.stored import find_user
from curiouser.storage import Database

MONDAY = datetime(2019, 10, 14, 9, 0, tzinfo=UTC)
PASSWORD = "white rabbit, pocket watch"
OTHER = "mock turtle and a gryphon"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


class Accounts:
    """The service, its database and its clock."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.database = Database(url)
        self.database.create()
        self.access = AccessService(self.database, self.clock)

    def later(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.now += by

    def add(self, name: str, role: Role = Role.VIEWER, workspace: str = "*") -> str:
        """Make a user without a password."""
        return self.access.add_user(name, role=role, workspace=workspace, actor="root").name

    def add_with_password(self, name: str, role: Role = Role.VIEWER) -> NewSession:
        """Make a user who has used their link; the session it began comes back."""
        self.add(name, role)
        return self.access.redeem(self.access.invite(name, actor="root"), PASSWORD, address=HERE)

    def sign_in(self, name: str) -> NewSession:
        """Begin a session as a log-in does at its end, without the time that a password takes."""
        with self.database.write() as connection:
            return start_session(connection, find_user(connection, name), self.clock.now)

    def tamper(self, *statements: str) -> None:
        """Change the audit log as somebody would who may write the database."""
        is_file = self.database.file is not None
        off = [f"DROP TRIGGER audit_entry_no_{verb}" for verb in ("UPDATE", "DELETE")]
        off = off if is_file else ["ALTER TABLE audit_entry DISABLE TRIGGER USER"]
        with self.database.write() as connection:
            for statement in [*off, *statements]:
                connection.execute(text(statement))


@contextmanager
def accounts_at(folder: Path) -> Iterator[Accounts]:
    """Open accounts in a folder and close them again."""
    made = Accounts(f"sqlite:///{folder}/meta.db")
    yield made
    made.database.close()
