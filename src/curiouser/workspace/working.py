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

CHECK = "check"
"""Check data; arguments: ``ref``, ``against``, a ref or None for what the checks take by themselves, and ``only``."""
PROPOSE = "propose"
"""Propose a branch; arguments: ``dataset``, ``source``, ``into`` and ``message``."""
RECHECK = "recheck"
"""Work a proposal out again and check it; arguments: ``proposal``, its number."""
EVALUATE = "evaluate"
"""Bring models to a test set; arguments: ``on``, a ref, and ``models``, names or None for every active one."""
MOST_IN_A_REQUEST = 100_000
"""Rows that are checked or searched while somebody waits for the answer: a few seconds; more are a job."""


def job_kinds(workspace: Workspace) -> Mapping[str, JobKind]:
    """Bind every kind of job to a workspace.

    A kind is safe to begin again: evaluating asks only for answers that are not kept yet, and a check for what is
    not known of the same rows.
    """

    def evaluate(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        on, models = _evaluate_arguments(arguments)
        # Raising inside the progress is how a job stops: each batch of answers before it is kept.
        progress(0, None)
        return _summary(workspace.evaluations.evaluate(models, on=on, actor=actor, progress=progress))

    def check(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        ref, against, only = arguments.get("ref"), arguments.get("against"), arguments.get("only") or ()
        known = not set(arguments) - {"ref", "against", "only"} and not isinstance(only, str)
        if not known or not isinstance(ref, str) or not isinstance(against, str | None):
            raise BadInputError(
                f"check does not understand {dict(arguments)}", 'write {"ref": "test", "against": null, "only": []}'
            )
        progress(0, None)
        names = [str(one) for one in only] if isinstance(only, Sequence) else []
        made = workspace.datachecks.check(ref, against=against, only=names, actor=actor, progress=progress)
        return {"ref": ref, "data_commit": made.data_commit, "outcome": made.outcome.value, "rows": made.rows}

    def propose(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        texts = {name: str(arguments[name]) for name in ("dataset", "source", "into", "message")}
        progress(0, None)
        return {"proposal": workspace.proposals.propose(**texts, actor=actor).proposal.number}

    def recheck(arguments: Mapping[str, Json], actor: str, progress: Progress) -> Json:
        progress(0, None)
        return {"proposal": workspace.proposals.check(int(str(arguments["proposal"])), actor=actor).proposal.number}

    return {CHECK: check, EVALUATE: evaluate, PROPOSE: propose, RECHECK: recheck}


def ask_for_evaluation(
    workspace: Workspace, *, on: str = "test", models: Sequence[str] | None = None, actor: str
) -> Job:
    """Add a job that evaluates models; the same wish twice is one job while it is unfinished."""
    arguments: dict[str, Json] = {"on": on, "models": list(models) if models is not None else None}
    return workspace.jobs.add(EVALUATE, arguments, actor=actor, key=digest_of(arguments))


def is_for_a_job(workspace: Workspace, *refs: str | None) -> bool:
    """Tell whether versions have more rows together than are looked at while somebody waits.

    Raises:
        NotFoundError: A ref names nothing.
    """
    return sum(workspace.data.resolve(ref).rows for ref in refs if ref is not None) > MOST_IN_A_REQUEST


def ask_for_check(
    workspace: Workspace, ref: str, *, against: str | None = None, only: Sequence[str] = (), actor: str
) -> Job:
    """Add a job that checks data; the same wish twice is one job while it is unfinished."""
    arguments: dict[str, Json] = {"ref": ref, "against": against, **({"only": list(only)} if only else {})}
    return workspace.jobs.add(CHECK, arguments, actor=actor, key=digest_of({CHECK: arguments}))


def ask_for_proposal(workspace: Workspace, dataset: str, source: str, into: str, *, message: str, actor: str) -> Job:
    """Add a job that proposes a branch; the same wish twice is one job while it is unfinished."""
    arguments: dict[str, Json] = {"dataset": dataset, "source": source, "into": into, "message": message}
    return workspace.jobs.add(PROPOSE, arguments, actor=actor, key=digest_of({PROPOSE: arguments}))


def ask_for_recheck(workspace: Workspace, proposal: int, *, actor: str) -> Job:
    """Add a job that works a proposal out again and checks it; twice is one job while it is unfinished."""
    return workspace.jobs.add(RECHECK, {"proposal": proposal}, actor=actor, key=digest_of({RECHECK: proposal}))


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
