"""Merges and their conflicts in SQL; every statement about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from curiouser.data.errors import MergeConflictNotFoundError, MergeEndedError, MergeNotFoundError
from curiouser.data.merging.records import (
    ConflictKind,
    Disagreement,
    Merge,
    MergeConflict,
    MergeState,
    Resolution,
    Settlement,
    Values,
)
from curiouser.data.records import Value
from curiouser.data.tables import conflicts, merges
from curiouser.kernel.canonical import Json, canonical_json, digest_of
from curiouser.kernel.clock import as_text, from_text
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.storage import checked, with_checksum

_MOMENT = "at"  # key of a moment in the JSON of values


def put_merge(connection: Connection, merge: Merge) -> Merge:
    """Write a new merge, under the next number."""
    last = connection.execute(select(func.max(merges.c.number))).scalar()
    made = replace(merge, number=(last or 0) + 1)
    connection.execute(insert(merges).values(_merge_row(made)))
    return made


def rewrite_merge(connection: Connection, merge: Merge) -> None:
    """Write a merge as it stands now."""
    connection.execute(update(merges).where(merges.c.number == merge.number).values(_merge_row(merge)))


def get_merge(connection: Connection, number: int) -> Merge:
    """Read a merge.

    Raises:
        MergeNotFoundError: None has this number.
    """
    row = connection.execute(select(merges).where(merges.c.number == number)).mappings().one_or_none()
    if row is None:
        raise MergeNotFoundError(number)
    return _merge_of(row, _counts(connection, [number]))


def get_open_merge(connection: Connection, number: int) -> Merge:
    """Read a merge that may still land.

    Raises:
        MergeNotFoundError: None has this number.
        MergeEndedError: It landed or was given up.
    """
    found = get_merge(connection, number)
    if not found.is_open:
        raise MergeEndedError(number, str(found.state))
    return found


def find_open_merge(connection: Connection, dataset: str, source: str, into: str) -> Merge | None:
    """Find the merge of a source into a branch that is not ended, or None."""
    query = select(merges.c.number).where(
        merges.c.dataset == dataset,
        merges.c.source == source,
        merges.c.into == into,
        merges.c.state == str(MergeState.OPEN),
    )
    number = connection.execute(query).scalar()
    return None if number is None else get_merge(connection, number)


def list_merges(
    connection: Connection, *, dataset: str | None, state: MergeState | None, before: int | None, limit: int
) -> list[Merge]:
    """List merges, newest first."""
    query = select(merges).order_by(merges.c.number.desc()).limit(limit)
    if dataset is not None:
        query = query.where(merges.c.dataset == dataset)
    if state is not None:
        query = query.where(merges.c.state == str(state))
    if before is not None:
        query = query.where(merges.c.number < before)
    rows = connection.execute(query).mappings().all()
    counts = _counts(connection, [row["number"] for row in rows])
    return [_merge_of(row, counts) for row in rows]


def list_conflicts(
    connection: Connection, merge: int, *, open_only: bool = False, after: int = 0, limit: int | None = None
) -> list[MergeConflict]:
    """List the conflicts of a merge by number."""
    query = select(conflicts).where(conflicts.c.merge == merge, conflicts.c.number > after)
    if open_only:
        query = query.where(_is_unsettled())
    query = query.order_by(conflicts.c.number).limit(limit)
    return [_conflict_of(row) for row in connection.execute(query).mappings()]


def some_conflicts(connection: Connection, merge: int, numbers: Sequence[int]) -> list[MergeConflict]:
    """Read conflicts by their numbers.

    Raises:
        MergeConflictNotFoundError: The merge has no such conflict.
    """
    query = select(conflicts).where(conflicts.c.merge == merge, conflicts.c.number.in_(numbers))
    rows = connection.execute(query).mappings()
    found = {each.number: each for each in map(_conflict_of, rows)}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise MergeConflictNotFoundError(merge, unknown)
    return [found[number] for number in dict.fromkeys(numbers)]


def put_conflicts(connection: Connection, found: Iterable[MergeConflict]) -> None:
    """Write conflicts, in place of those with the same numbers."""
    rows = [_conflict_row(each) for each in found]
    if rows:
        same = (conflicts.c.merge == bindparam("of"), conflicts.c.number == bindparam("at"))
        connection.execute(delete(conflicts).where(*same), [{"of": row["merge"], "at": row["number"]} for row in rows])
        connection.execute(insert(conflicts), rows)


def drop_conflicts(connection: Connection, merge: int) -> None:
    """Forget the conflicts of a merge that is worked out again."""
    connection.execute(delete(conflicts).where(conflicts.c.merge == merge))


def stamp_of(connection: Connection, merge: int) -> str:
    """Name the state of a merge and its conflicts: an equal stamp means that nobody changed anything."""
    own = connection.execute(select(merges.c.checksum).where(merges.c.number == merge)).scalar()
    query = select(conflicts.c.checksum).where(conflicts.c.merge == merge).order_by(conflicts.c.number)
    return digest_of([own, *connection.execute(query).scalars()])


def pinned_by_merges(connection: Connection) -> set[str]:
    """List the data commits that merges need which may still land."""
    query = select(merges.c.base, merges.c.ours, merges.c.theirs, merges.c.data_commit)
    rows = connection.execute(query.where(merges.c.state == str(MergeState.OPEN)))
    return {each for row in rows for each in row if each is not None}


def renumbered(merge: int, known: Sequence[MergeConflict], found: Iterable[Disagreement]) -> list[MergeConflict]:
    """Number conflicts: one that was there keeps its number, and its settlement while the sides say the same."""
    before = {each.about.key: each for each in known}
    last = max((each.number for each in known), default=0)
    made = []
    for about in found:
        was = before.get(about.key)
        if was is None:
            last += 1
        number = last if was is None else was.number
        settlement = was.settlement if was is not None and was.about == about else None
        made.append(MergeConflict(merge=merge, number=number, about=about, settlement=settlement))
    return made


def _counts(connection: Connection, numbers: Sequence[int]) -> Mapping[int, tuple[int, int, int]]:
    escalated = conflicts.c.resolution == str(Resolution.ESCALATED)
    query = (
        select(
            conflicts.c.merge,
            func.count(),
            func.sum(case((_is_unsettled(), 1), else_=0)),
            func.sum(case((escalated, 1), else_=0)),
        )
        .where(conflicts.c.merge.in_(numbers))
        .group_by(conflicts.c.merge)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in connection.execute(query)}


def _is_unsettled() -> Any:  # noqa: ANN401  an expression of SQLAlchemy
    return conflicts.c.resolution.is_(None) | (conflicts.c.resolution == str(Resolution.ESCALATED))


def _merge_row(merge: Merge) -> dict[str, Any]:
    return with_checksum(
        {
            "number": merge.number,
            "dataset": merge.dataset,
            "into": merge.into,
            "source": merge.source,
            "base": merge.base,
            "ours": merge.ours,
            "theirs": merge.theirs,
            "state": str(merge.state),
            "data_commit": merge.data_commit,
            "actor": merge.actor,
            "message": merge.message,
            "created_at": as_text(merge.created_at),
            "ended_at": _text(merge.ended_at),
            "ended_by": merge.ended_by,
        }
    )


def _merge_of(row: Mapping[Any, Any], counts: Mapping[int, tuple[int, int, int]]) -> Merge:
    row = checked(merges, row)
    total, unsettled, escalated = counts.get(row["number"], (0, 0, 0))
    return Merge(
        number=row["number"],
        dataset=row["dataset"],
        into=row["into"],
        source=row["source"],
        base=DataCommitId(row["base"]),
        ours=DataCommitId(row["ours"]),
        theirs=DataCommitId(row["theirs"]),
        state=MergeState(row["state"]),
        data_commit=None if row["data_commit"] is None else DataCommitId(row["data_commit"]),
        conflicts=total,
        unsettled=unsettled,
        escalated=escalated,
        actor=row["actor"],
        message=row["message"],
        created_at=from_text(row["created_at"]),
        ended_at=None if row["ended_at"] is None else from_text(row["ended_at"]),
        ended_by=row["ended_by"],
    )


def _conflict_row(conflict: MergeConflict) -> dict[str, Any]:
    about, how = conflict.about, conflict.settlement
    return with_checksum(
        {
            "merge": conflict.merge,
            "number": conflict.number,
            "kind": str(about.kind),
            "example": about.example,
            "unit": about.unit,
            "fields": canonical_json(list(about.fields)),
            "base": _json(about.base),
            "ours": _json(about.ours),
            "theirs": _json(about.theirs),
            "resolution": None if how is None else str(how.resolution),
            "given": None if how is None else _json(how.values),
            "settled_by": None if how is None else how.by,
            "settled_at": None if how is None else _text(how.at),
            "because": None if how is None else how.because,
        }
    )


def _conflict_of(row: Mapping[Any, Any]) -> MergeConflict:
    row = checked(conflicts, row)
    about = Disagreement(
        kind=ConflictKind(row["kind"]),
        example=None if row["example"] is None else ExampleId(row["example"]),
        unit=row["unit"],
        fields=tuple(json.loads(row["fields"])),
        base=_values(row["base"]),
        ours=_values(row["ours"]),
        theirs=_values(row["theirs"]),
    )
    how = None
    if row["resolution"] is not None:
        how = Settlement(
            resolution=Resolution(row["resolution"]),
            values=_values(row["given"]),
            by=row["settled_by"],
            at=from_text(row["settled_at"]),
            because=row["because"],
        )
    return MergeConflict(merge=row["merge"], number=row["number"], about=about, settlement=how)


def _json(values: Values | None) -> str | None:
    if values is None:
        return None
    cells: dict[str, Json] = {
        name: {_MOMENT: as_text(value)} if isinstance(value, datetime) else value for name, value in values.items()
    }
    # In the order of the table, not of the names: people read it so.
    return json.dumps(cells, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _values(text: str | None) -> Values | None:
    if text is None:
        return None
    cells: Mapping[str, Value | dict[str, str]] = json.loads(text)
    return {name: from_text(cell[_MOMENT]) if isinstance(cell, dict) else cell for name, cell in cells.items()}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)
