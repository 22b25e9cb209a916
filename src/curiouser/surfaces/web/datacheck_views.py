"""Results of checks as pages show them: what fails first, with its rows, and the page that explains each check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from curiouser.datachecks import Checked, CheckResult, Offence, Outcome, Severity
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.surfaces.web.markdown import to_markup
from curiouser.surfaces.web.tables import Column, Table

SHOWN_OFFENCES: Final = 20
_ID: Final = 64
"""Hex digits of the id of a version."""
_ORDER: Final = {Outcome.FAIL: 0, Outcome.UNKNOWN: 1, Outcome.PASS: 2}
_EXPLAINED: Final = (Path(__file__).parent / "explained", Path(__file__).parents[4] / "docs" / "checks")
"""Where the pages of the checks are: in an installed package, and in a checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownResult:
    """One check's result."""

    result: CheckResult
    """It."""
    offences: tuple[Offence, ...]
    """The first ones."""
    more: int
    """Offences besides these, >= 0."""

    @property
    def state(self) -> str:
        """The state it is shown with: a fail that stops no merge is a warning."""
        is_warning = self.result.outcome is Outcome.FAIL and self.result.severity is not Severity.GATE
        return "warning" if is_warning else self.result.outcome.value

    @property
    def finding(self) -> str:
        """What was found, in words."""
        found = self.result.finding
        return found.reason or ("nothing" if found.outcome is Outcome.PASS else "it cannot be told")

    @property
    def against(self) -> str | None:
        """What the version was compared with; an id of a version is cut."""
        dataset, at, version = (self.result.against or "").partition("@")
        return f"{dataset}{at}{version[:12] if len(version) == _ID else version}" or None


def in_order(made: Checked) -> list[CheckResult]:
    """Put what stands in the way first: gates that fail, other fails, unknown, pass; by code within."""
    return sorted(
        made.checks, key=lambda one: (_ORDER[one.outcome], one.severity is not Severity.GATE, one.code, one.name)
    )


def shown_result(one: CheckResult) -> ShownResult:
    """Choose how much of a result a page shows."""
    rows = one.finding.rows[:SHOWN_OFFENCES]
    return ShownResult(result=one, offences=rows, more=len(one.finding.rows) - len(rows) + one.finding.more)


def lead_words(made: Checked) -> str:
    """Say whether the version may be merged, as a sentence."""
    gates = [one for one in made.checks if one.severity is Severity.GATE]
    failed = [one.name for one in gates if one.gates]
    unsure = [one.name for one in gates if one.outcome is Outcome.UNKNOWN]
    if failed:
        return f"Not fit to be merged: {', '.join(failed)}."
    if unsure:
        return f"No gate fails; {', '.join(unsure)} cannot say."
    return "Every gate passes."


def explanation(code: str) -> Markup | None:
    """Read the page of a check; None where the installation came without it."""
    path = next((folder / f"{code}.md" for folder in _EXPLAINED if (folder / f"{code}.md").is_file()), None)
    return None if path is None else to_markup(path.read_text(encoding="utf-8"))


def results_table(made: Checked) -> Table:
    """The results for CSV: one row per check."""
    keys = (
        "code",
        "name",
        "severity",
        "outcome",
        "count",
        "value",
        "threshold",
        "n",
        "against",
        "reason",
        "checked_at",
    )
    rows: list[Mapping[str, Json]] = [
        {
            "code": one.code,
            "name": one.name,
            "severity": one.severity.value,
            "outcome": one.outcome.value,
            "count": one.finding.count,
            "value": one.finding.value,
            "threshold": one.threshold,
            "n": one.finding.n,
            "against": one.against,
            "reason": one.finding.reason,
            "checked_at": as_text(one.checked_at),
        }
        for one in in_order(made)
    ]
    return _table("checks", "Checks", keys, rows)


def offences_table(made: Checked, code: str) -> Table:
    """What one check found for CSV and JSON: one row per row or column."""
    rows: list[Mapping[str, Json]] = [
        {
            "check": one.name,
            "against": one.against,
            "dataset": None if each.at is None else each.at.dataset,
            "id": None if each.at is None else each.at.id,
            "what": each.what,
            "with": [f"{other.dataset} {other.id}" for other in each.others],
        }
        for one in made.checks
        if code in {one.code, one.name}
        for each in one.finding.rows
    ]
    return _table("rows", "Offending rows", ("check", "against", "dataset", "id", "what", "with"), rows)


def _table(name: str, caption: str, keys: Sequence[str], rows: Sequence[Mapping[str, Json]]) -> Table:
    return Table(name=name, caption=caption, columns=[Column(key=key, title=key) for key in keys], rows=rows)
