"""``curiouser data merge``, its conflicts, and branches that only approved proposals move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from curiouser.data import Merge, MergeConflict, Merged, MergeState, Protection, Resolution, SettlingRule, Value
from curiouser.kernel.errors import ConflictError, UsageError
from curiouser.kernel.words import agreeing, plural
from curiouser.surfaces.bodies.data_merging import (
    conflicts_body,
    merge_body,
    merged_body,
    merges_body,
    protection_body,
    protections_body,
)
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable, table
from curiouser.workspace import Workspace
from curiouser.workspace.ranking import rank_by_order, rank_by_role

_SHORT = 12
_MOST_CELL = 60
dataset_option = click.option("--dataset", default="test", show_default=True, help="Which dataset.")
merge_argument = click.argument("number", metavar="[MERGE]", required=False, type=click.IntRange(min=1))
because_option = click.option("--because", default="", metavar="TEXT", help="Why it is settled so.")


@click.command()
@click.argument("source")
@click.option("--into", default="main", show_default=True, metavar="BRANCH", help="The branch that is to hold it.")
@dataset_option
@click.option("-m", "--message", help="Why; says what was merged when left out.")
@json_option
@pass_workspace
def merge(workspace: Workspace, source: str, into: str, dataset: str, message: str | None, *, as_json: bool) -> None:
    """Merge SOURCE (a branch, tag or prefix) into a branch, example by example and field by field.

    It lands at once unless the two sides disagree: then exit status 5, no branch
    moves, and the conflicts wait in `curiouser data conflicts`. Run it again to go on.
    """
    done = workspace.data.merges.merge(dataset, source, into, actor=workspace.actor, message=message)
    emit(merged_body(done), lambda: _merged_text(workspace, done, f"{dataset}@{into}"), as_json=as_json)
    if done.merge is not None and done.merge.unsettled:
        click.get_current_context().exit(ConflictError.exit_status)


@click.command()
@click.option("--dataset", help="Only of this dataset.")
@click.option("--state", type=click.Choice([str(each) for each in MergeState]), help="Only in this state.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Most merges shown.")
@click.option("--before", type=click.IntRange(min=1), metavar="MERGE", help="Only those before this one.")
@json_option
@pass_workspace
def merges(
    workspace: Workspace, dataset: str | None, state: str | None, limit: int, before: int | None, *, as_json: bool
) -> None:
    """List merges, newest first."""
    only = None if state is None else MergeState(state)
    found = workspace.data.merges.all(dataset=dataset, state=only, before=before, limit=limit)
    emit(merges_body(found), lambda: _merges_text(found), as_json=as_json)


@click.command()
@merge_argument
@click.option("--all", "settled_too", is_flag=True, help="Those that are settled, too.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Most conflicts shown.")
@click.option("--after", default=0, type=click.IntRange(min=0), metavar="CONFLICT", help="Only those after this one.")
@json_option
@pass_workspace
def conflicts(
    workspace: Workspace, number: int | None, limit: int, after: int, *, settled_too: bool, as_json: bool
) -> None:
    """Show the conflicts of a merge: what base, ours (the branch merged into) and theirs have.

    MERGE is its number; it may be left out while only one merge is open.
    """
    one = workspace.data.merges.get(_number(workspace, number))
    found = workspace.data.merges.conflicts(one.number, open_only=not settled_too, after=after, limit=limit)
    emit(conflicts_body(one, found), lambda: _conflicts_text(workspace, one, found), as_json=as_json)


@click.command()
@click.argument("numbers", metavar="[CONFLICT]...", nargs=-1, type=click.IntRange(min=1))
@click.option("--merge", "merge_", type=click.IntRange(min=1), help="Which merge; the one that is open.")
@click.option("--take", type=click.Choice(["ours", "theirs"]), help="Keep what this side has.")
@click.option("--set", "sets", nargs=2, multiple=True, metavar="COLUMN VALUE", help="Give a field another value.")
@click.option("--clear", "clears", multiple=True, metavar="COLUMN", help="Make a field missing.")
@click.option("--escalate", is_flag=True, help="Leave it to an expert; it stays open.")
@click.option("--undo", is_flag=True, help="Open it again.")
@click.option("--all-by", type=click.Choice([str(each) for each in SettlingRule]),
              help="Settle by a rule all that nobody settled or escalated.")  # fmt: skip
@click.option("--rank", "ranking", multiple=True, metavar="NAME",
              help="For --all-by rank: people, the highest first; by their roles when left out.")  # fmt: skip
@because_option
@json_option
@pass_workspace
def settle(  # one parameter per option
    workspace: Workspace,
    /,
    numbers: Sequence[int],
    *,
    merge_: int | None,
    take: str | None,
    sets: Sequence[tuple[str, str]],
    clears: Sequence[str],
    escalate: bool,
    undo: bool,
    all_by: str | None,
    ranking: Sequence[str],
    because: str,
    as_json: bool,
) -> None:
    """Settle conflicts by their numbers, or all by a rule; until the merge lands, a settlement can be undone.

    By rank, the side wins whose last author of the fields ranks higher; equal ranks stay conflicts.
    """
    values: dict[str, str | None] = {**dict(sets), **dict.fromkeys(clears)}
    ways = [take is not None, bool(values), escalate, undo, all_by is not None]
    if sum(ways) != 1 or bool(numbers) is (all_by is not None):
        raise UsageError(
            "say which conflicts, and one way to settle them",
            "curiouser data settle 1 2 --take ours|theirs, --set COLUMN VALUE, --escalate or --undo; or --all-by RULE",
        )
    service, number, actor = workspace.data.merges, _number(workspace, merge_), workspace.actor
    if all_by is not None:
        rank = rank_by_order(ranking) if ranking else rank_by_role(workspace.access)
        one = service.settle_all(number, SettlingRule(all_by), actor=actor, rank=rank, because=because)
    elif undo:
        one = service.unsettle(number, numbers)
    else:
        how = Resolution(take or ("escalated" if escalate else "value"))
        one = service.settle(number, numbers, how, values=values or None, actor=actor, because=because)
    emit(merge_body(one), lambda: _standing_text(workspace, one) + _left_by_rank(one, all_by), as_json=as_json)


@click.command()
@merge_argument
@json_option
@pass_workspace
def finish(workspace: Workspace, number: int | None, *, as_json: bool) -> None:
    """Land a merge whose conflicts are settled; exit status 5 while some are open.

    Where a branch moved meanwhile it is worked out again: settlements hold while the sides still say the same.
    """
    done = workspace.data.merges.finish(_number(workspace, number), actor=workspace.actor)
    emit(merged_body(done), lambda: _merged_text(workspace, done, _where(done)), as_json=as_json)


@click.command()
@merge_argument
@json_option
@pass_workspace
def abort(workspace: Workspace, number: int | None, *, as_json: bool) -> None:
    """Give a merge up; no branch moves, and its conflicts stay to be read."""
    one = workspace.data.merges.abandon(_number(workspace, number), actor=workspace.actor)
    emit(merge_body(one), lambda: f"Merge {one.number} is given up; nothing was changed.", as_json=as_json)


@click.command()
@click.argument("branch", required=False)
@dataset_option
@json_option
@pass_workspace
def protect(workspace: Workspace, branch: str | None, dataset: str, *, as_json: bool) -> None:
    """Let BRANCH move only by approved proposals, or list the branches that do."""
    if branch is None:
        found = workspace.data.protections.all(dataset)
        emit(protections_body(found), lambda: _protections_text(found), as_json=as_json)
        return
    made = workspace.data.protections.protect(dataset, branch, actor=workspace.actor)
    emit(protection_body(made), lambda: f"{dataset}@{branch} now moves only by approved proposals.", as_json=as_json)


@click.command()
@click.argument("branch")
@dataset_option
@json_option
@pass_workspace
def unprotect(workspace: Workspace, branch: str, dataset: str, *, as_json: bool) -> None:
    """Let BRANCH be moved by everybody again who may change data."""
    was = workspace.data.protections.unprotect(dataset, branch)
    emit(protection_body(was), lambda: f"{dataset}@{branch} is no longer protected.", as_json=as_json)


def _number(workspace: Workspace, given: int | None) -> int:
    """Find the merge that is meant where none is named."""
    if given is not None:
        return given
    found = workspace.data.merges.all(state=MergeState.OPEN, limit=2)
    if len(found) != 1:
        raise UsageError(
            "no merge is open" if not found else "more than one merge is open", "name one: see `curiouser data merges`"
        )
    return found[0].number


def _where(done: Merged) -> str:
    return "" if done.merge is None else f"{done.merge.dataset}@{done.merge.into}"


def _merged_text(workspace: Workspace, done: Merged, where: str) -> str:
    made, head = done.committed, done.committed.data_commit[:_SHORT]
    if done.merge is None:
        return f"Nothing to merge: {where} holds it already, at {head}."
    if done.merge.is_open:
        return _standing_text(workspace, done.merge)
    return (
        f"{where} is now {head}, a merge of {printable(done.merge.source)}: {made.added:,} added, "
        f"{made.changed:,} changed, {made.removed:,} removed; {plural(made.rows, 'row')}."
    )


def _standing_text(workspace: Workspace, one: Merge) -> str:
    where = f"{one.dataset}@{one.into}"
    said = f"Merge {one.number} of {printable(one.source)} into {where}"
    proposal = workspace.proposals.open_for(one.number)
    if proposal is not None:
        command = f"`curiouser data recheck {proposal.number}`"
        way = f"proposal {proposal.number} brings it: {command}."
    elif workspace.data.protections.find(one.dataset, one.into) is not None:
        command = f"`curiouser data propose {one.source} --dataset {one.dataset} --into {one.into}`"
        way = f"{where} is protected: {command}."
    else:
        command = f"`curiouser data finish {one.number}`"
        way = f"{command} lands it."
    if not one.unsettled:
        return f"{said} has no open conflicts; {way}"
    left = f", {one.escalated:,} of them left to an expert" if one.escalated else ""
    return (
        f"{said} waits: {one.unsettled:,} of {plural(one.conflicts, 'conflict')} open{left}; no branch was moved.\n"
        f"See `curiouser data conflicts {one.number}`, settle them, then {command}."
    )


def _left_by_rank(one: Merge, rule: str | None) -> str:
    left = one.unsettled - one.escalated
    if rule != SettlingRule.RANK or not left:
        return ""
    stay = (
        f"{agreeing(left, 'is')} between people of equal or unknown rank, and {'stays' if left == 1 else 'stay'} open"
    )
    return f"\n{plural(left, 'conflict')} {stay}: settle by hand, or name an order (--rank NAME --rank NAME)."


def _merges_text(found: Sequence[Merge]) -> str:
    if not found:
        return "No merges: curiouser data merge BRANCH"
    rows = [
        (
            each.number,
            str(each.state),
            f"{each.dataset}@{each.into}",
            each.source,
            f"{each.unsettled:,} of {each.conflicts:,}",
            each.actor,
            f"{each.created_at:%Y-%m-%d %H:%M}",
            each.message,
        )
        for each in found
    ]
    return table(("Merge", "State", "Into", "Of", "Open conflicts", "Who", "When (UTC)", "Why"), rows, right=(0,))


def _conflicts_text(workspace: Workspace, one: Merge, found: Sequence[MergeConflict]) -> str:
    lines = [_standing_text(workspace, one)] if one.is_open else [f"Merge {one.number} is {one.state}."]
    inputs = _inputs_of(workspace, one, found)
    for each in found:
        about = each.about
        what = f"example {printable(about.example)}" if about.example is not None else "column"
        lines += ["", f"{each.number}. {what}: {_KINDS[str(about.kind)]}"]
        known = inputs.get(str(about.example), {})
        lines += [f"   {name}: {_text(value)}" for name, value in known.items() if name not in about.fields]
        rows = [
            (name, *(_cell(side, name) for side in (about.base, about.ours, about.theirs))) for name in about.fields
        ]
        lines.append(table(("Field", "Base", f"Ours ({one.into})", f"Theirs ({one.source})"), rows))
        if each.settlement is not None:
            how = each.settlement
            given = "" if how.values is None else " " + ", ".join(f"{k}={_text(v)}" for k, v in how.values.items())
            why = f": {printable(how.because)}" if how.because else ""
            lines.append(f"{how.resolution}{given}, by {printable(how.by)}{why}")
    return "\n".join(lines)


def _inputs_of(workspace: Workspace, one: Merge, found: Sequence[MergeConflict]) -> dict[str, Mapping[str, Value]]:
    """Read what the rows say that are in conflict: nobody can settle a label without its input."""
    ids = [str(each.about.example) for each in found if each.about.example is not None]
    rows: dict[str, Mapping[str, Value]] = {}
    for at in (one.base, one.theirs, one.ours) if one.is_open and ids else ():
        schema = workspace.data.resolve(at).schema
        names = [name for name in workspace.configuration.task.inputs if name in schema]
        for row in workspace.data.rows(at, ids=ids, columns=["id", *names]).iter_rows(named=True):
            rows[row["id"]] = {name: row[name] for name in names}
    return rows


_KINDS = {
    "field": "both sides changed it, to different values",
    "coupled": "input and label changed on different sides; a label belongs to the input it was given to",
    "deleted": "one side deleted it, the other changed it",
    "added": "both sides added it, with different values",
    "column": "the sides do not agree on its type, or one dropped it while the other changed cells of it",
}


def _cell(side: Mapping[str, Value] | None, name: str) -> str:
    return "(no such row)" if side is None else _text(side.get(name))


def _text(value: Value) -> str:
    text = "missing" if value is None else printable(str(value))
    return text if len(text) <= _MOST_CELL else text[: _MOST_CELL - 1] + "…"


def _protections_text(found: Sequence[Protection]) -> str:
    if not found:
        return "No branch is protected: curiouser data protect BRANCH"
    rows = [(f"{each.dataset}@{each.branch}", each.actor, f"{each.created_at:%Y-%m-%d %H:%M}") for each in found]
    return table(("Branch", "Protected by", "Since (UTC)"), rows)
