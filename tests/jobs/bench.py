"""A queue of jobs with a clock that tests move, and kinds of work made for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from curiouser.jobs import JobKind, JobService, Progress, Worker
from curiouser.kernel.canonical import Json
from curiouser.storage import Database

MONDAY = datetime(2019, 10, 14, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=20)


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


class Queue:
    """A job service over a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.database = Database(f"sqlite:///{folder}/meta.db")
        self.database.create()
        self.jobs = JobService(self.database, self.clock)

    def later(self, by: timedelta = LEASE) -> None:
        """Let time pass; by default, a lease's length."""
        self.clock.now += by

    def worker(self, **kinds: JobKind) -> Worker:
        """Make a worker that knows ``echo`` and the kinds given."""
        return Worker(self.jobs, {"echo": echo, **kinds}, "hatter")


def echo(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
    """Return what was asked for, and by whom."""
    progress(1, 2)
    progress(2, 2)
    return {"by": actor, **arguments}


@contextmanager
def a_queue(folder: Path) -> Iterator[Queue]:
    """Open a queue and close it again."""
    made = Queue(folder)
    yield made
    made.database.close()
