"""The nouns of proposals: what is proposed, what its checks found, who said what, and what is in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from curiouser.data import DataCommit, Merge
from curiouser.kernel.ids import DataCommitId


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What a reviewer decided."""

    APPROVE = "approve"
    REJECT = "reject"


class Blocker(StrEnum):
    """What stands in the way of a proposal."""

    ENDED = "ended"
    """Its merge landed or was given up by another way: there is nothing left to merge."""
    CONFLICTS = "conflicts"
    """The sides disagree, and nobody has settled it yet."""
    MOVED = "moved"
    """A branch moved since it was checked: checks and reviews are void."""
    UNCHECKED = "unchecked"
    """Its checks have not run on the rows as they would be."""
    CHECKS = "checks"
    """A check that gates has failed."""
    REJECTED = "rejected"
    """A reviewer rejected it as it stands."""
    UNAPPROVED = "unapproved"
    """Nobody, or not enough people, have approved it as it stands."""


class ProposalStep(StrEnum):
    """What can be done next with a proposal."""

    SETTLE = "settle"
    CHECK = "check"
    APPROVE = "approve"
    REJECT = "reject"
    MERGE = "merge"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalChecks:
    """What the checks said of the rows as they would be."""

    outcome: str
    """``pass``, ``fail``, or ``unknown``: too little data to say; only a fail stands in the way."""
    reasons: tuple[str, ...]
    """One sentence per check that fails or can't say."""

    @property
    def stop(self) -> bool:
        """Whether they stand in the way."""
        return self.outcome == "fail"


Checker = Callable[[str, str, str], ProposalChecks]
"""Checks one version against another (both as refs) for somebody: ``(ref, against, actor)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A branch that somebody wants merged."""

    number: int
    """Unique in a workspace, from 1."""
    dataset: str
    """The dataset."""
    source: str
    """The branch that is to be merged."""
    into: str
    """The branch that is to hold it."""
    merge: int
    """Number of its merge, which keeps the conflicts."""
    state: ProposalState
    """Open, merged or withdrawn."""
    actor: str
    """Who proposed it."""
    message: str
    """Why."""
    created_at: datetime
    """When, UTC."""
    checked: DataCommitId | None
    """The prepared data commit that its checks ran on; None before."""
    checks: ProposalChecks | None
    """What they said of it."""
    checked_at: datetime | None
    """When they ran, UTC."""
    ended_at: datetime | None
    """When it was merged or withdrawn, UTC."""
    ended_by: str | None
    """Who merged or withdrew it."""

    @property
    def is_open(self) -> bool:
        """Whether it may still be merged."""
        return self.state is ProposalState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one reviewer said of a proposal as it stood then."""

    proposal: int
    """Number of the proposal."""
    number: int
    """Number within the proposal, from 1."""
    verdict: Verdict
    """Approve or reject."""
    words: str
    """Why."""
    actor: str
    """Who."""
    data_commit: DataCommitId
    """The prepared data commit that was looked at."""
    is_own: bool
    """Whether the reviewer had proposed or written a part of it, which the settings allowed."""
    made_at: datetime
    """When, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProposal:
    """A proposal with all that decides about it, as things stand now."""

    proposal: Proposal
    """The proposal."""
    merge: Merge
    """Its merge: base, ours, theirs, and how many conflicts are open."""
    prepared: DataCommit | None
    """The rows as they would be, to be read as a difference from ``merge.ours``; None while there are conflicts."""
    is_current: bool
    """Whether neither branch moved since; if one did, checks and reviews are void."""
    brought: tuple[DataCommit, ...]
    """Data commits that it would bring, newest first."""
    reviews: tuple[Review, ...]
    """What reviewers said, oldest first."""
    self_approval: bool
    """Whether the settings let people approve what they proposed or wrote."""
    approvals_needed: int
    """How many people the settings ask to approve it, >= 1."""

    @property
    def writers(self) -> frozenset[str]:
        """Who proposed it or wrote a part of what it would bring."""
        return frozenset({self.proposal.actor, *(each.author for each in self.brought)})

    @property
    def stands_for(self) -> DataCommitId | None:
        """The rows that checks and reviews must be of: as they would be now, or as they were when it ended."""
        if not self.proposal.is_open:
            return self.proposal.checked
        return None if self.prepared is None or not self.is_current else self.prepared.id

    @property
    def checks_hold(self) -> bool:
        """Whether its checks are of the proposal as it stands."""
        return self.proposal.checks is not None and self.proposal.checked == self.stands_for

    def counts(self, review: Review) -> bool:
        """Tell whether a review is of the proposal as it stands, and the reviewer's last word on it.

        Args:
            review: One of its reviews.
        """
        return review.data_commit == self.stands_for and self.is_last_word(review)

    def is_last_word(self, review: Review) -> bool:
        """Tell whether the reviewer said nothing since.

        Args:
            review: One of its reviews.
        """
        return all(each.actor != review.actor or each.number <= review.number for each in self.reviews)

    @property
    def approvals(self) -> int:
        """How many people have approved it as it stands, >= 0."""
        return sum(each.verdict is Verdict.APPROVE and self.counts(each) for each in self.reviews)

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """What stands in the way, first things first; of an ended proposal nothing."""
        if not self.proposal.is_open:
            return ()
        if not self.is_current and not self.merge.is_open:
            return (Blocker.ENDED,)
        found = []
        if not self.is_current:
            found.append(Blocker.MOVED)
        if self.merge.unsettled:
            found.append(Blocker.CONFLICTS)
        if self.prepared is None or self.proposal.checked != self.prepared.id or self.proposal.checks is None:
            found.append(Blocker.UNCHECKED)
        elif self.proposal.checks.stop:
            found.append(Blocker.CHECKS)
        if any(each.verdict is Verdict.REJECT and self.counts(each) for each in self.reviews):
            found.append(Blocker.REJECTED)
        if self.approvals < self.approvals_needed:
            found.append(Blocker.UNAPPROVED)
        return tuple(found)

    def may_approve(self, actor: str) -> bool:
        """Tell whether somebody may approve it, whatever their role.

        Args:
            actor: Who.
        """
        return self.self_approval or actor not in self.writers

    def steps(self, actor: str) -> tuple[ProposalStep, ...]:
        """List what somebody can do next, whatever their role.

        Args:
            actor: Who.
        """
        if not self.proposal.is_open:
            return ()
        found = []
        if self.merge.unsettled:
            found.append(ProposalStep.SETTLE)
        if {Blocker.MOVED, Blocker.UNCHECKED} & set(self.blockers):
            found.append(ProposalStep.CHECK)
        if self.is_current and self.prepared is not None:
            found += [ProposalStep.APPROVE] if self.may_approve(actor) else []
            found.append(ProposalStep.REJECT)
        if not self.blockers:
            found.append(ProposalStep.MERGE)
        return (*found, ProposalStep.WITHDRAW)
