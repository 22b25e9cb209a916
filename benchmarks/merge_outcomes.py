"""What a merge makes of two people's work, against tools that know lines (git) or cells (daff), but no labels.

Both sides change the same table, in rows whose right outcome is known: each row
either merges to one answer, or must be put to a person. Counted are rows that a
tool asks about without need, and rows that it gets wrong without a word.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.data_rows import id_of
from benchmarks.harness import Line, cpu_s
from benchmarks.peers import Peer
from curiouser.data import DataService, SettlingRule
from curiouser.kernel.clock import utc_now
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.storage import Database, FolderObjects

_ROWS, _OF_EACH = 20_000, 100
_TASK = Task(
    name="bench", kind=TaskKind.MULTICLASS, inputs=("want", "offer"), label="meet", classes=("no", "yes", "maybe")
)
Row = dict[str, str]
Rows = dict[str, Row]
Change = Callable[[Row], Row | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What both sides do to a row; None leaves the row out."""

    ours: Change
    theirs: Change
    merged: Change | None
    """What must come of it; None where only a person can tell."""


def _as_it_is(row: Row) -> Row | None:
    return row


def _gone(_: Row) -> Row | None:
    return None


def _with(**cells: str) -> Change:
    return lambda row: row | cells


_SAID, _MEANT = _with(meet="yes"), _with(want="somebody to mend a roof")
_KINDS: Mapping[str, _Kind] = {
    "label on one side": _Kind(ours=_SAID, theirs=_as_it_is, merged=_SAID),
    "input on the other": _Kind(ours=_as_it_is, theirs=_MEANT, merged=_MEANT),
    "same label on both": _Kind(ours=_SAID, theirs=_SAID, merged=_SAID),
    "label and a note": _Kind(ours=_SAID, theirs=_with(note="seen"), merged=_with(meet="yes", note="seen")),
    "removed, unchanged": _Kind(ours=_gone, theirs=_as_it_is, merged=_gone),
    "two labels": _Kind(ours=_SAID, theirs=_with(meet="maybe"), merged=None),
    "input and label": _Kind(ours=_MEANT, theirs=_SAID, merged=None),
    "removed and changed": _Kind(ours=_gone, theirs=_SAID, merged=None),
}


