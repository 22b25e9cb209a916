"""Evaluating: only unknown inputs are asked, the headline is about users, nothing is invented."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from sqlalchemy import text

from curiouser.evaluations import Evaluation
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import ModelName
from curiouser.models import ReportedOnlyError
from tests.evaluations.bench import ACTOR, BINARY, MULTICLASS, REGRESSION, Bench


def value(one: Evaluation, metric: str) -> float | None:
    return one.scores[metric].value


def close(found: float | None, expected: float) -> bool:
    return found is not None and math.isclose(found, expected, rel_tol=0, abs_tol=1e-9)


def binary_rows(labels: list[str | None], **more: list[object]) -> pl.DataFrame:
    n = len(labels)
    columns = {"id": [f"r{i:04}" for i in range(n)], "text": [f"text {i}" for i in range(n)], "label": labels, **more}
    return pl.DataFrame(columns, schema_overrides={"label": pl.String})


def scored(scores: list[float], ids: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame({"id": ids or [f"r{i:04}" for i in range(len(scores))], "score": scores})


# --- agreement with scikit-learn, through a real workspace ---


def test_binary_metrics_agree_with_scikit_learn_also_with_ties(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, 300), rng.integers(1, 20, 300) / 20
    bench = Bench(tmp_path)
    bench.commit(binary_rows([("no", "yes")[one] for one in truth]))
    bench.file_model("m", scored(scores.tolist()), threshold=0.4)
    one, answered = bench.evaluation("m"), scores >= 0.4
    assert close(value(one, "accuracy"), reference.accuracy_score(truth, answered))
    assert close(value(one, "balanced_accuracy"), reference.balanced_accuracy_score(truth, answered))
    assert close(value(one, "precision"), reference.precision_score(truth, answered))
    assert close(value(one, "recall"), reference.recall_score(truth, answered))
    assert close(value(one, "f1"), reference.f1_score(truth, answered))
    assert close(value(one, "f2"), reference.fbeta_score(truth, answered, beta=2))
    assert close(value(one, "roc_auc"), reference.roc_auc_score(truth, scores))
    assert close(value(one, "average_precision"), reference.average_precision_score(truth, scores))
    assert close(value(one, "log_loss"), reference.log_loss(truth, scores))
    assert close(value(one, "brier"), reference.brier_score_loss(truth, scores))
    assert one.complete
    assert (one.n, one.missing) == (300, 0)


def test_multiclass_metrics_agree_with_scikit_learn_also_where_a_class_never_occurs(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 200)  # the class "c" never occurs, and is answered all the same
    given_p = rng.dirichlet([1, 1, 1], 200)
    bench = Bench(tmp_path, MULTICLASS)
    bench.commit(binary_rows([MULTICLASS.classes[one] for one in truth]))
    frame = pl.DataFrame(
        {"id": [f"r{i:04}" for i in range(200)]} | {f"p_{n}": given_p[:, i] for i, n in enumerate("abc")}
    )
    bench.file_model("m", frame)
    one, answered = bench.evaluation("m"), given_p.argmax(axis=1)
    assert close(value(one, "accuracy"), reference.accuracy_score(truth, answered))
    assert close(value(one, "micro_f1"), reference.f1_score(truth, answered, average="micro"))
    assert close(value(one, "log_loss"), reference.log_loss(truth, given_p, labels=[0, 1, 2]))
    for code, name in enumerate(("a", "b")):
        recall = reference.recall_score(truth, answered, labels=[code], average="macro")
        assert close(value(one, f"recall[{name}]"), recall)
    assert value(one, "recall[c]") is None
    assert one.scores["recall[c]"].reason


def test_regression_metrics_agree_with_scikit_learn(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(size=150).round(1)
    answered = truth + rng.normal(size=150).round(1)
    bench = Bench(tmp_path, REGRESSION)
    ids = [f"r{i:04}" for i in range(150)]
    bench.commit(pl.DataFrame({"id": ids, "text": ids, "label": truth}))
    bench.file_model("m", pl.DataFrame({"id": ids, "prediction": answered}))
    one = bench.evaluation("m")
    assert close(value(one, "mae"), reference.mean_absolute_error(truth, answered))
    assert close(value(one, "rmse"), reference.root_mean_squared_error(truth, answered))
    assert close(value(one, "r2"), reference.r2_score(truth, answered))
    assert close(value(one, "median_absolute_error"), reference.median_absolute_error(truth, answered))
    assert close(value(one, "within_tolerance"), float(np.mean(np.abs(answered - truth) <= 0.5)))


def test_one_class_only_leaves_ranking_undefined_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["no", "no", "no"]))
    bench.file_model("m", scored([0.1, 0.9, 0.3]))
    one = bench.evaluation("m")
    assert close(value(one, "accuracy"), 2 / 3)
    assert value(one, "roc_auc") is None
    assert "positive" in (one.scores["roc_auc"].reason or "")


def test_a_single_row_is_scored_with_a_wide_interval(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes"]))
    bench.file_model("m", scored([0.9]))
    accuracy = bench.evaluation("m").scores["accuracy"]
    assert (accuracy.value, accuracy.n) == (1.0, 1)
    assert accuracy.low is not None
    assert accuracy.low < 0.5


def test_a_test_set_without_labels_scores_nothing_and_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes"]))
    bench.file_model("m", scored([0.9]))
    bench.commit(binary_rows([None]))
    run = bench.evaluate("m")
    assert run.unlabelled == 1
    accuracy = run.evaluations[0].scores["accuracy"]
    assert (accuracy.value, accuracy.n, accuracy.reason) == (
        None,
        0,
        "no row has a label, so no answer can be right or wrong",
    )


def test_a_test_set_that_lost_all_its_rows_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no"]))
    bench.file_model("m", scored([0.9, 0.1]))
    bench.file_model("other", scored([0.1, 0.1]))
    bench.data.commit("test", deletes=["r0000", "r0001"], message="gone", actor=ACTOR)
    run = bench.evaluate()
    accuracy = run.evaluations[0].scores["accuracy"]
    assert (run.rows, accuracy.value, accuracy.n) == (0, None, 0)
    assert "no rows" in (accuracy.reason or "")
    assert bench.evaluations.compare(["m", "other"], actor=ACTOR).pairs[0].verdict is None
    assert [row.rank_best for row in bench.evaluations.leaderboard().models] == [None, None]


def test_one_import_or_many_commits_the_same_rows_give_the_same_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    rows = binary_rows([("no", "yes")[one] for one in rng.integers(0, 2, 50)])
    predictions = scored(rng.random(50).round(1).tolist())
    found = []
    for name, sizes in (("whole", [50]), ("parts", [7, 20, 3, 20])):
        bench = Bench(tmp_path / name)
        start = 0
        for size in sizes:
            bench.commit(rows[start : start + size])
            start += size
        bench.file_model("m", predictions)
        found.append(bench.evaluation("m"))
    assert found[0].data_commit != found[1].data_commit
    assert found[0].scores == found[1].scores
    assert found[0].all_rows == found[1].all_rows


# --- what the headline is about ---


def test_the_headline_is_over_rows_drawn_from_users_and_all_rows_stand_beside_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "yes", "no", "no"], origin=["sample", "sample", "pattern", "pattern"]))
    bench.file_model("m", scored([0.9, 0.9, 0.9, 0.9]))
    one = bench.evaluation("m")
    assert (value(one, "accuracy"), one.scores["accuracy"].n) == (1.0, 2)
    assert (one.all_rows["accuracy"].value, one.all_rows["accuracy"].n) == (0.5, 4)


def test_without_a_row_drawn_from_users_there_is_no_score_and_no_verdict(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no"], origin=["pattern", "pattern"]))
    bench.file_model("a", scored([0.9, 0.1]))
    bench.file_model("b", scored([0.1, 0.9]))
    run = bench.evaluate()
    assert [one.scores["accuracy"].value for one in run.evaluations] == [None, None]
    assert "drawn from users" in (run.evaluations[0].scores["accuracy"].reason or "")
    assert [one.all_rows["accuracy"].value for one in run.evaluations] == [1.0, 0.0]
    made = bench.evaluations.compare(["a", "b"], actor=ACTOR)
    assert made.pairs[0].verdict is None
    assert any("drawn from users" in note for note in made.notes)
    board = bench.evaluations.leaderboard()
    assert [row.rank_best for row in board.models] == [None, None]


def test_weights_count_in_the_headline(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "yes", "no"], weight=[3.0, 1.0, 1.0]))
    bench.file_model("m", scored([0.9, 0.1, 0.1]))
    one = bench.evaluation("m")
    assert close(value(one, "accuracy"), 4 / 5)
    assert close(one.all_rows["accuracy"].value, 2 / 3)


def test_rows_of_one_user_widen_the_interval(tmp_path: Path) -> None:
    labels: list[str | None] = ["yes"] * 60
    scores = [0.9 if user % 3 else 0.1 for user in range(12) for _ in range(5)]
    users = [f"u{user}" for user in range(12) for _ in range(5)]
    alone, shared = Bench(tmp_path / "alone"), Bench(tmp_path / "shared", task_with_user())
    for bench in (alone, shared):
        bench.commit(binary_rows(labels, user=list(users)))
        bench.file_model("m", scored(scores))
    narrow, wide = alone.evaluation("m").scores["accuracy"], shared.evaluation("m").scores["accuracy"]
    assert narrow.value == wide.value
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < narrow.low


def task_with_user() -> Task:
    return Task(name="meet", kind=TaskKind.BINARY, inputs=("text",), label="label", classes=("no", "yes"), user="user")


# --- incomplete models ---


def test_an_incomplete_model_has_no_score_until_its_predictions_come(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no", "yes"]))
    bench.file_model("m", scored([0.9, 0.1]))
    one = bench.evaluation("m")
    assert (one.complete, one.n, one.missing) == (False, 2, 1)
    accuracy = one.scores["accuracy"]
    assert (accuracy.value, accuracy.missing, accuracy.reason) == (None, 1, "needs 1 prediction")
    bench.models.update("m", scored([0.8], ["r0002"]), actor=ACTOR)
    assert value(bench.evaluation("m"), "accuracy") == 1.0


def test_missing_patterns_leave_the_headline_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no", "no"], origin=["sample", "sample", "pattern"]))
    bench.file_model("m", scored([0.9, 0.1]))
    one = bench.evaluation("m")
    assert (one.complete, one.missing) == (False, 1)
    assert value(one, "accuracy") == 1.0
    assert one.all_rows["accuracy"].reason == "needs 1 prediction"


# --- what is kept ---


def stored(bench: Bench) -> list[tuple[object, ...]]:
    with bench.database.read() as connection:
        evaluations = connection.execute(text("SELECT * FROM evaluation ORDER BY id")).all()
        scores = connection.execute(text("SELECT * FROM score ORDER BY evaluation, slice, metric")).all()
    return [tuple(row) for row in (*evaluations, *scores)]


def test_the_same_evaluation_is_computed_and_written_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no", "no"]))
    bench.file_model("m", scored([0.9, 0.1, 0.6]))
    first = bench.evaluation("m")
    before = stored(bench)
    assert bench.evaluation("m") == first
    assert stored(bench) == before
    assert before


def test_what_was_scored_then_stays_as_it_was(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no", "no"]))
    bench.file_model("m", scored([0.9, 0.1, 0.6]))
    bench.evaluate()
    before = set(stored(bench))
    bench.commit(binary_rows(["no", "no", "yes"]))
    bench.models.set_threshold("m", 0.95, actor=ACTOR)
    bench.evaluate()
    assert before < set(stored(bench))


def test_another_threshold_is_another_evaluation_of_the_same_predictions(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes", "no", "no"]))
    bench.file_model("m", scored([0.9, 0.1, 0.6]))
    assert close(value(bench.evaluation("m"), "accuracy"), 2 / 3)
    bench.models.set_threshold("m", 0.6, actor=ACTOR)
    assert close(value(bench.evaluation("m"), "accuracy"), 2 / 3)  # 0.6 >= 0.6 is positive
    bench.models.set_threshold("m", 0.61, actor=ACTOR)
    assert value(bench.evaluation("m"), "accuracy") == 1.0


def test_a_reported_model_is_not_evaluated(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes"]))
    bench.models.add_reported("lost", {"accuracy": 0.9}, actor=ACTOR)
    run = bench.evaluate()
    assert run.evaluations == ()
    assert any("reported scores only" in note for note in run.notes)
    with pytest.raises(ReportedOnlyError, match="evaluated"):
        bench.evaluate("lost")


# --- the same rows give the same numbers, whatever they are called ---


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_order_and_names_of_rows_and_users_change_no_number(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, scores = rng.integers(0, 2, 40), rng.random(40).round(2)
    users = rng.integers(0, 15, 40)
    found = []
    for turn in range(2):
        names = rng.permutation(40)
        new_users = rng.permutation(15)[users]
        bench = Bench(tmp_path / f"{seed}-{turn}", task_with_user())
        rows = pl.DataFrame(
            {
                "id": [f"é{one}" for one in names],
                "text": [f"text {one}" for one in names],
                "label": [("no", "yes")[one] for one in truth],
                "user": [f"u{one}" for one in new_users],
            }
        )
        predictions = pl.DataFrame({"id": rows["id"], "score": scores})
        bench.commit(rows.sample(fraction=1, shuffle=True, seed=turn))
        bench.file_model("m", predictions)
        bench.file_model("other", predictions.with_columns(score=1 - pl.col("score")))
        one = bench.evaluation("m")
        pair = bench.evaluations.compare(["m", "other"], metric="f1", actor=ACTOR).pairs[0]
        found.append((dict(one.scores), dict(one.all_rows), pair.paired, pair.p_adjusted))
        bench.database.close()
    assert found[0] == found[1]


def test_names_of_models_are_given_to_the_reader_as_they_are(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.commit(binary_rows(["yes"]))
    bench.file_model(ModelName("modèle-3.1"), scored([0.9]))
    assert [one.model for one in bench.evaluate().evaluations] == ["modèle-3.1"]
    assert BINARY.positive == "yes"
