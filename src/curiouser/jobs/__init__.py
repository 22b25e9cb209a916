"""Background jobs: long work that goes on when nobody waits for it, and survives whoever does it.

A job is a row: who asked, what for, how far it is. A worker holds it by a lease
that it keeps renewing; when the worker dies, another takes the job over, and
what was finished is kept, because every kind of work here is safe to begin
again. Slides 54-55: re-evaluating all models takes longer than a page waits.
"""

from curiouser.jobs.errors import JobEndedError, JobLostError, JobNotFoundError, JobStoppedError
from curiouser.jobs.records import Job, JobState
from curiouser.jobs.service import JobService
from curiouser.jobs.working import JobKind, Progress, Worker

__all__ = [
    "Job",
    "JobEndedError",
    "JobKind",
    "JobLostError",
    "JobNotFoundError",
    "JobService",
    "JobState",
    "JobStoppedError",
    "Progress",
    "Worker",
]
