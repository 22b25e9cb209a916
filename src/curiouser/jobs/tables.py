"""The table of jobs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from curiouser.storage import metadata

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", String),
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", String, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("started_at", String),
    Column("ended_at", String),
    Column("attempt", Integer, nullable=False),
    Column("worker", String),
    Column("lease_until", String),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("result", Text),  # JSON
    Column("error_code", String),
    Column("error", Text),
    Column("cancel_asked", Boolean, nullable=False),
)
