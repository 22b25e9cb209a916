"""A proposal as a page shows it: where it stands, what is in its way, and who may do what next, or why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from curiouser.data import DataDiff
from curiouser.datachecks import Checked, NeverCheckedError
from curiouser.kernel.words import plural
from curiouser.proposals import Blocker, Proposal, ProposalState, ShownProposal, Verdict
from curiouser.surfaces.bodies.proposals import proposal_body
from curiouser.surfaces.serving.roles import NEEDS, Verb
from curiouser.surfaces.web.data_views import DiffLine, diff_lines, main_columns
from curiouser.surfaces.web.datacheck_views import ShownResult, in_order, shown_result
from curiouser.surfaces.web.merge_views import MergeView, merge_view
from curiouser.surfaces.web.tables import Column, Table
from curiouser.workspace import Workspace

CONFLICTS_SHOWN, CHANGES_SHOWN = 20, 50
May = Callable[[Verb], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Something that stands in the way."""

    blocker: Blocker
    """What."""
    says: str
    """In words, with what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that the reader may do now, or why not."""

    name: str
    """approve, reject, check, merge or withdraw."""
    why_not: str
    """Why the reader cannot; empty: they can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """One proposal with all that its page shows."""

    shown: ShownProposal
    """It, as things stand."""
    merge: MergeView
    """Its merge, with the open conflicts."""
    checks: tuple[ShownResult, ...]
    """What its checks found; empty where they have not run."""
    diff: DataDiff | None
    """What it changes in the branch; None while there are conflicts."""
    lines: tuple[DiffLine, ...]
    """Some of these changes."""
    main: list[str]
    """Columns that say what a row is."""
    hindrances: tuple[Hindrance, ...]
    """What stands in the way, first things first."""
    actions: dict[str, Action]
    """Name -> whether the reader can do it."""

    @property
    def lead(self) -> str:
        """Where it stands, as a sentence."""
        one = self.shown.proposal
        if one.state is ProposalState.MERGED:
            return f"It is merged: {one.into} holds it."
        if one.state is ProposalState.WITHDRAWN:
            return "It was withdrawn; nothing was changed."
        if not self.hindrances:
            return f"Nothing stands in its way: it can be merged into {one.into}."
        first = self.hindrances[0].blocker
        some = first is Blocker.UNAPPROVED and self.shown.approvals > 0
        return f"Not yet: {'an approval is missing' if some else _NAMES[first]}" + (
            f", and {plural(len(self.hindrances) - 1, 'more thing')} to do." if len(self.hindrances) > 1 else "."
        )


_NAMES = {
    Blocker.ENDED: "there is nothing left to merge",
    Blocker.MOVED: "a branch moved since it was checked",
    Blocker.CONFLICTS: "the branches disagree",
    Blocker.UNCHECKED: "it is not checked",
    Blocker.CHECKS: "a check fails",
    Blocker.REJECTED: "somebody rejected it",
    Blocker.UNAPPROVED: "nobody has approved it",
}


def proposal_view(workspace: Workspace, number: int, *, actor: str, may: May, after: str | None) -> ProposalView:
    """Gather what the page of a proposal shows to somebody."""
    shown = workspace.proposals.show(number)
    merge = merge_view(workspace, shown.merge.number, every=False, after=0, limit=CONFLICTS_SHOWN)
    checked, at = _checked(workspace, shown.proposal), shown.prepared
    ours = shown.merge.ours
    diff = None if at is None else workspace.data.diff(ours, at.id, CHANGES_SHOWN, after_id=after)
    return ProposalView(
        shown=shown,
        merge=merge,
        checks=() if checked is None else tuple(shown_result(one) for one in in_order(checked)),
        diff=diff,
        lines=() if diff is None else tuple(diff_lines(workspace, diff)),
        main=[] if at is None else main_columns(workspace, at.schema),
        hindrances=tuple(Hindrance(blocker=one, says=_says(shown, one)) for one in shown.blockers),
        actions={one.name: one for one in _actions(shown, actor, may)},
    )


def proposals_table(found: Sequence[Proposal]) -> Table:
    """Proposals for CSV and JSON."""
    keys = ("proposal", "dataset", "source", "into", "state", "actor", "message", "created_at", "ended_at", "ended_by",
            "merge")  # fmt: skip
    rows = [proposal_body(one) for one in found]
    return Table(name="proposals", caption="Proposals", columns=[Column(key=key, title=key) for key in keys], rows=rows)


def _checked(workspace: Workspace, proposal: Proposal) -> Checked | None:
    if proposal.checked is None:
        return None
    try:
        return workspace.datachecks.last(f"{proposal.dataset}@{proposal.checked}")
    except NeverCheckedError:
        return None


def _says(shown: ShownProposal, blocker: Blocker) -> str:
    one = shown.proposal
    rejecting = [each.actor for each in shown.reviews if shown.counts(each) and each.verdict is Verdict.REJECT]
    writers = ", ".join(sorted(shown.writers))
    others = "" if shown.self_approval else f", and not by {writers}, who proposed or wrote it"
    them = "it" if shown.merge.unsettled == 1 else "them"
    people = plural(shown.approvals_needed, "person", "people") if shown.approvals_needed > 1 else "somebody"
    so_far = f" So far: {shown.approvals:,}." if shown.approvals_needed > 1 else ""
    return {
        Blocker.ENDED: "Its merge landed or was given up by another way: withdraw it.",
        Blocker.MOVED: "A branch moved since it was checked, so what was said of it no longer holds: check it again.",
        Blocker.CONFLICTS: f"{plural(shown.merge.unsettled, 'conflict')} between {one.into} and {one.source}: settle"
        f" {them} below.",
        Blocker.UNCHECKED: "Its checks have not run on the rows as they would be: check it.",
        Blocker.CHECKS: f"{'; '.join(one.checks.reasons) if one.checks else 'A check fails'}. Repair the rows on"
        f" {one.source}, then check it again.",
        Blocker.REJECTED: f"{', '.join(rejecting)} rejected it: do what they ask on {one.source}, then check it again.",
        Blocker.UNAPPROVED: f"It is to be approved by {people} with the role {NEEDS[Verb.APPROVE_PROPOSAL]}{others}."
        f"{so_far}",
    }[blocker]


def _actions(shown: ShownProposal, actor: str, may: May) -> list[Action]:
    if not shown.proposal.is_open:
        return []
    unseen = _unseen(shown)
    own = "" if shown.may_approve(actor) else "you proposed it or wrote a part of it"
    blocked = "something stands in its way" if shown.blockers else ""
    return [
        _action("check", Verb.RECHECK_PROPOSAL, may, ""),
        _action("approve", Verb.APPROVE_PROPOSAL, may, unseen or own),
        _action("reject", Verb.REJECT_PROPOSAL, may, unseen),
        _action("merge", Verb.LAND_PROPOSAL, may, blocked),
        _action("withdraw", Verb.WITHDRAW_PROPOSAL, may, ""),
    ]


def _unseen(shown: ShownProposal) -> str:
    """Say why there is nothing yet that could be approved or rejected; empty where there is."""
    if shown.prepared is not None and shown.is_current:
        return ""
    if Blocker.CONFLICTS in shown.blockers:
        return "its conflicts are to be settled first"
    return "a branch moved since it was checked" if Blocker.MOVED in shown.blockers else "it is to be checked first"


def _action(name: str, verb: Verb, may: May, why_not: str) -> Action:
    return Action(name=name, why_not=why_not if may(verb) else f"it needs the role {NEEDS[verb]}")
