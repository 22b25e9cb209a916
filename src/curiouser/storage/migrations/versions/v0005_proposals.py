"""Proposals, and what reviewers said of them.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of proposals."""
    op.create_table(
        "data_proposal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=201), nullable=False),
        sa.Column("into", sa.String(length=100), nullable=False),
        sa.Column("merge", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("checked", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.String(length=32), nullable=True),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["merge"], ["data_merge.number"], name=op.f("fk_data_proposal_merge")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_data_proposal")),
    )
    op.create_index("ix_data_proposal_dataset_state", "data_proposal", ["dataset", "state"], unique=False)
    op.create_table(
        "data_review",
        sa.Column("proposal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data_commit", sa.String(length=64), nullable=False),
        sa.Column("is_own", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["data_proposal.number"], name=op.f("fk_data_review_proposal")),
        sa.PrimaryKeyConstraint("proposal", "number", name=op.f("pk_data_review")),
    )
