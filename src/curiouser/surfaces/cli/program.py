"""The program behind ``curiouser``: finds the command, loads only that one, and tells errors in one sentence."""

from __future__ import annotations

import importlib
import os
import sys

import click

from curiouser.kernel.errors import CuriouserError
from curiouser.surfaces.cli.context import Session
from curiouser.surfaces.cli.main import COMMANDS, help_text

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class Lazy(click.Group):
    """A group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """List the commands in the order of the talk."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"curiouser.surfaces.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002  click's signature
        """Show the help that needs no command to be loaded."""
        return help_text()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            # difflib is loaded only for a typing error: it would slow every start.
            import difflib  # noqa: PLC0415  see above

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's signature
    if value:
        # Read only when asked for: the metadata of installed packages is slow to open.
        from curiouser import __version__  # noqa: PLC0415  see above

        click.echo(f"curiouser {__version__}")
        ctx.exit()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("-C", "--workspace", "folder", metavar="DIR", help="Work in this folder, not the current one.")
@click.option("--actor", metavar="NAME", envvar="CURIOUSER_ACTOR", help="Who does this; your git name by default.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on the terminal.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def cli(ctx: click.Context, folder: str | None, actor: str | None, *, quiet: bool) -> None:
    """Curiouser: the issue tracker for what a model gets wrong.

    Start with `curiouser init`, or look at the loop with `curiouser cycle`.
    """
    ctx.obj = Session(folder=folder, actor=actor, quiet=quiet)
    ctx.call_on_close(ctx.obj.close)


def run(arguments: list[str]) -> None:
    """Run one command and exit with its status; errors are told in one sentence."""
    try:
        status = cli.main(args=arguments, prog_name="curiouser", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort) as stop:
        # Click suppresses the end of the input that makes it give up, and keeps it as the context.
        if isinstance(stop.__context__, EOFError):
            click.echo("The input ended where an answer was needed; give it as an option, see --help.", err=True)
            sys.exit(2)
        click.echo("Interrupted; what was finished is kept, and the same command goes on from there.", err=True)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except CuriouserError as error:
        _tell(error, as_json="--json" in arguments)
        sys.exit(error.exit_status)
    except Exception:  # noqa: BLE001  the boundary: what nobody foresaw is ours, and is told as ours
        _confess()
        sys.exit(1)


def _tell(error: CuriouserError, *, as_json: bool) -> None:
    # Loaded only to tell an error.
    from curiouser.surfaces.bodies.errors import error_body  # noqa: PLC0415  see above
    from curiouser.surfaces.bodies.text import json_text  # noqa: PLC0415  see above
    from curiouser.surfaces.cli.show import printable  # noqa: PLC0415  see above

    if as_json:
        click.echo(json_text(error_body(error)), err=True)
        return
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo("\n".join(map(printable, str(error).split("\n"))), err=True)


def _confess() -> None:
    # Loaded only when something went wrong that should not have.
    import traceback  # noqa: PLC0415  see above

    traceback.print_exc()
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo("this is a mistake of Curiouser's, not yours; please report it with the lines above", err=True)
