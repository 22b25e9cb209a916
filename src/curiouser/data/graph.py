"""The graph of data commits and the refs that point into it: every SQL statement of the slice's history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, exists, func, insert, literal, select, true, update

from curiouser.data.errors import DatasetNotFoundError, RefNotFoundError
from curiouser.data.records import ColumnType, DataCommit, Dataset, DatasetKind, Ref, RefKind
from curiouser.data.stored import Schema
from curiouser.data.tables import data_commits, datasets, reflog, refs, snapshots
from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.clock import as_text, from_text
from curiouser.kernel.errors import StorageError
from curiouser.kernel.ids import ContentHash, DataCommitId, ObjectName
from curiouser.storage import checked, with_checksum

MAIN = "main"
SHORTEST_PREFIX = 4
_HEX = set("0123456789abcdef")
_PAGE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How to read a data commit: a snapshot of an ancestor, and what changed since."""

    listing: ObjectName
    """The snapshot's listing."""
    changes: tuple[ObjectName, ...]
    """Changesets since, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One data commit on a way through history."""

    id: DataCommitId
    """The data commit."""
    parents: tuple[DataCommitId, ...]
    """What it was made from; the changeset is against the first."""
    depth: int
    """Its depth."""
    changes: ObjectName | None
    """Its changeset, or None when only a snapshot holds its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How two data commits hang together along first parents."""

    common: DataCommitId | None
    """The last version they share, or None."""
    down: tuple[Step, ...]
    """From the first to the common one, newest first, the common one left out."""
    up: tuple[Step, ...]
    """From the common one to the second, oldest first, the common one left out."""


def data_commit_id(made: DataCommit, objects: Sequence[ObjectName]) -> DataCommitId:
    """Name a data commit by all that it stands for."""
    return DataCommitId(
        digest_of(
            {
                "dataset": made.dataset,
                "parents": list(made.parents),
                "content": made.content_hash,
                "schema": schema_hash(made.schema),
                "objects": list(objects),
                "author": made.author,
                "message": made.message,
                "created_at": as_text(made.created_at),
            }
        )
    )


def named(made: DataCommit, objects: Sequence[ObjectName]) -> DataCommit:
    """Give a data commit its id."""
    return replace(made, id=data_commit_id(made, objects))


def schema_hash(schema: Schema) -> str:
    """Hash the columns and their types, whatever their order."""
    return digest_of({name: str(kind) for name, kind in schema.items()})


def data_commit_row(made: DataCommit, changes: ObjectName | None, size_bytes: int) -> dict[str, Any]:
    """Write a data commit as a row of its table, with its checksum."""
    return with_checksum(
        {
            "id": made.id,
            "dataset": made.dataset,
            "parent": made.parents[0] if made.parents else None,
            "other_parents": canonical_json(list(made.parents[1:])),
            "depth": made.depth,
            "content_hash": made.content_hash,
            "schema_json": canonical_json([[name, str(kind)] for name, kind in made.schema.items()]),
            "changes": changes,
            "rows": made.rows,
            "added": made.added,
            "changed": made.changed,
            "removed": made.removed,
            "size_bytes": size_bytes,
            "author": made.author,
            "message": made.message,
            "created_at": as_text(made.created_at),
        }
    )


def data_commit_of(row: Mapping[Any, Any]) -> DataCommit:
    """Read a data commit from its row.

    Raises:
        StorageError: The row is damaged.
    """
    row = checked(data_commits, row)
    return DataCommit(
        id=DataCommitId(row["id"]),
        dataset=row["dataset"],
        parents=parents_of(row),
        content_hash=ContentHash(row["content_hash"]),
        schema={name: ColumnType(kind) for name, kind in json.loads(row["schema_json"])},
        rows=row["rows"],
        added=row["added"],
        changed=row["changed"],
        removed=row["removed"],
        author=row["author"],
        message=row["message"],
        created_at=from_text(row["created_at"]),
        depth=row["depth"],
    )


def parents_of(row: Mapping[Any, Any]) -> tuple[DataCommitId, ...]:
    """Read what a data commit was made from; its changes are told against the first."""
    if not row["parent"]:
        return ()
    # Only a merge has others; reading an empty list a thousand times would cost as much as the rows.
    others = [] if row["other_parents"] == "[]" else json.loads(row["other_parents"])
    return (DataCommitId(row["parent"]), *map(DataCommitId, others))


def get_data_commit(connection: Connection, id_: DataCommitId) -> DataCommit:
    """Read one data commit by its full id.

    Raises:
        RefNotFoundError: There is none.
        StorageError: Its row is damaged.
    """
    row = connection.execute(select(data_commits).where(data_commits.c.id == id_)).mappings().one_or_none()
    if row is None:
        raise RefNotFoundError(id_, "no data commit has this id")
    return data_commit_of(row)


def all_datasets(connection: Connection, *, after: str | None = None, limit: int | None = None) -> list[Dataset]:
    """List the datasets by name, from behind one and at most so many."""
    query = select(datasets).order_by(datasets.c.name).limit(limit)
    query = query if after is None else query.where(datasets.c.name > after)
    return [_dataset_of(row) for row in connection.execute(query).mappings()]


