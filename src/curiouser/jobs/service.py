"""The verbs of jobs: ask, look, cancel, try again; and, for workers, claim, beat, finish, fail, put back.

A lease is what makes a dead worker harmless. Whatever a worker says about a job
counts only while the row still names that worker, so that one who was taken
for dead and wakes up again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from curiouser.jobs.errors import JobEndedError, JobLostError, JobNotFoundError
from curiouser.jobs.records import MOST_ATTEMPTS, Job, JobState
from curiouser.jobs.tables import job
from curiouser.kernel.canonical import Json, canonical_json
from curiouser.kernel.clock import Clock, from_text
from curiouser.kernel.errors import CuriouserError
from curiouser.storage import Database, utc_text

LEASE_S = 20.0
"""How long a worker may be silent before another takes its job over, seconds."""
_UNFINISHED = job.c.state.in_([JobState.QUEUED, JobState.RUNNING])


class JobService:
    """The queue of jobs.

    Args:
        database: Where jobs are kept.
        clock: Tells the time; workers on several machines need clocks that differ by less than a lease.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, kind: str, arguments: Mapping[str, Json], *, actor: str, key: str | None = None) -> Job:
        """Ask for work.

        Args:
            kind: What is to be done.
            arguments: To what.
            actor: Who asks.
            key: Names the wish: while an equal one is unfinished, that one is returned.
        """
        with self._database.write() as connection:
            if key is not None and (same := _unfinished(connection, kind, key)) is not None:
                return same
            made = {
                "kind": kind,
                "key": key,
                "arguments": canonical_json(arguments),
                "state": JobState.QUEUED,
                "actor": actor,
                "created_at": utc_text(self._clock()),
                "attempt": 0,
                "done": 0,
                "cancel_asked": False,
            }
            return _job_from_row(connection.execute(insert(job).values(made).returning(job)).one())

    def list(self, *, limit: int = 50, before: int | None = None, state: JobState | None = None) -> tuple[Job, ...]:
        """List jobs, newest first.

        Args:
            limit: At most this many.
            before: Only those with a smaller number: the last one of the page before.
            state: Only those in this state.
        """
        query = select(job).order_by(job.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(job.c.id < before)
        if state is not None:
            query = query.where(job.c.state == state)
        with self._database.read() as connection:
            return tuple(_job_from_row(row) for row in connection.execute(query))

    def get(self, number: int) -> Job:
        """Look at one job.

        Args:
            number: Of the job.

        Raises:
            JobNotFoundError: There is none of this number.
        """
        with self._database.read() as connection:
            return _find(connection, number)

    def count_unfinished(self) -> int:
        """Count the jobs that wait or run."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(job).where(_UNFINISHED)).scalar_one())

    def cancel(self, number: int, *, actor: str) -> Job:
        """Stop a job: at once while it waits, else at its worker's next progress.

        Args:
            number: Of the job.
            actor: Who asks for it.

        Raises:
            JobNotFoundError: There is none of this number.
            JobEndedError: It has ended.
        """
        with self._database.write() as connection:
            one = _find(connection, number)
            if one.state.ended:
                raise JobEndedError(f"job {number} is {one.state} already", "there is nothing to cancel")
            said = {"cancel_asked": True, "error": f"cancelled by {actor}"}
            if one.state is JobState.QUEUED:
                said |= {"state": JobState.CANCELLED, "ended_at": utc_text(self._clock())}
            return _change(connection, number, said)

    def retry(self, number: int, *, actor: str) -> Job:
        """Ask again for what failed or was cancelled, as a new job; the old one stays as it ended.

        Args:
            number: Of the job.
            actor: Who asks for it.

        Raises:
            JobNotFoundError: There is none of this number.
            JobEndedError: It has not failed and was not cancelled.
        """
        one = self.get(number)
        if one.state not in {JobState.FAILED, JobState.CANCELLED}:
            raise JobEndedError(f"job {number} is {one.state}", "only what failed or was cancelled is tried again")
        # Two clicks on one button are one wish.
        return self.add(one.kind, one.arguments, actor=actor, key=one.key or f"retry of {number}")

    # What follows is for workers.

    def claim(self, worker: str, *, lease_s: float = LEASE_S) -> Job | None:
        """Take the oldest job that waits, or whose worker's lease has ended.

        A job that nobody will run any more (too many attempts, or cancelled while its
        worker was dead) is ended on the way.

        Args:
            worker: Who will hold it.
            lease_s: For how long, unless renewed, seconds.

        Returns:
            The job, held by this worker; None when there is nothing to do.
        """
        with self._database.read() as connection:
            # Most looks find nothing: they must neither take the lock of writers nor move the stamp.
            if _claimable(connection, self._clock()) is None:
                return None
        with self._database.write() as connection:
            while (one := _claimable(connection, self._clock())) is not None:
                if (ended := _ending(one)) is None:
                    return _change(connection, one.number, self._taken(one, worker, lease_s))
                _change(connection, one.number, ended | {"ended_at": utc_text(self._clock()), "lease_until": None})
        return None

    def beat(self, number: int, worker: str, done: int, total: int | None, *, lease_s: float = LEASE_S) -> bool:
        """Say how far a job is, and renew its lease.

        Args:
            number: Of the job.
            worker: Who holds it.
            done: Parts that are finished.
            total: Parts in all; None where nobody knows.
            lease_s: For how long from now, seconds.

        Returns:
            False when it was cancelled or taken over: stop.
        """
        with self._database.write() as connection:
            said = {"done": done, "total": total, "lease_until": self._lease(lease_s)}
            kept = connection.execute(update(job).where(_held(number, worker), ~job.c.cancel_asked).values(said))
            return kept.rowcount == 1

    def finish(self, number: int, worker: str, result: Json) -> Job:
        """End a job with what came of it, also when it was asked to stop too late.

        Args:
            number: Of the job.
            worker: Who holds it.
            result: What came of it, as JSON.

        Raises:
            JobLostError: The worker does not hold it.
        """
        said = {"state": JobState.DONE, "result": canonical_json(result), "error": None}
        return self._end(number, worker, said)

    def fail(self, number: int, worker: str, code: str, message: str) -> Job:
        """End a job with an error.

        Args:
            number: Of the job.
            worker: Who holds it.
            code: Of the error: ``CUR001``.
            message: What it says.

        Raises:
            JobLostError: The worker does not hold it.
        """
        return self._end(number, worker, {"state": JobState.FAILED, "error_code": code, "error": message})

    def put_back(self, number: int, worker: str, *, counted: bool) -> Job:
        """Let go of a job: to the queue, or to its end when somebody asked to stop it.

        Args:
            number: The job.
            worker: Who lets go.
            counted: Whether this was one of its attempts; a worker that is merely shut down does not count.

        Raises:
            JobLostError: The worker does not hold it.
        """
        with self._database.write() as connection:
            one = _find_held(connection, number, worker)
            said: dict[str, Any]
            if one.cancel_asked:
                said = {"state": JobState.CANCELLED, "ended_at": utc_text(self._clock()), "lease_until": None}
            else:
                attempt = one.attempt if counted else one.attempt - 1
                said = {"state": JobState.QUEUED, "worker": None, "lease_until": None, "attempt": attempt}
            return _change(connection, number, said)

    def _taken(self, one: Job, worker: str, lease_s: float) -> dict[str, Any]:
        return {
            "state": JobState.RUNNING,
            "worker": worker,
            "attempt": one.attempt + 1,
            "started_at": utc_text(one.started_at or self._clock()),
            "lease_until": self._lease(lease_s),
            "done": 0,
            "total": None,
        }

    def _lease(self, lease_s: float) -> str:
        return utc_text(self._clock() + timedelta(seconds=lease_s))

    def _end(self, number: int, worker: str, said: Mapping[str, Any]) -> Job:
        with self._database.write() as connection:
            _find_held(connection, number, worker)
            return _change(connection, number, {**said, "ended_at": utc_text(self._clock()), "lease_until": None})


def _held(number: int, worker: str) -> ColumnElement[bool]:
    return and_(job.c.id == number, job.c.worker == worker, job.c.state == JobState.RUNNING)


def _find(connection: Connection, number: int) -> Job:
    row = connection.execute(select(job).where(job.c.id == number)).first()
    if row is None:
        raise JobNotFoundError(number)
    return _job_from_row(row)


def _find_held(connection: Connection, number: int, worker: str) -> Job:
    row = connection.execute(select(job).where(_held(number, worker))).first()
    if row is None:
        raise JobLostError(number, worker)
    return _job_from_row(row)


def _unfinished(connection: Connection, kind: str, key: str) -> Job | None:
    row = connection.execute(select(job).where(job.c.kind == kind, job.c.key == key, _UNFINISHED)).first()
    return _job_from_row(row) if row is not None else None


def _claimable(connection: Connection, now: datetime) -> Job | None:
    left = and_(job.c.state == JobState.RUNNING, job.c.lease_until <= utc_text(now))
    query = select(job).where(or_(job.c.state == JobState.QUEUED, left)).order_by(job.c.id).limit(1)
    row = connection.execute(query).first()
    return _job_from_row(row) if row is not None else None


def _ending(one: Job) -> dict[str, Any] | None:
    """Say how a job ends that nobody will run any more; None: it is run."""
    if one.cancel_asked:
        return {"state": JobState.CANCELLED}
    if one.attempt < MOST_ATTEMPTS:
        return None
    error = CuriouserError(
        f"{one.attempt} workers in a row died of this job, or could not reach the store",
        "look at the workers' log and memory, then `curiouser job retry`",
    )
    return {"state": JobState.FAILED, "error_code": error.code, "error": f"{error.reason}; {error.repair}"}


def _change(connection: Connection, number: int, said: Mapping[str, Any]) -> Job:
    changed = connection.execute(update(job).where(job.c.id == number).values(said).returning(job))
    return _job_from_row(changed.one())


def _job_from_row(row: Row[Any]) -> Job:
    return Job(
        number=row.id,
        kind=row.kind,
        arguments=json.loads(row.arguments),
        key=row.key,
        state=JobState(row.state),
        actor=row.actor,
        created_at=from_text(row.created_at),
        started_at=_moment(row.started_at),
        ended_at=_moment(row.ended_at),
        attempt=row.attempt,
        worker=row.worker,
        lease_until=_moment(row.lease_until),
        done=row.done,
        total=row.total,
        result=json.loads(row.result) if row.result is not None else None,
        error_code=row.error_code,
        error=row.error,
        cancel_asked=row.cancel_asked,
    )


def _moment(text: str | None) -> datetime | None:
    return from_text(text) if text is not None else None
