"""Where a workspace stands in the loop, counted through the slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curiouser.cycle import Advice, Standing, next_step
from curiouser.kernel.errors import NotFoundError
from curiouser.models import Model
from curiouser.workspace.opening import Workspace
from curiouser.workspace.unpredicted import missing_predictions

TEST = "test"
_COUNTED = 20
"""Models whose missing predictions are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetLine:
    """One dataset at the head of its main branch."""

    name: str
    kind: str
    rows: int
    data_commit: str
    branches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All that `curiouser status` says."""

    task: str
    kind: str
    root: str
    datasets: tuple[DatasetLine, ...]
    standing: Standing
    advice: Advice


def status(workspace: Workspace) -> Status:
    """Count what is here and say what is due.

    Raises:
        StorageError: The store cannot be read.
    """
    datasets = tuple(
        DatasetLine(
            name=each.dataset,
            kind=str(each.kind),
            rows=each.rows,
            data_commit=each.data_commit,
            branches=each.branches,
        )
        for each in workspace.data.overview()
    )
    standing = _standing(workspace, {line.name: line for line in datasets})
    task = workspace.configuration.task
    return Status(
        task=task.name,
        kind=str(task.kind),
        root=str(workspace.root),
        datasets=datasets,
        standing=standing,
        advice=next_step(standing),
    )


def _standing(workspace: Workspace, datasets: dict[str, DatasetLine]) -> Standing:
    models = [model for model in workspace.models.list() if not model.retired]
    answering = [model for model in models if str(model.kind) != "reported"]
    test = datasets.get(TEST)
    done = workspace.evaluations.evaluated_models(TEST) if test and test.rows else frozenset[int]()
    behind = [model for model in answering if model.id not in done]
    unpredicted = _unpredicted(workspace, answering) if test and test.rows else {}
    try:
        live = workspace.models.live()
    except NotFoundError:
        live = None
    return Standing(
        test_rows=test.rows if test else 0,
        models=len(models),
        behind=tuple(model.name for model in behind if model.name not in unpredicted),
        problems=workspace.problems.count_open(),
        unlinked_reports=workspace.problems.count_unlinked_reports(),
        live=live.name if live else None,
        unpredicted=unpredicted,
    )


def _unpredicted(workspace: Workspace, models: Sequence[Model]) -> dict[str, int]:
    holdings = workspace.evaluations.holdings(TEST)
    incomplete = [one for one in models if (one.digest, one.threshold) not in holdings.complete][:_COUNTED]
    found = missing_predictions(workspace, incomplete, holdings, on=TEST)
    return {one.name: found[one.id] for one in incomplete if one.id in found}
