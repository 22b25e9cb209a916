"""The noun of this slice: a job, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from curiouser.kernel.canonical import Json

MOST_ATTEMPTS = 3
"""Workers that may die of a job, or find the store too busy for it, before it fails for good."""


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    """Waits for a worker."""
    RUNNING = "running"
    """A worker holds its lease, or held it until it died."""
    DONE = "done"
    """Ended with a result."""
    FAILED = "failed"
    """Ended with an error."""
    CANCELLED = "cancelled"
    """Ended because somebody asked; what was finished is kept."""

    @property
    def ended(self) -> bool:
        """Whether it stays like this for ever."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that was asked for, and how far it is."""

    number: int
    """Names it; later jobs have larger numbers."""
    kind: str
    """What is to be done: ``evaluate``."""
    arguments: Mapping[str, Json]
    """To what, as the kind understands it."""
    key: str | None
    """Jobs of equal kind and key are the same wish: only one of them is unfinished at a time."""
    state: JobState
    """Where it stands."""
    actor: str
    """Who asked for it; what the job writes is written in this name."""
    created_at: datetime
    """When it was asked for, UTC."""
    started_at: datetime | None
    """When a worker first took it, UTC."""
    ended_at: datetime | None
    """When it ended, UTC."""
    attempt: int
    """How many workers have taken it, >= 0."""
    worker: str | None
    """Who holds it, or held it last."""
    lease_until: datetime | None
    """While running: from this moment on, UTC, another worker may take it over."""
    done: int
    """How much is done, >= 0, in the kind's own unit."""
    total: int | None
    """Of how much; None while that is unknown."""
    result: Json
    """What came of it; None unless done."""
    error_code: str | None
    """Code of the error it failed with."""
    error: str | None
    """What went wrong, in a sentence, and what to do."""
    cancel_asked: bool
    """Whether somebody asked to stop it."""
