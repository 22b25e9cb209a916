"""``curiouser status``: what is here, and what to do next."""

from __future__ import annotations

import click

from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.workspace import status_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, table
from curiouser.workspace import Workspace
from curiouser.workspace.standing import Status
from curiouser.workspace.standing import status as status_of


@click.command()
@json_option
@pass_workspace
def status(workspace: Workspace, *, as_json: bool) -> None:
    """Show what is here, and what to do next."""
    found = status_of(workspace)
    emit(status_body(found), lambda: _text(found), as_json=as_json)


def _text(found: Status) -> str:
    standing, lines = found.standing, [f"{found.task} ({found.kind}) in {found.root}", ""]
    if found.datasets:
        rows = [
            (line.name, line.kind, f"{line.rows:,}", line.data_commit[:8], line.branches) for line in found.datasets
        ]
        lines += [table(("Dataset", "Kind", "Rows", "Head", "Branches"), rows, right=(2, 4)), ""]
    live = f"live: {standing.live}" if standing.live else "none live"
    behind = f", {len(standing.behind)} not evaluated on today's test set" if standing.behind else ""
    lines.append(f"{plural(standing.models, 'model')} ({live}{behind})")
    for name, lacks in standing.unpredicted.items():
        said = f"{name} needs {plural(lacks, 'prediction')}"
        lines.append(f"  {said}: curiouser model missing {name} --on test -o FILE.csv")
    waiting = f", {plural(standing.unlinked_reports, 'user report')} waiting" if standing.unlinked_reports else ""
    lines.append(f"{plural(standing.problems, 'open problem')}{waiting}")
    return "\n".join([*lines, "", f"Next, because {found.advice.why}:", f"  {found.advice.command}"])
