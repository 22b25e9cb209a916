"""What can go wrong with jobs, each with the repair."""

from __future__ import annotations

from curiouser.kernel.errors import ConflictError, NotFoundError


class JobNotFoundError(NotFoundError):
    """No job has this number."""

    code = "CUR701"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no job {number}", "see `curiouser job list`")
        self.args = (number,)


class JobEndedError(ConflictError):
    """The job is not in a state where this can be done with it."""

    code = "CUR702"


class JobLostError(ConflictError):
    """The worker no longer holds the job: its lease ended and another took it over, or it was cancelled."""

    code = "CUR703"

    def __init__(self, number: int, worker: str) -> None:
        self.number, self.worker = number, worker
        super().__init__(f"{worker} does not hold job {number} any more", "leave it to whoever holds it now")
        self.args = (number, worker)


class JobStoppedError(ConflictError):
    """Raised inside a job's work to stop it; what was finished is kept."""

    code = "CUR704"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"job {number} was stopped; what was finished is kept", f"curiouser job show {number}")
        self.args = (number,)
