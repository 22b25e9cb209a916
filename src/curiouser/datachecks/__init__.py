"""Checks on data: what is wrong with a version of the rows before anybody learns from it or is judged by it.

Leakage, duplicates, contradictions, shifts and suspected label errors are found row by row, each with a threshold
in ``curiouser.toml`` and an outcome of pass, fail or unknown; those that gate stand in the way of a merge. What is
known of the same rows is never worked out again, and a data commit of a hundred rows is checked at the cost of a
hundred. It serves slides 70-73 (changing and updating the data so often gets messy).

The verbs, on ``DataCheckService``::

    check(ref, *, against=None, only=(), actor, progress) -> Checked     # runs what is not known yet, and keeps it
    gate(ref, *, against=None, actor, progress) -> Gate                  # for whoever merges: pass, fail, unknown; why
    last(ref) -> Checked                                                 # the last run of a ref; works nothing out
    runs(ref=None, *, before=None, limit=50) -> list[CheckRun]           # the history of a ref, newest first
    verify() -> list[Damage]                                             # what is kept is what was kept
    gc(grace, *, dry_run=False) -> Forgotten                             # lets go of what no version needs

and on ``NearDuplicates``: ``of``, ``within`` and ``between`` find rows that repeat each other, typos included.
"""

from __future__ import annotations

from curiouser.datachecks.duplicate_records import DuplicatePair, Duplicates
from curiouser.datachecks.errors import CheckNotFoundError, NeverCheckedError, SignaturesDamagedError
from curiouser.datachecks.every import EVERY_CHECK
from curiouser.datachecks.ground import Check
from curiouser.datachecks.near_duplicates import NearDuplicates
from curiouser.datachecks.near_upkeep import Forgotten
from curiouser.datachecks.records import (
    MOST_ROWS,
    Checked,
    CheckResult,
    CheckRun,
    Finding,
    Gate,
    Offence,
    Outcome,
    Place,
)
from curiouser.datachecks.service import DataCheckService
from curiouser.kernel.check_settings import Severity

__all__ = [
    "EVERY_CHECK",
    "MOST_ROWS",
    "Check",
    "CheckNotFoundError",
    "CheckResult",
    "CheckRun",
    "Checked",
    "DataCheckService",
    "DuplicatePair",
    "Duplicates",
    "Finding",
    "Forgotten",
    "Gate",
    "NearDuplicates",
    "NeverCheckedError",
    "Offence",
    "Outcome",
    "Place",
    "Severity",
    "SignaturesDamagedError",
]
