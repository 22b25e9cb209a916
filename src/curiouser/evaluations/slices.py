"""Slices: parts of a test set by predicate, by a list of ids, or by the task's groups."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Row, delete, insert, select

from curiouser.data import parse_predicate
from curiouser.evaluations.errors import SliceExistsError, SliceNotFoundError
from curiouser.evaluations.records import ALL_ROWS, HEADLINE, Slice
from curiouser.evaluations.tables import named_slice
from curiouser.evaluations.test_set import TestSet
from curiouser.kernel.canonical import canonical_json, digest_of
from curiouser.kernel.clock import Clock, as_text
from curiouser.kernel.configuration import Task
from curiouser.kernel.errors import BadInputError, UsageError, refuse_stale
from curiouser.kernel.ids import ExampleId, plain_name
from curiouser.measure import BoolArray
from curiouser.storage import Database

MOST_AUTOMATIC = 50
"""Most slices made of the task's groups; the largest are taken, and the rest is said."""
_TAKEN_NAMES = (HEADLINE, ALL_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlicedRows:
    """A slice and its rows in one test set."""

    slice: Slice
    """What it selects by."""
    mask: BoolArray
    """``(n,)``, True for its rows, labelled or not."""

    @property
    def rows(self) -> int:
        """Rows in it, >= 0."""
        return int(np.count_nonzero(self.mask))


class Slices:
    """Named slices, and those that follow from the task's groups.

    Args:
        database: Where names are kept.
        task: Names the groups.
        clock: Tells the time.
    """

    def __init__(self, database: Database, task: Task, clock: Clock) -> None:
        self._database, self._task, self._clock = database, task, clock

    def add(
        self, name: str, test_set: TestSet, *, where: str | None = None, ids: Sequence[str] | None = None, actor: str
    ) -> Slice:
        """Name a part of the rows; naming the same part again changes nothing.

        Raises:
            UsageError: Not exactly one of ``where`` and ``ids`` is given.
            BadInputError: The name or the predicate is wrong, or no id is given or known.
            SliceExistsError: The name selects other rows already.
        """
        made = self._made(plain_name(name, "slice"), test_set, where, ids)
        if name in _TAKEN_NAMES:
            raise BadInputError(f"{name!r} already means all rows of a kind", "choose another name for the slice")
        with self._database.write() as connection:
            kept = connection.execute(select(named_slice).where(named_slice.c.name == name)).one_or_none()
            if kept is not None and kept.key != made.key:
                said = kept.predicate or f"{len(json.loads(kept.ids)):,} ids"
                raise SliceExistsError(
                    f"slice {name!r} selects by {said}",
                    f"choose another name, or `curiouser slice remove {name}` first",
                )
            if kept is None:
                connection.execute(
                    insert(named_slice).values(
                        name=name,
                        predicate=made.where,
                        ids=None if made.ids is None else canonical_json(made.ids),
                        key=made.key,
                        created_at=as_text(self._clock()),
                        created_by=actor,
                    )
                )
        return made

    def named(self) -> tuple[Slice, ...]:
        """List the named slices, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(named_slice).order_by(named_slice.c.name)).all()
        return tuple(_slice(row) for row in rows)

    def remove(self, name: str, expected: Slice | None = None) -> Slice:
        """Forget a name; the scores of its rows are kept, and adding it again brings them back.

        Raises:
            StaleEditError: It selects otherwise than was expected.
            SliceNotFoundError: No slice has this name.
        """
        with self._database.write() as connection:
            # Locked, so that nobody names other rows so between the comparison and the deletion.
            wanted = select(named_slice).where(named_slice.c.name == name).with_for_update()
            kept = connection.execute(wanted).one_or_none()
            if kept is None:
                raise SliceNotFoundError(name, _names(self.named()))
            refuse_stale(_slice(kept), expected, f"slice {name!r}")
            connection.execute(delete(named_slice).where(named_slice.c.name == name))
        return _slice(kept)

    def automatic(self, test_set: TestSet) -> tuple[list[SlicedRows], str]:
        """Make one slice per value of each group that has a row; say so when there are too many.

        Returns:
            The slices, by column and size, and a sentence on those left out (empty when there are none).
        """
        found: list[tuple[int, SlicedRows]] = []
        for column in self._task.groups:
            if column in test_set.rows.columns:
                found += _by_value(column, test_set)
        kept = sorted(found, key=lambda one: -one[0])[:MOST_AUTOMATIC]
        chosen = [one for one in found if one in kept]
        left_out = len(found) - len(chosen)
        note = (
            f"the groups have {len(found):,} values; the {MOST_AUTOMATIC} with most rows are shown,"
            f" and {left_out:,} are not; name those you need with `curiouser slice add`"
            if left_out
            else ""
        )
        return [one for _, one in chosen], note

    def every(self, test_set: TestSet) -> tuple[list[SlicedRows], str]:
        """List automatic and named slices with their rows, and a sentence on those left out."""
        automatic, note = self.automatic(test_set)
        return [*automatic, *(rows_of(one, test_set) for one in self.named())], note

    def page(self, test_set: TestSet, after: str | None, limit: int | None) -> list[SlicedRows]:
        """List slices from behind one, at most so many.

        Raises:
            UsageError: The slice to go on from is gone.
        """
        found, _ = self.every(test_set)
        names = _names([one.slice for one in found])
        if after is not None and after not in names:
            raise UsageError(f"there is no slice {after!r} to go on from", "begin again without a cursor")
        return found[0 if after is None else names.index(after) + 1 :][:limit]

    def find(self, text: str, test_set: TestSet) -> SlicedRows:
        """Read a slice as a user wrote it: a name, a value of a group (``language=zu``), or a predicate.

        Raises:
            SliceNotFoundError: It looks like a name, and no slice has it.
            BadInputError: It is no predicate.
        """
        known, _ = self.every(test_set)
        for one in known:
            if one.slice.name == text:
                return one
        if text.replace("-", "a").replace("_", "a").isalnum() and text not in test_set.rows.columns:
            raise SliceNotFoundError(text, _names([one.slice for one in known]))
        return rows_of(self._made(text, test_set, text, None), test_set)

    @staticmethod
    def _made(name: str, test_set: TestSet, where: str | None, ids: Sequence[str] | None) -> Slice:
        if (where is None) == (ids is None):
            raise UsageError(
                "a slice selects by a predicate or by a list of ids", "give --where or --ids, one of the two"
            )
        if where is not None:
            return by_predicate(name, str(parse_predicate(where, test_set.commit.schema)))
        distinct = sorted(set(ids or ()))
        unknown = [one for one, place in zip(distinct, test_set.places(distinct), strict=True) if place < 0]
        if not distinct or unknown:
            said = f"ids that are not there: {', '.join(unknown[:10])}" if unknown else "no ids were given"
            raise BadInputError(f"slice {name!r}: {said}", f"name rows of {test_set.commit.dataset}")
        listed = tuple(ExampleId(one) for one in distinct)
        return Slice(name=name, where=None, ids=listed, key=digest_of({"ids": list(listed)}))


def by_predicate(name: str, where: str, *, automatic: bool = False) -> Slice:
    """Make a slice of a predicate in canonical form."""
    return Slice(name=name, where=where, ids=None, key=digest_of({"where": where}), automatic=automatic)


def rows_of(one: Slice, test_set: TestSet) -> SlicedRows:
    """Mark a slice's rows; a named id that is not in this test set marks none.

    Raises:
        BadInputError: The predicate names a column that this test set does not have.
    """
    if one.ids is not None:
        return SlicedRows(slice=one, mask=test_set.chosen(one.ids))
    expression = parse_predicate(one.where or "", test_set.commit.schema).expression()
    mask = test_set.rows.select(expression.fill_null(value=False).alias("chosen"))["chosen"].to_numpy()
    return SlicedRows(slice=one, mask=np.asarray(mask, np.bool_))


def _by_value(column: str, test_set: TestSet) -> list[tuple[int, SlicedRows]]:
    values = test_set.rows[column].cast(pl.String)
    counted = pl.DataFrame({"value": values, "chosen": test_set.headline}).group_by("value").agg(pl.col("chosen").sum())
    counted = counted.filter(pl.col("chosen") > 0).sort(pl.col("chosen"), pl.col("value"), descending=[True, False])
    found = []
    for value, count in counted.iter_rows():
        mask = (values.is_null() if value is None else (values == value).fill_null(value=False)).to_numpy()
        where = f"{column} is null" if value is None else f"{column} == {json.dumps(value, ensure_ascii=False)}"
        name = f"{column} is missing" if value is None else f"{column}={value}"
        found.append((int(count), SlicedRows(slice=by_predicate(name, where, automatic=True), mask=mask)))
    return found


def _slice(row: Row[tuple[object, ...]]) -> Slice:
    ids = None if row.ids is None else tuple(ExampleId(one) for one in json.loads(row.ids))
    return Slice(name=row.name, where=row.predicate, ids=ids, key=row.key)


def _names(slices: Sequence[Slice]) -> list[str]:
    return [one.name for one in slices]
