"""Columns that moved, beside Evidently: what is found, what is cried about for nothing, and what it costs.

On public rows that lie beside the checkout: complaints of 2013 and 2016, and prices of electricity in the first and
the second half of their time. Samples of both times should alarm, samples of the same rows, shuffled, should not.
"""

from __future__ import annotations

import gzip
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import polars as pl

from benchmarks.harness import REPEATS, Line, cpu_s
from benchmarks.peers import Peer
from curiouser.data import ColumnType
from curiouser.datachecks import Outcome
from curiouser.datachecks.columns import ColumnProfile, Rows
from curiouser.datachecks.shifting import Shift, distribution_shift, judged
from curiouser.kernel.check_settings import DEFAULT_RULES, CheckSettings
from curiouser.measure import clopper_pearson

_SHARED = Path(__file__).parents[2] / "shared" / "data"
_TRIES, _SIZES = 40, (150, 1_200)
_MANY, _COLUMNS, _MOVED = 100_000, 20, 5
_THRESHOLD, _LEVEL = DEFAULT_RULES["column-distribution"].threshold, CheckSettings().level
Kinds = Mapping[str, ColumnType]
Pair = tuple[pl.DataFrame, pl.DataFrame]


class _Said(TypedDict):
    drifted: list[str]
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """Rows of two times."""

    name: str
    before: pl.DataFrame
    now: pl.DataFrame
    kinds: Kinds


def run() -> Iterator[Line]:
    """Compare on public rows first, then the cost on made ones."""
    for name, read in (("cfpb_2013_2016", _complaints), ("elec2", _prices)):
        if (_SHARED / name).is_dir():
            for size in _SIZES:
                yield from _told_apart(read(), size)
    yield _cost()


def _complaints() -> _Times:
    rows = _read("cfpb_2013_2016/consumer_complaints.csv.gz")
    names = ["Product", "State", "Submitted via", "Company response to consumer", "Timely response?"]
    year = rows["Date received"].str.split("/").list.get(2)
    return _Times(
        name="complaints of 2013 and 2016",
        before=rows.filter(year == "2013").select(names),
        now=rows.filter(year == "2016").select(names),
        kinds=dict.fromkeys(names, ColumnType.CATEGORY),
    )


