"""Signatures of inputs and the keys they meet under.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of signatures."""
    op.create_table(
        "signature_index",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_index")),
        sa.UniqueConstraint("scope", name=op.f("uq_signature_index_scope")),
    )
    op.create_table(
        "signature_version",
        sa.Column("index_id", sa.Integer(), nullable=False),
        sa.Column("data_commit", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["index_id"], ["signature_index.id"], name=op.f("fk_signature_version_index_id")),
        sa.PrimaryKeyConstraint("index_id", "data_commit", name=op.f("pk_signature_version")),
    )
    op.create_table(
        "signature_record",
        sa.Column("index_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["index_id"], ["signature_index.id"], name=op.f("fk_signature_record_index_id")),
        sa.PrimaryKeyConstraint("index_id", "kind", "page", name=op.f("pk_signature_record")),
    )
    op.create_table(
        "signature_segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("index_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("fence", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["index_id"], ["signature_index.id"], name=op.f("fk_signature_segment_index_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_segment")),
    )
    op.create_index(op.f("ix_signature_segment_index_id"), "signature_segment", ["index_id"])
    op.create_table(
        "signature_page",
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["signature_segment.id"], name=op.f("fk_signature_page_segment_id")),
        sa.PrimaryKeyConstraint("segment_id", "page", name=op.f("pk_signature_page")),
    )
