"""The SQL side of proposals: what was proposed, and what reviewers said of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from curiouser.storage import metadata

_NAME, _HASH, _MOMENT = String(100), String(64), String(32)

proposals = Table(
    "data_proposal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("dataset", _NAME, nullable=False),
    Column("source", String(201), nullable=False),
    Column("into", _NAME, nullable=False),
    Column("merge", Integer, ForeignKey("data_merge.number"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("actor", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    # The checks of the prepared data commit; void when that is no longer what the merge comes to.
    Column("checked", _HASH),
    Column("outcome", String(16)),
    Column("reasons", Text),
    Column("checked_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("ended_by", Text),
    Column("checksum", _HASH, nullable=False),
)
Index("ix_data_proposal_dataset_state", proposals.c.dataset, proposals.c.state)

reviews = Table(
    "data_review",
    metadata,
    Column("proposal", Integer, ForeignKey("data_proposal.number"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("data_commit", _HASH, nullable=False),
    Column("is_own", Integer, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)

CHECKED = (proposals, reviews)
"""Tables whose rows carry a checksum."""
