"""What searches for near-duplicates found, to be moved by changes; signatures with more checksums.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of searches; let go of all signatures, which are made again when somebody asks."""
    for name in ("signature_page", "signature_segment", "signature_record", "signature_version", "signature_index"):
        op.execute(sa.text(f"DELETE FROM {name}"))  # noqa: S608  names of tables
    # The defaults are for SQLite, which adds no column without one; there are no rows.
    empty, none = sa.text("''"), sa.text("0")
    op.add_column("signature_index", sa.Column("checksum", sa.LargeBinary(), nullable=False, server_default=empty))
    op.add_column("signature_segment", sa.Column("state", sa.String(length=32), nullable=False, server_default=empty))
    for column in (
        sa.Column("since", sa.String(length=64), nullable=False, server_default=empty),
        sa.Column("rows", sa.Integer(), nullable=False, server_default=none),
        sa.Column("is_whole", sa.Integer(), nullable=False, server_default=none),
        sa.Column("checksum", sa.LargeBinary(), nullable=False, server_default=empty),
    ):
        op.add_column("signature_version", column)
    op.create_table(
        "near_words",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.Column("moved", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_near_words")),
    )
    op.create_index(op.f("ix_near_words_kind"), "near_words", ["kind"])
    op.create_table(
        "near_pairs",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("against", sa.String(length=100), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("here", sa.String(length=64), nullable=False),
        sa.Column("there", sa.String(length=64), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_near_pairs")),
    )
    op.create_index(op.f("ix_near_pairs_kind"), "near_pairs", ["kind"])
