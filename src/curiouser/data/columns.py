"""Columns of a branch, renamed and dropped: a data commit that touches every row, and keeps their ids.

A column is known by its name. So a rename is a dropped column and a new one
with its values, for a merge as for everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from curiouser.data.committing import Committer, Rows
from curiouser.data.drafts import Request
from curiouser.data.errors import ColumnNotFoundError
from curiouser.data.records import Committed, DataCommit
from curiouser.data.stored import ID, ORIGIN, WEIGHT
from curiouser.kernel.errors import BadInputError, ConflictError

LONGEST = 100
"""Characters of a column's name."""


class Columns:
    """Renames and drops columns.

    Args:
        committer: Lands data commits.
    """

    def __init__(self, committer: Committer) -> None:
        self._committer, self._task = committer, committer.task

    def rename(
        self, dataset: str, branch: str, names: Mapping[str, str], *, actor: str, message: str | None = None
    ) -> Committed:
        """Give columns other names, all at once; their cells and their places stay.

        Args:
            dataset: Of this dataset.
            branch: On this branch.
            names: Name -> new name, at least one.
            actor: Who.
            message: Why; says what was renamed when left out.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch.
            ColumnNotFoundError: There is no such column.
            ConflictError: A column has the new name already.
            BadInputError: The task reads the column, or the new name can be none.
            BadExamplesError: Values are none for the part that the task gives the new name.
            ProtectedBranchError: The branch moves only by approved proposals.
            BranchMovedError: Somebody kept moving the branch; nothing happened.
        """
        if not names:
            raise BadInputError("there is nothing to rename", "give a column and its new name")
        said = ", ".join(f"{old} to {new}" for old, new in names.items())
        return self._rewritten(dataset, branch, names, actor=actor, message=message or f"Rename {said}")

    def drop(
        self, dataset: str, branch: str, names: Sequence[str], *, actor: str, message: str | None = None
    ) -> Committed:
        """Take columns away; earlier versions keep them, and reverting brings them back.

        Args:
            dataset: As for :meth:`rename`, and so are the others.
            branch: On this branch.
            names: Names of columns, at least one.
            actor: Who.
            message: Why; says what was dropped when left out.

        Raises:
            DatasetNotFoundError: No such dataset.
            RefNotFoundError: No such branch.
            ColumnNotFoundError: There is no such column.
            BadInputError: The task reads the column.
            ProtectedBranchError: The branch moves only by approved proposals.
            BranchMovedError: Somebody kept moving the branch; nothing happened.
        """
        if not names:
            raise BadInputError("there is nothing to drop", "name a column")
        text = message or f"Drop {', '.join(names)}"
        return self._rewritten(dataset, branch, dict.fromkeys(names), actor=actor, message=text)

    def _rewritten(
        self, dataset: str, branch: str, names: Mapping[str, str | None], *, actor: str, message: str
    ) -> Committed:
        def rewrite(head: DataCommit) -> tuple[Request, Rows]:
            self._look(head, f"{dataset}@{branch}", names)
            kept = {name: names.get(name, name) for name in head.schema}
            rows = self._committer.states.of(head).rows(list(kept))
            rows = rows.select(pl.col(old).alias(new) for old, new in kept.items() if new is not None)
            request = Request(
                dataset=dataset,
                branch=branch,
                message=message,
                actor=actor,
                schema={new: head.schema[old] for old, new in kept.items() if new is not None},
                replace=True,
                allow_input_changes=True,
            )
            return request, Rows(upserts=rows, deletes=())

        return self._committer.commit_anew(dataset, branch, rewrite)

    def _look(self, head: DataCommit, where: str, names: Mapping[str, str | None]) -> None:
        """Refuse what cannot be done, before anything is read."""
        unknown = [name for name in names if name not in head.schema]
        if unknown:
            raise ColumnNotFoundError(where, unknown, [name for name in head.schema if name != ID])
        for name in names:
            part = self._part_of(name)
            if part:
                raise BadInputError(
                    f"column {name!r} is {part}; nothing was changed",
                    "change [task] in curiouser.toml first, then the column"
                    if name not in {ID, ORIGIN}
                    else "every dataset has it",
                )
        given = [new for new in names.values() if new is not None]
        taken = {name for name in head.schema if name not in names}
        for new in given:
            if new in taken or given.count(new) > 1:
                raise ConflictError(f"{where} has a column {new!r} already; nothing was changed", "choose another name")
            if new in {ID, ORIGIN, WEIGHT} or not _can_be_a_name(new):
                raise BadInputError(
                    f"{new!r} is no name for a column; nothing was changed",
                    f"choose words of at most {LONGEST} characters; {ID}, {ORIGIN} and {WEIGHT} have a meaning already",
                )

    def _part_of(self, name: str) -> str:
        task = self._task
        parts = {
            ID: "the id of the rows",
            ORIGIN: "where the rows come from",
            task.label: "the label of the task",
            **dict.fromkeys(task.inputs, "an input of the task"),
            **dict.fromkeys(task.groups, "a group of the task"),
            **{one: f"the {part} of the task" for one, part in ((task.user, "user"), (task.time, "time")) if one},
        }
        return parts.get(name, "")


def _can_be_a_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text == text.strip() and text.isprintable()
