"""The verbs of merging: begin, look at conflicts, settle them, land or give up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from curiouser.data.committing import Committer, InTransaction
from curiouser.data.errors import MergeEndedError
from curiouser.data.merging import stored
from curiouser.data.merging.authors import Authors, Rank
from curiouser.data.merging.building import Building
from curiouser.data.merging.records import (
    Merge,
    MergeConflict,
    MergeStanding,
    MergeState,
    Prepared,
    Resolution,
    Settlement,
    SettlingRule,
)
from curiouser.data.merging.settling import given_values
from curiouser.data.records import Committed
from curiouser.kernel.errors import UsageError
from curiouser.kernel.ids import DataCommitId

Change = Callable[[Connection, Merge], Sequence[MergeConflict]]
_BY_RULE = {
    SettlingRule.OURS: Resolution.OURS,
    SettlingRule.THEIRS: Resolution.THEIRS,
    SettlingRule.ESCALATE: Resolution.ESCALATED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What merging came to."""

    merge: Merge | None
    """The merge; None where there was nothing to merge."""
    committed: Committed
    """Where the branch stands, and what the merge changed in it; nothing while conflicts are open."""


class MergeService:
    """Merges versions into branches.

    Args:
        committer: Lands data commits.
    """

    def __init__(self, committer: Committer) -> None:
        self._database, self._clock, self._task = committer.database, committer.clock, committer.task
        self._building = Building(committer)
        self._authors = Authors(committer.database, committer.states.files)

    def merge(
        self,
        dataset: str,
        source: str,
        into: str,
        *,
        actor: str,
        message: str | None = None,
    ) -> Merged:
        """Merge a version into a branch: it lands, unless rows or columns are in conflict.

        A merge always makes a data commit with two parents, unless the branch holds the version already. With
        conflicts it stays open, and no branch moves; called again it goes on where it was.

        Args:
            dataset: Of this dataset.
            source: What to merge: a branch, tag or prefix of the dataset.
            into: The branch that is to hold it.
            actor: Who.
            message: Why; says what was merged when left out.

        Raises:
            RefNotFoundError: There is no such branch or version.
            ProtectedBranchError: The branch moves only by approved proposals.
            BranchMovedError: The branch would not stand still; nothing happened.
        """
        found = self.begin(dataset, source, into, actor=actor, message=message)
        if found is None or found.unsettled:
            return Merged(merge=found, committed=self._building.unchanged(dataset, into))
        return self.finish(found.number, actor=actor)

    def begin(
        self,
        dataset: str,
        source: str,
        into: str,
        *,
        actor: str,
        message: str | None = None,
        to_propose: bool = False,
    ) -> Merge | None:
        """Work a merge out and write its conflicts down, without moving a branch; None where there is nothing to merge.

        One that was begun before and is open is worked out again.

        Args:
            dataset: As for :meth:`merge`, and so are the others.
            source: What to merge.
            into: The branch that is to hold it.
            actor: Who.
            message: Why; of a merge that is open already it takes the place of what was said.
            to_propose: The branch may be protected: the merge will land by an approved proposal.

        Raises:
            As :meth:`merge`.
        """
        sides = self._building.sides(dataset, source, into, may_be_protected=to_propose)
        if sides is None:
            return None
        known = self._building.begun(sides, source, into, actor=actor, message=(message or "").strip())
        return self._building.worked_out(known).merge

    def get(self, number: int) -> Merge:
        """Find a merge; ``number`` as in :meth:`settle`.

        Raises:
            MergeNotFoundError: None has this number.
        """
        with self._database.read() as connection:
            return stored.get_merge(connection, number)

    def all(
        self,
        *,
        dataset: str | None = None,
        state: MergeState | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Merge]:
        """List merges, newest first.

        Args:
            dataset: Only of this dataset.
            state: Only in this state.
            before: Cursor: start after the merge of this number.
            limit: At most this many, > 0.
        """
        with self._database.read() as connection:
            return stored.list_merges(connection, dataset=dataset, state=state, before=before, limit=limit)

    def conflicts(
        self, number: int, *, open_only: bool = False, after: int = 0, limit: int | None = None
    ) -> list[MergeConflict]:
        """List the conflicts of a merge by their number.

        Args:
            number: Of the merge.
            open_only: Leave out what is settled.
            after: Cursor: start after the conflict of this number.
            limit: At most this many, > 0.

        Raises:
            MergeNotFoundError: No merge has this number.
        """
        with self._database.read() as connection:
            stored.get_merge(connection, number)
            return stored.list_conflicts(connection, number, open_only=open_only, after=after, limit=limit)

    def authors(self, number: int, conflicts: Sequence[MergeConflict]) -> dict[int, tuple[str | None, str | None]]:
        """Name who wrote what ``conflicts`` are about, ours and theirs; ``number`` as in :meth:`settle`.

        Raises:
            MergeNotFoundError: No merge has this number.
        """
        return self._authors.of(self.get(number), conflicts)

    def settle(
        self,
        number: int,
        conflicts: Sequence[int],
        resolution: Resolution,
        *,
        actor: str,
        values: Mapping[str, str | None] | None = None,
        because: str = "",
    ) -> Merge:
        """Settle some conflicts, or leave them to an expert; what was settled before is settled anew.

        Args:
            number: Of the merge.
            conflicts: Numbers of conflicts.
            resolution: How.
            actor: Who.
            values: Column -> text, where the resolution is ``value``: one for each field of the conflict, or any of
                the row where one side deleted it.
            because: Why.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
            MergeConflictNotFoundError: It has no such conflict.
            BadInputError: The values are not for this conflict.
            UsageError: Values are given with another resolution than ``value``, or it comes without.
        """
        if (resolution is Resolution.VALUE) is (values is None):
            raise UsageError("values and the resolution 'value' go together", "give both or neither")
        now = self._clock()

        def settled(connection: Connection, merge: Merge) -> list[MergeConflict]:
            schema = self._building.columns(connection, merge)
            made = []
            for each in stored.some_conflicts(connection, merge.number, conflicts):
                given = None if values is None else given_values(each.about, values, schema, self._task)
                how = Settlement(resolution=resolution, values=given, by=actor, at=now, because=because)
                made.append(replace(each, settlement=how))
            return made

        return self._rewritten(number, settled)

    def settle_all(
        self, number: int, rule: SettlingRule, *, actor: str, rank: Rank | None = None, because: str = ""
    ) -> Merge:
        """Settle by a rule what nobody has settled or escalated yet.

        Args:
            number: Of the merge.
            rule: How; by rank, conflicts between equal or unknown ranks stay open, and so do columns.
            actor: Who.
            rank: How high an author ranks, for the rule ``rank``.
            because: Why; names the rule when left out.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
            UsageError: The rule needs ranks.
        """
        if rule is SettlingRule.RANK and rank is None:
            raise UsageError("the rule 'rank' needs to know who ranks higher", "give an order of people")
        now = self._clock()
        merge = self.get_open(number)
        waiting = [each for each in self.conflicts(number, open_only=True) if each.settlement is None]
        if rule is SettlingRule.RANK and rank is not None:
            chosen = self._authors.ranked(merge, waiting, rank)
        else:
            chosen = {each.number: _BY_RULE[rule] for each in waiting}

        def settled(connection: Connection, _merge: Merge) -> list[MergeConflict]:
            still = {each.number: each for each in stored.list_conflicts(connection, number, open_only=True)}
            said = because or f"by the rule {rule}"
            return [
                replace(
                    still[place], settlement=Settlement(resolution=how, values=None, by=actor, at=now, because=said)
                )
                for place, how in chosen.items()
                if place in still and still[place].settlement is None
            ]

        return self._rewritten(number, settled)

    def unsettle(self, number: int, conflicts: Sequence[int]) -> Merge:
        """Open settled conflicts again; ``number`` and ``conflicts`` as in :meth:`settle`.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
            MergeConflictNotFoundError: It has no such conflict.
        """

        def opened(connection: Connection, merge: Merge) -> list[MergeConflict]:
            found = stored.some_conflicts(connection, merge.number, conflicts)
            return [replace(each, settlement=None) for each in found]

        return self._rewritten(number, opened)

    def prepare(self, number: int, *, actor: str) -> Prepared:
        """Build a merge (``number`` as in :meth:`settle`) as a data commit that no branch names yet; once for the same.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
            UnsettledConflictsError: Conflicts are open.
        """
        return self._building.prepared(self.get_open(number), actor=actor)

    def finish(self, number: int, *, actor: str, approved: InTransaction | None = None) -> Merged:
        """Land a merge whose conflicts are settled; worked out again where a branch moved meanwhile.

        Args:
            number: Of the merge.
            actor: Who.
            approved: Makes sure, in the transaction, that a protected branch may move.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
            UnsettledConflictsError: Conflicts are open; what has changed was worked out again.
            ProtectedBranchError: The branch moves only by approved proposals.
            BranchMovedError: The branch would not stand still; nothing happened.
        """
        committed = self._building.landed(self.get_open(number), actor=actor, approved=approved)
        return Merged(merge=self.get(number), committed=committed)

    def land_prepared(
        self, number: int, data_commit: DataCommitId, *, actor: str, approved: InTransaction | None = None
    ) -> Merged:
        """Land exactly the data commit that was prepared.

        Args:
            number: Of the merge.
            data_commit: What :meth:`prepare` built.
            actor: Who.
            approved: Makes sure, in the transaction, that a protected branch may move.

        Raises:
            BranchMovedError: A branch moved, or a settlement changed, since it was prepared; nothing happened.
            As :meth:`finish`.
        """
        merge = self.get_open(number)
        committed = self._building.moved(merge, data_commit, actor=actor, approved=approved)
        return Merged(merge=self.get(number), committed=committed)

    def standing(self, connection: Connection, number: int) -> MergeStanding:
        """Tell how a merge stands, inside the caller's transaction.

        Args:
            connection: The transaction.
            number: Of the merge.

        Raises:
            MergeNotFoundError: None has this number.
        """
        return self._building.standing(connection, number)

    def abandon(self, number: int, *, actor: str) -> Merge:
        """Give a merge up, with ``number`` and ``actor`` as in :meth:`settle`; its conflicts stay to be read.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up already.
        """
        with self._database.write() as connection:
            merge = stored.get_open_merge(connection, number)
            ended = replace(merge, state=MergeState.ABANDONED, data_commit=None, ended_at=self._clock(), ended_by=actor)
            stored.rewrite_merge(connection, ended)
        return ended

    def get_open(self, number: int) -> Merge:
        """Find a merge that may still land; ``number`` as in :meth:`settle`.

        Raises:
            MergeNotFoundError: None has this number.
            MergeEndedError: It landed or was given up.
        """
        found = self.get(number)
        if not found.is_open:
            raise MergeEndedError(number, str(found.state))
        return found

    def refreshed(self, number: int) -> Merge:
        """Work a merge (``number`` as in :meth:`settle`) out again where a branch moved; the settled stays.

        Raises:
            MergeNotFoundError: No merge has this number.
            MergeEndedError: It landed or was given up.
        """
        return self._building.worked_out(self.get_open(number)).merge

    def _rewritten(self, number: int, change: Change) -> Merge:
        """Write changed conflicts; a data commit that was prepared before is no longer what the merge comes to."""
        with self._database.write() as connection:
            merge = stored.get_open_merge(connection, number)
            stored.put_conflicts(connection, change(connection, merge))
            stored.rewrite_merge(connection, replace(merge, data_commit=None))
            return stored.get_merge(connection, number)
