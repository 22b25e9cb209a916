"""The list of problems as a page shows it: found, ordered, and said in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from curiouser.kernel.canonical import Json
from curiouser.measure import Measured, ProblemState
from curiouser.problems import AffectedShare, ImpactValue, Problem, Standing, TriagedProblem
from curiouser.surfaces.web.lineup import Lineup, lineup
from curiouser.surfaces.web.tables import Column, Format, Table
from curiouser.workspace import Workspace

PAGE_ROWS: Final = 100
NOBODY: Final = "nobody"
"""What the filter calls the owner of what nobody looks after."""
FAILS: Final = frozenset({ProblemState.FAILING, ProblemState.REGRESSED, ProblemState.SLIPPED})
HOLDS: Final = frozenset({ProblemState.PASSING, ProblemState.FIXED})
SORTS: Final = (
    ("impact", "By Impact"),
    ("error", "By error"),
    ("users", "By users"),
    ("patterns", "By patterns"),
    ("name", "By name"),
)
SHOWS: Final = (("open", "Open"), ("closed", "Closed"), ("all", "All"))
Short = Annotated[str, StringConstraints(max_length=200)]


class Wanted(BaseModel):
    """What the URL asks for; the page's whole state."""

    model_config = ConfigDict(frozen=True)

    q: Short = ""
    state: Short = ""
    owner: Short = ""
    show: Literal["open", "closed", "all"] = "open"
    sort: Literal["impact", "error", "users", "patterns", "name"] = "impact"
    model: Short = ""
    on: Short = "test"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    format: Format | None = None

    def query(self, **changes: str | int) -> str:
        """Write the URL's query with something changed; what is as usual is left out."""
        usual = Wanted().model_dump()
        given = self.model_dump() | {"page": 1, "format": None} | changes
        kept = {name: value for name, value in given.items() if value != usual[name]}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One problem in the list."""

    problem: Problem
    """The problem."""
    patterns: int
    """Its patterns, >= 0."""
    standing: Standing | None = None
    """How it stands with the main model; None without a model."""
    candidate: Standing | None = None
    """How it stands with the candidate; None where that is the main model."""
    impact: ImpactValue | None = None
    """None where a factor is missing."""
    best: int | None = None
    """Best rank; None where it is not ranked."""
    worst: int | None = None
    """Worst rank."""
    affected: AffectedShare | None = None
    """Percent of users affected."""
    missing: tuple[str, ...] = ()
    """Factors that are missing, in words."""

    @property
    def error(self) -> Measured | None:
        """Its error on the main model."""
        return self.standing.error if self.standing is not None else None

    @property
    def rank(self) -> str | None:
        """Range of ranks, in words."""
        return None if self.best is None else str(self.best) if self.best == self.worst else f"{self.best}–{self.worst}"

    @property
    def harm(self) -> str | None:
        """Harm as the team set it."""
        return harm_words(self.problem)

    @property
    def states(self) -> set[str]:
        """Every state it is shown with."""
        return {str(one.state) for one in (self.standing, self.candidate) if one is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The problems that were asked for, and what is said above them."""

    wanted: Wanted
    """What was asked for."""
    models: Lineup
    """Which models are spoken of."""
    lines: tuple[Line, ...]
    """All that were found, in order."""
    total: int
    """Problems that this list was taken from, >= 0."""
    owners: tuple[str, ...]
    """Everybody who looks after one."""
    lead: str
    """The answer, as sentences."""

    @property
    def candidate(self) -> str | None:
        """The model beside the main one."""
        return self.models.candidate(self.wanted.model)

    @property
    def candidates(self) -> list[tuple[str, str]]:
        """Models to choose a candidate from, newest first."""
        return [(title, f"Beside {title}") for title in reversed(self.models.titles) if title != self.models.main]

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines of this page."""
        first = (self.wanted.page - 1) * PAGE_ROWS
        return self.lines[first : first + PAGE_ROWS]

    @property
    def span(self) -> str:
        """Which lines of all those found."""
        first = (self.wanted.page - 1) * PAGE_ROWS
        return f"{first + 1:,}–{first + len(self.shown):,}"

    @property
    def pages(self) -> int:
        """Pages there are, >= 1."""
        return max(math.ceil(len(self.lines) / PAGE_ROWS), 1)

    @property
    def most(self) -> float:
        """Where the scale of the Impact bars ends, for all of them."""
        return max((one.impact.high for one in self.lines if one.impact is not None), default=0.0) or 1.0


def listing(workspace: Workspace, wanted: Wanted) -> Listing:
    """Read the problems, with how they stand, and find those that were asked for."""
    models = lineup(workspace)
    every = _lines(workspace, wanted, models)
    by_show = [one for one in every if _is_shown(one.problem, wanted.show)]
    terms = wanted.q.casefold().split()
    found = [one for one in by_show if _matches(one, wanted, terms)]
    if wanted.sort != "impact":
        found.sort(key=_ORDERS[wanted.sort])
    return Listing(
        wanted=wanted,
        models=models,
        lines=tuple(found),
        total=len(by_show),
        owners=tuple(sorted({one.problem.owner for one in every if one.problem.owner})),
        lead=lead(by_show, models, models.candidate(wanted.model), wanted.show),
    )


def few(names: Sequence[str], most: int = 2) -> str:
    """Name a few things and count the rest.

    Examples:
        >>> few(["a"]), few(["a", "b"]), few(["a", "b", "c", "d"])
        ('a', 'a and b', 'a, b and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join(names)


def harm_words(problem: Problem) -> str | None:
    """Say the harm of a problem as the team set it; None where it is not set."""
    apart = ((problem.harm_false_positive, "FP"), (problem.harm_false_negative, "FN"))
    said = [f"{harm} ({kind})" for harm, kind in apart if harm is not None]
    return ", ".join([*([problem.harm] if problem.harm is not None else []), *said]) or None


def missing_factors(one: TriagedProblem) -> tuple[str, ...]:
    """Name the factors that are missing before a problem can be ranked."""
    if one.impact is not None:
        return ()
    said = []
    if one.affected is None:
        said.append("users affected" if one.problem.affected is None else "users, which cannot be counted")
    if not one.standing.error.n:
        said.append("answers" if one.standing.patterns else "patterns")
    if harm_words(one.problem) is None or not said:
        said.append("harm")
    return tuple(said)


def lead(lines: Sequence[Line], models: Lineup, candidate: str | None, show: str) -> str:
    """Say the answer: how many problems fail on the model that users meet, and what the candidate changes."""
    what = {"open": "open problem", "closed": "closed problem", "all": "problem"}[show]
    count = f"{len(lines):,} {what}{'' if len(lines) == 1 else 's'}"
    if models.main is None:
        return f"{count}, and no model yet to ask."
    failing = sum(one.standing is not None and one.standing.state in FAILS for one in lines)
    which = f"on the live model, {models.live}" if models.live else f"on the newest model, {models.main}; none is live"
    said = f"{failing:,} of {count} {'fails' if failing == 1 else 'fail'} {which}." if lines else f"{count}."
    return f"{said} {_change(lines, candidate)}" if candidate else said


def problems_table(found: Listing) -> Table:
    """Put every line that was found into a table, for CSV and JSON."""
    return Table(
        name="problems",
        caption="Problems by Impact",
        columns=[Column(key=key, title=key) for key in _COLUMNS],
        rows=[_row(one, found) for one in found.lines],
    )


_COLUMNS = (
    "name", "rank_best", "rank_worst", "impact", "impact_low", "impact_high", "state", "candidate_state",
    "affected_percent", "affected_low", "affected_high", "error", "error_low", "error_high", "n", "harm", "patterns",
    "owner", "closed", "missing", "model", "candidate",
)  # fmt: skip


def _row(one: Line, found: Listing) -> Mapping[str, Json]:
    impact, affected, error = one.impact, one.affected, one.error
    return {
        "name": one.problem.name,
        "rank_best": one.best,
        "rank_worst": one.worst,
        "impact": impact.value if impact else None,
        "impact_low": impact.low if impact else None,
        "impact_high": impact.high if impact else None,
        "state": one.standing.state if one.standing else None,
        "candidate_state": one.candidate.state if one.candidate else None,
        "affected_percent": affected.percent if affected else None,
        "affected_low": affected.low if affected else None,
        "affected_high": affected.high if affected else None,
        "error": error.value if error else None,
        "error_low": error.low if error else None,
        "error_high": error.high if error else None,
        "n": error.n if error else None,
        "harm": one.harm,
        "patterns": one.patterns,
        "owner": one.problem.owner,
        "closed": one.problem.closed_at is not None,
        "missing": list(one.missing),
        "model": found.models.main,
        "candidate": found.candidate,
    }


def _lines(workspace: Workspace, wanted: Wanted, models: Lineup) -> list[Line]:
    if models.main is None:
        return _unasked(workspace)
    ranked = workspace.problems.triage(model=models.main, on=wanted.on, include_closed=wanted.show != "open")
    candidate, standings = models.candidate(wanted.model), dict[str, Standing]()
    if candidate is not None and ranked.problems:
        checked = workspace.problems.check(model=candidate, on=wanted.on)
        standings = {one.problem.name: one.standing for one in checked.problems}
    return [
        Line(
            problem=one.problem,
            patterns=one.standing.patterns,
            standing=one.standing,
            candidate=standings.get(one.problem.name),
            impact=one.impact,
            best=one.rank_best,
            worst=one.rank_worst,
            affected=one.affected,
            missing=missing_factors(one),
        )
        for one in ranked.problems
    ]


def _unasked(workspace: Workspace) -> list[Line]:
    """List problems while there is no model to rank them on."""
    return [Line(problem=one.problem, patterns=one.patterns, missing=("answers",)) for one in workspace.problems.list()]


def _is_shown(problem: Problem, show: str) -> bool:
    return show == "all" or (problem.closed_at is not None) == (show == "closed")


def _matches(one: Line, wanted: Wanted, terms: Iterable[str]) -> bool:
    if wanted.state and wanted.state not in one.states:
        return False
    if wanted.owner and wanted.owner != (one.problem.owner or NOBODY):
        return False
    text = " ".join((one.problem.name, one.problem.description, one.problem.owner or "")).casefold()
    marks = {
        f"owner:{(one.problem.owner or NOBODY).casefold()}",
        f"harm:{(one.problem.harm or 'none').casefold()}",
        *(f"state:{state}" for state in one.states),
    }
    return all(term in marks or term in text for term in terms)


def _change(lines: Sequence[Line], candidate: str | None) -> str:
    both = [(one.problem.name, one.standing, one.candidate) for one in lines]
    known = [(name, now.state, then.state) for name, now, then in both if now is not None and then is not None]
    mended = [name for name, now, then in known if now in FAILS and then in HOLDS]
    broken = [name for name, now, then in known if now not in FAILS and then in FAILS]
    said = [f"mends {few(mended)}"] if mended else []
    said += [f"breaks {few(broken)}"] if broken else []
    return f"{candidate} {' and '.join(said)}." if said else f"{candidate} mends none of them and breaks none."


def _down(value: Callable[[Line], float | None]) -> Callable[[Line], tuple[float, str]]:
    """Order from the largest on; what has no value comes last."""

    def key(one: Line) -> tuple[float, str]:
        found = value(one)
        return (math.inf if found is None else -found, one.problem.name)

    return key


_ORDERS: Final[Mapping[str, Callable[[Line], tuple[float, str]]]] = {
    "error": _down(lambda one: one.error.value if one.error is not None else None),
    "users": _down(lambda one: one.affected.percent if one.affected is not None else None),
    "patterns": _down(lambda one: float(one.patterns)),
    "name": lambda one: (0.0, one.problem.name),
}
