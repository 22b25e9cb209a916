"""Whatever people and workers do in whatever order, the queue does what a dictionary would."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from curiouser.jobs import Job, JobEndedError, JobLostError, JobState
from curiouser.jobs.records import MOST_ATTEMPTS
from tests.jobs.bench import LEASE, Queue

WORKERS = st.sampled_from(["w1", "w2", "w3"])
PARTS = st.sampled_from([0.0, 0.5, 1.0])


@dataclass
class Known:
    """What must be true of one job."""

    key: str | None
    state: str = "queued"
    attempt: int = 0
    worker: str | None = None
    until: float = 0.0
    asked: bool = False

    def held_by(self, worker: str) -> bool:
        return self.state == "running" and self.worker == worker


class Jobs(RuleBasedStateMachine):
    """A queue, and the dictionary it must be like."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.queue = Queue(Path(self.folder.name))
        self.jobs, self.known, self.now = self.queue.jobs, dict[int, Known](), 0.0

    def teardown(self) -> None:
        self.queue.database.close()
        self.folder.cleanup()

    def some(self, place: int) -> tuple[int, Known]:
        number = sorted(self.known)[place % len(self.known)]
        return number, self.known[number]

    @rule(key=st.sampled_from([None, "a", "b"]))
    def add(self, key: str | None) -> None:
        same = [n for n, one in self.known.items() if key and one.key == key and one.state in {"queued", "running"}]
        made = self.jobs.add("echo", {}, actor="x", key=key)
        assert [made.number] == (same or [max(self.known, default=0) + 1])
        self.known.setdefault(made.number, Known(key))

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        expected = self.expected_claim(worker)
        claimed = self.jobs.claim(worker)
        assert (claimed.number if claimed else None) == expected

    def expected_claim(self, worker: str) -> int | None:
        for number, one in sorted(self.known.items()):
            if one.state == "queued" or (one.state == "running" and one.until <= self.now):
                if one.asked or one.attempt >= MOST_ATTEMPTS:
                    one.state = "cancelled" if one.asked else "failed"
                    continue
                one.state, one.worker, one.attempt = "running", worker, one.attempt + 1
                one.until = self.now + LEASE.total_seconds()
                return number
        return None

    @rule(part=PARTS)
    def later(self, part: float) -> None:
        self.queue.later(LEASE * part + timedelta(seconds=1))
        self.now += LEASE.total_seconds() * part + 1

    @precondition(lambda self: self.known)
    @rule(place=st.integers(0, 9), worker=WORKERS)
    def beat(self, place: int, worker: str) -> None:
        number, one = self.some(place)
        goes_on = one.held_by(worker) and not one.asked
        assert self.jobs.beat(number, worker, 1, 2) is goes_on
        if goes_on:
            one.until = self.now + LEASE.total_seconds()

    @precondition(lambda self: self.known)
    @rule(place=st.integers(0, 9), worker=WORKERS, how=st.sampled_from(["finish", "fail", "back", "back counted"]))
    def end(self, place: int, worker: str, how: str) -> None:
        number, one = self.some(place)
        if not one.held_by(worker):
            with pytest.raises(JobLostError):
                self.ended(number, worker, how)
            return
        self.ended(number, worker, how)
        if how in {"finish", "fail"}:
            one.state = "done" if how == "finish" else "failed"
        elif one.asked:
            one.state = "cancelled"
        else:
            one.state, one.worker, one.attempt = "queued", None, one.attempt - (how == "back")

    def ended(self, number: int, worker: str, how: str) -> Job:
        if how == "finish":
            return self.jobs.finish(number, worker, None)
        if how == "fail":
            return self.jobs.fail(number, worker, "CUR000", "no")
        return self.jobs.put_back(number, worker, counted=how == "back counted")

    @precondition(lambda self: self.known)
    @rule(place=st.integers(0, 9))
    def cancel(self, place: int) -> None:
        number, one = self.some(place)
        if one.state not in {"queued", "running"}:
            with pytest.raises(JobEndedError):
                self.jobs.cancel(number, actor="x")
            return
        self.jobs.cancel(number, actor="x")
        one.asked = True
        one.state = "cancelled" if one.state == "queued" else one.state

    @precondition(lambda self: self.known)
    @rule(place=st.integers(0, 9))
    def retry(self, place: int) -> None:
        number, one = self.some(place)
        if one.state not in {"failed", "cancelled"}:
            with pytest.raises(JobEndedError):
                self.jobs.retry(number, actor="x")
            return
        key = one.key or f"retry of {number}"
        same = [n for n, other in self.known.items() if other.key == key and other.state in {"queued", "running"}]
        made = self.jobs.retry(number, actor="x")
        assert [made.number] == (same or [max(self.known) + 1])
        self.known.setdefault(made.number, Known(key))

    @invariant()
    def agrees(self) -> None:
        found = {one.number: one for one in self.jobs.list(limit=1_000)}
        assert set(found) == set(self.known)
        for number, one in self.known.items():
            seen = found[number]
            assert (seen.state, seen.attempt, seen.cancel_asked) == (one.state, one.attempt, one.asked)
            assert seen.worker == one.worker
            assert (seen.ended_at is not None) is seen.state.ended
            assert (seen.lease_until is not None) is (seen.state is JobState.RUNNING)
        assert self.jobs.count_unfinished() == sum(one.state in {"queued", "running"} for one in self.known.values())


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
