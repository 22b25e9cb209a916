"""What background jobs can do in a workspace, and the worker that does it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from curiouser.jobs import Job, JobKind, Progress, Worker
from curiouser.kernel.canonical import Json, digest_of
from curiouser.kernel.errors import BadInputError
from curiouser.workspace.opening import Workspace

if TYPE_CHECKING:
    from curiouser.evaluations import EvaluationRun

EVALUATE = "evaluate"
"""Bring models to a test set; arguments: ``on``, a ref, and ``models``, names or None for every active one."""


def job_kinds(workspace: Workspace) -> Mapping[str, JobKind]:
    """Bind every kind of job to a workspace.

    A kind is safe to begin again: evaluating asks only for answers that are not kept yet.
    """

    def evaluate(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        on, models = _evaluate_arguments(arguments)
        # Raising inside the progress is how a job stops: each batch of answers before it is kept.
        progress(0, None)
        return _summary(workspace.evaluations.evaluate(models, on=on, actor=actor, progress=progress))

    return {EVALUATE: evaluate}


def ask_for_evaluation(
    workspace: Workspace, *, on: str = "test", models: Sequence[str] | None = None, actor: str
) -> Job:
    """Add a job that evaluates models; the same wish twice is one job while it is unfinished."""
    arguments: dict[str, Json] = {"on": on, "models": list(models) if models is not None else None}
    return workspace.jobs.add(EVALUATE, arguments, actor=actor, key=digest_of(arguments))


def make_worker(workspace: Workspace) -> Worker:
    """Make a worker for a workspace, named after this machine and process."""
    return Worker(workspace.jobs, job_kinds(workspace), f"{socket.gethostname()}-{os.getpid()}")


def _evaluate_arguments(arguments: Mapping[str, Json]) -> tuple[str, list[str] | None]:
    unknown = sorted(set(arguments) - {"on", "models"})
    on, models = arguments.get("on", "test"), arguments.get("models")
    if unknown or not isinstance(on, str):
        raise BadInputError(
            f"evaluate does not understand {unknown or {'on': on}}", 'write {"on": "test", "models": ["a"] or null}'
        )
    if models is None:
        return on, None
    if isinstance(models, str) or not isinstance(models, Sequence) or not all(isinstance(one, str) for one in models):
        raise BadInputError("models is no list of names", 'write {"on": "test", "models": ["a"] or null}')
    return on, [str(one) for one in models]


def _summary(run: EvaluationRun) -> Json:
    """Say what an evaluation did; its scores are where every surface reads them."""
    return {
        "test_set": run.test_set,
        "rows": run.rows,
        "model_calls": run.model_calls,
        "models": [
            {"model": one.model, "version": one.version, "complete": one.complete, "error": one.error}
            for one in run.evaluations
        ],
    }
