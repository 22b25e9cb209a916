"""Calibration of a real network, against values computed with another library."""

import json
from pathlib import Path

import numpy as np
import pytest

from curiouser.measure import Answers, TaskKind, score_all, seeded


def test_a_real_network_has_the_published_accuracy_loss_and_calibration_error(shared_data: Path) -> None:
    folder = shared_data / "calibration_lenet_cifar10"
    expected = json.loads((folder / "expected.json").read_text())
    with np.load(folder / "lenet-5-cifar-10.npz") as record:
        truth = record["ground_truth"].astype(np.int64)
        probabilities = record["predictions"].astype(np.float64)
    names = [f"class {place}" for place in range(10)]
    answers = Answers(valid=np.ones(len(truth), dtype=bool), probabilities=probabilities)
    scores = score_all(TaskKind.MULTICLASS, truth, answers, rng=seeded("lenet"), classes=names)
    assert scores["accuracy"].value == expected["accuracy"]
    assert scores["log_loss"].value == pytest.approx(expected["nll"], abs=1e-6)
    assert scores["brier"].value == pytest.approx(expected["brier_multiclass"], abs=1e-6)
    assert scores["ece"].value == pytest.approx(expected["ECE_15_plain_numpy_left_closed"], abs=1e-6)
