"""The one door to SQL loses no acknowledged write and tells refusals apart, on a file and on a server."""

import importlib
import pkgutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, select, text, update
from sqlalchemy.exc import IntegrityError

import curiouser
from curiouser.kernel.errors import BadInputError, NewerDatabaseError, RetryableError, StorageError
from curiouser.storage import Database, database

counter = Table("counter", MetaData(), Column("id", Integer, primary_key=True), Column("value", Integer))


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    made.create()
    with made.write() as connection:
        counter.create(connection)
        connection.execute(counter.insert(), {"id": 1, "value": 0})
    yield made
    made.close()


def value_in(connection: Connection) -> int:
    return connection.execute(select(counter.c.value)).scalar_one() or 0


def raise_the_value(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(update(counter).values(value=value_in(connection) + 1))


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


def test_every_acknowledged_update_of_two_processes_is_there_and_is_counted(opened: Database) -> None:
    before, url = opened.stamp(), opened.url.render_as_string(hide_password=False)
    racing = [subprocess.Popen([sys.executable, "-c", RACE, url], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    acknowledged = sum(process.communicate(timeout=120)[0].count("ok") for process in racing)
    with opened.read() as connection:
        assert value_in(connection) == acknowledged == 400
    assert opened.stamp() - before == acknowledged


def test_threads_of_one_process_lose_no_update_either(opened: Database) -> None:
    def several() -> None:
        for _ in range(25):
            raise_the_value(opened)

    racing = [threading.Thread(target=several) for _ in range(4)]
    for each in racing:
        each.start()
    for each in racing:
        each.join()
    with opened.read() as connection:
        assert value_in(connection) == 100


def test_an_error_rolls_the_whole_transaction_back(opened: Database) -> None:
    before = opened.stamp()
    with pytest.raises(IntegrityError), opened.write() as connection:
        connection.execute(update(counter).values(value=5))
        connection.execute(counter.insert(), {"id": 1, "value": 0})
    with opened.read() as connection:
        assert value_in(connection) == 0
    assert opened.stamp() == before


def test_a_reader_keeps_its_picture_while_another_writes(opened: Database) -> None:
    with opened.read() as reading:
        before = value_in(reading)
        raise_the_value(opened)
        assert value_in(reading) == before


def test_the_stamp_moves_with_every_change_and_only_then(opened: Database) -> None:
    stamps = [opened.stamp()]
    raise_the_value(opened)
    stamps.append(opened.stamp())
    with opened.write() as connection:
        value_in(connection)
    stamps.append(opened.stamp())
    with opened.read() as reading:
        raise_the_value(opened)
        value_in(reading)
    stamps.append(opened.stamp())
    assert [stamp - stamps[0] for stamp in stamps] == [0, 1, 1, 2]


def test_the_stamp_of_a_picture_is_never_newer_than_the_picture(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(update(counter).values(value=1))
        before = opened.stamp()
    assert opened.stamp() == before + 1


def test_text_sorts_by_code_point_wherever_it_is_kept(opened: Database) -> None:
    names = Table("names", MetaData(), Column("name", String, primary_key=True))
    told = ["b", "A", "_", "a-b", "aB", "Z", "é", "ab", "a"]
    with opened.write() as connection:
        names.create(connection)
        connection.execute(names.insert(), [{"name": name} for name in told])
        found = connection.execute(select(names.c.name).order_by(names.c.name)).scalars().all()
    assert found == sorted(told)


@pytest.mark.sqlite_only("pragmas")
def test_commits_reach_the_disk_before_they_are_acknowledged(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path}/meta.db")
    with made.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    made.close()


def test_a_lock_that_is_held_too_long_is_safe_to_retry(opened: Database) -> None:
    with opened.write():
        second = Database(opened.url.render_as_string(hide_password=False))
        with second.read() as connection:
            connection.execute(text("SET lock_timeout = 50" if opened.schema else "PRAGMA busy_timeout=50"))
        with pytest.raises(RetryableError, match="held the lock for 60 s; nothing was changed"), second.write():
            pytest.fail("two writers at once")
        second.close()


def test_a_database_of_a_newer_version_is_refused_untouched(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="upgrade Curiouser"):
        opened.check()
    assert opened.version() == "9999"


def test_a_new_database_may_be_made_by_two_at_once(database_url: str) -> None:
    both = [Database(database_url) for _ in range(2)]
    making = [threading.Thread(target=each.create) for each in both]
    for each in making:
        each.start()
    for each in making:
        each.join()
    assert [each.version() for each in both] == [database.SCHEMA_VERSION] * 2
    for one in both:
        one.close()


@pytest.mark.sqlite_only("files")
def test_a_missing_or_foreign_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is missing; restore"):
        Database(f"sqlite:///{tmp_path}/none.db").check()
    (tmp_path / "text.db").write_text("not a database" * 100)
    with pytest.raises(StorageError, match="not a database; nothing was changed; restore"):
        Database(f"sqlite:///{tmp_path}/text.db").check()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is no URL"),
        ("mysql://u@h/d", "mysql is no database that Curiouser knows"),
        ("postgresql://u@h/d?schema=Bad-Name", "is no name for the schema"),
        ("postgresql://u@h/d?schema=pg_own", "is no name for the schema"),
        ("postgresql://u@h/d?schema=a&schema=b", "is no name for the schema"),
        ('postgresql://u@h/d?schema=a"; DROP SCHEMA public', "is no name for the schema"),
    ],
)
def test_a_url_that_names_no_database_says_how_to_write_one(url: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said) as refused:
        Database(url)
    assert "postgresql://user@host/db?schema=name" in str(refused.value)


def test_the_migrations_make_exactly_the_tables_that_the_slices_declare(database_url: str) -> None:
    for found in pkgutil.walk_packages(curiouser.__path__, "curiouser."):
        if found.name.rpartition(".")[2].endswith("tables"):
            importlib.import_module(found.name)
    made = Database(database_url)
    made.create()
    made.close()
    with made.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), database.metadata)
    assert made.version() == database.SCHEMA_VERSION
    made.close()
    assert differences == []
