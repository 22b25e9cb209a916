"""Tables of models: names, versions, thresholds with their history, what was reported."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from curiouser.storage import metadata

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("retired", Boolean, nullable=False, default=False),
    Column("created_at", Text, nullable=False),
    Column("created_by", Text, nullable=False),
)
"""One row per name."""

model_versions = Table(
    "model_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", ForeignKey("models.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("threshold", Float),
    Column("columns", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("layers", Text, nullable=False, default="[]"),
    Column("created_at", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("model_id", "version"),
)
"""One row per version; only ``threshold`` and ``layers`` ever change. JSON: columns, source, layers."""

model_files = Table(
    "model_files",
    metadata,
    Column("version_id", ForeignKey("model_versions.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
)
"""Every file of the project that a version has ever loaded; empty hash: looked for, and absent."""

model_imports = Table(
    "model_imports",
    metadata,
    Column("version_id", ForeignKey("model_versions.id"), primary_key=True),
    Column("names", Text, nullable=False),
)
"""Names of installed modules a version imports, JSON: a new file of that name would shadow one."""

model_live = Table(
    "model_live",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version_id", ForeignKey("model_versions.id"), nullable=False),
)
"""At most one row, with id 1: the version that users meet."""

model_events = Table(
    "model_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", ForeignKey("models.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index(None, "model_id"),
)
"""History; append-only."""

model_reported = Table(
    "model_reported",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", ForeignKey("models.id"), nullable=False),
    Column("metric", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("n", Integer),
    Column("test_set", Text),
    Column("slice", Text),
    Column("note", Text),
    Index(None, "model_id"),
)
"""Reported scores, in the order they were given."""
