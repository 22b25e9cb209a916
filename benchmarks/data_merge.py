"""What merging costs: two branches with a thousand changes each in a million rows, and one example's history after.

``CURIOUSER_BENCH_ROWS`` makes the table smaller than a million rows.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.data_commit import store, store_on
from benchmarks.data_rows import id_of, parts
from benchmarks.harness import REPEATS, Line, cpu_s
from curiouser.data import DataService, ExampleHistory, SettlingRule
from curiouser.storage import Database

_ROWS = min(int(os.environ.get("CURIOUSER_BENCH_ROWS", "1000000")), 1_000_000)
_CHANGES = 1_000
_DATA_COMMITS = 1_000
_GROUP = ("want", "offer", "meet")


def run() -> Iterator[Line]:
    """Make the table in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder) as database:
            store_on(database, folder).commit_large("test", parts=parts(_ROWS), message="first", actor="bench")
        yield merging(folder)
        yield blaming(folder)


def opened(folder: Path) -> closing[Database]:
    """Open the database of the store, to be closed again."""
    return closing(store(folder).database)


def merging(folder: Path) -> Line:
    """Merge two branches, each time as a new process would, after a full join of all rows has said what must come."""
    rng = np.random.default_rng(11)
    seconds, conflicts = [], 0
    for repeat in range(REPEATS + 1):
        ours, theirs = f"ours-{repeat}", f"theirs-{repeat}"
        with opened(folder) as database:
            service = store_on(database, folder)
            for branch in (ours, theirs):
                service.branch("test", branch, actor="bench")
                change(service, branch, rng)
            expected, units = by_full_join(service, ours, theirs)
        with opened(folder) as database:
            spent = cpu_s(lambda at=database, a=ours, b=theirs: merge(store_on(at, folder), a, b))  # type: ignore[misc]  # bound early
            service = store_on(database, folder)
            made = service.merges.all(limit=1)[0]
            assert made.conflicts == units
            service.merges.finish(made.number, actor="bench")
            assert service.rows(f"test@{ours}", columns=expected.columns).equals(expected)
        conflicts = made.conflicts
        if repeat:
            seconds.append(spent)
    return Line(
        name=f"merge of two branches with {_CHANGES:,} changes each in {_ROWS:,} rows",
        ours=statistics.median(seconds),
        peer=None,
        ratio=statistics.median(seconds),
        target="<= 1 s",
        holds=statistics.median(seconds) <= 1,
        unit="CPU s, a cold store opened each time",
        equal="rows and conflicts are those of a full join of all rows of base, ours and theirs",
        note=f"cells, added and deleted rows; {conflicts} conflicts, settled by the rule `ours`, are in the time",
    )


def merge(service: DataService, ours: str, theirs: str) -> None:
    """Merge, and settle what is in conflict: all but the last step, which moves the branch, is in it."""
    made = service.merges.begin("test", theirs, ours, actor="bench")
    assert made is not None
    service.merges.settle_all(made.number, SettlingRule.OURS, actor="bench")
    service.merges.prepare(made.number, actor="bench")


def change(service: DataService, branch: str, rng: np.random.Generator) -> None:
    """Change labels, inputs and another column of a thousand rows, delete some of them, and add some."""
    # Half of the rows are drawn from few, so that the branches meet.
    few, many = rng.choice(_CHANGES, 300, replace=False), rng.choice(_ROWS, 500, replace=False)
    ids = [id_of(int(number)) for number in np.unique(np.concatenate([few, many]))]
    rows = service.rows("test", ids=ids)
    draws = pl.Series(rng.integers(0, 4, rows.height))
    turned = pl.when(pl.col("meet") == "no").then(pl.lit("yes")).otherwise(pl.lit("no"))
    rows = rows.with_columns(
        meet=pl.when(draws == 0).then(turned).otherwise(pl.col("meet")),
        want=pl.when(draws == 1).then(pl.col("want") + f" {branch[0]}").otherwise(pl.col("want")),
        score=pl.when(draws == 2).then(pl.lit(rng.random())).otherwise(pl.col("score")),
    )
    gone = rows.filter(draws == 3).get_column("id").to_list()
    added = rows.filter(draws == 0).with_columns(id=pl.col("id") + f"-{branch}")
    upserts = pl.concat([rows.filter(draws != 3), added])
    service.commit(
        "test", branch, upserts=upserts, deletes=gone, message="change", actor="bench", allow_input_changes=True
    )


