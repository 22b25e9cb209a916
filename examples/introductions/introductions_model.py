"""The fifth version, as our app calls it: ``introductions_model:predict``.

It reads ``models/v5.skops`` beside this file, and ``headings.toml`` through
``features.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from features import PairFeatures, Rows

MODEL = Path(__file__).parent / "models" / "v5.skops"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapModel:
    """Scores a pair by what both texts have in common: versions 2, 3 and 5."""

    features: PairFeatures
    classifier: LogisticRegression

    @classmethod
    def fit(cls, rows: Rows, edition: str, strength: float) -> OverlapModel:
        """Train on rows with ``want``, ``offer`` and ``meet``; a smaller strength holds the weights back more."""
        features = PairFeatures.fit(rows, edition)
        classifier = LogisticRegression(C=strength, max_iter=5000)
        return cls(features=features, classifier=classifier.fit(features.matrix(rows), [row["meet"] for row in rows]))

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """Return ``(n_rows,)``: probability in [0, 1] that the two should meet."""
        probabilities: NDArray[np.float64] = self.classifier.predict_proba(self.features.matrix(rows))
        return probabilities[:, list(self.classifier.classes_).index("yes")]

    def save(self, path: Path) -> None:
        """Write the scikit-learn parts into one .skops file."""
        parts: dict[str, Any] = {field.name: getattr(self.features, field.name) for field in fields(PairFeatures)}
        skops.io.dump({**parts, "classifier": self.classifier}, path)

    @classmethod
    def load(cls, path: Path) -> OverlapModel:
        """Read what ``save`` wrote."""
        parts = skops.io.load(path)
        classifier = parts.pop("classifier")
        return cls(features=PairFeatures(**parts), classifier=classifier)


@cache
def loaded_model() -> OverlapModel:
    """Read the model once."""
    return OverlapModel.load(MODEL)


def predict(rows: Sequence[Mapping[str, str]]) -> list[float]:
    """Return, for each row with ``want`` and ``offer``, the probability that they should meet."""
    return [float(score) for score in loaded_model().score(rows)]
