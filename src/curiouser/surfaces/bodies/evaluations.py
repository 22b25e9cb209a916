"""Bodies of evaluate, compare, leaderboard and slice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from curiouser.evaluations import (
    Comparison,
    ConfusionMatrix,
    Evaluation,
    EvaluationRun,
    Leaderboard,
    LeaderboardRow,
    Memorised,
    Pair,
    PairsOfGroup,
    Scores,
    Seen,
    Slice,
)
from curiouser.kernel.canonical import Json
from curiouser.measure import Measured, Metric

FLIPS_IN_BODY = 20
"""Flipped rows that a body lists; `compare --flips FILE` writes them all."""


GRID_IN_BODY = 200
"""Most classes of which a body has the whole grid of the confusion matrix."""
PAIRS_IN_BODY = 20
"""Most confused pairs of classes that a body lists."""


def measured_body(one: Measured) -> dict[str, Json]:
    """Present one number with its interval, n, what was missing and how it was made."""
    body: dict[str, Json] = {
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "n": one.n,
        "missing": one.missing,
        "method": one.method,
    }
    if one.reason:
        body["reason"] = one.reason
    if one.denominator is not None:
        body["denominator"] = one.denominator
    return body


def run_body(run: EvaluationRun) -> dict[str, Json]:
    """Present what one call of evaluate did."""
    return {
        "test_set": run.test_set,
        "rows": run.rows,
        "sample": run.sample,
        "unlabelled": run.unlabelled,
        "model_calls": run.model_calls,
        "evaluations": [evaluation_body(one) for one in run.evaluations],
        "seen": seen_body(run.seen),
        "notes": list(run.notes),
    }


def evaluation_body(one: Evaluation) -> dict[str, Json]:
    """Present one model's evaluation."""
    return {
        "model": one.model,
        "version": one.version,
        "digest": one.digest,
        "threshold": one.threshold,
        "test_set": one.data_commit,
        "complete": one.complete,
        "n": one.n,
        "missing": one.missing,
        "error": one.error,
        "scores": _scores(one.scores),
        "all": _scores(one.all_rows),
        "confusion": confusion_body(one.confusion),
        "confusion_all": confusion_body(one.confusion_all),
        **_memorised(one.memorised),
        "slices": {name: _scores(scores) for name, scores in one.slices.items()},
    }


def confusion_body(one: ConfusionMatrix) -> dict[str, Json]:
    """Present which classes were taken for which: the grid, label by answer, and the pairs confused most."""
    reason = one.reason
    if reason is None and len(one.classes) > GRID_IN_BODY:
        reason = f"a grid of {len(one.classes):,} classes is not listed, only the pairs confused most"
    body: dict[str, Json] = {
        "classes": list(one.classes),
        "counts": None if reason else [list(row) for row in one.counts],
        "n": one.n,
        "missing": one.missing,
        "most_confused": [
            {"truth": pair.truth, "answer": pair.answer, "count": pair.count, "of": pair.of}
            for pair in one.most_confused[:PAIRS_IN_BODY]
        ],
    }
    return body | {"reason": reason} if reason else body


def comparison_body(made: Comparison) -> dict[str, Json]:
    """Present a comparison; of the flipped rows, the first."""
    return {
        "test_set": made.test_set,
        "content_hash": made.content_hash,
        "metric": made.metric,
        "models": list(made.models),
        "n": made.n,
        "left_out": made.left_out,
        "pairs": [pair_body(pair) for pair in made.pairs],
        "slices": [_group("slice", group) for group in made.slices],
        "problems": [_group("problem", group) for group in made.problems],
        "flips": [{"id": one.id, "a": one.a, "b": one.b, "kind": one.kind} for one in made.flips[:FLIPS_IN_BODY]],
        "flips_total": len(made.flips),
        "seen": seen_body(made.seen),
        "notes": list(made.notes),
    }


def pair_body(pair: Pair) -> dict[str, Json]:
    """Present two models on the same rows; the difference is b minus a."""
    paired = pair.paired
    body: dict[str, Json] = {
        "a": pair.a,
        "b": pair.b,
        "n": paired.n,
        "missing": paired.missing,
        "difference": {"value": paired.difference, "low": paired.low, "high": paired.high},
        "method": paired.method,
        "p_value": paired.p_value,
        "p_adjusted": pair.p_adjusted,
        "negative_flips": paired.negative_flips,
        "positive_flips": paired.positive_flips,
        "smallest_difference": paired.smallest_difference,
        "verdict": None if pair.verdict is None else str(pair.verdict),
        "sentence": pair.sentence,
    }
    if paired.reason:
        body["reason"] = paired.reason
    return body


def leaderboard_body(board: Leaderboard) -> dict[str, Json]:
    """Present models x data commits."""
    return {
        "metric": board.metric,
        "test_sets": list(board.test_sets),
        "models": [_board_row(row) for row in board.models],
        "seen": seen_body(board.seen),
        "notes": list(board.notes),
    }


def slice_body(one: Slice) -> dict[str, Json]:
    """Present what a slice selects by."""
    return {
        "name": one.name,
        "where": one.where,
        "ids": None if one.ids is None else list(one.ids),
        "automatic": one.automatic,
    }


def slices_body(counted: Iterable[tuple[Slice, int]]) -> dict[str, Json]:
    """Present slices with the rows each has."""
    return {"slices": [{**slice_body(one), "rows": rows} for one, rows in counted]}


def metrics_body(several: Iterable[Metric]) -> dict[str, Json]:
    """Present metrics, each in one sentence."""
    return {
        "metrics": [
            {
                "name": one.name,
                "sentence": one.sentence,
                "higher_is_better": one.higher_is_better,
                "low": one.low,
                "high": one.high,
            }
            for one in several
        ]
    }


def seen_body(seen: Seen) -> dict[str, Json]:
    """Present how often these rows were looked at."""
    return {"models": seen.models, "comparisons": seen.comparisons}


def _scores(scores: Scores) -> dict[str, Json]:
    return {name: measured_body(one) for name, one in scores.items()}


def _memorised(one: Memorised) -> dict[str, Json]:
    return {"memorised": one.rows, "trained_on": one.trained_on}


def _group(what: str, group: PairsOfGroup) -> dict[str, Json]:
    return {what: group.name, "n": group.n, "pairs": [pair_body(pair) for pair in group.pairs]}


def _board_row(row: LeaderboardRow) -> dict[str, Json]:
    return {
        "model": row.model,
        "version": row.version,
        "kind": row.kind,
        "live": row.live,
        "reported": cast("Mapping[str, Json]", row.reported),
        "scores": [
            {"test_set": one.test_set, "threshold": one.threshold, **measured_body(one.measured)} for one in row.scores
        ],
        "rank": None if row.rank_best is None else {"best": row.rank_best, "worst": row.rank_worst},
        "level_with_best": row.level_with_best,
        **_memorised(row.memorised),
        "note": row.note,
    }
