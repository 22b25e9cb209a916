"""The verbs of the audit log: write down, read, verify."""

from __future__ import annotations

from curiouser.access import chain
from curiouser.access.records import AuditEntry, AuditHead, Role
from curiouser.kernel.clock import Clock
from curiouser.storage import Database


class AuditService:
    """Keeps the log of who did what; nothing in it is ever changed or removed.

    Args:
        database: Where it is kept.
        clock: Tells the time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def record(
        self,
        *,
        actor: str,
        role: Role | None,
        via: str,
        token: int | None,
        action: str,
        object: str,  # noqa: A002  the name of the column and of the body
        result: str,
        workspace: str = "",
    ) -> AuditEntry:
        """Write down who did what; secrets in the texts are left out.

        Args:
            actor: Who did it.
            role: What they might do; None where nobody was known.
            via: Through what: a session, a token, the terminal.
            token: Number of the token, where it was one.
            action: What was done.
            object: To what.
            result: What came of it.
            workspace: Where.
        """
        with self._database.write() as connection:
            return chain.append(
                connection,
                self._clock(),
                actor=actor,
                role=role,
                via=via,
                token=token,
                action=action,
                object=object,
                result=result,
                workspace=workspace,
            )

    def audit(self, *, limit: int = 100, before: int | None = None, actor: str | None = None) -> tuple[AuditEntry, ...]:
        """Read the audit log, newest first, from the entry before ``before``.

        Args:
            limit: At most this many.
            before: Cursor: only entries with a number below this one.
            actor: Only this one's; everybody's when None.
        """
        with self._database.read() as connection:
            return chain.entries(connection, limit=limit, before=before, actor=actor)

    def audit_head(self) -> AuditHead:
        """Tell the end of the log; noted elsewhere, it proves later that nothing before it was rewritten."""
        with self._database.read() as connection:
            return chain.head(connection)

    def verify_audit(self, known: AuditHead | None = None) -> list[str]:
        """Walk the whole chain; returns what is wrong, the first broken entry, or nothing.

        Args:
            known: The end of the log as it was noted elsewhere; must still be in it.
        """
        with self._database.read() as connection:
            return list(chain.breaks_in(connection, known))
