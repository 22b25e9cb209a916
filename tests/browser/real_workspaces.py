"""Workspaces of real public data: 77 intents of a bank's customers, and pairs of products, with models and problems.

Run as ``python -m tests.browser.real_workspaces TARGET`` they stay in a folder, ready for ``curiouser serve``.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB, MultinomialNB

from tests.conftest import SHARED_DATA
from tests.terminal import Terminal

Scores = NDArray[np.float64]


def make_intents(root: Path, shared_data: Path) -> Path:
    """Make a workspace of BANKING77: 10,003 and 3,080 rows, 77 classes, three models, three problems."""
    train, test = (_intents(shared_data / "banking77", part) for part in ("train", "test"))
    classes = ",".join(sorted(set(train["category"])))
    made = Terminal.init(root, "--inputs", "text", "--label", "category", task="multiclass", classes=classes)
    _import(made, "train", train)
    _import(made, "test", test)
    _add_intent_models(made, train, test)
    made.body("model", "live", "one-word")
    made.body("evaluate")
    for name, where in {
        "card-arrival-too-broad": 'category == "card_arrival"',
        "top-up-mixed-up": 'contains(category, "top_up")',
        "short-questions": "len(text) < 25",
    }.items():
        made.body("problem", "add", name, "--slice", where, "--harm", "2", "--affected", "1%..4%", "--because", "calls")
    made.body("report", "add", "It sent me to the wrong page", "--input", json.dumps({"text": "where is my card"}))
    made.body("slice", "add", "questions", "--where", 'endswith(text, "?")')
    made.body("compare", "one-word", "two-words")
    return root


def make_products(root: Path, shared_data: Path) -> Path:
    """Make a workspace of product pairs: 5,743 and 1,916 pairs, two models that score them, two problems."""
    train, test = (_pairs(shared_data / "er_abt_buy", part) for part in ("train", "test"))
    made = Terminal.init(root, "--inputs", "left,right", "--label", "same", classes="0,1")
    _import(made, "train", train)
    _import(made, "test", test)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit([*train["left"], *train["right"]])
    left, right = (letters.transform(test[side]) for side in ("left", "right"))
    alike = np.minimum(np.asarray(left.multiply(right).sum(axis=1)).ravel(), 1.0)
    _add_model(made, "words", {"id": test["id"], "score": _shared_words(test)}, "--threshold", "0.3")
    _add_model(made, "letters", {"id": test["id"], "score": alike}, "--threshold", "0.45")
    made.body("model", "live", "words")
    made.body("evaluate")
    made.body("problem", "add", "no-price-left", "--slice", 'contains(left, "COL price VAL  ")', "--harm", "1")
    reason = ("--affected", "2%", "--because", "ten orders")
    made.body("problem", "add", "cameras", "--slice", 'contains(left, "camera")', "--harm", "3", *reason)
    made.body("compare", "words", "letters")
    return root


def _intents(folder: Path, part: str) -> pl.DataFrame:
    rows = pl.read_csv(folder / f"{part}.csv.gz")
    return rows.with_columns(id=pl.Series([f"{part}-{i:05}" for i in range(len(rows))]))


def _pairs(folder: Path, part: str) -> pl.DataFrame:
    with gzip.open(folder / f"{part}.txt.gz", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    frame = pl.DataFrame(rows, schema=["left", "right", "same"], orient="row")
    return frame.with_columns(id=pl.Series([f"{part}-{i:05}" for i in range(len(rows))]))


def _add_intent_models(made: Terminal, train: pl.DataFrame, test: pl.DataFrame) -> None:
    words, pairs = TfidfVectorizer(), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    one = (words.fit_transform(train["text"]), words.transform(test["text"]))
    two = (pairs.fit_transform(train["text"]), pairs.transform(test["text"]))
    labels = train["category"].to_list()
    _add_model(made, "one-word", {"id": test["id"], "prediction": ComplementNB().fit(one[0], labels).predict(one[1])})
    sure = MultinomialNB(alpha=0.1).fit(one[0], labels)
    shares = dict(zip((f"p_{name}" for name in sure.classes_), sure.predict_proba(one[1]).T, strict=True))
    _add_model(made, "one-word-sure", {"id": test["id"], **shares})
    answers = ComplementNB(alpha=0.3).fit(two[0], labels).predict(two[1])
    _add_model(made, "two-words", {"id": test["id"], "prediction": answers})


def _shared_words(frame: pl.DataFrame) -> Scores:
    found = []
    for left, right in frame.select("left", "right").iter_rows():
        a, b = set(left.split()), set(right.split())
        found.append(len(a & b) / len(a | b))
    return np.array(found)


def _import(made: Terminal, dataset: str, rows: pl.DataFrame) -> None:
    path = made.file(f"{dataset}.csv", rows)
    made.body("data", "import", path, "--dataset", dataset, "-m", f"as published: {dataset}")


def _add_model(made: Terminal, name: str, columns: dict[str, Any], *more: str) -> None:
    path = made.file(f"model-{name}.csv", pl.DataFrame(columns))
    made.body("model", "add", name, "--predictions", path, *more)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for folder in (make_intents(target / "banking77", SHARED_DATA), make_products(target / "er_abt_buy", SHARED_DATA)):
        sys.stdout.write(f"{folder}\n")
