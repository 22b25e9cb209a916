"""Check that what is stored is what was stored: rows of SQL, bytes of objects, and hashes of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from curiouser.data import graph
from curiouser.data.changesets import columns_of, content_delta, counts_of, ids_of
from curiouser.data.hashing import content_hash, row_hashes, total_of
from curiouser.data.marks import marks_of
from curiouser.data.records import Damage, DataCommit
from curiouser.data.snapshots import CHANGES_SUFFIX, LISTING_SUFFIX, ROWS_SUFFIX, RowFiles
from curiouser.data.states import States
from curiouser.data.stored import ID
from curiouser.data.tables import CHECKED, data_commits, refs, snapshots, touches
from curiouser.kernel.errors import NotFoundError, StorageError
from curiouser.kernel.ids import ObjectName
from curiouser.storage import Database, damaged_rows

_RESTORE = "restore a backup with `curiouser workspace restore`"
_OURS = (ROWS_SUFFIX, LISTING_SUFFIX, CHANGES_SUFFIX)


def verify(database: Database, files: RowFiles, states: States) -> list[Damage]:
    """Look at everything; empty when all is well."""
    states.forget()
    files.forget()
    damages = [
        Damage(what=f"object {name}", trouble="its bytes do not hash to its name", repair=_RESTORE)
        for name in files.objects.names()
        if name.endswith(_OURS) and not files.objects.is_whole(name)
    ]
    with database.read() as connection:
        damages += [
            Damage(what=what, trouble="does not match its checksum", repair=_RESTORE)
            for what in damaged_rows(connection, CHECKED)
        ]
        if damages:
            return damages
        commits = {row["id"]: row for row in connection.execute(select(data_commits)).mappings()}
        tables = {row["data_commit"]: row for row in connection.execute(select(snapshots)).mappings()}
        marks = {row.data_commit: row.marks for row in connection.execute(select(touches))}
        damages += _dangling(connection.execute(select(refs)).mappings().all(), commits)
    for id_ in marks.keys() - commits.keys():
        damages.append(Damage(what=f"data_touch {id_}", trouble="is of no data commit", repair=_RESTORE))
    for row in commits.values():
        damages += _of_data_commit(row, commits, tables, files)
        if row["id"] in marks and row["changes"] is not None:
            damages += _of_marks(row["id"], marks[row["id"]], ObjectName(row["changes"]), files)
    return damages


def _dangling(found: Any, commits: Mapping[str, Any]) -> Iterator[Damage]:  # noqa: ANN401  rows of SQLAlchemy
    for row in found:
        if row["data_commit"] not in commits:
            what = f"ref {row['dataset']}@{row['name']}"
            yield Damage(what=what, trouble=f"names data commit {row['data_commit']}, which is gone", repair=_RESTORE)


def _of_data_commit(
    row: Mapping[Any, Any], commits: Mapping[str, Any], tables: Mapping[str, Any], files: RowFiles
) -> Iterator[Damage]:
    made = graph.data_commit_of(row)
    table = tables.get(made.id)
    checks: list[Callable[[], str | None]] = [lambda: _wrong_name(made, row, table), lambda: _orphaned(made, commits)]
    if row["changes"] is not None:
        parent = graph.data_commit_of(commits[row["parent"]])
        checks.append(lambda: _wrong_changes(made, parent, ObjectName(row["changes"]), files))
    elif table is None:
        checks.append(lambda: "no snapshot and no changeset holds its rows")
    if table is not None:
        checks.append(lambda: _wrong_rows(made, ObjectName(table["listing"]), files))
    for check in checks:
        trouble = _found_by(check)
        if trouble is not None:
            yield Damage(what=f"data commit {made.id}", trouble=trouble, repair=_RESTORE)


def _of_marks(id_: str, marks: bytes, changes: ObjectName, files: RowFiles) -> Iterator[Damage]:
    if _found_by(lambda: None if marks == marks_of(ids_of(files.read_changes(changes))) else "differs") == "differs":
        yield Damage(what=f"data_touch {id_}", trouble="names other rows than its changeset", repair=_RESTORE)


def _found_by(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except (NotFoundError, StorageError) as error:
        return error.reason


def _wrong_name(made: DataCommit, row: Mapping[Any, Any], table: Mapping[Any, Any] | None) -> str | None:
    objects = [row["changes"]] if row["changes"] is not None else [] if table is None else [table["listing"]]
    return None if graph.data_commit_id(made, objects) == made.id else "its id does not follow from what it says"


def _orphaned(made: DataCommit, commits: Mapping[str, Any]) -> str | None:
    gone = [each for each in made.parents if each not in commits]
    return f"it was made from {', '.join(gone)}, which is gone" if gone else None


def _wrong_changes(made: DataCommit, parent: DataCommit, name: ObjectName, files: RowFiles) -> str | None:
    changes = files.read_changes(name)
    counts = counts_of(changes)
    if (counts.added, counts.changed, counts.removed) != (made.added, made.changed, made.removed):
        return "its changeset has another number of rows than it says"
    union = {**parent.schema, **made.schema}
    if columns_of(changes) - union.keys():
        return "its changeset has cells of columns that it does not have"
    delta = content_delta(changes, union)
    if content_hash(int(parent.content_hash, 16) + delta) != made.content_hash:
        return "its changeset does not lead to its content hash"
    return None


def _wrong_rows(made: DataCommit, listing: ObjectName, files: RowFiles) -> str | None:
    lines = files.snapshot(listing).files
    total, rows, last = 0, 0, ""
    for line in lines.iter_slices(1):
        part = files.read(line, made.schema)
        ids = part.get_column(ID)
        if not ids.is_sorted() or ids.n_unique() < ids.len() or ids[0] <= last or ids[0] != line.item(0, "first"):
            return "its snapshot is not in the order of its ids"
        total, rows, last = total + total_of(row_hashes(part)), rows + part.height, ids[-1]
    if (rows, content_hash(total)) != (made.rows, made.content_hash):
        return "the rows of its snapshot do not have its content hash"
    return None
