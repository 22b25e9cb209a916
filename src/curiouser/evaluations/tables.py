"""Tables of evaluations: what was scored, the named slices, and every comparison that was called."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from curiouser.storage import metadata

evaluation = Table(
    "evaluation",
    metadata,
    Column("id", String(64), primary_key=True),  # hash of model digest, threshold, data commit, task and arithmetic
    Column("model", String, nullable=False),  # the name it had
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("threshold", Float),
    Column("dataset", String, nullable=False),
    Column("data_commit", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("created_at", String, nullable=False),
    Column("created_by", String, nullable=False),
    Index("ix_evaluation_dataset_data_commit", "dataset", "data_commit"),
)

score = Table(
    "score",
    metadata,
    Column("evaluation", String(64), ForeignKey("evaluation.id"), primary_key=True),
    Column("slice", String(64), primary_key=True),  # sample, all, or the key of a slice: what it selects by, hashed
    Column("metric", String, primary_key=True),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("n", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("denominator", Integer),
    Column("method", Text, nullable=False),
    Column("reason", Text),
)

named_slice = Table(
    "named_slice",
    metadata,
    Column("name", String, primary_key=True),
    Column("predicate", Text),
    Column("ids", Text),  # JSON list
    Column("key", String(64), nullable=False),
    Column("created_at", String, nullable=False),
    Column("created_by", String, nullable=False),
)

comparison = Table(
    "comparison",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dataset", String, nullable=False, index=True),
    Column("data_commit", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("metric", String, nullable=False),
    Column("models", Text, nullable=False),  # JSON: name, digest and threshold of each
    Column("verdicts", Text, nullable=False),  # JSON: a, b, verdict and adjusted p of each pair
    Column("created_at", String, nullable=False),
    Column("created_by", String, nullable=False),
)
