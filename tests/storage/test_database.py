"""The one door to SQL loses no acknowledged write and tells refusals apart."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, select, text, update
from sqlalchemy.exc import IntegrityError

import curiouser
from curiouser.kernel.errors import NewerDatabaseError, RetryableError, StorageError
from curiouser.storage import Database, database

counter = Table("counter", MetaData(), Column("id", Integer, primary_key=True), Column("value", Integer))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/meta.db")
    made.create()
    with made.write() as connection:
        counter.create(connection)
        connection.execute(counter.insert(), {"id": 1, "value": 0})
    yield made
    made.close()


RACE = """
import sys
from sqlalchemy import Column, Integer, MetaData, Table, select, update
from curiouser.storage import Database
counter = Table("counter", MetaData(), Column("id", Integer, primary_key=True), Column("value", Integer))
opened = Database(sys.argv[1])
for _ in range(200):
    with opened.write() as connection:
        seen = connection.execute(select(counter.c.value)).scalar_one()
        connection.execute(update(counter).values(value=seen + 1))
    print("ok")
"""


def test_every_acknowledged_update_of_two_processes_is_there(opened: Database) -> None:
    url = str(opened.url)
    racing = [subprocess.Popen([sys.executable, "-c", RACE, url], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    acknowledged = sum(process.communicate(timeout=120)[0].count("ok") for process in racing)
    with opened.read() as connection:
        assert connection.execute(select(counter.c.value)).scalar_one() == acknowledged == 400


def test_an_error_rolls_the_whole_transaction_back(opened: Database) -> None:
    with pytest.raises(IntegrityError), opened.write() as connection:
        connection.execute(update(counter).values(value=5))
        connection.execute(counter.insert(), {"id": 1, "value": 0})
    with opened.read() as connection:
        assert connection.execute(select(counter.c.value)).scalar_one() == 0


def test_a_reader_keeps_its_picture_while_another_writes(opened: Database) -> None:
    with opened.read() as reading:
        before = reading.execute(select(counter.c.value)).scalar_one()
        with opened.write() as writing:
            writing.execute(update(counter).values(value=9))
        assert reading.execute(select(counter.c.value)).scalar_one() == before


def test_commits_reach_the_disk_before_they_are_acknowledged(opened: Database) -> None:
    with opened.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_a_lock_that_is_held_too_long_is_safe_to_retry(opened: Database) -> None:
    with opened.write():
        second = Database(str(opened.url))
        with second.read() as connection:
            connection.execute(text("PRAGMA busy_timeout=50"))
        with pytest.raises(RetryableError, match="nothing was changed"), second.write():
            pytest.fail("two writers at once")
        second.close()


def test_a_database_of_a_newer_version_is_refused_untouched(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="upgrade Curiouser"):
        opened.check()
    assert opened.version() == "9999"


def test_a_missing_or_foreign_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is missing; restore"):
        Database(f"sqlite:///{tmp_path}/none.db").check()
    (tmp_path / "text.db").write_text("not a database" * 100)
    with pytest.raises(StorageError, match="not a database; nothing was changed; restore"):
        Database(f"sqlite:///{tmp_path}/text.db").check()


def test_the_migrations_make_exactly_the_tables_that_the_slices_declare(tmp_path: Path) -> None:
    for found in pkgutil.walk_packages(curiouser.__path__, "curiouser."):
        if found.name.rpartition(".")[2].endswith("tables"):
            importlib.import_module(found.name)
    made = Database(f"sqlite:///{tmp_path}/meta.db")
    made.create()
    with made.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), database.metadata)
    made.close()
    assert [each for each in differences if each[0] != "remove_table" or each[1].name != "counter"] == []
    assert made.version() == database.SCHEMA_VERSION