@dataclass
class _Tables:
    """Three versions of a table, and what must come of each row that anybody touched."""

    base: Rows
    ours: Rows = field(default_factory=dict)
    theirs: Rows = field(default_factory=dict)
    expected: dict[str, Row | None] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls) -> _Tables:
        """Let both sides change a hundred rows in each way, somewhere in the table."""
        ids = sorted(id_of(number) for number in range(_ROWS))
        base = {
            each: {"want": f"help with thing {place}", "offer": f"skill {place % 97}", "meet": "no", "note": ""}
            for place, each in enumerate(ids)
        }
        made = cls(base, dict(base), dict(base))
        chosen = np.random.default_rng(3).choice(_ROWS, _OF_EACH * len(_KINDS), replace=False)
        for turn, place in enumerate(chosen.tolist()):
            name = list(_KINDS)[turn % len(_KINDS)]
            made.change(ids[place], name, _KINDS[name])
        return made

    def change(self, each: str, name: str, kind: _Kind) -> None:
        """Change one row on both sides."""
        row = self.base[each]
        self.kinds[each] = name
        for side, done in ((self.ours, kind.ours), (self.theirs, kind.theirs)):
            after = done(row)
            if after is None:
                del side[each]
            else:
                side[each] = after
        if kind.merged is None:
            self.asked.add(each)
        else:
            self.expected[each] = kind.merged(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a tool made of them."""

    asks: set[str]
    """Rows that it put to a person."""
    rows: Rows
    """All others, merged."""
    cpu_s: float
    tool: str


def run() -> Iterator[Line]:
    """Merge with each tool, and compare."""
    tables = _Tables.made()
    with tempfile.TemporaryDirectory() as name:
        ours = _by_us(tables, Path(name))
        for theirs in (_by_git(tables, Path(name)), _by_daff(tables, Path(name))):
            yield _line(tables, ours, theirs)


def _line(tables: _Tables, ours: _Outcome, theirs: _Outcome) -> Line:
    mine, others = _judged(tables, ours), _judged(tables, theirs)
    (quiet, needless), (their_quiet, their_needless) = (tuple(map(len, each)) for each in (mine, others))
    return Line(
        name=f"rows merged wrongly without a word, or asked about without need, {theirs.tool}",
        ours=quiet + needless,
        peer=their_quiet + their_needless,
        ratio=quiet + needless,
        target="0",
        holds=quiet + needless == 0,
        unit="rows",
        equal=f"the same three versions of {_ROWS:,} rows, {_OF_EACH} changed in each of {len(_KINDS)} ways",
        note=f"{theirs.tool}: {their_quiet} wrong without a word ({_told(tables, others[0])}), "
        f"{their_needless} asked about without need; CPU s: ours {ours.cpu_s:.2f}, {theirs.cpu_s:.2f}",
    )


def _judged(tables: _Tables, outcome: _Outcome) -> tuple[set[str], set[str]]:
    """Tell which rows are wrong without a word, and which were asked about without need."""
    needless = outcome.asks - tables.asked
    quiet = tables.asked - outcome.asks
    for each in tables.base.keys() - tables.asked - outcome.asks:
        if outcome.rows.get(each) != tables.expected.get(each, tables.base[each]):
            quiet.add(each)
    return quiet, needless


def _told(tables: _Tables, some: set[str]) -> str:
    names = [tables.kinds[each] for each in some if each in tables.kinds]
    return ", ".join(f"{names.count(name)} {name}" for name in _KINDS if name in names) or "none"


def _by_us(tables: _Tables, folder: Path) -> _Outcome:
    database = Database(f"sqlite:///{folder}/meta.db")
    database.create()
    data = DataService(database, FolderObjects(folder / "objects"), _TASK, utc_now)
    data.commit("test", upserts=_frame(tables.base), message="base", actor="bench")
    data.branch("test", "theirs", actor="bench")
    for branch, side in (("main", tables.ours), ("theirs", tables.theirs)):
        data.commit(
            "test", branch, upserts=_frame({each: side[each] for each in side if side[each] != tables.base[each]}),
            deletes=sorted(tables.base.keys() - side.keys()), message="work", actor="bench", allow_input_changes=True,
        )  # fmt: skip
    merged = []
    spent = cpu_s(lambda: merged.append(data.merges.merge("test", "theirs", "main", actor="bench").merge))
    merge = merged[0]
    assert merge is not None
    asks = {str(one.about.example) for one in data.merges.conflicts(merge.number)}
    assert len(asks) == merge.unsettled
    data.merges.settle_all(merge.number, SettlingRule.OURS, actor="bench")
    data.merges.finish(merge.number, actor="bench")
    rows = data.rows("test", columns=["id", "want", "offer", "meet", "note"]).fill_null("")
    database.close()
    return _Outcome(asks=asks, rows=_by_id(rows, asks), cpu_s=spent, tool="ours")


def _by_git(tables: _Tables, folder: Path) -> _Outcome:
    paths = _written(tables, folder)
    told: list[str] = []

    def merge() -> None:
        done = subprocess.run(
            ["git", "merge-file", "-p", *(str(paths[side]) for side in ("ours", "base", "theirs"))],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert 0 <= done.returncode < 128, done.stderr
        told.extend(done.stdout.splitlines())

    spent = cpu_s(merge)
    asks, whole, is_open = set[str](), list[str](), False
    for line in told:
        if line.startswith(("<<<<<<< ", "=======", ">>>>>>> ")):
            is_open = not line.startswith(">")
        elif is_open:
            asks.add(line.partition(",")[0])
        else:
            whole.append(line)
    rows = pl.read_csv("\n".join(whole).encode(), infer_schema_length=0).fill_null("")
    version = subprocess.run(["git", "version"], check=True, capture_output=True, text=True).stdout.split()[2]
    return _Outcome(asks=asks, rows=_by_id(rows, asks), cpu_s=spent, tool=f"git {version} merge-file")


def _by_daff(tables: _Tables, folder: Path) -> _Outcome:
    paths, merged = _written(tables, folder), folder / "merged.csv"
    told = Peer("daff").run("merge_tables.py", *(str(paths[side]) for side in ("base", "ours", "theirs")), str(merged))
    rows = pl.read_csv(merged, infer_schema_length=0).fill_null("")
    marked = rows.filter(pl.any_horizontal(pl.all().exclude("id").str.starts_with("((( ")))
    asks = set(marked["id"])
    return _Outcome(asks=asks, rows=_by_id(rows, asks), cpu_s=float(told["cpu_s"]), tool=f"daff {told['version']}")


def _written(tables: _Tables, folder: Path) -> dict[str, Path]:
    """Write the three versions as people keep them: CSV, in the order of ids."""
    paths = {side: folder / f"{side}.csv" for side in ("base", "ours", "theirs")}
    for side, path in paths.items():
        _frame(getattr(tables, side)).write_csv(path)
    return paths


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame([{"id": each, **row} for each, row in rows.items()])


def _by_id(rows: pl.DataFrame, but: set[str]) -> Rows:
    found = {str(row.pop("id")): row for row in rows.to_dicts()}
    return {each: row for each, row in found.items() if each not in but}
