"""``curiouser data propose`` and what becomes of a proposal: checks, reviews, merging."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curiouser.kernel.errors import CheckFailedError
from curiouser.kernel.words import plural
from curiouser.proposals import Blocker, Proposal, ProposalState, Review, ShownProposal, Verdict
from curiouser.surfaces.bodies.proposals import proposals_body, shown_proposal_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace

_SHORT = 12
number_argument = click.argument("number", metavar="PROPOSAL", type=click.IntRange(min=1))
_IN_WORDS = {
    "ended": "its merge landed or was given up by another way: `curiouser data withdraw {number}`",
    "conflicts": "conflicts are open: `curiouser data conflicts {merge}`, then `curiouser data recheck {number}`",
    "moved": "a branch moved, so checks and reviews are void: `curiouser data recheck {number}`",
    "unchecked": "its checks have not run: `curiouser data recheck {number}`",
    "checks": "a check failed: correct the branch, then `curiouser data recheck {number}`",
    "rejected": "a reviewer rejected it",
    "unapproved": "nobody has approved it: `curiouser data approve {number}`",
}


@click.command()
@click.argument("branch")
@click.option("--into", default="main", show_default=True, metavar="BRANCH", help="The branch that is to hold it.")
@click.option("--dataset", default="test", show_default=True, help="Which dataset.")
@click.option("-m", "--message", required=True, help="Why.")
@json_option
@pass_workspace
def propose(workspace: Workspace, branch: str, into: str, dataset: str, message: str, *, as_json: bool) -> None:
    """Propose to merge BRANCH: its merge is prepared without moving anything, checked, and shown to reviewers."""
    shown = workspace.proposals.propose(dataset, branch, into, message=message, actor=workspace.actor)
    _emit(shown, as_json=as_json)


@click.command()
@click.option("--dataset", help="Only of this dataset.")
@click.option("--state", type=click.Choice([str(each) for each in ProposalState]), help="Only in this state.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Most proposals shown.")
@click.option("--before", type=click.IntRange(min=1), metavar="PROPOSAL", help="Only those before this one.")
@json_option
@pass_workspace
def proposals(
    workspace: Workspace, dataset: str | None, state: str | None, limit: int, before: int | None, *, as_json: bool
) -> None:
    """List proposals, newest first."""
    only = None if state is None else ProposalState(state)
    found = workspace.proposals.all(dataset=dataset, state=only, before=before, limit=limit)
    emit(proposals_body(found), lambda: _proposals_text(found), as_json=as_json)


@click.command()
@number_argument
@json_option
@pass_workspace
def proposal(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Show a proposal: what it brings, its checks and reviews, and what stands in its way."""
    _emit(workspace.proposals.show(number), as_json=as_json)


@click.command()
@number_argument
@json_option
@pass_workspace
def recheck(workspace: Workspace, number: int, *, as_json: bool) -> int:
    """Work a proposal out as its branches stand now, and check its rows again where they differ.

    Exit status 3 when a check that gates fails.
    """
    shown = workspace.proposals.check(number, actor=workspace.actor)
    _emit(shown, as_json=as_json)
    return CheckFailedError.exit_status if Blocker.CHECKS in shown.blockers else 0


@click.command()
@number_argument
@click.option("-m", "--message", default="", help="In words.")
@json_option
@pass_workspace
def approve(workspace: Workspace, number: int, message: str, *, as_json: bool) -> None:
    """Approve a proposal as it stands; who proposed it or wrote a part of it cannot.

    A team of one writes `self_approval = true` under [data] in curiouser.toml; the approval says so then.
    `approvals = 2` there asks for two people.
    """
    shown = workspace.proposals.review(number, Verdict.APPROVE, words=message, actor=workspace.actor)
    _emit(shown, as_json=as_json)


@click.command()
@number_argument
@click.option("-m", "--message", required=True, help="What should be different.")
@json_option
@pass_workspace
def reject(workspace: Workspace, number: int, message: str, *, as_json: bool) -> None:
    """Reject a proposal as it stands; a changed one can be approved."""
    shown = workspace.proposals.review(number, Verdict.REJECT, words=message, actor=workspace.actor)
    _emit(shown, as_json=as_json)


