"""Count what is kept of the evaluations of a test set."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from curiouser.data import DataCommit
from curiouser.evaluations.records import ALL_ROWS
from curiouser.evaluations.tables import comparison, evaluation, score

CALIBRATION = "ece"
"""The metric that says how far probabilities can be believed."""
Cut = tuple[str, float | None]
"""A model's digest, and where its scores are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What is kept of a test set's evaluations, on any of its data commits."""

    evaluations: int
    """Evaluations, >= 0."""
    data_commits: int
    """Data commits that they are of, >= 0."""
    comparisons: int
    """Comparisons that were made, >= 0."""
    digests: AbstractSet[str]
    """Digests of the models that have one."""
    complete: AbstractSet[Cut]
    """Models, as they are cut, with scores over every labelled row of today's test set."""
    calibrated: AbstractSet[Cut]
    """Of these, models whose calibration error was measured."""


def holdings_of(connection: Connection, today: DataCommit) -> Holdings:
    """Count what is kept of a test set.

    Args:
        connection: A transaction.
        today: Its data commit of today; only scores without a missing answer are ever kept.
    """
    of_dataset = evaluation.c.dataset == today.dataset
    counts = select(func.count(), func.count(evaluation.c.data_commit.distinct())).where(of_dataset)
    evaluations, data_commits = connection.execute(counts).one()
    comparisons = select(func.count()).select_from(comparison).where(comparison.c.dataset == today.dataset)
    scored = (
        select(evaluation.c.digest, evaluation.c.threshold, score.c.metric, score.c.value)
        .join(score, score.c.evaluation == evaluation.c.id)
        .where(evaluation.c.data_commit == today.id, score.c.slice == ALL_ROWS)
    )
    rows = connection.execute(scored).all()
    measured = [one for one in rows if one.metric == CALIBRATION and one.value is not None]
    return Holdings(
        evaluations=int(evaluations),
        data_commits=int(data_commits),
        comparisons=int(connection.execute(comparisons).scalar_one()),
        digests=frozenset(connection.execute(select(evaluation.c.digest).where(of_dataset).distinct()).scalars()),
        complete=frozenset((row.digest, row.threshold) for row in rows),
        calibrated=frozenset((row.digest, row.threshold) for row in measured),
    )
