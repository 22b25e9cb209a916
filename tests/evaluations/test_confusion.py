"""Which classes are taken for which: counts by true and answered class, for users and over all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix

from curiouser.evaluations import Evaluation
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.surfaces.bodies.evaluations import GRID_IN_BODY, confusion_body, evaluation_body
from tests.evaluations.bench import BINARY, MULTICLASS, REGRESSION, Bench

NAMES = np.array(MULTICLASS.classes)


def rows(labels: Sequence[str | None], origin: list[str] | None = None, **more: list[float]) -> pl.DataFrame:
    n = len(labels)
    columns: dict[str, Sequence[object]] = {
        "id": [f"r{i:04}" for i in range(n)],
        "text": [f"text {i}" for i in range(n)],
        "label": labels,
    }
    columns |= {"origin": origin or ["sample"] * n, **more}
    return pl.DataFrame(columns, schema_overrides={"label": pl.String})


def predictions(given: list[str], column: str = "prediction") -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{i:04}" for i in range(len(given))], column: given})


def evaluated(folder: Path, test_rows: pl.DataFrame, given: pl.DataFrame, task: Task, **how: float) -> Evaluation:
    bench = Bench(folder, task)
    bench.commit(test_rows)
    bench.file_model("m", given, **how)
    return bench.evaluation("m")


def test_a_binary_confusion_matrix_is_scikit_learns_at_the_models_threshold(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, 300), rng.integers(0, 21, 300) / 20
    labels = [("no", "yes")[one] for one in truth]
    given = pl.DataFrame({"id": [f"r{i:04}" for i in range(300)], "score": scores})
    one = evaluated(tmp_path, rows(labels), given, BINARY, threshold=0.4).confusion
    assert one.classes == ("no", "yes")
    assert np.array(one.counts).tolist() == confusion_matrix(truth, scores >= 0.4).tolist()
    assert (one.n, one.missing, one.reason) == (300, 0, None)


def test_several_classes_are_in_the_order_of_the_configuration_also_those_nobody_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth, given = NAMES[rng.integers(0, 2, 200)], NAMES[rng.integers(0, 3, 200)]
    one = evaluated(tmp_path, rows(truth.tolist()), predictions(given.tolist()), MULTICLASS).confusion
    expected = confusion_matrix(truth, given, labels=MULTICLASS.classes)
    assert np.array(one.counts).tolist() == expected.tolist()
    assert one.counts[2] == (0, 0, 0)
    wrong = sorted(((expected[a, b], expected[a].sum()) for a in range(3) for b in range(3) if a != b), reverse=True)
    assert [(pair.count, pair.of) for pair in one.most_confused] == [pair for pair in wrong if pair[0]]


def test_the_headline_is_about_users_and_all_rows_stand_beside_it(tmp_path: Path) -> None:
    labels: list[str | None] = ["a", "b", "c", "a", None]
    test_rows = rows(labels, ["sample", "sample", "pattern", "pattern", "sample"])
    one = evaluated(tmp_path, test_rows, predictions(["a", "a", "a", "a", "a"]), MULTICLASS)
    assert one.confusion.counts == ((1, 0, 0), (1, 0, 0), (0, 0, 0))
    assert one.confusion_all.counts == ((2, 0, 0), (1, 0, 0), (1, 0, 0))
    assert (one.confusion.n, one.confusion_all.n) == (2, 4)


def test_rows_without_an_answer_are_counted_beside_it_and_weights_play_no_part(tmp_path: Path) -> None:
    test_rows = rows(["a", "b", "c"], weight=[1.0, 9.0, 2.0])
    one = evaluated(tmp_path, test_rows, predictions(["a", "b"]), MULTICLASS).confusion
    assert (one.n, one.missing) == (2, 1)
    assert one.counts == ((1, 0, 0), (0, 1, 0), (0, 0, 0))
    assert one.most_confused == ()


def test_without_classes_there_is_none_and_it_says_why(tmp_path: Path) -> None:
    numbers = pl.DataFrame({"id": ["1", "2"], "text": ["x", "y"], "label": [1.0, 2.0]})
    given = pl.DataFrame({"id": ["1", "2"], "prediction": [1.0, 2.0]})
    regression = evaluated(tmp_path / "regression", numbers, given, REGRESSION)
    assert regression.confusion.reason == "a regression task has no classes"
    assert evaluation_body(regression)["confusion"] == {
        "classes": [], "counts": None, "n": 0, "missing": 0, "most_confused": [],
        "reason": "a regression task has no classes",
    }  # fmt: skip


def test_a_score_without_a_threshold_names_no_class(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(rows(["no"]))
    bench.file_model("m", pl.DataFrame({"id": ["r0000"], "score": [0.5]}))
    model, test_set = bench.models.get("m"), bench.evaluations.test_set()
    assert bench.evaluations.confusion(model, test_set).counts == ((0, 1), (0, 0))
    uncut = bench.evaluations.confusion(replace(model, threshold=None), test_set)
    assert (uncut.n, uncut.reason) == (0, "the model gives a score and no class: set its threshold")


def test_without_rows_it_says_so(tmp_path: Path) -> None:
    one = evaluated(tmp_path, rows(["a"], ["pattern"]), predictions(["a"]), MULTICLASS)
    assert (one.confusion.n, one.confusion.reason) == (0, "no rows were scored")
    assert one.confusion_all.n == 1


@pytest.mark.parametrize(("classes", "drawn"), [(GRID_IN_BODY, True), (GRID_IN_BODY + 1, False)])
def test_a_grid_that_nobody_could_read_is_left_out_and_the_most_confused_pairs_are_not(
    tmp_path: Path, classes: int, *, drawn: bool
) -> None:
    names = tuple(f"c{i:03}" for i in range(classes))
    task = Task(name="many", kind=TaskKind.MULTICLASS, inputs=("text",), label="label", classes=names)
    one = evaluated(tmp_path, rows(["c000", "c000", "c001"]), predictions(["c001", "c001", "c001"]), task)
    body = confusion_body(one.confusion)
    assert (body["counts"] is not None) is drawn
    assert ("reason" in body) is not drawn
    assert body["most_confused"] == [{"truth": "c000", "answer": "c001", "count": 2, "of": 2}]
