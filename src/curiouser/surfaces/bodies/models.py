"""Bodies of models: what was added, what there is, what they answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.models import Added, Asked, Model, ModelEvent, ReportedScore, Updated

_SHOWN_IDS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything there is to show of one model."""

    model: Model
    """The newest version, or the one that was named."""
    layers: tuple[str, ...]
    """Layers of the sandbox that were active when it was last started."""
    reported: tuple[ReportedScore, ...]
    """What was reported of it."""
    history: tuple[ModelEvent, ...]
    """What was done to it, oldest first."""


def model_body(model: Model) -> dict[str, Json]:
    """Present a model."""
    return {
        "model": model.name,
        "version": model.version,
        "kind": str(model.kind),
        "digest": model.digest,
        "threshold": model.threshold,
        "margins": model.margins,
        "columns": list(model.columns),
        "live": model.live,
        "retired": model.retired,
        "created_at": as_text(model.created_at),
        "created_by": model.created_by,
    }


def added_body(added: Added) -> dict[str, Json]:
    """Present a model that was added: model, digest, kind, and what is missing."""
    counts: dict[str, Json] = {"rows": added.rows, "answered": added.answered, "missing": added.missing}
    return {**model_body(added.model), **counts, "notes": list(added.notes)}


def each_added_body(added: Sequence[Added]) -> dict[str, Json]:
    """Present models that were added together."""
    return {"models": [added_body(one) for one in added]}


def updated_body(updated: Updated) -> dict[str, Json]:
    """Present what an update did."""
    return {
        **model_body(updated.model),
        "added": updated.added,
        "unchanged": updated.unchanged,
        "rows": updated.rows,
        "missing": updated.missing,
        "notes": list(updated.notes),
    }


def models_body(models: Sequence[Model], limit: int) -> dict[str, Json]:
    """Present a list of models."""
    return {"models": [model_body(model) for model in models[:limit]], "truncated": len(models) > limit}


def shown_body(shown: Shown) -> dict[str, Json]:
    """Present all there is of a model."""
    return {
        **model_body(shown.model),
        "source": _plain(shown.model.source),
        "sandbox": list(shown.layers),
        "reported": [reported_body(score) for score in shown.reported],
        "history": [event_body(event) for event in shown.history],
    }


def event_body(event: ModelEvent) -> dict[str, Json]:
    """Present something that was done to a model."""
    return {"what": event.what, "detail": event.detail, "actor": event.actor, "at": as_text(event.at)}


def reported_body(score: ReportedScore) -> dict[str, Json]:
    """Present a reported score."""
    return {
        "metric": score.metric,
        "value": score.value,
        "n": score.n,
        "test_set": score.test_set,
        "slice": score.slice,
        "note": score.note,
    }


def asked_body(given: Mapping[str, Json], asked: Sequence[Asked]) -> dict[str, Json]:
    """Present what every model answered to one input."""
    return {"input": dict(given), "answers": [_answer(one) for one in asked]}


def missing_body(name: str, on: str, rows: pl.DataFrame, output: str | None) -> dict[str, Json]:
    """Present the rows still to be predicted."""
    ids = rows.get_column("id").head(_SHOWN_IDS).to_list()
    return {
        "model": name,
        "test_set": on,
        "missing": len(rows),
        "ids": ids,
        "truncated": len(rows) > _SHOWN_IDS,
        "output": output,
    }


def _answer(one: Asked) -> dict[str, Json]:
    return {
        "model": one.model.name,
        "version": one.model.version,
        "kind": str(one.model.kind),
        "live": one.model.live,
        "answer": one.answer,
        "score": one.score,
        "threshold": one.model.threshold,
        "probabilities": None if one.probabilities is None else dict(one.probabilities),
        "known_as": one.known_as,
        "error": one.error,
    }


def _plain(source: Mapping[str, Json]) -> dict[str, Json]:
    return dict(source)
