"""The audit log: a chain in which every entry's hash covers the entry before it.

Whoever rewrites an entry must rewrite all that follow, and whoever noted the
end of the log elsewhere sees it. Write transactions come one after the other, so that the
chain cannot fork; the database refuses two entries after the same one, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, literal, select, update

from curiouser.access.errors import AuditBrokenError
from curiouser.access.records import AuditEntry, AuditHead, Role
from curiouser.access.secret_texts import redacted
from curiouser.access.stored import storable, within_column
from curiouser.access.tables import audit_entry, audit_head
from curiouser.kernel.canonical import digest_of
from curiouser.kernel.clock import from_text
from curiouser.storage import utc_text

FIRST = "0" * 64
"""Stands where the first entry would have the hash of the one before it."""
SERVICE = "service"
"""How an entry came about that access wrote itself, in the transaction of what it tells."""
_LONGEST = 500
_HASHED = tuple(column.name for column in audit_entry.c if column.name != "hash")
_AT_ONCE = 1_000


def head(connection: Connection) -> AuditHead:
    """Read the end of the log.

    Raises:
        AuditBrokenError: Somebody took the row away.
    """
    row = connection.execute(select(audit_head).where(audit_head.c.id == 1)).first()
    if row is None:
        raise AuditBrokenError(["the end of the log is missing"])
    return AuditHead(number=row.number, hash=row.hash)


def append(
    connection: Connection,
    moment: datetime,
    *,
    actor: str,
    action: str,
    object: str,  # noqa: A002  the name of the column and of the body
    result: str = "ok",
    role: Role | None = None,
    via: str = SERVICE,
    token: int | None = None,
    workspace: str = "",
) -> AuditEntry:
    """Add an entry in the caller's write transaction."""
    end = head(connection)
    texts = {"actor": actor, "action": action, "object": object, "result": result}
    values: dict[str, Any] = {
        **{name: _kept(text) for name, text in texts.items()},
        "number": end.number + 1,
        "made_at": utc_text(moment),
        "role": role or "",
        "via": _kept(via, 16),
        "token": token,
        "workspace": _kept(workspace, 100),
        "previous": end.hash,
    }
    values["hash"] = digest_of({name: values[name] for name in _HASHED})
    connection.execute(insert(audit_entry).values(**values))
    moved = update(audit_head).where(audit_head.c.id == 1).values(number=values["number"], hash=values["hash"])
    connection.execute(moved)
    return AuditEntry(**{**values, "made_at": from_text(values["made_at"])})


def entries(connection: Connection, *, limit: int, before: int | None, actor: str | None) -> tuple[AuditEntry, ...]:
    """Read entries, newest first."""
    query = select(audit_entry).order_by(audit_entry.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_entry.c.number < within_column(before))
    if actor is not None:
        query = query.where(audit_entry.c.actor == _kept(actor))
    return tuple(_entry_from_row(row) for row in connection.execute(query))


def breaks_in(connection: Connection, known: AuditHead | None) -> Iterator[str]:
    """Yield what is wrong with the log; the first broken entry ends the walk, since all later ones hang on it.

    Args:
        connection: A read transaction.
        known: The end of the log as it was noted elsewhere; must still be in it.
    """
    # One statement, so that the end and the entries are of one moment on every database.
    query = select(
        audit_head.c.number.label("head_number"), audit_head.c.hash.label("head_hash"), audit_entry
    ).select_from(audit_head.outerjoin(audit_entry, literal(1) == audit_head.c.id))
    number, previous, row = 0, FIRST, None
    # Closed when the walk ends early, too: on a server the rest of it waits there.
    with connection.execute(query.order_by(audit_entry.c.number), execution_options={"yield_per": _AT_ONCE}) as rows:
        for row in rows:
            if row.number is None:
                break
            broken = _break_at(row, number + 1, previous, known)
            if broken is not None:
                yield broken
                return
            number, previous = row.number, row.hash
    yield from _breaks_at_the_end(row, number, previous)
    if known is not None and known.number > number:
        yield f"entry {known.number}, whose hash was noted, is missing; the log ends with {number}"


def _kept(text: str, longest: int = _LONGEST) -> str:
    """Make a text fit for the log: without secrets, and not too long."""
    text = storable(redacted(text))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _break_at(row: Row[Any], number: int, previous: str, known: AuditHead | None) -> str | None:
    if row.number != number:
        return f"entry {number} is missing"
    if row.previous != previous:
        return f"entry {number} does not continue the one before it"
    if row.hash != _digest(row._mapping):  # noqa: SLF001  SQLAlchemy's own name for a row as a mapping
        return f"entry {number} was changed"
    if known is not None and known.number == number and known.hash != row.hash:
        return f"entry {number} is not the one whose hash was noted"
    return None


def _breaks_at_the_end(row: Row[Any] | None, number: int, previous: str) -> Iterator[str]:
    if row is None:
        yield "the end of the log is missing"
    elif row.head_number > number:
        yield f"entry {number + 1} is missing; the log should end with {row.head_number}"
    elif (row.head_number, row.head_hash) != (number, previous):
        yield f"the log should end with entry {row.head_number}, and ends with {number}"


def _digest(values: Mapping[Any, Any]) -> str | None:
    try:
        return digest_of({name: values[name] for name in _HASHED})
    except TypeError:
        # SQLite lets anybody put bytes into a text column; we never do.
        return None


def _entry_from_row(row: Row[Any]) -> AuditEntry:
    values = row._asdict()
    return AuditEntry(**{**values, "made_at": from_text(row.made_at)})
