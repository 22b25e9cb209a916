"""DC01, DC02: columns that are not what they should be, and cells that are missing."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curiouser.data import ColumnType, Origin
from curiouser.datachecks.ground import Check, Ground, Question, Reference
from curiouser.datachecks.records import MOST_ROWS, Finding, Offence, Outcome, Place, unknown
from curiouser.kernel.configuration import TaskKind
from curiouser.kernel.ids import ExampleId
from curiouser.kernel.words import plural

_TEXTS = {ColumnType.TEXT, ColumnType.CATEGORY, ColumnType.FILE}


def _schema(ground: Ground) -> list[Question]:
    return [Question(answer=lambda: _columns(ground, ground.base), against=ground.base)]


def _columns(ground: Ground, base: Reference | None) -> Finding:
    offences = [*_undeclared(ground), *(_changed(ground, base) if base else ())]
    columns = {*ground.commit.schema, *_declared(ground), *(base.commit.schema if base else ())}
    value = min(len(offences) / len(columns), 1.0)
    return Finding(
        outcome=Outcome.FAIL if value > ground.rule("schema").threshold else Outcome.PASS,
        count=len(offences),
        value=value,
        n=ground.profile.rows,
        reason=f"{len(offences)} of {plural(len(columns), 'column')} not as it should be" if offences else "",
        rows=tuple(Offence(what=what) for what in offences[:MOST_ROWS]),
        details={"new_columns": sorted({*ground.commit.schema} - {*base.commit.schema}) if base else []},
    )


def _declared(ground: Ground) -> dict[str, ColumnType | None]:
    """Say which columns there must be, with their type where it is fixed."""
    task = ground.task
    wanted: dict[str, ColumnType | None] = dict.fromkeys(task.inputs)
    is_known = ground.base is not None and task.label in ground.base.commit.schema
    if is_known or ground.dataset in {ground.settings.test, ground.settings.train}:
        wanted[task.label] = ColumnType.NUMBER if task.kind is TaskKind.REGRESSION else ColumnType.CATEGORY
    wanted |= dict.fromkeys(task.groups, ColumnType.CATEGORY)
    if task.user is not None:
        wanted[task.user] = ColumnType.CATEGORY
    if task.time is not None:
        wanted[task.time] = ColumnType.TIMESTAMP
    return wanted | {name: ColumnType(kind) for name, kind in ground.settings.columns.items()}


def _undeclared(ground: Ground) -> Iterator[str]:
    for name, kind in _declared(ground).items():
        has = ground.commit.schema.get(name)
        if has is None:
            yield f"column {name!r} is not there; [task] and [checks] of curiouser.toml name it"
        elif kind is not None and not _alike(has, kind):
            yield f"column {name!r} is {has}, and must be {kind}"


def _changed(ground: Ground, base: Reference) -> Iterator[str]:
    declared = _declared(ground)
    for name, kind in base.commit.schema.items():
        has = ground.commit.schema.get(name)
        if has is None and name not in declared:
            yield f"column {name!r} is gone; {_named(base)} has it"
        elif has is not None and not _alike(has, kind):
            yield f"column {name!r} is {has}; in {_named(base)} it is {kind}"


def _named(base: Reference) -> str:
    return f"{base.commit.dataset}@{base.commit.id[:12]}"


def _alike(one: ColumnType, other: ColumnType) -> bool:
    return one == other or (one in _TEXTS and other in _TEXTS)


def _missing(ground: Ground) -> list[Question]:
    return [Question(answer=lambda: _empty_cells(ground))]


def _empty_cells(ground: Ground) -> Finding:
    n, threshold = ground.profile.drawn, ground.rule("missing-values").threshold
    if not n:
        return unknown("there are no rows drawn from users")
    wanted = [name for name in _declared(ground) if name in ground.profile.columns]
    missing = {name: ground.profile.columns[name].missing for name in wanted}
    shares = {name: count / n for name, count in missing.items()}
    value = max(shares.values(), default=0.0)
    too_many = sorted((name for name in wanted if shares[name] > threshold), key=lambda name: -shares[name])
    rows = tuple(_empty_rows(ground, too_many))
    return Finding(
        outcome=Outcome.FAIL if too_many else Outcome.PASS,
        count=sum(missing.values()),
        value=value,
        n=n,
        reason=", ".join(f"{name} is missing in {shares[name]:.1%} of the rows" for name in too_many[:3]),
        rows=rows,
        more=sum(missing[name] for name in too_many) - len(rows),
        details={"missing": missing},
    )


def _empty_rows(ground: Ground, columns: list[str]) -> Iterator[Offence]:
    each = max(1, MOST_ROWS // max(len(columns), 1))
    for name in columns[:MOST_ROWS]:
        is_missing = pl.col(name).is_null()
        if "origin" in ground.commit.schema:
            is_missing &= pl.col("origin") == Origin.SAMPLE.value
        rows = ground.services.data.rows(ground.commit.id, columns=["id"], where=is_missing)
        for one in rows["id"].head(each):
            yield Offence(what=f"{name} is missing", at=Place(dataset=ground.dataset, id=ExampleId(one)))


SCHEMA = Check(code="DC01", name="schema", title="columns and their types", version=1, asks=_schema)
MISSING_VALUES = Check(code="DC02", name="missing-values", title="missing cells", version=2, asks=_missing)
