"""``curiouser serve``: the web page and the REST server, and the workers of its jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from curiouser.kernel.errors import BadInputError, UsageError
from curiouser.surfaces.cli.context import Session
from curiouser.surfaces.cli.show import warn
from curiouser.surfaces.serving.settings import LOOPBACK, PORT, Settings


@click.command()
@click.argument("folders", nargs=-1, metavar="[NAME=DIR | DIR]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
@click.option(
    "--job-workers",
    type=click.IntRange(0, 16),
    default=1,
    show_default=True,
    help="Processes per workspace that work on its jobs; 0 where `curiouser job work` runs elsewhere.",
)
@click.option("--host-name", "names", multiple=True, metavar="NAME", help="A name that people reach it by.")
@click.option("--behind-proxy", is_flag=True, help="A proxy on this machine speaks https for it.")
@click.option("--tls-cert", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Certificate, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its key, PEM.")
@click.option("--accounts", is_flag=True, help="Let people sign in even on this machine alone.")
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    folders: tuple[str, ...],
    *,
    workers: int,
    job_workers: int,
    behind_proxy: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    **given: Any,  # noqa: ANN401  click's options
) -> None:
    """Serve the web page and REST for one workspace, or for several under /w/NAME/.

    Only this machine can reach it unless --host says otherwise, and that needs
    TLS or --behind-proxy, and accounts; the first start prints a one-time link.
    """
    # The server's libraries take a second to load, and --help must not wait for them.
    from curiouser.surfaces.serving.running import Plan, run_server  # noqa: PLC0415  see above

    session = ctx.find_object(Session)
    mounted = _mounted(folders or (session.folder if session and session.folder else ".",))
    encrypted = behind_proxy or tls_cert is not None
    _check(str(given["host"]), encrypted=encrypted, cert=tls_cert, key=tls_key, behind_proxy=behind_proxy)
    settings = Settings(workspaces=mounted, encrypted=encrypted, **given)
    plan = Plan(
        workers=workers,
        job_workers=job_workers,
        behind_proxy=behind_proxy,
        cert=str(tls_cert) if tls_cert else None,
        key=str(tls_key) if tls_key else None,
    )
    run_server(settings, plan, say=warn)


def _mounted(given: tuple[str, ...]) -> dict[str, str]:
    # Opening folders needs SQL, which --help does not.
    from curiouser.kernel.ids import plain_name  # noqa: PLC0415  see above
    from curiouser.workspace.opening import find_root  # noqa: PLC0415  see above

    mounted: dict[str, str] = {}
    for text in given:
        name, sign, folder = text.partition("=")
        root = find_root(Path(folder if sign else text))
        name = plain_name(name if sign else root.name, "workspace")
        if name in mounted:
            raise BadInputError(f"two workspaces would be served as {name!r}", "name one of them: other=DIR")
        mounted[name] = str(root)
    return mounted


def _check(host: str, *, encrypted: bool, cert: Path | None, key: Path | None, behind_proxy: bool) -> None:
    if (cert is None) != (key is None):
        raise UsageError("TLS needs both --tls-cert and --tls-key")
    if behind_proxy and cert is not None:
        raise UsageError("--behind-proxy says that the proxy speaks https", "leave --tls-cert out")
    if host not in LOOPBACK and not encrypted:
        raise UsageError(
            f"{host} can be reached from other machines, and passwords would travel in the clear",
            "give --tls-cert and --tls-key, or put a proxy before it and say --behind-proxy",
        )
