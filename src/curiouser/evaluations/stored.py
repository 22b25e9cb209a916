"""Evaluations, scores and comparisons in SQL: written once, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from sqlalchemy import Connection, TextClause, func, insert, select, text

from curiouser.data import DataCommit
from curiouser.evaluations.records import HEADLINE, Comparison, Scores, Seen
from curiouser.evaluations.scoring import ARITHMETIC
from curiouser.evaluations.tables import comparison, evaluation, score
from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.configuration import Task
from curiouser.kernel.ids import DataCommitId
from curiouser.measure import Measured
from curiouser.models import Model

EvaluationKey = str
"""Hash that names an evaluation, 64 hex digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThenScore:
    """What a model scored on an earlier data commit."""

    digest: str
    """Whose answers."""
    data_commit: DataCommitId
    """On which rows."""
    threshold: float | None
    """At which threshold."""
    measured: Measured
    """The score."""


def evaluation_key(model: Model, commit: DataCommit, task: Task) -> EvaluationKey:
    """Name an evaluation by all that decides its numbers."""
    return digest_of(
        {
            "digest": model.digest,
            "threshold": model.threshold,
            "margins": model.margins,
            "data_commit": commit.id,
            "kind": str(task.kind),
            "label": task.label,
            "classes": task.classes,
            "tolerance": task.tolerance,
            "user": task.user,
            "arithmetic": ARITHMETIC,
        }
    )


def kept_scores(connection: Connection, key: EvaluationKey) -> dict[str, dict[str, Measured]]:
    """Read what an evaluation holds: slice key -> metric -> score."""
    found: dict[str, dict[str, Measured]] = {}
    for row in connection.execute(select(score).where(score.c.evaluation == key)):
        found.setdefault(row.slice, {})[row.metric] = Measured(
            value=row.value,
            low=row.low,
            high=row.high,
            n=row.n,
            missing=row.missing,
            method=row.method,
            reason=row.reason,
            denominator=row.denominator,
        )
    return found


def keep_scores(
    connection: Connection,
    key: EvaluationKey,
    of: tuple[Model, DataCommit],
    scores: Mapping[str, Scores],
    by: tuple[str, str],
) -> None:
    """Add scores to an evaluation; what is there stays, also when another process was faster.

    Args:
        connection: A write transaction.
        key: The evaluation's.
        of: Who was evaluated, on which rows.
        scores: Slice key -> metric -> score.
        by: Moment and actor.
    """
    model, commit = of
    made = {
        "id": key,
        "model": model.name,
        "version": model.version,
        "digest": model.digest,
        "threshold": model.threshold,
        "dataset": commit.dataset,
        "data_commit": commit.id,
        "content_hash": commit.content_hash,
        "created_at": by[0],
        "created_by": by[1],
    }
    connection.execute(_insert_once("evaluation", list(made)), made)
    rows = [
        {
            "evaluation": key,
            "slice": place,
            "metric": metric,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "n": one.n,
            "missing": one.missing,
            "denominator": one.denominator,
            "method": one.method,
            "reason": one.reason,
        }
        for place, measured in scores.items()
        for metric, one in measured.items()
    ]
    if rows:
        connection.execute(_insert_once("score", [column.name for column in score.columns]), rows)


def seen(connection: Connection, dataset: str) -> Seen:
    """Count the models and comparisons that have looked at a dataset's rows, at any of its data commits."""
    models = select(func.count(evaluation.c.digest.distinct())).where(evaluation.c.dataset == dataset)
    calls = select(func.count()).select_from(comparison).where(comparison.c.dataset == dataset)
    return Seen(
        models=int(connection.execute(models).scalar_one()), comparisons=int(connection.execute(calls).scalar_one())
    )


def log_comparison(
    connection: Connection, made: Comparison, models: Sequence[Model], dataset: str, by: tuple[str, str]
) -> None:
    """Write down that these models were compared on these rows, and what was said."""
    at, actor = by
    connection.execute(
        insert(comparison).values(
            dataset=dataset,
            data_commit=made.test_set,
            content_hash=made.content_hash,
            metric=made.metric,
            models=_contestants(models),
            verdicts=canonical_json(
                [{"a": one.a, "b": one.b, "verdict": one.verdict, "p_adjusted": one.p_adjusted} for one in made.pairs]
            ),
            created_at=at,
            created_by=actor,
        )
    )


def was_compared(connection: Connection, commit: DataCommit, metric: str, models: Sequence[Model]) -> bool:
    """Tell whether these models, as they are now, were compared on these rows by a metric, in any order."""
    orders = [_contestants(order) for order in permutations(models)]
    wanted = select(comparison.c.id).where(
        comparison.c.dataset == commit.dataset,
        comparison.c.content_hash == commit.content_hash,
        comparison.c.metric == metric,
        comparison.c.models.in_(orders),
    )
    return connection.execute(wanted.limit(1)).first() is not None


def evaluated_commits(connection: Connection, dataset: str, limit: int) -> list[DataCommitId]:
    """List the data commits that were evaluated last, oldest first."""
    newest = func.max(evaluation.c.created_at)
    rows = connection.execute(
        select(evaluation.c.data_commit)
        .where(evaluation.c.dataset == dataset)
        .group_by(evaluation.c.data_commit)
        .order_by(newest.desc(), evaluation.c.data_commit)
        .limit(limit)
    )
    return [DataCommitId(one) for one in rows.scalars()][::-1]


def evaluated_on(connection: Connection, commit: DataCommitId) -> set[tuple[str, float | None]]:
    """List (digest, threshold) of the models that have scores on a data commit."""
    wanted = select(evaluation.c.digest, evaluation.c.threshold).where(evaluation.c.data_commit == commit)
    return {(row.digest, row.threshold) for row in connection.execute(wanted)}


def then_scores(connection: Connection, commits: Iterable[str], metric: str) -> dict[tuple[str, str], ThenScore]:
    """Read headline scores of earlier data commits: (digest, data commit) -> the score computed last."""
    joined = evaluation.join(score, score.c.evaluation == evaluation.c.id)
    rows = connection.execute(
        select(evaluation.c.digest, evaluation.c.data_commit, evaluation.c.threshold, score)
        .select_from(joined)
        .where(evaluation.c.data_commit.in_(list(commits)), score.c.slice == HEADLINE, score.c.metric == metric)
        .order_by(evaluation.c.created_at)
    )
    return {
        (row.digest, row.data_commit): ThenScore(
            digest=row.digest,
            data_commit=DataCommitId(row.data_commit),
            threshold=row.threshold,
            measured=Measured(
                value=row.value,
                low=row.low,
                high=row.high,
                n=row.n,
                missing=row.missing,
                method=row.method,
                reason=row.reason,
            ),
        )
        for row in rows
    }


def _contestants(models: Sequence[Model]) -> str:
    return canonical_json([{"model": one.title, "digest": one.digest, "threshold": one.threshold} for one in models])


def _insert_once(table: str, columns: Sequence[str]) -> TextClause:
    # Both SQLite and PostgreSQL know ON CONFLICT; SQLAlchemy has it only per dialect.
    quoted = ", ".join(columns)
    given = ", ".join(f":{name}" for name in columns)
    return text(f"INSERT INTO {table} ({quoted}) VALUES ({given}) ON CONFLICT DO NOTHING")  # noqa: S608  our own names
