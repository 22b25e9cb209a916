"""How results and runs are kept in SQL, and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from curiouser.datachecks.records import Checked, CheckResult, CheckRun, Finding, Offence, Outcome, Place
from curiouser.datachecks.tables import data_check, data_check_run
from curiouser.kernel.canonical import Json, canonical_json, digest_of
from curiouser.kernel.check_settings import Severity
from curiouser.kernel.clock import as_text, from_text
from curiouser.kernel.ids import DataCommitId, ExampleId
from curiouser.storage import checked, holds, with_checksum

_AT_ONCE = 400
_NOT_KEPT = Finding(outcome=Outcome.UNKNOWN, reason="its answer was not kept: check it again", is_lasting=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An answer that was given before."""

    finding: Finding
    """What was found."""
    at: datetime
    """When, UTC."""


def known_findings(connection: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """Find the answers that are known, by key."""
    found: dict[str, Known] = {}
    for start in range(0, len(keys), _AT_ONCE):
        chosen = select(data_check).where(data_check.c.key.in_(keys[start : start + _AT_ONCE]))
        for row in connection.execute(chosen).mappings():
            if holds(row):  # a damaged answer is asked for again
                finding = finding_from(json.loads(row["finding"]))
                found[row["key"]] = Known(finding=finding, at=from_text(row["checked_at"]))
    return found


def keep_findings(connection: Connection, results: Sequence[CheckResult]) -> None:
    """Keep answers; one that another process kept meanwhile is the same."""
    there = known_findings(connection, [one.key for one in results])
    for one in results:
        if one.key not in there and one.finding.is_lasting:
            row = {
                "key": one.key, "code": one.code, "finding": canonical_json(finding_json(one.finding)),
                "checked_at": as_text(one.checked_at),
            }  # fmt: skip
            connection.execute(delete(data_check).where(data_check.c.key == one.key))  # where it was damaged
            connection.execute(insert(data_check).values(with_checksum(row)))


def finding_json(finding: Finding) -> dict[str, Json]:
    """Write a finding as JSON."""
    return {
        "outcome": finding.outcome.value,
        "count": finding.count,
        "value": finding.value,
        "n": finding.n,
        "reason": finding.reason,
        "rows": [_offence_json(one) for one in finding.rows],
        "more": finding.more,
        "details": finding.details,
    }


def _offence_json(one: Offence) -> dict[str, Json]:
    at = None if one.at is None else [one.at.dataset, one.at.id]
    return {"what": one.what, "at": at, "others": [[other.dataset, other.id] for other in one.others]}


def finding_from(said: Mapping[str, Any]) -> Finding:
    """Read a finding from JSON."""
    return Finding(
        outcome=Outcome(said["outcome"]),
        count=said["count"],
        value=said["value"],
        n=said["n"],
        reason=said["reason"],
        rows=tuple(_offence_from(one) for one in said["rows"]),
        more=said["more"],
        details=said["details"],
    )


def _offence_from(said: Mapping[str, Any]) -> Offence:
    return Offence(
        what=said["what"],
        at=None if said["at"] is None else _place(said["at"]),
        others=tuple(_place(one) for one in said["others"]),
    )


def _place(said: Sequence[str]) -> Place:
    return Place(dataset=said[0], id=ExampleId(said[1]))


def keep_run(connection: Connection, made: Checked, *, actor: str, now: datetime, is_whole: bool) -> None:
    """Write a line of a ref's history, unless there is one that says the same; one of a few checks only is not kept."""
    if not is_whole:
        return
    listed = [[one.key, one.code, one.name, one.severity.value, one.threshold, one.against] for one in made.checks]
    counts = {outcome.value: sum(one.outcome is outcome for one in made.checks) for outcome in Outcome}
    key = digest_of({"ref": made.ref, "data_commit": made.data_commit, "results": listed, "counts": counts})
    if connection.execute(select(data_check_run.c.number).where(data_check_run.c.key == key)).first() is None:
        last = connection.execute(select(func.max(data_check_run.c.number))).scalar()
        row = {
            "number": (last or 0) + 1, "key": key, "dataset": made.dataset, "ref": made.ref,
            "data_commit": made.data_commit, "against": made.against, "against_commit": made.against_commit,
            "results": canonical_json(listed), "outcome": made.outcome.value, "counts": canonical_json(counts),
            "actor": actor, "at": as_text(now),
        }  # fmt: skip
        connection.execute(insert(data_check_run).values(with_checksum(row)))


def last_run(connection: Connection, ref: str) -> tuple[CheckRun, tuple[CheckResult, ...]] | None:
    """Read a ref's newest run with its results."""
    table = data_check_run
    row = connection.execute(select(table).where(table.c.ref == ref).order_by(table.c.number.desc()).limit(1)).first()
    return None if row is None else (run_of(row), results_of(connection, row))


def runs_of(connection: Connection, *, ref: str | None, before: int | None, limit: int) -> list[CheckRun]:
    """List runs, newest first."""
    table = data_check_run
    chosen = select(table).order_by(table.c.number.desc()).limit(limit)
    if ref is not None:
        chosen = chosen.where(table.c.ref == ref)
    if before is not None:
        chosen = chosen.where(table.c.number < before)
    return [run_of(row) for row in connection.execute(chosen)]


def run_of(row: Row[Any]) -> CheckRun:
    """Read a run from its row.

    Raises:
        StorageError: The row is damaged.
    """
    checked(data_check_run, row._mapping)  # noqa: SLF001  SQLAlchemy's own name for a row as a mapping
    return CheckRun(
        number=row.number,
        ref=row.ref,
        data_commit=DataCommitId(row.data_commit),
        against=row.against,
        against_commit=None if row.against_commit is None else DataCommitId(row.against_commit),
        outcome=Outcome(row.outcome),
        counts={Outcome(name): count for name, count in json.loads(row.counts).items()},
        actor=row.actor,
        at=from_text(row.at),
    )


def results_of(connection: Connection, row: Row[Any]) -> tuple[CheckResult, ...]:
    """Read the results of a run; of an answer that was not kept it says so."""
    listed = json.loads(row.results)
    known = known_findings(connection, [key for key, *_ in listed])
    return tuple(
        CheckResult(
            key=key, code=code, name=name, severity=Severity(severity), threshold=threshold, against=against,
            finding=known[key].finding if key in known else _NOT_KEPT,
            checked_at=known[key].at if key in known else from_text(row.at),
        )
        for key, code, name, severity, threshold, against in listed
    )  # fmt: skip
