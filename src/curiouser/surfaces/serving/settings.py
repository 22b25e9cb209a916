"""How a server was started: where it listens, who may talk to it, and how much they may send."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names and addresses of this machine that nobody else can reach."""
ENVIRONMENT = "CURIOUSER_SERVE"
"""Carries the settings to the server's worker processes."""
PORT = 8150


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a server process is told at its start."""

    workspaces: Mapping[str, str]
    """Name -> folder; the first one's database holds the accounts."""
    host: str = "127.0.0.1"
    """Address it listens on."""
    port: int = PORT
    """Port it listens on."""
    names: tuple[str, ...] = ()
    """Further host names that requests may be for, as a proxy or TLS certificate has them."""
    encrypted: bool = False
    """Whether people reach it by https: through TLS of its own, or a proxy's."""
    accounts: bool = False
    """Whether people must sign in even where only this machine can reach it."""
    secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """Made at every start; what forms of a local user are signed with."""
    body_bytes: int = 1 << 20
    """Most bytes of one request, > 0."""
    upload_bytes: int = 256 << 20
    """Most bytes of one request to a route that takes files, > 0."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it, so that its one user needs no password."""
        return self.host in LOOPBACK and not self.encrypted and not self.names and not self.accounts

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; over https one that no other host can set."""
        return "__Host-curiouser" if self.encrypted else "curiouser_session"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names that a request may be for: anything else is a name that was pointed here."""
        own = LOOPBACK if self.host in LOOPBACK else {self.host}
        return frozenset(own) | frozenset(name.lower() for name in self.names)

    def as_text(self) -> str:
        """Write the settings for a worker process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`as_text` wrote.

        Examples:
            >>> Settings.from_text(Settings(workspaces={"a": "/a"}, secret="s").as_text()).workspaces
            {'a': '/a'}
        """
        made = cls(**json.loads(text))
        return replace(made, names=tuple(made.names))
