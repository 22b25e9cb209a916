"""What versions of rows cost: the first, a small change of a small and of a huge table, many of them, and memory.

``CURIOUSER_BENCH_ROWS`` makes the largest table smaller than ten million rows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.data_rows import TASK, id_of, parts
from benchmarks.harness import REPEATS, Line, cpu_s, interleaved, peak_bytes
from curiouser.data import DataService
from curiouser.kernel.clock import utc_now
from curiouser.storage import Database, FolderObjects

_MILLION = 1_000_000
_LARGEST = int(os.environ.get("CURIOUSER_BENCH_ROWS", 10 * _MILLION))
_SIZES = [size for size in (10_000, 100_000, _MILLION, 10 * _MILLION) if size < _LARGEST] + [_LARGEST]


def run() -> Iterator[Line]:
    """Make the tables in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield from first_commit(Path(folder))
        yield peak_memory(Path(folder))
        yield small_commits(Path(folder))
        yield from many_commits(Path(folder))


def first_commit(folder: Path) -> Iterator[Line]:
    """Commit a million rows, against Polars writing them to one Parquet file."""
    frame = pl.concat(parts(_MILLION))
    service = store(folder / "first")
    service.commit("d0", upserts=frame, message="first", actor="bench")
    assert service.rows("d0", columns=frame.columns).equals(frame.sort("id"))
    names = iter(range(1, 100))
    ours, peer = interleaved(
        lambda: service.commit(f"d{next(names)}", upserts=frame, message="first", actor="bench"),
        lambda: frame.write_parquet(folder / "peer.parquet", compression="zstd"),
    )
    yield Line(
        name="first commit of 1M rows",
        ours=ours,
        peer=peer,
        ratio=ours / peer,
        target="ratio <= 4",
        holds=ours / peer <= 4,
        unit="CPU s",
        equal="rows read back equal the rows given, sorted by id",
        note=f"9 columns; peer: Polars {pl.__version__} writes them to Parquet (zstd), unsorted and unhashed",
    )
    read, whole = interleaved(lambda: service.rows("d0"), lambda: pl.read_parquet(folder / "peer.parquet"))
    yield Line(
        name="read all of 1M rows",
        ours=read,
        peer=whole,
        ratio=read / whole,
        target="ratio <= 3",
        holds=read / whole <= 3,
        unit="CPU s",
        equal="as above",
        note="peer: Polars reads one Parquet file",
    )


