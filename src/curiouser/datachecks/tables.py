"""The tables of checks: what is known of versions, results by what decides them, and the history of refs."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from curiouser.storage import metadata

data_profile = Table(
    "data_profile",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of the rows' content hash and of what a profile is made by
    Column("dataset", String(100), nullable=False, index=True),
    Column("data_commit", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("index_object", String(100)),  # null where the version lacks an input
    Column("summary", Text, nullable=False),  # JSON
    Column("made_at", String(32), nullable=False),
    Column("checksum", String(64), nullable=False),
)

data_check = Table(
    "data_check",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of all that decides the answer
    Column("code", String(16), nullable=False),
    Column("finding", Text, nullable=False),  # JSON
    Column("checked_at", String(32), nullable=False),
    Column("checksum", String(64), nullable=False),
)

own_check_verdicts = Table(
    "own_check_verdicts",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of the function's sources and of the rows' content hash
    Column("dataset", String(100), nullable=False),
    Column("wrong", Text, nullable=False),  # JSON: id -> reason
    Column("checksum", String(64), nullable=False),
)

own_check_source = Table(
    "own_check_source",
    metadata,
    Column("target", String(250), primary_key=True),  # module:function
    Column("files", Text, nullable=False),  # JSON: path -> SHA-256 of the files it was seen to load
    Column("checksum", String(64), nullable=False),
)

data_check_run = Table(
    "data_check_run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("dataset", String(100), nullable=False, index=True),
    Column("ref", String(250), nullable=False, index=True),
    Column("data_commit", String(64), nullable=False),
    Column("against", String(250)),
    Column("against_commit", String(64)),
    Column("results", Text, nullable=False),  # JSON: keys, names, severities, thresholds, in order
    Column("outcome", String(16), nullable=False),
    Column("counts", Text, nullable=False),  # JSON
    Column("actor", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("checksum", String(64), nullable=False),
)

CACHES = (data_profile, data_check, own_check_verdicts, own_check_source)
"""What can be made again: a damaged row of these is as good as none."""
