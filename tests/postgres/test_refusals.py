"""What only a server can refuse: each with its class, so that a caller knows whether to try again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from curiouser.kernel.errors import BadInputError, CuriouserError, OutcomeUnknownError, RetryableError, StorageError
from curiouser.storage import Database
from tests.postgres.server import Server


@pytest.fixture
def opened(postgresql: Server, tmp_path: Path) -> Iterator[Database]:
    schema = f"refusals_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"
    made = Database(postgresql.url(schema))
    made.create()
    with made.write() as connection:
        connection.execute(text("CREATE TABLE acknowledged (n INTEGER PRIMARY KEY, words TEXT)"))
    yield made
    made.close()
    postgresql.drop(schema)


def refuse_the_next_insert(opened: Database, code: str, *, at_commit: bool) -> None:
    """Let the server itself raise an error, from a trigger: now, or when the transaction commits."""
    when = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    body = "PERFORM pg_terminate_backend(pg_backend_pid());" if code == "57P01" else f"RAISE SQLSTATE '{code}';"
    with opened.write() as connection:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {body} RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON acknowledged {when}"
                " FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )


def forgive(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(text("DROP TRIGGER refused ON acknowledged"))


def insert(connection: Connection, n: int, words: str = "") -> None:
    connection.execute(text("INSERT INTO acknowledged VALUES (:n, :words)"), {"n": n, "words": words})


def count(opened: Database) -> int:
    with opened.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM acknowledged")).scalar_one())


@pytest.mark.parametrize("at_commit", [False, True], ids=["in a statement", "in the commit"])
@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("40001", RetryableError, "another transaction came between; nothing was changed"),
        ("40P01", RetryableError, "two transactions waited for each other; nothing was changed"),
        ("53100", StorageError, "the server's disk is full"),
        ("42501", StorageError, "let the owner of the database grant"),
        ("25006", StorageError, "read-only standby"),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    opened: Database, code: str, kind: type[CuriouserError], said: str, *, at_commit: bool
) -> None:
    refuse_the_next_insert(opened, code, at_commit=at_commit)
    before = opened.stamp()
    with pytest.raises(kind, match=said) as refused, opened.write() as connection:
        insert(connection, 1)
    assert type(refused.value) is kind
    assert (count(opened), opened.stamp()) == (0, before)
    forgive(opened)
    with opened.write() as connection:
        insert(connection, 1)
    assert count(opened) == 1


def test_a_connection_lost_in_a_transaction_has_changed_nothing_and_the_next_one_works(opened: Database) -> None:
    refuse_the_next_insert(opened, "57P01", at_commit=False)
    with pytest.raises(RetryableError, match="cannot be reached or went away") as lost, opened.write() as connection:
        insert(connection, 1)
    assert "nothing was changed" in str(lost.value)
    forgive(opened)
    assert count(opened) == 0


def test_a_connection_lost_in_the_commit_is_told_as_an_unknown_outcome(opened: Database) -> None:
    refuse_the_next_insert(opened, "57P01", at_commit=True)
    with pytest.raises(OutcomeUnknownError, match="may or may not have landed; look before you try again"):  # noqa: SIM117  what is refused is the commit
        with opened.write() as connection:
            insert(connection, 1)
    forgive(opened)
    assert count(opened) == 0


def test_pooled_connections_that_died_while_idle_are_replaced(opened: Database) -> None:
    with opened.write() as connection:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = Database(opened.url.render_as_string(hide_password=False))
    with other.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
    other.close()
    assert count(opened) == 0


def test_a_read_transaction_cannot_write(opened: Database) -> None:
    with pytest.raises(StorageError, match="read-only transaction"), opened.read() as connection:
        insert(connection, 1)
    assert count(opened) == 0


def test_text_that_a_server_cannot_keep_is_the_callers_mistake(opened: Database) -> None:
    with pytest.raises(BadInputError, match="PostgreSQL cannot keep this"), opened.write() as connection:
        insert(connection, 1, "zero \x00 byte")


@pytest.mark.parametrize(
    ("user", "name", "said"),
    [("nobody", "postgres", 'role "nobody" does not exist'), ("postgres", "nowhere", "make it with createdb")],
)
def test_a_server_that_does_not_know_us_is_not_tried_again(postgresql: Server, user: str, name: str, said: str) -> None:
    with pytest.raises(StorageError, match=said):
        Database(f"postgresql://{user}@/{name}?host={postgresql.folder}").check()


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(RetryableError, match="see that it runs") as refused:
        Database(f"postgresql://me:s3cret@/x?host={tmp_path}").check()
    assert "s3cret" not in str(refused.value)


def test_a_writer_waits_for_writers_of_its_own_schema_only(opened: Database, postgresql: Server) -> None:
    schema = f"{opened.schema}_2"
    other = Database(postgresql.url(schema))
    other.create()
    with opened.write() as connection:
        insert(connection, 1)
        with other.write() as beside:
            beside.execute(text("INSERT INTO dataset VALUES ('a', 'labelled', '')"))
    other.close()
    postgresql.drop(schema)
