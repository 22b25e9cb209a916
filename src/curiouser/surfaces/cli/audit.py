"""``curiouser audit``: the log of who did what on the server of this workspace."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from curiouser.access import AuditBrokenError, AuditEntry, AuditHead
from curiouser.kernel.errors import UsageError
from curiouser.kernel.words import plural
from curiouser.surfaces.bodies.access import audit_body, checked_audit_body
from curiouser.surfaces.cli.context import pass_workspace
from curiouser.surfaces.cli.show import emit, json_option, table
from curiouser.workspace import Workspace

_NOTED = re.compile(r"(\d{1,9}):([0-9a-f]{64})")


@click.group()
def audit() -> None:
    """Who did what: a chain of entries that nobody rewrites unseen."""


@audit.command("list")
@click.option("--actor", metavar="NAME", help="Only what this user did.")
@click.option("--before", type=int, metavar="ENTRY", help="Only entries older than this one: the next page.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most this many, newest first."
)
@json_option
@pass_workspace
def list_entries(workspace: Workspace, actor: str | None, before: int | None, limit: int, *, as_json: bool) -> None:
    """List entries, newest first."""
    several = workspace.access.audit(actor=actor, before=before, limit=limit)
    emit(audit_body(several), lambda: _table(several), as_json=as_json)


@audit.command("verify")
@click.option(
    "--noted", metavar="NUMBER:HASH", help="The end of the log as you noted it elsewhere; must still be in it."
)
@json_option
@pass_workspace
def verify(workspace: Workspace, noted: str | None, *, as_json: bool) -> None:
    """Walk the whole log, and name the first entry that was changed, removed or inserted: exit status 3.

    Who can write the database could write the whole log anew; note the number
    and hash this prints elsewhere, and pass them the next time.
    """
    found = workspace.access.verify_audit(_noted(noted) if noted else None)
    if found:
        raise AuditBrokenError(found)
    head = workspace.access.audit_head()
    told = f"{plural(head.number, 'entry', 'entries')}, unbroken; note this elsewhere: {head.number}:{head.hash}"
    emit(checked_audit_body(found, head), lambda: told, as_json=as_json)


def _noted(text: str) -> AuditHead:
    found = _NOTED.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no end of a log", "give what `curiouser audit verify` printed: NUMBER:HASH")
    return AuditHead(number=int(found[1]), hash=found[2])


def _table(several: Sequence[AuditEntry]) -> str:
    if not several:
        return "The log is empty."
    rows = [
        (
            one.number,
            f"{one.made_at:%Y-%m-%d %H:%M}",
            one.actor,
            one.via,
            one.action,
            one.object,
            one.workspace,
            one.result,
        )
        for one in several
    ]
    return table(("Entry", "UTC", "Actor", "Via", "Action", "On", "In", "Result"), rows, right=(0,))
