"""One problem as a page shows it: the answer, the thread from complaint to fix, the numbers, the patterns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from curiouser.kernel.words import plural
from curiouser.problems import (
    PatternOutcome,
    Problem,
    ProblemHistory,
    ProblemStep,
    ShownPattern,
    ShownProblem,
    Standing,
    StepKind,
    Triage,
    TriagedProblem,
    UserReport,
)
from curiouser.surfaces.web.charts import Chart
from curiouser.surfaces.web.drawing import curve_of, equation_of
from curiouser.surfaces.web.lineup import Lineup, lineup
from curiouser.surfaces.web.problem_list import HOLDS, Short, harm_words, missing_factors
from curiouser.surfaces.web.tables import Format
from curiouser.workspace import Workspace

PAGE_PATTERNS: Final = 25
MOST_COLUMNS: Final = 6
_MOST_PATTERNS, _MOST_STEPS, _SHOWN_REPORTS, _MOST_CHIPS, _USUAL_COLUMNS = 10_000, 200, 3, 24, 3


class Looked(BaseModel):
    """What the URL of a problem asks for."""

    model_config = ConfigDict(frozen=True)

    wrong: Short = ""
    model: Annotated[list[Short], Field(max_length=100)] = []
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    choose: bool = False
    table: Literal["patterns", "curve", "steps"] = "patterns"
    format: Format | None = None

    def query(self, **changes: str | int | Sequence[str]) -> str:
        """Write the URL's query with something changed; what is as usual is left out."""
        usual = Looked().model_dump()
        given = self.model_dump() | {"page": 1, "format": None, "choose": False, "table": "patterns"} | changes
        kept = {name: value for name, value in given.items() if value != usual[name]}
        return f"?{urlencode(kept, doseq=True)}" if kept else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """Everything that the page of a problem says."""

    looked: Looked
    """What was asked for."""
    models: Lineup
    """Which models there are."""
    shown: ShownProblem
    """The problem and its patterns on the models of the table."""
    history: ProblemHistory
    """Its error over all models."""
    triaged: TriagedProblem | None
    """Its line of the triage on the main model; None without a model."""
    ranked: int
    """Problems that have a rank, >= 0."""
    equation: Markup | None
    """Its Impact as a product; None without a model."""
    reports: tuple[UserReport, ...]
    """Reports that it answers, newest first."""
    steps: tuple[ProblemStep, ...]
    """What was done to it, newest first."""
    found: tuple[ShownPattern, ...]
    """Patterns that were asked for: those wrong on the main model first, then by case and place."""

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.shown.problem

    @property
    def columns(self) -> tuple[str, ...]:
        """Models of the table of patterns, oldest first."""
        return tuple(one.model for one in self.shown.standings)

    @property
    def page_patterns(self) -> tuple[ShownPattern, ...]:
        """The patterns of this page."""
        first = (self.looked.page - 1) * PAGE_PATTERNS
        return self.found[first : first + PAGE_PATTERNS]

    @property
    def span(self) -> str:
        """Which patterns of all those found."""
        first = (self.looked.page - 1) * PAGE_PATTERNS
        return f"{first + 1:,}–{first + len(self.page_patterns):,}"

    @property
    def pages(self) -> int:
        """Pages of patterns, >= 1."""
        return max(math.ceil(len(self.found) / PAGE_PATTERNS), 1)

    @property
    def main(self) -> Standing | None:
        """How it stands with the main model."""
        return self.standing(self.models.main)

    @property
    def candidate(self) -> Standing | None:
        """How it stands with the newest model, where that is not the main one."""
        return self.standing(self.models.candidate())

    @property
    def told_reports(self) -> tuple[UserReport, ...]:
        """The reports that are told in full."""
        return self.reports[:_SHOWN_REPORTS]

    @property
    def curve(self) -> Chart:
        """Its error over the models, drawn."""
        count = plural(self.shown.total, "pattern")
        return curve_of([self.history], title=f"Error on {count}, model by model", live=self.models.live)

    @property
    def undoable(self) -> ProblemStep | None:
        """The step that would be taken back next; None where all were."""
        undone = {one.undoes for one in self.steps}
        wanted = (one for one in self.steps if one.kind is not StepKind.UNDONE and one.number not in undone)
        return next(wanted, None)

    @property
    def harm(self) -> str:
        """Its harm, as it was set and as a number."""
        said, cost = harm_words(self.problem), self.triaged.harm if self.triaged is not None else None
        if said is None:
            return "not set"
        return said if cost is None or said[0].isdigit() else f"{said} ({cost:g})"

    @property
    def missing(self) -> tuple[str, ...]:
        """Factors that are missing before it can be ranked."""
        return missing_factors(self.triaged) if self.triaged is not None else ()

    @property
    def wrongs(self) -> list[tuple[str, str]]:
        """Models whose mistakes can be looked at alone."""
        return [(title, f"Wrong on {title}") for title in self.columns]

    @property
    def undo_says(self) -> str:
        """What taking the latest step back would do."""
        step = self.undoable
        if step is None:
            return ""
        if step.gained and not step.before and step.after:
            return "This was the first step: undoing it takes the problem itself back, and the rows it brought."
        more = " Rows that it brought into the test set go too, where nobody else uses them." if step.committed else ""
        return f"Step {step.number}, by {step.actor}, is taken back: {step_words(step) or step.kind}.{more}"

    def chips(self, here: str) -> list[tuple[str, str, bool]]:
        """Offer each model as a column of the patterns, newest first.

        Args:
            here: Address of this page.
        """
        made = []
        for title in reversed(self.models.titles[-_MOST_CHIPS:]):
            others = [one for one in self.columns if one != title]
            is_shown = title in self.columns
            chosen = others if is_shown and others else [*others[-(MOST_COLUMNS - 1) :], title]
            made.append((title, f"{here}{self.looked.query(model=chosen)}#patterns", is_shown))
        return made

    def standing(self, title: str | None) -> Standing | None:
        """Find how it stands with a model."""
        return next((one for one in self.history.standings if one.model == title), None)

    def thread(self, here: str, reports_at: str) -> list[Mapping[str, object]]:
        """Tell the way from a complaint to a fix, as far as it went.

        Args:
            here: Address of this page.
            reports_at: Address of its reports.
        """
        return [
            _complaint(self.reports, reports_at),
            _described(self.problem, self.steps),
            {"title": "Patterns", "href": f"{here}#patterns", "about": self._patterns_words()},
            _models_step(self.history, f"{here}#curve"),
            self._ending(),
        ]

    def _patterns_words(self) -> str:
        drawn = sum(one.origin == "sample" for one in self.shown.patterns)
        return plural(self.shown.total, "pattern") + (f", {drawn:,} of them drawn from users" if drawn else "")

    def _ending(self) -> Mapping[str, object]:
        last = self.candidate or self.main
        if self.problem.closed_at is not None:
            day = f"{self.problem.closed_at.day} {self.problem.closed_at:%b %Y}"
            return {"title": "Closed", "about": f"{day}; it still guards every new model"}
        if last is None:
            return {"title": "Fixed", "about": "no model has been asked yet", "waits": True}
        if last.state not in HOLDS:
            return {"title": "Fixed", "about": f"not yet: {last.state} on {last.model}", "waits": True}
        said = f"on {last.model}, {last.failed:,} of {last.error.n:,} failed"
        return {"title": str(last.state).capitalize(), "about": said, "waits": last.state != "fixed"}


