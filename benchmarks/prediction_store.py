"""Reading cached predictions of 20 models on a million rows, and what a prediction costs on disk."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import text

from benchmarks.harness import REPEATS, Line, cpu_s
from benchmarks.peers import Peer
from curiouser.data import value_hashes
from curiouser.models import PredictionStore
from curiouser.storage import Database

_MILLION = 1_000_000
_MODELS = 20
_CONTENT = "c" * 64


def run() -> Iterator[Line]:
    """Fill a store and the peer's files in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield reading(Path(folder))
        yield interning(Path(folder))
        yield from sizes(Path(folder))


def reading(folder: Path) -> Line:
    """Read every model's million scores, ours from chunks, the peer's by a hash join over Parquet."""
    frame = rows()
    store = opened(folder / "read.db")
    # The store met the rows in another order than the test set has now: the gather is not a plain copy.
    store.intern(frame.sample(fraction=1, shuffle=True, seed=1), ["text"])
    keys = store.keys_for(_CONTENT, ("text",), lambda: frame)
    rng, scores = np.random.default_rng(0), []
    shuffled = write_peer_inputs(folder, frame)
    for model in range(_MODELS):
        scores.append(rng.random(_MILLION))
        store.write(name_of(model), keys, {"score": scores[-1]})
        given = shuffled.with_columns(score=pl.Series(scores[-1][shuffled["place"].to_numpy()])).drop("place")
        given.write_parquet(folder / f"model-{model}.parquet", compression="snappy")
    peer = Peer("duckdb")
    told = peer.run("read_predictions.py", str(folder), str(_MODELS), "save")
    for model in range(_MODELS):
        assert np.array_equal(store.read(name_of(model), keys).columns["score"], scores[model])
        assert np.array_equal(np.load(folder / f"duckdb-{model}.npy"), scores[model])
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        seconds[0].append(cpu_s(lambda: read_all(store)))
        seconds[1].append(float(peer.run("read_predictions.py", str(folder), str(_MODELS))["cpu_s"]))
    ours, theirs = (statistics.median(some) for some in seconds)
    return Line(
        name=f"read {_MODELS} models x 1M cached predictions",
        ours=ours,
        peer=theirs,
        ratio=theirs / ours,
        target="ratio >= 2",
        holds=theirs / ours >= 2,
        unit="CPU s",
        equal="all 20M scores equal, bit by bit, in the order of the test set",
        note=f"ours includes the keys of the data commit and every checksum; peer: DuckDB {told['version']}, hash join"
        " over Parquet on two 64-bit halves of the input hash, files in another order than the test set",
    )


def interning(folder: Path) -> Line:
    """Intern a million new inputs, once per test set, and look them up again as another data commit would."""
    frame, store = rows(), opened(folder / "intern.db")
    hashing = cpu_s(lambda: value_hashes(frame, ["text"]))
    first = cpu_s(lambda: store.intern(frame, ["text"]))
    again = cpu_s(lambda: store.intern(frame, ["text"]))
    return Line(
        name="intern 1M new inputs",
        ours=first,
        peer=None,
        ratio=first / hashing,
        target="ratio <= 4 (to hashing the same rows)",
        holds=first / hashing <= 4,
        unit="CPU s",
        equal="tests/models/test_predictions.py: the same integers as a dictionary gives",
        note=f"hashing alone {hashing:.2f}; looking up 1M known inputs {again:.2f}, both with hashing",
    )


def sizes(folder: Path) -> Iterator[Line]:
    """Measure how the database file grows by a model's million predictions."""
    for dtype, most in ((np.float32, 5), (np.float64, 9)):
        path = folder / f"size-{dtype.__name__}.db"
        database = created(path)
        before = size_of(database, path)
        scores = np.random.default_rng(0).random(_MILLION).astype(dtype)
        PredictionStore(database).write(name_of(0), np.arange(_MILLION), {"score": scores})
        each = (size_of(database, path) - before) / _MILLION
        yield Line(
            name=f"bytes on disk per {dtype.__name__} prediction",
            ours=each,
            peer=None,
            ratio=each,
            target=f"<= {most}",
            holds=each <= most,
            unit="bytes",
            equal="scores are random: nothing is gained by compression",
            note="growth of the SQLite file; inputs are interned once for all models, about 25 bytes each",
        )


def rows() -> pl.DataFrame:
    """A million distinct texts, by id."""
    return pl.DataFrame({"text": pl.int_range(_MILLION, eager=True).cast(pl.String) + " I want to meet a doctor"})


def opened(path: Path) -> PredictionStore:
    """Make an empty store."""
    return PredictionStore(created(path))


def created(path: Path) -> Database:
    """Make an empty database."""
    database = Database(f"sqlite:///{path}")
    database.create()
    return database


def name_of(model: int) -> str:
    """Digest of a made-up model."""
    return f"{model:064x}"


def refuse() -> pl.DataFrame:
    """Keys are remembered; rows are not needed."""
    raise AssertionError("the keys of the data commit were not remembered")


def read_all(store: PredictionStore) -> None:
    """Read as an evaluation does: keys of the data commit, then each model's scores."""
    keys = store.keys_for(_CONTENT, ("text",), refuse)
    for model in range(_MODELS):
        store.read(name_of(model), keys)


def write_peer_inputs(folder: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """Write the test set with its input hashes; return it in another order."""
    halves = value_hashes(frame, ["text"]).view(np.uint64).reshape(-1, 2)
    made = pl.DataFrame({"high": halves[:, 0], "low": halves[:, 1], "place": np.arange(_MILLION)})
    made.write_parquet(folder / "test.parquet", compression="snappy")
    return made.sample(fraction=1, shuffle=True, seed=2)


def size_of(database: Database, path: Path) -> int:
    """Size of the database file with everything in it."""
    with database.read() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return path.stat().st_size
