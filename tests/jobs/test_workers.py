"""Workers in this process: what they make of work that ends, fails, is cancelled or is shut down."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from curiouser.jobs import JobLostError, JobState, JobStoppedError, Progress, Worker
from curiouser.jobs.working import Heart
from curiouser.kernel.canonical import Json
from curiouser.kernel.errors import BadInputError, OutcomeUnknownError, RetryableError
from tests.jobs.bench import Queue, echo


def test_a_worker_does_one_job_after_the_other(queue: Queue) -> None:
    numbers = [queue.jobs.add("echo", {"i": i}, actor="alice").number for i in range(2)]
    worker = queue.worker()
    assert [worker.run_one(), worker.run_one(), worker.run_one()] == [True, True, False]
    first = queue.jobs.get(numbers[0])
    assert (first.state, first.result, first.done, first.total) == (JobState.DONE, {"by": "alice", "i": 0}, 2, 2)
    assert first.worker == worker.name
    assert first.lease_until is None


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BadInputError("no such thing", "name another"), "CUR001", "no such thing; name another"),
        (KeyError("x"), "CUR000", "a mistake of Curiouser's, not yours: KeyError: 'x'; please report it"),
    ],
)
def test_what_goes_wrong_is_told_in_the_job_and_the_worker_lives(
    queue: Queue, error: Exception, code: str, said: str
) -> None:
    def fails(_arguments: Mapping[str, Json], _actor: str, _progress: Progress) -> Json:
        raise error

    number = queue.jobs.add("fails", {}, actor="a").number
    queue.jobs.add("echo", {}, actor="a")
    worker = queue.worker(fails=fails)
    assert worker.run_one()
    assert (queue.jobs.get(number).error_code, queue.jobs.get(number).error) == (code, said)
    assert worker.run_one()
    assert queue.jobs.count_unfinished() == 0


def test_work_that_nobody_knows_fails_with_what_is_known(queue: Queue) -> None:
    number = queue.jobs.add("dance", {}, actor="a").number
    queue.worker().run_one()
    assert queue.jobs.get(number).error == "no work is called 'dance' here; known: echo"


@pytest.mark.parametrize("refusal", [RetryableError("busy"), OutcomeUnknownError("gone")])
def test_work_that_the_store_refused_is_begun_again(queue: Queue, refusal: Exception) -> None:
    refusals = [refusal]

    def refused_once(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        if refusals:
            raise refusals.pop()
        return echo(arguments, actor, progress)

    number = queue.jobs.add("refused", {}, actor="a").number
    worker = queue.worker(refused=refused_once)
    assert worker.run_one()
    assert queue.jobs.get(number).state is JobState.QUEUED
    assert worker.run_one()
    assert (queue.jobs.get(number).state, queue.jobs.get(number).attempt) == (JobState.DONE, 2)


def until_stopped(_arguments: Mapping[str, Json], _actor: str, progress: Progress) -> Json:
    pause = threading.Event()
    for step in range(6_000):
        progress(step, None)
        pause.wait(0.01)
    return "was never stopped"


def test_a_running_job_that_is_cancelled_stops_at_its_next_progress(queue: Queue) -> None:
    number = queue.jobs.add("long", {}, actor="a").number

    def long(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        queue.jobs.cancel(number, actor="bob")
        return until_stopped(arguments, actor, progress)

    assert queue.worker(long=long).run_one()
    ended = queue.jobs.get(number)
    assert (ended.state, ended.error, ended.result) == (JobState.CANCELLED, "cancelled by bob", None)


def test_a_worker_that_is_shut_down_puts_its_job_back(queue: Queue) -> None:
    number = queue.jobs.add("long", {}, actor="a").number
    stop = threading.Event()

    def long(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        stop.set()
        return until_stopped(arguments, actor, progress)

    queue.worker(long=long).run(stop)
    assert (queue.jobs.get(number).state, queue.jobs.get(number).attempt) == (JobState.QUEUED, 0)


def test_a_worker_that_was_taken_for_dead_leaves_the_job_to_the_next(queue: Queue) -> None:
    number = queue.jobs.add("long", {}, actor="a").number

    def long(_arguments: Mapping[str, Json], _actor: str, _progress: Progress) -> Json:
        queue.later()
        assert queue.jobs.claim("next") is not None
        return "stale"

    assert queue.worker(long=long).run_one()
    after = queue.jobs.get(number)
    assert (after.state, after.worker, after.result) == (JobState.RUNNING, "next", None)


def test_a_slow_step_keeps_its_lease_though_it_tells_no_progress(tmp_path: Path, queue: Queue) -> None:
    queue.jobs.add("slow", {}, actor="a")
    moved = threading.Event()

    def slow(_arguments: Mapping[str, Json], _actor: str, _progress: Progress) -> Json:
        before = queue.jobs.list()[0].lease_until
        for _ in range(500):
            queue.clock.now = queue.clock.now.replace(microsecond=queue.clock.now.microsecond + 1)
            moved.wait(0.01)
            if queue.jobs.list()[0].lease_until != before:
                return "renewed"
        return "never renewed"

    Worker(queue.jobs, {"slow": slow}, "w", lease_s=1.0).run_one()
    assert queue.jobs.list()[0].result == "renewed"


def test_work_stops_when_its_lease_cannot_be_renewed_any_more(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    one = queue.jobs.claim("w")
    assert one is not None
    with Heart(queue.jobs, one, "w", lease_s=1.0, stop=threading.Event()) as heart:
        queue.later()
        assert queue.jobs.claim("next", lease_s=1.0) is not None
        with pytest.raises(JobStoppedError, match=f"job {number} was stopped; what was finished is kept"):
            until_stopped({}, "a", heart.progress)
    with pytest.raises(JobLostError):
        queue.jobs.finish(number, "w", None)


def test_two_workers_of_one_name_hold_different_leases(queue: Queue) -> None:
    assert queue.worker().name != queue.worker().name
