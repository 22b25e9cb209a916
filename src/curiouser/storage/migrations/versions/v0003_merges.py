"""Merges and their conflicts, protected branches, and which rows a data commit touched.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of merging."""
    op.create_table(
        "data_touch",
        sa.Column("data_commit", sa.String(length=64), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_commit"], ["data_commit.id"], name=op.f("fk_data_touch_data_commit")),
        sa.PrimaryKeyConstraint("data_commit", name=op.f("pk_data_touch")),
    )
    op.create_table(
        "data_protection",
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("branch", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.name"], name=op.f("fk_data_protection_dataset")),
        sa.PrimaryKeyConstraint("dataset", "branch", name=op.f("pk_data_protection")),
    )
    _make_merges()


def _make_merges() -> None:
    op.create_table(
        "data_merge",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("into", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=201), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("ours", sa.String(length=64), nullable=False),
        sa.Column("theirs", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("data_commit", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.name"], name=op.f("fk_data_merge_dataset")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_data_merge")),
    )
    op.create_index("ix_data_merge_dataset_state", "data_merge", ["dataset", "state"], unique=False)
    op.create_table(
        "data_conflict",
        sa.Column("merge", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("example", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("ours", sa.Text(), nullable=True),
        sa.Column("theirs", sa.Text(), nullable=True),
        sa.Column("resolution", sa.String(length=16), nullable=True),
        sa.Column("given", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.String(length=32), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["merge"], ["data_merge.number"], name=op.f("fk_data_conflict_merge")),
        sa.PrimaryKeyConstraint("merge", "number", name=op.f("pk_data_conflict")),
    )
