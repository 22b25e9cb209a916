"""No secret is in the database's files, in a repr, in an error, in a log, or in the audit log."""

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from curiouser.access import LinkRefusedError, LoginRefusedError, Role, WeakPasswordError
from curiouser.kernel.errors import CuriouserError
from tests.access.bench import HERE, OTHER, PASSWORD, Accounts, accounts_at

MISTYPED = "in the wrong field"
SHORT = "too short"


class Told:
    """Everything secret that was told, and everything that was said beside it."""

    def __init__(self) -> None:
        self.secrets = [PASSWORD, OTHER, MISTYPED, SHORT]
        self.said: list[str] = []


def live_a_day(accounts: Accounts) -> Told:
    """Use everything that has a secret, rightly and wrongly."""
    told = Told()
    access = accounts.access
    accounts.add("boss", Role.ADMIN)
    accounts.add("alice", Role.EXPERT)
    link = access.invite("alice", actor="boss")
    refusals: list[Callable[[], object]] = [
        lambda: access.redeem(link, SHORT, address=HERE),
        lambda: access.redeem(link + "x", OTHER, address=HERE),
        lambda: access.log_in("alice", OTHER, address=HERE),
        lambda: access.log_in(MISTYPED, MISTYPED, address=HERE),
        lambda: access.set_password("alice", SHORT, actor="alice"),
    ]
    for refusal in refusals:
        with pytest.raises((LinkRefusedError, LoginRefusedError, WeakPasswordError)) as caught:
            refusal()
        error: CuriouserError = caught.value
        told.said += [repr(error), str(error), "".join(traceback.format_exception_only(error))]
    first = access.redeem(link, PASSWORD, address=HERE)
    second = access.log_in("alice", PASSWORD, address=HERE)
    token, secret = access.create_token("alice", name="nightly", role=Role.VIEWER, actor="alice")
    unused = access.invite("alice", actor="boss")
    session = access.session(second.secret)
    assert session is not None
    told.secrets += [link, first.secret, second.secret, secret, unused]
    told.secrets += [first.session.csrf, second.session.csrf]
    found = [first, second, session, token, access.token(secret), access.user("alice"), access, access.audit()]
    told.said += [repr(each) for each in found]
    told.said += [text for entry in access.audit() for text in (entry.actor, entry.action, entry.object)]
    return told


@pytest.mark.sqlite_only("reads the bytes of the file")
def test_no_secret_is_in_the_files_of_the_database(tmp_path: Path) -> None:
    with accounts_at(tmp_path) as accounts:
        told = live_a_day(accounts)
    # Read once it is closed: opening an SQLite file by hand while it is in use drops its locks.
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    assert b"alice" in held
    assert [secret for secret in told.secrets if secret.encode() in held] == []
    assert [secret for secret in told.secrets if secret.removeprefix("one_").encode() in held] == []


def test_no_secret_is_in_a_repr_an_error_or_the_audit_log(accounts: Accounts) -> None:
    told = live_a_day(accounts)
    assert [secret for secret in told.secrets for said in told.said if secret in said] == []


def test_no_secret_is_logged(accounts: Accounts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
        try:
            told = live_a_day(accounts)
        finally:
            logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert [secret for secret in told.secrets if secret in caplog.text] == []


def test_a_stored_password_is_salted_scrypt(accounts: Accounts) -> None:
    accounts.add_with_password("alice")
    accounts.add_with_password("bob")
    with accounts.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT password FROM access_user ORDER BY name").scalars().all()
    assert len(set(stored)) == 2
    assert all(text.startswith("scrypt-15-8-1$") for text in stored)
