"""Whoever does the work: takes one job after the other, keeps the lease while it works, and stops when told.

The lease is renewed by a thread of its own, the heart, because one batch of a
slow model may take longer than a lease: a worker is dead when its process is,
not when it is busy. The work itself learns at its next progress that it shall stop.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

from curiouser.jobs.errors import JobLostError, JobStoppedError
from curiouser.jobs.records import Job
from curiouser.jobs.service import LEASE_S, JobService
from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import CuriouserError, OutcomeUnknownError, RetryableError, StorageError

Progress = Callable[[int, int | None], None]
"""Told (done, total); raises :class:`JobStoppedError` when the work shall stop."""
JobKind = Callable[[Mapping[str, Json], str, Progress], Json]
"""Does the work: takes arguments, actor and progress, returns the result. Must be safe to begin again."""

BEAT_S = 1.0
"""How often a heart looks whether it shall stop, and writes progress that moved, seconds."""
POLL_S = 1.0
"""How often an idle worker looks for work, seconds."""


class Worker:
    """Runs jobs, one at a time.

    Args:
        jobs: The queue.
        kinds: Kind of job -> what does it.
        name: For people who look at the jobs; some random letters make it unique.
        lease_s: How long the worker may be silent before others take its job, seconds.
    """

    def __init__(self, jobs: JobService, kinds: Mapping[str, JobKind], name: str, *, lease_s: float = LEASE_S) -> None:
        self._jobs, self._kinds, self._lease_s = jobs, kinds, lease_s
        # Two containers may well have equal names and process ids: a lease must not be mistaken for one's own.
        self.name = f"{name}-{secrets.token_hex(4)}"

    def run(self, stop: threading.Event, *, poll_s: float = POLL_S) -> None:
        """Run jobs until told to stop; a job that is under way is put back for the next worker.

        Args:
            stop: Set when it is to stop.
            poll_s: How long to wait when there is nothing to do, seconds.
        """
        while not stop.is_set():
            try:
                busy = self.run_one(stop)
            except (RetryableError, StorageError):
                # The store is busy, restarting or full. The lease lets the job be begun again when it is back.
                busy = False
            if not busy:
                stop.wait(poll_s)

    def run_one(self, stop: threading.Event | None = None) -> bool:
        """Run the oldest job there is.

        Args:
            stop: When set, the job is put back at its next progress.

        Returns:
            Whether there was one.
        """
        one = self._jobs.claim(self.name, lease_s=self._lease_s)
        if one is None:
            return False
        try:
            self._work(one, stop or threading.Event())
        except JobLostError:
            # Another worker has it now, and tells how it ended.
            return True
        return True

    def _work(self, one: Job, stop: threading.Event) -> None:
        kind = self._kinds.get(one.kind)
        if kind is None:
            known = ", ".join(sorted(self._kinds)) or "none"
            self._fail(one, CuriouserError(f"no work is called {one.kind!r} here", f"known: {known}"))
            return
        try:
            with Heart(self._jobs, one, self.name, lease_s=self._lease_s, stop=stop) as heart:
                result = kind(one.arguments, one.actor, heart.progress)
        except JobStoppedError:
            self._jobs.put_back(one.number, self.name, counted=False)
        except (RetryableError, OutcomeUnknownError):
            # Kinds are safe to begin again, so what may have landed is looked up then.
            self._jobs.put_back(one.number, self.name, counted=True)
        except CuriouserError as error:
            self._fail(one, error)
        except Exception as error:  # noqa: BLE001  the boundary: a kind's mistake must not end the worker
            said = f"{type(error).__name__}: {error}"
            self._fail(one, CuriouserError(f"a mistake of Curiouser's, not yours: {said}", "please report it"))
        else:
            self._jobs.finish(one.number, self.name, result)

    def _fail(self, one: Job, error: CuriouserError) -> None:
        message = f"{error.reason}; {error.repair}" if error.repair else error.reason
        self._jobs.fail(one.number, self.name, error.code, message)


class Heart:
    """Keeps a job's lease while the work is done, writes its progress, and learns when to stop.

    Args:
        jobs: The queue.
        one: The job.
        worker: Who holds it.
        lease_s: Length of the lease, seconds.
        stop: Set when the worker is shut down.
    """

    def __init__(self, jobs: JobService, one: Job, worker: str, *, lease_s: float, stop: threading.Event) -> None:
        self._jobs, self._number, self._worker, self._lease_s, self._stop = jobs, one.number, worker, lease_s, stop
        self._at: tuple[int, int | None] = (0, None)
        self._written: tuple[int, int | None] = self._at
        self._renewed_at = time.monotonic()
        self._over, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"job-{one.number}", daemon=True)

    def progress(self, done: int, total: int | None) -> None:
        """Take note of how far the work is.

        Raises:
            JobStoppedError: The job was cancelled or taken over, or the worker is shut down.
        """
        self._at = (done, total)
        if self._lost.is_set() or self._stop.is_set():
            raise JobStoppedError(self._number)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        # What came after the last beat; the row is about to end, so a refusal is told there.
        if self._at != self._written and not self._lost.is_set():
            self._beat()

    def _beat_on(self) -> None:
        pause_s = min(BEAT_S, self._lease_s / 4)
        try:
            while not self._over.wait(pause_s) and self._beat():
                pass
        finally:
            # Also where the heart itself broke: work without a lease shall not go on.
            if not self._over.is_set():
                self._lost.set()

    def _beat(self) -> bool:
        """Look, or write where there is something to write; True: go on."""
        silent_s = time.monotonic() - self._renewed_at
        at = self._at
        try:
            if at == self._written and silent_s < self._lease_s / 3:
                now = self._jobs.get(self._number)
                return now.worker == self._worker and not now.cancel_asked
            held = self._jobs.beat(self._number, self._worker, *at, lease_s=self._lease_s)
        except CuriouserError:
            # The store is busy or away: go on while the lease lasts, and not a moment longer.
            return silent_s < self._lease_s
        self._written, self._renewed_at = at, time.monotonic()
        return held
