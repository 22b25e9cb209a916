"""``curiouser checklist``: the talk's fifteen items, done or not yet, and why."""

from __future__ import annotations

import textwrap

import click

from curiouser.checklist import Checked, Checklist, Group
from curiouser.surfaces.bodies.checklist import checklist_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, printable
from curiouser.workspace import Workspace
from curiouser.workspace.checking import checklist_of

_WIDTH, _INDENT = 100, "    "


@click.command()
@json_option
@pass_workspace
def checklist(workspace: Workspace, *, as_json: bool) -> None:
    """Show the checklist of slides 74-76: what is done, what is not yet, why, and the next step of each.

    Nothing is done by default, and what Curiouser cannot do yet is not yet done.

    JSON: {done, items: [{key, name, group, slide, explained, means, done, why, next: {says, command, page}}]}
    """
    found = checklist_of(workspace)
    emit(checklist_body(found), lambda: _text(found), as_json=as_json)


def _text(found: Checklist) -> str:
    lines = [f"{found.done} of {len(found.items)} done."]
    for group in Group:
        several = found.of(group)
        done = sum(one.answer.done for one in several)
        lines += ["", click.style(f"{group} (slide {several[0].item.slide}): {done} of {len(several)}", bold=True)]
        for one in several:
            lines += _lines(one)
    return "\n".join(lines)


def _lines(one: Checked) -> list[str]:
    answer = one.answer
    mark = click.style("done   ", fg="green") if answer.done else click.style("not yet", fg="yellow")
    wrapped = textwrap.wrap(printable(answer.why), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    step = f"{_INDENT}{printable(answer.next.says)}: {printable(answer.next.command)}"
    return [f"{mark}  {one.item.name}", *wrapped, step]
