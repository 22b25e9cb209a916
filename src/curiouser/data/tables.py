"""The SQL side of versioned data: the graph of data commits, and the names that point into it.

Rows carry a checksum, so that a flipped bit is seen; those of ``data_touch``
follow from changesets, and are compared with them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from curiouser.storage import metadata

_NAME, _HASH, _OBJECT, _MOMENT = String(100), String(64), String(100), String(32)

datasets = Table(
    "dataset",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)

data_commits = Table(
    "data_commit",
    metadata,
    Column("id", _HASH, primary_key=True),
    Column("dataset", _NAME, ForeignKey("dataset.name"), nullable=False),
    # The first parent, followed when history is walked; a merge has another.
    Column("parent", _HASH, ForeignKey("data_commit.id")),
    Column("other_parents", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("content_hash", _HASH, nullable=False),
    Column("schema_json", Text, nullable=False),
    # What it changed against its first parent; null when only a snapshot holds its rows.
    Column("changes", _OBJECT),
    Column("rows", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("removed", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)
Index("ix_data_commit_parent", data_commits.c.parent)

snapshots = Table(
    "data_snapshot",
    metadata,
    Column("data_commit", _HASH, ForeignKey("data_commit.id"), primary_key=True),
    # The object that lists the files of rows, in the order of their ids.
    Column("listing", _OBJECT, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)

refs = Table(
    "data_ref",
    metadata,
    Column("dataset", _NAME, ForeignKey("dataset.name"), primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("data_commit", _HASH, ForeignKey("data_commit.id"), nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)

reflog = Table(
    "data_reflog",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("dataset", _NAME, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("before", _HASH),
    Column("after", _HASH),
    Column("actor", Text, nullable=False),
    Column("what", String(16), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)
Index("ix_data_reflog_at", reflog.c.at)

touches = Table(
    "data_touch",
    metadata,
    Column("data_commit", _HASH, ForeignKey("data_commit.id"), primary_key=True),
    # Four bytes for each row it changed: which data commits to look into for one example. Others are scanned.
    Column("marks", LargeBinary, nullable=False),
)

protections = Table(
    "data_protection",
    metadata,
    Column("dataset", _NAME, ForeignKey("dataset.name"), primary_key=True),
    Column("branch", _NAME, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("checksum", _HASH, nullable=False),
)

merges = Table(
    "data_merge",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("dataset", _NAME, ForeignKey("dataset.name"), nullable=False),
    Column("into", _NAME, nullable=False),
    Column("source", String(201), nullable=False),
    # No foreign keys: garbage collection keeps what an open merge names, and may take what an ended one named.
    Column("base", _HASH, nullable=False),
    Column("ours", _HASH, nullable=False),
    Column("theirs", _HASH, nullable=False),
    Column("state", String(16), nullable=False),
    Column("data_commit", _HASH),
    Column("actor", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("ended_by", Text),
    Column("checksum", _HASH, nullable=False),
)
Index("ix_data_merge_dataset_state", merges.c.dataset, merges.c.state)

conflicts = Table(
    "data_conflict",
    metadata,
    Column("merge", Integer, ForeignKey("data_merge.number"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("example", Text),
    Column("unit", Text, nullable=False),
    Column("fields", Text, nullable=False),
    # What the three sides have, as JSON; null where the row is not there.
    Column("base", Text),
    Column("ours", Text),
    Column("theirs", Text),
    Column("resolution", String(16)),
    Column("given", Text),
    Column("settled_by", Text),
    Column("settled_at", _MOMENT),
    Column("because", Text),
    Column("checksum", _HASH, nullable=False),
)

CHECKED = (datasets, data_commits, snapshots, refs, reflog, protections, merges, conflicts)
"""Tables whose rows carry a checksum."""
