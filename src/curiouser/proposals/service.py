"""The verbs of proposals: propose, check, review, merge, withdraw."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sqlalchemy import Connection

from curiouser.data import Damage, DataCommit, DataService, MergeEndedError, UnsettledConflictsError
from curiouser.kernel.clock import Clock
from curiouser.kernel.configuration import DataSettings
from curiouser.kernel.errors import BadInputError, ConflictError
from curiouser.proposals import stored
from curiouser.proposals.errors import FailedChecksError, NotReadyError, OwnProposalError
from curiouser.proposals.records import (
    Blocker,
    Checker,
    Proposal,
    ProposalState,
    Review,
    ShownProposal,
    Verdict,
)
from curiouser.proposals.tables import CHECKED
from curiouser.storage import Database, damaged_rows

_RESTORE = "restore a backup with `curiouser workspace restore`"

_IN_WORDS = {
    Blocker.ENDED: "its merge landed or was given up by another way",
    Blocker.CONFLICTS: "conflicts are open",
    Blocker.MOVED: "a branch moved since it was checked, so checks and reviews are void",
    Blocker.UNCHECKED: "its checks have not run",
    Blocker.CHECKS: "a check failed",
    Blocker.REJECTED: "a reviewer rejected it",
    Blocker.UNAPPROVED: "nobody has approved it as it stands",
}
_UNSEEN = {Blocker.ENDED, Blocker.CONFLICTS, Blocker.MOVED, Blocker.UNCHECKED}


class ProposalService:
    """Proposes branches, has them checked and reviewed, and merges them.

    Args:
        database: Holds the proposals.
        data: Prepares and lands their merges.
        check: Checks the rows as they would be.
        clock: Tells the time.
        settings: Who may approve, and how many must.
    """

    def __init__(
        self, database: Database, *, data: DataService, check: Checker, clock: Clock, settings: DataSettings
    ) -> None:
        self._database, self._data, self._check, self._clock = database, data, check, clock
        self._settings = settings

    def propose(self, dataset: str, source: str, into: str, *, message: str, actor: str) -> ShownProposal:
        """Propose to merge a branch, prepare the merge without moving anything, and check it.

        Args:
            dataset: Of this dataset.
            source: The branch that is to be merged.
            into: The branch that is to hold it.
            message: Why.
            actor: Who.

        Raises:
            RefNotFoundError: There is no such branch.
            BadInputError: There is nothing to merge, or no message.
            ConflictError: It is proposed already.
        """
        if not message.strip():
            raise BadInputError("a proposal needs a message", 'say why: -m "…"')
        merge = self._data.merges.begin(dataset, source, into, actor=actor, message=message, to_propose=True)
        if merge is None:
            raise BadInputError(f"{dataset}@{into} holds {source} already", "there is nothing to propose")
        with self._database.write() as connection:
            known = stored.find_open_proposal(connection, merge.number)
            if known is not None:
                raise ConflictError(
                    f"{source} into {dataset}@{into} is proposed already, as proposal {known.number}",
                    f"see `curiouser data proposal {known.number}`",
                )
            made = stored.put_proposal(
                connection,
                Proposal(
                    number=0,
                    dataset=dataset,
                    source=source,
                    into=into,
                    merge=merge.number,
                    state=ProposalState.OPEN,
                    actor=actor,
                    message=message,
                    created_at=self._clock(),
                    checked=None,
                    checks=None,
                    checked_at=None,
                    ended_at=None,
                    ended_by=None,
                ),
            )
        return self.check(made.number, actor=actor)

    def check(self, number: int, *, actor: str) -> ShownProposal:
        """Work a proposal out as its branches stand now, and check the rows as they would be.

        While conflicts are open there are no such rows, and nothing is checked. What was checked is not checked again.

        Args:
            number: Of the proposal.
            actor: Who.

        Raises:
            ProposalNotFoundError: None has this number.
            ProposalEndedError: It was merged or withdrawn.
        """
        proposal = self._open(number)
        try:
            prepared = self._data.merges.prepare(proposal.merge, actor=proposal.actor)
        except (UnsettledConflictsError, MergeEndedError):
            # Shown as what stands in the way.
            return self.show(number)
        at = prepared.data_commit
        if proposal.checked != at.id:
            found = self._check(f"{at.dataset}@{at.id}", f"{at.dataset}@{prepared.merge.ours}", actor)
            with self._database.write() as connection:
                current = stored.get_open_proposal(connection, number)
                stored.rewrite_proposal(
                    connection, replace(current, checked=at.id, checks=found, checked_at=self._clock())
                )
        return self.show(number)

    def show(self, number: int) -> ShownProposal:
        """Show a proposal with all that decides about it.

        Args:
            number: Of the proposal.

        Raises:
            ProposalNotFoundError: None has this number.
        """
        with self._database.read() as connection:
            return self._shown(connection, number)

    def open_for(self, merge: int) -> Proposal | None:
        """Find the open proposal that brings a merge, or None.

        Args:
            merge: Number of the merge.
        """
        with self._database.read() as connection:
            return stored.find_open_proposal(connection, merge)

    def all(
        self,
        *,
        dataset: str | None = None,
        state: ProposalState | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Proposal]:
        """List proposals, newest first.

        Args:
            dataset: Only of this dataset.
            state: Only in this state.
            before: Cursor: start after the proposal of this number.
            limit: At most this many, > 0.
        """
        with self._database.read() as connection:
            return stored.list_proposals(connection, dataset=dataset, state=state, before=before, limit=limit)

    def review(self, number: int, verdict: Verdict, *, words: str, actor: str) -> ShownProposal:
        """Approve or reject a proposal as it stands; the last word of each reviewer counts.

        Args:
            number: Of the proposal.
            verdict: Approve or reject.
            words: Why; a rejection needs some.
            actor: Who.

        Raises:
            ProposalNotFoundError: None has this number.
            ProposalEndedError: It was merged or withdrawn.
            OwnProposalError: The reviewer proposed or wrote it, and the settings do not allow that.
            NotReadyError: There is nothing to look at yet, or a branch moved.
            BadInputError: A rejection says no words.
        """
        if verdict is Verdict.REJECT and not words.strip():
            raise BadInputError("a rejection needs words", 'say what should be different: -m "…"')
        with self._database.write() as connection:
            stored.get_open_proposal(connection, number)
            shown = self._shown(connection, number)
            if shown.prepared is None or not shown.is_current:
                raise NotReadyError(number, [_IN_WORDS[each] for each in shown.blockers if each in _UNSEEN])
            if verdict is Verdict.APPROVE and not shown.may_approve(actor):
                raise OwnProposalError(number, actor)
            stored.put_review(
                connection,
                Review(
                    proposal=number,
                    number=0,
                    verdict=verdict,
                    words=words,
                    actor=actor,
                    data_commit=shown.prepared.id,
                    is_own=actor in shown.writers,
                    made_at=self._clock(),
                ),
            )
            return self._shown(connection, number)

    def merge(self, number: int, *, actor: str) -> ShownProposal:
        """Land exactly what was checked and approved.

        All is looked at again inside the transaction that moves the branch.

        Args:
            number: Of the proposal.
            actor: Who.

        Raises:
            ProposalNotFoundError: None has this number.
            ProposalEndedError: It was merged or withdrawn.
            FailedChecksError: A check that gates fails on the rows as they would be.
            NotReadyError: Something else stands in its way.
            BranchMovedError: A branch moved at this moment; nothing happened.
        """
        shown = self.show(number)
        self._open(number)
        prepared = _ready(shown)
        now = self._clock()

        def approved(connection: Connection) -> None:
            again = self._shown(connection, number, landing=True)
            _ready(again)
            ended = replace(again.proposal, state=ProposalState.MERGED, ended_at=now, ended_by=actor)
            stored.rewrite_proposal(connection, ended)

        self._data.merges.land_prepared(shown.merge.number, prepared.id, actor=actor, approved=approved)
        return self.show(number)

    def withdraw(self, number: int, *, actor: str) -> ShownProposal:
        """Withdraw a proposal; its merge is given up, and the branch stays as it is.

        Args:
            number: Of the proposal.
            actor: Who.

        Raises:
            ProposalNotFoundError: None has this number.
            ProposalEndedError: It was merged or withdrawn.
        """
        proposal = self._open(number)
        # Its merge may have ended by another way: the branch holds it, or somebody gave it up.
        with suppress(MergeEndedError):
            self._data.merges.abandon(proposal.merge, actor=actor)
        with self._database.write() as connection:
            current = stored.get_open_proposal(connection, number)
            ended = replace(current, state=ProposalState.WITHDRAWN, ended_at=self._clock(), ended_by=actor)
            stored.rewrite_proposal(connection, ended)
        return self.show(number)

    def verify(self) -> list[Damage]:
        """Check every proposal and review; empty when all is well."""
        with self._database.read() as connection:
            return [
                Damage(what=what, trouble="does not match its checksum", repair=_RESTORE)
                for what in damaged_rows(connection, CHECKED)
            ]

    def _open(self, number: int) -> Proposal:
        with self._database.read() as connection:
            return stored.get_open_proposal(connection, number)

    def _shown(self, connection: Connection, number: int, *, landing: bool = False) -> ShownProposal:
        proposal = stored.get_proposal(connection, number)
        standing = self._data.merges.standing(connection, proposal.merge)
        return ShownProposal(
            proposal=proposal,
            merge=standing.merge,
            prepared=standing.prepared,
            # While it lands, its merge was compared in this transaction already, and has ended.
            is_current=landing or standing.is_current or proposal.state is ProposalState.MERGED,
            brought=standing.brought,
            reviews=stored.reviews_of(connection, number),
            self_approval=self._settings.self_approval,
            approvals_needed=self._settings.approvals,
        )


def _ready(shown: ShownProposal) -> DataCommit:
    """Return what would be merged, if nothing stands in its way.

    Raises:
        FailedChecksError: A check that gates fails.
        NotReadyError: Something else does.
    """
    number, checks = shown.proposal.number, shown.proposal.checks
    if checks is not None and checks.stop and shown.checks_hold:
        raise FailedChecksError(number, checks.reasons)
    if shown.blockers or shown.prepared is None:
        raise NotReadyError(number, [_in_words(shown, each) for each in shown.blockers])
    return shown.prepared


def _in_words(shown: ShownProposal, blocker: Blocker) -> str:
    if blocker is Blocker.UNAPPROVED and shown.approvals_needed > 1:
        return f"it has {shown.approvals} of {shown.approvals_needed} approvals as it stands"
    return _IN_WORDS[blocker]
