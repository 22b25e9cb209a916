"""What experts do to problems: describe one, give it patterns, set it, close it, and take a step back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.responses import Response

from curiouser.kernel.errors import BadInputError, CuriouserError
from curiouser.kernel.ids import problem_name
from curiouser.kernel.words import plural
from curiouser.problems import Problem, UserReport
from curiouser.surfaces.bodies.problems import problem_body
from curiouser.surfaces.serving.answers import entity_tag, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.pattern_rows import FEWEST, MOST, TypedRows, empty_rows, typed_rows
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.problem_settings import (
    WAYS,
    SettingsForm,
    new_settings,
    said,
    settings_from,
    settings_of,
)
from curiouser.surfaces.web.rendering import page

routes = Routes(tags=["pages"])
_TAKEN = "new"
Places = Annotated[int, Query(ge=1, le=MOST)]
ReportNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDraft:
    """A problem that somebody is describing."""

    settings: SettingsForm
    """Its settings so far."""
    rows: TypedRows
    """Its patterns so far."""
    report: UserReport | None
    """The report that it answers."""

    def blamed(self, error: CuriouserError) -> ProblemDraft:
        """Put what is wrong where it is."""
        rows = self.rows.blamed(error)
        settings = self.settings if rows is not self.rows else self.settings.blamed(error)
        return replace(self, rows=rows, settings=settings)


@routes.get("/problems/new", does=Verb.ADD_PROBLEM)
def new_problem_page(caller: Asked, report: ReportNumber = None, rows: Places = FEWEST) -> Response:
    """Offer a form for a new problem, filled from a report where one is named."""
    task, found = caller.workspace.configuration.task, _report(caller, report)
    settings = new_settings(task, found.text if found is not None else "")
    draft = ProblemDraft(settings=settings, rows=empty_rows(task, rows, found), report=found)
    return _new_page(caller, draft)


@routes.post("/problems", does=Verb.ADD_PROBLEM, takes_files=True, name="describe_problem")
def describe_problem(caller: Asked, form: Form) -> Response:
    """Describe a problem by patterns."""
    draft = _draft(caller, form)
    if form.text("more") or draft.settings.errors:
        return _new_page(caller, draft, status=200 if form.text("more") else 422)
    try:
        count = _describe(caller, draft)
    except CuriouserError as error:
        return _new_page(caller, draft.blamed(error), status=error.http_status)
    name = draft.settings.values["name"]
    return see_other(caller, _address(name), f"{name} is described by {plural(count, 'pattern')}.")


@routes.get("/problems/{name}/edit", does=Verb.EDIT_PROBLEM)
def edit_problem_page(caller: Asked, name: str) -> Response:
    """Offer a problem's settings for change."""
    problem = caller.workspace.problems.get(name)
    settings = settings_of(caller.workspace.configuration.task, problem)
    return _edit_page(caller, problem, settings, seen=entity_tag(problem_body(problem)))


@routes.post("/problems/{name}/edit", does=Verb.EDIT_PROBLEM, name="set_problem")
def set_problem(caller: Asked, name: str, form: Form) -> Response:
    """Change a problem's settings, unless somebody else did meanwhile."""
    problem = caller.workspace.problems.get(name)
    settings = settings_from(caller.workspace.configuration, form)
    if entity_tag(problem_body(problem)) != form.text("seen"):
        settings = replace(settings, trouble=_CHANGED_MEANWHILE)
        return _edit_page(caller, problem, settings, seen=entity_tag(problem_body(problem)), status=412)
    if settings.errors:
        return _edit_page(caller, problem, settings, seen=form.text("seen"), status=422)
    try:
        given = settings.given()
        caller.workspace.problems.edit(name, clear=settings.emptied(), expected=problem, actor=caller.actor, **given)
    except CuriouserError as error:
        return _edit_page(caller, problem, settings.blamed(error), seen=form.text("seen"), status=error.http_status)
    return see_other(caller, _address(name), "Saved.")


@routes.get("/problems/{name}/patterns/new", does=Verb.ADD_PATTERNS)
def new_patterns_page(caller: Asked, name: str, report: ReportNumber = None, rows: Places = FEWEST) -> Response:
    """Offer a table for further patterns."""
    problem, found = caller.workspace.problems.get(name), _report(caller, report)
    typed = empty_rows(caller.workspace.configuration.task, rows, found)
    return _patterns_page(caller, problem, typed, report=found)


@routes.post("/problems/{name}/patterns", does=Verb.ADD_PATTERNS, takes_files=True, name="give_patterns")
def give_patterns(caller: Asked, name: str, form: Form) -> Response:
    """Add patterns to a problem."""
    problem, report = caller.workspace.problems.get(name), _report_of(caller, form)
    typed = typed_rows(caller.workspace.configuration.task, form)
    if form.text("more"):
        return _patterns_page(caller, problem, typed, report=report)
    try:
        with typed.given() as patterns:
            done = caller.workspace.problems.add_patterns(name, patterns=patterns, actor=caller.actor)
        _link(caller, report, name)
    except CuriouserError as error:
        blamed = typed.blamed(error)
        trouble = "" if blamed is not typed else said(error)
        return _patterns_page(caller, problem, blamed, report=report, trouble=trouble, status=error.http_status)
    told = f"{plural(done.added, 'pattern')} came." if done.added else "They were there already; nothing was changed."
    return see_other(caller, f"{_address(name)}#patterns", " ".join((told, *done.notes)))


