"""Jobs as people and workers see them: asked for, claimed, beaten for, ended."""

from datetime import timedelta

import pytest

from curiouser.jobs import JobEndedError, JobLostError, JobNotFoundError, JobState
from curiouser.jobs.records import MOST_ATTEMPTS
from tests.jobs.bench import LEASE, MONDAY, Queue


def test_a_job_waits_with_what_was_asked_for(queue: Queue) -> None:
    made = queue.jobs.add("echo", {"on": "test", "models": None}, actor="alice")
    assert queue.jobs.get(made.number) == made
    assert (made.state, made.actor, made.attempt, made.created_at) == (JobState.QUEUED, "alice", 0, MONDAY)
    assert made.arguments == {"on": "test", "models": None}
    assert queue.jobs.count_unfinished() == 1


def test_the_same_wish_twice_is_one_job_until_it_has_ended(queue: Queue) -> None:
    first = queue.jobs.add("echo", {}, actor="alice", key="k")
    assert queue.jobs.add("echo", {}, actor="bob", key="k") == first
    assert queue.jobs.add("other", {}, actor="bob", key="k").number != first.number
    held = queue.jobs.claim("w")
    assert held is not None
    assert queue.jobs.add("echo", {}, actor="bob", key="k").number == first.number
    queue.jobs.finish(first.number, "w", None)
    assert queue.jobs.add("echo", {}, actor="bob", key="k").number != first.number


def test_lists_are_newest_first_and_page_by_number(queue: Queue) -> None:
    made = [queue.jobs.add("echo", {"i": i}, actor="a").number for i in range(5)]
    queue.jobs.cancel(made[1], actor="a")
    page = queue.jobs.list(limit=2)
    assert [one.number for one in page] == made[:2:-1]
    assert [one.number for one in queue.jobs.list(limit=2, before=page[-1].number)] == [made[2], made[1]]
    assert [one.number for one in queue.jobs.list(state=JobState.CANCELLED)] == [made[1]]


def test_a_number_that_no_job_has_says_where_to_look(queue: Queue) -> None:
    with pytest.raises(JobNotFoundError, match="there is no job 7; see `curiouser job list`"):
        queue.jobs.get(7)
    with pytest.raises(JobNotFoundError):
        queue.jobs.cancel(7, actor="a")
    with pytest.raises(JobNotFoundError):
        queue.jobs.retry(7, actor="a")


def test_the_oldest_job_is_claimed_first_and_by_one_worker_only(queue: Queue) -> None:
    first, second = (queue.jobs.add("echo", {}, actor="a").number for _ in range(2))
    one, two = queue.jobs.claim("w1"), queue.jobs.claim("w2")
    assert one is not None
    assert two is not None
    assert (one.number, one.worker, one.attempt, one.state) == (first, "w1", 1, JobState.RUNNING)
    assert (one.started_at, one.lease_until) == (MONDAY, MONDAY + LEASE)
    assert two.number == second
    assert queue.jobs.claim("w3") is None


