"""Checks on data: all of them against what reading the rows costs, and a change of a hundred rows at three sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.data_rows import TASK, a_part, parts
from benchmarks.harness import REPEATS, Line, cpu_s
from curiouser.datachecks import Checked, Outcome
from curiouser.kernel.check_settings import DEFAULT_RULES, CheckSettings, Rule, Severity
from curiouser.kernel.configuration import Configuration, Task, TaskKind
from curiouser.workspace import Workspace

ROWS, TRAIN_ROWS, CHANGED = 1_000_000, 100_000, 100
SIZES = (10_000, 100_000, 1_000_000)
MOST_RATIO, MOST_GROWTH = 40.0, 3.0
_GROUPED = Task(
    name=TASK.name, kind=TaskKind.BINARY, inputs=TASK.inputs, label=TASK.label, classes=TASK.classes,
    groups=("language",), user="user_id", time="at",
)  # fmt: skip

_APART = {
    name: Rule(severity=Severity.OFF, threshold=rule.threshold) if name.startswith("near-") else rule
    for name, rule in DEFAULT_RULES.items()
}
_SETTINGS = Configuration(task=_GROUPED, checks=CheckSettings(rules=_APART))
"""Near-duplicates are measured by a benchmark of their own."""


def run() -> Iterator[Line]:
    """Measure both."""
    with tempfile.TemporaryDirectory() as scratch:
        yield _whole(Path(scratch))
        yield _growth(Path(scratch))


def _rows(count: int) -> pl.DataFrame:
    """Make ten columns: text, categories, a number, moments, users."""
    rows = pl.concat(parts(count))
    return rows.with_columns(age=pl.Series(np.random.default_rng(1).normal(40, 12, count)))


def _workspace(root: Path, rows: pl.DataFrame, train: int) -> Workspace:
    root.mkdir()
    made = Workspace(root, _SETTINGS, actor="bench")
    made.database.create()
    made.objects.root.mkdir(parents=True, exist_ok=True)
    made.data.commit("test", upserts=rows, message="rows", actor="bench")
    made.data.commit("train", upserts=_train(rows, train), message="rows", actor="bench")
    return made


def _train(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """Make training data: other rows, and ten that leak."""
    other = a_part(50_000_000, count).with_columns(age=pl.lit(30.0))
    return pl.concat([other, rows.head(10).with_columns(pl.concat_str(pl.lit("leak-"), "id").alias("id"))])


def _check(workspace: Workspace, ref: str = "test") -> Checked:
    return workspace.datachecks.check(ref, actor="bench")


def _whole(scratch: Path) -> Line:
    rows = _rows(ROWS)
    file = scratch / "rows.parquet"
    rows.write_parquet(file)
    reading = sorted(cpu_s(lambda: pl.read_parquet(file)) for _ in range(REPEATS + 1))[REPEATS // 2]
    spent, found = [], list[Checked]()
    for repeat in range(REPEATS):
        # A workspace of its own each time: what was checked once is known.
        with _workspace(scratch / f"whole-{repeat}", rows, TRAIN_ROWS) as workspace:
            workspace.datachecks.services.profiles.of(workspace.data.resolve("train"))
            spent.append(cpu_s(lambda w=workspace: found.append(_check(w))))  # type: ignore[misc]  # mypy does not type the default of a lambda
    by_name = {one.name: one for one in found[-1].checks}
    assert by_name["exact-leakage"].finding.count == 10
    assert by_name["exact-duplicates"].finding.count == ROWS - rows.select(TASK.inputs).n_unique()
    ours = sorted(spent)[REPEATS // 2]
    return Line(
        name="every check on a million rows",
        ours=ours,
        peer=reading,
        ratio=ours / reading,
        target=f"ratio <= {MOST_RATIO:g}",
        holds=ours / reading <= MOST_RATIO,
        unit="CPU seconds; the peer is Polars reading the same rows from one Parquet file",
        equal="ten planted leaks found; duplicates as Polars counts them",
        note=f"{ROWS:,} rows x {rows.width} columns, {len(found[-1].checks)} checks, near-duplicates apart",
    )


def _growth(scratch: Path) -> Line:
    """Check a change of a hundred rows after its base was checked, as a new process would."""
    seconds = []
    for size in SIZES:
        root = scratch / f"growth-{size}"
        with _workspace(root, _rows(size), 1_000) as workspace:
            _check(workspace)
        spent = []
        for repeat in range(REPEATS):
            with Workspace(root, _SETTINGS, actor="bench") as workspace:
                fresh = a_part(90_000_000 + repeat * CHANGED, CHANGED).with_columns(age=pl.lit(40.0))
                workspace.data.commit("test", upserts=fresh, message="more", actor="bench")
            with Workspace(root, _SETTINGS, actor="bench") as workspace:
                found = list[Checked]()
                spent.append(cpu_s(lambda w=workspace, f=found: f.append(_check(w))))  # type: ignore[misc]  # as above
                looked_at = workspace.datachecks.services.profiles.rows_read
                # This version and the one before it, each followed from the base.
                assert looked_at <= 2 * CHANGED * (repeat + 1), looked_at
                assert Outcome.FAIL not in {one.outcome for one in found[0].checks if one.against == "test"}
        seconds.append(sorted(spent)[REPEATS // 2])
    return Line(
        name="checking a change of a hundred rows",
        ours=seconds[-1],
        peer=seconds[0],
        ratio=seconds[-1] / seconds[0],
        target=f"ratio <= {MOST_GROWTH:g}",
        holds=seconds[-1] / seconds[0] <= MOST_GROWTH,
        unit="CPU seconds; the peer is the same with a hundredth of the rows",
        equal="only the rows that changed since the base are looked at, by a counter",
        note=", ".join(f"{size:,} rows: {second:.3f} s" for size, second in zip(SIZES, seconds, strict=True)),
    )