@routes.post("/problems/{name}/patterns/remove", does=Verb.REMOVE_PATTERNS, name="take_patterns")
def take_patterns(caller: Asked, name: str, form: Form) -> Response:
    """Take patterns out of a problem."""
    ids, cases = form.every("id"), form.every("case")
    if not ids and not cases:
        return see_other(caller, f"{_address(name)}?choose=true#patterns", "Nothing was ticked, so nothing went.")
    try:
        done = caller.workspace.problems.remove_patterns(name, ids=ids, cases=cases, actor=caller.actor)
    except BadInputError as error:
        # Nothing was typed that could be lost, so the page it came from says why.
        return see_other(caller, f"{_address(name)}#patterns", f"Nothing went: {said(error)}")
    told = f"{plural(done.removed, 'pattern')} went; {done.patterns:,} are left."
    return see_other(caller, f"{_address(name)}#patterns", told)


@routes.post("/problems/{name}/close", does=Verb.CLOSE_PROBLEM, name="close_problem_by_form")
def close(caller: Asked, name: str) -> Response:
    """Close a problem."""
    caller.workspace.problems.close(name, actor=caller.actor)
    return see_other(caller, _address(name), f"{name} is closed. It still guards every new model.")


@routes.post("/problems/{name}/reopen", does=Verb.REOPEN_PROBLEM, name="reopen_problem_by_form")
def reopen(caller: Asked, name: str) -> Response:
    """Reopen a problem."""
    caller.workspace.problems.reopen(name, actor=caller.actor)
    return see_other(caller, _address(name), f"{name} is open again.")


@routes.post("/problems/{name}/undo", does=Verb.UNDO_STEP, name="undo_step_by_form")
def undo(caller: Asked, name: str) -> Response:
    """Take the latest step back."""
    done = caller.workspace.problems.undo(name, actor=caller.actor)
    gone = f" {plural(done.rows_removed, 'row')} left the test set with it." if done.rows_removed else ""
    told = f"Step {done.step.number}, “{done.step.kind}”, is taken back.{gone}"
    if done.problem is None:
        return see_other(caller, "/problems", f"{told} So {name} is no more.")
    return see_other(caller, _address(name), told)


_CHANGED_MEANWHILE = (
    "Somebody changed this problem while you were writing. Nothing of yours is lost: compare with the problem's page, "
    "then save again."
)


def _describe(caller: Caller, draft: ProblemDraft) -> int:
    with draft.rows.given() as patterns:
        done = caller.workspace.problems.add(
            draft.settings.values["name"], patterns=patterns, actor=caller.actor, **draft.settings.given()
        )
    _link(caller, draft.report, done.problem.name)
    return done.patterns


def _draft(caller: Caller, form: Posted) -> ProblemDraft:
    task = caller.workspace.configuration.task
    settings = _named(settings_from(caller.workspace.configuration, form))
    return ProblemDraft(settings=settings, rows=typed_rows(task, form), report=_report_of(caller, form))


def _named(settings: SettingsForm) -> SettingsForm:
    """Check the name of a new problem, beside all else."""
    name = settings.values["name"]
    if name == _TAKEN:
        errors = {**settings.errors, "name": "This name is the address of this very form; choose another."}
        return replace(settings, errors=errors)
    try:
        problem_name(name)
    except BadInputError as error:
        return settings.blamed(error)
    return settings


def _report(caller: Caller, number: int | None) -> UserReport | None:
    return None if number is None else caller.workspace.problems.reports.get(number)


def _report_of(caller: Caller, form: Posted) -> UserReport | None:
    number = form.text("report")
    return _report(caller, int(number)) if number.isdecimal() and len(number) < 10 else None


def _link(caller: Caller, report: UserReport | None, name: str) -> None:
    if report is not None:
        caller.workspace.problems.reports.link(report.number, name)


def _address(name: str) -> str:
    return f"/problems/{quote(name, safe='')}"


def _new_page(caller: Caller, draft: ProblemDraft, status: int = 200) -> Response:
    return page(caller, "problem_new.html", status=status, draft=draft, **_choices(caller))


def _edit_page(caller: Caller, problem: Problem, settings: SettingsForm, *, seen: str, status: int = 200) -> Response:
    known = {"problem": problem, "settings": settings, "seen": seen}
    return page(caller, "problem_edit.html", status=status, **known, **_choices(caller))


def _patterns_page(
    caller: Caller,
    problem: Problem,
    rows: TypedRows,
    *,
    report: UserReport | None,
    trouble: str = "",
    status: int = 200,
) -> Response:
    known = {"problem": problem, "rows": rows, "report": report, "trouble": trouble}
    return page(caller, "patterns_new.html", status=status, **known)


def _choices(caller: Caller) -> dict[str, object]:
    return {"ways": WAYS, "harms": caller.workspace.configuration.harm}
