"""The first tables.

Revision: 0001
"""

from alembic import op

from curiouser.storage.database import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    metadata.create_all(op.get_bind())