def problem_view(workspace: Workspace, name: str, looked: Looked) -> ProblemView:
    """Read everything that the page of a problem says.

    Raises:
        ProblemNotFoundError: There is no such problem.
    """
    problems, models = workspace.problems, lineup(workspace)
    problem = problems.get(name)
    history = _asked(problems.history(name, on=problem.dataset).problems[0], models)
    columns = _columns(models, history, looked)
    shown = problems.show(name, models=columns, limit=_MOST_PATTERNS)
    ranked = _triage(workspace, problem, models)
    line = next((one for one in ranked.problems if one.problem.name == name), None) if ranked else None
    highest = [one.impact.high for one in ranked.problems if one.impact is not None] if ranked else []
    return ProblemView(
        looked=looked,
        models=models,
        shown=shown,
        history=history,
        triaged=line,
        ranked=len(highest),
        equation=equation_of(_shortly(line), most=max(highest, default=None)) if line is not None else None,
        reports=problems.reports.list(problem=name),
        steps=problems.steps(name, limit=_MOST_STEPS),
        found=_wrong_first([one for one in shown.patterns if _is_wrong(one, looked.wrong)], models.main),
    )


def step_words(step: ProblemStep) -> str:
    """Say what a step changed."""
    if step.kind is StepKind.UNDONE:
        return f"step {step.undoes} was taken back"
    said = [f"{plural(len(step.gained), 'pattern')} came"] if step.gained else []
    said += [f"{plural(len(step.lost), 'pattern')} went"] if step.lost else []
    if step.kind is StepKind.EDITED:
        said += [
            f"{name.replace('_', ' ')}: {_cell(old)} → {_cell(step.after[name])}" for name, old in step.before.items()
        ]
    return "; ".join(said)