def find_dataset(connection: Connection, name: str) -> Dataset | None:
    """Find a dataset, or None."""
    row = connection.execute(select(datasets).where(datasets.c.name == name)).mappings().one_or_none()
    return None if row is None else _dataset_of(row)


def get_dataset(connection: Connection, name: str) -> Dataset:
    """Find a dataset.

    Raises:
        DatasetNotFoundError: No dataset has this name.
    """
    found = find_dataset(connection, name)
    if found is None:
        raise DatasetNotFoundError(name, [each.name for each in all_datasets(connection)])
    return found


def all_refs(connection: Connection, dataset: str | None = None) -> list[Ref]:
    """List branches, then tags, by name."""
    query = select(refs).order_by(refs.c.dataset, refs.c.kind, refs.c.name)
    if dataset is not None:
        query = query.where(refs.c.dataset == dataset)
    return [_ref_of(row) for row in connection.execute(query).mappings()]


def find_ref(connection: Connection, dataset: str, name: str, *, lock: bool = False) -> Ref | None:
    """Find a branch or tag, or None; locked, it stays where it is until the transaction ends."""
    query = select(refs).where(refs.c.dataset == dataset, refs.c.name == name)
    query = query.with_for_update() if lock else query
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _ref_of(row)


def resolve(connection: Connection, ref: str) -> DataCommit:
    """Find what a ref means: ``test``, ``test@branch``, ``test@tag``, ``test@<prefix>`` or a bare prefix.

    Raises:
        DatasetNotFoundError: It starts with no dataset.
        RefNotFoundError: It names nothing, or more than one data commit.
    """
    name, at, point = ref.partition("@")
    dataset = find_dataset(connection, name)
    if dataset is None and not at and is_prefix(name):
        return _by_prefix(connection, ref, name, true())
    dataset = dataset or get_dataset(connection, name)
    found = find_ref(connection, dataset.name, point or MAIN)
    if found is not None:
        return get_data_commit(connection, found.data_commit)
    if is_prefix(point):
        return _by_prefix(connection, ref, point, data_commits.c.dataset == dataset.name)
    names = ", ".join(each.name for each in all_refs(connection, dataset.name))
    raise RefNotFoundError(ref, f"{dataset.name} has the branches and tags {names}")


def is_prefix(text: str) -> bool:
    """Tell whether a text could be the beginning of a data commit's id."""
    return SHORTEST_PREFIX <= len(text) <= 64 and set(text) <= _HEX


def chain_of(connection: Connection, id_: DataCommitId) -> Chain:
    """Find the nearest snapshot at or below a data commit, and the changesets since.

    Raises:
        StorageError: A row on the way is damaged, or there is no snapshot below.
    """
    walk = _walk(id_, until_snapshot=True)
    query = select(data_commits).join(walk, data_commits.c.id == walk.c.id).order_by(walk.c.step.desc())
    rows = [checked(data_commits, row) for row in connection.execute(query).mappings()]
    base = rows[0]["id"] if rows else id_
    found = connection.execute(select(snapshots).where(snapshots.c.data_commit == base)).mappings().one_or_none()
    changes = [row["changes"] for row in rows[1:]]
    if found is None or None in changes:
        raise StorageError(
            f"no snapshot holds the rows of data commit {id_}", "run `curiouser fsck`, then restore a backup"
        )
    return Chain(listing=ObjectName(checked(snapshots, found)["listing"]), changes=tuple(map(ObjectName, changes)))


def history(connection: Connection, id_: DataCommitId, limit: int) -> list[DataCommit]:
    """List a data commit and its first parents, newest first."""
    walk = _walk(id_, limit=limit)
    query = select(data_commits).join(walk, data_commits.c.id == walk.c.id).order_by(walk.c.step)
    return [data_commit_of(row) for row in connection.execute(query).mappings()]


def ways_between(connection: Connection, one: DataCommitId, other: DataCommitId) -> Ways:
    """Find the last version that two data commits share, and the ways to it."""
    lefts, rights = _steps(connection, one), _steps(connection, other)
    down: list[Step] = []
    up: list[Step] = []
    left, right = next(lefts, None), next(rights, None)
    while left is not None and right is not None and left.id != right.id:
        # Depth falls with every step down, so the deeper of two different ones is no ancestor of the other.
        if left.depth >= right.depth:
            down.append(left)
            left = next(lefts, None)
        else:
            up.append(right)
            right = next(rights, None)
    common = left.id if left is not None and right is not None else None
    if common is None:
        down += [*([left] if left else []), *lefts]
        up += [*([right] if right else []), *rights]
    return Ways(common=common, down=tuple(down), up=tuple(reversed(up)))


def steps_from(connection: Connection, start: DataCommitId, *, versions: int | None = None) -> Iterator[Step]:
    """Walk from a data commit along first parents, newest first; so many versions, or all."""
    return islice(_steps(connection, start), versions)


