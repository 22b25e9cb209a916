"""Checks on data: what is known of versions, findings, verdicts of own checks, and the history of refs.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of the checks."""
    op.create_table(
        "data_profile",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("data_commit", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("index_object", sa.String(length=100), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_data_profile")),
    )
    op.create_index(op.f("ix_data_profile_dataset"), "data_profile", ["dataset"], unique=False)
    op.create_table(
        "data_check",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_data_check")),
    )
    op.create_table(
        "own_check_verdicts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_own_check_verdicts")),
    )
    op.create_table(
        "own_check_source",
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_own_check_source")),
    )
    _make_runs()


def _make_runs() -> None:
    op.create_table(
        "data_check_run",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("ref", sa.String(length=250), nullable=False),
        sa.Column("data_commit", sa.String(length=64), nullable=False),
        sa.Column("against", sa.String(length=250), nullable=True),
        sa.Column("against_commit", sa.String(length=64), nullable=True),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_data_check_run")),
        sa.UniqueConstraint("key", name=op.f("uq_data_check_run_key")),
    )
    op.create_index(op.f("ix_data_check_run_dataset"), "data_check_run", ["dataset"], unique=False)
    op.create_index(op.f("ix_data_check_run_ref"), "data_check_run", ["ref"], unique=False)
