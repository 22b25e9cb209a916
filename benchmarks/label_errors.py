"""Suspected label errors against cleanlab: how well either ranks the labels that reviewers did not uphold.

Five people looked at each label; one with fewer than three votes for it was not
upheld. Cleanlab refuses probabilities that exceed one, so it is given ours,
normalised.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.harness import Line
from benchmarks.peers import Peer
from curiouser.measure import BoolArray, FloatArray, IntArray, find_label_errors, normalised_probabilities

_SHARED = Path(__file__).parents[2] / "shared" / "data"
_NOT_UPHELD = {"mnist": (100, 15), "imdb": (1_310, 725)}
_INDEX = "index_to_filename.json.gz"
"""Which review of IMDB is which row: cleanlab/label-errors, dataset_indexing/imdb_test_set_index_to_filename.json."""


def run() -> Iterator[Line]:
    """Compare on each public set that is beside the checkout."""
    for name in _NOT_UPHELD:
        folder = _SHARED / f"label_errors_{name}"
        if folder.is_dir():
            yield _compared(name, folder)


def _compared(name: str, folder: Path) -> Line:
    labels = np.load(folder / "original_labels.npy").astype(np.int64)
    given = np.load(io.BytesIO(gzip.decompress((folder / "pyx.npy.gz").read_bytes())))
    probabilities, off = normalised_probabilities(given)
    votes = json.loads(gzip.decompress((folder / "mturk.json.gz").read_bytes()))
    wrong = np.array([one["mturk"]["given"] < 3 for one in votes])
    assert (len(votes), int(wrong.sum())) == _NOT_UPHELD[name]
    found = find_label_errors(labels, probabilities)
    peer, flagged = _cleanlab(labels, probabilities)
    places = _places(name, folder, votes)
    if places is None:
        return _flags(name, int(found.suspected.sum()), flagged, off)
    ours = average_precision(found.doubt[places], wrong)
    theirs = {method: average_precision(-score[places], wrong) for method, score in peer.items()}
    best = max(theirs.values())
    return Line(
        name=f"suspected label errors, {name}",
        ours=ours,
        peer=best,
        ratio=ours / best,
        target="ratio >= 1, to six digits, against the best of cleanlab's three rankings",
        holds=ours >= best - 1e-6,
        unit="average precision against the reviewers' votes",
        equal=f"{len(votes):,} labels reviewed and {int(wrong.sum())} not upheld, as published",
        note=_note(theirs, int(found.suspected.sum()), flagged, off),
    )


def _flags(name: str, ours: int, theirs: int, off: float) -> Line:
    """Compare how many are flagged, where nobody says which review is which row."""
    return Line(
        name=f"labels flagged, {name}",
        ours=ours,
        peer=theirs,
        ratio=ours / theirs,
        target="0.9 <= ratio <= 1.1",
        holds=0.9 <= ours / theirs <= 1.1,
        unit="rows",
        equal="reviewed labels and votes as published",
        note=f"ranking left out: {_INDEX} is not beside the data; largest sum was off by {off:.1g}",
    )


def _note(theirs: dict[str, float], ours: int, flagged: int, off: float) -> str:
    said = ", ".join(f"{method} {value:.4f}" for method, value in theirs.items())
    return f"cleanlab 2.9.0: {said}; flagged {ours} and {flagged}; largest sum of probabilities was off by {off:.1g}"


def _cleanlab(labels: IntArray, probabilities: FloatArray) -> tuple[dict[str, FloatArray], int]:
    with tempfile.TemporaryDirectory() as scratch:
        asked, answered = Path(scratch, "asked.npz"), Path(scratch, "answered.npz")
        np.savez(asked, labels=labels, probabilities=probabilities)
        said = Peer("cleanlab").run("rank_labels.py", str(asked), str(answered))
        with np.load(answered) as stored:
            return {method: stored[method] for method in said["methods"]}, said["flagged"]


def _places(name: str, folder: Path, votes: list[dict[str, object]]) -> IntArray | None:
    """Find the row of each review."""
    if name == "mnist":
        return np.array([one["id"] for one in votes], np.int64)
    index = folder / _INDEX
    if not index.exists():
        return None
    files = json.loads(gzip.decompress(index.read_bytes()))
    place = {file.removesuffix(".txt"): row for row, file in enumerate(files)}
    return np.array([place[str(one["id"]).removeprefix("test/")] for one in votes], np.int64)


def average_precision(score: FloatArray, wrong: BoolArray) -> float:
    """Average the precision at each wrong label, the highest score first."""
    hits = wrong[np.argsort(-score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())