def first_parents(start: DataCommitId, *, limit: int | None = None) -> CTE:
    """Walk from a data commit along first parents, in SQL: ``id``, ``parent`` and ``step`` from 0."""
    return _walk(start, limit=limit)


def put_ref(connection: Connection, ref: Ref, *, actor: str, what: str) -> None:
    """Write a new branch or tag, and say so in the log of refs."""
    row = {
        "dataset": ref.dataset,
        "name": ref.name,
        "kind": str(ref.kind),
        "data_commit": ref.data_commit,
        "updated_at": as_text(ref.updated_at),
    }
    connection.execute(insert(refs).values(with_checksum(row)))
    log_ref(connection, ref, before=None, actor=actor, what=what)


def move_ref(connection: Connection, ref: Ref, *, expected: DataCommitId, actor: str, what: str) -> bool:
    """Compare and set a branch in one statement; False when it was not where it was expected."""
    row = {
        "dataset": ref.dataset,
        "name": ref.name,
        "kind": str(ref.kind),
        "data_commit": ref.data_commit,
        "updated_at": as_text(ref.updated_at),
    }
    moved = connection.execute(
        update(refs)
        .where(refs.c.dataset == ref.dataset, refs.c.name == ref.name, refs.c.data_commit == expected)
        .values(with_checksum(row))
    )
    if moved.rowcount != 1:
        return False
    log_ref(connection, ref, before=expected, actor=actor, what=what)
    return True


def log_ref(connection: Connection, ref: Ref, *, before: DataCommitId | None, actor: str, what: str) -> None:
    """Note that a ref moved; garbage collection keeps what this log names for a while."""
    after = None if what == "delete" else ref.data_commit
    row = {
        "id": (connection.execute(select(func.max(reflog.c.id))).scalar() or 0) + 1,
        "dataset": ref.dataset,
        "name": ref.name,
        "before": before,
        "after": after,
        "actor": actor,
        "what": what,
        "at": as_text(ref.updated_at),
    }
    connection.execute(insert(reflog).values(with_checksum(row)))


def put_dataset(connection: Connection, dataset: Dataset) -> None:
    """Write a new dataset."""
    row = {"name": dataset.name, "kind": str(dataset.kind), "created_at": as_text(dataset.created_at)}
    connection.execute(insert(datasets).values(with_checksum(row)))


def put_snapshot(
    connection: Connection, id_: DataCommitId, *, listing: ObjectName, size_bytes: int, at: datetime
) -> None:
    """Note that a snapshot holds the rows of a data commit."""
    row = {"data_commit": id_, "listing": listing, "size_bytes": size_bytes, "created_at": as_text(at)}
    connection.execute(insert(snapshots).values(with_checksum(row)))


def _walk(start: DataCommitId, *, until_snapshot: bool = False, limit: int | None = None) -> CTE:
    first = select(data_commits.c.id, data_commits.c.parent, literal(0).label("step")).where(data_commits.c.id == start)
    walk = first.cte("walk", recursive=True)
    onward = select(data_commits.c.id, data_commits.c.parent, walk.c.step + 1).join(
        walk, data_commits.c.id == walk.c.parent
    )
    if until_snapshot:
        onward = onward.where(~exists().where(snapshots.c.data_commit == walk.c.id))
    if limit is not None:
        onward = onward.where(walk.c.step < limit - 1)
    return walk.union_all(onward)


def _steps(connection: Connection, start: DataCommitId) -> Iterator[Step]:
    at: DataCommitId | None = start
    while at is not None:
        walk = _walk(at, limit=_PAGE)
        query = select(data_commits).join(walk, data_commits.c.id == walk.c.id).order_by(walk.c.step)
        page = [checked(data_commits, row) for row in connection.execute(query).mappings()]
        for row in page:
            changes = None if row["changes"] is None else ObjectName(row["changes"])
            yield Step(id=DataCommitId(row["id"]), parents=parents_of(row), depth=row["depth"], changes=changes)
        at = page[-1]["parent"] if page else None


def _by_prefix(connection: Connection, ref: str, prefix: str, where: ColumnElement[bool]) -> DataCommit:
    query = select(data_commits).where(data_commits.c.id.startswith(prefix), where).limit(2)
    found = connection.execute(query).mappings().all()
    if len(found) != 1:
        raise RefNotFoundError(ref, "more than one data commit begins so" if found else "no data commit begins so")
    return data_commit_of(found[0])


def _dataset_of(row: Mapping[Any, Any]) -> Dataset:
    row = checked(datasets, row)
    return Dataset(name=row["name"], kind=DatasetKind(row["kind"]), created_at=from_text(row["created_at"]))


def _ref_of(row: Mapping[Any, Any]) -> Ref:
    row = checked(refs, row)
    return Ref(
        dataset=row["dataset"],
        name=row["name"],
        kind=RefKind(row["kind"]),
        data_commit=DataCommitId(row["data_commit"]),
        updated_at=from_text(row["updated_at"]),
    )