def expectation_words(one: ShownPattern) -> str:
    """Say what must hold of a pattern, where that is more than its label."""
    expected = one.pattern.expectation
    if one.pattern.case is None:
        return ""
    said = str(expected.kind).replace("_", " ")
    return f"{one.pattern.case}: {said}" + (f" ({expected.quantity})" if expected.quantity else "")


def _triage(workspace: Workspace, problem: Problem, models: Lineup) -> Triage | None:
    if models.main is None:
        return None
    is_closed = problem.closed_at is not None
    return workspace.problems.triage(model=models.main, on=problem.dataset, include_closed=is_closed)


def _asked(history: ProblemHistory, models: Lineup) -> ProblemHistory:
    """Leave the models out that can answer nothing, because only reported scores of them remain."""
    known = set(models.titles)
    return replace(history, standings=tuple(one for one in history.standings if one.model in known))


def _columns(models: Lineup, history: ProblemHistory, looked: Looked) -> tuple[str, ...]:
    """Choose the models of the table: without a wish, the last few of those that answered anything."""
    answered = {one.model for one in history.standings if one.error.n}
    usual = [title for title in models.titles if title in answered or title == models.main]
    asked = looked.model or [title for title in usual if title == models.live or title in usual[-_USUAL_COLUMNS:]]
    return models.shown(asked, MOST_COLUMNS, also=looked.wrong)


def _shortly(line: TriagedProblem) -> TriagedProblem:
    """Say where the users come from in a few words: an equation has no room for a predicate."""
    share = line.affected
    if share is None or share.users is None or share.active is None:
        return line
    return replace(line, affected=replace(share, says=f"{share.users:,} of {share.active:,}"))


def _wrong_first(several: Sequence[ShownPattern], model: str | None) -> tuple[ShownPattern, ...]:
    """Put what the model gets wrong first; the members of a Case stay together."""
    wrong = {_group(one) for one in several if model is not None and _is_wrong(one, model)}
    return tuple(sorted(several, key=lambda one: _group(one) not in wrong))


def _group(one: ShownPattern) -> tuple[str, str]:
    case = one.pattern.case
    return ("case", case) if case is not None else ("id", one.pattern.example_id)


def _is_wrong(one: ShownPattern, model: str) -> bool:
    answer = one.answers.get(model)
    return not model or (answer is not None and answer.outcome is PatternOutcome.FAILED)


def _complaint(reports: Sequence[UserReport], href: str) -> Mapping[str, object]:
    if not reports:
        return {"title": "Complaint", "about": "no report yet", "waits": True}
    first = reports[-1]
    who = f", {first.user}" if first.user else ""
    about = f"{plural(len(reports), 'report')}, first {first.reported_at.day} {first.reported_at:%b %Y}{who}"
    return {"title": "Complaint", "href": href, "about": about}


def _described(problem: Problem, steps: Sequence[ProblemStep]) -> Mapping[str, object]:
    made = next((one for one in reversed(steps) if one.gained and not one.before), None)
    about = f"{made.taken_at.day} {made.taken_at:%b %Y}, by {made.actor}" if made else f"on {problem.dataset}"
    return {"title": "Problem", "about": about}


def _models_step(history: ProblemHistory, href: str) -> Mapping[str, object]:
    scored = [one.model for one in history.standings if one.error.n]
    if not scored:
        return {"title": "Models", "about": "none has answered its patterns", "waits": True}
    about = scored[0] if len(scored) == 1 else f"{len(scored):,} asked, {scored[0]} to {scored[-1]}"
    return {"title": "Models", "href": href, "about": about}


def _cell(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(_parts(value)) or "nothing"
    return str(value)


def _parts(value: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{name} {part}" for name, part in value.items() if part is not None)