@click.command()
@number_argument
@json_option
@pass_workspace
def land(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Merge a proposal that is checked and approved: exactly the rows that were looked at.

    Exit status 3 when a check that gates fails, 5 when something else stands in its way.
    """
    _emit(workspace.proposals.merge(number, actor=workspace.actor), as_json=as_json)


@click.command()
@number_argument
@json_option
@pass_workspace
def withdraw(workspace: Workspace, number: int, *, as_json: bool) -> None:
    """Withdraw a proposal; its branch stays as it is."""
    _emit(workspace.proposals.withdraw(number, actor=workspace.actor), as_json=as_json)


def _emit(shown: ShownProposal, *, as_json: bool) -> None:
    emit(shown_proposal_body(shown), lambda: _shown_text(shown), as_json=as_json)


def _proposals_text(found: Sequence[Proposal]) -> str:
    if not found:
        return 'No proposals: curiouser data propose BRANCH -m "why"'
    rows = [
        (
            each.number,
            str(each.state),
            f"{each.dataset}@{each.into}",
            each.source,
            each.actor,
            f"{each.created_at:%Y-%m-%d %H:%M}",
            each.message,
        )
        for each in found
    ]
    return table(("Proposal", "State", "Into", "Of", "Who", "When (UTC)", "Why"), rows, right=(0,))


def _shown_text(shown: ShownProposal) -> str:
    one, at = shown.proposal, shown.prepared
    lines = [
        f"Proposal {one.number}: {printable(one.source)} into {one.dataset}@{one.into}, {one.state}",
        f"{printable(one.message)}, by {printable(one.actor)}, {one.created_at:%Y-%m-%d %H:%M} UTC",
        f"brings {plural(len(shown.brought), 'data commit')} by {', '.join(map(printable, sorted(shown.writers)))}",
    ]
    if at is not None:
        ours = shown.merge.ours[:_SHORT]
        lines += [
            f"{at.added:,} added, {at.changed:,} changed, {at.removed:,} removed; {plural(at.rows, 'row')} then",
            f"the rows: curiouser data diff {one.dataset}@{ours} {one.dataset}@{at.id[:_SHORT]}",
        ]
    lines += [*_checks_lines(shown), *_review_lines(shown)]
    if shown.self_approval:
        lines.append("own changes may be approved here: self_approval is on")
    lines += [f"in the way: {_in_words(shown, each)}" for each in shown.blockers]
    if one.is_open and not shown.blockers:
        lines.append(f"nothing is in the way: `curiouser data land {one.number}`")
    return "\n".join(lines)


def _in_words(shown: ShownProposal, blocker: Blocker) -> str:
    one = shown.proposal
    if blocker is Blocker.UNAPPROVED and shown.approvals_needed > 1:
        given = f"{shown.approvals:,} of {plural(shown.approvals_needed, 'approval')}"
        return f"it has {given}: `curiouser data approve {one.number}`"
    return _IN_WORDS[blocker].format(number=one.number, merge=one.merge)


def _checks_lines(shown: ShownProposal) -> list[str]:
    checks = shown.proposal.checks
    if checks is None:
        return []
    return [
        f"checks: {checks.outcome}{'' if shown.checks_hold else ' (void: the rows have changed since)'}",
        *(f"  {printable(reason)}" for reason in checks.reasons),
    ]


def _review_lines(shown: ShownProposal) -> list[str]:
    lines = []
    for each in shown.reviews:
        own = ", their own" if each.is_own else ""
        void = "" if shown.counts(each) else f" (void: {_why_void(shown, each)})"
        said = f": {printable(each.words)}" if each.words else ""
        lines.append(f"{_DONE[each.verdict]} by {printable(each.actor)}{own}{void}{said}")
    return lines


def _why_void(shown: ShownProposal, review: Review) -> str:
    return "the rows have changed since" if shown.is_last_word(review) else "they said otherwise since"


_DONE = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected"}
