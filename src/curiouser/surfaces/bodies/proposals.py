"""Bodies of proposals: what is proposed, what its checks found, who said what, and what is in the way."""

from __future__ import annotations

from collections.abc import Sequence

from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text
from curiouser.proposals import Proposal, Review, ShownProposal
from curiouser.surfaces.bodies.data import data_commit_body
from curiouser.surfaces.bodies.data_merging import merge_body


def proposal_body(one: Proposal) -> dict[str, Json]:
    """Present a proposal as it was written down."""
    return {
        "proposal": one.number,
        "dataset": one.dataset,
        "source": one.source,
        "into": one.into,
        "state": str(one.state),
        "merge": one.merge,
        "actor": one.actor,
        "message": one.message,
        "created_at": as_text(one.created_at),
        "ended_at": None if one.ended_at is None else as_text(one.ended_at),
        "ended_by": one.ended_by,
    }


def proposals_body(found: Sequence[Proposal]) -> dict[str, Json]:
    """Present proposals."""
    return {"proposals": [proposal_body(each) for each in found]}


def shown_proposal_body(shown: ShownProposal) -> dict[str, Json]:
    """Present a proposal with all that decides about it; ``diff`` names the two versions to compare."""
    one, at = shown.proposal, shown.prepared
    return {
        **proposal_body(one),
        "blockers": [str(each) for each in shown.blockers],
        "self_approval": shown.self_approval,
        "approvals": {"given": shown.approvals, "needed": shown.approvals_needed},
        "checks": _checks_body(shown),
        "reviews": [_review_body(shown, each) for each in shown.reviews],
        "diff": None if at is None else {"before": shown.merge.ours, "after": at.id},
        "data_commit": None if at is None else data_commit_body(at),
        "brought": [data_commit_body(each) for each in shown.brought],
        "merge": merge_body(shown.merge),
    }


def _checks_body(shown: ShownProposal) -> dict[str, Json] | None:
    one = shown.proposal
    if one.checks is None or one.checked is None or one.checked_at is None:
        return None
    return {
        "outcome": one.checks.outcome,
        "reasons": list(one.checks.reasons),
        "data_commit": one.checked,
        "checked_at": as_text(one.checked_at),
        "void": not shown.checks_hold,
    }


def _review_body(shown: ShownProposal, review: Review) -> dict[str, Json]:
    return {
        "verdict": str(review.verdict),
        "words": review.words,
        "actor": review.actor,
        "own": review.is_own,
        "data_commit": review.data_commit,
        "made_at": as_text(review.made_at),
        "void": not shown.counts(review),
    }
