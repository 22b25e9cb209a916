"""``curiouser cycle``: the loop on one screen."""

from __future__ import annotations

import click

from curiouser.cycle import CYCLE
from curiouser.surfaces.bodies.workspace import cycle_body
from curiouser.surfaces.cli.show import emit, json_option, table


@click.command()
@json_option
def cycle(*, as_json: bool) -> None:
    """Show the talk's loop: each step, its slides and its command."""
    emit(cycle_body(CYCLE), _text, as_json=as_json)


def _text() -> str:
    rows = [(step.name, step.slides, "curiouser " + " ".join(step.verb)) for step in CYCLE]
    return table(("Step", "Slides", "Command"), rows)
