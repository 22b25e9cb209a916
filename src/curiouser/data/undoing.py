"""Undo one data commit with a new one, unless later ones touched the same rows."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from curiouser.data import graph
from curiouser.data.ancestry import is_ancestor
from curiouser.data.changesets import after_rows, before_rows, changeset, ids_of
from curiouser.data.committing import Committer, nothing_changed
from curiouser.data.drafts import Request
from curiouser.data.errors import ColumnTypeError, RefNotFoundError, RevertConflictError
from curiouser.data.naming import point
from curiouser.data.records import Committed, DataCommit
from curiouser.data.stored import DTYPES, Schema
from curiouser.kernel.errors import BadInputError


def _named(connection: Connection, dataset: str, data_commit: str) -> DataCommit:
    """Find a data commit; where there is none, it is called what the user called it."""
    try:
        return graph.resolve(connection, point(dataset, data_commit))
    except RefNotFoundError as error:
        raise error.called(data_commit) from None


class Undoer:
    """Makes data commits that undo others.

    Args:
        committer: Lands them.
    """

    def __init__(self, committer: Committer) -> None:
        self.committer = committer

    def revert(self, dataset: str, branch: str, data_commit: str, *, actor: str, message: str | None) -> Committed:
        """Undo one data commit; see ``DataService.revert``."""
        where = f"{dataset}@{branch}"
        with self.committer.database.read() as connection:
            head = graph.resolve(connection, where)
            undone = _named(connection, dataset, data_commit)
            is_part = is_ancestor(connection, undone.id, head.id)
            parent = graph.get_data_commit(connection, undone.parents[0]) if undone.parents else None
        short = undone.id[:12]
        if not is_part:
            raise BadInputError(f"{short} is not part of {where}", f"see `curiouser data log {where}`")
        if parent is None:
            raise BadInputError(
                f"{short} is the first version of {dataset}", "there is nothing before it to go back to"
            )
        text = message or f"Undo {short}: {undone.message}"
        request = Request(dataset=dataset, branch=branch, message=text, actor=actor)
        # A column that it dropped comes back; one that it brought stays, emptied of what it wrote.
        back = {name: kind for name, kind in parent.schema.items() if name not in undone.schema}
        schema = {**head.schema, **back}
        changes = self._undoing(parent, undone, head, schema)
        if changes.is_empty() and schema == dict(head.schema):
            return nothing_changed(head, request)
        return self.committer.commit_changes(request, head, changes, schema)

    def _undoing(self, parent: DataCommit, undone: DataCommit, head: DataCommit, left: Schema) -> pl.DataFrame:
        schema = {**head.schema, **parent.schema, **undone.schema, **head.schema}
        for name, kind in {**parent.schema, **undone.schema}.items():
            if DTYPES[kind] != DTYPES[schema[name]]:
                raise ColumnTypeError(name, f"was a {kind} column then, and is a {schema[name]} column now")
        changes = self.committer.comparer.changes(parent, undone)
        now = self.committer.states.of(head).lookup(ids_of(changes))
        later = ids_of(changeset(after_rows(changes, schema), now, schema))
        if len(later):
            raise RevertConflictError(undone.id, later.to_list())
        # Cells of a column that was dropped since do not come back: they would show again where the column does.
        return changeset(now, before_rows(changes, schema), left)
