"""Refreshing every metric of a model on 100,000 rows whose labels changed, against mlflow's evaluate."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.harness import REPEATS, Line, cpu_s
from benchmarks.peers import Peer
from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.workspace import Workspace
from curiouser.workspace.making import make_workspace

_MODELS = 10
TASK = Task(name="bench", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"))


def run() -> Iterator[Line]:
    """Let mlflow fit and evaluate a model; give ours the same labels and scores."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        told = Peer("mlflow").run("evaluate.py", str(root), str(REPEATS))
        label, score = np.load(root / "label.npy"), np.load(root / "score.npy")
        with make_workspace(root / "ours", Configuration(task=TASK), actor="bench") as workspace:
            fill(workspace, label, score)
            scores = workspace.evaluations.evaluate(actor="bench").evaluations[0].scores
            for name in ("roc_auc", "average_precision"):
                assert math.isclose(scores[name].value or 0.0, told[name], rel_tol=0, abs_tol=1e-9)
            seconds = [cpu_s(lambda: workspace.evaluations.evaluate(actor="bench")) for _ in relabelled(workspace)]
    ours, peer = statistics.median(seconds) / _MODELS, statistics.median(told["cpu_s"])
    yield Line(
        name="refresh every metric of a model on 100k relabelled rows",
        ours=ours,
        peer=peer,
        ratio=peer / ours,
        target="ratio >= 20",
        holds=peer / ours >= 20,
        unit="CPU s",
        equal="ROC AUC equals mlflow's and average precision scikit-learn's, to 1e-9",
        note=f"ours: one call of evaluate for {_MODELS} models, a {_MODELS}th of it: loading the rows, reading the"
        f" predictions, {len(scores)} metrics with intervals, writing; peer: mlflow {told['version']} with explanations"
        " off, which also calls a linear model and draws plots, and gives no interval",
    )


def fill(workspace: Workspace, label: np.ndarray, score: np.ndarray) -> None:
    """Commit the rows and add the scores as a model."""
    ids = pl.int_range(len(label), eager=True).cast(pl.String).str.zfill(6)
    rows = pl.DataFrame({"id": ids, "text": ids, "label": pl.Series(np.where(label, "yes", "no"))})
    rows = rows.with_columns(origin=pl.lit("sample"))
    workspace.data.commit("test", upserts=rows, message="rows", actor="bench")
    for model in range(_MODELS):
        # The first has mlflow's scores; the others differ, or they would be one model under many names.
        given = pl.DataFrame({"id": ids, "score": score if model == 0 else score ** (1 + model / 10)})
        workspace.models.add_predictions(f"m{model}", given, actor="bench")


def relabelled(workspace: Workspace) -> Iterator[int]:
    """Change a label, so that no score of before can be looked up, and hand out the turn."""
    for turn in range(REPEATS):
        row = workspace.data.rows("test", ids=[f"{turn:06}"])
        flipped = row.with_columns(label=pl.when(pl.col("label") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")))
        workspace.data.commit("test", upserts=flipped, message="relabel", actor="bench")
        yield turn
