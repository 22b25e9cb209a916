"""The tables of signatures: what is known of texts, and sorted keys in pages.

No row of SQL per text: a million would cost seconds and four times the space.
A page is read by its place, so that a hundred probes read a hundred pages and
not the index. Everything here can be made again from the rows; a page that
does not match its checksum is not used.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from curiouser.storage import metadata

signature_index = Table(
    "signature_index",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(64), nullable=False, unique=True),  # hash of dataset, columns and algorithm
    Column("dataset", String(100), nullable=False),
    Column("algorithm", String(64), nullable=False),
    Column("texts", Integer, nullable=False),  # how many are known: the next one's number
    Column("rows", Integer, nullable=False),  # how many rows were seen to have one: the next one's number
    Column("checksum", LargeBinary, nullable=False),
)

signature_version = Table(
    "signature_version",
    metadata,
    Column("index_id", ForeignKey("signature_index.id"), primary_key=True),
    Column("data_commit", String(64), primary_key=True),
    Column(
        "since", String(64), nullable=False
    ),  # the known version whose rows were left out; empty where all are taken
    Column("rows", Integer, nullable=False),  # how many of its rows, by id, are known
    Column("is_whole", Integer, nullable=False),  # 1 where all are
    Column("checksum", LargeBinary, nullable=False),
)

signature_record = Table(
    "signature_record",
    metadata,
    Column("index_id", ForeignKey("signature_index.id"), primary_key=True),
    Column("kind", String(8), primary_key=True),  # text: hash and signature; row: ids
    Column("page", Integer, primary_key=True, autoincrement=False),  # 0, 1, …; only the last one grows
    Column("records", LargeBinary, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)

signature_segment = Table(
    "signature_segment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("index_id", ForeignKey("signature_index.id"), nullable=False, index=True),
    Column("entries", Integer, nullable=False),
    Column("fence", LargeBinary, nullable=False),  # the first key of every page
    Column("state", String(32), nullable=False),  # ready: to be read; old: to be removed; else who is making it
    Column("checksum", LargeBinary, nullable=False),
)

signature_page = Table(
    "signature_page",
    metadata,
    Column("segment_id", ForeignKey("signature_segment.id"), primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),  # keys, then values
    Column("checksum", LargeBinary, nullable=False),
)
