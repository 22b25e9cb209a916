"""``curiouser fsck``: verify every hash."""

from __future__ import annotations

import click

from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.workspace import verified_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, progress
from curiouser.workspace import Workspace
from curiouser.workspace.verifying import Verified, verify

_DAMAGED = 3


@click.command()
@click.option("--no-quarantine", is_flag=True, help="Only look; move nothing.")
@json_option
@pass_workspace
def fsck(workspace: Workspace, *, no_quarantine: bool, as_json: bool) -> None:
    """Verify every hash; damaged objects are set aside, never deleted. Exit status 3 when something is damaged."""
    with progress("Hashing objects") as told:
        found = verify(workspace, quarantine=not no_quarantine, progress=told)
    emit(verified_body(found), lambda: _text(found), as_json=as_json)
    click.get_current_context().exit(_DAMAGED if found.findings else 0)


def _text(found: Verified) -> str:
    lines = [f"{plural(found.objects, 'object')} verified."]
    if found.leftovers:
        lines.append(
            f"{plural(found.leftovers, 'unfinished file')} of a killed process; `curiouser data gc` removes them."
        )
    lines += [f"DAMAGED  {each.what}: {each.trouble}; {each.repair}" for each in found.findings]
    return "\n".join([*lines, f"{plural(len(found.findings), 'thing')} damaged." if found.findings else "All is well."])
