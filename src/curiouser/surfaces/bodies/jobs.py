"""Bodies of background jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from curiouser.jobs import Job
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text


def job_body(one: Job) -> dict[str, Json]:
    """Present a job."""
    return {
        "number": one.number,
        "kind": one.kind,
        "arguments": dict(one.arguments),
        "state": str(one.state),
        "actor": one.actor,
        "created_at": as_text(one.created_at),
        "started_at": _moment(one.started_at),
        "ended_at": _moment(one.ended_at),
        "attempt": one.attempt,
        "worker": one.worker,
        "lease_until": _moment(one.lease_until),
        "done": one.done,
        "total": one.total,
        "result": one.result,
        "error_code": one.error_code,
        "error": one.error,
        "cancel_asked": one.cancel_asked,
    }


def jobs_body(several: Sequence[Job]) -> dict[str, Json]:
    """Present a list of jobs, newest first."""
    return {"jobs": [job_body(one) for one in several]}


def _moment(moment: datetime | None) -> str | None:
    return as_text(moment) if moment is not None else None
