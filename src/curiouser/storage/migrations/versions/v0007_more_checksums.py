"""Checksums of datasets, the log of refs, proposals, reviews, and what checks found.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

from curiouser.storage.checked_rows import with_checksum

revision = "0007"
down_revision = "0006"
_TABLES = (
    "dataset",
    "data_reflog",
    "data_proposal",
    "data_review",
    "data_profile",
    "data_check",
    "data_check_run",
    "own_check_verdicts",
    "own_check_source",
)


def upgrade() -> None:
    """Add a checksum to every row as it stands."""
    connection = op.get_bind()
    for name in _TABLES:
        # The default is no checksum of any row: a row without one is seen as damaged.
        op.add_column(name, sa.Column("checksum", sa.String(length=64), nullable=False, server_default=""))
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        key = [column.name for column in table.primary_key]
        here = sa.and_(*(table.c[each] == sa.bindparam(f"at_{each}") for each in key))
        marked = [
            {"said": with_checksum(without(row))["checksum"], **{f"at_{each}": row[each] for each in key}}
            for row in connection.execute(sa.select(table)).mappings()
        ]
        if marked:
            connection.execute(sa.update(table).where(here).values(checksum=sa.bindparam("said")), marked)


def without(row: sa.RowMapping) -> dict[str, object]:
    """Leave the checksum out of a row."""
    return {name: value for name, value in row.items() if name != "checksum"}
