"""Merges: two branches that disagree, settled one by one or by a rule, landed or given up."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from curiouser.data import MergeState, Resolution, SettlingRule
from curiouser.kernel.errors import BadInputError, CuriouserError
from curiouser.kernel.words import plural
from curiouser.surfaces.serving.answers import see_other
from curiouser.surfaces.serving.roles import NEEDS, Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.merge_views import (
    conflicts_table,
    merge_view,
    merges_table,
    resolution_words,
)
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.signing import own_path
from curiouser.surfaces.web.tables import AsFile, table_answer
from curiouser.workspace.ranking import rank_by_role

routes = Routes(tags=["pages"])
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
MaybeNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
SHOWN, CONFLICTS_SHOWN, IN_A_FILE = 50, 20, 5_000
VALUE = "value."
"""Begins the names of fields that hold another value for a column."""


@routes.get("/merges", does=Verb.READ)
def list_merges(
    caller: Asked, state: MergeState | None = None, before: MaybeNumber = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """List merges, newest first."""
    found = caller.workspace.data.merges.all(state=state, before=before, limit=SHOWN + 1)
    if as_file is not None:
        return table_answer(merges_table(found[:SHOWN]), as_file)
    more = found[SHOWN - 1].number if len(found) > SHOWN else None
    return page(caller, "merges.html", found=found[:SHOWN], more=more, state=state, states_known=list(MergeState))


@routes.get("/merges/{number}", does=Verb.READ)
def show_merge(
    caller: Asked, number: Number, *, settled: bool = False, after: MaybeNumber = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """Show a merge with its conflicts: base, ours and theirs side by side."""
    if as_file is not None:
        found = merge_view(caller.workspace, number, every=True, after=after or 0, limit=IN_A_FILE)
        return table_answer(conflicts_table(found), as_file)
    return _shown(caller, number, every=settled, after=after or 0)


@routes.post("/data/{dataset}/merges", does=Verb.MERGE_BRANCH, name="merge_branch_by_form")
def merge_branch(caller: Asked, dataset: str, form: Form) -> Response:
    """Merge a branch into another; with conflicts, lead to them."""
    source, into = form.text("source"), form.text("into") or "main"
    merges, back = caller.workspace.data.merges, f"/data/{quote(dataset, safe='')}"
    made = merges.merge(dataset, source, into, actor=caller.actor, message=form.maybe("message"))
    if made.merge is None:
        return see_other(caller, f"{back}/branches", f"{into} holds everything that {source} has already.")
    if made.merge.unsettled:
        return see_other(caller, f"/merges/{made.merge.number}")
    return see_other(caller, f"{back}/commits/{made.committed.data_commit}", f"{source} is merged into {into}.")


@routes.post("/merges/{number}/settle", does=Verb.SETTLE_CONFLICTS, name="settle_by_form")
def settle(caller: Asked, number: Number, form: Form) -> Response:
    """Settle one conflict, or several that were ticked."""
    merges = caller.workspace.data.merges
    try:
        resolution, conflicts = _resolution(form.text("resolution")), _numbers(form)
        values = _values(form) if resolution is Resolution.VALUE else None
        made = merges.settle(
            number, conflicts, resolution, actor=caller.actor, values=values, because=form.text("because")
        )
    except CuriouserError as error:
        return _shown(caller, number, trouble=error)
    which = f"Conflict {conflicts[0]}" if len(conflicts) == 1 else plural(len(conflicts), "conflict")
    return _back(caller, number, f"{which}: {resolution_words(made, resolution)}.", form)


@routes.post("/merges/{number}/settle-all", does=Verb.SETTLE_CONFLICTS, name="settle_all_by_form")
def settle_all(caller: Asked, number: Number, form: Form) -> Response:
    """Settle by a rule what nobody has settled or escalated."""
    merges = caller.workspace.data.merges
    try:
        rule = _rule(form.text("rule"))
        rank = rank_by_role(caller.access, caller.name)
        before = merges.get(number)
        made = merges.settle_all(number, rule, actor=caller.actor, rank=rank, because=form.text("because"))
    except CuriouserError as error:
        return _shown(caller, number, trouble=error)
    settled = before.unsettled - made.unsettled + made.escalated - before.escalated
    left = made.unsettled - made.escalated
    told = f"{plural(settled, 'conflict')}: {resolution_words(made, rule)}."
    return _back(
        caller, number, told + (f" {plural(left, 'conflict')} the rule does not decide." if left else ""), form
    )


@routes.post("/merges/{number}/unsettle", does=Verb.SETTLE_CONFLICTS, name="unsettle_by_form")
def unsettle(caller: Asked, number: Number, form: Form) -> Response:
    """Open a settled conflict again."""
    conflicts = _numbers(form)
    caller.workspace.data.merges.unsettle(number, conflicts)
    return _back(caller, number, f"Conflict {conflicts[0]} is open again.", form)


@routes.post("/merges/{number}/finish", does=Verb.FINISH_MERGE, name="finish_merge_by_form")
def finish(caller: Asked, number: Number) -> Response:
    """Land a merge whose conflicts are settled."""
    try:
        made = caller.workspace.data.merges.finish(number, actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, number, trouble=error)
    committed = made.committed
    changed = f"{plural(committed.added, 'row')} added, {committed.changed:,} changed, {committed.removed:,} removed"
    return _back(caller, number, f"It has landed: {changed}.")


@routes.post("/merges/{number}/abort", does=Verb.ABORT_MERGE, name="abort_merge_by_form")
def abort(caller: Asked, number: Number) -> Response:
    """Give a merge up."""
    caller.workspace.data.merges.abandon(number, actor=caller.actor)
    return _back(caller, number, "It is given up; nothing was changed.")


def _shown(
    caller: Caller, number: int, *, every: bool = False, after: int = 0, trouble: CuriouserError | None = None
) -> Response:
    workspace = caller.workspace
    found = merge_view(workspace, number, every=every, after=after, limit=CONFLICTS_SHOWN)
    protected = {one.branch for one in workspace.data.protections.all(found.merge.dataset)}
    return page(
        caller, "merge.html", 200 if trouble is None else trouble.http_status, found=found, every=every, after=after,
        trouble=trouble, prefix=VALUE, rules=settling_rules(found.merge.into, found.merge.source),
        resolution_words=resolution_words, may_settle=caller.may(Verb.SETTLE_CONFLICTS),
        may_finish=caller.may(Verb.FINISH_MERGE), needs=NEEDS, verbs=Verb, is_protected=found.merge.into in protected,
    )  # fmt: skip


def settling_rules(into: str, source: str) -> list[tuple[str, str]]:
    """List the rules to settle by, with the names of the branches."""
    return [
        (SettlingRule.OURS, f"keep what {into} has"),
        (SettlingRule.THEIRS, f"take what {source} has"),
        (SettlingRule.RANK, "follow whoever has the higher role"),
        (SettlingRule.ESCALATE, "leave them to an expert"),
    ]


def _numbers(form: Posted) -> list[int]:
    texts = form.every("conflict")
    if not texts or not all(text.isdecimal() and len(text) < 10 for text in texts):
        raise BadInputError("no conflict was chosen", "choose one")
    return [int(text) for text in texts]


def _values(form: Posted) -> dict[str, str | None]:
    named = {name.removeprefix(VALUE): form.raw(name) for name in form.texts if name.startswith(VALUE)}
    return {name: text or None for name, text in named.items()}


def _resolution(text: str) -> Resolution:
    try:
        return Resolution(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} settles nothing", f"one of {', '.join(Resolution)}") from error


def _rule(text: str) -> SettlingRule:
    try:
        return SettlingRule(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no rule", f"one of {', '.join(SettlingRule)}") from error


def _back(caller: Caller, number: int, said: str, form: Posted | None = None) -> Response:
    """Lead to the merge, or to the page of ours that the form came from."""
    came_from = form.text("back") if form is not None else ""
    return see_other(caller, own_path(came_from) if came_from else f"/merges/{number}", said)
