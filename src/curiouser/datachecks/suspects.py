"""DC19: labels that a model contradicts confidently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from curiouser.datachecks.ground import Check, Ground, Question
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.kernel.canonical import Json
from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural
from curiouser.measure import (
    FloatArray,
    IntArray,
    LabelErrors,
    clopper_pearson,
    find_label_errors,
    normalised_probabilities,
)
from curiouser.models import TRAINED_ON, Model, ModelKind

_SLIGHT = 1e-6  # a sum of probabilities that is off by more is told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answered:
    """The labelled rows that a model answered with probabilities."""

    ids: pl.Series
    labels: IntArray
    probabilities: FloatArray
    off: float
    """Largest amount by which a row of probabilities did not sum to one."""


def _label_errors(ground: Ground) -> list[Question]:
    task = ground.task
    if task.kind is TaskKind.REGRESSION or task.label not in ground.commit.schema:
        return []
    model = _chosen(ground)
    if model is None:
        reason = "no model gives probabilities; name one in [checks] model"
        return [Question(answer=lambda: unknown(reason, ground.commit.rows))]
    depends: dict[str, Json] = {
        "model": model.digest,
        "answers": ground.services.predictions.fingerprints([model.digest])[model.digest],
        "trained_on": str(model.source.get(TRAINED_ON, "")),
    }
    return [Question(answer=lambda: _suspected(ground, model), depends=depends)]


def _chosen(ground: Ground) -> Model | None:
    """Choose whose doubts count: whom the settings name, else the live model, else the newest with probabilities."""
    models, name = ground.services.models, ground.settings.model
    if name is not None:
        return models.get(name)
    able = [one for one in models.list() if one.kind is not ModelKind.REPORTED and not one.margins]
    return next((one for one in able if one.live), None) or max(
        able, key=lambda one: (one.created_at, one.id), default=None
    )


def _suspected(ground: Ground, model: Model) -> Finding:
    learnt = _has_learnt(ground, model)
    if learnt is not None:
        return unknown(learnt, ground.profile.rows)
    answered = _answered(ground, model)
    if answered is None:
        return unknown(f"model {model.title} answers without probabilities", ground.profile.rows)
    n = len(answered.labels)
    if n < ground.settings.min_rows:
        return unknown(f"model {model.title} answered {n:,} labelled rows; {ground.settings.min_rows} are needed", n)
    found = find_label_errors(answered.labels, answered.probabilities)
    count = int(found.suspected.sum())
    low = clopper_pearson(count, n, confidence=1 - 2 * ground.settings.level).low
    threshold = ground.rule("label-errors").threshold
    value = count / n
    outcome = Outcome.PASS if value <= threshold else Outcome.FAIL if low > threshold else Outcome.UNKNOWN
    reason = f"{count:,} of {plural(n, 'label')} contradicted by {model.title}" if count else ""
    if outcome is Outcome.UNKNOWN:
        reason += "; with so few rows that may be chance"
    return Finding(
        outcome=outcome,
        count=count,
        value=None if outcome is Outcome.UNKNOWN else value,
        n=n,
        reason=reason + _warning(answered.off),
        rows=_offences(ground, answered, found),
        more=max(count - MOST_ROWS, 0),
        details={
            "model": model.title, "answered": n, "unanswered": ground.profile.rows - n,
            "estimated_error_rate": found.error_rate, "share_suspected": value, "largest_sum_error": answered.off,
        },
    )  # fmt: skip


def _has_learnt(ground: Ground, model: Model) -> str | None:
    """Say why a model's answers to these rows are no evidence; None where they are."""
    trained_on = model.source.get(TRAINED_ON)
    is_named = ground.settings.model is not None
    if trained_on is None and (is_named or ground.dataset != ground.settings.train):
        return None
    dataset = str(trained_on or ground.settings.train).partition("@")[0]
    if dataset != ground.dataset:
        return None
    return (
        f"model {model.title} learnt from {ground.dataset}, so it has learnt its wrong labels, too; add predictions "
        "that are out of sample (cross-validated) as a model, and name it in [checks] model"
    )


def _answered(ground: Ground, model: Model) -> _Answered | None:
    task, services = ground.task, ground.services
    rows = services.data.rows(ground.commit.id)
    keys = services.predictions.keys_for(ground.commit.content_hash, tuple(model.columns), lambda: rows)
    stored = services.predictions.read(model.digest, keys)
    names = ["score"] if task.kind is TaskKind.BINARY else [f"p_{name}" for name in task.classes]
    if not all(name in stored.columns for name in names):
        return None
    table = np.stack([np.asarray(stored.columns[name], np.float64) for name in names], axis=1)
    if task.kind is TaskKind.BINARY:
        table = np.hstack([1 - table, table])
    codes = rows[task.label].replace_strict(
        list(task.classes), list(range(len(task.classes))), default=None, return_dtype=pl.Int64
    )
    chosen = stored.valid & codes.is_not_null().to_numpy()
    probabilities, off = normalised_probabilities(table[chosen])
    labels = codes.filter(pl.Series(chosen)).to_numpy().astype(np.int64)
    return _Answered(ids=rows["id"].filter(pl.Series(chosen)), labels=labels, probabilities=probabilities, off=off)


def _warning(off: float) -> str:
    return f"; its probabilities did not sum to one (off by up to {off:.2g}) and were made to" if off > _SLIGHT else ""


def _offences(ground: Ground, answered: _Answered, found: LabelErrors) -> tuple[Offence, ...]:
    places = np.flatnonzero(found.suspected)
    places = places[np.argsort(-found.doubt[places], kind="stable")][:MOST_ROWS]
    classes, made = ground.task.classes, []
    for place in places.tolist():
        label, guess = int(answered.labels[place]), int(found.guessed[place])
        what = (
            f"labelled {classes[label]} ({answered.probabilities[place, label]:.2f}); the model is confident of "
            f"{classes[guess]} ({answered.probabilities[place, guess]:.2f})"
        )
        made.append(Offence(what=what, at=Place(dataset=ground.dataset, id=ExampleId(answered.ids[place]))))
    return tuple(made)


LABEL_ERRORS = Check(
    code="DC19", name="label-errors", title="labels that a model contradicts", version=1, asks=_label_errors
)
