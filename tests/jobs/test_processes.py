"""Workers that are processes: killed ones, racing ones, interrupted ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from curiouser.jobs import Job, JobService, JobState, Worker
from curiouser.kernel.clock import utc_now
from curiouser.storage import Database
from curiouser.workspace import Workspace
from curiouser.workspace.working import ask_for_evaluation, make_worker
from tests.jobs.bench import echo
from tests.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0
ROWS = 400
LEASE_S = 3.0
"""Short, and still longer than a busy machine keeps a living process from its heart."""

WORKER = """
import os, sys, threading
from curiouser.jobs import JobService, Worker
from curiouser.kernel.clock import utc_now
from curiouser.storage import Database

def hang(arguments, actor, progress):
    progress(1, 10)
    print("working", flush=True)
    threading.Event().wait()

def note(arguments, actor, progress):
    with open(sys.argv[2], "a") as file:
        file.write(f"{arguments['i']}\\n")

jobs = JobService(Database(sys.argv[1]), utc_now)
worker = Worker(jobs, {"hang": hang, "note": note}, "child", lease_s=float(sys.argv[3]))
while worker.run_one():
    pass
"""


def a_child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def wait_until(true: Callable[[], bool]) -> None:
    """Look again and again; what comes is told by another process."""
    pause, ends = threading.Event(), time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < ends, "it did not come"
        pause.wait(0.02)


def test_a_killed_workers_job_is_taken_over_after_its_lease(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/meta.db"
    database = Database(url)
    database.create()
    jobs = JobService(database, utc_now)
    number = jobs.add("hang", {"x": 1}, actor="alice").number
    with a_child(url, "", str(LEASE_S)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "working\n"
        worker = Worker(jobs, {"hang": echo}, "second", lease_s=LEASE_S)
        assert not worker.run_one(), "a living worker was robbed"
        child.kill()
    held = jobs.get(number)
    assert held.state is JobState.RUNNING
    wait_until(worker.run_one)
    ended = jobs.get(number)
    assert (ended.state, ended.attempt, ended.worker) == (JobState.DONE, 2, worker.name)
    assert ended.result == {"by": "alice", "x": 1}
    assert held.lease_until is not None
    assert ended.ended_at is not None
    assert ended.ended_at >= held.lease_until
    database.close()


def test_racing_workers_do_every_job_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/meta.db"
    database = Database(url)
    database.create()
    jobs = JobService(database, utc_now)
    for i in range(60):
        jobs.add("note", {"i": i}, actor="a")
    notes = tmp_path / "notes"
    children = [a_child(url, str(notes), "60") for _ in range(3)]
    for child in children:
        child.communicate(timeout=PATIENCE_S)
    assert [child.returncode for child in children] == [0, 0, 0]
    assert Counter(notes.read_text().split()) == Counter(str(i) for i in range(60))
    assert {(one.state, one.attempt) for one in jobs.list(limit=100)} == {(JobState.DONE, 1)}
    database.close()


SLOW_MODEL = """
import time

def predict(rows):
    time.sleep(0.02 * len(rows))
    return [(len(row["text"]) * 7919 % 100) / 100 for row in rows]
"""


def a_workspace(root: Path) -> Terminal:
    """Make a workspace with a model that takes seconds for its test set."""
    terminal = Terminal.init(root)
    (root / "slow.py").write_text(SLOW_MODEL, encoding="utf-8")
    rows = [{"id": f"r{i:04}", "text": "x" * i, "label": "yes" if i % 3 else "no"} for i in range(ROWS)]
    terminal.imports("rows", pl.DataFrame(rows))
    terminal.says("model", "add", "slow", "--python", "slow:predict")
    return terminal


@pytest.fixture
def workspace(tmp_path: Path) -> Terminal:
    return a_workspace(tmp_path / "here")


def scores(root: Path) -> object:
    body = Terminal(root).body("evaluate")
    assert body["model_calls"] == 0
    return [{key: one[key] for key in ("model", "complete", "n", "scores", "all")} for one in body["evaluations"]]


def a_later_clock() -> datetime:
    return utc_now() + timedelta(seconds=60)


def test_an_evaluation_survives_the_death_of_its_worker_and_ends_with_the_same_scores(
    workspace: Terminal, tmp_path: Path
) -> None:
    with Workspace.open(workspace.root, actor="alice") as opened:
        number = ask_for_evaluation(opened, actor="alice").number
        assert ask_for_evaluation(opened, actor="bob").number == number
        with subprocess.Popen(workspace.command("job", "work"), stderr=subprocess.PIPE, cwd=ROOT) as child:
            wait_until(lambda: opened.jobs.get(number).done > 0)
            os.kill(child.pid, signal.SIGKILL)
        killed = opened.jobs.get(number)
        assert killed.state is JobState.RUNNING
        assert 0 < killed.done < ROWS == killed.total
    # The lease ends while nobody waits for it.
    with Workspace.open(workspace.root, actor="other", clock=a_later_clock) as later:
        assert make_worker(later).run_one()
        ended = later.jobs.get(number)
        assert (ended.state, ended.attempt) == (JobState.DONE, 2), ended.error
        assert asked_in(ended) <= ROWS - killed.done, "answers that were kept were asked for again"
    undisturbed = a_workspace(tmp_path / "there")
    undisturbed.says("evaluate")
    assert scores(workspace.root) == scores(undisturbed.root)


def asked_in(one: Job) -> int:
    assert isinstance(one.result, dict)
    return int(one.result["model_calls"])


def test_an_evaluation_that_is_cancelled_keeps_the_answers_it_has(workspace: Terminal) -> None:
    with Workspace.open(workspace.root, actor="alice") as opened:
        number = ask_for_evaluation(opened, actor="alice").number
        worker = make_worker(opened)
        working = threading.Thread(target=worker.run_one)
        working.start()
        wait_until(lambda: opened.jobs.get(number).done > 0)
        workspace.says("job", "cancel", str(number))
        working.join(PATIENCE_S)
        cancelled = opened.jobs.get(number)
        assert cancelled.state is JobState.CANCELLED
        again = json.loads(workspace.says("job", "retry", str(number), "--json"))["number"]
        assert worker.run_one()
        assert asked_in(opened.jobs.get(again)) <= ROWS - cancelled.done
    assert workspace.run("fsck").status == 0


def test_an_interrupted_worker_puts_its_job_back_and_says_how_many_are_left(workspace: Terminal) -> None:
    with Workspace.open(workspace.root, actor="alice") as opened:
        number = ask_for_evaluation(opened, actor="alice").number
        command = workspace.command("job", "work")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as child:
            wait_until(lambda: opened.jobs.get(number).done > 0)
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=PATIENCE_S)
        assert (child.returncode, out) == (0, "1 job left.\n"), err
        put_back = opened.jobs.get(number)
        assert (put_back.state, put_back.attempt) == (JobState.QUEUED, 0)


def test_an_evaluation_that_cannot_be_fails_with_the_reason(workspace: Terminal) -> None:
    with Workspace.open(workspace.root, actor="alice") as opened:
        missing = ask_for_evaluation(opened, models=["nobody"], actor="alice").number
        odd = opened.jobs.add("evaluate", {"on": "test", "models": "slow"}, actor="alice").number
        workspace.says("job", "work", "--once")
        workspace.says("job", "work", "--once")
        assert "nobody" in str(opened.jobs.get(missing).error)
        assert str(opened.jobs.get(odd).error).startswith("models is no list of names")
