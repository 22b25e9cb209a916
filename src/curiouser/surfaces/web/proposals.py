"""Proposals: a branch is shown, checked, approved or rejected with words, and then merged."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from curiouser.kernel.errors import CuriouserError
from curiouser.proposals import ProposalState, Verdict
from curiouser.surfaces.bodies.proposals import shown_proposal_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.web.data_views import diff_table
from curiouser.surfaces.web.merge_views import resolution_words
from curiouser.surfaces.web.merges import VALUE, settling_rules
from curiouser.surfaces.web.posted import Form, Posted
from curiouser.surfaces.web.proposal_views import proposal_view, proposals_table
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.tables import AsFile, table_answer
from curiouser.workspace.working import ask_for_proposal, ask_for_recheck

routes = Routes(tags=["pages"])
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
MaybeNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
After = Annotated[str | None, Query(max_length=1_000, description="Changed rows behind this id.")]
SHOWN, CHANGES_IN_A_FILE = 50, 5_000
AT_ONCE_ROWS = 20_000
"""Up to so many rows a branch is checked while its reader waits; a longer one is checked in the background."""


@routes.get("/proposals", does=Verb.READ)
def list_proposals(
    caller: Asked, state: ProposalState | None = None, before: MaybeNumber = None, as_file: AsFile = None
) -> Response:  # fmt: skip
    """List proposals, newest first."""
    found = caller.workspace.proposals.all(state=state, before=before, limit=SHOWN + 1)
    if as_file is not None:
        return table_answer(proposals_table(found[:SHOWN]), as_file)
    more = found[SHOWN - 1].number if len(found) > SHOWN else None
    return page(
        caller, "proposals.html", found=found[:SHOWN], more=more, state=state, states_known=list(ProposalState),
        may_propose=caller.may(Verb.PROPOSE_BRANCH),
    )  # fmt: skip


@routes.get("/proposals/{number}", does=Verb.READ)
def show_proposal(caller: Asked, number: Number, after: After = None, as_file: AsFile = None) -> Response:
    """Show a proposal: what is in its way, what its checks found, what it changes, and what was said of it."""
    if as_file == "json":
        return body_answer(shown_proposal_body(caller.workspace.proposals.show(number)))
    if as_file is not None:
        shown = caller.workspace.proposals.show(number)
        after_it = shown.prepared.id if shown.prepared is not None else shown.merge.theirs
        found = caller.workspace.data.diff(shown.merge.ours, after_it, CHANGES_IN_A_FILE, after_id=after)
        return table_answer(diff_table(found), as_file)
    return _shown(caller, number, after=after)


@routes.post("/data/{dataset}/proposals", does=Verb.PROPOSE_BRANCH, name="propose_branch_by_form")
def propose(caller: Asked, dataset: str, form: Form) -> Response:
    """Propose a branch; it is prepared and checked, and nothing moves."""
    workspace, source, into = caller.workspace, form.text("source"), form.text("into") or "main"
    said = {"message": form.text("message"), "actor": caller.actor}
    if workspace.data.resolve(f"{dataset}@{source}").rows > AT_ONCE_ROWS:
        return see_other(caller, f"/jobs/{ask_for_proposal(workspace, dataset, source, into, **said).number}")
    made = workspace.proposals.propose(dataset, source, into, **said)
    return _back(caller, made.proposal.number, f"{source} is proposed.")


@routes.post("/proposals/{number}/check", does=Verb.RECHECK_PROPOSAL, name="recheck_proposal_by_form")
def check(caller: Asked, number: Number) -> Response:
    """Work a proposal out as its branches stand now, and check its rows."""
    workspace = caller.workspace
    if workspace.data.resolve(workspace.proposals.show(number).merge.theirs).rows > AT_ONCE_ROWS:
        return see_other(caller, f"/jobs/{ask_for_recheck(workspace, number, actor=caller.actor).number}")
    workspace.proposals.check(number, actor=caller.actor)
    return _back(caller, number, "It is worked out and checked as the branches stand now.")


@routes.post("/proposals/{number}/approve", does=Verb.APPROVE_PROPOSAL, name="approve_proposal_by_form")
def approve(caller: Asked, number: Number, form: Form) -> Response:
    """Approve a proposal as it stands."""
    return _reviewed(caller, number, Verdict.APPROVE, form)


@routes.post("/proposals/{number}/reject", does=Verb.REJECT_PROPOSAL, name="reject_proposal_by_form")
def reject(caller: Asked, number: Number, form: Form) -> Response:
    """Reject a proposal as it stands, with words."""
    return _reviewed(caller, number, Verdict.REJECT, form)


@routes.post("/proposals/{number}/merge", does=Verb.LAND_PROPOSAL, name="land_proposal_by_form")
def merge(caller: Asked, number: Number) -> Response:
    """Merge a proposal that is checked and approved."""
    try:
        made = caller.workspace.proposals.merge(number, actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, number, trouble=error)
    return _back(caller, number, f"{made.proposal.source} is merged into {made.proposal.into}.")


@routes.post("/proposals/{number}/withdraw", does=Verb.WITHDRAW_PROPOSAL, name="withdraw_proposal_by_form")
def withdraw(caller: Asked, number: Number) -> Response:
    """Withdraw a proposal; its branch stays as it is."""
    caller.workspace.proposals.withdraw(number, actor=caller.actor)
    return _back(caller, number, "It is withdrawn; nothing was changed.")


def _reviewed(caller: Caller, number: int, verdict: Verdict, form: Posted) -> Response:
    try:
        caller.workspace.proposals.review(number, verdict, words=form.text("words"), actor=caller.actor)
    except CuriouserError as error:
        return _shown(caller, number, trouble=error, words=form.text("words"))
    return _back(caller, number, "You approved it." if verdict is Verdict.APPROVE else "You rejected it.")


def _shown(
    caller: Caller, number: int, *, after: str | None = None, trouble: CuriouserError | None = None, words: str = ""
) -> Response:
    view = proposal_view(caller.workspace, number, actor=caller.actor, may=caller.may, after=after)
    merge = view.shown.merge
    return page(
        caller, "proposal.html", 200 if trouble is None else trouble.http_status, view=view, after=after,
        trouble=trouble, words=words, prefix=VALUE, rules=settling_rules(merge.into, merge.source),
        resolution_words=resolution_words, may_settle=caller.may(Verb.SETTLE_CONFLICTS),
    )  # fmt: skip


def _back(caller: Caller, number: int, said: str) -> Response:
    return see_other(caller, f"/proposals/{number}", said)
