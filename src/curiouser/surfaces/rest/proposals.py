"""Proposals over REST: propose a branch, have it checked and reviewed, merge it."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.proposals import ProposalState, Verdict
from curiouser.surfaces.bodies.proposals import proposals_body, shown_proposal_body
from curiouser.surfaces.rest.accepting import LATER, accepted
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Body, Name, Number, Ref, Text
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes
from curiouser.workspace.working import ask_for_proposal, ask_for_recheck, is_for_a_job

routes = Routes(tags=["proposals"])


class NewProposal(Body):
    """What to propose; the options of `curiouser data propose`."""

    source: Ref
    into: Name = "main"
    message: Text


class Said(Body):
    """What a reviewer says; a rejection needs words."""

    words: Text = ""


@routes.post("/datasets/{dataset}/proposals", does=Verb.PROPOSE_BRANCH, status_code=201, responses=LATER)
def propose(caller: Asked, dataset: Name, body: NewProposal) -> Response:
    """Propose to merge a branch; it is prepared and checked, and nothing moves; `curiouser data propose`.

    Much data is checked in the background: the answer is a job then, whose result names the proposal.
    """
    said = {"message": body.message, "actor": caller.actor}
    if is_for_a_job(caller.workspace, f"{dataset}@{body.source}"):
        return accepted(caller, ask_for_proposal(caller.workspace, dataset, body.source, body.into, **said))
    made = caller.workspace.proposals.propose(dataset, body.source, body.into, **said)
    return body_answer(shown_proposal_body(made), status=201)


@routes.get("/proposals", does=Verb.READ)
def list_proposals(
    caller: Asked,
    limit: Limit = 50,
    after: Number | None = None,
    dataset: Name | None = None,
    state: ProposalState | None = None,
) -> Response:
    """List proposals, newest first; `curiouser data proposals`."""
    found = caller.workspace.proposals.all(dataset=dataset, state=state, before=after, limit=limit + 1)
    return body_answer(paged(proposals_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.get("/proposals/{number}", does=Verb.READ)
def show_proposal(caller: Asked, number: Number) -> Response:
    """Show a proposal: what it brings, its checks and reviews, what is in its way; `curiouser data proposal`."""
    return body_answer(shown_proposal_body(caller.workspace.proposals.show(number)))


@routes.post("/proposals/{number}/check", does=Verb.RECHECK_PROPOSAL, responses=LATER)
def check_proposal(caller: Asked, number: Number) -> Response:
    """Work a proposal out as its branches stand now, and check its rows; `curiouser data recheck`.

    Much data is checked in the background: the answer is a job then.
    """
    if is_for_a_job(caller.workspace, caller.workspace.proposals.show(number).merge.theirs):
        return accepted(caller, ask_for_recheck(caller.workspace, number, actor=caller.actor))
    return body_answer(shown_proposal_body(caller.workspace.proposals.check(number, actor=caller.actor)))


@routes.post("/proposals/{number}/approve", does=Verb.APPROVE_PROPOSAL)
def approve_proposal(caller: Asked, number: Number, body: Said) -> Response:
    """Approve a proposal as it stands; `curiouser data approve`."""
    made = caller.workspace.proposals.review(number, Verdict.APPROVE, words=body.words, actor=caller.actor)
    return body_answer(shown_proposal_body(made))


@routes.post("/proposals/{number}/reject", does=Verb.REJECT_PROPOSAL)
def reject_proposal(caller: Asked, number: Number, body: Said) -> Response:
    """Reject a proposal as it stands; `curiouser data reject`."""
    made = caller.workspace.proposals.review(number, Verdict.REJECT, words=body.words, actor=caller.actor)
    return body_answer(shown_proposal_body(made))


@routes.post("/proposals/{number}/merge", does=Verb.LAND_PROPOSAL)
def merge_proposal(caller: Asked, number: Number) -> Response:
    """Merge a proposal that is checked and approved; `curiouser data land`."""
    return body_answer(shown_proposal_body(caller.workspace.proposals.merge(number, actor=caller.actor)))


@routes.post("/proposals/{number}/withdraw", does=Verb.WITHDRAW_PROPOSAL)
def withdraw_proposal(caller: Asked, number: Number) -> Response:
    """Withdraw a proposal; `curiouser data withdraw`."""
    return body_answer(shown_proposal_body(caller.workspace.proposals.withdraw(number, actor=caller.actor)))