def test_a_lease_that_ended_is_taken_over_and_the_first_worker_changes_nothing_any_more(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    queue.jobs.claim("dead")
    queue.jobs.beat(number, "dead", 5, 10)
    queue.later(LEASE - timedelta(seconds=1))
    assert queue.jobs.claim("next") is None
    queue.later(timedelta(seconds=1))
    taken = queue.jobs.claim("next")
    assert taken is not None
    assert (taken.worker, taken.attempt, taken.done, taken.total) == ("next", 2, 0, None)
    before = queue.jobs.get(number)
    assert queue.jobs.beat(number, "dead", 6, 10) is False
    with pytest.raises(JobLostError, match=f"dead does not hold job {number} any more"):
        queue.jobs.finish(number, "dead", "stale")
    with pytest.raises(JobLostError):
        queue.jobs.fail(number, "dead", "CUR000", "stale")
    with pytest.raises(JobLostError):
        queue.jobs.put_back(number, "dead", counted=True)
    assert queue.jobs.get(number) == before
    assert queue.jobs.finish(number, "next", {"n": 1}).result == {"n": 1}


def test_a_beat_shows_progress_and_renews_the_lease(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    queue.jobs.claim("w")
    queue.later(timedelta(seconds=15))
    assert queue.jobs.beat(number, "w", 64, 300) is True
    queue.later(timedelta(seconds=15))
    assert queue.jobs.claim("other") is None
    assert (queue.jobs.get(number).done, queue.jobs.get(number).total) == (64, 300)


def test_workers_that_keep_dying_of_a_job_end_it(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    for attempt in range(1, MOST_ATTEMPTS + 1):
        claimed = queue.jobs.claim(f"w{attempt}")
        assert claimed is not None
        assert claimed.attempt == attempt
        queue.later()
    assert queue.jobs.claim("w") is None
    ended = queue.jobs.get(number)
    assert (ended.state, ended.error_code, ended.ended_at) == (JobState.FAILED, "CUR000", queue.clock.now)
    assert ended.error is not None
    assert "3 workers in a row died of this job" in ended.error
    assert queue.jobs.count_unfinished() == 0


def test_a_job_that_cannot_be_run_holds_no_other_job_up(queue: Queue) -> None:
    queue.jobs.add("echo", {}, actor="a")
    for attempt in range(MOST_ATTEMPTS):
        queue.jobs.claim(f"w{attempt}")
        queue.later()
    second = queue.jobs.add("echo", {}, actor="a").number
    claimed = queue.jobs.claim("w")
    assert claimed is not None
    assert claimed.number == second


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked(queue: Queue) -> None:
    running, waiting = (queue.jobs.add("echo", {}, actor="a").number for _ in range(2))
    queue.jobs.claim("w")
    gone = queue.jobs.cancel(waiting, actor="bob")
    assert (gone.state, gone.ended_at, gone.error) == (JobState.CANCELLED, MONDAY, "cancelled by bob")
    asked = queue.jobs.cancel(running, actor="bob")
    assert (asked.state, asked.cancel_asked) == (JobState.RUNNING, True)
    assert queue.jobs.beat(running, "w", 1, 2) is False
    assert queue.jobs.put_back(running, "w", counted=False).state is JobState.CANCELLED
    with pytest.raises(JobEndedError, match="is cancelled already"):
        queue.jobs.cancel(running, actor="bob")


def test_a_cancelled_job_whose_worker_died_is_not_taken_over(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    queue.jobs.claim("dead")
    queue.jobs.cancel(number, actor="bob")
    queue.later()
    assert queue.jobs.claim("w") is None
    assert queue.jobs.get(number).state is JobState.CANCELLED


def test_work_that_ended_before_it_heard_of_the_cancelling_is_done(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    queue.jobs.claim("w")
    queue.jobs.cancel(number, actor="bob")
    ended = queue.jobs.finish(number, "w", 1)
    assert (ended.state, ended.result, ended.error) == (JobState.DONE, 1, None)


def test_a_retry_is_a_new_job_and_two_clicks_are_one(queue: Queue) -> None:
    number = queue.jobs.add("echo", {"x": 1}, actor="a").number
    with pytest.raises(JobEndedError, match="only what failed or was cancelled"):
        queue.jobs.retry(number, actor="bob")
    queue.jobs.cancel(number, actor="a")
    again = queue.jobs.retry(number, actor="bob")
    assert (again.number != number, again.arguments, again.actor, again.attempt) == (True, {"x": 1}, "bob", 0)
    assert queue.jobs.retry(number, actor="bob") == again
    assert queue.jobs.get(number).state is JobState.CANCELLED


def test_being_shut_down_is_no_attempt_and_being_refused_by_the_store_is_one(queue: Queue) -> None:
    number = queue.jobs.add("echo", {}, actor="a").number
    queue.jobs.claim("w")
    put_back = queue.jobs.put_back(number, "w", counted=False)
    assert (put_back.state, put_back.attempt, put_back.worker, put_back.lease_until) == (
        JobState.QUEUED,
        0,
        None,
        None,
    )
    queue.jobs.claim("w")
    assert queue.jobs.put_back(number, "w", counted=True).attempt == 1


def test_looking_for_work_that_is_not_there_writes_nothing(queue: Queue) -> None:
    queue.jobs.add("echo", {}, actor="a")
    queue.jobs.claim("w")
    stamp = queue.database.stamp()
    assert queue.jobs.claim("other") is None
    assert queue.database.stamp() == stamp
