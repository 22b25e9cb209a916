"""Branches and tags: names for versions, and the log of where they pointed."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import IntegrityError

from curiouser.data import graph
from curiouser.data.errors import RefExistsError, RefNotFoundError
from curiouser.data.protecting import refuse_protected
from curiouser.data.records import DatasetLine, DatasetStatus, Ref, RefKind
from curiouser.data.tables import data_commits, refs, snapshots
from curiouser.kernel.clock import Clock
from curiouser.kernel.errors import BadInputError, ConflictError, refuse_stale
from curiouser.kernel.ids import plain_name
from curiouser.storage import Database


class Refs:
    """Makes and deletes branches and tags.

    Args:
        database: Holds them.
        clock: Tells the time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    def put(self, dataset: str, name: str, at: str | None, *, kind: RefKind, actor: str) -> Ref:
        """Make a branch or tag.

        Raises:
            RefExistsError: A branch or tag has this name.
            BadInputError: It is no name, or could be taken for a data commit.
        """
        plain_name(name, str(kind))
        if graph.is_prefix(name):
            raise BadInputError(
                f"{name!r} could be taken for the beginning of a data commit's id", "choose another name"
            )
        try:
            with self.database.write() as connection:
                found = graph.resolve(connection, point(dataset, at or graph.MAIN))
                if graph.find_ref(connection, dataset, name) is not None:
                    raise _taken(dataset, name)
                ref = Ref(dataset=dataset, name=name, kind=kind, data_commit=found.id, updated_at=self.clock())
                if found.dataset != dataset:
                    raise BadInputError(
                        f"{at} is a version of {found.dataset}, not of {dataset}", "name one of its own"
                    )
                graph.put_ref(connection, ref, actor=actor, what=str(kind))
        except IntegrityError as error:
            raise _taken(dataset, name) from error
        return ref

    def delete(self, dataset: str, name: str, *, kind: RefKind, expected: Ref | None = None, actor: str) -> Ref:
        """Delete a branch or tag; what it named stays until garbage collection.

        Raises:
            RefNotFoundError: There is none.
            StaleEditError: It is not as it was expected to be.
            ConflictError: It is the main branch.
            ProtectedBranchError: It is protected.
        """
        if name == graph.MAIN:
            raise ConflictError(f"{dataset}@{name} is the main branch, and stays", "delete another branch")
        with self.database.write() as connection:
            graph.get_dataset(connection, dataset)
            ref = graph.find_ref(connection, dataset, name, lock=True)
            if ref is None or ref.kind is not kind:
                raise RefNotFoundError(f"{dataset}@{name}", f"there is no such {kind}")
            refuse_protected(connection, dataset, name)
            refuse_stale(ref, expected, f"{kind} {name!r}")
            connection.execute(delete(refs).where(refs.c.dataset == dataset, refs.c.name == name))
            gone = Ref(dataset=dataset, name=name, kind=kind, data_commit=ref.data_commit, updated_at=self.clock())
            graph.log_ref(connection, gone, before=ref.data_commit, actor=actor, what="delete")
        return ref


def point(dataset: str, at: str) -> str:
    """Write a place in a dataset as a ref: a branch, tag or prefix of it, or a whole ref.

    Examples:
        >>> point("test", "main"), point("test", "test@main")
        ('test@main', 'test@main')
    """
    return at if "@" in at else f"{dataset}@{at}"


def dataset_statuses(
    connection: Connection, *, after: str | None = None, limit: int | None = None
) -> list[DatasetStatus]:
    """List datasets by name with their branches, tags and size, from behind one and at most so many."""
    changes = select(data_commits.c.dataset, func.sum(data_commits.c.size_bytes)).group_by(data_commits.c.dataset)
    tables = (
        select(data_commits.c.dataset, func.sum(snapshots.c.size_bytes))
        .join(snapshots, snapshots.c.data_commit == data_commits.c.id)
        .group_by(data_commits.c.dataset)
    )
    sizes: dict[str, int] = {}
    for query in (changes, tables):
        for name, size in connection.execute(query):
            sizes[name] = sizes.get(name, 0) + int(size)
    return [
        DatasetStatus(
            dataset=each,
            heads=tuple(
                (ref, graph.get_data_commit(connection, ref.data_commit))
                for ref in graph.all_refs(connection, each.name)
            ),
            size_bytes=sizes.get(each.name, 0),
        )
        for each in graph.all_datasets(connection, after=after, limit=limit)
    ]


def line_of(status: DatasetStatus) -> DatasetLine:
    """Say a dataset's status in one line."""
    _, head = next(pair for pair in status.heads if pair[0].name == graph.MAIN)
    return DatasetLine(
        dataset=status.dataset.name,
        kind=status.dataset.kind,
        rows=head.rows,
        data_commit=head.id,
        branches=sum(ref.kind is RefKind.BRANCH for ref, _ in status.heads),
    )


def _taken(dataset: str, name: str) -> RefExistsError:
    return RefExistsError(f"{dataset} has a branch or tag {name!r} already", "choose another name, or delete it first")
