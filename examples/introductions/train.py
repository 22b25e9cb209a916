"""Train the five versions of the model, as a small team did between September and December 2019.

``python train.py`` trains all of them, ``--version 2`` one; ``--data`` is the
folder with ``train.csv`` and its sisters, ``--into`` the folder that receives
``v1.skops``, ``v4.skops`` and ``v5.skops`` and, of the versions that are handed
over as files, ``v2.csv`` and ``v3.csv``: their answers to ``test-2019-10.csv``.

``python train.py --version 2 --answer ROWS.csv --into ANSWERS.csv`` trains a
version again and answers other rows.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import skops.io
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from introductions_model import OverlapModel

HERE = Path(__file__).parent
VERSIONS = (1, 2, 3, 4, 5)
HANDED_OVER_AS_FILES = (2, 3)
Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class WordsModel:
    """A scikit-learn pipeline that reads both columns by name: versions 1 and 4."""

    pipeline: Pipeline

    @classmethod
    def fit(cls, rows: Rows, texts: CountVectorizer, classifier: object) -> WordsModel:
        """Train on rows with ``want``, ``offer`` and ``meet``."""
        both = ColumnTransformer([("want", texts, "want"), ("offer", texts, "offer")])
        pipeline = Pipeline([("texts", both), ("classifier", classifier)])
        return cls(pipeline.fit(_frame(rows), [row["meet"] for row in rows]))

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """Return ``(n_rows,)``: probability in [0, 1] that the two should meet."""
        probabilities: NDArray[np.float64] = self.pipeline.predict_proba(_frame(rows))
        return probabilities[:, list(self.pipeline.classes_).index("yes")]

    def save(self, path: Path) -> None:
        """Write the pipeline into a .skops file."""
        skops.io.dump(self.pipeline, path)


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame({name: [row[name] for row in rows] for name in ("want", "offer")})


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def train(version: int, data: Path) -> WordsModel | OverlapModel:
    """Train one version.

    Args:
        version: 1 is a bag of words. 2 looks at overlap and headings. 3 is 2,
            with its weights held back less. 4 is seven trees that know every
            training row by heart, the patterns of one problem among them. 5 is 2 with the headings
            of November and the rows that were labelled for the problems.
        data: Folder with the CSV files.

    Raises:
        ValueError: There is no such version.
    """
    rows = read_rows(data / "train.csv")
    if version == 1:
        return WordsModel.fit(rows, TfidfVectorizer(), LogisticRegression(C=3.0))
    if version == 2:
        return OverlapModel.fit(rows, "september", strength=2.0)
    if version == 3:
        return OverlapModel.fit(rows, "september", strength=6.0)
    if version == 4:
        # Words are counted, not weighed, and an odd number of trees votes: the same answers on every processor.
        trees = RandomForestClassifier(7, bootstrap=False, random_state=4)
        return WordsModel.fit([*rows, *read_rows(data / "train-v4.csv")], CountVectorizer(binary=True), trees)
    if version == 5:
        return OverlapModel.fit([*rows, *read_rows(data / "targeted.csv")], "november", strength=2.0)
    raise ValueError(f"there is no version {version}; train one of {', '.join(map(str, VERSIONS))}")


def write_answers(model: WordsModel | OverlapModel, rows: Rows, path: Path) -> None:
    """Write a predictions file with ``id`` and ``score``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "score"])
        scores = model.score(rows).tolist()
        writer.writerows([row["id"], score] for row, score in zip(rows, scores, strict=True))


def main() -> None:
    """Read the command line, then train, save and answer."""
    parser = argparse.ArgumentParser(description="Train the versions of the introductions model.")
    parser.add_argument("--version", type=int, choices=VERSIONS, help="train this one only")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder with the training data")
    parser.add_argument("--answer", type=Path, metavar="ROWS", help="answer the rows of this CSV file")
    parser.add_argument("--into", type=Path, default=HERE / "models", help="folder for models, or file for answers")
    asked = parser.parse_args()
    if asked.answer:
        if asked.version is None:
            parser.error("--answer needs --version")
        write_answers(train(asked.version, asked.data), read_rows(asked.answer), asked.into)
        return
    asked.into.mkdir(parents=True, exist_ok=True)
    for version in [asked.version] if asked.version else VERSIONS:
        model = train(version, asked.data)
        if version in HANDED_OVER_AS_FILES:
            write_answers(model, read_rows(asked.data / "test-2019-10.csv"), asked.into / f"v{version}.csv")
        else:
            model.save(asked.into / f"v{version}.skops")


if __name__ == "__main__":
    main()