def peak_memory(folder: Path) -> Line:
    """Import the largest table in a process of its own; the store is used again afterwards."""
    command = [sys.executable, "-m", "benchmarks.data_commit", str(folder / str(_LARGEST)), str(_LARGEST)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."})
    peak = int(told.stdout)
    head = store(folder / str(_LARGEST)).head("test")
    assert head.rows == _LARGEST
    return Line(
        name=f"import of {_LARGEST:,} rows, peak memory",
        ours=peak / 1e9,
        peer=None,
        ratio=peak / 1e9,
        target="<= 1 GB",
        holds=peak <= 1e9,
        unit="GB resident, of the process",
        equal="all rows are there",
        note="9 columns, in parts of 100,000",
    )


def small_commits(folder: Path) -> Line:
    """Relabel 100 random rows and compare, in tables of growing size; each time as a new process would."""
    for size in _SIZES[:-1]:
        store(folder / str(size)).commit_large("test", parts=parts(size), message="first", actor="bench")
    seconds: dict[int, list[float]] = {size: [] for size in _SIZES}
    rng = np.random.default_rng(7)
    for repeat in range(REPEATS + 3):
        for size in _SIZES:
            ids = [id_of(int(number)) for number in rng.choice(size, 100, replace=False)]
            turned = turned_labels(store(folder / str(size)), ids)
            spent = cpu_s(lambda at=folder / str(size), rows=turned: relabel(store(at), rows))  # type: ignore[misc]  # bound early
            if repeat:
                seconds[size].append(spent)
    medians = {size: statistics.median(spent) for size, spent in seconds.items()}
    ratio = medians[_LARGEST] / medians[_SIZES[0]]
    return Line(
        name="commit of 100 random rows and its diff, growth from 10k rows",
        ours=medians[_LARGEST],
        peer=medians[_SIZES[0]],
        ratio=ratio,
        target="ratio <= 4",
        holds=ratio <= 4,
        unit="CPU s",
        equal="the diff names exactly the rows that were given",
        note="curve: " + ", ".join(f"{size:,} rows {spent:.3f} s" for size, spent in medians.items()),
    )


def many_commits(folder: Path) -> Iterator[Line]:
    """Relabel 100 random rows of a million, fifty and a thousand times."""
    at = folder / "many"
    with closing(store(at).database) as database:
        store_on(database, at).commit_large("test", parts=parts(_MILLION), message="first", actor="bench")
    before = size_bytes(at)
    growth = relabel_often(at, 50, seed=8) - before
    yield Line(
        name="50 commits of 100 rows in 1M, growth",
        ours=growth / 1e6,
        peer=None,
        ratio=growth / 1e6,
        target="<= 2 MB",
        holds=growth <= 2e6,
        unit="MB of objects and database",
        equal="each diff names exactly the rows that were given",
    )
    full = relabel_often(at, 950, seed=9)
    with closing(store(at).database) as database:
        store_on(database, at, later=timedelta(days=1)).gc(timedelta(0))
        assert store_on(database, at).verify() == []
    left = size_bytes(at)
    yield Line(
        name="1,000 commits of 100 rows in 1M, after gc",
        ours=left / 1e6,
        peer=before / 1e6,
        ratio=(left - 2 * before) / 1e6,
        target="<= two snapshots + 15 MB",
        holds=left <= 2 * before + 15e6,
        unit="MB of objects and database; ratio: MB beyond two snapshots",
        equal="verify finds nothing wrong, every version among it",
        note=f"{full / 1e6:.0f} MB before gc",
    )


def relabel_often(at: Path, times: int, *, seed: int) -> int:
    """Relabel 100 random rows of a million again and again; the bytes of the store afterwards, as it lies on disk."""
    rng = np.random.default_rng(seed)
    with closing(store(at).database) as database:
        service = store_on(database, at)
        for _ in range(times):
            relabel(service, turned_labels(service, some_ids(rng)))
    return size_bytes(at)


def relabel(service: DataService, turned: pl.DataFrame) -> None:
    """Commit other labels of some rows, and look at what changed."""
    made = service.commit("test", upserts=turned, message="relabel", actor="bench")
    parent = service.resolve(made.data_commit).parents[0]
    found = service.diff(parent, made.data_commit, limit=1000)
    assert [row.id for row in found.rows] == turned.get_column("id").to_list()


def turned_labels(service: DataService, ids: list[str]) -> pl.DataFrame:
    """Read the labels of some rows, and turn them round."""
    known = service.rows("test", columns=["id", "meet"], ids=ids)
    turned = pl.when(pl.col("meet") == "no").then(pl.lit("yes")).otherwise(pl.lit("no"))
    return known.with_columns(meet=turned)


def some_ids(rng: np.random.Generator) -> list[str]:
    """Choose a hundred rows of a million."""
    return [id_of(int(number)) for number in rng.choice(_MILLION, 100, replace=False)]


def store(folder: Path) -> DataService:
    """Open a store, with nothing remembered."""
    database = Database(f"sqlite:///{folder}/meta.db")
    if not (folder / "meta.db").exists():
        database.create()
    return store_on(database, folder)


def store_on(database: Database, folder: Path, *, later: timedelta = timedelta(0)) -> DataService:
    """Open a store on a database that the caller closes."""
    return DataService(database, FolderObjects(folder / "objects"), TASK, lambda: utc_now() + later)


def size_bytes(folder: Path) -> int:
    """Sum all files of a store."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Import rows into a folder and tell the peak of memory: the child that is measured."""
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    made = store(folder).commit_large("test", parts=parts(rows), message="first", actor="bench")
    assert made.rows == rows
    print(peak_bytes())


if __name__ == "__main__":
    main()
