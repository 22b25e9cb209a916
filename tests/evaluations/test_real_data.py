"""Real data with known answers, read in place: intents, product pairs, a hundred runs of which only scores remain."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics as reference
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.neighbors import NearestCentroid
from statsmodels.stats.contingency_tables import mcnemar

from curiouser.evaluations import Memorised
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure import holm
from curiouser.models import ReportedOnlyError
from tests.evaluations.bench import ACTOR, Bench
from tests.nightly import NIGHTLY


def close(found: float | None, expected: float) -> bool:
    return found is not None and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


# --- banking77: 77 intents, five versions ---


@pytest.fixture(scope="module")
def intents(shared_data: Path) -> dict[str, pl.DataFrame]:
    folder = shared_data / "banking77"
    found = {}
    for part in ("train", "test"):
        rows = pl.read_csv(folder / f"{part}.csv.gz")
        found[part] = rows.with_columns(id=pl.Series([f"{part}-{i:05}" for i in range(len(rows))]))
    return found


SOLVER, ITS_NOISE = ("lbfgs", 5e-5) if NIGHTLY else ("newton-cg", 2e-3)
"""The baseline of the README was fitted by L-BFGS, which takes half a minute and stops short of the optimum."""


def intent_versions(intents: dict[str, pl.DataFrame]) -> dict[str, Any]:
    train, test = intents["train"], intents["test"]
    words, pairs = TfidfVectorizer(), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    one_word = (words.fit_transform(train["text"].to_list()), words.transform(test["text"].to_list()))
    two_words = (pairs.fit_transform(train["text"].to_list()), pairs.transform(test["text"].to_list()))
    labels = train["category"].to_list()
    return {
        "v1": MultinomialNB().fit(one_word[0], labels).predict(one_word[1]),
        "v2": NearestCentroid().fit(one_word[0], labels).predict(one_word[1]),
        "v3": ComplementNB().fit(one_word[0], labels).predict(one_word[1]),
        "v4": ComplementNB(alpha=0.3).fit(two_words[0], labels).predict(two_words[1]),
        "v5": LogisticRegression(C=10, max_iter=1000, solver=SOLVER).fit(two_words[0].astype(np.float32), labels),
        "features": two_words[1],
    }


@pytest.mark.timeout(900)
def test_banking77_the_baseline_scores_what_its_readme_says_and_five_versions_are_told_apart(
    tmp_path: Path, intents: dict[str, pl.DataFrame]
) -> None:
    test = intents["test"]
    made = intent_versions(intents)
    baseline, features = made.pop("v5"), made.pop("features")
    classes = tuple(baseline.classes_)
    bench = Bench(
        tmp_path, Task(name="intent", kind=TaskKind.MULTICLASS, inputs=("text",), label="category", classes=classes)
    )
    bench.commit(test)
    for name, answered in made.items():
        bench.file_model(name, pl.DataFrame({"id": test["id"], "prediction": answered.astype(str)}))
    given_p = baseline.predict_proba(features)
    columns = {f"p_{name}": given_p[:, place] for place, name in enumerate(classes)}
    bench.file_model("v5", pl.DataFrame({"id": test["id"], **columns}))
    made["v5"] = baseline.predict(features)

    run = bench.evaluate()
    truth = test["category"].to_numpy()
    scores = {one.model: one.scores for one in run.evaluations}
    assert scores["v5"]["accuracy"].value == pytest.approx(0.8938, abs=ITS_NOISE)
    for name, answered in made.items():
        assert close(scores[name]["accuracy"].value, reference.accuracy_score(truth, answered))
        assert close(scores[name]["macro_f1"].value, reference.f1_score(truth, answered, average="macro"))
    assert close(scores["v5"]["log_loss"].value, reference.log_loss(truth, given_p, labels=classes))
    top_3 = reference.top_k_accuracy_score(truth, given_p, k=3, labels=classes)
    assert close(scores["v5"]["top_3_accuracy"].value, top_3)
    assert scores["v1"]["log_loss"].value is None

    names = ["v1", "v2", "v3", "v4", "v5"]
    pairs = bench.evaluations.compare(names, actor=ACTOR).pairs
    expected = []
    for a, b in combinations(names, 2):
        right_a, right_b = made[a] == truth, made[b] == truth
        only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
        expected.append(float(stats.binomtest(only_a, only_a + only_b).pvalue))
    assert [close(pair.paired.p_value, p) for pair, p in zip(pairs, expected, strict=True)] == [True] * 10
    assert [pair.p_adjusted for pair in pairs] == holm([pair.paired.p_value for pair in pairs])
    board = bench.evaluations.leaderboard()
    assert board.models[0].model == "v5"


def test_banking77_test_rows_that_also_stand_in_train_are_told_on_every_model(
    tmp_path: Path, intents: dict[str, pl.DataFrame]
) -> None:
    train, test = intents["train"], intents["test"]
    stripped = [set(part["text"].str.to_lowercase().str.strip_chars()) for part in (train, test)]
    assert len(stripped[0] & stripped[1]) == 6  # what the README of the data counts

    classes = tuple(sorted(train["category"].unique()))
    bench = Bench(
        tmp_path, Task(name="intent", kind=TaskKind.MULTICLASS, inputs=("text",), label="category", classes=classes)
    )
    bench.commit(test)
    bench.file_model("m", test.select("id", prediction="category"))
    assert bench.evaluation("m").memorised == Memorised(rows=None, trained_on=None)
    trained_on = f"train@{bench.train(train)}"
    expected = Memorised(rows=7, trained_on=trained_on)  # one more, where a space within is doubled
    note = f"7 of 3,080 test rows stand in the training data of m ({trained_on[:14]})"
    run, board = bench.evaluate("m"), bench.evaluations.leaderboard()
    assert (run.evaluations[0].memorised, board.models[0].memorised) == (expected, expected)
    assert [said.partition(":")[0] for said in (*run.notes, *board.notes)].count(note) == 2


# --- er_abt_buy: product pairs, two models of different features and thresholds ---

_PRICE = re.compile(r"COL price VAL\s*([\d.]+)")
PAIRS = Task(name="same", kind=TaskKind.BINARY, inputs=("left", "right"), label="same", classes=("0", "1"))


def product_pairs(path: Path) -> pl.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    frame = pl.DataFrame(rows, schema=["left", "right", "same"], orient="row")
    return frame.with_columns(id=pl.Series([f"p{i:04}" for i in range(len(rows))]))


def overlap(frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = []
    for left, right in frame.select("left", "right").iter_rows():
        a, b = set(left.split()), set(right.split())
        found.append(len(a & b) / len(a | b))
    return np.array(found)


def likeness(train: pl.DataFrame, frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit(
        train["left"].to_list() + train["right"].to_list()
    )
    left, right = features.transform(frame["left"].to_list()), features.transform(frame["right"].to_list())
    found = np.asarray(left.multiply(right).sum(axis=1), np.float64).ravel()
    return np.minimum(found, 1.0)


def test_er_abt_buy_two_models_of_different_features_and_thresholds_are_compared_exactly(
    tmp_path: Path, shared_data: Path
) -> None:
    train, test = (product_pairs(shared_data / "er_abt_buy" / f"{part}.txt.gz") for part in ("train", "test"))
    truth = test["same"].to_numpy() == "1"
    scores = {"words": (overlap(test), 0.30), "letters": (likeness(train, test), 0.45)}
    bench = Bench(tmp_path, PAIRS)
    bench.commit(test)
    for name, (given, threshold) in scores.items():
        bench.file_model(name, pl.DataFrame({"id": test["id"], "score": given}), threshold=threshold)
    where = 'contains(left, "COL price VAL  ")'
    run = bench.evaluate(slices=[where])
    for one in run.evaluations:
        given, threshold = scores[one.model]
        assert close(one.scores["accuracy"].value, reference.accuracy_score(truth, given >= threshold))
        assert close(one.scores["f1"].value, reference.f1_score(truth, given >= threshold))
        assert close(one.scores["roc_auc"].value, reference.roc_auc_score(truth, given))
        assert close(one.scores["average_precision"].value, reference.average_precision_score(truth, given))
        [sliced] = one.slices.values()
        chosen = test["left"].str.contains("COL price VAL  ", literal=True).to_numpy()
        assert sliced["accuracy"].n == chosen.sum()
        assert close(sliced["accuracy"].value, float(((given >= threshold) == truth)[chosen].mean()))
    right = {name: (given >= threshold) == truth for name, (given, threshold) in scores.items()}
    only_a = int((right["words"] & ~right["letters"]).sum())
    only_b = int((right["letters"] & ~right["words"]).sum())
    [pair] = bench.evaluations.compare(["words", "letters"], actor=ACTOR).pairs
    assert (pair.paired.negative_flips, pair.paired.positive_flips) == (only_a, only_b)
    assert close(pair.paired.p_value, stats.binomtest(only_a, only_a + only_b).pvalue)
    assert close(pair.paired.p_value, mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue)


# --- hans_100_bert_runs: only reported scores remain ---


def test_a_hundred_runs_stand_on_the_board_as_reported_and_are_not_compared(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "hans_100_bert_runs" / "accuracies_by_run.csv.gz"
    with gzip.open(source, "rt", encoding="utf-8-sig", newline="") as file:
        runs = [row for row in csv.DictReader(file) if re.fullmatch(r"Run \d+", row["Run"])]
    assert len(runs) == 100
    task = Task(
        name="entailment", kind=TaskKind.BINARY, inputs=("premise", "hypothesis"), label="label", classes=("no", "yes")
    )
    bench = Bench(tmp_path, task)
    bench.commit(pl.DataFrame({"id": ["1"], "premise": ["a"], "hypothesis": ["b"], "label": ["yes"]}))
    for run in runs:
        slice_score = {"metric": "accuracy", "value": float(run["Lexical (nonent)"]), "slice": "Lexical (nonent)"}
        headline = {"metric": "accuracy", "value": float(run["MNLI dev acc."]), "test_set": "MNLI dev"}
        path = tmp_path / "reported.json"
        path.write_text(json.dumps([headline, slice_score]), encoding="utf-8")
        bench.models.add_reported(run["Run"].lower().replace(" ", "-"), path, actor=ACTOR)
    board = bench.evaluations.leaderboard(limit=100)
    assert len(board.models) == 100
    assert {row.note for row in board.models} == {"reported"}
    assert {row.rank_best for row in board.models} == {None}
    values = [float(str(row.reported["accuracy"]["value"])) for row in board.models]
    assert 0.8366 <= min(values) <= max(values) <= 0.8478
    with pytest.raises(ReportedOnlyError, match="'run-0' can't be compared: only reported scores of it remain"):
        bench.evaluations.compare(["run-0", "run-1"], actor=ACTOR)
