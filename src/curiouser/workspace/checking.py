"""Gather what the checklist is judged by, through the services, and judge it."""

from __future__ import annotations

from datetime import datetime

from curiouser.checklist import Checklist, DatasetFacts, Facts, ModelFacts, ProblemFacts, judge
from curiouser.evaluations import Holdings
from curiouser.models import Model, ModelKind
from curiouser.problems import TriagedProblem
from curiouser.workspace.opening import Workspace
from curiouser.workspace.unpredicted import missing_predictions

TEST = "test"
_EVERY = 1_000_000
_DAY_S = 86_400.0
_COUNTED = 3
"""Models whose missing predictions are counted: as many as are named."""
_NOTHING = Holdings(
    evaluations=0, data_commits=0, comparisons=0, digests=frozenset(), complete=frozenset(), calibrated=frozenset()
)


def checklist_of(workspace: Workspace) -> Checklist:
    """Put the talk's checklist to a workspace as it is now.

    Raises:
        StorageError: The store cannot be read.
    """
    return judge(facts_of(workspace))


def facts_of(workspace: Workspace) -> Facts:
    """Gather what the checklist is judged by.

    Raises:
        StorageError: The store cannot be read.
    """
    task, now = workspace.configuration.task, workspace.clock()
    datasets = _datasets(workspace, now)
    models = sorted(workspace.models.list(), key=lambda one: (one.created_at, one.id))
    answering = [one for one in models if one.kind is not ModelKind.REPORTED]
    has_test = TEST in datasets and datasets[TEST].rows > 0
    holdings = workspace.evaluations.holdings(TEST) if has_test else _NOTHING
    live = workspace.models.live()
    reports = workspace.problems.reports
    oldest = reports.oldest_waiting()
    return Facts(
        kind=str(task.kind),
        tolerance=task.tolerance,
        groups=task.groups,
        harm=workspace.configuration.harm,
        metrics=tuple(workspace.evaluations.metrics()),
        datasets=datasets,
        models=_models(workspace, answering, holdings, live),
        reported=len(models) - len(answering),
        live=live.title if live else None,
        evaluations=holdings.evaluations,
        evaluated_commits=holdings.data_commits,
        comparisons=holdings.comparisons,
        problems=_problems(workspace, has_models=has_test and bool(answering)),
        reports=reports.count(),
        waiting=reports.count_unlinked(),
        waiting_days=None if oldest is None else _days(oldest.reported_at, now),
    )


def _datasets(workspace: Workspace, now: datetime) -> dict[str, DatasetFacts]:
    found = {}
    for line in workspace.data.overview():
        head = workspace.data.resolve(line.data_commit)
        found[line.dataset] = DatasetFacts(
            name=line.dataset,
            rows=line.rows,
            data_commits=head.depth + 1,
            branches=line.branches,
            age_days=_days(head.created_at, now),
        )
    return found


def _models(
    workspace: Workspace, models: list[Model], holdings: Holdings, live: Model | None
) -> tuple[ModelFacts, ...]:
    incomplete = [one for one in models if (one.digest, one.threshold) not in holdings.complete][:_COUNTED]
    missing = missing_predictions(workspace, incomplete, holdings, on=TEST)
    # Who chose a threshold is asked of those that would meet users: it is one statement each.
    asked = {one.id for one in (live, *models[-1:]) if one is not None}
    return tuple(
        ModelFacts(
            name=one.title,
            threshold=one.threshold,
            threshold_by=_threshold_by(workspace, one) if one.id in asked else None,
            evaluated=one.digest in holdings.digests,
            complete=(one.digest, one.threshold) in holdings.complete,
            calibrated=(one.digest, one.threshold) in holdings.calibrated,
            trained_on=one.source.get("trained_on"),
            missing=missing.get(one.id),
        )
        for one in models
    )


def _threshold_by(workspace: Workspace, model: Model) -> str | None:
    """Say who chose a version's threshold, and when; None where nobody did."""
    if model.threshold is None:
        return None
    for event in reversed(workspace.models.history(model.name)):
        title, _, said = event.detail.partition(": ")
        version = title.rpartition("@")[2] if "@" in title else "1"
        if event.what == "threshold" and version == str(model.version) and said.endswith(f" to {model.threshold}"):
            return _by(event.actor, event.at)
    usual = 0.0 if model.margins else 0.5
    if model.version == 1 and model.threshold != usual:
        return _by(model.created_by, model.created_at)
    return None


def _by(actor: str, at: datetime) -> str:
    return f"{actor} on {at:%Y-%m-%d}"


def _problems(workspace: Workspace, *, has_models: bool) -> ProblemFacts:
    listed = workspace.problems.list(limit=_EVERY)
    opened = [one for one in listed if one.problem.closed_at is None]
    considered = [one.problem for one in opened or listed]
    triage = workspace.problems.triage(on=TEST, include_closed=not opened) if has_models and listed else None
    lines = {one.problem.name: one for one in triage.problems} if triage else {}
    compared = workspace.problems.compared(on=TEST) if has_models else None
    return ProblemFacts(
        open=len(opened),
        closed=len(listed) - len(opened),
        patterns=sum(one.patterns for one in listed),
        without_patterns=tuple(one.problem.name for one in opened if not one.patterns),
        model=compared.model if compared else None,
        lack_affected=tuple(name for name, one in lines.items() if one.affected is None),
        lack_harm=tuple(name for name, one in lines.items() if _lacks_harm(one)),
        # A problem of another dataset is not ranked with these, so nobody knows its error here.
        lack_error=tuple(
            one.name for one in considered if one.name not in lines or not lines[one.name].standing.error.n
        ),
        unowned=tuple(one.name for one in considered if one.owner is None),
        compared_cases=compared.scored if compared else 0,
        changed_cases=compared.failed if compared else 0,
    )


def _lacks_harm(one: TriagedProblem) -> bool:
    if one.harm is None and one.harm_false_positive is None and one.harm_false_negative is None:
        return True
    return one.impact is None and one.affected is not None and one.standing.error.n > 0


def _days(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds() / _DAY_S)
