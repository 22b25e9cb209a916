"""Protected branches: they move only by what an approved proposal brings, and are not deleted.

The look is taken inside the transaction that moves the branch, so that no way
to a branch goes past it: commits, imports, edits, merges, reverts, deletion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from curiouser.data import graph
from curiouser.data.errors import ProtectedBranchError, RefNotFoundError
from curiouser.data.records import RefKind
from curiouser.data.tables import protections
from curiouser.kernel.clock import Clock, as_text, from_text
from curiouser.storage import Database, checked, with_checksum


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A branch that moves only by approved proposals."""

    dataset: str
    """Of this dataset."""
    branch: str
    """The branch."""
    actor: str
    """Who protected it."""
    created_at: datetime
    """Since when, UTC."""


class Protections:
    """Protects branches, and no longer.

    Args:
        database: Holds them.
        clock: Tells the time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def protect(self, dataset: str, branch: str, *, actor: str) -> Protection:
        """Protect a branch; one that is protected stays as it is.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch.
        """
        made = Protection(dataset=dataset, branch=branch, actor=actor, created_at=self._clock())
        with self._database.write() as connection:
            graph.get_dataset(connection, dataset)
            ref = graph.find_ref(connection, dataset, branch)
            if ref is None or ref.kind is not RefKind.BRANCH:
                raise RefNotFoundError(f"{dataset}@{branch}", "there is no such branch")
            known = find_protection(connection, dataset, branch)
            if known is not None:
                return known
            row = {"dataset": dataset, "branch": branch, "actor": actor, "created_at": as_text(made.created_at)}
            connection.execute(insert(protections).values(with_checksum(row)))
        return made

    def unprotect(self, dataset: str, branch: str) -> Protection:
        """Let a branch be moved by anybody again; returns how it was protected.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: The branch is not protected.
        """
        with self._database.write() as connection:
            graph.get_dataset(connection, dataset)
            known = find_protection(connection, dataset, branch)
            if known is None:
                raise RefNotFoundError(f"{dataset}@{branch}", "no branch of this name is protected")
            here = (protections.c.dataset == dataset, protections.c.branch == branch)
            connection.execute(delete(protections).where(*here))
        return known

    def find(self, dataset: str, branch: str) -> Protection | None:
        """Find how a branch is protected, or None."""
        with self._database.read() as connection:
            return find_protection(connection, dataset, branch)

    def all(
        self, dataset: str | None = None, *, after: str | None = None, limit: int | None = None
    ) -> list[Protection]:
        """List protected branches by dataset and name.

        Args:
            dataset: Of this dataset; of every one when left out.
            after: Cursor in the list of one dataset: start behind the branch of this name.
            limit: At most this many; all when left out.

        Raises:
            DatasetNotFoundError: No such dataset.
        """
        query = select(protections).order_by(protections.c.dataset, protections.c.branch).limit(limit)
        if dataset is not None:
            query = query.where(protections.c.dataset == dataset)
        if after is not None:
            query = query.where(protections.c.branch > after)
        with self._database.read() as connection:
            if dataset is not None:
                graph.get_dataset(connection, dataset)
            return [_protection_of(row) for row in connection.execute(query).mappings()]


def find_protection(connection: Connection, dataset: str, branch: str) -> Protection | None:
    """Find how a branch is protected, or None."""
    query = select(protections).where(protections.c.dataset == dataset, protections.c.branch == branch)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _protection_of(row)


def refuse_protected(connection: Connection, dataset: str, branch: str) -> None:
    """Refuse to move or delete a protected branch.

    Raises:
        ProtectedBranchError: It is protected.
    """
    if find_protection(connection, dataset, branch) is not None:
        raise ProtectedBranchError(dataset, branch)


def _protection_of(row: Mapping[Any, Any]) -> Protection:
    row = checked(protections, row)
    return Protection(
        dataset=row["dataset"],
        branch=row["branch"],
        actor=row["actor"],
        created_at=from_text(row["created_at"]),
    )
