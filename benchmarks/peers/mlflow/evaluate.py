"""Evaluate a binary classifier with mlflow, explanations off.

Arguments: a folder, and how often to evaluate. Writes ``label.npy`` and
``score.npy`` there; prints the CPU seconds of each time and the metrics.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

ROWS, FEATURES = 100_000, 20


def main(folder: Path, repeats: int) -> None:
    """Fit a linear model, then evaluate it from its artefact."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(ROWS, FEATURES))
    label = (features[:, :5].sum(axis=1) + rng.normal(size=ROWS) * 2 > 0).astype(int)
    names = [f"f{place}" for place in range(FEATURES)]
    frame = pd.DataFrame(features, columns=names)
    model = LogisticRegression().fit(frame, label)
    score = model.predict_proba(frame)[:, 1]
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("bench", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("bench")
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(model, name="model", input_example=frame.head(2))
    seconds, metrics = [], {}
    for _ in range(repeats):
        before = time.process_time()
        metrics = evaluated(logged.model_uri, frame.assign(label=label))
        seconds.append(time.process_time() - before)
    np.save(folder / "label.npy", label)
    np.save(folder / "score.npy", score)
    told = {
        "cpu_s": seconds,
        "roc_auc": float(metrics["roc_auc"]),
        "average_precision": float(average_precision_score(label, score)),
        "metrics": {name: float(value) for name, value in metrics.items()},
        "version": mlflow.__version__,
    }
    print(json.dumps(told))


def evaluated(uri: str, frame: pd.DataFrame) -> dict[str, float]:
    """Run one evaluation with the default evaluator."""
    with mlflow.start_run():
        result = mlflow.models.evaluate(
            uri,
            frame,
            targets="label",
            model_type="classifier",
            evaluators="default",
            evaluator_config={"log_model_explainability": False},
        )
    return dict(result.metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
