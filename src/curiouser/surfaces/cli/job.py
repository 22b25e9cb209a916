"""``curiouser job``: background jobs, and the worker that does them."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from curiouser.jobs import Job, JobState
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.jobs import job_body, jobs_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace
from curiouser.workspace.working import make_worker


@click.group()
def job() -> None:
    """Background jobs: list, look, cancel, try again, work."""


@job.command("list")
@click.option("--state", type=click.Choice([str(one) for one in JobState]), help="Only jobs in this state.")
@click.option("--before", type=int, metavar="JOB", help="Only jobs older than this one: the next page.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most this many, newest first.")
@json_option
@pass_workspace
def list_jobs(workspace: Workspace, state: str | None, before: int | None, limit: int, *, as_json: bool) -> None:
    """List jobs, newest first."""
    several = workspace.jobs.list(state=JobState(state) if state else None, before=before, limit=limit)
    emit(jobs_body(several), lambda: _table(several), as_json=as_json)


@job.command("show")
@click.argument("number", type=int, metavar="JOB")
@json_option
@pass_workspace
def show(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Show one job: what was asked for, how far it is, what came of it."""
    one = workspace.jobs.get(number)
    emit(job_body(one), lambda: _text(one), as_json=as_json)


@job.command("cancel")
@click.argument("number", type=int, metavar="JOB")
@json_option
@pass_workspace
def cancel(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Stop a JOB: at once while it waits, else at its next progress; what was finished is kept."""
    one = workspace.jobs.cancel(number, actor=workspace.actor)
    emit(job_body(one), lambda: _text(one), as_json=as_json)


@job.command("retry")
@click.argument("number", type=int, metavar="JOB")
@json_option
@pass_workspace
def retry(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Ask again for a JOB that failed or was cancelled, as a new job."""
    one = workspace.jobs.retry(number, actor=workspace.actor)
    emit(job_body(one), lambda: _text(one), as_json=as_json)


@job.command("work")
@click.option("--once", is_flag=True, help="Do at most one job, and end.")
@click.option(
    "--while-open", is_flag=True, help="End, too, when standard input ends: with the program that started it."
)
@json_option
@pass_workspace
def work(workspace: Workspace, *, once: bool, while_open: bool, as_json: bool) -> None:
    """Do the jobs that wait, until interrupted; a job under way is then put back.

    `curiouser serve` has workers of its own; further ones, on any machine that
    reaches the store, share the work. JSON: {worker, unfinished}
    """
    worker = make_worker(workspace)
    with _stopping() as stop:
        if while_open:
            threading.Thread(target=_stop_at_end, args=(stop,), name="input", daemon=True).start()
        if once:
            worker.run_one(stop)
        else:
            click.echo(f"{worker.name} waits for jobs; Ctrl-C ends it.", err=True)
            worker.run(stop)
    left = workspace.jobs.count_unfinished()
    emit({"worker": worker.name, "unfinished": left}, lambda: f"{plural(left, 'job')} left.", as_json=as_json)


def _stop_at_end(stop: threading.Event) -> None:
    """Wait for the end of standard input: a server that was killed closes it, and cannot say goodbye otherwise."""
    while sys.stdin.buffer.read(1):
        pass
    stop.set()


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Let the first interrupt or termination end the work in order; the second ends it at once."""
    stop = threading.Event()

    def told(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[number])

    # Commands also run inside other programs' threads, where signals are not theirs to take.
    ours = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {int(number): signal.signal(number, told) for number in ours}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _table(several: Sequence[Job]) -> str:
    if not several:
        return "There is no job."
    rows = [(one.number, one.kind, one.state, _progress(one), one.actor, one.created_at.date()) for one in several]
    return table(("Job", "Kind", "State", "Done", "By", "Day"), rows, right=(0, 3))


def _progress(one: Job) -> str | None:
    if one.total is None:
        return f"{one.done:,}" if one.done else None
    return f"{one.done:,} of {one.total:,}"


def _text(one: Job) -> str:
    said = [f"job {one.number}: {one.kind}, {one.state}, asked for by {one.actor} on {one.created_at.date()}"]
    said += [f"  {name}: {value}" for name, value in one.arguments.items() if value is not None]
    named = {
        "done": _progress(one),
        "worker": one.worker,
        "attempt": one.attempt if one.attempt > 1 else None,
        "error": one.error,
        "stopping": "asked to" if one.cancel_asked and not one.state.ended else None,
    }
    said += [f"  {name}: {value}" for name, value in named.items() if value is not None]
    return "\n".join(printable(line) for line in said)
