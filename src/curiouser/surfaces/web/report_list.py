"""The list of reports as a page shows it, and what every model answers to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.kernel.configuration import Task
from curiouser.models import Asked
from curiouser.problems import UserReport
from curiouser.surfaces.web.problem_list import Short
from curiouser.surfaces.web.tables import Column, Format, Table
from curiouser.workspace import Workspace

PAGE_REPORTS = 50
_MOST_IN_FILE = 10_000


class WantedReports(BaseModel):
    """What the URL asks for."""

    model_config = ConfigDict(frozen=True)

    show: Literal["all", "waiting", "withdrawn"] = "all"
    problem: Short = ""
    before: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    format: Format | None = None

    def query(self, **changes: str | int) -> str:
        """Write the URL's query with something changed; what is as usual is left out."""
        usual = WantedReports().model_dump()
        given = self.model_dump() | {"before": None, "format": None} | changes
        kept = {name: value for name, value in given.items() if value != usual[name]}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportListing:
    """The reports that were asked for."""

    wanted: WantedReports
    """What was asked for."""
    task: Task
    """Names the inputs."""
    reports: tuple[UserReport, ...]
    """Newest first."""
    next: str
    """Query of the next page; empty: there is none."""
    waiting: int
    """Reports that no problem answers, >= 0."""

    @property
    def lead(self) -> str:
        """The answer, as a sentence."""
        if self.waiting:
            return f"{self.waiting:,} {'report waits' if self.waiting == 1 else 'reports wait'} to be read."
        return "No report waits; every complaint has its problem."


def report_listing(workspace: Workspace, wanted: WantedReports) -> ReportListing:
    """Read the reports that were asked for."""
    reports = workspace.problems.reports
    limit = PAGE_REPORTS if wanted.format is None else _MOST_IN_FILE
    found = reports.list(
        problem=wanted.problem or None,
        waiting=wanted.show == "waiting",
        withdrawn=wanted.show == "withdrawn",
        limit=limit + 1,
        before=wanted.before,
    )
    return ReportListing(
        wanted=wanted,
        task=workspace.configuration.task,
        reports=found[:limit],
        next=wanted.query(before=found[limit - 1].number) if len(found) > limit else "",
        waiting=reports.count_unlinked(),
    )


def reports_table(found: ReportListing) -> Table:
    """Put the reports into a table, for CSV and JSON."""
    keys = ["number", "state", "text", "answered", "expected", "model", "user", "problem", "reported_at", "reported_by"]
    columns = [*keys, *(f"input {name}" for name in found.task.inputs)]
    rows = [_row(one) for one in found.reports]
    return Table(name="reports", caption="Reports", columns=[Column(key=key, title=key) for key in columns], rows=rows)


def answers_table(answers: Sequence[Asked], report: UserReport) -> Table:
    """Put every model's answer to one report into a table."""
    keys = ("model", "answer", "score", "known_as", "error")
    rows: list[Mapping[str, Json]] = [
        {
            "model": one.model.title,
            "answer": one.answer,
            "score": one.score,
            "known_as": one.known_as,
            "error": one.error,
        }
        for one in answers
    ]
    caption = f"What every model answers to report {report.number}"
    return Table(name="answers", caption=caption, columns=[Column(key=key, title=key) for key in keys], rows=rows)


def state_of(one: UserReport) -> str:
    """Say where a report stands: withdrawn, answered, or waiting."""
    return "withdrawn" if one.withdrawn_at is not None else "answered" if one.problem else "waiting"


def _row(one: UserReport) -> Mapping[str, Json]:
    return {
        "number": one.number,
        "state": state_of(one),
        "text": one.text,
        "answered": one.answered,
        "expected": one.expected,
        "model": one.model,
        "user": one.user,
        "problem": one.problem,
        "reported_at": as_text(one.reported_at),
        "reported_by": one.reported_by,
        **{f"input {name}": value for name, value in one.input.items()},
    }
