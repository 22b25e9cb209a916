"""What keeps a server honest: the settings as they are, the audit log, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from curiouser import __version__
from curiouser.access import AuditEntry
from curiouser.kernel.errors import BadInputError, CuriouserError, NotFoundError
from curiouser.surfaces.bodies.access import audit_entry_body
from curiouser.surfaces.bodies.workspace import settings_body
from curiouser.surfaces.serving.answers import body_answer, see_other
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Caller, Routes
from curiouser.surfaces.serving.settings import Settings
from curiouser.surfaces.web.posted import Form
from curiouser.surfaces.web.rendering import page
from curiouser.surfaces.web.signing import address_of
from curiouser.surfaces.web.tables import AsFile, Column, Table, table_answer

routes = Routes(tags=["pages"])
SHOWN, IN_A_FILE = 50, 5_000
CHECKED_AT_ONCE = 5_000
"""Longest log whose chain is walked whenever its page is opened; a longer one is walked when somebody asks."""


@routes.get("/settings", does=Verb.READ)
def settings(caller: Asked, request: Request, as_file: AsFile = None) -> Response:
    """Show the task as it is configured, and how this server was started; nothing secret."""
    configuration = caller.workspace.configuration
    if as_file == "json":
        return body_answer(settings_body(configuration))
    started: Settings = request.app.state.settings
    store = "PostgreSQL" if configuration.store.database.startswith("postgres") else "SQLite, a file of its own"
    return page(
        caller, "settings.html", version=__version__, is_local=started.is_local, started=started, store=store,
        task=configuration.task, harm=configuration.harm, engine=configuration.store.engine,
    )  # fmt: skip


@routes.get("/audit", does=Verb.READ_AUDIT)
def audit(
    caller: Asked,
    actor: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    *,
    check: bool = False,
    as_file: AsFile = None,
) -> Response:
    """Read who did what on the whole server, newest first, and whether anybody rewrote it."""
    who = actor.strip() or None
    limit = IN_A_FILE if as_file else SHOWN + 1
    found = caller.access.audit(limit=limit, before=before, actor=who)
    if as_file is not None:
        return table_answer(_table(found), as_file)
    head = caller.access.audit_head()
    broken = caller.access.verify_audit() if check or head.number <= CHECKED_AT_ONCE else None
    more = found[SHOWN - 1].number if len(found) > SHOWN else None
    return page(caller, "audit.html", found=found[:SHOWN], more=more, actor=who or "", head=head, broken=broken)


@routes.get("/me/password", does=Verb.KEEP_OWN)
def password_page(caller: Asked) -> Response:
    """Offer the form for a new password."""
    _check_account(caller)
    return page(caller, "password.html", trouble=None)


@routes.post("/me/password", does=Verb.KEEP_OWN)
def change_password(caller: Asked, request: Request, form: Form) -> Response:
    """Set one's own password; whoever knows the old one, and only they, may."""
    _check_account(caller)
    try:
        if form.raw("new") != form.raw("again"):
            raise BadInputError("the two new passwords differ", "type them again")
        # Signing in checks the old one, and counts against the limit on attempts.
        caller.access.log_in(caller.actor, form.raw("old"), address=address_of(request))
        caller.access.set_password(caller.actor, form.raw("new"), actor=caller.actor)
    except CuriouserError as error:
        return page(caller, "password.html", status=error.http_status, trouble=error)
    return see_other(caller, "/login", "Your password is changed, and every session ended. Sign in with the new one.")


def _check_account(caller: Caller) -> None:
    """Refuse who has no password.

    Raises:
        NotFoundError: They are the local user, or a program.
    """
    if caller.via != "session":
        raise NotFoundError("you have no password here: this server knows you without one", "start at /")


def _table(found: tuple[AuditEntry, ...]) -> Table:
    keys = ("number", "made_at", "actor", "role", "via", "token", "workspace", "action", "object", "result", "hash")
    rows = [audit_entry_body(one) for one in found]
    return Table(name="entries", caption="Audit log", columns=[Column(key=key, title=key) for key in keys], rows=rows)
