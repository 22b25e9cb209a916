"""Garbage collection: find what nothing needs any more, forget it in SQL, then remove the files.

In this order, because a kill in between must leave files without a name, never
a name without its files. The files go under the write lock, so that no data
commit lands while they are counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from curiouser.data.graph import parents_of
from curiouser.data.merging.stored import pinned_by_merges
from curiouser.data.records import Collected
from curiouser.data.snapshots import CHANGES_SUFFIX, LISTING_SUFFIX, ROWS_SUFFIX, RowFiles
from curiouser.data.tables import data_commits, reflog, refs, snapshots, touches
from curiouser.kernel.clock import as_text
from curiouser.kernel.ids import DataCommitId, ObjectName
from curiouser.storage import Database, checked
from curiouser.storage.objects import disk_errors

_OURS = (ROWS_SUFFIX, LISTING_SUFFIX, CHANGES_SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What goes, and which objects the rest needs."""

    data_commits: frozenset[str]
    snapshots: frozenset[str]
    needed: frozenset[ObjectName]


def collect(
    database: Database,
    files: RowFiles,
    *,
    since: datetime,
    dry_run: bool,
    keep: Collection[DataCommitId],
) -> Collected:
    """Remove what nothing needs.

    Args:
        database: Holds the graph.
        files: Holds the objects.
        since: What is younger, or was named by a ref later, stays.
        dry_run: Only count.
        keep: Data commits to keep in any case.

    Raises:
        StorageError: Something is damaged; then nothing is removed.
    """
    if dry_run:
        with database.read() as connection:
            plan = _plan(connection, files, since, keep)
        return _collected(plan, files, _unneeded(plan, files, since), dry_run=True)
    with database.write() as connection:
        plan = _plan(connection, files, since, keep)
        _forget(connection, plan)
    with database.write() as connection:
        names = _unneeded(_plan(connection, files, since, keep), files, since)
        collected = _collected(plan, files, names, dry_run=False)
        for name in names:
            files.objects.remove(name)
    with disk_errors("removing unfinished files"):
        for path in files.objects.leftovers():
            if path.stat().st_mtime < since.timestamp():
                path.unlink(missing_ok=True)
    return collected


def _plan(connection: Connection, files: RowFiles, since: datetime, keep: Collection[str]) -> _Plan:
    commits = {row["id"]: checked(data_commits, row) for row in connection.execute(select(data_commits)).mappings()}
    tables = {row["data_commit"]: checked(snapshots, row) for row in connection.execute(select(snapshots)).mappings()}
    named = {row["data_commit"] for row in connection.execute(select(refs)).mappings()}
    late = connection.execute(select(reflog.c.before, reflog.c.after).where(reflog.c.at >= as_text(since)))
    recent = {each for pair in late for each in pair if each is not None}
    reached = _reached(commits, {*named, *recent, *keep, *pinned_by_merges(connection)} & commits.keys())
    nearest = {_nearest(commits, tables, each) for each in named}
    stays = {
        each: row
        for each, row in tables.items()
        if each in reached
        and (commits[each]["changes"] is None or each in nearest or row["created_at"] >= as_text(since))
    }
    needed = {ObjectName(commits[each]["changes"]) for each in reached if commits[each]["changes"] is not None}
    for row in stays.values():
        listing = ObjectName(row["listing"])
        needed.add(listing)
        needed.update(ObjectName(name) for name in files.snapshot(listing).files.get_column("object"))
    return _Plan(
        data_commits=frozenset(commits.keys() - reached),
        snapshots=frozenset(tables.keys() - stays.keys()),
        needed=frozenset(needed),
    )


def _reached(commits: Mapping[str, Mapping[str, Any]], starts: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [*starts]
    while waiting:
        at = waiting.pop()
        if at not in reached:
            reached.add(at)
            waiting.extend(parents_of(commits[at]))
    return reached


def _nearest(commits: Mapping[str, Mapping[str, Any]], tables: Mapping[str, object], start: str) -> str | None:
    at: str | None = start
    while at is not None and at not in tables:
        at = commits[at]["parent"]
    return at


def _unneeded(plan: _Plan, files: RowFiles, since: datetime) -> list[ObjectName]:
    return [
        name
        for name in files.objects.names()
        if name.endswith(_OURS) and name not in plan.needed and files.objects.modified_at(name) < since.timestamp()
    ]


def _collected(plan: _Plan, files: RowFiles, names: list[ObjectName], *, dry_run: bool) -> Collected:
    return Collected(
        objects=len(names),
        size_bytes=sum(files.objects.size_bytes(name) for name in names),
        data_commits=len(plan.data_commits),
        snapshots=len(plan.snapshots),
        dry_run=dry_run,
    )


def _forget(connection: Connection, plan: _Plan) -> None:
    for each in plan.snapshots:
        connection.execute(delete(snapshots).where(snapshots.c.data_commit == each))
    depths = select(data_commits.c.id).order_by(data_commits.c.depth.desc())
    for (each,) in connection.execute(depths).all():
        if each in plan.data_commits:
            connection.execute(delete(touches).where(touches.c.data_commit == each))
            connection.execute(delete(data_commits).where(data_commits.c.id == each))
