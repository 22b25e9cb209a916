"""The audit log over REST: who did what, and whether somebody rewrote it."""

from __future__ import annotations

from starlette.responses import Response

from curiouser.access import AuditBrokenError
from curiouser.surfaces.bodies.access import audit_body, checked_audit_body
from curiouser.surfaces.rest.pages import following, paged
from curiouser.surfaces.rest.parameters import Name, Number
from curiouser.surfaces.serving.answers import body_answer
from curiouser.surfaces.serving.roles import Verb
from curiouser.surfaces.serving.routes import Asked, Limit, Routes

routes = Routes(tags=["access"])


@routes.get("/audit", does=Verb.READ_AUDIT)
def list_entries(caller: Asked, limit: Limit = 100, after: Number | None = None, actor: Name | None = None) -> Response:
    """Read the audit log of the whole server, newest first; `curiouser audit list`."""
    found = caller.access.audit(limit=limit + 1, before=after, actor=actor)
    return body_answer(paged(audit_body(found[:limit]), following(found, limit, lambda one: one.number)))


@routes.get("/audit/check", does=Verb.CHECK_AUDIT)
def check_chain(caller: Asked) -> Response:
    """Walk the whole log; `curiouser audit verify`. An entry that was changed, removed or inserted is an error."""
    found = caller.access.verify_audit()
    if found:
        raise AuditBrokenError(found)
    return body_answer(checked_audit_body(found, caller.access.audit_head()))
