"""A database that an older Curiouser wrote comes up to date, and keeps what is in it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from curiouser.data.tables import datasets, reflog
from curiouser.storage import Database, damaged_rows, database
from curiouser.storage.migrations import migrate


def an_old_one(url: str) -> Database:
    made = Database(url)
    with made.write() as connection:
        if made.schema:
            connection.execute(text(f"CREATE SCHEMA {made.schema}"))
        migrate(connection, "0001")
        connection.execute(text("INSERT INTO dataset VALUES ('test', 'labelled', '2019-10-10T00:00:00.000000Z')"))
        connection.execute(text("INSERT INTO data_reflog VALUES (7, 'test', 'main', NULL, 'a0', 'ann', 'commit', '')"))
    return made


def test_a_database_of_the_first_version_is_upgraded_when_it_is_opened(database_url: str) -> None:
    old = an_old_one(database_url)
    assert old.version() == "0001"
    old.check()
    assert old.version() == database.SCHEMA_VERSION
    with old.read() as connection:
        assert connection.execute(text("SELECT name FROM dataset")).scalars().all() == ["test"]
        assert list(damaged_rows(connection, [datasets, reflog])) == []
        assert connection.execute(text("SELECT id, n FROM write_counter")).all() == [(1, 0)]
        assert connection.execute(text("SELECT count(*) FROM job")).scalar_one() == 0
        assert connection.execute(text("SELECT number, hash FROM audit_head")).all() == [(0, "0" * 64)]
    old.close()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'b'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_rewrite_the_audit_log(database_url: str, statement: str) -> None:
    opened = an_old_one(database_url)
    opened.check()
    with opened.write() as connection:
        connection.execute(text("INSERT INTO audit_entry VALUES (1, '', 'a', '', '', NULL, '', '', '', '', '', '')"))
    with pytest.raises(DBAPIError, match="append-only"), opened.write() as connection:
        connection.execute(text(statement))
    with opened.read() as connection:
        assert connection.execute(text("SELECT actor FROM audit_entry")).scalars().all() == ["a"]
    opened.close()
