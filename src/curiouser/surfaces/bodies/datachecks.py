"""Checks on data as bodies: what `--json` prints and REST answers."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.datachecks import Checked, CheckResult, CheckRun, Offence, Place
from curiouser.kernel.canonical import Json, finite_or_none
from curiouser.kernel.clock import as_text


def checked_body(made: Checked) -> dict[str, Json]:
    """Say what the checks found in one version."""
    return {
        "ref": made.ref,
        "dataset": made.dataset,
        "data_commit": made.data_commit,
        "content_hash": made.content_hash,
        "against": made.against,
        "against_commit": made.against_commit,
        "rows": made.rows,
        "outcome": made.outcome.value,
        "checks": [_result(one) for one in made.checks],
    }


def _result(one: CheckResult) -> dict[str, Json]:
    found = one.finding
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity.value,
        "outcome": found.outcome.value,
        "count": found.count,
        "value": finite_or_none(found.value),
        "threshold": one.threshold,
        "n": found.n,
        "against": one.against,
        "reason": found.reason,
        "rows": [_offence(each) for each in found.rows],
        "truncated": found.more > 0,
        "more": found.more,
        "details": found.details,
        "checked_at": as_text(one.checked_at),
    }


def _offence(one: Offence) -> dict[str, Json]:
    at = None if one.at is None else one.at
    return {
        "id": None if at is None else at.id,
        "dataset": None if at is None else at.dataset,
        "what": one.what,
        "with": [_place(other) for other in one.others],
    }


def _place(one: Place) -> dict[str, Json]:
    return {"dataset": one.dataset, "id": one.id}


def check_runs_body(found: Sequence[CheckRun]) -> dict[str, Json]:
    """List runs, newest first."""
    return {"runs": [_run(one) for one in found]}


def _run(one: CheckRun) -> dict[str, Json]:
    return {
        "number": one.number,
        "ref": one.ref,
        "data_commit": one.data_commit,
        "against": one.against,
        "outcome": one.outcome.value,
        "counts": {outcome.value: count for outcome, count in one.counts.items()},
        "actor": one.actor,
        "at": as_text(one.at),
    }