def by_full_join(service: DataService, ours: str, theirs: str) -> tuple[pl.DataFrame, int]:
    """Merge by joining every row of the three versions, with ours where there is a conflict; count the conflicts."""
    base, mine, other = (service.rows(f"test@{name}") for name in ("main", ours, theirs))
    names = [name for name in base.columns if name != "id"]
    joined = base.with_columns(b=pl.lit(True))
    for side, rows in (("o", mine), ("t", other)):
        named = rows.rename({name: f"{side}.{name}" for name in names}).with_columns(pl.lit(True).alias(side))
        joined = joined.join(named, on="id", how="full", coalesce=True)
    joined = joined.with_columns(pl.col("b", "o", "t").fill_null(value=False))
    here, there, was = pl.col("o"), pl.col("t"), pl.col("b")
    alive = here & there
    changed_o = was & here & _differs(names, "", "o.")
    changed_t = was & there & _differs(names, "", "t.")
    over_rows = was & ((~here & changed_t) | (~there & changed_o))
    clash = {name: _clashes(name) for name in names}
    by_field = {name: _by_field(name) for name in names}
    apart = pl.all_horizontal(
        pl.any_horizontal(by_field[name].ne_missing(pl.col(f"{side}.{name}")) for name in _GROUP) for side in "ot"
    )
    group = pl.any_horizontal(apart, *(clash[name] for name in _GROUP))
    units = [over_rows, alive & group, *(alive & clash[name] for name in names if name not in _GROUP)]
    count = int(joined.select(pl.sum_horizontal(unit.sum() for unit in units)).item())
    values = []
    for name in names:
        mine_of, theirs_of = pl.col(f"o.{name}"), pl.col(f"t.{name}")
        settled = pl.when(group if name in _GROUP else clash[name]).then(mine_of).otherwise(by_field[name])
        values.append(pl.when(~here).then(theirs_of).when(~there).then(mine_of).otherwise(settled).alias(name))
    # A row that one side lacks stays where the other added it, or where it is in conflict and ours has it.
    kept = alive | (here & ~there & (~was | over_rows)) | (there & ~here & ~was)
    return joined.filter(kept).select("id", *values).sort("id").select(base.columns), count


def _clashes(name: str) -> pl.Expr:
    return _differs([name], "", "o.") & _differs([name], "", "t.") & _differs([name], "o.", "t.")


def _by_field(name: str) -> pl.Expr:
    return (
        pl.when(pl.col(name).eq_missing(pl.col(f"o.{name}"))).then(pl.col(f"t.{name}")).otherwise(pl.col(f"o.{name}"))
    )


def _differs(names: list[str], one: str, other: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(one + n).ne_missing(pl.col(other + n)) for n in names)


def blaming(folder: Path) -> Line:
    """Follow one example through a thousand data commits, some of them merges, each time as a new process would."""
    rng = np.random.default_rng(12)
    wanted = id_of(7)
    with opened(folder) as database:
        service = store_on(database, folder)
        service.branch("test", "long", "ours-0", actor="bench")
        made = [turn(service, "long", [wanted], "ann")]
        for number in range(_DATA_COMMITS - len(service.log("test@long", limit=10)) - 2):
            ids = [id_of(int(each)) for each in rng.choice(_ROWS, 10, replace=False) if each != 7]
            turn(service, "long", ids, f"bench {number}")
        service.branch("test", "last", "long", actor="bench")
        made.append(turn(service, "last", [wanted], "bob"))
        service.merges.merge("test", "last", "long", actor="cy")
    seconds = []
    for repeat in range(REPEATS + 3):
        with opened(folder) as database:
            fresh = store_on(database, folder)
            found: list[ExampleHistory] = []
            spent = cpu_s(lambda at=fresh, to=found: to.append(at.example_history("test@long", wanted)))  # type: ignore[misc]  # bound early
            assert [step.data_commit.author for step in found[0].steps][:2] == ["bob", "ann"]
            assert [step.data_commit.id for step in found[0].steps][:2] == made[::-1]
            if repeat:
                seconds.append(spent)
    spent = statistics.median(seconds)
    return Line(
        name=f"blame of one example in {_ROWS:,} rows and {_DATA_COMMITS:,} data commits",
        ours=spent,
        peer=None,
        ratio=spent,
        target="<= 0.05 s",
        holds=spent <= 0.05,
        unit="CPU s, a cold store opened each time",
        equal="the data commits that changed it, the merged one told of its author",
        note="10 rows in each data commit",
    )


def turn(service: DataService, branch: str, ids: list[str], actor: str) -> str:
    """Turn the labels of some rows round."""
    known = service.rows(f"test@{branch}", columns=["id", "meet"], ids=ids)
    turned = pl.when(pl.col("meet") == "no").then(pl.lit("yes")).otherwise(pl.lit("no"))
    done = service.commit("test", branch, upserts=known.with_columns(meet=turned), message="turn", actor=actor)
    return done.data_commit
