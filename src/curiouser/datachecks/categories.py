"""DC16: categories that were not there before, and those that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from curiouser.data import ColumnType
from curiouser.datachecks.ground import Check, Ground, Question, Reference, against_each
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.datachecks.shifting import NOTHING_BEFORE
from curiouser.datachecks.summaries import Counted
from curiouser.kernel.ids import ExampleId
from curiouser.measure import all_on_one_side


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """The rows that could have brought a category, and the rows that could have had it."""

    came: int
    """Rows of this version that the other lacks, or has otherwise."""
    gone: int
    """Rows of the other version that this one lacks, or has otherwise."""
    here: int
    """Rows of this version."""
    there: int
    """Rows of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    column: str
    value: str
    rows: int
    is_new: bool
    p_value: float

    @property
    def what(self) -> str:
        """Say it in words."""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        return (
            f"{self.column}: {self.value!r} is new, in {rows}"
            if self.is_new
            else (f"{self.column}: {self.value!r} is gone; it stood in {rows}")
        )


def _categories(ground: Ground) -> list[Question]:
    if not {ColumnType.CATEGORY, ColumnType.BOOLEAN} & set(ground.commit.schema.values()):
        return []
    return against_each(ground, _changes, NOTHING_BEFORE)


def _changes(ground: Ground, reference: Reference) -> Finding:
    n, least = ground.profile.drawn, ground.settings.min_rows
    if reference.profile.drawn < least:
        return unknown(f"too few rows to say which categories there are: {reference.profile.drawn:,}", n)
    sides, looked_at, found = _sides(ground, reference), 0, list[_Change]()
    for name, one in ground.profile.columns.items():
        before = reference.profile.columns.get(name)
        if name == ground.task.user or one.counted is None or before is None or before.counted is None:
            continue
        # Where the rarest are not counted one by one, nobody knows which are new.
        if one.counted.is_whole and before.counted.is_whole:
            looked_at += len(one.counted.counts.keys() | before.counted.counts.keys())
            found += _changed(name, before.counted, one.counted, sides)
    rule, level = ground.rule("categories"), ground.settings.level
    shown = sorted((each for each in found if each.p_value * looked_at < level), key=lambda each: -each.rows)
    rare = len(found) - len(shown)
    value = max((each.rows / max(n if each.is_new else sides.there, 1) for each in shown), default=0.0)
    return Finding(
        outcome=Outcome.FAIL if value > rule.threshold else Outcome.PASS,
        count=len(shown),
        value=value,
        n=n,
        reason=_reason(shown, rare),
        rows=tuple(_offences(ground, shown)),
        details={"rare_ones": [each.what for each in found if each not in shown][:MOST_ROWS], "looked_at": looked_at},
    )


def _reason(shown: list[_Change], rare: int) -> str:
    parts = [each.what for each in shown[:2]]
    if len(shown) > 2:
        parts.append(f"and {len(shown) - 2} more")
    if rare:
        parts.append(f"{rare} other{'' if rare == 1 else 's'} so rare that this may be chance")
    return "; ".join(parts)


def _sides(ground: Ground, reference: Reference) -> _Sides:
    here, there = ground.commit, reference.commit
    if here.dataset != there.dataset:
        return _Sides(came=here.rows, gone=there.rows, here=here.rows, there=there.rows)
    diff = ground.services.data.diff(there.id, here.id, limit=0)
    return _Sides(came=diff.added + diff.changed, gone=diff.removed + diff.changed, here=here.rows, there=there.rows)


def _changed(name: str, before: Counted, after: Counted, sides: _Sides) -> Iterator[_Change]:
    for is_new, one, other, side, rest in (
        (True, after, before, sides.came, sides.there),
        (False, before, after, sides.gone, sides.here),
    ):
        for value in one.counts.keys() - other.counts.keys():
            rows = one.counts[value]
            p = all_on_one_side(rows, max(side, rows), rest)
            yield _Change(column=name, value=value, rows=rows, is_new=is_new, p_value=p)


def _offences(ground: Ground, shown: list[_Change]) -> Iterator[Offence]:
    each = max(1, MOST_ROWS // max(len(shown), 1))
    for change in shown[:MOST_ROWS]:
        if not change.is_new:
            yield Offence(what=change.what)
            continue
        where = pl.col(change.column).cast(pl.String) == change.value
        rows = ground.services.data.rows(ground.commit.id, columns=["id"], where=where)
        for one in rows["id"].head(each):
            place = Place(dataset=ground.dataset, id=ExampleId(one))
            yield Offence(what=f"{change.column} is {change.value!r}, which is new", at=place)


CATEGORIES = Check(code="DC16", name="categories", title="new and vanished categories", version=2, asks=_categories)
