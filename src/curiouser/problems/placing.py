"""Bring drafts of patterns into the test dataset: find rows that stand there, commit those that do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curiouser.data import BranchMovedError, DataCommit, DataService, Origin, Value, input_hash, predicates
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.kernel.words import plural
from curiouser.problems.drafts import PatternDraft
from curiouser.problems.errors import PatternDisagreesError, PatternNotFoundError
from curiouser.problems.records import Pattern

_STORED: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
}
_MAIN, _SHOWN, _TRIES = "main", 10, 8

Input = tuple[Value, ...]
"""The input of a row, in the order of the task's inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Drafts that have become rows of the test dataset."""

    patterns: tuple[Pattern, ...]
    """One per draft, in their order."""
    committed: tuple[ExampleId, ...]
    """Rows that are new there, sorted."""
    data_commit: DataCommitId
    """The data commit that holds them all."""
    notes: tuple[str, ...]
    """What a reader must know besides."""


@dataclass(slots=True, kw_only=True)
class _Group:
    """Drafts that are one row: the same id, or the same input and no id."""

    where: str
    given_id: str | None
    input: Input
    values: dict[str, Value]
    found: str | None = None


class Placing:
    """Finds and commits the rows of patterns.

    Args:
        data: Where rows are kept.
        task: Says what is input and label.
    """

    def __init__(self, data: DataService, task: Task) -> None:
        self._data, self._task = data, task

    def types(self, on: str) -> dict[str, str]:
        """Tell the type of each column of the test dataset.

        Raises:
            DatasetNotFoundError: There is no such dataset.
            RefNotFoundError: There is no such branch.
        """
        return {name: str(kind) for name, kind in self._data.resolve(on).schema.items()}

    def commit(self, drafts: Sequence[PatternDraft], *, on: str, message: str, actor: str) -> Placed:
        """Give every draft a row; a row of the same input is reused, if its label agrees.

        Where somebody else changes the test dataset meanwhile, it is looked at again.

        Raises:
            PatternDisagreesError: A row stands there with another label or another input; nothing was changed.
            BranchMovedError: It kept changing; nothing was changed.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._commit_once(drafts, on=on, message=message, actor=actor)
            except BranchMovedError:
                # Which rows stand there, and with which label, must be read anew.
                continue
        return self._commit_once(drafts, on=on, message=message, actor=actor)

    def _commit_once(self, drafts: Sequence[PatternDraft], *, on: str, message: str, actor: str) -> Placed:
        dataset, branch = branch_of(on)
        head = self._data.resolve(f"{dataset}@{branch}")
        mistakes: list[str] = []
        notes: list[str] = []
        keys, groups = self._groups(drafts, mistakes)
        self._match(groups.values(), head, mistakes, notes)
        if mistakes:
            shown = mistakes[:_SHOWN] + ([f"and {len(mistakes) - _SHOWN} more"] if len(mistakes) > _SHOWN else [])
            raise PatternDisagreesError("; ".join(shown), "correct the pattern or the row; nothing was changed")
        new = [group for group in groups.values() if group.found is None]
        at = head.id
        if new:
            frame = self._frame(new, head)
            done = self._data.commit(dataset, branch, upserts=frame, message=message, actor=actor, expect=head.id)
            at = done.data_commit
            for group, made in zip(new, frame["id"], strict=True):
                group.found = made
        return Placed(
            patterns=tuple(d.pattern(ExampleId(str(groups[key].found))) for d, key in zip(drafts, keys, strict=True)),
            committed=tuple(sorted(ExampleId(str(group.found)) for group in new)),
            data_commit=at,
            notes=tuple(dict.fromkeys(notes)),
        )

    def take_back(self, ids: Sequence[ExampleId], *, on: str, message: str, actor: str) -> int:
        """Remove rows that were committed as patterns and still are.

        Returns:
            How many rows were removed.
        """
        dataset, branch = branch_of(on)
        known = self._data.rows(f"{dataset}@{branch}", columns=["id", "origin"], ids=ids)
        ours = known.filter(pl.col("origin") == Origin.PATTERN.value)["id"].to_list()
        if ours:
            self._data.commit(dataset, branch, deletes=ours, message=message, actor=actor)
        return len(ours)

    def rows_by_id(self, ids: Sequence[str], *, on: str) -> tuple[Pattern, ...]:
        """Make patterns of rows that stand in the test dataset, by id.

        Raises:
            PatternNotFoundError: Some ids are not there.
        """
        wanted = list(dict.fromkeys(ids))
        found = set(self._data.rows(on, columns=["id"], ids=wanted)["id"])
        missing = [each for each in wanted if each not in found]
        if missing:
            shown = ", ".join(missing[:_SHOWN]) + (
                f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            )
            raise PatternNotFoundError(f"{on} has no row {shown}", "see the ids with `curiouser data export`")
        return tuple(Pattern(example_id=ExampleId(each)) for each in sorted(wanted))

    def rows_where(self, predicate: str, *, on: str) -> tuple[tuple[Pattern, ...], int]:
        """Make patterns of labelled rows of the test dataset that a predicate selects.

        Returns:
            The patterns, by id, and how many selected rows were left out for want of a label.

        Raises:
            PatternNotFoundError: It selects no labelled row.
        """
        where = predicates.parse(predicate, self._data.resolve(on).schema)
        label = self._task.label
        rows = self._data.rows(on, columns=list(dict.fromkeys(["id", label, *where.columns])), where=where.expression())
        labelled = rows.filter(pl.col(label).is_not_null())
        if labelled.is_empty():
            raise PatternNotFoundError(
                f"{where} selects {plural(len(rows), 'row')} of {on}, none of them labelled", "widen the predicate"
            )
        return tuple(Pattern(example_id=ExampleId(each)) for each in labelled["id"]), len(rows) - len(labelled)

    def _input(self, values: Mapping[str, Value]) -> Input:
        return tuple(values.get(name) for name in self._task.inputs)

    def _groups(
        self, drafts: Sequence[PatternDraft], mistakes: list[str]
    ) -> tuple[list[str | Input], dict[str | Input, _Group]]:
        id_of: dict[Input, str] = {}
        for draft in drafts:
            if draft.id is not None:
                id_of.setdefault(self._input(draft.values), draft.id)
        keys: list[str | Input] = []
        groups: dict[str | Input, _Group] = {}
        for draft in drafts:
            given = self._input(draft.values)
            own_id = draft.id or id_of.get(given)
            key = own_id or given
            keys.append(key)
            group = groups.setdefault(key, _Group(where=draft.where, given_id=own_id, input=given, values={}))
            for name, value in draft.values.items():
                if value is None:
                    continue
                if group.values.setdefault(name, value) != value:
                    mistakes.append(
                        f"{draft.where}: {name} is {value!r}, but {group.where} says {group.values[name]!r}"
                    )
        return keys, groups

    def _match(self, groups: Iterable[_Group], head: DataCommit, mistakes: list[str], notes: list[str]) -> None:
        several = list(groups)
        by_id, by_input = self._standing(several, head)
        for group in several:
            own = by_id.get(group.given_id) if group.given_id else None
            if own is not None and own[0] != group.input:
                mistakes.append(f"{group.where}: row {group.given_id!r} stands in {head.dataset} with another input")
                continue
            candidates = {str(group.given_id): own} if own is not None else by_input.get(group.input, {})
            self._choose(group, candidates, mistakes)
            if group.found and group.given_id and group.found != group.given_id:
                notes.append(f"the input of {group.given_id} stands in {head.dataset} as {group.found}, which is used")

    def _choose(self, group: _Group, candidates: Mapping[str, tuple[Input, Value]], mistakes: list[str]) -> None:
        label = group.values.get(self._task.label)
        agreeing = [each for each, (_, has) in sorted(candidates.items()) if label is None or has == label]
        if agreeing:
            group.found = agreeing[0]
        elif candidates:
            said = ", ".join(f"{each!r} is labelled {has!r}" for each, (_, has) in sorted(candidates.items())[:3])
            mistakes.append(f"{group.where}: the label is {label!r}, but the row stands there already: {said}")

    def _standing(
        self, groups: Sequence[_Group], head: DataCommit
    ) -> tuple[dict[str, tuple[Input, Value]], dict[Input, dict[str, tuple[Input, Value]]]]:
        """Find rows of the test dataset by the ids and by the inputs of these groups."""
        inputs, label = list(self._task.inputs), self._task.label
        columns = [name for name in dict.fromkeys(["id", *inputs, label]) if name in head.schema]
        rows = self._data.rows(head.id, columns=columns)
        wanted = pl.DataFrame(
            {
                name: pl.Series([group.input[i] for group in groups], dtype=rows.schema[name])
                for i, name in enumerate(inputs)
            }
        )
        same = rows.join(wanted.unique(), on=inputs, how="semi", nulls_equal=True)
        named = rows.filter(pl.col("id").is_in([group.given_id for group in groups if group.given_id]))
        by_id: dict[str, tuple[Input, Value]] = {}
        by_input: dict[Input, dict[str, tuple[Input, Value]]] = {}
        for row in pl.concat([same, named]).unique().iter_rows(named=True):
            found = (self._input(row), row.get(label))
            by_id[row["id"]] = found
            by_input.setdefault(found[0], {})[row["id"]] = found
        return by_id, by_input

    def _frame(self, groups: Sequence[_Group], head: DataCommit) -> pl.DataFrame:
        names = list(
            dict.fromkeys([*self._task.inputs, self._task.label, *(n for group in groups for n in group.values)])
        )
        columns = {
            name: pl.Series([group.values.get(name) for group in groups], dtype=self._dtype(name, head))
            for name in names
        }
        frame = pl.DataFrame(columns)
        ids = pl.Series([group.given_id for group in groups], dtype=pl.String)
        derived = input_hash(frame, self._task.inputs)
        return frame.with_columns(
            ids.zip_with(ids.is_not_null(), derived).alias("id"), pl.lit(Origin.PATTERN.value).alias("origin")
        )

    def _dtype(self, name: str, head: DataCommit) -> pl.DataType:
        if name == self._task.label and self._task.kind is TaskKind.REGRESSION:
            return pl.Float64()
        return _STORED.get(str(head.schema.get(name, "text")), pl.String())


def branch_of(on: str) -> tuple[str, str]:
    """Split ``test@branch``; the main branch where none is named.

    Examples:
        >>> branch_of("test"), branch_of("test@drugs")
        (('test', 'main'), ('test', 'drugs'))
    """
    dataset, _, branch = on.partition("@")
    return dataset, branch or _MAIN
