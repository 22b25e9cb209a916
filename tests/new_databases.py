"""New SQLite databases for tests: the first one of a process is made by the migrations, the others are its copies.

Most tests begin with an empty database, and properties with one per example.
Running every migration for each was a third of the time of all tests, for the
same tables every time. The tests of the store itself do without this.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curiouser.storage import Database

_AS_WRITTEN = "as_written"


def copy_from_now_on(store: type[Database]) -> None:
    """Let every new SQLite database be a copy of the first one."""
    create = as_written(store)

    @functools.cache
    def first_file() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            first = store(f"sqlite:///{folder}/new.db")
            create(first)
            first.close()  # what SQLite keeps beside the file while it is open is in it now
            return Path(folder, "new.db").read_bytes()

    @functools.cache
    def first_in_memory() -> Database:
        first = store("sqlite://")
        create(first)
        return first

    @functools.wraps(create)
    def copied(self: Database) -> None:
        if self.url.render_as_string() == "sqlite://":
            _driver(first_in_memory()).backup(_driver(self))
        elif self.file is None or self.file.exists() or not _written(self.file, first_file()):
            create(self)

    setattr(copied, _AS_WRITTEN, create)
    # The one place where every test's database gets its tables.
    setattr(store, "create", copied)  # noqa: B010  mypy lets nobody assign to a method


def as_written(store: type[Database]) -> Callable[[Database], None]:
    """Give the method that runs the migrations, whether or not it was replaced."""
    create: Callable[[Database], None] = getattr(store.create, _AS_WRITTEN, store.create)
    return create


def _driver(database: Database) -> sqlite3.Connection:
    """Give the one connection that a database in memory consists of."""
    with database.read() as connection:
        driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _written(path: Path, content: bytes) -> bool:
    """Write a file; where the disk refuses, the real thing is to report it."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(content)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return True
    return False
