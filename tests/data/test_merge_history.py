"""Branches are changed, merged, undone and collected in any order; the rows are those of dictionaries all the while."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from curiouser.data import DataService, Resolution, RevertConflictError, content_hash_of
from curiouser.data.snapshots import Layout
from curiouser.kernel.errors import BadInputError
from curiouser.storage import Database, FolderObjects
from tests.data.rows import MEMORY, TASK, Ticking
from tests.nightly import examples

Value = str | float
Row = dict[str, Value]
Rows = dict[str, Row]
GROUP = ("want", "offer", "meet")
EXTRA = ("score", "note", "tone")
TEXTS = EXTRA[1:]
TYPES = {
    **dict.fromkeys(GROUP, pl.String),
    "score": pl.Float64,
    **dict.fromkeys(TEXTS, pl.String),
}
SMALL = Layout(file_rows=4, range_files=2, run_rows=8, fold_chain=3, fold_share=0.3)
IDS = st.sampled_from([f"{number:02}" for number in range(9)])
CELLS = st.fixed_dictionaries(
    {"want": st.sampled_from("ab"), "offer": st.sampled_from("xy")},
    optional={"meet": st.sampled_from(["no", "yes"]), "score": st.sampled_from([0.5, 1.0])},
)
ROWS = cast("st.SearchStrategy[Rows]", st.dictionaries(IDS, CELLS, min_size=1, max_size=6))
NOTES = st.dictionaries(IDS, st.sampled_from(["new", "old"]), min_size=1, max_size=4)
CHANGES = st.sampled_from(["write", "note", "rename", "drop", "delete"])
TWO = 2


@dataclass(frozen=True)
class Version:
    """One version: its rows without missing cells, and which of the extra columns it has."""

    rows: Rows
    extra: frozenset[str]
    parents: tuple[str, ...] = ()
    depth: int = 0


@dataclass
class Merging:
    """What a merge should come to: rows in the columns that both sides have, ours where there is a conflict."""

    rows: Rows
    extra: set[str]
    theirs: Rows
    disputed: set[str]
    conflicts: dict[tuple[str | None, str], tuple[str, ...]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def take_theirs(self, key: tuple[str | None, str]) -> None:
        example, unit = key
        if example is None:
            self.taken.add(unit)
            return
        self.rows.setdefault(example, {})
        theirs = self.theirs.get(example)
        if unit == "*":
            del self.rows[example]
            if theirs is not None:
                self.rows[example] = dict(theirs)
            return
        for name in self.conflicts[key]:
            self.rows[example].pop(name, None)
            if theirs is not None and name in theirs:
                self.rows[example][name] = theirs[name]

    def whole(self, ours: Version, theirs: Version) -> tuple[Rows, frozenset[str]]:
        """Add the disputed columns, each wholly as one side has it."""
        for name in self.disputed:
            side = theirs if name in self.taken else ours
            self.extra |= {name} & side.extra
            for each, row in self.rows.items():
                if name in side.rows.get(each, {}):
                    row[name] = side.rows[each][name]
        return self.rows, frozenset(self.extra)


def merged_by_hand(base: Version, ours: Version, theirs: Version) -> Merging:
    apart = {name for name in base.extra if name not in ours.extra or name not in theirs.extra}
    before, mine, other = (stripped(side, apart) for side in (base, ours, theirs))
    made = Merging({}, set((ours.extra | theirs.extra) - apart), other, set())
    for name in (ours.extra | theirs.extra) & apart:
        kept = ours if name in ours.extra else theirs
        if any(row.get(name) != base.rows.get(each, {}).get(name) for each, row in kept.rows.items()):
            made.disputed.add(name)
            made.conflicts[None, name] = (name,)
    names = [name for name in TYPES if name not in apart]
    for each in {**before, **mine, **other}:
        row, units = row_by_hand(names, before.get(each), mine.get(each), other.get(each))
        made.conflicts |= {(each, unit): fields for unit, fields in units.items()}
        if row is not None:
            made.rows[each] = dict(row)
    return made


def stripped(version: Version, apart: set[str]) -> Rows:
    return {each: {k: v for k, v in row.items() if k not in apart} for each, row in version.rows.items()}


def row_by_hand(
    names: list[str], was: Row | None, mine: Row | None, other: Row | None
) -> tuple[Row | None, dict[str, tuple[str, ...]]]:
    if mine == was or other in (was, mine):
        return (other if mine == was else mine), {}
    if mine is None or other is None:
        return mine, {"*": ()}
    b, o, t = ({name: (side or {}).get(name) for name in names} for side in (was, mine, other))
    row = {name: t[name] if o[name] == b[name] else o[name] for name in names}
    clashing = [name for name in names if b[name] not in (o[name], t[name]) and o[name] != t[name]]
    units: dict[str, tuple[str, ...]] = {name: (name,) for name in clashing if name not in GROUP}
    groups = [[side[name] for name in GROUP] for side in (row, o, t)]
    if set(clashing) & set(GROUP) or groups[0] not in groups[1:]:
        units["meet"] = tuple(name for name in GROUP if o[name] != t[name])
    for fields in units.values():
        row |= {name: o[name] for name in fields}
    if "meet" in units:
        row |= {name: o[name] for name in GROUP}
    return {name: value for name, value in row.items() if value is not None}, units


class Branches(RuleBasedStateMachine):
    """The model is ``heads``: branch -> version id, and ``versions``: id -> Version."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        root = Path(self.folder.name)
        self.database = Database(f"sqlite:///{root}/meta.db")
        self.database.create()
        self.objects = FolderObjects(root / "objects")
        self.clock = Ticking()
        self.heads: dict[str, str] = {}
        self.versions: dict[str, Version] = {}
        self.opened()

    def opened(self) -> None:
        self.data = DataService(self.database, self.objects, TASK, self.clock, layout=SMALL)

    @initialize(data=st.data(), rows=ROWS)
    def start(self, data: st.DataObject, rows: Rows) -> None:
        made = self.data.commit("test", upserts=frame_of(rows, EXTRA[:1]), message="first", actor="ann")
        self.landed("main", made.data_commit, rows, frozenset(EXTRA[:1]))
        self.note("main", data)
        self.start_branch("side", "main")

    def some_branch(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.heads)), label="branch")

    def start_branch(self, name: str, at: str) -> None:
        self.data.branch("test", name, at, actor="ann")
        self.heads[name] = self.heads[at]

    def at(self, branch: str) -> Version:
        return self.versions[self.heads[branch]]

    def landed(self, branch: str, id_: str, rows: Rows, extra: frozenset[str]) -> None:
        self.heads[branch] = id_
        if id_ not in self.versions:
            parents = tuple(map(str, self.data.resolve(id_).parents))
            depth = max((self.versions[each].depth + 1 for each in parents), default=0)
            self.versions[id_] = Version({each: dict(row) for each, row in rows.items()}, extra, parents, depth)

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        self.change_branch(self.some_branch(data), data, few=1)

    def change_branch(self, branch: str, data: st.DataObject, *, few: int) -> None:
        for kind in data.draw(st.lists(CHANGES, min_size=few, max_size=3)):
            getattr(self, kind)(branch, data)

    def write(self, branch: str, data: st.DataObject) -> None:
        now, rows = self.at(branch), data.draw(ROWS)
        made = self.data.commit(
            "test", branch, upserts=frame_of(rows, EXTRA[:1]), message="write", actor="ann", allow_input_changes=True
        )
        kept = {each: {k: v for k, v in now.rows.get(each, {}).items() if k in TEXTS} | rows[each] for each in rows}
        self.landed(branch, made.data_commit, {**now.rows, **kept}, now.extra | {"score"})

    def note(self, branch: str, data: st.DataObject) -> None:
        now, column = self.at(branch), data.draw(st.sampled_from(TEXTS))
        known = {each: text for each, text in data.draw(NOTES).items() if each in now.rows}
        if known:
            frame = pl.DataFrame({"id": list(known), column: list(known.values())})
            made = self.data.commit("test", branch, upserts=frame, message="note", actor="ann")
            rows = {each: row | ({column: known[each]} if each in known else {}) for each, row in now.rows.items()}
            self.landed(branch, made.data_commit, rows, now.extra | {column})

    def rename(self, branch: str, data: st.DataObject) -> None:
        now, (old, new) = self.at(branch), data.draw(st.permutations(TEXTS))
        if old in now.extra and new not in now.extra:
            made = self.data.columns.rename("test", branch, {old: new}, actor="ann")
            rows = {each: {{old: new}.get(k, k): v for k, v in row.items()} for each, row in now.rows.items()}
            self.landed(branch, made.data_commit, rows, now.extra - {old} | {new})

    def drop(self, branch: str, data: st.DataObject) -> None:
        now, column = self.at(branch), data.draw(st.sampled_from(EXTRA))
        if column in now.extra:
            made = self.data.columns.drop("test", branch, [column], actor="ann")
            rows = {each: {k: v for k, v in row.items() if k != column} for each, row in now.rows.items()}
            self.landed(branch, made.data_commit, rows, now.extra - {column})

    def delete(self, branch: str, data: st.DataObject) -> None:
        now = self.at(branch)
        known = data.draw(st.lists(st.sampled_from(sorted(now.rows)), max_size=4, unique=True)) if now.rows else []
        if known:
            made = self.data.commit("test", branch, deletes=known, message="delete", actor="ann")
            rows = {each: row for each, row in now.rows.items() if each not in known}
            self.landed(branch, made.data_commit, rows, now.extra)

    @rule(data=st.data(), name=st.sampled_from(["side", "other"]))
    def branch(self, data: st.DataObject, name: str) -> None:
        """Start a branch, or begin it anew."""
        at = self.some_branch(data)
        if name in self.heads and at != name:
            self.data.delete_branch("test", name, actor="ann")
            del self.heads[name]
        if name not in self.heads:
            self.start_branch(name, at)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """Change two branches, and merge one into the other."""
        source, into = data.draw(st.permutations(sorted(self.heads)))[:TWO]
        self.change_branch(into, data, few=0)
        self.change_branch(source, data, few=1)
        ours, theirs = self.heads[into], self.heads[source]
        base = self.deepest_common(ours, theirs)
        done = self.data.merges.merge("test", source, into, actor="cy")
        if base == theirs:
            assert done.merge is None
            return
        assert done.merge is not None
        expected = merged_by_hand(self.versions[base], self.versions[ours], self.versions[theirs])
        found = self.data.merges.conflicts(done.merge.number)
        assert {each.about.key for each in found} == set(expected.conflicts)
        assert done.merge.base == base
        if found:
            if data.draw(st.booleans()):
                self.data.merges.abandon(done.merge.number, actor="cy")
                return
            for each in found:
                how = data.draw(st.sampled_from([Resolution.OURS, Resolution.THEIRS]))
                self.data.merges.settle(done.merge.number, [each.number], how, actor="eve")
                if how is Resolution.THEIRS:
                    expected.take_theirs(each.about.key)
            done = self.data.merges.finish(done.merge.number, actor="cy")
        rows, extra = expected.whole(self.versions[ours], self.versions[theirs])
        self.landed(into, done.committed.data_commit, rows, extra)
        assert self.versions[self.heads[into]].parents == (ours, theirs)

    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        branch = self.some_branch(data)
        now = self.at(branch)
        undone_id = data.draw(st.sampled_from(sorted(self.reached([self.heads[branch]]))))
        undone = self.versions[undone_id]
        if not undone.parents:
            with pytest.raises(BadInputError):
                self.data.revert("test", branch, undone_id, actor="ann")
            return
        before = self.versions[undone.parents[0]]
        try:
            made = self.data.revert("test", branch, undone_id, actor="ann")
        except RevertConflictError as error:
            self.refused_rightly(error, now, undone)
            return
        extra = now.extra | (before.extra - undone.extra)
        rows = {each: dict(row) for each, row in now.rows.items()}
        for each in {**before.rows, **undone.rows}:
            if before.rows.get(each) != undone.rows.get(each):
                assert now.rows.get(each) == undone.rows.get(each)
                rows.pop(each, None)
                if each in before.rows:
                    # Cells of a column that was dropped since do not come back with the row.
                    rows[each] = {k: v for k, v in before.rows[each].items() if k in GROUP or k in extra}
        self.landed(branch, made.data_commit, rows, extra)

    def refused_rightly(self, error: RevertConflictError, now: Version, undone: Version) -> None:
        assert error.ids
        assert all(now.rows.get(each) != undone.rows.get(each) for each in error.ids)

    @rule(data=st.data(), collected=st.booleans())
    def come_back_later(self, data: st.DataObject, *, collected: bool) -> None:
        """Open the store anew, after garbage was collected or not, and compare two branches."""
        if collected:
            self.clock.now += timedelta(days=200 * 365)  # past the time stamps of the files
            self.data.gc(timedelta(0))
            self.clock.now -= timedelta(days=200 * 365)
        self.objects = FolderObjects(self.objects.root)
        self.opened()
        one, other = self.some_branch(data), self.some_branch(data)
        before, after = self.at(one).rows, self.at(other).rows
        found = self.data.diff(f"test@{one}", f"test@{other}", limit=100)
        assert {row.id for row in found.rows} == {
            each for each in {**before, **after} if before.get(each) != after.get(each)
        }

    def reached(self, starts: list[str]) -> set[str]:
        found: set[str] = set()
        waiting = [*starts]
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting.extend(self.versions[at].parents)
        return found

    def deepest_common(self, one: str, other: str) -> str:
        shared = self.reached([one]) & self.reached([other])
        return min(shared, key=lambda each: (-self.versions[each].depth, each))

    @invariant()
    def rows_and_columns_are_those_of_the_dictionaries(self) -> None:
        for name in self.heads:
            self.compare_with(f"test@{name}", self.at(name))

    def compare_with(self, ref: str, version: Version) -> None:
        found = self.data.rows(ref)
        expected = frame_of(dict(sorted(version.rows.items())), tuple(version.extra)).with_columns(
            origin=pl.lit("sample")
        )
        assert set(found.columns) == set(expected.columns)
        assert found.select(expected.columns).equals(expected)
        assert self.data.resolve(ref).content_hash == content_hash_of(expected)

    def teardown(self) -> None:
        assert self.data.verify() == []
        for each in self.reached(list(self.heads.values())):
            self.compare_with(each, self.versions[each])
        self.database.close()
        self.folder.cleanup()


def frame_of(rows: Rows, extra: tuple[str, ...]) -> pl.DataFrame:
    names = [*GROUP, *extra]
    columns = {name: [row.get(name) for row in rows.values()] for name in names}
    return pl.DataFrame(
        {"id": list(rows), **columns}, schema={"id": pl.String, **{name: TYPES[name] for name in names}}
    )


TestBranches = Branches.TestCase
TestBranches.settings = settings(max_examples=examples(3, nightly=2_000), stateful_step_count=20, deadline=None)
