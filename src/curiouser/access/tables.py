"""Tables: users and their grants, sessions, links, tokens, failed log-ins, and the audit log.

They refer to no other table, and no predicate of the data reaches them. No
secret stands here: secrets of 32 random bytes as their SHA-256, passwords as scrypt.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from curiouser.storage import metadata

_MOMENT = String(32)
_HASH = String(64)

access_user = Table(
    "access_user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    # Empty until a one-time link is used.
    Column("password", Text),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("disabled_at", _MOMENT),
    Column("last_login_at", _MOMENT),
)

access_grant = Table(
    "access_grant",
    metadata,
    Column("user_id", Integer, ForeignKey("access_user.id"), primary_key=True),
    Column("workspace", String(100), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("granted_at", _MOMENT, nullable=False),
    Column("granted_by", Text, nullable=False),
)

access_session = Table(
    "access_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret_hash", _HASH, nullable=False, unique=True),
    Column("user_id", Integer, ForeignKey("access_user.id"), nullable=False, index=True),
    Column("created_at", _MOMENT, nullable=False),
    # Moves while the session is used, and never past ends_at.
    Column("expires_at", _MOMENT, nullable=False),
    Column("ends_at", _MOMENT, nullable=False),
)

access_link = Table(
    "access_link",
    metadata,
    # One link per user: a new one takes the place of the last.
    Column("user_id", Integer, ForeignKey("access_user.id"), primary_key=True, autoincrement=False),
    Column("secret_hash", _HASH, nullable=False, unique=True),
    Column("expires_at", _MOMENT, nullable=False),
)

access_token = Table(
    "access_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("access_user.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("secret_hash", _HASH, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("workspace", String(100), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
    Column("revoked_at", _MOMENT),
    Column("last_used_at", _MOMENT),
)

access_attempt = Table(
    "access_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    # Hashed: people type their password where the name belongs.
    Column("name_hash", _HASH, nullable=False),
    Column("address", String(64), nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Index(None, "made_at"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("actor", Text, nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("via", String(16), nullable=False),
    # By number and without a foreign key: an entry outlives its token.
    Column("token", Integer),
    Column("workspace", String(100), nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("result", Text, nullable=False),
    # Unique: a chain that forks is refused by the database itself.
    Column("previous", _HASH, nullable=False, unique=True),
    Column("hash", _HASH, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    # One row: the end of the chain, so that entries cut off the end are missed.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", _HASH, nullable=False),
)
