"""``curiouser completion``: what a shell needs to complete commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from curiouser.kernel.errors import UsageError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script: `eval "$(curiouser completion bash)"`."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"there is no completion for {shell}", "use bash, zsh or fish")
    click.echo(kind(ctx.find_root().command, {}, "curiouser", "_CURIOUSER_COMPLETE").source())