def _prices() -> _Times:
    rows = _read("elec2/elec.csv.gz")
    names = ["nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
    rows = rows.select(*(pl.col(name).cast(pl.Float64) for name in names), "class")
    half = len(rows) // 2
    kinds = {**dict.fromkeys(names, ColumnType.NUMBER), "class": ColumnType.CATEGORY}
    return _Times(name="prices early and late", before=rows.head(half), now=rows.tail(half), kinds=kinds)


def _read(name: str) -> pl.DataFrame:
    rows = pl.read_csv(gzip.decompress((_SHARED / name).read_bytes()), infer_schema_length=0)
    return rows.with_columns(pl.all().fill_null("none"))


def _told_apart(times: _Times, size: int) -> Iterator[Line]:
    """Draw samples of both times, and of the shuffled rows, and count the alarms of each."""
    rng = np.random.default_rng(size)
    parts = (times.before, times.now)
    both = pl.concat([part.sample(min(map(len, parts)), seed=1) for part in parts])
    size = min(size, len(both) // 2)
    moved = [(_some(rng, times.before, size), _some(rng, times.now, size)) for _ in range(_TRIES)]
    still = [_halves(_some(rng, both, 2 * size)) for _ in range(_TRIES)]
    told = _evidently([*moved, *still], times.kinds)
    for is_still, pairs, theirs in ((False, moved, told[:_TRIES]), (True, still, told[_TRIES:])):
        ours = sum(_alarms(pair, times.kinds) for pair in pairs)
        some = sum(bool(one["drifted"]) for one in theirs)
        half = sum(2 * len(one["drifted"]) >= len(times.kinds) for one in theirs)
        yield Line(
            name=f"alarms, {times.name}, {size:,} rows each, " + ("shuffled" if is_still else "as they are"),
            ours=ours,
            peer=some,
            ratio=ours / _TRIES,
            target=f"a rate <= {_LEVEL:g}, as far as {_TRIES} tries show (99 %)" if is_still else "told",
            holds=clopper_pearson(ours, _TRIES, confidence=0.98).low <= _LEVEL if is_still else True,
            unit=f"alarms in {_TRIES} tries",
            equal=f"the same pairs of samples, {len(times.kinds)} columns",
            note=f"peer: Evidently, some column drifts; in {half} tries half of the columns, its alarm for a dataset",
        )


def _some(rng: np.random.Generator, rows: pl.DataFrame, size: int) -> pl.DataFrame:
    return rows[rng.permutation(len(rows))[:size]]


def _halves(rows: pl.DataFrame) -> Pair:
    return rows.head(len(rows) // 2), rows.tail(len(rows) // 2)


def _alarms(pair: Pair, kinds: Kinds) -> bool:
    found = judged(_shifts(pair, kinds), threshold=_THRESHOLD, level=_LEVEL, n=len(pair[1]))
    return found.outcome is Outcome.FAIL


def _shifts(pair: Pair, kinds: Kinds) -> list[Shift]:
    """Compare all columns, as the check of distributions does."""
    before, now = (Rows(frame=rows, hashes=np.zeros(len(rows), np.uint64)) for rows in pair)
    found = (
        distribution_shift(name, ColumnProfile.of(before, name, kind), ColumnProfile.of(now, name, kind))
        for name, kind in kinds.items()
    )
    return [one for one in found if one is not None]


def _evidently(pairs: Sequence[Pair], kinds: Kinds) -> list[_Said]:
    with tempfile.TemporaryDirectory() as name:
        folder, names = Path(name), list[tuple[str, str]]()
        for place, pair in enumerate(pairs):
            names.append((f"{place}-before.csv", f"{place}-now.csv"))
            for rows, file in zip(pair, names[-1], strict=True):
                rows.write_csv(folder / file)
        (folder / "pairs.json").write_text(json.dumps(names), encoding="utf-8")
        said = {
            group: [name for name, kind in kinds.items() if kind is wanted]
            for group, wanted in (("numbers", ColumnType.NUMBER), ("categories", ColumnType.CATEGORY))
        }
        (folder / "columns.json").write_text(json.dumps(said), encoding="utf-8")
        told: list[_Said] = Peer("evidently").run("find_drift.py", str(folder))["pairs"]
        return told


def _cost() -> Line:
    """Compare two large tables of which some columns moved by half a standard deviation."""
    rng = np.random.default_rng(8)
    numbers = {f"number {place}": rng.normal(0.5 * (place < _MOVED), 1, _MANY) for place in range(_COLUMNS - 5)}
    before = {name: rng.normal(0, 1, _MANY) for name in numbers}
    shares = rng.dirichlet(np.ones(12), 5)
    towns = [np.char.add("town ", rng.choice(12, (2, _MANY), p=some).astype(str)) for some in shares]
    before |= {f"town {place}": some[0] for place, some in enumerate(towns)}
    now = numbers | {f"town {place}": some[1] for place, some in enumerate(towns)}
    kinds = {name: ColumnType.NUMBER if name in numbers else ColumnType.CATEGORY for name in now}
    pair = pl.DataFrame(before), pl.DataFrame(now)
    found = {one.what.partition(":")[0] for one in _shifts(pair, kinds) if one.effect > _THRESHOLD}
    told = _evidently([pair] * (REPEATS + 1), kinds)
    assert found == set(told[0]["drifted"]) == {f"number {place}" for place in range(_MOVED)}
    ours = statistics.median(cpu_s(lambda: _shifts(pair, kinds)) for _ in range(REPEATS))
    peer = statistics.median(one["cpu_s"] for one in told[1:])
    return Line(
        name=f"{_COLUMNS} columns of {_MANY:,} rows compared with as many",
        ours=ours,
        peer=peer,
        ratio=peer / ours,
        target="ratio >= 5",
        holds=peer / ours >= 5,
        unit="CPU s",
        equal=f"the {_MOVED} columns that moved, and no others, are found by both",
        note="reading the rows and importing the packages left out; peer: Evidently",
    )
