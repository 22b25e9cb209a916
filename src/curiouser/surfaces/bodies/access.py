"""Bodies of users, tokens and the audit log; no secret but a new one's, which is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from curiouser.access import AuditEntry, AuditHead, Token, User
from curiouser.kernel.canonical import Json
from curiouser.kernel.clock import as_text


def user_body(one: User) -> dict[str, Json]:
    """Present a user."""
    return {
        "name": one.name,
        "grants": {workspace: str(role) for workspace, role in one.grants.items()},
        "created_at": as_text(one.created_at),
        "created_by": one.created_by,
        "disabled_at": _moment(one.disabled_at),
        "has_password": one.has_password,
        "last_login_at": _moment(one.last_login_at),
    }


def users_body(several: Sequence[User]) -> dict[str, Json]:
    """Present users by name."""
    return {"users": [user_body(one) for one in several]}


def invited_body(name: str, secret: str) -> dict[str, Json]:
    """Present a one-time link: the one time its secret is told."""
    return {"user": name, "path": f"/login/once/{secret}"}


def new_user_body(one: User, secret: str) -> dict[str, Json]:
    """Present a user who was just made, with the one-time link."""
    return {**user_body(one), "path": invited_body(one.name, secret)["path"]}


def ended_body(name: str, count: int) -> dict[str, Json]:
    """Present how many sessions of a user were ended."""
    return {"user": name, "ended": count}


def token_body(one: Token) -> dict[str, Json]:
    """Present a token, without its secret."""
    return {
        "number": one.number,
        "user": one.user,
        "name": one.name,
        "role": str(one.role),
        "workspace": one.workspace,
        "created_at": as_text(one.created_at),
        "created_by": one.created_by,
        "expires_at": as_text(one.expires_at),
        "revoked_at": _moment(one.revoked_at),
        "last_used_at": _moment(one.last_used_at),
    }


def made_token_body(one: Token, secret: str) -> dict[str, Json]:
    """Present a token that was just made: the one time its secret is told."""
    return {**token_body(one), "secret": secret}


def tokens_body(several: Sequence[Token]) -> dict[str, Json]:
    """Present tokens in the order they were made."""
    return {"tokens": [token_body(one) for one in several]}


def audit_entry_body(one: AuditEntry) -> dict[str, Json]:
    """Present one line of the audit log."""
    return {
        "number": one.number,
        "made_at": as_text(one.made_at),
        "actor": one.actor,
        "role": one.role,
        "via": one.via,
        "token": one.token,
        "workspace": one.workspace,
        "action": one.action,
        "object": one.object,
        "result": one.result,
        "previous": one.previous,
        "hash": one.hash,
    }


def audit_body(several: Sequence[AuditEntry]) -> dict[str, Json]:
    """Present lines of the audit log, newest first."""
    return {"entries": [audit_entry_body(one) for one in several]}


def checked_audit_body(found: Sequence[str], head: AuditHead) -> dict[str, Json]:
    """Present what a walk over the audit log found, and where the log ends now."""
    return {"whole": not found, "broken": list(found), "number": head.number, "hash": head.hash}


def _moment(moment: datetime | None) -> str | None:
    return as_text(moment) if moment is not None else None
