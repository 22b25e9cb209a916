"""What is known of whole versions: made once, and for versions that follow moved by the rows that changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from curiouser.data import ColumnType, DataCommit, DataService, Origin
from curiouser.datachecks.columns import ColumnProfile, Joint, Rows, joint_moved, joint_of
from curiouser.datachecks.indexes import SCHEMA, HashArray, RowIndex, hashed, in_order
from curiouser.datachecks.tables import data_profile
from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.clock import Clock, as_text
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.errors import ObjectCorruptError, ObjectNotFoundError
from curiouser.kernel.ids import ContentHash, ObjectName
from curiouser.kernel.remembered import Remembered
from curiouser.storage import Database, FolderObjects, holds, with_checksum

VERSION = 4
"""Of what a profile holds; profiles of another version are made anew."""
SUFFIX = ".inputs.arrow"
ORIGIN = "origin"
_NOT_PROFILED = {"id", ORIGIN, "weight"}
_KEPT = 6  # profiles of a dataset on disk; they can be made again
_REMEMBERED = 6
_STEPS_BACK = 200  # data commits looked back for a profile to start from
_FEW_ROWS = 2_000
_MOVED_SHARE = 0.1  # a version that differs by more of its rows gets a profile of its own


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """One version of a dataset, as checks see it."""

    commit: DataCommit
    """The version."""
    columns: Mapping[str, ColumnProfile]
    """What is known of each column among rows drawn from users: patterns were picked, and say nothing of users.

    ``id``, ``origin`` and ``weight`` are left out.
    """
    joints: Mapping[str, Joint]
    """Labels by group, for each group column of the task, among the same rows."""
    index: RowIndex | None
    """Which rows have which input; None where the version lacks a column of the input."""

    @property
    def rows(self) -> int:
        """Rows, >= 0."""
        return self.commit.rows

    @property
    def drawn(self) -> int:
        """Rows drawn from users, >= 0: those that ``columns`` are about."""
        return next((one.rows for one in self.columns.values()), 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stored:
    columns: Mapping[str, ColumnProfile]
    joints: Mapping[str, Joint]
    index: pl.DataFrame | None

    def profile(self, commit: DataCommit) -> Profile:
        """Say it of the version that it was made for."""
        nothing = pl.DataFrame(schema=SCHEMA)
        index = None if self.index is None else RowIndex(base=self.index, gone=nothing, came=nothing)
        return Profile(commit=commit, columns=self.columns, joints=self.joints, index=index)


class Profiles:
    """Finds or makes profiles.

    Args:
        database: Where summaries are kept.
        objects: Where indexes are kept.
        data: Where the rows are.
        task: Says which columns are input, label and groups.
        clock: Tells the time.
    """

    def __init__(
        self, database: Database, objects: FolderObjects, *, data: DataService, task: Task, clock: Clock
    ) -> None:
        self._database, self._objects, self._data, self._task, self._clock = database, objects, data, task, clock
        self._remembered = Remembered[str, Profile](most=_REMEMBERED)
        self.rows_read = 0
        """Rows looked at so far to make profiles: what the cost grows with."""

    def of(self, commit: DataCommit) -> Profile:
        """Find what is known of a version, or look at its rows.

        Raises:
            StorageError: Rows are damaged, or the disk refused.
        """
        return self._remembered.get(self._key(commit.content_hash), lambda: self._found(commit))

    @cached_property
    def _made_by(self) -> str:
        task = self._task
        return digest_of([VERSION, task.kind.value, task.label, list(task.inputs), list(task.groups)])

    def _key(self, content: ContentHash) -> str:
        return digest_of({"content": content, "by": self._made_by})

    def _found(self, commit: DataCommit) -> Profile:
        stored = self._load(commit.content_hash)
        if stored is not None:
            return stored.profile(commit)
        return self._followed(commit) or self._made(commit)

    def _followed(self, commit: DataCommit) -> Profile | None:
        """Start from the nearest version before it that has a profile, where not much happened since."""
        moved, most = 0, max(_FEW_ROWS, int(commit.rows * _MOVED_SHARE))
        steps = self._data.log(commit.id, limit=_STEPS_BACK)
        with self._database.read() as connection:
            known = set(connection.execute(select(data_profile.c.key)).scalars())
        for before, at in pairwise(steps):
            moved += before.added + before.changed + before.removed
            if moved > most or {**at.schema, **commit.schema} != {**commit.schema, **at.schema}:
                return None
            stored = self._load(at.content_hash) if self._key(at.content_hash) in known else None
            if stored is not None:
                return self._moved(stored, at, commit)
        return None

    def _moved(self, stored: _Stored, start: DataCommit, commit: DataCommit) -> Profile | None:
        changed = self._data.changed_rows(start.id, commit.id)
        self.rows_read += len(changed.before) + len(changed.after)
        gone, came = self._hashed(changed.before, start), self._hashed(changed.after, commit)
        if (came is None) != (stored.index is None):
            return None
        old = _drawn(changed.before, _hashes(changed.before, gone))
        new = _drawn(changed.after, _hashes(changed.after, came))
        columns, drawn = {}, stored.profile(start).drawn
        for name, kind in self._profiled(commit).items():
            was = stored.columns.get(name) or ColumnProfile.absent(drawn, kind)
            columns[name] = was.moved(old, new, name)
        label, joints = self._task.label, {}
        for group in self._groups(commit):
            both = joint_of(old, group, label), joint_of(new, group, label)
            joints[group] = joint_moved(stored.joints.get(group, {}), *both)
        index = None
        if stored.index is not None and came is not None:
            index = RowIndex(base=stored.index, gone=pl.DataFrame(schema=SCHEMA) if gone is None else gone, came=came)
        return Profile(commit=commit, columns=columns, joints=joints, index=index)

    def _made(self, commit: DataCommit) -> Profile:
        frame = self._data.rows(commit.id)
        self.rows_read += len(frame)
        index = self._hashed(frame, commit)
        rows = _drawn(frame, _hashes(frame, index))
        made = _Stored(
            columns={name: ColumnProfile.of(rows, name, kind) for name, kind in self._profiled(commit).items()},
            joints={group: joint_of(rows, group, self._task.label) for group in self._groups(commit)},
            index=None if index is None else in_order(index),
        )
        self._store(commit, made)
        return made.profile(commit)

    def _hashed(self, frame: pl.DataFrame, commit: DataCommit) -> pl.DataFrame | None:
        if not set(self._task.inputs) <= set(commit.schema):
            return None
        return hashed(frame, list(self._task.inputs), self._task.label if self._task.label in frame.columns else None)

    def _profiled(self, commit: DataCommit) -> dict[str, ColumnType]:
        return {name: kind for name, kind in commit.schema.items() if name not in _NOT_PROFILED}

    def _groups(self, commit: DataCommit) -> tuple[str, ...]:
        if self._task.kind is TaskKind.REGRESSION or self._task.label not in commit.schema:
            return ()
        return tuple(group for group in self._task.groups if group in commit.schema)

    # What is kept. All of it can be made again: what is damaged or missing is.

    def _load(self, content: ContentHash) -> _Stored | None:
        with self._database.read() as connection:
            chosen = select(data_profile).where(data_profile.c.key == self._key(content))
            row = connection.execute(chosen).mappings().one_or_none()
        if row is None or not holds(row):
            return None
        try:
            index = None if row["index_object"] is None else self._open(ObjectName(row["index_object"]))
        except (ObjectNotFoundError, ObjectCorruptError, FileNotFoundError):
            return None
        said = json.loads(row["summary"])
        columns = {name: ColumnProfile.from_json(one) for name, one in said["columns"].items()}
        return _Stored(columns=columns, joints=said["joints"], index=index)

    def _open(self, name: ObjectName) -> pl.DataFrame:
        return pl.scan_ipc(self._objects.path(name)).collect()

    def _store(self, commit: DataCommit, made: _Stored) -> None:
        name = None
        if made.index is not None:
            with self._objects.writing() as path:
                made.index.write_ipc(path)
                name = self._objects.adopt(path, suffix=SUFFIX)
        columns = {column: one.as_json() for column, one in made.columns.items()}
        summary = canonical_json({"columns": columns, "joints": made.joints})
        row = {
            "key": self._key(commit.content_hash), "dataset": commit.dataset, "data_commit": commit.id,
            "rows": commit.rows, "index_object": name, "summary": summary, "made_at": as_text(self._clock()),
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(delete(data_profile).where(data_profile.c.key == row["key"]))
            connection.execute(insert(data_profile).values(with_checksum(row)))
            removed = _forget_old(connection, commit.dataset)
            for each in removed:
                self._objects.remove(each)


def _hashes(frame: pl.DataFrame, index: pl.DataFrame | None) -> HashArray:
    """Hash the inputs; where there are none, the ids choose the rows whose words are counted."""
    return hashed(frame, ["id"], None)["given"].to_numpy() if index is None else index["folded"].to_numpy()


def _drawn(frame: pl.DataFrame, hashes: HashArray) -> Rows:
    """Leave out rows that were not drawn from users."""
    if ORIGIN not in frame.columns:
        return Rows(frame=frame, hashes=hashes)
    is_drawn = (frame[ORIGIN] == Origin.SAMPLE.value).fill_null(value=False)
    return Rows(frame=frame.filter(is_drawn), hashes=hashes[is_drawn.to_numpy()])


def _forget_old(connection: Connection, dataset: str) -> list[ObjectName]:
    """Forget all but the newest profiles of a dataset; return the objects that nobody needs any more."""
    ordered = select(data_profile.c.key, data_profile.c.index_object).where(data_profile.c.dataset == dataset)
    old = connection.execute(ordered.order_by(data_profile.c.made_at.desc(), data_profile.c.key)).all()[_KEPT:]
    for row in old:
        connection.execute(delete(data_profile).where(data_profile.c.key == row.key))
    needed = set(connection.execute(select(data_profile.c.index_object)).scalars())
    return [ObjectName(row.index_object) for row in old if row.index_object and row.index_object not in needed]
