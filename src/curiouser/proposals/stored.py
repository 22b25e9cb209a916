"""Proposals and reviews in SQL; every statement about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from curiouser.kernel.clock import as_text, from_text
from curiouser.kernel.ids import DataCommitId
from curiouser.proposals.errors import ProposalEndedError, ProposalNotFoundError
from curiouser.proposals.records import Proposal, ProposalChecks, ProposalState, Review, Verdict
from curiouser.proposals.tables import proposals, reviews
from curiouser.storage import checked, with_checksum


def put_proposal(connection: Connection, proposal: Proposal) -> Proposal:
    """Write a new proposal, under the next number."""
    last = connection.execute(select(func.max(proposals.c.number))).scalar()
    made = replace(proposal, number=(last or 0) + 1)
    connection.execute(insert(proposals).values(_row(made)))
    return made


def rewrite_proposal(connection: Connection, proposal: Proposal) -> None:
    """Write a proposal as it stands now."""
    connection.execute(update(proposals).where(proposals.c.number == proposal.number).values(_row(proposal)))


def get_proposal(connection: Connection, number: int) -> Proposal:
    """Read a proposal.

    Raises:
        ProposalNotFoundError: None has this number.
    """
    row = connection.execute(select(proposals).where(proposals.c.number == number)).mappings().one_or_none()
    if row is None:
        raise ProposalNotFoundError(number)
    return _proposal_of(row)


def get_open_proposal(connection: Connection, number: int) -> Proposal:
    """Read a proposal that may still be merged.

    Raises:
        ProposalNotFoundError: None has this number.
        ProposalEndedError: It was merged or withdrawn.
    """
    found = get_proposal(connection, number)
    if not found.is_open:
        raise ProposalEndedError(number, str(found.state))
    return found


def find_open_proposal(connection: Connection, merge: int) -> Proposal | None:
    """Find the open proposal of a merge, or None."""
    query = select(proposals).where(proposals.c.merge == merge, proposals.c.state == str(ProposalState.OPEN))
    row = connection.execute(query).mappings().first()
    return None if row is None else _proposal_of(row)


def list_proposals(
    connection: Connection, *, dataset: str | None, state: ProposalState | None, before: int | None, limit: int
) -> list[Proposal]:
    """List proposals, newest first."""
    query = select(proposals).order_by(proposals.c.number.desc()).limit(limit)
    if dataset is not None:
        query = query.where(proposals.c.dataset == dataset)
    if state is not None:
        query = query.where(proposals.c.state == str(state))
    if before is not None:
        query = query.where(proposals.c.number < before)
    return [_proposal_of(row) for row in connection.execute(query).mappings()]


def put_review(connection: Connection, review: Review) -> Review:
    """Write a review, under the next number of its proposal."""
    last = connection.execute(select(func.max(reviews.c.number)).where(reviews.c.proposal == review.proposal)).scalar()
    made = replace(review, number=(last or 0) + 1)
    row = {
        "proposal": made.proposal,
        "number": made.number,
        "verdict": str(made.verdict),
        "words": made.words,
        "actor": made.actor,
        "data_commit": made.data_commit,
        "is_own": int(made.is_own),
        "made_at": as_text(made.made_at),
    }
    connection.execute(insert(reviews).values(with_checksum(row)))
    return made


def reviews_of(connection: Connection, proposal: int) -> tuple[Review, ...]:
    """List the reviews of a proposal, oldest first."""
    query = select(reviews).where(reviews.c.proposal == proposal).order_by(reviews.c.number)
    return tuple(_review_of(checked(reviews, row)) for row in connection.execute(query).mappings())


def _row(proposal: Proposal) -> dict[str, Any]:
    checks = proposal.checks
    row = {
        "number": proposal.number,
        "dataset": proposal.dataset,
        "source": proposal.source,
        "into": proposal.into,
        "merge": proposal.merge,
        "state": str(proposal.state),
        "actor": proposal.actor,
        "message": proposal.message,
        "created_at": as_text(proposal.created_at),
        "checked": proposal.checked,
        "outcome": None if checks is None else checks.outcome,
        "reasons": None if checks is None else json.dumps(list(checks.reasons), ensure_ascii=False),
        "checked_at": _text(proposal.checked_at),
        "ended_at": _text(proposal.ended_at),
        "ended_by": proposal.ended_by,
    }
    return with_checksum(row)


def _proposal_of(row: Mapping[Any, Any]) -> Proposal:
    row = checked(proposals, row)
    checks = None
    if row["outcome"] is not None:
        checks = ProposalChecks(outcome=row["outcome"], reasons=tuple(json.loads(row["reasons"])))
    return Proposal(
        number=row["number"],
        dataset=row["dataset"],
        source=row["source"],
        into=row["into"],
        merge=row["merge"],
        state=ProposalState(row["state"]),
        actor=row["actor"],
        message=row["message"],
        created_at=from_text(row["created_at"]),
        checked=None if row["checked"] is None else DataCommitId(row["checked"]),
        checks=checks,
        checked_at=_moment(row["checked_at"]),
        ended_at=_moment(row["ended_at"]),
        ended_by=row["ended_by"],
    )


def _review_of(row: Mapping[Any, Any]) -> Review:
    return Review(
        proposal=row["proposal"],
        number=row["number"],
        verdict=Verdict(row["verdict"]),
        words=row["words"],
        actor=row["actor"],
        data_commit=DataCommitId(row["data_commit"]),
        is_own=bool(row["is_own"]),
        made_at=from_text(row["made_at"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)
