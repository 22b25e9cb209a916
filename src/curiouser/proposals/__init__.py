"""Proposals: a branch of data is shown, checked and approved before it is merged.

A proposal is checked on the rows as they would be after the merge, read as a difference, approved or
rejected with words, and lands exactly what was approved; a new data commit on either side voids both.
Slides 70-73 ("changing and updating the data so often gets messy"): nobody edits what others rely on in place.
"""

from curiouser.proposals.errors import (
    FailedChecksError,
    NotReadyError,
    OwnProposalError,
    ProposalEndedError,
    ProposalNotFoundError,
)
from curiouser.proposals.records import (
    Blocker,
    Checker,
    Proposal,
    ProposalChecks,
    ProposalState,
    ProposalStep,
    Review,
    ShownProposal,
    Verdict,
)
from curiouser.proposals.service import ProposalService

__all__ = [
    "Blocker",
    "Checker",
    "FailedChecksError",
    "NotReadyError",
    "OwnProposalError",
    "Proposal",
    "ProposalChecks",
    "ProposalEndedError",
    "ProposalNotFoundError",
    "ProposalService",
    "ProposalState",
    "ProposalStep",
    "Review",
    "ShownProposal",
    "Verdict",
]
