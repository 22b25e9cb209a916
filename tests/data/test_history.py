"""Whatever is done to branches, in whatever order, the rows are those of a plain dictionary per branch."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from curiouser.data import DataCommit, DataService, RevertConflictError, content_hash_of
from curiouser.data.snapshots import Layout
from curiouser.kernel.errors import BadInputError
from curiouser.storage import Database, FolderObjects
from tests.data.rows import MEMORY, TASK, Ticking
from tests.nightly import examples

Row = tuple[str | None, ...]
COLUMNS = ("want", "offer", "meet", "score")
TYPES = {"want": pl.String, "offer": pl.String, "meet": pl.String, "score": pl.Float64}
IDS = [f"{number:02}" for number in range(30)]
SMALL = Layout(file_rows=4, range_files=2, run_rows=8, fold_chain=3, fold_share=0.3)
ROWS = st.dictionaries(
    st.sampled_from(IDS),
    st.tuples(
        st.sampled_from(["a", "b", "ñ"]),
        st.sampled_from(["", "x"]),
        st.sampled_from([None, "no", "yes"]),
        st.sampled_from([None, 0.5, -1.0]),
    ),
    min_size=1,
    max_size=12,
)


def frame_of(rows: dict[str, Row]) -> pl.DataFrame:
    columns = {name: [row[place] for row in rows.values()] for place, name in enumerate(COLUMNS)}
    return pl.DataFrame({"id": list(rows), **columns}, schema={"id": pl.String, **TYPES})


class History(RuleBasedStateMachine):
    """The model is ``branches``: name -> {id: row}; ``commits`` remembers every version ever made."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        root = Path(self.folder.name)
        self.database = Database(f"sqlite:///{root}/meta.db")
        self.database.create()
        self.objects = FolderObjects(root / "objects")
        self.clock = Ticking()
        self.branches: dict[str, dict[str, Row]] = {}
        self.commits: dict[str, dict[str, Row]] = {}
        self.tags: dict[str, dict[str, Row]] = {}
        self.opened()

    def opened(self) -> None:
        self.data = DataService(self.database, self.objects, TASK, self.clock, layout=SMALL)

    @initialize(rows=ROWS)
    def start(self, rows: dict[str, Row]) -> None:
        self.branches["main"] = {}
        self.land("main", rows, upserts=rows)

    def land(
        self, branch: str, after: dict[str, Row], *, upserts: dict[str, Row], deletes: tuple[str, ...] = ()
    ) -> None:
        made = self.data.commit(
            "test",
            branch,
            upserts=frame_of(upserts) if upserts else None,
            deletes=deletes,
            message="change",
            actor="ann",
            allow_input_changes=True,
        )
        before = self.branches[branch]
        assert made.added == len(after.keys() - before.keys())
        assert made.removed == len(before.keys() - after.keys())
        assert made.changed == sum(after[each] != before[each] for each in after.keys() & before.keys())
        self.branches[branch] = after
        self.commits[made.data_commit] = after

    @rule(data=st.data(), rows=ROWS)
    def write(self, data: st.DataObject, rows: dict[str, Row]) -> None:
        branch = data.draw(st.sampled_from(sorted(self.branches)))
        self.land(branch, {**self.branches[branch], **rows}, upserts=rows)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        branch = data.draw(st.sampled_from(sorted(self.branches)))
        rows = self.branches[branch]
        gone = data.draw(st.lists(st.sampled_from(sorted(rows)), max_size=6, unique=True)) if rows else []
        if gone:
            self.land(branch, {k: v for k, v in rows.items() if k not in gone}, upserts={}, deletes=tuple(gone))

    @rule(data=st.data(), rows=ROWS)
    def replace(self, data: st.DataObject, rows: dict[str, Row]) -> None:
        branch = data.draw(st.sampled_from(sorted(self.branches)))
        made = self.data.commit(
            "test", branch, upserts=frame_of(rows), replace=True, message="all", actor="ann", allow_input_changes=True
        )
        self.branches[branch] = self.commits[made.data_commit] = rows

    @rule(data=st.data(), rows=ROWS, replace=st.booleans())
    def write_in_parts(self, data: st.DataObject, rows: dict[str, Row], *, replace: bool) -> None:
        branch = data.draw(st.sampled_from(sorted(self.branches)))
        frame = frame_of(rows)
        parts = [frame[start : start + 3] for start in range(0, frame.height, 3)]
        made = self.data.commit_large(
            "test", branch, parts=parts, replace=replace, message="parts", actor="ann", allow_input_changes=True
        )
        after = rows if replace else {**self.branches[branch], **rows}
        self.branches[branch] = self.commits[made.data_commit] = after

    @rule(data=st.data(), name=st.sampled_from(["side", "other"]))
    def branch(self, data: st.DataObject, name: str) -> None:
        at = data.draw(st.sampled_from(sorted(self.branches)))
        if name not in self.branches:
            self.data.branch("test", name, at, actor="ann")
            self.branches[name] = self.branches[at]

    @precondition(lambda self: len(self.branches) > 1)
    @rule(data=st.data())
    def delete_branch(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.branches.keys() - {"main"})))
        self.data.delete_branch("test", name, actor="ann")
        del self.branches[name]

    @rule(data=st.data())
    def tag(self, data: st.DataObject) -> None:
        at = data.draw(st.sampled_from(sorted(self.branches)))
        name = f"tag-{len(self.tags)}"
        self.data.tag("test", name, at, actor="ann")
        self.tags[name] = self.branches[at]

    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        branch = data.draw(st.sampled_from(sorted(self.branches)))
        history = self.data.log(f"test@{branch}", limit=4)
        undone = data.draw(st.sampled_from(history))
        now = self.branches[branch]
        try:
            made = self.data.revert("test", branch, undone.id, actor="ann")
        except (BadInputError, RevertConflictError) as error:
            self.refused_rightly(undone, now, error)
            return
        before, was = self.commits[undone.parents[0]], self.commits[undone.id]
        touched = {each for each in before.keys() | was.keys() if before.get(each) != was.get(each)}
        after = {each: row for each, row in now.items() if each not in touched}
        after |= {each: before[each] for each in touched if each in before}
        self.branches[branch] = self.commits[made.data_commit] = after

    def refused_rightly(self, undone: DataCommit, now: dict[str, Row], error: Exception) -> None:
        if isinstance(error, RevertConflictError):
            was = self.commits[undone.id]
            assert error.ids
            assert all(now.get(each) != was.get(each) for each in error.ids)
        else:
            assert not undone.parents

    @rule()
    def collect_garbage(self) -> None:
        self.clock.now += timedelta(days=200 * 365)  # past the time stamps of the files
        self.data.gc(timedelta(0))
        self.clock.now -= timedelta(days=200 * 365)
        self.commits = {
            each: rows
            for each, rows in self.commits.items()
            if each in {c.id for name in self.names() for c in self.log(name)}
        }

    @rule()
    def reopen(self) -> None:
        self.objects = FolderObjects(self.objects.root)
        self.opened()

    @rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        known = sorted(self.commits)
        a, b = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
        before, after = self.commits[a], self.commits[b]
        found = self.data.diff(a, b, limit=100)
        fields = {
            row.id: (row.change.value, {k: v for k, v in row.fields.items() if k in COLUMNS}) for row in found.rows
        }
        assert fields == expected_diff(before, after)
        assert (found.added + found.removed + found.changed, found.truncated) == (len(found.rows), False)

    def names(self) -> list[str]:
        return [f"test@{name}" for name in [*self.branches, *self.tags]]

    def log(self, ref: str) -> list[DataCommit]:
        return list(self.data.log(ref, limit=1000))

    @invariant()
    def rows_are_those_of_the_dictionary(self) -> None:
        for name, rows in {**self.branches, **self.tags}.items():
            found = self.data.rows(f"test@{name}")
            expected = frame_of(dict(sorted(rows.items()))).with_columns(origin=pl.lit("sample"))
            assert found.select(expected.columns).equals(expected)
            assert self.data.resolve(f"test@{name}").content_hash == content_hash_of(expected)

    def teardown(self) -> None:
        assert self.data.verify() == []
        for each, rows in self.commits.items():
            assert self.data.rows(each).get_column("id").to_list() == sorted(rows)
        self.database.close()
        self.folder.cleanup()


def expected_diff(
    before: dict[str, Row], after: dict[str, Row]
) -> dict[str, tuple[str, dict[str, tuple[object, object]]]]:
    nothing = (None,) * len(COLUMNS)
    found: dict[str, tuple[str, dict[str, tuple[object, object]]]] = {}
    for each in sorted(before.keys() | after.keys()):
        old, new = before.get(each, nothing), after.get(each, nothing)
        change = "added" if each not in before else "removed" if each not in after else "changed"
        fields: dict[str, tuple[object, object]] = {
            name: (o, n) for name, o, n in zip(COLUMNS, old, new, strict=True) if o != n
        }
        if change != "changed" or fields:
            found[each] = (change, fields)
    return found


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=examples(6, nightly=2_000), stateful_step_count=25, deadline=None)
