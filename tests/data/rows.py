"""What the tests of versioned data share: a task, a store, and small tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from curiouser.data import DataService
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.storage import Database, FolderObjects

TASK = Task(name="introductions", kind=TaskKind.BINARY, inputs=("want", "offer"), label="meet", classes=("no", "yes"))
MEMORY = next((folder for folder in (Path("/dev/shm"),) if folder.is_dir()), None)  # noqa: S108  made private below it
"""A folder in memory where there is one: a kill loses the same there, and an fsync costs nothing."""
START = datetime(2019, 10, 10, tzinfo=UTC)


class Ticking:
    """A clock that moves one second each time it is read, and further when told."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def a_store(folder: Path, *, clock: Clock | None = None, task: Task = TASK) -> DataService:
    """Open the store of a folder; made on first use."""
    database = Database(f"sqlite:///{folder}/meta.db")
    if not (folder / "meta.db").exists():
        database.create()
    return DataService(database, FolderObjects(folder / "objects"), task, clock or Ticking())


def some_rows(
    ids: list[str], *, meet: str | None = "no", want: Callable[[str], str] = "want {}".format
) -> pl.DataFrame:
    """Make rows whose text follows from their ids."""
    return pl.DataFrame(
        {
            "id": ids,
            "want": [want(each) for each in ids],
            "offer": [f"offer {each}" for each in ids],
            "meet": pl.Series([meet] * len(ids), dtype=pl.String),
        },
        schema={"id": pl.String, "want": pl.String, "offer": pl.String, "meet": pl.String},
    )


def labels(**answers: str | None) -> pl.DataFrame:
    """Make new labels for known rows: ``labels(a="yes")``."""
    return pl.DataFrame(
        {"id": list(answers), "meet": list(answers.values())}, schema={"id": pl.String, "meet": pl.String}
    )
